//! The three forms say the same, and what a form cannot say is a fault with its line.

use std::path::Path;

use super::{Decision, Fallback, Kind, Setting, csv, day, publish, read, toml};
use crate::dns::Name;
use crate::fault::Fault;
use crate::lists::Registry;

fn name(text: &str) -> Name {
    Name::parse(text).expect("a test writes names")
}

fn with<T>(file: &str, run: impl FnOnce(&Setting<'_>) -> T) -> T {
    let registry = Registry::shipped();
    run(&Setting { file: Path::new(file), owner: "ministry", registry: &registry, fallback: None })
}

fn shown(faults: &[Fault]) -> Vec<String> {
    faults.iter().map(|fault| fault.to_string().lines().next().unwrap_or_default().to_owned()).collect()
}

fn lock() -> Decision {
    Decision {
        kind: Kind::Lock,
        name: name("nha-cai.example"),
        category: Some("gambling".to_owned()),
        owner: "ministry".to_owned(),
        by: "Nguyễn Thị Lan".to_owned(),
        reason: "Nhà cái; theo công văn 12".to_owned(),
        made: day("2026-11-26").expect("a day"),
        until: day("31/12/2026"),
        exam: false,
    }
}

fn guarantee() -> Decision {
    let made = day("2026-09-01").expect("a day");
    let (by, reason) = ("Trần Văn An".to_owned(), "thi học kỳ".to_owned());
    Decision {
        kind: Kind::Guarantee,
        name: name("thi.example.vn"),
        category: None,
        by,
        reason,
        made,
        until: None,
        exam: true,
        ..lock()
    }
}

#[test]
fn days_are_read_as_people_write_them() {
    let expected = day("2026-11-26");
    assert!(expected.is_some());
    for text in ["26/11/2026", "26-11-2026", "26.11.2026"] {
        assert_eq!(day(text), expected, "{text}");
    }
    for text in ["11/26/2026", "26/11/26", "26/11", "mai", "", "26/11/2026/1", "+6/11/2026"] {
        assert_eq!(day(text), None, "{text}");
    }
}

#[test]
fn a_spreadsheet_with_vietnamese_headings_is_read() {
    let text = "\u{feff}STT;Tên miền;Quyết định;Danh mục;Lý do;Người quyết định;Ngày;Đến ngày;Thi\r\n\
        1;Nha-Cai.example;Khóa;Cờ bạc, cá độ;\"Nhà cái; theo công văn 12\";Nguyễn Thị Lan;26/11/2026;31/12/2026;\r\n\
        2;thi.example.vn;BAO DAM;;thi học kỳ;Trần Văn An;1/9/2026;;có\r\n\
        ;;;;;;;;\r\n";
    let (placed, faults) = with("decisions.csv", |setting| csv::read(text.as_bytes(), setting));
    assert_eq!(shown(&faults), Vec::<String>::new());
    assert_eq!(placed.iter().map(|placed| placed.line).collect::<Vec<_>>(), [2, 3]);
    assert_eq!(placed.into_iter().map(|placed| placed.decision).collect::<Vec<_>>(), [lock(), guarantee()]);
}

#[test]
fn what_is_written_for_a_spreadsheet_is_read_back() {
    let bytes = csv::write(&[lock(), guarantee()]);
    let (placed, faults) = with("decisions.csv", |setting| csv::read(&bytes, setting));
    assert_eq!(shown(&faults), Vec::<String>::new());
    assert_eq!(placed.into_iter().map(|placed| placed.decision).collect::<Vec<_>>(), [lock(), guarantee()]);
}

#[test]
fn every_fault_of_a_spreadsheet_is_told_with_its_line() {
    let text = "name,kind,category,reason,by,made,until,colour\n\
        a.example,shut,games,r,p,2026-11-26,,\n\
        b.example,lock,gamse,r,p,2026-11-26,,\n\
        c.example,lock,games,,p,26/13/2026,,\n\
        d.example/path,allow,,r,,2026-11-26,2026-11-01,\n\
        vn,allow,,r,p,2026-11-26,,\n\
        e.example,allow,games,r,p,2026-11-26,,,more\n";
    let (placed, faults) = with("decisions.csv", |setting| csv::read(text.as_bytes(), setting));
    assert!(placed.is_empty());
    insta::assert_snapshot!(faults.iter().map(Fault::to_string).collect::<Vec<_>>().join("\n"));
    let (_, faults) = with("decisions.csv", |setting| csv::read("a,b\n".as_bytes(), setting));
    assert_eq!(faults.len(), 3);
    let (_, faults) = with("decisions.csv", |setting| csv::read(b"name\n\xe2\x28\n", setting));
    assert_eq!(shown(&faults), ["decisions.csv:2: the file is not UTF-8"]);
}

#[test]
fn what_an_import_leaves_out_is_said_once_for_all() {
    let registry = Registry::shipped();
    let fallback = Fallback {
        by: "Nguyễn Thị Lan".to_owned(),
        made: day("2026-11-26").expect("a day"),
        reason: Some("công văn 12".to_owned()),
        kind: Some(Kind::Lock),
        category: Some("games".to_owned()),
    };
    let setting = Setting { file: Path::new("a.csv"), owner: "district-1", registry: &registry, fallback: Some(&fallback) };
    let (placed, faults) = csv::read("domain\na.example\nb.example\n".as_bytes(), &setting);
    assert_eq!(shown(&faults), Vec::<String>::new());
    let told = |placed: &super::Placed| (placed.decision.kind, placed.decision.category.clone(), placed.decision.by.clone());
    assert_eq!(
        placed.iter().map(told).collect::<Vec<_>>(),
        vec![(Kind::Lock, Some("games".to_owned()), "Nguyễn Thị Lan".to_owned()); 2]
    );
}

const TOML: &str = "# Quyết định của Bộ.\n\n# Công văn 12.\n[[lock]]\nname = \"nha-cai.example\" # chắc chắn\ncategory = \"gambling\"\nreason = \"Nhà cái; theo công văn 12\"\nby = \"Nguyễn Thị Lan\"\nmade = 2026-11-26\nuntil = \"31/12/2026\"\n";

#[test]
fn toml_is_read_and_edited_with_its_comments_kept() {
    let file = Path::new("decisions.toml");
    let decisions = |text: &str| {
        let (placed, faults) = with("decisions.toml", |setting| toml::read(text, setting));
        assert_eq!(shown(&faults), Vec::<String>::new());
        placed.into_iter().map(|placed| placed.decision).collect::<Vec<_>>()
    };
    assert_eq!(decisions(TOML), [lock()]);
    let added = toml::put(TOML, file, &[guarantee()]).expect("TOML");
    assert!(added.starts_with(TOML), "{added}");
    assert_eq!(decisions(&added), [lock(), guarantee()]);
    insta::assert_snapshot!(added);
    let (rest, removed) = toml::remove(&added, file, &name("thi.example.vn")).expect("TOML");
    assert_eq!((rest.as_str(), removed), (TOML, vec![Kind::Guarantee]));
    let (rest, removed) = toml::remove(TOML, file, &name("other.example")).expect("TOML");
    assert_eq!((rest.as_str(), removed), (TOML, vec![]));
    assert_eq!(decisions(&toml::put("", file, &[lock(), guarantee()]).expect("TOML")), [lock(), guarantee()]);
    assert_eq!(toml::put("[[lock\n", file, &[lock()]).expect_err("no TOML").line, Some(1));
}

#[test]
fn every_fault_of_toml_is_told_with_its_line() {
    let text = "[[lock]]\nname = \"a.example\"\nresaon = \"r\"\nby = \"p\"\nmade = 2026-11-26\n[[guarantee]]\nname = 7\nmade = \"soon\"\n[[alow]]\n[lock2]\n";
    let (placed, faults) = with("decisions.toml", |setting| toml::read(text, setting));
    assert!(placed.is_empty());
    insta::assert_snapshot!(faults.iter().map(Fault::to_string).collect::<Vec<_>>().join("\n"));
    let (_, faults) = with("decisions.toml", |setting| toml::read("[[lock]\nname\n", setting));
    assert!(!faults.is_empty() && faults.iter().all(|fault| fault.what.starts_with("this is no TOML")), "{faults:?}");
}

#[test]
fn a_row_that_does_not_end_takes_none_below_it() {
    let text = "name,kind,reason,by,made,remark\na.example,allow,r,p,2026-11-26,\"x";
    let put = with("decisions.csv", |setting| csv::put(text.as_bytes(), &[guarantee()], setting));
    assert_eq!(
        shown(&put.expect_err("it would be swallowed")),
        ["decisions.csv:1: the spreadsheet has no column `thi`, which this decision needs"]
    );
    let opened = Decision { exam: false, ..guarantee() };
    let put = with("decisions.csv", |setting| csv::put(text.as_bytes(), std::slice::from_ref(&opened), setting));
    assert_eq!(shown(&put.expect_err("it would be swallowed")), ["decisions.csv: its last row does not end"]);
    let whole = format!("{text}\"\t \r\n\r\n");
    let put = with("decisions.csv", |setting| csv::put(whole.as_bytes(), &[opened], setting)).expect("a sheet");
    let put = String::from_utf8(put).expect("text");
    assert_eq!(put, format!("{text}\"\t \r\nthi.example.vn,guarantee,thi học kỳ,Trần Văn An,2026-09-01,\r\n"));
}

#[test]
fn rows_are_taken_out_and_all_else_stays() {
    let text = "\u{feff}name;kind;reason;by;made\r\na.example;allow;\"two\r\nlines\";p;2026-11-26\r\nb.example;allow;r;p;2026-11-26\r\nA.example.;allow;r;p;2026-11-26\r\n";
    let (rest, removed) =
        with("decisions.csv", |setting| csv::remove(text.as_bytes(), &name("a.example"), setting)).expect("a sheet");
    let rest = String::from_utf8(rest).expect("text");
    assert_eq!(
        (rest.as_str(), removed),
        ("\u{feff}name;kind;reason;by;made\r\nb.example;allow;r;p;2026-11-26\r\n", vec![Kind::Allow; 2])
    );
}

#[test]
fn what_is_published_is_read_back_and_has_one_order() {
    let text = publish(&[lock(), guarantee(), lock()]);
    assert_eq!(text, publish(&[guarantee(), lock()]));
    assert_eq!(read(&text).expect("as published").len(), 2);
    let mut both = vec![lock(), guarantee()];
    both.sort_by(|one, other| one.name.cmp(&other.name));
    assert_eq!(read(&text).expect("as published"), both);
    insta::assert_snapshot!(String::from_utf8(text).expect("text"));
    assert!(read(b"{}").is_err() && read(b"<html>").is_err());
    assert!(
        read(br#"{"decisions":[{"kind":"lock","name":"..","owner":"m","by":"b","reason":"r","made":"2026-11-26"}]}"#).is_err()
    );
}

#[test]
fn an_ended_decision_does_not_hold() {
    let decision = lock();
    assert!(decision.holds(day("2026-12-31").expect("a day")) && !decision.holds(day("2027-01-01").expect("a day")));
    assert!(guarantee().holds(day("2099-01-01").expect("a day")));
}
