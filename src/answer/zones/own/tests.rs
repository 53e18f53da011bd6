//! What a zone says: RFC 1034 section 4.3.2, RFC 2308, RFC 4592.

use std::sync::Arc;

use super::{Kind, Zone};
use crate::answer::zones::{Place, Weight, Zones};
use crate::dns::{Message, Name, Query, Rcode, RecordType, Relayed, Section, Source, Transport};

const TEXT: &str = "\
@       NS ns
ns      A 10.0.0.2
www     A 10.0.0.5
www     A 10.0.0.6
alias   CNAME www
deep    CNAME alias
away    CNAME cdn.example.vn.
a.b.ent A 10.0.0.7
*.wild  A 10.0.0.8
*.wild  TXT \"any\"
x.wild  MX 10 mail
*       AAAA fd00::1
sub     NS ns.sub
ns.sub  A 10.0.0.9
";

fn name(text: &str) -> Name {
    Name::parse(text).expect("a name")
}

fn zone(text: &str) -> Zone {
    let (zone, faults) = Zone::read(&name("truong.lan"), text);
    zone.unwrap_or_else(|| panic!("{faults:#?}"))
}

fn ask(asked: &str, record_type: RecordType) -> Relayed {
    let zones = Zones::new(&[Arc::new(zone(TEXT))], Vec::new());
    let place = zones.place(&name(asked));
    place.own_answer(&name(asked), record_type).unwrap_or_else(|| panic!("{asked} is not here")).expect("an answer")
}

/// The rcode, the answers as owner and type, and the owner of the SOA record.
fn said(asked: &str, record_type: RecordType) -> (Rcode, Vec<String>, Option<String>) {
    let source = "127.0.0.1:53".parse().expect("an address");
    let query = Query::new(name(asked), record_type, Source::new(source, source, Transport::Tcp));
    let mut out = Vec::new();
    ask(asked, record_type).render(&query, 0, 3600, None, &mut out);
    let message = Message::parse(&out).expect("sound");
    assert!(message.authoritative());
    let answers = message.records(Section::Answer).map(|record| format!("{} {}", record.owner(), record.record_type));
    let soa = message.records(Section::Authority).find(|record| record.record_type == RecordType::SOA);
    (message.rcode(), answers.collect(), soa.map(|record| record.owner().to_string()))
}

fn positive(asked: &str, record_type: RecordType, answers: &[&str]) {
    let expected: Vec<String> = answers.iter().map(|text| (*text).to_owned()).collect();
    assert_eq!(said(asked, record_type), (Rcode::NOERROR, expected, None), "{asked}");
}

fn negative(asked: &str, record_type: RecordType, rcode: Rcode) {
    assert_eq!(said(asked, record_type), (rcode, vec![], Some("truong.lan".to_owned())), "{asked}");
}

#[test]
fn names_that_are_there_and_names_that_are_not() {
    positive("www.truong.lan", RecordType::A, &["www.truong.lan A", "www.truong.lan A"]);
    positive("truong.lan", RecordType::NS, &["truong.lan NS"]);
    positive("truong.lan", RecordType::SOA, &["truong.lan SOA"]);
    negative("www.truong.lan", RecordType::MX, Rcode::NOERROR);
    negative("nothing.here.www.truong.lan", RecordType::A, Rcode::NXDOMAIN);
    assert_eq!(ask("www.truong.lan", RecordType::MX).lifetime(), 300);
}

#[test]
fn a_wildcard_stands_for_names_that_do_not_exist() {
    positive("new.truong.lan", RecordType::AAAA, &["new.truong.lan AAAA"]);
    positive("a.b.wild.truong.lan", RecordType::A, &["a.b.wild.truong.lan A"]);
    positive("*.wild.truong.lan", RecordType::TXT, &["*.wild.truong.lan TXT"]);
    // A name that exists has what it has, though the wildcard beside it has more (RFC 4592 section 2.2.1).
    negative("www.truong.lan", RecordType::AAAA, Rcode::NOERROR);
    negative("x.wild.truong.lan", RecordType::A, Rcode::NOERROR);
    // The closest encloser decides, and has no wildcard.
    negative("y.www.truong.lan", RecordType::AAAA, Rcode::NXDOMAIN);
    // The wildcard is there, and has nothing of this type.
    negative("new.truong.lan", RecordType::A, Rcode::NOERROR);
}

#[test]
fn a_name_above_names_exists() {
    negative("b.ent.truong.lan", RecordType::AAAA, Rcode::NOERROR);
    negative("ent.truong.lan", RecordType::AAAA, Rcode::NOERROR);
    negative("c.ent.truong.lan", RecordType::AAAA, Rcode::NXDOMAIN);
}

#[test]
fn aliases_are_followed_in_the_zone_and_left_at_its_border() {
    let chain = ["deep.truong.lan CNAME", "alias.truong.lan CNAME", "www.truong.lan A", "www.truong.lan A"];
    positive("deep.truong.lan", RecordType::A, &chain);
    positive("deep.truong.lan", RecordType::CNAME, &["deep.truong.lan CNAME"]);
    positive("away.truong.lan", RecordType::A, &["away.truong.lan CNAME"]);
    assert!(ask("away.truong.lan", RecordType::A).leaves() && !ask("deep.truong.lan", RecordType::A).leaves());
}

#[test]
fn what_is_delegated_belongs_to_whoever_has_the_rest() {
    let zones = Zones::new(&[Arc::new(zone(TEXT))], Vec::new());
    for delegated in ["sub.truong.lan", "ns.sub.truong.lan", "x.y.sub.truong.lan", "lan"] {
        assert!(matches!(zones.place(&name(delegated)), Place::Elsewhere), "{delegated}");
    }
    assert!(zones.place(&name("x.truong.lan")).is_local());
}

#[test]
fn records_that_cannot_stand_together_are_faults() {
    let faults = |text: &str| {
        let (zone, faults) = Zone::read(&name("truong.lan"), text);
        assert!(zone.is_none(), "{text}");
        faults.into_iter().filter(|fault| fault.weight == Weight::Fault).map(|fault| fault.line).collect::<Vec<_>>()
    };
    assert_eq!(faults("www A 10.0.0.1\nwww CNAME x\n"), [2]);
    assert_eq!(faults("www CNAME x\nWWW CNAME y\nx A 10.0.0.1\ny A 10.0.0.1\n"), [2]);
    assert_eq!(faults("@ CNAME www\nwww A 10.0.0.1\n"), [1]);
    assert_eq!(faults("a SOA ns root 1 2 3 4 5\n"), [1]);
    assert_eq!(faults("@ SOA ns root 1 2 3 4 5\n@ SOA ns root 2 2 3 4 5\n"), [2]);
    assert_eq!(faults("www ANAME x\n"), [1]);
    assert_eq!(faults("a CNAME b\nb CNAME a\n"), [1, 2]);
}

#[test]
fn a_zone_answers_within_a_task_that_has_used_up_its_share_of_time() {
    let runtime = tokio::runtime::Builder::new_current_thread().build().expect("a runtime");
    let asking = async {
        let zone = zone(TEXT);
        for _ in 0..1000 {
            assert_eq!(zone.records_at(&name("www.truong.lan"), &name("www.truong.lan"), Kind::A).len(), 2);
        }
    };
    runtime.block_on(async { tokio::spawn(asking).await.expect("no panic") });
}
