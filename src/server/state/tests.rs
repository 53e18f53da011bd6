//! One server a directory, and serials that only grow.

use super::{State, StateError};

#[test]
fn a_second_server_is_refused() {
    let directory = tempfile::tempdir().expect("a directory");
    let path = directory.path().join("khien");
    let first = State::take(&path).expect("free");
    assert!(matches!(State::take(&path), Err(StateError::Taken { .. })));
    drop(first);
    assert!(State::take(&path).is_ok());
}

#[test]
fn serials_grow_over_restarts() {
    let directory = tempfile::tempdir().expect("a directory");
    let state = State::take(directory.path()).expect("free");
    assert_eq!(state.next_serial(0), 1);
    assert_eq!(state.next_serial(1), 2);
    drop(state);
    let state = State::take(directory.path()).expect("free");
    assert_eq!(state.next_serial(0), 3);
}
