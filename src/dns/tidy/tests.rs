//! What is kept of an upstream's message, for how long, and how a client gets it.

use super::{Relayed, Untidy};
use crate::dns::{Ede, Message, Name, Query, Rcode, RecordType, Section, Source, Transport};

/// A record: owner, type, TTL and data, each as written.
struct Line(&'static str, u16, u32, Vec<u8>);

fn wire(name: &str) -> Vec<u8> {
    Name::parse(name).expect("a name").as_wire().to_vec()
}

fn a(owner: &'static str, ttl: u32, last: u8) -> Line {
    Line(owner, 1, ttl, vec![192, 0, 2, last])
}

fn cname(owner: &'static str, ttl: u32, target: &str) -> Line {
    Line(owner, 5, ttl, wire(target))
}

fn soa(owner: &'static str, ttl: u32, minimum: u32) -> Line {
    let numbers = [1, 2, 3, 4, minimum].map(u32::to_be_bytes).concat();
    Line(owner, 6, ttl, [wire(owner), wire("nobody.invalid"), numbers].concat())
}

/// A signature over records of `covered`.
fn rrsig(owner: &'static str, ttl: u32, covered: u16) -> Line {
    Line(owner, 46, ttl, [&covered.to_be_bytes()[..], &[8, 2], &[0; 14], &wire("vn"), &[7; 32]].concat())
}

/// A response to `wWw.vn` of this type with these flags and sections; names are not compressed.
fn response(record_type: u16, flags: u16, sections: [Vec<Line>; 3]) -> Vec<u8> {
    let mut bytes = 0xabcd_u16.to_be_bytes().to_vec();
    let counts = sections.each_ref().map(|lines| u16::try_from(lines.len()).expect("few"));
    for word in [flags, 1, counts[0], counts[1], counts[2]] {
        bytes.extend(word.to_be_bytes());
    }
    bytes.extend(b"\x03wWw\x02vn\x00");
    bytes.extend(record_type.to_be_bytes());
    bytes.extend([0, 1]);
    for Line(owner, record_type, ttl, rdata) in sections.into_iter().flatten() {
        bytes.extend(wire(owner));
        bytes.extend(record_type.to_be_bytes());
        bytes.extend([0, 1]);
        bytes.extend(ttl.to_be_bytes());
        bytes.extend(u16::try_from(rdata.len()).expect("short").to_be_bytes());
        bytes.extend(rdata);
    }
    bytes
}

const FINE: u16 = 0x8180;
const NXDOMAIN: u16 = 0x8183;

fn read(answer: Vec<Line>) -> Relayed {
    Relayed::read(&response(1, FINE, [answer, vec![], vec![]])).expect("tidy")
}

fn aliases(relayed: &Relayed) -> Vec<Name> {
    relayed.aliases().collect()
}

/// A query for `WWW.vn` of this type, with flags and OPT record as given.
fn query(transport: Transport, record_type: u8, flags: [u8; 2], opt: &[u8]) -> Query {
    let mut bytes = vec![0x12, 0x34, flags[0], flags[1], 0, 1, 0, 0, 0, 0, 0, u8::from(!opt.is_empty())];
    bytes.extend(b"\x03WWW\x02vn\x00\x00");
    bytes.extend([record_type, 0, 1]);
    bytes.extend(opt);
    let address = "127.0.0.1:53".parse().expect("an address");
    Query::parse(&bytes, Source::new(address, address, transport)).expect("a query")
}

fn plain() -> Query {
    query(Transport::Udp, 1, [1, 0], &[])
}

const OPT: &[u8] = b"\x00\x00\x29\x04\xd0\x00\x00\x00\x00\x00\x00";
const OPT_DO: &[u8] = b"\x00\x00\x29\x04\xd0\x00\x00\x80\x00\x00\x00";
const DAY: u32 = 86_400;

fn render(relayed: &Relayed, query: &Query, age: u32, cap: u32) -> Vec<u8> {
    let mut out = vec![9; 3];
    relayed.render(query, age, cap, None, &mut out);
    out
}

/// Owner, type and TTL of every record.
fn lines(bytes: &[u8]) -> Vec<(String, u16, u32)> {
    let message = Message::parse(bytes).expect("sound");
    message.all_records().map(|record| (record.owner().to_string(), record.record_type.0, record.ttl())).collect()
}

#[test]
fn id_flags_and_spelling_are_the_clients() {
    let relayed = read(vec![a("www.vn", 60, 1)]);
    let out = render(&relayed, &query(Transport::Udp, 1, [1, 0x10], &[]), 0, DAY);
    assert_eq!(out[..12], [0x12, 0x34, 0x81, 0x90, 0, 1, 0, 1, 0, 0, 0, 0]);
    assert_eq!(&out[12..20], b"\x03WWW\x02vn\x00");
    let out = render(&relayed, &query(Transport::Udp, 1, [0, 0], &[]), 0, DAY);
    assert_eq!(out[2..4], [0x80, 0x80]);
}

#[test]
fn ttls_age_and_are_capped() {
    let relayed = read(vec![cname("www.vn", 300, "cdn.vn"), a("cdn.vn", 60, 1)]);
    assert_eq!(relayed.lifetime(), 60);
    let ttls = |age, cap| lines(&render(&relayed, &plain(), age, cap)).iter().map(|line| line.2).collect::<Vec<_>>();
    assert_eq!(ttls(0, DAY), [300, 60]);
    assert_eq!(ttls(50, DAY), [250, 10]);
    assert_eq!(ttls(50, 100), [100, 10]);
    assert_eq!(ttls(299, DAY), [1, 0]);
    assert_eq!(ttls(u32::MAX, 0), [0, 0]);
}

/// RFC 2181 section 8, and no record is believed for more than a day.
#[test]
fn ttls_are_clamped() {
    for (sent, kept) in [(0, 0), (0x8000_0000, 0), (u32::MAX, 0), (0x7fff_ffff, DAY), (DAY, DAY), (DAY - 1, DAY - 1)] {
        let relayed = read(vec![a("www.vn", sent, 1)]);
        assert_eq!(relayed.lifetime(), kept, "{sent}");
        assert_eq!(lines(&render(&relayed, &plain(), 0, u32::MAX))[0].2, kept, "{sent}");
    }
}

/// RFC 2181 section 5.2: an RRset has one TTL; a signature belongs to the set that it covers.
#[test]
fn one_ttl_for_an_rrset() {
    let relayed = read(vec![a("www.vn", 500, 1), a("WWW.vn", 5, 2), rrsig("www.vn", 400, 1), rrsig("www.vn", 90, 28)]);
    let ttls: Vec<_> = lines(&render(&relayed, &plain(), 0, DAY)).into_iter().map(|line| line.2).collect();
    assert_eq!(ttls, [5, 5, 400, 90]);
}

#[test]
fn absence_lives_as_long_as_its_soa_allows() {
    for (flags, rcode) in [(FINE, Rcode::NOERROR), (NXDOMAIN, Rcode::NXDOMAIN)] {
        for (ttl, minimum, lifetime) in
            [(300, 60, 60), (60, 300, 60), (0, 60, 0), (60, 0, 0), (u32::MAX, 60, 0), (DAY, u32::MAX, 0)]
        {
            let bytes = response(1, flags, [vec![], vec![soa("vn", ttl, minimum)], vec![]]);
            let relayed = Relayed::read(&bytes).expect("tidy");
            assert_eq!((relayed.rcode(), relayed.lifetime()), (rcode, lifetime), "{ttl} {minimum}");
            assert_eq!(lines(&render(&relayed, &plain(), 0, DAY)), [("vn".into(), 6, lifetime)], "{ttl} {minimum}");
        }
        let nothing = Relayed::read(&response(1, flags, [vec![], vec![], vec![]])).expect("tidy");
        assert_eq!(nothing.lifetime(), 0, "without SOA");
    }
    let alias = response(1, NXDOMAIN, [vec![cname("www.vn", 20, "gone.vn")], vec![soa("vn", 300, 60)], vec![]]);
    let relayed = Relayed::read(&alias).expect("tidy");
    assert_eq!((relayed.rcode(), relayed.lifetime()), (Rcode::NXDOMAIN, 20), "RFC 6604: the chain's end decides");
    assert_eq!(read(vec![cname("www.vn", 20, "gone.vn")]).lifetime(), 0, "an alias to nowhere is absence without SOA");
    let referral = response(1, FINE, [vec![], vec![Line("vn", 2, 60, wire("ns.vn"))], vec![]]);
    assert_eq!(Relayed::read(&referral).expect("tidy").lifetime(), 0);
}

#[test]
fn failures_are_not_kept() {
    for rcode in [1, 2, 4, 5, 9] {
        let relayed = Relayed::read(&response(1, 0x8180 | rcode, [vec![a("www.vn", 60, 1)], vec![], vec![]])).expect("tidy");
        assert_eq!(relayed.lifetime(), 0, "rcode {rcode}");
    }
}

#[test]
fn answers_off_the_chain_are_dropped() {
    let relayed = read(vec![
        a("evil.vn", 60, 6),
        cname("www.vn", 300, "cdn.vn"),
        cname("bank.vn", 300, "evil.vn"),
        a("cdn.vn", 60, 1),
        rrsig("evil.vn", 60, 1),
        rrsig("cdn.vn", 60, 1),
    ]);
    assert_eq!(aliases(&relayed), [Name::parse("cdn.vn").expect("a name")]);
    let expected = [("www.vn".into(), 5, 300), ("cdn.vn".into(), 1, 60), ("cdn.vn".into(), 46, 60)];
    assert_eq!(lines(&render(&relayed, &query(Transport::Udp, 1, [1, 0], OPT_DO), 0, DAY)), expected);
}

#[test]
fn a_chain_may_stand_in_any_order() {
    let relayed = read(vec![a("c.vn", 60, 1), cname("b.vn", 60, "c.vn"), cname("www.vn", 60, "b.vn")]);
    assert_eq!(aliases(&relayed), ["b.vn", "c.vn"].map(|name| Name::parse(name).expect("a name")));
    assert_eq!(lines(&render(&relayed, &plain(), 0, DAY)).len(), 3);
}

#[test]
fn a_dname_leads_on_with_and_without_its_cname() {
    let dname = || Line("vn", 39, 90, wire("example.test"));
    let target = Name::parse("www.example.test").expect("a name");
    for answer in [
        vec![dname(), cname("www.vn", 90, "www.example.test"), a("www.example.test", 90, 1), rrsig("vn", 90, 39)],
        vec![dname(), a("www.example.test", 90, 1), rrsig("vn", 90, 39)],
    ] {
        let length = answer.len();
        let relayed = read(answer);
        assert_eq!(aliases(&relayed), std::slice::from_ref(&target));
        assert_eq!(lines(&render(&relayed, &plain(), 0, DAY)).len(), length);
    }
    let other = read(vec![Line("com", 39, 90, wire("evil.test")), a("www.vn", 60, 1), rrsig("vn", 90, 1)]);
    assert_eq!(lines(&render(&other, &plain(), 0, DAY)), [("www.vn".into(), 1, 60)], "nothing leads through them");
    let at_name = read(vec![Line("www.vn", 39, 90, wire("evil.test"))]);
    assert!(aliases(&at_name).is_empty(), "a DNAME leads only what is below it");
}

#[test]
fn loops_and_long_chains_are_refused() {
    let refused = |answer: Vec<Line>| Relayed::read(&response(1, FINE, [answer, vec![], vec![]])).expect_err("refused");
    assert_eq!(refused(vec![cname("www.vn", 60, "www.vn")]), Untidy::Loop);
    assert_eq!(refused(vec![cname("www.vn", 60, "b.vn"), cname("b.vn", 60, "www.vn")]), Untidy::Loop);
    assert_eq!(refused(vec![Line("vn", 39, 60, wire("a.vn"))]), Untidy::LongChain, "each step leads below the last");
    let chain = |length: usize| {
        let names: Vec<&'static str> = [
            "www.vn", "a.vn", "b.vn", "c.vn", "d.vn", "e.vn", "f.vn", "g.vn", "h.vn", "i.vn", "j.vn", "k.vn", "l.vn", "m.vn",
            "n.vn", "o.vn", "p.vn", "q.vn",
        ]
        .into();
        (0..length).map(|step| cname(names[step], 60, names[step + 1])).collect::<Vec<_>>()
    };
    assert_eq!(aliases(&read(chain(16))).len(), 16);
    assert_eq!(refused(chain(17)), Untidy::LongChain);
}

