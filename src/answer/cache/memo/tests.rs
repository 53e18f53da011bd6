//! What is recalled, and under which snapshot.

use super::{Brought, Memo};

#[test]
fn it_recalls_what_was_found_under_the_same_snapshot_and_nothing_else() {
    let memo = Memo::default();
    let brought = Brought { private: true, ..Brought::default() };
    assert_eq!(memo.recall(0), None);
    memo.note(7, brought);
    assert_eq!((memo.recall(7), memo.recall(8)), (Some(brought), None));
    memo.note(8, Brought::default());
    assert_eq!((memo.recall(7), memo.recall(8)), (None, Some(Brought::default())));
}

#[test]
fn nobody_waits_for_it() {
    let memo = Memo::default();
    memo.note(7, Brought::default());
    let busy = memo.0.lock().expect("nobody panicked");
    assert_eq!(memo.recall(7), None);
    memo.note(8, Brought::default());
    drop(busy);
    assert_eq!(memo.recall(7), Some(Brought::default()));
}
