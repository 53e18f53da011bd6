//! Shares are equal, bounded, and given back.

use super::*;

#[test]
fn shares_shrink_with_the_number_of_pools_and_grow_again() {
    let ration = Ration::new(2 * MOST);
    let first = ration.share();
    assert_eq!(first.sockets(), Some(MOST), "more is of no use");
    const { assert!(MOST > ENOUGH) };
    let others: Vec<_> = (0..7).map(|_| ration.share()).collect();
    assert_eq!((first.sockets(), others[6].sockets()), (Some(MOST / 4), Some(MOST / 4)));
    drop(others);
    assert_eq!(first.sockets(), Some(MOST));
}

#[test]
fn a_tight_limit_leaves_a_few() {
    assert_eq!(Ration::new(0).share().sockets(), Some(LEAST));
}

#[test]
fn who_is_asked_by_tcp_takes_nothing_from_others() {
    let ration = Ration::new(MOST);
    let (first, none) = (ration.share(), Share::none());
    assert_eq!((first.sockets(), none.sockets()), (Some(MOST), None));
    drop(none);
    assert_eq!(ration.pools.load(Relaxed), 1);
}

#[test]
fn the_process_has_one_ration() {
    assert!(Arc::ptr_eq(&Ration::of_process(), &Ration::of_process()));
}