#[test]
fn another_class_and_hop_signatures_are_dropped() {
    let mut bytes =
        response(1, FINE, [vec![a("www.vn", 60, 1)], vec![], vec![a("ns.vn", 60, 2), Line("key.vn", 250, 0, vec![1, 2])]]);
    let relayed = Relayed::read(&bytes).expect("tidy");
    assert_eq!(lines(&render(&relayed, &plain(), 0, DAY)).len(), 2, "TSIG ends at the hop that it is for");
    // The class of the first record, behind header, question, owner and type.
    bytes[12 + 12 + 8 + 2 + 1] = 3;
    let relayed = Relayed::read(&bytes).expect("tidy");
    assert_eq!(lines(&render(&relayed, &plain(), 0, DAY)), [("ns.vn".into(), 1, 60)]);
    let mut bytes = response(1, FINE, [vec![cname("www.vn", 60, "cdn.vn"), a("cdn.vn", 60, 1)], vec![], vec![]]);
    bytes[12 + 12 + 8 + 2 + 1] = 3;
    let relayed = Relayed::read(&bytes).expect("tidy");
    assert!(
        aliases(&relayed).is_empty() && lines(&render(&relayed, &plain(), 0, DAY)).is_empty(),
        "nor does an alias of it lead on"
    );
}

