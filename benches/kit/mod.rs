//! How the benches measure: rounds of many calls each, printed as nanoseconds per call, the quickest round and the middle one.
//!
//! The quickest round is the one least disturbed by the machine; the middle one tells how far it was disturbed.

use std::time::{Duration, Instant};

/// How many rounds are measured.
const ROUNDS: usize = 21;

/// How long a round lasts at least.
const ROUND: Duration = Duration::from_millis(20);

/// Measures `call` and prints a line. What it computes goes through [`std::hint::black_box`], or it may be left out.
pub(crate) fn measure<T>(what: &str, mut call: impl FnMut() -> T) {
    let mut round = |calls: u32| {
        let start = Instant::now();
        for _ in 0..calls {
            std::hint::black_box(call());
        }
        start.elapsed()
    };
    let mut calls = 1;
    while round(calls) < ROUND {
        calls *= 2;
    }
    let mut nanoseconds: Vec<f64> = (0..ROUNDS).map(|_| round(calls).as_secs_f64() * 1e9 / f64::from(calls)).collect();
    nanoseconds.sort_by(f64::total_cmp);
    println!("{what:<48} {:>9.1} ns min {:>9.1} ns median", nanoseconds[0], nanoseconds[ROUNDS / 2]);
}
