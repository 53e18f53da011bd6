//! What a school asked for, or a ranking of names: whatever the bytes, each name stands once, and the most asked comes first.

#![no_main]

use std::collections::HashSet;

use khien::office::asked::Asked;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    if let Ok(asked) = Asked::read(bytes) {
        assert!(!asked.is_empty());
        assert!(asked.iter().map(|(_, count)| count).is_sorted_by(|one, other| one >= other));
        let names: HashSet<String> = asked.iter().map(|(name, _)| name.to_string()).collect();
        assert_eq!(names.len(), asked.len());
        assert_eq!(Asked::ranking(bytes).map(|ranking| ranking.len()), Ok(asked.len()));
    }
});
