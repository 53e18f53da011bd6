//! What noting costs the thread that answers, and the writer: for first entries, for repeats, and for one first among ten.

use std::hint::black_box;
use std::net::IpAddr;
use std::sync::Arc;
use std::time::{Duration, Instant};

use jiff::Timestamp;
use khien::dns::{Name, Rcode, RecordType, Transport};
use khien::journal::{AllowedForm, ClientForm, Moment, Note, QUEUE, Settings, open};
use khien::policy::{Outcome, Reason};

const ROUNDS: usize = 8;

fn main() {
    measure("first ones", |round, number| round * QUEUE + number);
    measure("repeats", |_, number| number);
    measure("one first among ten", |round, number| if number % 10 == 0 { (round + 1) * QUEUE + number } else { number });
}

/// Notes names by their numbers in so many rounds, and has each round written.
fn measure(what: &str, name_of: impl Fn(usize, usize) -> usize) {
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
    let (group, tier, category): (Arc<str>, Arc<str>, Arc<str>) = ("lab-1".into(), "primary".into(), "games".into());
    let (mut noting, mut writing) = (Duration::ZERO, Duration::ZERO);
    // What is repeated has a first; it is not measured.
    for round in 0..=ROUNDS {
        let names: Vec<Name> =
            (0..QUEUE).map(|number| Name::parse(&format!("n{}.example.com", name_of(round, number))).expect("a name")).collect();
        let note = |name| Note {
            time: Timestamp::now(),
            client: IpAddr::from([10, 20, 1, 7]),
            group: &group,
            tier: &tier,
            name,
            record_type: RecordType::A,
            transport: Transport::Udp,
            outcome: Outcome::Blocked,
            reason: Reason::Tier,
            category: Some(&category),
            rcode: Rcode::NOERROR,
            micros: 42,
            snapshot: 7,
            help: false,
            by_alias: None,
        };
        let notes: Vec<Note<'_>> = names.iter().map(note).collect();
        let began = Instant::now();
        notes.iter().for_each(|note| journal.note(black_box(note)));
        let noted = began.elapsed();
        let began = Instant::now();
        while writer.step(now()) > 0 {}
        if round > 0 {
            noting += noted;
            writing += began.elapsed();
        }
    }
    let began = Instant::now();
    writer.flush(now());
    writing += began.elapsed();
    let tally = journal.tally();
    assert_eq!(tally.written + tally.folded, tally.noted);
    let each = |time: Duration| time.as_nanos() as f64 / (ROUNDS * QUEUE) as f64;
    println!(
        "{what}: note {:.0} ns, writer {:.0} ns; {} entries, {} folded",
        each(noting),
        each(writing),
        tally.written,
        tally.folded
    );
}
