//! Days at school, told in `tests/scenarios/*.txt`: each file is a test of its name.
//!
//! A failure names the file and the line; all lines of a file are tried before it fails.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use hickory_proto::rr::RecordType;
use jiff::Timestamp;

use crate::kit::School;
use crate::kit::reply::Reply;
use crate::kit::scenario::{Claim, Kind, Scenario, Step};
use crate::kit::school::school_time;

/// One test for each scenario.
macro_rules! scenarios {
    ($($name:ident)*) => {
        /// The names of all files.
        const NAMES: &[&str] = &[$(stringify!($name)),*];

        $(
            #[tokio::test(flavor = "multi_thread")]
            async fn $name() {
                play(stringify!($name)).await;
            }
        )*
    };
}

scenarios! {
    aliases
    block_modes
    bypass
    clients
    daylight_saving
    exam
    exam_edges
    exceptions
    group_names
    help
    holidays
    lists
    locked
    networks
    safe_search
    school_day
    services
    special_names
    texts
}

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/scenarios")
}

#[test]
fn every_file_is_played() {
    let files = std::fs::read_dir(folder()).expect("the folder is there");
    let files: BTreeSet<String> =
        files.map(|file| file.expect("readable").file_name().to_string_lossy().replace(".txt", "")).collect();
    assert_eq!(files, NAMES.iter().map(|name| (*name).to_owned()).collect());
}

#[tokio::test(flavor = "multi_thread")]
async fn what_came_out_otherwise_is_named_by_its_line() {
    let text = "10.20.1.7 A w88.com -> 192.0.2.7\n10.20.1.7 A w88.com -> blocked, ede 16, ttl <= 30\n\
                10.20.1.7 A w88.com -> blocked, ede 15\n10.20.1.7 A olm.vn -> blocked\n10.20.1.7 A olm.vn -> 192.0.2.7, fresh\n";
    let faults = outcome("told.txt", text).await;
    let lines: Vec<&str> = faults.iter().filter_map(|fault| fault.split(' ').next()).collect();
    assert_eq!(lines, ["told.txt:1:", "told.txt:3:", "told.txt:4:", "told.txt:5:"]);
}

#[test]
fn a_line_that_is_not_understood_is_no_scenario() {
    for line in [
        "10.20.1.7 A w88.com",
        "10.20.1.7 A w88.com -> blokced",
        "10.20.1.7 A w88.com -> blocked, ede",
        "10.20.1.7 A w88.com -> ede 16",
        "10.20.1.7 A w88.com -> blocked, nodata",
        "10.20.1.7 B w88.com -> blocked",
        "    deny = []",
        "upstream alias a.example",
        "relaod",
        "at 2026-11-23T09:00",
    ] {
        let read = std::panic::catch_unwind(|| Scenario::read("told.txt", line));
        assert!(read.is_err(), "{line}");
    }
}

/// Plays a file; fails with every line that came out otherwise.
async fn play(name: &str) {
    let text = std::fs::read_to_string(folder().join(format!("{name}.txt"))).expect("the file is there");
    let faults = outcome(&format!("tests/scenarios/{name}.txt"), &text).await;
    assert!(faults.is_empty(), "not as told:\n{}", faults.join("\n"));
}

/// Plays a scenario, and says of every line that came out otherwise what came out.
async fn outcome(file: &str, text: &str) -> Vec<String> {
    let scenario = Scenario::read(file, text);
    let files: Vec<(&str, &str)> = scenario.files.iter().map(|(name, text)| (name.as_str(), text.as_str())).collect();
    let school = School::start_with(&scenario.config, &files).await;
    let mut faults = Vec::new();
    for (line, step) in &scenario.steps {
        if let Err(fault) = take(&school, step).await {
            faults.push(format!("{file}:{line}: {fault}"));
        }
    }
    school.close().await;
    faults
}

async fn take(school: &School, step: &Step) -> Result<(), String> {
    match step {
        Step::Config(text) => school.rewrite(text),
        Step::File(name, text) => school.write(name, text),
        Step::Alias(name, target) => school.upstream.alias(name, target),
        Step::Place(name, address) => school.upstream.place(name, address),
        // The time with an offset says which of two equal readings of a clock is meant.
        Step::At(time) => school.clock.move_to(time.parse::<Timestamp>().unwrap_or_else(|_| school_time(time))),
        Step::Reload => {
            school.reload().await?;
            school.until_ready().await;
        }
        Step::Ask { client, record_type, name, claims } => {
            let before = school.upstream.asked();
            let reply = school.ask(client, *record_type, name).await;
            let asked = school.upstream.asked() > before;
            let wrong: Vec<_> = claims.iter().filter(|claim| !holds(claim, &reply, asked)).collect();
            if !wrong.is_empty() {
                return Err(format!("{client} {record_type} {name}: {wrong:?} does not hold of {}", told(&reply, asked)));
            }
        }
    }
    Ok(())
}

fn holds(claim: &Claim, reply: &Reply, asked: bool) -> bool {
    match claim {
        Claim::Blocked => reply.is_blocked(),
        Claim::BlockedAs(kind) => reply.is_blocked() && is(kind, reply),
        Claim::Is(kind) => !reply.is_blocked() && is(kind, reply),
        Claim::Ede(code) => reply.ede().is_some_and(|(said, _)| said == *code),
        Claim::NoEde => reply.ede().is_none(),
        Claim::Says(text) => reply.ede().is_some_and(|(_, said)| said == *text),
        Claim::Ttl(seconds) => reply.ttl() == Some(*seconds),
        Claim::TtlAtMost(seconds) => reply.ttl().is_some_and(|ttl| ttl <= *seconds),
        Claim::Soa(name) => soa(reply).is_some_and(|owner| owner == format!("{}.", name.trim_end_matches('.'))),
        Claim::Fresh => asked,
        Claim::Cached => !asked,
    }
}

fn is(kind: &Kind, reply: &Reply) -> bool {
    let nothing = reply.message.answers.is_empty();
    match (kind, reply.rcode().as_str()) {
        (Kind::Address(address), "NOERROR") => reply.addresses() == [address.as_str()],
        (Kind::Alias(target), "NOERROR") => match reply.message.answers.as_slice() {
            [record] => record.data.to_string().trim_end_matches('.') == target,
            _ => false,
        },
        (Kind::Nodata, "NOERROR") | (Kind::Nxdomain, "NXDOMAIN") | (Kind::Refused, "REFUSED") | (Kind::Servfail, "SERVFAIL") => {
            nothing
        }
        _ => false,
    }
}

/// The owner of the SOA record of a negative answer.
fn soa(reply: &Reply) -> Option<String> {
    let record = reply.message.authorities.iter().find(|record| record.record_type() == RecordType::SOA)?;
    Some(record.name.to_ascii())
}

/// All that a claim may be about, in a line.
fn told(reply: &Reply, asked: bool) -> String {
    let upstream = if asked { "fresh" } else { "cached" };
    let (rcode, addresses) = (reply.rcode(), reply.addresses());
    format!("{rcode} {addresses:?}, ede {:?}, ttl {:?}, soa {:?}, {upstream}", reply.ede(), reply.ttl(), soa(reply))
}
