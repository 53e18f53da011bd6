//! What a publication says of itself: whatever the bytes, it is refused, or it reads back and something is due for every ring.

#![no_main]

use jiff::Timestamp;
use khien::office::publication::{HISTORY, Publication, Ring};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    let Ok(publication) = Publication::parse(bytes) else { return };
    assert_eq!(Publication::parse(&publication.to_json()).expect("it was written"), publication);
    for ring in [1, 2, u8::MAX].into_iter().filter_map(Ring::new) {
        for time in [Timestamp::MIN, Timestamp::UNIX_EPOCH, publication.made, Timestamp::MAX] {
            let due = publication.due(ring, time);
            assert!(due.decisions >= due.lists);
            assert!(publication.roles_of(due.lists).is_some() && publication.tables_of(due.decisions).is_some());
        }
    }
    let (serial, history) = (publication.serial, publication.into_history());
    assert!(history.len() <= HISTORY && history[0].serial == serial);
});
