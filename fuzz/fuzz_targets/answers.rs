//! A file of the cache's answers: whatever its octets, it is refused or taken in without a panic, under a right checksum too.

#![no_main]

use std::time::Duration;

use jiff::Timestamp;
use khien::answer::cache::read;
use khien::answer::{Cache, CacheRules, Prefetch};
use libfuzzer_sys::fuzz_target;

/// Where the checksum stands: behind the words that say what the file is.
const CHECKSUM: std::ops::Range<usize> = 16..48;

fuzz_target!(|octets: &[u8]| {
    take(octets);
    let mut sealed = octets.to_vec();
    if sealed.len() >= CHECKSUM.end {
        let digest = blake3::hash(&sealed[CHECKSUM.end..]);
        sealed[CHECKSUM].copy_from_slice(digest.as_bytes());
        take(&sealed);
    }
});

fn take(octets: &[u8]) {
    let Ok(kept) = read(octets) else { return };
    let rules = CacheRules { bytes: 1 << 20, serve_stale: Duration::from_secs(86_400), prefetch: Prefetch::On };
    let (cache, now) = (Cache::new(rules), Duration::from_secs(30 * 86_400));
    let wall = Timestamp::from_second(1_800_000_000).expect("within range");
    let answers = cache.restore(kept, wall, now);
    // What was taken in can be written and read again.
    let again = read(&cache.write(wall, now, |_| false)).expect("what is written is whole");
    assert!(again.answers.len() <= answers);
}
