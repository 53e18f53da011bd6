//! What is typed is understood or told with what to do; what is written is read back, and all else stays.

use std::fs;
use std::path::Path;

use jiff::civil::{Date, date};

use super::{Draft, Outcome, Removal, Said, name};
use crate::lists::Registry;
use crate::office::decisions::{Decision, Kind};
use crate::office::folder::Folder;
use crate::office::gate::{self, May};
use crate::office::testkit::{decided, folder, lines, put, read};

const TODAY: Date = date(2026, 11, 26);

fn said(kind: Kind, names: &[&str], category: &str) -> Said {
    Said {
        kind,
        names: names.iter().map(|name| (*name).to_owned()).collect(),
        category: Some(category.to_owned()).filter(|category| !category.is_empty()),
        reason: "theo công văn 12".to_owned(),
        by: "Lan".to_owned(),
        until: None,
        exam: false,
    }
}

fn understood(folder: &Folder, role: &str, said: &Said) -> Vec<Decision> {
    let role = folder.speaking(Some(role)).expect("a role");
    said.understand(folder, &role, TODAY).expect("it is understood")
}

fn draft(folder: &Folder, role: &str, said: &Said) -> Draft {
    let decisions = understood(folder, role, said);
    let role = folder.speaking(Some(role)).expect("a role");
    Draft::of(folder, &role, &decisions).unwrap_or_else(|faults| panic!("{}", lines(&faults, &folder.root)))
}

fn text(root: &Path, file: &str) -> String {
    fs::read_to_string(root.join(file)).expect("a file")
}

#[test]
fn every_slip_is_told_with_what_to_do() {
    let root = folder(&[("roles/district-1/lists/games.txt", "game.example\n")]);
    let folder = read(root.path());
    let role = folder.speaking(Some("district-1")).expect("a role");
    let names = ["https://www.facebook.com/groups/1", "vn", "10.0.0.1", "a..b", "trò-chơi.vn"];
    let typed = Said { until: Some("25/11/2026".to_owned()), by: " ".to_owned(), ..said(Kind::Lock, &names, "gamse") };
    let mut told: Vec<String> =
        typed.understand(&folder, &role, TODAY).expect_err("slips").iter().map(ToString::to_string).collect();
    let typed = Said { until: Some("mai".to_owned()), reason: String::new(), ..said(Kind::Lock, &["a.vn"], "gambling") };
    told.extend(typed.understand(&folder, &role, TODAY).expect_err("slips").iter().map(ToString::to_string));
    told.push(folder.speaking(Some("distrct-1")).expect_err("no role").to_string());
    insta::assert_snapshot!(told.join("\n"));
    // The last day may be today, and a name may be written as people write it.
    let typed =
        Said { until: Some("26/11/2026".to_owned()), ..said(Kind::Lock, &["Trò-Chơi.vn.", "trò-chơi.vn"], "Trò chơi") };
    let decisions = typed.understand(&folder, &role, TODAY).expect("it is understood");
    assert_eq!(decisions.len(), 1);
    assert_eq!(decisions[0].category.as_deref(), Some("games"));
}

#[test]
fn a_role_is_named_where_there_are_several() {
    let root = folder(&[("roles/ministry/lists/games.txt", "game.example\n")]);
    assert_eq!(read(root.path()).speaking(None).expect("the only one").id, "ministry");
    // The other stands in office.toml, and its directory is made with its first decision.
    assert_eq!(read(root.path()).speaking(Some("district-1")).expect("a role").decisions, []);
    put(root.path(), "roles/district-1/leave-out.txt", "");
    assert!(read(root.path()).speaking(None).expect_err("two").hint.contains("ministry, district-1"));
}

#[test]
fn a_decision_is_added_changed_and_known_again() {
    let written = "# của Bộ\n".to_owned() + &decided(&[("lock", "a.example", "games")]).replace("Lan\"", "Lan\" # chị Lan");
    let root = folder(&[("roles/ministry/decisions.toml", &written)]);
    let file = "roles/ministry/decisions.toml";
    let both = said(Kind::Lock, &["a.example", "b.example"], "games");
    let drafted = draft(&read(root.path()), "ministry", &both);
    assert!(matches!(drafted.outcomes[0].1, Outcome::Stands(_)) && drafted.outcomes[1].1 == Outcome::New);
    drafted.write().expect("written");
    assert!(text(root.path(), file).starts_with(&written));
    let before = text(root.path(), file);
    let again = draft(&read(root.path()), "ministry", &both);
    assert!(again.is_empty() && again.files().next().is_none());
    again.write().expect("nothing is written");
    assert_eq!(text(root.path(), file), before);
    let later = Said { until: Some("2027-05-31".to_owned()), by: "An".to_owned(), ..said(Kind::Lock, &["a.example"], "games") };
    let drafted = draft(&read(root.path()), "ministry", &later);
    assert!(matches!(drafted.outcomes[0].1, Outcome::Changed(_)));
    drafted.write().expect("written");
    insta::assert_snapshot!(text(root.path(), file));
    assert_eq!(read(root.path()).roles[0].decisions.len(), 2);
}

