//! A block of the journal, as a disk may give it back: whatever its octets, it is refused or read, and what is read can be shown.

#![no_main]

use khien::journal::read_block;
use libfuzzer_sys::fuzz_target;

/// The octets of the checksum at a block's end.
const CHECKSUM: usize = 16;

fuzz_target!(|octets: &[u8]| {
    read_block(octets).ok();
    let checksum = blake3::hash(octets);
    let sealed = [octets, &checksum.as_bytes()[..CHECKSUM]].concat();
    for line in read_block(&sealed).unwrap_or_default() {
        let mut json = Vec::new();
        line.write_json(&mut json).expect("a vector takes everything");
        assert!(json.ends_with(b"}\n") && json[..json.len() - 1].iter().all(|octet| matches!(octet, b' '..=b'~')));
    }
});
