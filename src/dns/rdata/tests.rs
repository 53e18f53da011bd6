//! The shape of record data: what is sound, and what no client should have to make sense of.

use super::names;
use crate::dns::{Malformed, RecordType};

fn is_sound(record_type: RecordType, octets: &[u8]) -> bool {
    let outcome = names(octets, record_type, 0..octets.len(), |_, _| {});
    assert!(matches!(outcome, Ok(_) | Err(Malformed::Rdata)), "{outcome:?}");
    outcome.is_ok()
}

#[test]
fn texts_are_strings_that_fill_their_data() {
    for (octets, sound) in [
        (&b"\x03abc"[..], true),
        (b"\x00", true),
        (b"\x01a\x00\x02bc", true),
        (b"", false),
        (b"\x03ab", false),
        (b"\x03abcd", false),
        (&[2, 3, 4, 5], false),
    ] {
        assert_eq!(is_sound(RecordType::TXT, octets), sound, "{octets:02x?}");
    }
}

#[test]
fn services_have_a_name_and_parameters_in_order() {
    let parameter = |key: u16, value: &[u8]| {
        let length = u16::try_from(value.len()).expect("short");
        [&key.to_be_bytes()[..], &length.to_be_bytes(), value].concat()
    };
    let service = |parameters: &[Vec<u8>]| [&b"\x00\x01\x03www\x00"[..], &parameters.concat()].concat();
    for (what, octets, sound) in [
        ("no parameters", service(&[]), true),
        (
            "of all known keys",
            service(&[
                parameter(0, &[0, 4]),
                parameter(1, b"\x02h2\x02h3"),
                parameter(2, b""),
                parameter(3, &[1, 187]),
                parameter(4, &[192, 0, 2, 7, 192, 0, 2, 8]),
                parameter(5, b"ech"),
                parameter(6, &[1; 16]),
                parameter(7, b"/dns-query{?dns}"),
                parameter(65_535, &[]),
            ]),
            true,
        ),
        ("cut off in the priority", vec![0], false),
        ("without a name", vec![0, 1], false),
        ("with a pointer for a name", vec![0, 1, 0xc0, 0], false),
        ("with a label of a reserved kind", vec![0, 1, 0x80, 0], false),
        ("with half a key", [service(&[]), vec![0]].concat(), false),
        ("with a value past the end", [service(&[]), vec![0, 9, 0, 2, 7]].concat(), false),
        ("with a key twice", service(&[parameter(9, b""), parameter(9, b"")]), false),
        ("with keys in another order", service(&[parameter(6, &[1; 16]), parameter(4, &[1; 4])]), false),
        ("with half an address", service(&[parameter(4, &[192, 0, 2])]), false),
        ("with no address", service(&[parameter(6, &[])]), false),
        ("with half a mandatory key", service(&[parameter(0, &[0])]), false),
        ("with a protocol past its end", service(&[parameter(1, b"\x03h2")]), false),
        ("with a flag that has a value", service(&[parameter(2, b"x")]), false),
        ("with a long port", service(&[parameter(3, &[0, 1, 2])]), false),
    ] {
        assert_eq!(is_sound(RecordType::HTTPS, &octets), sound, "a service {what}");
        assert_eq!(is_sound(RecordType::SVCB, &octets), sound, "a service {what}");
    }
}
