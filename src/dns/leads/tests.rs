//! Where answers lead: aliases, services and their hints, whatever section and spelling.

use crate::dns::{Name, Relayed};

/// A record as written: section (0 answer, 1 authority, 2 additional), owner, type, data.
type Row<'a> = (usize, &'a str, u16, Vec<u8>);

fn wire(name: &str) -> Vec<u8> {
    Name::parse(name).expect("a name").as_wire().to_vec()
}

/// Priority, target, and parameters by key.
fn service(priority: u16, target: &str, parameters: &[(u16, Vec<u8>)]) -> Vec<u8> {
    let mut data = [&priority.to_be_bytes()[..], &wire(target)].concat();
    for (key, value) in parameters {
        data.extend(key.to_be_bytes());
        data.extend(u16::try_from(value.len()).expect("short").to_be_bytes());
        data.extend(value);
    }
    data
}

fn message(record_type: u16, rows: &[Row<'_>]) -> Vec<u8> {
    let mut bytes = vec![0xab, 0xcd, 0x81, 0x80, 0, 1];
    for section in 0..3 {
        let count = rows.iter().filter(|row| row.0 == section).count();
        bytes.extend(u16::try_from(count).expect("few").to_be_bytes());
    }
    bytes.extend(wire("www.a.vn"));
    bytes.extend([record_type.to_be_bytes(), [0, 1]].concat());
    for (_, owner, record_type, data) in rows {
        bytes.extend(wire(owner));
        bytes.extend([&record_type.to_be_bytes()[..], &[0, 1, 0, 0, 0, 60]].concat());
        bytes.extend(u16::try_from(data.len()).expect("short").to_be_bytes());
        bytes.extend(data);
    }
    bytes
}

fn leads(record_type: u16, rows: &[Row<'_>]) -> Vec<String> {
    Relayed::read(&message(record_type, rows)).expect("tidy").leads().map(|lead| lead.to_string()).collect()
}

const A: u16 = 1;
const CNAME: u16 = 5;
const AAAA: u16 = 28;
const DNAME: u16 = 39;
const SVCB: u16 = 64;
const HTTPS: u16 = 65;

#[test]
fn aliases_and_addresses_lead_on_in_their_order() {
    let rows = [
        (0, "www.a.vn", CNAME, wire("B.vn")),
        (0, "b.vn", CNAME, wire("c.vn")),
        (0, "c.vn", A, vec![192, 0, 2, 7]),
        (0, "c.vn", AAAA, [&[0x20, 1, 0xd, 0xb8][..], &[0; 11], &[7]].concat()),
        (1, "vn", 2, wire("ns.vn")),
        (2, "ns.vn", A, vec![192, 0, 2, 53]),
    ];
    assert_eq!(leads(A, &rows), ["b.vn", "c.vn", "192.0.2.7", "2001:db8::7", "192.0.2.53"]);
}

#[test]
fn a_dname_leads_to_the_name_it_makes_with_and_without_the_alias_made_of_it() {
    let bare = [(0, "a.vn", DNAME, wire("x.vn"))];
    assert_eq!(leads(A, &bare), ["www.x.vn"]);
    let with = [(0, "a.vn", DNAME, wire("x.vn")), (0, "www.a.vn", CNAME, wire("www.x.vn"))];
    assert_eq!(leads(A, &with), ["www.x.vn"]);
    let twice = [(0, "a.vn", DNAME, wire("x.vn")), (0, "x.vn", DNAME, wire("y.vn"))];
    assert_eq!(leads(A, &twice), ["www.x.vn", "www.y.vn"]);
}

#[test]
fn services_lead_to_their_targets_and_hints_in_either_mode() {
    let hints =
        [(1, b"\x02h3".to_vec()), (4, vec![192, 0, 2, 1, 192, 0, 2, 2]), (6, [&[0x20, 1, 0xd, 0xb8][..], &[0; 12]].concat())];
    let rows = [
        (0, "www.a.vn", HTTPS, service(0, "alias.vn", &[])),
        (0, "www.a.vn", HTTPS, service(1, ".", &hints)),
        (0, "www.a.vn", HTTPS, service(2, "Pool.vn", &hints[..2])),
        (2, "pool.vn", A, vec![192, 0, 2, 9]),
        (2, "pool.vn", SVCB, service(1, "deep.vn", &[])),
        (2, "deep.vn", CNAME, wire("deeper.vn")),
    ];
    let expected = [
        "alias.vn",
        "192.0.2.1",
        "192.0.2.2",
        "2001:db8::",
        "pool.vn",
        "192.0.2.1",
        "192.0.2.2",
        "192.0.2.9",
        "deep.vn",
        "deeper.vn",
    ];
    assert_eq!(leads(HTTPS, &rows), expected);
}

#[test]
fn a_service_that_cannot_be_read_is_no_answer_that_could_lead_anywhere() {
    let mut cut = service(1, "t.vn", &[(4, vec![192, 0, 2, 1])]);
    cut.extend([0, 6, 0, 99, 1]);
    let ragged = service(1, "u.vn", &[(4, vec![192, 0, 2, 2, 192, 0])]);
    // A pointer to the question's second label.
    let compressed = vec![0, 1, 1, b'x', 0xc0, 16];
    for data in [cut, ragged, compressed, vec![0, 1, 9]] {
        assert!(Relayed::read(&message(HTTPS, &[(0, "www.a.vn", HTTPS, data.clone())])).is_err(), "{data:?}");
    }
}

#[test]
fn leads_are_of_the_message_that_is_passed_on() {
    // The first record is dropped, so that all others are written anew elsewhere.
    let rows = [
        (0, "stray.vn", A, vec![192, 0, 2, 66]),
        (0, "www.a.vn", CNAME, wire("b.vn")),
        (0, "b.vn", HTTPS, service(1, "pool.vn", &[(4, vec![192, 0, 2, 1])])),
    ];
    assert_eq!(leads(HTTPS, &rows), ["b.vn", "pool.vn", "192.0.2.1"]);
}
