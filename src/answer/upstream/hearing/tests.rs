//! What is put off is done at the end, all of it.

use std::sync::atomic::{AtomicUsize, Ordering};

use super::*;

#[derive(Debug, Default)]
struct Counted(AtomicUsize);

impl AtEnd for Counted {
    fn hearing_ends(&self) {
        self.0.fetch_add(1, Ordering::Relaxed);
    }
}

#[derive(Debug)]
struct Faulty;

impl AtEnd for Faulty {
    fn hearing_ends(&self) {
        panic!("a fault of ours");
    }
}

#[test]
fn a_fault_in_one_thing_keeps_no_other_from_being_done() {
    let counted = Arc::new(Counted::default());
    let mut hearing = Hearing::alone();
    hearing.put_off(Arc::<Counted>::clone(&counted));
    hearing.put_off(Arc::new(Faulty));
    hearing.put_off(Arc::<Counted>::clone(&counted));
    assert_eq!(counted.0.load(Ordering::Relaxed), 0, "not before its end");
    drop(hearing);
    assert_eq!(counted.0.load(Ordering::Relaxed), 2);
}
