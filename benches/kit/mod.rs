//! How the benches measure: rounds of many calls each, printed as nanoseconds per call, the quickest round and the middle one.

mod spread;

use std::time::{Duration, Instant};

use spread::Spread;

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
    let Spread { best, median } = Spread::of((0..ROUNDS).map(|_| round(calls).as_secs_f64() * 1e9 / f64::from(calls)).collect());
    println!("{what:<48} {best:>9.1} ns min {median:>9.1} ns median");
}
