//! What is recalled, under which snapshot, and on which day.

use jiff::civil::{Date, date};

use super::{Brought, Edition, Memo};

const DAY: Date = date(2026, 11, 23);

const fn of(serial: u64) -> Edition {
    Edition { serial, mistaken: 0 }
}

#[test]
fn it_recalls_what_was_found_under_the_same_snapshot_and_nothing_else() {
    let memo = Memo::default();
    let brought = Brought { private: true, ..Brought::default() };
    assert_eq!(memo.recall(of(0), DAY), None);
    memo.note(of(7), DAY, brought);
    assert_eq!((memo.recall(of(7), DAY), memo.recall(of(8), DAY)), (Some(brought), None));
    assert_eq!(memo.recall(Edition { mistaken: 1, ..of(7) }, DAY), None, "a name may have been taken for another");
    assert_eq!(memo.recall(of(7), date(2026, 11, 24)), None, "a decision may have ended at midnight");
    memo.note(of(8), DAY, Brought::default());
    assert_eq!((memo.recall(of(7), DAY), memo.recall(of(8), DAY)), (None, Some(Brought::default())));
}

#[test]
fn nobody_waits_for_it() {
    let memo = Memo::default();
    memo.note(of(7), DAY, Brought::default());
    let busy = memo.0.lock().expect("nobody panicked");
    assert_eq!(memo.recall(of(7), DAY), None);
    memo.note(of(8), DAY, Brought::default());
    drop(busy);
    assert_eq!(memo.recall(of(7), DAY), Some(Brought::default()));
}
