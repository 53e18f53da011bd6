//! What a primary sends: messages with their lengths before them are a transfer or refused, and no line of text is more than one.

#![no_main]

use khien::dns::{Name, TsigAlgorithm, TsigKey};
use khien::fetch::{Came, Incoming};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    let zone = Name::parse("rpz.example").expect("a name");
    let key = TsigKey::new(Name::parse("khien").expect("a name"), TsigAlgorithm::Sha256, b"a secret".to_vec());
    for (held, signatures) in [(None, None), (Some(5), None), (None, Some(key.answers_to(vec![0; 32])))] {
        let mut incoming = Incoming::new(zone.clone(), 7, held, signatures);
        let (mut rest, mut text) = (bytes, Vec::new());
        while let Some((length, behind)) = rest.split_first_chunk::<2>() {
            let Some((message, behind)) = behind.split_at_checked(usize::from(u16::from_be_bytes(*length))) else { break };
            rest = behind;
            match incoming.take(message, 1_795_399_200, &mut text) {
                Ok(Came::More) => {}
                Ok(Came::Unchanged | Came::Whole(_) | Came::Changes(_)) | Err(_) => break,
            }
        }
        let text = String::from_utf8(text).expect("whatever came, the text is ASCII");
        assert!(text.is_ascii() && (text.is_empty() || text.starts_with("; rpz.example, ")));
        assert!(text.lines().skip(1).all(|line| line.split(' ').count() >= 3), "every line is one record");
    }
});
