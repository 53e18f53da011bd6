//! Names: limits, folding, escapes, the walk upwards.

use super::{Name, NameError};

fn name(text: &str) -> Name {
    Name::parse(text).expect("a good name")
}

#[test]
fn folds_case_and_drops_the_final_dot() {
    assert_eq!(name("WwW.ExAmPlE.cOm."), name("www.example.com"));
    assert_eq!(name("WwW.ExAmPlE.cOm.").to_string(), "www.example.com");
    assert_eq!(name(".").to_string(), ".");
}

#[test]
fn escapes_survive_a_round_trip() {
    for text in [r"a\.b.example", r"\000\255.example", r"a\\b.example", "_x._tcp.example"] {
        assert_eq!(name(text).to_string(), text);
        assert_eq!(name(&name(text).to_string()), name(text));
    }
}

#[test]
fn limits_are_those_of_rfc_1035() {
    assert_eq!(Name::parse(&"a".repeat(64)), Err(NameError::LongLabel));
    let longest = format!("{0}.{0}.{0}.{1}", "a".repeat(63), "b".repeat(61));
    assert_eq!(name(&longest).as_wire().len(), 255);
    assert_eq!(Name::parse(&format!("{longest}b")), Err(NameError::LongName));
    assert_eq!(Name::parse("a..b"), Err(NameError::EmptyLabel));
    assert_eq!(Name::parse(""), Err(NameError::EmptyLabel));
    assert_eq!(Name::parse(r"a\25"), Err(NameError::BadEscape));
    assert_eq!(Name::parse(r"a\256"), Err(NameError::BadEscape));
}

#[test]
fn wire_form_is_read_without_pointers() {
    assert_eq!(Name::from_wire(b"\x03WWW\x02vn\x00rest").map(|n| n.to_string()), Ok("www.vn".into()));
    assert_eq!(Name::from_wire(b"\xc0\x0c"), Err(NameError::BadLabelType));
    assert_eq!(Name::from_wire(b"\x03ww"), Err(NameError::Truncated));
    let mut long = Vec::new();
    for _ in 0..4 {
        long.push(63);
        long.extend([b'x'; 63]);
    }
    long.push(0);
    assert_eq!(Name::from_wire(&long), Err(NameError::LongName));
}

#[test]
fn walks_to_its_parents() {
    let deep = name("a.b.example.vn");
    assert_eq!(deep.suffixes().count(), 5);
    assert_eq!(deep.label_count(), 4);
    assert_eq!(deep.parent(), Some(name("b.example.vn")));
    assert_eq!(deep.ancestor(2), name("example.vn"));
    assert_eq!(deep.ancestor(9), deep);
    assert!(deep.is_at_or_below(&name("example.vn")));
    assert!(deep.is_at_or_below(&deep));
    assert!(deep.is_at_or_below(&Name::root()));
    assert!(!name("badexample.vn").is_at_or_below(&name("example.vn")));
    assert_eq!(Name::root().parent(), None);
}

#[test]
fn sorts_a_parent_before_its_children() {
    let mut names = vec![name("b.vn"), name("a.b.vn"), name("vn"), name("a.vn")];
    names.sort();
    assert_eq!(names, [name("vn"), name("a.vn"), name("b.vn"), name("a.b.vn")]);
}
