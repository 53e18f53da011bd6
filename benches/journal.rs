//! What noting costs the thread that answers, and how many entries a second the writer takes.

use std::hint::black_box;
use std::net::IpAddr;
use std::time::{Duration, Instant};

use jiff::Timestamp;
use khien::dns::{Name, Rcode, RecordType, Transport};
use khien::journal::{AllowedForm, ClientForm, Entry, Moment, QUEUE, Settings, open};
use khien::policy::{Outcome, Reason};

fn main() {
    let home = tempfile::tempdir().expect("a directory");
    let settings = Settings {
        keep: Settings::KEEP,
        client: ClientForm::Pseudonym,
        allowed: AllowedForm::Count,
        json: None,
        directory: home.path().to_owned(),
    };
    let (journal, mut writer) = open(settings, Box::new(|_| None));
    let start = Instant::now();
    let now = || Moment { wall: Timestamp::now(), uptime: start.elapsed() };
    let (mut noting, mut writing) = (Duration::ZERO, Duration::ZERO);
    let rounds = 8;
    for round in 0..rounds {
        let entries: Vec<Entry> = (0..QUEUE).map(|number| entry(round, number)).collect();
        let began = Instant::now();
        for entry in entries {
            journal.note(black_box(entry));
        }
        noting += began.elapsed();
        let began = Instant::now();
        while writer.step(now()) > 0 {}
        writing += began.elapsed();
    }
    let tally = journal.tally();
    assert_eq!(tally.written, tally.noted);
    let noted = tally.noted as f64;
    println!("note: {:.0} ns an entry", noting.as_nanos() as f64 / noted);
    println!("writer: {:.0} entries a second, distinct names, {} entries", noted / writing.as_secs_f64(), tally.written);
}

/// A blocked query for a name of its own.
fn entry(round: usize, number: usize) -> Entry {
    Entry {
        time: Timestamp::now(),
        client: IpAddr::from([10, 20, (number >> 8) as u8, number as u8]),
        group: "lab-1".into(),
        tier: "primary".into(),
        name: Name::parse(&format!("n{number}.r{round}.example.com")).expect("a name"),
        record_type: RecordType::A,
        transport: Transport::Udp,
        outcome: Outcome::Blocked,
        reason: Reason::Tier,
        category: Some("games".into()),
        rcode: Rcode::NOERROR,
        micros: 42,
        snapshot: 7,
        help: false,
        by_alias: None,
    }
}
