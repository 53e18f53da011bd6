//! An image file: whatever its octets, it is refused or read without a panic, under a right checksum too.

#![no_main]

use std::sync::{Arc, LazyLock};

use khien::dns::{Name, RecordType};
use khien::lists::{Image, Index};
use libfuzzer_sys::fuzz_target;

/// Where the header ends, and its last 32 octets, the checksum.
const HEADER: usize = 320;

static NAMES: LazyLock<Vec<Name>> = LazyLock::new(|| {
    let texts = ["poki.com", "www.poki.com", "a.y8.com", "com", "ads1.example.org", "example.org", "."];
    texts.iter().map(|text| Name::parse(text).expect("a name")).collect()
});

fuzz_target!(|octets: &[u8]| {
    read(octets.to_vec());
    let mut sealed = octets.to_vec();
    if sealed.len() >= HEADER {
        let mut hasher = blake3::Hasher::new();
        hasher.update(&sealed[..HEADER - 32]).update(&sealed[HEADER..]);
        let digest = hasher.finalize();
        sealed[HEADER - 32..HEADER].copy_from_slice(digest.as_bytes());
        read(sealed);
    }
});

fn read(octets: Vec<u8>) {
    let Ok(image) = Image::from_bytes(octets) else { return };
    let index = Index::new(vec![Arc::new(image)]);
    for name in NAMES.iter() {
        for record_type in [RecordType::A, RecordType::AAAA] {
            index.categories(name, record_type);
            index.why(name, record_type);
        }
    }
    for address in ["0.0.0.0", "192.0.2.7", "255.255.255.255", "::", "2001:db8::7", "::ffff:192.0.2.7"] {
        let address = address.parse().expect("an address");
        index.address(address);
        index.why_address(address);
    }
}
