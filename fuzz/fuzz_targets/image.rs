//! An image file: whatever its octets, it is refused or read without a panic, under a right checksum too.

#![no_main]

use std::sync::{Arc, LazyLock};

use khien::dns::{Name, RecordType};
use khien::lists::{Image, Index};
use libfuzzer_sys::fuzz_target;

/// Where the header ends, and its last 64 octets, the checksums of the cold and of the hot sections.
const HEADER: usize = 320;
const SECTIONS: usize = 10;
/// By their numbers.
const COLD: [usize; 3] = [0, 6, 8];

static NAMES: LazyLock<Vec<Name>> = LazyLock::new(|| {
    let texts = ["poki.com", "www.poki.com", "a.y8.com", "com", "ads1.example.org", "example.org", "."];
    texts.iter().map(|text| Name::parse(text).expect("a name")).collect()
});

fuzz_target!(|octets: &[u8]| {
    read(octets.to_vec());
    let mut sealed = octets.to_vec();
    if seal(&mut sealed).is_some() {
        read(sealed);
    }
});

/// Puts the right checksums in, where there are sections to make them of.
fn seal(octets: &mut [u8]) -> Option<()> {
    let number = |at: usize| Some(u64::from_le_bytes(*octets.get(at..)?.first_chunk()?) as usize);
    let (mut hot, mut cold) = (blake3::Hasher::new(), blake3::Hasher::new());
    for section in 0..SECTIONS {
        let (begin, len) = (number(96 + section * 16)?, number(104 + section * 16)?);
        let section_octets = octets.get(begin..begin.checked_add(len.checked_next_multiple_of(64)?)?)?;
        if COLD.contains(&section) { &mut cold } else { &mut hot }.update(section_octets);
    }
    octets.get_mut(HEADER - 64..HEADER - 32)?.copy_from_slice(cold.finalize().as_bytes());
    hot.update(octets.get(..HEADER - 32)?);
    octets.get_mut(HEADER - 32..HEADER)?.copy_from_slice(hot.finalize().as_bytes());
    Some(())
}

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
