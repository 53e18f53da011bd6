//! What one server says is not taken for another's, and several make one answer.

use hickory_proto::op::{Message, MessageType, OpCode, Query, ResponseCode};
use hickory_proto::rr::{Name, RData, Record, RecordType, rdata};

use crate::dns::packed::AUTHORITATIVE;
use crate::dns::{self, Bailiwick, Rcode, Relayed, Section, Untidy, Whose};

fn name(text: &str) -> Name {
    text.parse().expect("a name")
}

fn own(text: &str) -> dns::Name {
    dns::Name::parse(text).expect("a name")
}

fn a(owner: &str, ttl: u32) -> Record {
    Record::from_rdata(name(owner), ttl, RData::A(rdata::A::new(192, 0, 2, 7)))
}

fn cname(owner: &str, ttl: u32, target: &str) -> Record {
    Record::from_rdata(name(owner), ttl, RData::CNAME(rdata::CNAME(name(target))))
}

fn soa(owner: &str) -> Record {
    let soa = rdata::SOA::new(name(owner), name("nobody.invalid."), 1, 2, 3, 4, 60);
    Record::from_rdata(name(owner), 600, RData::SOA(soa))
}

/// A response to an A question with these sections.
fn response(asked: &str, rcode: ResponseCode, answers: Vec<Record>, authorities: Vec<Record>, more: Vec<Record>) -> Vec<u8> {
    let mut message = Message::new(7, MessageType::Response, OpCode::Query);
    message.metadata.response_code = rcode;
    message.metadata.authentic_data = true;
    message.add_query(Query::query(name(asked), RecordType::A));
    (message.answers, message.authorities, message.additionals) = (answers, authorities, more);
    message.to_vec().expect("a message")
}

/// The owners of every record, section by section.
fn owners(relayed: &Relayed) -> [Vec<String>; 3] {
    let message = dns::Message::parse(relayed.message()).expect("sound");
    [Section::Answer, Section::Authority, Section::Additional]
        .map(|section| message.records(section).map(|record| record.owner().to_string()).collect())
}

fn lan() -> Bailiwick {
    let zones = [("lan", Whose::Its), ("dorm.lan", Whose::Others), ("vn", Whose::Others), ("old.dorm.lan", Whose::Its)];
    Bailiwick::of(zones.map(|(zone, whose)| (own(zone), whose)))
}

#[test]
fn a_bailiwick_is_a_zone_without_those_in_it() {
    assert!(lan().holds(&own("lan")) && lan().holds(&own("a.b.lan")));
    assert!(!lan().holds(&own("dorm.lan")) && !lan().holds(&own("x.dorm.lan")) && !lan().holds(&own("vn")));
    assert!(Bailiwick::default().holds(&own("vn")) && Bailiwick::default().holds(&dns::Name::root()));
    assert!(lan().holds(&own("pc.old.dorm.lan")), "the deepest zone decides");
    assert!(Bailiwick::default().is_everything() && !lan().is_everything());
}

#[test]
fn records_of_other_zones_are_dropped_in_every_section() {
    let bytes = response(
        "www.lan.",
        ResponseCode::NoError,
        vec![a("www.lan.", 60), a("www.vn.", 60)],
        vec![soa("lan."), soa("vn."), soa(".")],
        vec![a("ns.lan.", 60), a("ns.vn.", 60), a("x.dorm.lan.", 60)],
    );
    let relayed = Relayed::read_within(&bytes, &lan()).expect("tidy");
    assert_eq!(owners(&relayed), [vec!["www.lan".to_owned()], vec!["lan".to_owned()], vec!["ns.lan".to_owned()]]);
    assert!(!relayed.authentic_data() && !relayed.leaves());
    let whole = Relayed::read(&bytes).expect("tidy");
    assert!(whole.authentic_data() && whole.aliases().next().is_none());
    let confined = whole.confined(&lan()).expect("tidy");
    assert_eq!((owners(&confined), confined.authentic_data()), (owners(&relayed), false));
    assert_eq!(whole.confined(&Bailiwick::default()), Ok(whole.clone()), "who speaks for all loses nothing");
}

#[test]
fn an_alias_that_leads_away_is_kept_without_what_is_said_of_its_target() {
    for rcode in [ResponseCode::NoError, ResponseCode::NXDomain] {
        let answers = vec![cname("www.lan.", 60, "cdn.vn."), a("cdn.vn.", 60)];
        let relayed =
            Relayed::read_within(&response("www.lan.", rcode, answers, vec![soa("lan.")], vec![]), &lan()).expect("tidy");
        assert!(relayed.leaves());
        assert_eq!((relayed.rcode(), relayed.lifetime()), (Rcode::NOERROR, 60));
        assert_eq!(owners(&relayed), [vec!["www.lan".to_owned()], vec![], vec![]]);
        assert_eq!(relayed.chain_end(), Some(own("cdn.vn")));
    }
}

#[test]
fn parts_make_one_answer() {
    let read = |bytes: &[u8], bailiwick: &Bailiwick| Relayed::read_within(bytes, bailiwick).expect("tidy");
    let first =
        read(&response("www.lan.", ResponseCode::NoError, vec![cname("www.lan.", 60, "cdn.vn.")], vec![], vec![]), &lan());
    let first = first.with_authority();
    let answers = vec![cname("cdn.vn.", 300, "edge.vn."), a("edge.vn.", 50)];
    let second = read(&response("cdn.vn.", ResponseCode::NoError, answers, vec![], vec![a("x.vn.", 5)]), &Bailiwick::default());
    let joined = Relayed::joined(&[(&first, 10), (&second, 20)]).expect("tidy");
    assert_eq!(owners(&joined)[0], ["www.lan", "cdn.vn", "edge.vn"]);
    assert_eq!((joined.rcode(), joined.lifetime(), joined.leaves()), (Rcode::NOERROR, 30, false));
    assert!(joined.has(AUTHORITATIVE) && joined.authentic_data());
    assert_eq!(joined.name(), own("www.lan"));

    let absent = read(&response("cdn.vn.", ResponseCode::NXDomain, vec![], vec![soa("vn.")], vec![]), &Bailiwick::default());
    let joined = Relayed::joined(&[(&first, 0), (&absent, 0)]).expect("tidy");
    assert_eq!((joined.rcode(), joined.lifetime()), (Rcode::NXDOMAIN, 60));
    assert_eq!(owners(&joined), [vec!["www.lan".to_owned()], vec!["vn".to_owned()], vec![]]);
}

#[test]
fn parts_in_a_circle_are_no_answer() {
    let to = |owner: &str, target| {
        let bytes = response(owner, ResponseCode::NoError, vec![cname(owner, 60, target)], vec![], vec![]);
        Relayed::read_within(&bytes, &Bailiwick::of([(own(owner.trim_end_matches('.')), Whose::Its)])).expect("tidy")
    };
    let (there, back) = (to("a.lan.", "b.vn."), to("b.vn.", "a.lan."));
    assert_eq!(Relayed::joined(&[(&there, 0), (&back, 0)]), Err(Untidy::Loop));
}
