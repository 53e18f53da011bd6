//! Work in rounds, on one thread or on several at once.
//!
//! The rule: what a round needs is made ready before its time begins, and a round begins on all threads at one moment.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use super::spread::Spread;

/// How long a thread waits for the others to be ready.
const PATIENCE: Duration = Duration::from_secs(60);

/// What is done in rounds.
pub(crate) trait Work: Send {
    /// Makes the next round ready.
    fn ready(&mut self);

    /// Does it, and says how many calls it was.
    fn run(&mut self) -> usize;
}

/// Measures each work on a thread of its own.
pub(crate) fn measure<W: Work>(works: Vec<W>, rounds: usize) -> Spread {
    let (threads, ready) = (works.len(), AtomicUsize::new(0));
    let begin = |round: usize| {
        let begun = Instant::now();
        ready.fetch_add(1, Ordering::AcqRel);
        // Nobody sleeps, so that nobody has to be woken.
        while ready.load(Ordering::Acquire) < (round + 1) * threads {
            assert!(begun.elapsed() < PATIENCE, "another thread has ended");
            std::hint::spin_loop();
        }
    };
    let own = |mut work: W| {
        let mut nanoseconds = Vec::with_capacity(rounds);
        for round in 0..rounds {
            work.ready();
            begin(round);
            let begun = Instant::now();
            let calls = work.run();
            nanoseconds.push(begun.elapsed().as_secs_f64() * 1e9 / calls as f64);
        }
        nanoseconds
    };
    let own = &own;
    let nanoseconds = thread::scope(|scope| {
        let threads: Vec<_> = works.into_iter().map(|work| scope.spawn(move || own(work))).collect();
        threads.into_iter().flat_map(|thread| thread.join().expect("the work does not panic")).collect()
    });
    Spread::of(nanoseconds)
}

/// Measures what `work` makes, by the number of a thread, on one thread and on two at once, and prints a row.
pub(crate) fn on_two<W: Work>(what: &str, rounds: usize, work: impl Fn(u64) -> W) {
    let one = measure(vec![work(0)], rounds);
    let two = measure(vec![work(1), work(2)], rounds);
    println!("| {what} | {one} | {two} | {:.2} | {:.2} |", 1e3 / one.median, 2e3 / two.median);
}
