//! The file's words are read, and every fault is found with its line.

use super::read;
use std::path::Path;

fn faults(text: &str) -> Vec<String> {
    read(text, Path::new("k.toml")).1.iter().map(ToString::to_string).collect()
}

#[test]
fn an_empty_file_has_no_faults() {
    assert_eq!(faults(""), Vec::<String>::new());
}

#[test]
fn every_fault_of_a_section_is_found_with_its_line() {
    let text = "[listen]\ndns = 3\nhttp = [\n\"1.2.3.4\",\n5]\n[cache]\nsize = \"64MB\"\nsise = 1\n";
    let lines: Vec<_> = read(text, Path::new("k.toml")).1.iter().map(|fault| fault.line).collect();
    assert_eq!(lines, [Some(2), Some(4), Some(5), Some(8), Some(7)], "{:#?}", faults(text));
}

#[test]
fn a_broken_line_hides_no_fault_of_another() {
    let found = faults("[log]\nlevel = loud\n[cache]\nsize = \"5\"\n");
    assert_eq!(found.len(), 2, "{found:#?}");
    assert!(found[0].starts_with("k.toml:2: this is no TOML"), "{found:#?}");
    assert!(found[1].starts_with("k.toml:4: `size`"), "{found:#?}");
}

#[test]
fn byte_order_mark_and_windows_line_ends_are_fine() {
    assert_eq!(faults("\u{feff}[log]\r\n\tlevel\t=\t\"warn\"\r\n"), Vec::<String>::new());
}