/// RFC 3597: data of unknown types are passed on bit for bit, also where records around them are dropped.
#[test]
fn unknown_types_stay_as_they_are() {
    let rdata: Vec<u8> = (0..300).map(|octet| u8::try_from(octet * 7 % 256).expect("below 256")).collect();
    for extra in [vec![], vec![a("evil.vn", 60, 6)]] {
        let mut answer = extra;
        answer.push(Line("www.vn", 65_280, 60, rdata.clone()));
        let relayed = Relayed::read(&response(65_280, FINE, [answer, vec![], vec![]])).expect("tidy");
        let mut packet = b"\x12\x34\x01\x00\x00\x01\x00\x00\x00\x00\x00\x00\x03WWW\x02vn\x00\xff\x00\x00\x01".to_vec();
        let address = "127.0.0.1:53".parse().expect("an address");
        let query = Query::parse(&packet, Source::new(address, address, Transport::Tcp)).expect("a query");
        packet.clear();
        relayed.render(&query, 0, DAY, None, &mut packet);
        let message = Message::parse(&packet).expect("sound");
        let records: Vec<_> = message.all_records().collect();
        assert_eq!((records.len(), records[0].rdata()), (1, &rdata[..]));
    }
}

#[test]
fn names_in_data_survive_a_move() {
    // MX and SOA with names compressed against the question, behind a record that is dropped.
    let mut bytes = b"\xab\xcd\x81\x80\x00\x01\x00\x02\x00\x01\x00\x00\x03wWw\x02vn\x00\x00\x0f\x00\x01".to_vec();
    bytes.extend(b"\x04evil\xc0\x10\x00\x01\x00\x01\x00\x00\x00\x3c\x00\x04\x06\x06\x06\x06");
    bytes.extend(b"\xc0\x0c\x00\x0f\x00\x01\x00\x00\x00\x3c\x00\x06\x00\x0a\x01m\xc0\x18");
    bytes.extend(b"\xc0\x10\x00\x06\x00\x01\x00\x00\x00\x3c\x00\x18\xc0\x18\xc0\x0c\x00\x00\x00\x01\x00\x00\x00\x02\x00\x00\x00\x03\x00\x00\x00\x04\x00\x00\x00\x05");
    let relayed = Relayed::read(&bytes).expect("tidy");
    let out = render(&relayed, &query(Transport::Udp, 15, [1, 0], &[]), 0, DAY);
    let message = Message::parse(&out).expect("sound");
    let records: Vec<_> = message.all_records().collect();
    assert_eq!(records.len(), 2);
    assert_eq!(records[0].rdata(), b"\x00\x0a\x01m\x04evil\x02vn\x00");
    assert_eq!(records[1].owner(), Name::parse("vn").expect("a name"));
    assert_eq!(&records[1].rdata()[..17], b"\x04evil\x02vn\x00\x03wWw\x02vn\x00");
    assert_eq!(records[1].soa_minimum(), Some(5));
}

