//! The buckets' bounds, and where a time falls.

use super::*;

#[test]
fn bounds_double_from_a_quarter_millisecond() {
    assert_eq!(BUCKETS[0], Duration::from_micros(250));
    assert_eq!(BUCKETS[15], Duration::from_micros(8_192_000));
    assert!(BUCKETS.windows(2).all(|pair| pair[1] == pair[0] * 2));
}

#[test]
fn a_time_on_a_bound_counts_below_it() {
    let counters = Counters::default();
    for micros in [0, 250, 251, 500, 8_192_000, 8_192_001] {
        counters.answer(Duration::from_micros(micros));
    }
    let latency = counters.latency();
    assert_eq!((latency.buckets[0], latency.buckets[1], latency.buckets[15]), (2, 2, 1));
    assert_eq!((latency.count, latency.sum), (6, Duration::from_micros(250 + 251 + 500 + 8_192_000 + 8_192_001)));
}

#[test]
fn each_fault_has_its_own_counter() {
    let counters = Counters::default();
    for (at, fault) in Fault::ALL.into_iter().enumerate() {
        assert_eq!(fault as usize, at, "the order of `ALL` is that of the enum");
        (0..=at).for_each(|_| counters.fault(fault));
    }
    for (at, (fault, count)) in counters.failures().into_iter().enumerate() {
        assert_eq!((fault, count), (Fault::ALL[at], at as u64 + 1));
    }
}
