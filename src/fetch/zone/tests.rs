//! Transfers as they should be, and as a primary that lies or errs makes them.

#[path = "../../../tests/it/kit/transfer.rs"]
#[expect(unreachable_pub, reason = "the kit is shared")]
mod kit;

use hickory_proto::rr::{Record, RecordType};
use kit::{address, message, policy, server, soa, text};

use super::{Came, Incoming, Reason, head};
use crate::dns::{Message, Name, Section, Soa};
use crate::fetch::Failure;

const ZONE: &str = "rpz.example";

fn zone() -> Name {
    Name::parse(ZONE).expect("a name")
}

/// Takes messages one after the other: how it ended, the text, and the changes' own lines.
fn take(held: Option<u32>, messages: &[Vec<u8>]) -> Result<(Came, String, Vec<String>), Failure> {
    let mut incoming = Incoming::new(zone(), 7, held, None);
    let (mut came, mut out) = (Came::More, Vec::new());
    for message in messages {
        assert_eq!(came, Came::More, "it goes on behind its end");
        came = incoming.take(message, 0, &mut out)?;
    }
    let mut changes: Vec<String> = Vec::new();
    let of = incoming.into_changes();
    changes.extend(of.gone.iter().map(|line| format!("-{}", String::from_utf8_lossy(line).trim())));
    changes.extend(of.new.iter().map(|line| format!("+{}", String::from_utf8_lossy(line).trim())));
    changes.sort();
    Ok((came, String::from_utf8(out).expect("text"), changes))
}

fn whole(records: &[Record]) -> Vec<u8> {
    message(7, ZONE, RecordType::AXFR, records)
}

fn changed(records: &[Record]) -> Vec<u8> {
    message(7, ZONE, RecordType::IXFR, records)
}

fn refused(held: Option<u32>, messages: &[Vec<u8>], what: &str) {
    let failure = take(held, messages).expect_err(what);
    assert!(failure.reason == Reason::Unparsable && failure.said.contains(what), "{what}: {failure}");
}

#[test]
fn a_whole_zone_becomes_text_that_is_read_as_a_policy_zone() {
    let records = [
        soa(ZONE, 5),
        server(),
        policy("w88.com", "."),
        policy("*.w88.com", "."),
        policy("olm.vn", "rpz-passthru"),
        address("sink.example", [0, 0, 0, 0]),
        text("t.example"),
        soa(ZONE, 5),
    ];
    let (came, text, _) = take(None, &[whole(&records)]).expect("sound");
    let Came::Whole(soa) = came else { panic!("{came:?}") };
    assert_eq!((soa.serial, soa.refresh, soa.retry), (5, 3600, 600));
    assert_eq!(
        text,
        "; rpz.example, as its primary gives it\n@ SOA . . 5 3600 600 604800 300\nw88.com CNAME .\n*.w88.com CNAME .\n\
         olm.vn CNAME rpz-passthru.\nsink.example A 0.0.0.0\nt.example TXT -\n"
    );
    // Message by message it is the same, whether later ones repeat the question or not.
    let mut parts: Vec<Vec<u8>> = records.iter().map(|record| whole(std::slice::from_ref(record))).collect();
    assert_eq!(take(None, &parts).expect("sound").1, text);
    parts[3] = without_question(&parts[3]);
    assert_eq!(take(None, &parts).expect("sound").1, text);
}

/// The same message without its question; the record's owner is written out.
fn without_question(message: &[u8]) -> Vec<u8> {
    let read = Message::parse(message).expect("sound");
    let record = read.records(Section::Answer).next().expect("one record");
    let mut bytes = message[..12].to_vec();
    bytes[5] = 0;
    bytes.extend(record.owner().as_wire());
    bytes.extend(&message[record.ttl_offset - 4..record.ttl_offset + 4]);
    let target = record.target().expect("a policy");
    bytes.extend([0, u8::try_from(target.as_wire().len()).expect("short")]);
    bytes.extend(target.as_wire());
    bytes
}

#[test]
fn changes_are_what_remains_of_all_steps() {
    let steps = [
        soa(ZONE, 9),
        soa(ZONE, 5),
        policy("old.example", "."),
        policy("back.example", "."),
        soa(ZONE, 6),
        policy("new.example", "."),
        policy("brief.example", "."),
        soa(ZONE, 6),
        policy("brief.example", "."),
        soa(ZONE, 9),
        policy("back.example", "."),
        soa(ZONE, 9),
    ];
    let (came, text, changes) = take(Some(5), &[changed(&steps)]).expect("sound");
    assert!(matches!(came, Came::Changes(Soa { serial: 9, .. })) && text.is_empty(), "{came:?} {text}");
    assert_eq!(changes, ["+new.example CNAME .", "-old.example CNAME ."]);
    let split: Vec<Vec<u8>> = steps.iter().map(|record| changed(std::slice::from_ref(record))).collect();
    assert_eq!(take(Some(5), &split).expect("sound").2, changes);
}