#[test]
fn a_spreadsheet_stays_a_spreadsheet() {
    let sheet = "\u{feff}stt;tên miền;quyết định;danh mục;lý do;người quyết định;ngày;đến ngày;ghi chú\r\n1;a.example;khóa;Trò chơi;\"x; y\";Lan;21/11/2026;;của ông Ba\r\n";
    let root = folder(&[("roles/ministry/decisions.csv", sheet)]);
    let file = "roles/ministry/decisions.csv";
    draft(&read(root.path()), "ministry", &said(Kind::Allow, &["b.example"], "")).write().expect("written");
    let later = Said { until: Some("2027-05-31".to_owned()), ..said(Kind::Lock, &["a.example"], "gambling") };
    draft(&read(root.path()), "ministry", &later).write().expect("written");
    let expected = "\u{feff}stt;tên miền;quyết định;danh mục;lý do;người quyết định;ngày;đến ngày;ghi chú\r\n1;a.example;khóa;Cờ bạc, cá độ;theo công văn 12;Lan;26/11/2026;31/05/2027;của ông Ba\r\n;b.example;cho phép;;theo công văn 12;Lan;26/11/2026;;\r\n";
    assert_eq!(text(root.path(), file), expected);
    assert_eq!(read(root.path()).roles[0].decisions.len(), 2);
    // What the sheet has no column for is told, and nothing is written.
    let exam = Said { exam: true, ..said(Kind::Guarantee, &["thi.example.vn"], "") };
    let folder = read(root.path());
    let faults = Draft::of(&folder, &folder.roles[0], &understood(&folder, "ministry", &exam)).expect_err("no column");
    assert!(faults[0].what.contains("`thi`"), "{faults:?}");
    assert_eq!(text(root.path(), file), expected);
}

#[test]
fn what_contradicts_itself_is_not_drafted() {
    let root = folder(&[("roles/district-1/decisions.toml", &decided(&[("lock", "a.example", "games")]))]);
    let folder = read(root.path());
    let faults = Draft::of(&folder, &folder.roles[0], &understood(&folder, "district-1", &said(Kind::Allow, &["a.example"], "")));
    let told = lines(&faults.expect_err("a lock wins"), root.path());
    assert!(told.contains("`a.example` is locked on line 1 of decisions.toml") && told.contains("khien office remove a.example"));
}

#[test]
fn the_gate_is_heard_before_anything_is_written() {
    let opens = decided(&[("guarantee", "b.a.example", ""), ("lock", "zalo.me", "illegal")]);
    let root = folder(&[("roles/ministry/decisions.toml", &opens), ("roles/ministry/lists/gambling.txt", "casino.example\n")]);
    let folder = read(root.path());
    let heard = |said: &Said| {
        let lists = folder.lists().expect("lists");
        let refusals = gate::ahead(&folder, &draft(&folder, "ministry", said), &lists, TODAY);
        refusals.iter().map(|refusal| (refusal.word(), refusal.may())).collect::<Vec<_>>()
    };
    let lock = |name: &str| heard(&said(Kind::Lock, &[name], "illegal"));
    let words = |words: &[(&str, May)]| words.iter().map(|(word, may)| ((*word).to_owned(), *may)).collect::<Vec<_>>();
    assert_eq!(lock("google.com"), words(&[("ministry/lock/google.com/system", May::Never)]));
    assert_eq!(lock("facebook.com"), words(&[("ministry/lock/facebook.com/popular", May::Override)]));
    // What stands in the folder already is not this person's business, but for what this person says again.
    assert_eq!(lock("bad.example"), []);
    assert_eq!(lock("zalo.me"), words(&[("ministry/lock/zalo.me/popular", May::Override)]));
    assert_eq!(lock("lists.so.edu.vn"), words(&[("ministry/lock/lists.so.edu.vn/own-host", May::Never)]));
    assert_eq!(lock("quangtri.vn"), words(&[("ministry/lock/quangtri.vn/suffix", May::Never)]));
    assert_eq!(lock("a.example"), words(&[("ministry/guarantee/b.a.example/locked", May::Never)]));
    let allow = heard(&said(Kind::Allow, &["www.casino.example"], ""));
    assert_eq!(allow, words(&[("ministry/allow/www.casino.example/locked", May::Never)]));
    put(
        root.path(),
        "overrides.toml",
        "[[override]]\nwhat = \"ministry/lock/zalo.me/popular\"\nby = \"Lan\"\nreason = \"lệnh\"\n",
    );
    let folder = read(root.path());
    let drafted = draft(&folder, "ministry", &said(Kind::Lock, &["zalo.me"], "illegal"));
    assert_eq!(gate::ahead(&folder, &drafted, &[], TODAY), []);
}

#[test]
fn what_is_decided_is_taken_back_even_from_a_file_at_fault() {
    let text_before = "# của Bộ\n".to_owned() + &decided(&[("lock", "a.example", "gamse"), ("allow", "b.example", "")]);
    let sheet = "name,kind,reason,by,made\na.example,allow,r,Lan,2026-11-26\nb.example,shut,r,Lan,2026-11-26\n";
    let root = folder(&[("roles/ministry/decisions.toml", &text_before), ("roles/ministry/decisions.csv", sheet)]);
    let directory = root.path().join("roles/ministry");
    let names: Vec<_> = ["a.example", "c.example"].iter().map(|text| name(text).expect("a name")).collect();
    let removal = Removal::of(&directory, &names, &Registry::shipped()).expect("files");
    let told: Vec<_> = removal.removed.iter().map(|(name, kind)| (name.to_string(), *kind)).collect();
    assert_eq!(told, [("a.example".to_owned(), Kind::Lock), ("a.example".to_owned(), Kind::Allow)]);
    removal.write().expect("written");
    assert!(
        text(&directory, "decisions.toml").contains("b.example") && !text(&directory, "decisions.toml").contains("a.example")
    );
    assert_eq!(text(&directory, "decisions.csv"), "name,kind,reason,by,made\nb.example,shut,r,Lan,2026-11-26\n");
    assert_eq!(Removal::of(&directory, &names, &Registry::shipped()).expect("files").removed, []);
}
