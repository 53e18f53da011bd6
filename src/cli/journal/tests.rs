//! What is shown, to whom, and what the audit trail says of it.

use std::path::Path;
use std::time::Duration;

use super::*;
use crate::dns::{Rcode, RecordType, Transport};
use crate::journal::{AllowedForm, Moment, Note, Settings, open};
use crate::policy::{Outcome, Reason};

fn now() -> ZonedDateTime {
    "2026-11-23T10:00:00+07:00[Asia/Ho_Chi_Minh]".parse().expect("a time")
}

fn journal(directory: &Path, client: ClientForm) -> Arguments {
    let settings =
        Settings { keep: Settings::KEEP, client, allowed: AllowedForm::Count, json: None, directory: directory.to_owned() };
    let (journal, mut writer) = open(settings, Box::new(|_| None));
    let time = "2026-11-23T02:30:00Z".parse().expect("a time");
    journal.note(&Note {
        time,
        client: "10.20.1.7".parse().expect("an address"),
        group: &"lab-1".into(),
        tier: &"primary".into(),
        name: &Name::parse("www.roblox.com").expect("a name"),
        record_type: RecordType::A,
        transport: Transport::Udp,
        outcome: Outcome::Blocked,
        reason: Reason::Tier,
        category: Some(&"games".into()),
        rcode: Rcode::NOERROR,
        micros: 42,
        snapshot: 7,
        help: false,
        by_alias: None,
    });
    writer.flush(Moment { wall: time, uptime: Duration::ZERO });
    Arguments {
        since: None,
        until: None,
        client: None,
        reason: None,
        group: None,
        name: None,
        limit: None,
        form: Form::Json,
        directory: directory.to_owned(),
        written: client,
        actor: "lan (uid 1000)".to_owned(),
    }
}

fn shown(arguments: &Arguments) -> Result<String, JournalError> {
    let mut out = Vec::new();
    run(arguments, &now(), &mut out)?;
    Ok(String::from_utf8(out).expect("text"))
}

#[test]
fn without_a_client_no_reason_is_asked_for() {
    let home = tempfile::tempdir().expect("a directory");
    let arguments = journal(home.path(), ClientForm::Pseudonym);
    assert!(shown(&arguments).expect("shown").contains("www.roblox.com"));
    assert!(!home.path().join(audit::FILE).exists());
}

#[test]
fn a_client_is_shown_for_a_reason_that_is_audited_first() {
    let home = tempfile::tempdir().expect("a directory");
    let client = Some("10.20.1.7".parse().expect("an address"));
    let bare = Arguments { client, ..journal(home.path(), ClientForm::Pseudonym) };
    for reason in [None, Some("  ".to_owned())] {
        let refused = shown(&Arguments { reason, ..bare.clone() });
        assert!(matches!(refused, Err(JournalError::NoReason)));
    }
    assert!(!home.path().join(audit::FILE).exists());

    let asked = Arguments { reason: Some("phụ huynh hỏi".to_owned()), ..bare };
    assert!(shown(&asked).expect("shown").contains("www.roblox.com"));
    assert_eq!(audit::verify(home.path()).expect("it holds").lines, 1);
    let trail = std::fs::read_to_string(home.path().join(audit::FILE)).expect("the trail");
    for part in ["lan (uid 1000)", "journal-client", "10.20.1.7", "phụ huynh hỏi"] {
        assert!(trail.contains(part), "{part}");
    }
    assert!(!trail.contains("roblox"));

    std::fs::write(home.path().join(audit::FILE), "broken\n").expect("written");
    assert!(matches!(shown(&asked), Err(JournalError::Audit(_))), "what cannot be accounted for is not shown");
}

#[test]
fn a_journal_of_addresses_asks_for_a_reason_always() {
    let home = tempfile::tempdir().expect("a directory");
    let full = journal(home.path(), ClientForm::Full);
    assert!(matches!(shown(&full), Err(JournalError::NoReasonFull)));
    let asked = Arguments { reason: Some("audit".to_owned()), ..full.clone() };
    assert!(shown(&asked).expect("shown").contains("10.20.1.7"));
    assert_eq!(audit::verify(home.path()).expect("it holds").lines, 1);
    // What an earlier setting left behind.
    let later = Arguments { written: ClientForm::Pseudonym, ..full };
    let text = shown(&later).expect("shown");
    assert!(text.contains("\"client\":\"hidden\"") && !text.contains("10.20.1.7"));
}

#[test]
fn times_are_read_as_the_school_writes_them() {
    for (text, read) in [
        ("2026-11-23T02:30:00Z", "2026-11-23T02:30:00Z"),
        ("2026-11-23T09:30:00+07:00", "2026-11-23T02:30:00Z"),
        ("2026-11-23T09:30", "2026-11-23T02:30:00Z"),
        ("2026-11-23", "2026-11-22T17:00:00Z"),
        ("30m", "2026-11-23T02:30:00Z"),
        ("2h", "2026-11-23T01:00:00Z"),
        ("3d", "2026-11-20T03:00:00Z"),
        ("1w", "2026-11-16T03:00:00Z"),
    ] {
        assert_eq!(time(text, &now()).expect(text).to_string(), read, "{text}");
    }
    for text in ["", "d", "-1d", "3x", "9999999d", "yesterday", "ngày", "2026-13-01"] {
        assert!(matches!(time(text, &now()), Err(JournalError::BadTime(_))), "{text}");
    }
}

#[test]
fn a_fault_brings_its_hint() {
    let home = tempfile::tempdir().expect("a directory");
    let arguments = journal(home.path(), ClientForm::Pseudonym);
    let faults = [
        shown(&Arguments { since: Some("soon".to_owned()), ..arguments.clone() }),
        shown(&Arguments { name: Some("a..b".to_owned()), ..arguments.clone() }),
        shown(&Arguments { client: Some("10.20.1.7".parse().expect("an address")), ..arguments }),
    ];
    for fault in faults {
        let text = fault.expect_err("a fault").to_string();
        assert!(text.lines().nth(1).is_some_and(|line| line.starts_with("hint: ")), "{text}");
    }
}
