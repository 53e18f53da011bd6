//! What is laid down is what is taken up.

use std::net::IpAddr;

use proptest::prelude::*;

use super::*;
use crate::journal::testkit::{as_note, entry};

fn entries(sheaf: &Sheaf) -> Vec<Entry> {
    sheaf.records(0).map(Record::entry).collect()
}

fn any_name() -> impl Strategy<Value = Name> {
    proptest::collection::vec(proptest::collection::vec(any::<u8>(), 1..20), 0..8).prop_filter_map("a name", |labels| {
        let mut wire: Vec<u8> = labels.iter().flat_map(|label| [&[label.len() as u8], label.as_slice()].concat()).collect();
        wire.push(0);
        Name::from_wire(&wire).ok()
    })
}

fn any_entry() -> impl Strategy<Value = Entry> {
    let client = prop_oneof![any::<[u8; 4]>().prop_map(IpAddr::from), any::<[u8; 16]>().prop_map(IpAddr::from)];
    let words = (0..3_usize, 0..3_usize, proptest::option::of(0..3_usize));
    let kinds = (0..Reason::ALL.len(), 0..Outcome::ALL.len(), any::<bool>(), any::<u16>(), any::<u16>());
    let numbers = (0..4_000_000_000_000_000_i64, any::<u32>(), any::<u64>());
    (client, words, any_name(), kinds, numbers, proptest::option::of(any_name())).prop_map(
        |(client, (group, tier, category), name, (reason, outcome, udp, record_type, rcode), (time, micros, snapshot), alias)| {
            let word = |number: usize| Arc::<str>::from(["a", "b", "c"][number]);
            Entry {
                time: Timestamp::from_microsecond(time).expect("in this era"),
                client,
                group: word(group),
                tier: word(tier),
                name,
                record_type: RecordType(record_type),
                transport: if udp { Transport::Udp } else { Transport::Tcp },
                outcome: Outcome::ALL[outcome],
                reason: Reason::ALL[reason],
                category: category.map(word),
                rcode: Rcode(rcode),
                micros,
                snapshot,
                by_alias: alias.map(|alias| Box::new(Lead::Name(alias))),
            }
        },
    )
}

proptest! {
    #[test]
    fn a_note_is_taken_up_as_it_was_laid_down(notes in proptest::collection::vec(any_entry(), 0..20)) {
        let mut sheaf = Sheaf::default();
        notes.iter().for_each(|note| sheaf.lay(&as_note(note)));
        prop_assert_eq!(sheaf.len(), notes.len());
        prop_assert_eq!(entries(&sheaf), notes);
        sheaf.clear();
        prop_assert_eq!((sheaf.len(), entries(&sheaf).len()), (0, 0));
    }
}

#[test]
fn reading_goes_on_where_it_stopped() {
    let mut sheaf = Sheaf::default();
    let notes: Vec<Entry> = (0..5).map(|number| entry(&format!("n{number}.example"))).collect();
    notes.iter().for_each(|note| sheaf.lay(&as_note(note)));
    let first: usize = sheaf.records(0).take(2).map(Record::size).sum();
    assert!(!sheaf.ends_at(first));
    assert_eq!(sheaf.records(first).map(Record::entry).collect::<Vec<_>>(), notes[2..]);
    assert!(sheaf.ends_at(sheaf.records(0).map(Record::size).sum()));
}

#[test]
fn words_that_notes_share_are_held_once() {
    let mut sheaf = Sheaf::default();
    let same = entry("x.example");
    (0..100).for_each(|_| sheaf.lay(&as_note(&same)));
    assert_eq!(sheaf.contexts.len(), 1);
    assert_eq!(Arc::strong_count(&same.group), 2);
}

#[test]
fn what_tells_repeats_apart_is_in_the_key_and_nothing_else() {
    let mut sheaf = Sheaf::default();
    let first = entry("x.example");
    let later = Timestamp::from_microsecond(first.time.as_microsecond() + 1).expect("in this century");
    let repeat = Entry { time: later, micros: 7, reason: Reason::Deny, rcode: Rcode::REFUSED, snapshot: 8, ..first.clone() };
    let others = [
        Entry { client: IpAddr::from([10, 20, 1, 8]), ..first.clone() },
        Entry { client: IpAddr::V6(Ipv4Addr::new(10, 20, 1, 7).to_ipv6_mapped()), ..first.clone() },
        entry("y.example"),
        Entry { record_type: RecordType::AAAA, ..first.clone() },
        Entry { outcome: Outcome::Rewritten, ..first.clone() },
    ];
    [&first, &repeat].into_iter().chain(&others).for_each(|note| sheaf.lay(&as_note(note)));
    let keys: Vec<&[u8]> = sheaf.records(0).map(Record::key).collect();
    assert_eq!(keys[0], keys[1]);
    for other in &keys[2..] {
        assert_ne!(keys[0], *other);
    }
}
