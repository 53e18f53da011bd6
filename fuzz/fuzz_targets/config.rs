//! A configuration file: whatever it says, every fault of it has a hint and prints on two lines without control characters.

#![no_main]

use std::path::{Path, PathBuf};

use khien::config::{Surroundings, read};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|text: &str| {
    let surroundings = Surroundings { state: PathBuf::from("/state"), now: jiff::Timestamp::UNIX_EPOCH };
    let faults = match read(text, Some(Path::new("khien.toml")), &surroundings) {
        Ok((_, doubts)) => doubts,
        Err(faults) => faults,
    };
    for fault in faults {
        assert!(!fault.what.is_empty() && !fault.hint.is_empty());
        assert!(fault.line.is_some());
        let printed = fault.to_string();
        assert!(printed.lines().count() == 2 && !printed.chars().any(|c| c.is_control() && c != '\n'), "{printed:?}");
    }
});