/// A pointer into octets that change (here a TTL) is written out, so that the name stays what was judged.
#[test]
fn a_pointer_into_a_ttl_is_written_out() {
    let mut bytes = b"\xab\xcd\x81\x80\x00\x01\x00\x02\x00\x00\x00\x00\x03wWw\x02vn\x00\x00\x01\x00\x01".to_vec();
    bytes.extend(b"\xc0\x0c\x00\x05\x00\x01\x00\x01x\x00\x00\x02\xc0\x1f");
    bytes.extend(b"\x01x\x00\x00\x01\x00\x01\x00\x00\x00\x3c\x00\x04\x06\x06\x06\x06");
    let relayed = Relayed::read(&bytes).expect("tidy");
    let x = Name::parse("x").expect("a name");
    assert_eq!(aliases(&relayed), std::slice::from_ref(&x));
    for age in [0, 1, 90_000] {
        let out = render(&relayed, &plain(), age, DAY);
        let message = Message::parse(&out).expect("sound");
        assert_eq!(message.all_records().next().and_then(|record| record.target()), Some(x.clone()), "{age}");
    }
}

#[test]
fn opt_anywhere_among_the_additional_is_cut_out() {
    let opt = || Line("", 41, 0, vec![]);
    for additional in [vec![opt(), a("ns.vn", 60, 2)], vec![a("ns.vn", 60, 2), opt()]] {
        let mut bytes = response(1, FINE, [vec![a("www.vn", 60, 1)], vec![], vec![]]);
        bytes[11] = 2;
        for Line(owner, record_type, ttl, rdata) in additional {
            bytes.extend(if owner.is_empty() { vec![0] } else { wire(owner) });
            bytes.extend(record_type.to_be_bytes());
            bytes.extend([0, 1]);
            bytes.extend(ttl.to_be_bytes());
            bytes.extend(u16::try_from(rdata.len()).expect("short").to_be_bytes());
            bytes.extend(rdata);
        }
        let relayed = Relayed::read(&bytes).expect("tidy");
        let out = render(&relayed, &plain(), 0, DAY);
        assert_eq!(lines(&out), [("www.vn".into(), 1, 60), ("ns.vn".into(), 1, 60)]);
        assert!(!Message::parse(&out).expect("sound").has_edns(), "none came, none goes");
        let out = render(&relayed, &query(Transport::Udp, 1, [1, 0], OPT), 0, DAY);
        assert!(Message::parse(&out).expect("sound").has_edns());
        assert_eq!(lines(&out).len(), 2);
    }
}

