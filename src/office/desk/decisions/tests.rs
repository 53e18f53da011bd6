//! Decisions read the same in every form, and every fault is told with its line.

use std::path::Path;

use jiff::civil::date;
use proptest::prelude::*;

use super::*;

fn setting(registry: &Registry) -> Setting<'_> {
    Setting { file: Path::new("decisions"), owner: "ministry", registry, fallback: None }
}

fn of_csv(bytes: &[u8]) -> (Vec<Placed>, Vec<String>) {
    let registry = Registry::shipped();
    let mut faults = Vec::new();
    let placed = csv::read(bytes, &setting(&registry), &mut faults);
    (placed, faults.iter().map(ToString::to_string).collect())
}

fn of_toml(text: &str) -> (Vec<Placed>, Vec<String>) {
    let registry = Registry::shipped();
    let mut faults = Vec::new();
    let placed = toml::read(text, &setting(&registry), &mut faults);
    (placed, faults.iter().map(ToString::to_string).collect())
}

/// As a spreadsheet in Vietnam saves it: the mark, semicolons, a quoted cell of two lines, days with the day first, an empty line.
const SPREADSHEET: &str = "\u{feff}Loại;Tên miền;Danh mục;Lý do;Người quyết định;Ngày;Đến ngày;Kỳ thi\r\n\
    Khóa;nhacai.example;Cờ bạc, cá độ;\"Công văn 12;\nquảng cáo cá độ\";Nguyễn Văn An;26/11/2026;31/12/2026;\r\n\
    bảo đảm;thi.example.vn;;Kỳ thi tốt nghiệp;Trần Thị Bình;5/6/2026;;có\r\n\
    ;;;;;;;\r\n\
    cho phep;THÍ-NGHIỆM.example;;Môn Vật lý;Trần Thị Bình;2026-11-01;;không\r\n";

fn expected() -> Vec<Decision> {
    let decision = |kind, name: &str, category: Option<&str>, by: &str, reason: &str, made, until, exam| Decision {
        kind,
        name: normalise(name).expect("a name"),
        category: category.map(str::to_owned),
        owner: "ministry".to_owned(),
        by: by.to_owned(),
        reason: reason.to_owned(),
        made,
        until,
        exam,
    };
    let an = "Công văn 12;\nquảng cáo cá độ";
    vec![
        decision(
            Kind::Lock,
            "nhacai.example",
            Some("gambling"),
            "Nguyễn Văn An",
            an,
            date(2026, 11, 26),
            Some(date(2026, 12, 31)),
            false,
        ),
        decision(Kind::Guarantee, "thi.example.vn", None, "Trần Thị Bình", "Kỳ thi tốt nghiệp", date(2026, 6, 5), None, true),
        decision(Kind::Allow, "thí-nghiệm.example", None, "Trần Thị Bình", "Môn Vật lý", date(2026, 11, 1), None, false),
    ]
}

fn only(placed: Vec<Placed>) -> Vec<Decision> {
    placed.into_iter().map(|placed| placed.decision).collect()
}

#[test]
fn a_spreadsheet_with_vietnamese_headings_is_understood() {
    let (placed, faults) = of_csv(SPREADSHEET.as_bytes());
    assert_eq!(faults, Vec::<String>::new());
    assert_eq!(placed.iter().map(|placed| placed.line).collect::<Vec<_>>(), [2, 4, 6]);
    assert_eq!(only(placed), expected());
    let commas = "kind,name,category,reason,by,made\nlock,a.example,games,\"loud, long\",An,2026-01-02\n";
    let (placed, faults) = of_csv(commas.as_bytes());
    assert_eq!((placed.len(), faults), (1, Vec::new()));
    assert_eq!(placed[0].decision.reason, "loud, long");
}

#[test]
fn every_form_says_the_same() {
    let decisions = expected();
    let text: String = decisions.iter().map(toml::write).collect::<Vec<_>>().join("\n");
    let (placed, faults) = of_toml(&text);
    assert_eq!((only(placed), faults), (decisions.clone(), Vec::new()), "{text}");
    let (placed, faults) = of_csv(&csv::write(&decisions));
    assert_eq!((only(placed), faults), (decisions.clone(), Vec::new()));
    let mut published = crate::office::decisions::read(&publish(&decisions)).expect("published decisions");
    let mut sorted = decisions.clone();
    published.sort_by(|one, other| one.name.cmp(&other.name));
    sorted.sort_by(|one, other| one.name.cmp(&other.name));
    assert_eq!(published, sorted);
}

