//! The ten seconds' edges, and what makes two queries differ.

use super::*;
use crate::dns::RecordType;
use crate::journal::testkit::{client, entry};
use crate::policy::Outcome;

fn placed(folds: &mut Folds, entry: &Entry, uptime: Duration) -> Place {
    let place = folds.place(entry, uptime);
    if let Place::First(key) = place {
        folds.remember(key, entry, uptime, Stand::Here(0), None);
    }
    place
}

fn after(millis: i64) -> Entry {
    let first = entry("x.example");
    let time = Timestamp::from_millisecond(first.time.as_millisecond() + millis).expect("in this century");
    Entry { time, ..first }
}

#[test]
fn a_repeat_is_one_until_ten_seconds_after_the_first() {
    let mut folds = Folds::new();
    assert!(matches!(placed(&mut folds, &after(0), Duration::ZERO), Place::First(_)));
    assert!(matches!(placed(&mut folds, &after(9_000), Duration::from_secs(9)), Place::Repeat(_)));
    assert!(matches!(placed(&mut folds, &after(9_999), Duration::from_secs(10)), Place::Repeat(_)));
    assert!(matches!(placed(&mut folds, &after(10_000), Duration::from_secs(10)), Place::First(_)));
    assert!(matches!(placed(&mut folds, &after(19_999), Duration::from_secs(20)), Place::Repeat(_)));
}

#[test]
fn a_clock_set_back_starts_anew() {
    let mut folds = Folds::new();
    placed(&mut folds, &after(0), Duration::ZERO);
    assert!(matches!(placed(&mut folds, &after(-1), Duration::ZERO), Place::First(_)));
}

#[test]
fn client_name_type_and_verdict_each_tell_apart() {
    let first = entry("x.example");
    let others = [
        Entry { client: client("10.20.1.8"), ..first.clone() },
        entry("y.example"),
        Entry { record_type: RecordType::AAAA, ..first.clone() },
        Entry { outcome: Outcome::Rewritten, ..first.clone() },
    ];
    let mut folds = Folds::new();
    placed(&mut folds, &first, Duration::ZERO);
    for other in others {
        assert!(matches!(placed(&mut folds, &other, Duration::ZERO), Place::First(_)), "{other:?}");
    }
    assert!(matches!(placed(&mut folds, &first, Duration::ZERO), Place::Repeat(_)));
}

#[test]
fn what_is_remembered_is_bounded() {
    let mut folds = Folds::new();
    for number in 0..MOST {
        placed(&mut folds, &entry(&format!("n{number}.example")), Duration::ZERO);
    }
    assert_eq!(placed(&mut folds, &entry("more.example"), Duration::ZERO), Place::Alone);
    assert_eq!(folds.closed(WINDOW).len(), MOST);
    assert!(matches!(placed(&mut folds, &entry("more.example"), WINDOW), Place::First(_)));
}
