//! Every way to tamper breaks the chain; a crash and a crowd do not.

use std::fs;
use std::os::unix::fs::PermissionsExt;

use super::*;

fn act(subject: &str) -> Act {
    Act {
        time: "2026-11-23T02:30:00Z".parse().expect("a time"),
        actor: "lan".to_owned(),
        act: "journal-client".to_owned(),
        subject: subject.to_owned(),
        reason: "phụ huynh hỏi,\nngày 20/11 \"ghi chú\"".to_owned(),
    }
}

fn trail(lines: u32) -> tempfile::TempDir {
    let home = tempfile::tempdir().expect("a directory");
    for number in 0..lines {
        append(home.path(), &act(&format!("10.20.1.{number}"))).expect("appended");
    }
    home
}

#[test]
fn a_trail_holds_and_is_its_owners() {
    let home = trail(3);
    let head = verify(home.path()).expect("it holds");
    assert_eq!(head.lines, 3);
    let path = home.path().join(FILE);
    assert_eq!(fs::metadata(&path).expect("it exists").permissions().mode() & 0o777, 0o600);
    let text = fs::read_to_string(path).expect("text");
    assert_eq!(text.lines().count(), 3, "a line end in a reason is escaped");
    assert!(text.lines().last().expect("a line").contains(&head.hash));
    assert_eq!(verify(tempfile::tempdir().expect("a directory").path()).expect("none is fine").lines, 0);
}

#[test]
fn a_change_a_gap_and_an_exchange_break_it() {
    let text = fs::read_to_string(trail(4).path().join(FILE)).expect("text");
    let lines: Vec<&str> = text.split_inclusive('\n').collect();
    let tampered = [
        (text.replacen("10.20.1.1", "10.20.1.9", 1), 2),
        (text.replacen("\"lan\"", "\"hoa\"", 1), 1),
        ([lines[0], lines[2], lines[3]].concat(), 2),
        ([lines[1], lines[2], lines[3]].concat(), 1),
        ([lines[0], lines[2], lines[1], lines[3]].concat(), 2),
        ([lines[0], "{}\n", lines[1]].concat(), 2),
    ];
    for (tampered, broken_at) in tampered {
        let home = tempfile::tempdir().expect("a directory");
        fs::write(home.path().join(FILE), tampered).expect("written");
        let broken = |result| matches!(result, Err(AuditError::Broken { line, .. }) if line == broken_at);
        assert!(broken(verify(home.path())), "line {broken_at}");
        assert!(broken(append(home.path(), &act("x"))), "line {broken_at}");
    }
}

#[test]
fn a_line_cut_off_by_a_crash_is_taken_back() {
    let home = trail(2);
    let path = home.path().join(FILE);
    let text = fs::read_to_string(&path).expect("text");
    fs::write(&path, format!("{text}{}", &text[..50])).expect("written");
    assert_eq!(verify(home.path()).expect("it holds").lines, 2);
    append(home.path(), &act("10.20.1.3")).expect("appended");
    assert_eq!(verify(home.path()).expect("it holds").lines, 3);
}

#[test]
fn many_append_at_once_and_it_holds() {
    let home = tempfile::tempdir().expect("a directory");
    std::thread::scope(|scope| {
        for thread in 0..4 {
            let path = home.path();
            scope.spawn(move || (0..5).for_each(|_| drop(append(path, &act(&format!("t{thread}"))).expect("appended"))));
        }
    });
    assert_eq!(verify(home.path()).expect("it holds").lines, 20);
}
