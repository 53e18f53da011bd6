//! Shares are equal, bounded, and given back.

use super::*;

#[test]
fn shares_shrink_with_the_number_of_pools_and_grow_again() {
    let ration = Ration::new(2 * MOST);
    let first = ration.share();
    assert_eq!(first.sockets(), MOST, "more is of no use");
    let others: Vec<_> = (0..7).map(|_| ration.share()).collect();
    assert_eq!((first.sockets(), others[6].sockets()), (MOST / 4, MOST / 4));
    drop(others);
    assert_eq!(first.sockets(), MOST);
}

#[test]
fn a_tight_limit_leaves_a_few() {
    assert_eq!(Ration::new(0).share().sockets(), LEAST);
}

#[test]
fn the_process_has_one_ration() {
    assert!(Arc::ptr_eq(&Ration::of_process(), &Ration::of_process()));
}
