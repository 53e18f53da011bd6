//! Sheets add up, come back, and their labels last.

use std::sync::Arc;
use std::time::Duration;

use super::{BOUNDS, Histogram, Tally};
use crate::dns::{Rcode, RecordType, Transport};
use crate::policy::Outcome;

#[test]
fn sheets_add_up_and_are_used_again() {
    let tally = Arc::new(Tally::default());
    let label = tally.label("lab-1");
    for _ in 0..3 {
        let pen = tally.hand_out();
        pen.sheet().query(Transport::Udp, Some(RecordType::A));
        pen.sheet().response(Some(label), Outcome::Blocked, Rcode::NOERROR, Duration::from_micros(3));
    }
    let other = tally.hand_out();
    other.sheet().query(Transport::Udp, Some(RecordType(65_280)));
    let sum = tally.sum();
    assert_eq!(sum.queries[&(Transport::Udp, "A")], 3);
    assert_eq!(sum.queries[&(Transport::Udp, "other")], 1);
    assert_eq!(sum.responses[&(Some(label), Outcome::Blocked, Rcode::NOERROR)], 3);
    assert_eq!(super::locked(&tally.sheets).all.len(), 1);
}

#[test]
fn a_label_stands_for_its_word() {
    let tally = Tally::default();
    let (first, second) = (tally.label("a"), tally.label("b"));
    assert_ne!(first, second);
    assert_eq!(tally.label("a"), first);
    assert_eq!(&*tally.word(second), "b");
}

/// Prometheus counts a value into the first bucket whose bound is not below it.
#[test]
fn bounds_are_inclusive_and_rise() {
    assert!(BOUNDS.windows(2).all(|pair| pair[0] < pair[1]));
    assert!((BOUNDS[3] - 0.000_25).abs() < 1e-12 && (BOUNDS[18] - 8.192).abs() < 1e-9);
    let mut histogram = Histogram::default();
    histogram.observe(Duration::from_micros(10));
    histogram.observe(Duration::from_micros(11));
    histogram.observe(Duration::from_secs(60));
    assert_eq!((histogram.counts[0], histogram.counts[1], histogram.counts[BOUNDS.len()]), (1, 1, 1));
}