/// RFC 6840 sections 5.7 and 5.8; the eight combinations of AD, DO and CD, with AD from upstream and without.
#[test]
fn ad_where_asked_and_found() {
    for upstream in [0x8180, 0x81a0] {
        let relayed = Relayed::read(&response(1, upstream, [vec![a("www.vn", 60, 1)], vec![], vec![]])).expect("tidy");
        for (ad, cd) in [(0, 0), (0x20, 0), (0, 0x10), (0x20, 0x10)] {
            for opt in [&[][..], OPT, OPT_DO] {
                let out = render(&relayed, &query(Transport::Udp, 1, [1, ad | cd], opt), 0, DAY);
                let wanted = ad != 0 || opt == OPT_DO;
                assert_eq!(out[3] & 0x20 != 0, upstream == 0x81a0 && wanted);
                assert_eq!(out[3] & 0x10, cd);
            }
        }
        assert!(!relayed.without_authentic_data().authentic_data());
    }
}

#[test]
fn extended_errors_are_passed_on_unless_ours_is_given() {
    let mut bytes = response(1, 0x8182, [vec![], vec![], vec![]]);
    bytes[11] = 1;
    bytes.extend(
        b"\x00\x00\x29\x04\xd0\x00\x00\x00\x00\x00\x14\x00\x0a\x00\x02\x01\x02\x00\x0f\x00\x04\x00\x16hi\x00\x0f\x00\x02\x00\x17",
    );
    let relayed = Relayed::read(&bytes).expect("tidy");
    let edns = query(Transport::Udp, 1, [1, 0], OPT);
    let out = render(&relayed, &edns, 0, DAY);
    let message = Message::parse(&out).expect("sound");
    assert_eq!(message.ede().collect::<Vec<_>>(), [(Ede(22), "hi"), (Ede(23), "")]);
    let mut out = Vec::new();
    relayed.render(&edns, 0, DAY, Some((Ede::STALE_ANSWER, "old")), &mut out);
    assert_eq!(Message::parse(&out).expect("sound").ede().collect::<Vec<_>>(), [(Ede::STALE_ANSWER, "old")]);
}