#[test]
fn the_published_form_does_not_depend_on_the_order() {
    let mut turned = expected();
    turned.reverse();
    turned.push(turned[0].clone());
    assert_eq!(publish(&turned), publish(&expected()));
}

#[test]
fn all_faults_of_a_table_are_told_at_once() {
    let text = "loại;tên miền;danh mục;lý do;người quyết định;ngày;đến ngày;kỳ thi\n\
        chặn hết;a.example;games;x;An;26/11/2026;;\n\
        khóa;https://a.example/x;gamse;x;An;31/2/2026;;\n\
        khóa;a.example;;;;26/11/2026;25/11/2026;\n\
        cho phép;vn;games;x;An;26/11/2026;;maybe\n\
        cho phép;b.example;games;x;An;26/11/2026;;có\n";
    let (placed, faults) = of_csv(text.as_bytes());
    assert_eq!(placed, Vec::new());
    let heads: Vec<String> = faults.iter().map(|fault| fault.lines().next().expect("one line").to_owned()).collect();
    insta::assert_snapshot!(heads.join("\n"), @"");
    assert!(faults.iter().all(|fault| fault.contains("\nhint: ")));
}

#[test]
fn all_faults_of_toml_are_told_at_once() {
    let text = "[[lcok]]\nname = \"a.example\"\n\n[[lock]]\nname = \"a.example\"\ncategroy = \"games\"\nmade = \"tomorrow\"\n\n\
        [[allow]]\nname = 7\nreason = \"x\"\nby = \"An\"\nmade = 2026-11-26\nexam = \"yes\"\n\n[[guarantee]]\nname = \"b.example\"\n";
    let (placed, faults) = of_toml(text);
    assert_eq!(placed, Vec::new());
    let heads: Vec<String> = faults.iter().map(|fault| fault.lines().next().expect("one line").to_owned()).collect();
    insta::assert_snapshot!(heads.join("\n"), @"");
    assert_eq!(of_toml("[[lock]\n").1.len(), 1);
}

#[test]
fn letters_of_another_encoding_are_told() {
    let (placed, faults) = of_csv(b"lo\xe1\xba\xa1i;t\xean mi\xe8n\n");
    assert_eq!(placed, Vec::new());
    assert_eq!(faults.len(), 1);
    assert!(
        faults[0].starts_with("decisions:1: these letters are not UTF-8\nhint: save it again as \"CSV UTF-8\""),
        "{}",
        faults[0]
    );
}

#[test]
fn days_are_read_with_the_day_first() {
    assert_eq!(day("3/4/2026"), Some(date(2026, 4, 3)));
    assert_eq!(day("03-04-2026"), Some(date(2026, 4, 3)));
    assert_eq!(day("2026-04-03"), Some(date(2026, 4, 3)));
    for bad in ["", "13", "31/2/2026", "1/13/2026", "3/4/26", "2026/04/03", "1/2/2026/3", "+3/4/2026"] {
        assert_eq!(day(bad), None, "{bad}");
    }
}

proptest! {
    #[test]
    fn whatever_a_reason_says_it_comes_back(reason in "\\PC{1,40}", by in "[\"';,\\\\\\n a-zđ]{1,20}") {
        prop_assume!(!reason.trim().is_empty() && !by.trim().is_empty());
        let mut decision = expected().remove(0);
        (decision.reason, decision.by) = (reason.trim().to_owned(), by.trim().to_owned());
        let (placed, faults) = of_toml(&toml::write(&decision));
        prop_assert_eq!((only(placed), faults), (vec![decision.clone()], Vec::new()));
        let (placed, faults) = of_csv(&csv::write(std::slice::from_ref(&decision)));
        prop_assert_eq!((only(placed), faults), (vec![decision], Vec::new()));
    }

    #[test]
    fn no_bytes_make_it_panic(bytes in proptest::collection::vec(any::<u8>(), 0..300)) {
        of_csv(&bytes);
        of_toml(&String::from_utf8_lossy(&bytes));
    }
}
