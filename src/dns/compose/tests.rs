//! What an upstream is asked, octet by octet.

use super::{Ask, compose_question};
use crate::dns::{RecordType, UDP_PAYLOAD};

#[test]
fn asks_one_question_with_edns_and_nothing_else() {
    let ask = Ask { recursion_desired: true, authentic_data: true, checking_disabled: true, dnssec_ok: true };
    let mut out = vec![1, 2, 3];
    compose_question(0xbeef, b"\x03wWw\x02vN\x00", RecordType::AAAA, ask, &mut out);
    let [high, low] = UDP_PAYLOAD.to_be_bytes();
    let mut expected = b"\xbe\xef\x01\x30\x00\x01\x00\x00\x00\x00\x00\x01\x03wWw\x02vN\x00\x00\x1c\x00\x01".to_vec();
    expected.extend([0, 0, 41, high, low, 0, 0, 0x80, 0, 0, 0]);
    assert_eq!(out, expected);
}

#[test]
fn flags_are_set_one_by_one() {
    let none = Ask { recursion_desired: false, authentic_data: false, checking_disabled: false, dnssec_ok: false };
    let cases = [
        (none, [0, 0], 0),
        (Ask { recursion_desired: true, ..none }, [1, 0], 0),
        (Ask { authentic_data: true, ..none }, [0, 0x20], 0),
        (Ask { checking_disabled: true, ..none }, [0, 0x10], 0),
        (Ask { dnssec_ok: true, ..none }, [0, 0], 0x80),
    ];
    for (ask, flags, edns) in cases {
        let mut out = Vec::new();
        compose_question(7, b"\x00", RecordType::NS, ask, &mut out);
        assert_eq!(out[2..4], flags, "{ask:?}");
        assert_eq!(out[out.len() - 4], edns, "{ask:?}");
    }
}
