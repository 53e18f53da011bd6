//! What people at an office decide, in each of its forms: whatever the bytes, it is read or told of, and what is changed reads back.

#![no_main]

use std::path::Path;
use std::sync::LazyLock;

use khien::lists::Registry;
use khien::office::decisions::{Decision, Setting, csv, publish, read, toml};
use libfuzzer_sys::fuzz_target;

/// Read once: it is the same for all.
static REGISTRY: LazyLock<Registry> = LazyLock::new(Registry::shipped);

fuzz_target!(|bytes: &[u8]| {
    let setting = Setting { file: Path::new("decisions"), owner: "ministry", registry: &REGISTRY, fallback: None };
    if let Ok(decisions) = read(bytes) {
        assert_eq!(publish(&read(&publish(&decisions)).expect("it was published")), publish(&decisions));
    }
    let (placed, faults) = csv::read(bytes, &setting);
    if faults.is_empty() && !placed.is_empty() {
        let decisions: Vec<Decision> = placed.into_iter().map(|placed| placed.decision).collect();
        let (again, _) = csv::read(&csv::write(&decisions), &setting);
        assert_eq!(again.len(), decisions.len());
        let last = decisions.last().expect("there is one");
        let (rest, removed) = csv::remove(bytes, &last.name, &setting).expect("it was read");
        assert!(!removed.is_empty());
        if let Ok(put) = csv::put(&rest, std::slice::from_ref(last), &setting) {
            let (again, faults) = csv::read(&put, &setting);
            assert!(faults.is_empty() && again.iter().any(|placed| placed.decision.name == last.name), "{faults:?}");
        }
    }
    let Ok(text) = std::str::from_utf8(bytes) else { return };
    let (placed, faults) = toml::read(text, &setting);
    if let (true, Some(last)) = (faults.is_empty(), placed.last())
        && let Ok((rest, removed)) = toml::remove(text, setting.file, &last.decision.name)
        && !removed.is_empty()
    {
        let put = toml::put(&rest, setting.file, std::slice::from_ref(&last.decision)).expect("it was read");
        let (again, faults) = toml::read(&put, &setting);
        assert!(faults.is_empty() && again.iter().any(|placed| placed.decision == last.decision), "{faults:?}");
    }
});