/// RFC 2181 section 9: the additional section goes silently, all else with TC; by TCP there is room.
#[test]
fn truncation_leaves_whole_sections() {
    let answer = |count: u8| (0..count).map(|last| a("www.vn", 60, last)).collect::<Vec<_>>();
    let bytes =
        response(1, FINE, [answer(20), vec![], vec![a("ns.vn", 60, 1), a("ns.vn", 60, 2), a("ns.vn", 60, 3), a("ns.vn", 60, 4)]]);
    let relayed = Relayed::read(&bytes).expect("tidy");
    let out = render(&relayed, &plain(), 0, DAY);
    let message = Message::parse(&out).expect("sound");
    assert!(out.len() <= 512 && !message.truncated());
    assert_eq!((message.records(Section::Answer).count(), message.records(Section::Additional).count()), (20, 0));

    let relayed = Relayed::read(&response(1, FINE, [answer(60), vec![], vec![]])).expect("tidy");
    for (opt, limit) in [(&[][..], 512), (OPT, 1232)] {
        let out = render(&relayed, &query(Transport::Udp, 1, [1, 0], opt), 0, DAY);
        let message = Message::parse(&out).expect("sound");
        assert!(out.len() <= limit && message.truncated());
        assert_eq!(out[6..10], [0; 4]);
        assert_eq!(&out[24..], opt, "nothing but EDNS behind the question");
        let out = render(&relayed, &query(Transport::Tcp, 1, [1, 0], opt), 0, DAY);
        assert_eq!(lines(&out).len(), 60);
    }
}

#[test]
fn another_question_is_not_answered() {
    let relayed = read(vec![a("www.vn", 60, 1)]);
    let mut out = Vec::new();
    assert_eq!(relayed.render(&query(Transport::Udp, 28, [1, 0], &[]), 0, DAY, None, &mut out), Rcode::SERVFAIL);
    assert_eq!(Message::parse(&out).expect("sound").rcode(), Rcode::SERVFAIL);
    let no_question = [&[0xab, 0xcd, 0x81, 0x81][..], &[0; 8]].concat();
    assert_eq!(Relayed::read(&no_question), Err(Untidy::NoQuestion));
}

#[test]
fn upper_rcodes_need_edns() {
    let mut bytes = response(1, FINE, [vec![], vec![], vec![]]);
    bytes[11] = 1;
    bytes[3] |= 7;
    bytes.extend(b"\x00\x00\x29\x04\xd0\x01\x00\x00\x00\x00\x00");
    let relayed = Relayed::read(&bytes).expect("tidy");
    assert_eq!(relayed.rcode(), Rcode(23));
    let mut out = Vec::new();
    assert_eq!(relayed.render(&query(Transport::Udp, 1, [1, 0], OPT), 0, DAY, None, &mut out), Rcode(23));
    assert_eq!(Message::parse(&out).expect("sound").rcode(), Rcode(23));
    assert_eq!(relayed.render(&plain(), 0, DAY, None, &mut out), Rcode::SERVFAIL);
}

/// Sixty-four kibibytes of pointers to one long name would be megabytes written out.
#[test]
fn what_grows_too_long_is_refused() {
    let mut bytes = b"\xab\xcd\x81\x80\x00\x01\x00\x00\x00\x00\x00\x00\x03wWw\x02vn\x00\x00\x01\x00\x01".to_vec();
    let long = Name::parse(&format!("{0}.{0}.{0}.vn", "x".repeat(63))).expect("a name");
    bytes.extend(wire("evil.vn"));
    bytes.extend(b"\x00\x02\x00\x01\x00\x00\x00\x3c");
    bytes.extend(u16::try_from(long.as_wire().len()).expect("short").to_be_bytes());
    let [high, low] = u16::try_from(bytes.len()).expect("short").to_be_bytes();
    bytes.extend(long.as_wire());
    for _ in 0..4000 {
        bytes.extend(b"\xc0\x0c\x00\x02\x00\x01\x00\x00\x00\x3c\x00\x02");
        bytes.extend([0xc0 | high, low]);
    }
    bytes[6..8].copy_from_slice(&4001_u16.to_be_bytes());
    assert_eq!(Relayed::read(&bytes), Err(Untidy::TooLong));
}

#[test]
fn a_truncated_message_says_so() {
    let relayed = Relayed::read(&response(1, FINE | 0x0200, [vec![a("www.vn", 60, 1)], vec![], vec![]])).expect("tidy");
    assert!(relayed.truncated() && relayed.lifetime() == 0);
    assert!(Message::parse(&render(&relayed, &plain(), 0, DAY)).expect("sound").truncated());
}

#[test]
fn it_knows_its_question_and_its_size() {
    let relayed = read(vec![cname("www.vn", 60, "cdn.vn"), a("cdn.vn", 60, 1)]);
    assert_eq!(relayed.name(), plain().name);
    assert!(relayed.answers(&plain()) && !relayed.answers(&query(Transport::Udp, 28, [1, 0], &[])));
    assert!(relayed.size() > size_of::<Relayed>() + relayed.name().as_wire().len());
    assert_eq!(RecordType::A, plain().record_type);
}