/// A name that takes two octets on the way may take a thousand here.
#[test]
fn changes_weigh_what_they_take_written_out() {
    let long = policy(&[["x".repeat(60).as_str(); 3].join("."), "example".to_owned()].join("."), ".");
    let mut incoming = Incoming::new(zone(), 7, Some(5), None);
    let mut weigh = |records: &[Record]| {
        incoming.take(&changed(records), 0, &mut Vec::new()).expect("sound");
        incoming.weight()
    };
    assert_eq!(weigh(&[soa(ZONE, 9), soa(ZONE, 5), soa(ZONE, 6)]), 0);
    let weight = weigh(&[long.clone(), policy("a.example", ".")]);
    assert!(weight > 200, "{weight}");
    assert_eq!(weigh(std::slice::from_ref(&long)), weight, "the same once more");
    let less = weigh(&[soa(ZONE, 6), long]);
    assert!(less > 0 && less < weight - 180, "what is taken back weighs nothing: {less} of {weight}");
}

#[test]
fn a_question_for_changes_may_be_answered_by_the_whole_zone_or_by_its_version() {
    assert_eq!(take(Some(5), &[changed(&[soa(ZONE, 5)])]).expect("sound").0, Came::Unchanged);
    assert_eq!(take(Some(5), &[changed(&[soa(ZONE, 4)])]).expect("sound").0, Came::Unchanged, "an older one is none");
    let behind = changed(&[soa(ZONE, 5), policy("a.example", "."), soa(ZONE, 5)]);
    assert_eq!(take(Some(5), &[behind]).expect("sound").0, Came::Unchanged, "what follows is what is here");
    assert_eq!(take(Some(u32::MAX), &[changed(&[soa(ZONE, 3), soa(ZONE, 3)])]).expect("sound").1, head_of(3), "serials go round");
    let (came, text, _) = take(Some(5), &[changed(&[soa(ZONE, 6), policy("a.example", "."), soa(ZONE, 6)])]).expect("sound");
    assert!(matches!(came, Came::Whole(_)), "{came:?}");
    assert_eq!(text, head_of(6) + "a.example CNAME .\n");
}

fn head_of(serial: u32) -> String {
    head(&zone(), &Soa { serial, refresh: 3600, retry: 600, expire: 604_800, minimum: 300 })
}

#[test]
fn what_is_no_transfer_of_the_zone_is_refused() {
    let (first, entry) = (soa(ZONE, 5), policy("a.example", "."));
    refused(None, &[whole(std::slice::from_ref(&entry))], "its first record is no SOA record");
    refused(None, &[whole(&[first.clone(), soa(ZONE, 6)])], "do not fit together");
    refused(None, &[whole(&[first.clone(), first.clone(), entry.clone()])], "behind its end");
    refused(None, &[whole(&[first.clone(), first.clone(), first.clone()])], "behind its end");
    refused(None, &[whole(&[first.clone(), soa("a.rpz.example", 5)])], "an SOA record stands at a.rpz.example");
    refused(None, &[whole(&[soa("other.example", 5)])], "other.example is no name of the zone");
    refused(None, &[whole(&[])], "it has no records");
    let mut outside = policy("a.example", ".");
    outside.name = kit::name("www.bank.example");
    refused(None, &[whole(&[first.clone(), outside])], "www.bank.example is no name of the zone");
    refused(Some(3), &[changed(&[first.clone(), soa(ZONE, 4)])], "do not fit together");
    refused(Some(4), &[changed(&[first.clone(), soa(ZONE, 4), soa(ZONE, 7), soa(ZONE, 5)])], "do not fit together");
    refused(None, &[message(8, ZONE, RecordType::AXFR, std::slice::from_ref(&first))], "answers another question");
    refused(None, &[message(7, "other.example", RecordType::AXFR, std::slice::from_ref(&first))], "answers another question");
    refused(None, &[changed(std::slice::from_ref(&first))], "answers another question");
    refused(None, &[vec![0; 11]], "a message cannot be read");
    let mut query = whole(std::slice::from_ref(&first));
    query[2] &= 0x7f;
    refused(None, &[query], "answers another question");
    let mut error = whole(&[]);
    error[3] |= 5;
    let failure = take(None, &[error]).expect_err("REFUSED");
    assert!(failure.reason == Reason::Status && failure.said.contains("answered REFUSED\nhint: "), "{failure}");
    assert_eq!(take(None, &[whole(&[first, entry])]).expect("not yet").0, Came::More, "the end is missing");
}

#[test]
fn whatever_a_name_holds_its_line_is_one() {
    let mut odd = policy("a.example", ".");
    odd.name = hickory_proto::rr::Name::from_labels([&b"a;(b"[..], b"c\n\"d", b"Ex ample", b"rpz", b"example"]).expect("a name");
    let (_, text, _) = take(None, &[whole(&[soa(ZONE, 5), odd, soa(ZONE, 5)])]).expect("sound");
    assert_eq!(text, head_of(5) + "a\\059\\040b.c\\010\\034d.ex\\032ample CNAME .\n");
}
