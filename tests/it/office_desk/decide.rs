//! What a clerk types to decide on names, what it says, and what stands in the files then.

use super::Desk;

const REASON: [&str; 2] = ["--reason", "theo công văn 14/CV"];

fn with<'a>(words: &[&'a str]) -> Vec<&'a str> {
    words.iter().copied().chain(REASON).collect()
}

#[test]
fn a_clerks_morning() {
    let mut desk = Desk::new();
    assert_eq!(desk.types(&with(&["add", "ca-do.example", "--category", "Cờ bạc, cá độ", "--role", "ministry"])), 0);
    assert_eq!(desk.types(&with(&["add", "ca-do.example", "--category", "gambling", "--role", "ministry"])), 0);
    let later = ["add", "ca-do.example", "--category", "gambling", "--until", "31/12/2099", "--role", "ministry"];
    assert_eq!(desk.types(&with(&later)), 0);
    let vietnamese = ["add", "www.nha-cai.example", "--category", "gambling", "--role", "ministry", "--language", "vi"];
    assert_eq!(desk.types(&with(&vietnamese)), 0);
    assert_eq!(desk.types(&with(&["guarantee", "thi-thu.example", "--exam", "--role", "ministry"])), 0);
    assert_eq!(desk.types(&with(&["allow", "tro-choi-toan.example", "--role", "district-1"])), 0);
    assert_eq!(desk.types(&["remove", "www.nha-cai.example", "game-moi.example"]), 0);
    assert_eq!(desk.types(&["remove", "www.nha-cai.example"]), 0);
    assert_eq!(desk.types(&["remove", "www.nha-cai.example", "--language", "vi"]), 0);
    // Without KHIEN_BY, and with no git at hand, it is the account.
    assert_eq!(
        desk.types_with(&[("USER", "lan"), ("LANG", "vi_VN.UTF-8")], &with(&["allow", "b.example", "--role", "district-1"])),
        0
    );
    desk.shows("roles/ministry/decisions.toml");
    desk.shows("roles/district-1/decisions.csv");
    insta::assert_snapshot!(desk.heard());
}

#[test]
fn slips_are_told_and_nothing_is_written() {
    let mut desk = Desk::new();
    let (ministry, district) = ("roles/ministry/decisions.toml", "roles/district-1/decisions.csv");
    let before = (desk.text(ministry), desk.text(district));
    let slips: [&[&str]; 13] = [
        &["add", "ca-do.example", "--category", "gambling"],
        &["add", "ca-do.example", "--category", "gambling", "--role", "minstry"],
        &["add", "ca-do.example", "--category", "gamblng", "--role", "ministry"],
        &["add", "ca-do.example", "--category", "gambling", "--role", "district-1"],
        &["add", "https://www.facebook.com/groups/7", "vn", "a b", "--category", "social", "--role", "district-1"],
        &["add", "ca-do.example", "--category", "gambling", "--until", "2020-01-01", "--role", "ministry"],
        &["add", "google.com", "--category", "illegal", "--role", "ministry"],
        &["add", "zalo.me", "--category", "illegal", "--role", "ministry"],
        &["add", "zalo.me", "--category", "illegal", "--role", "ministry", "--language", "vi"],
        &["add", "edu.vn", "--category", "illegal", "--role", "ministry"],
        &["add", "lists.example.edu.vn", "--category", "illegal", "--role", "ministry", "--language", "vi"],
        &["allow", "nha-cai-mau.example", "--role", "ministry"],
        &["allow", "ca-do-mau.example", "--role", "ministry"],
    ];
    for slip in slips {
        assert_ne!(desk.types(&with(slip)), 0, "{slip:?}");
    }
    // An override is a named person's: nobody's name is guessed for it.
    let override_it = ["add", "zalo.me", "--category", "illegal", "--role", "ministry", "--override"];
    assert_eq!(desk.types_with(&[("USER", "lan")], &with(&override_it)), 2);
    // A lock that would close what is decided to be open says so.
    let above = ["add", "mau.thi-thu.example", "--category", "illegal", "--role", "ministry"];
    assert_eq!(desk.types(&["guarantee", "a.mau.thi-thu.example", "--reason", "r", "--role", "district-1"]), 0);
    assert_eq!(desk.types(&with(&above)), 2);
    assert_eq!(desk.types(&["remove", "a.mau.thi-thu.example"]), 0);
    assert_eq!((desk.text(ministry), desk.text(district)), before);
    assert!(!desk.root.path().join("overrides.toml").exists());
    insta::assert_snapshot!(desk.heard());
}

#[test]
fn a_named_person_locks_what_the_gate_refuses() {
    let mut desk = Desk::new();
    let lock = ["add", "zalo.me", "--category", "illegal", "--role", "ministry", "--override", "--by", "Trần Văn An"];
    assert_eq!(desk.types(&with(&lock)), 0);
    // Again, with the decision there and the override there: nothing is written twice.
    assert_eq!(desk.types(&with(&lock)), 0);
    desk.shows("overrides.toml");
    assert_eq!(desk.types(&["check"]), 0);
    // Nobody locks what no school would close.
    let never = ["add", "google.com", "--category", "illegal", "--role", "ministry", "--override", "--by", "Trần Văn An"];
    assert_eq!(desk.types(&with(&never)), 2);
    insta::assert_snapshot!(desk.heard());
}

#[test]
fn a_spreadsheet_is_taken_in_whole_or_not_at_all() {
    let mut desk = Desk::new();
    desk.append(
        "tu-excel.csv",
        "\u{feff}STT;Tên miền;Danh mục;Lý do;Đến ngày\r\n1;Ca-Do-1.example;Cờ bạc, cá độ;công văn 15;31/12/2099\r\n2;lua-dao.example;phishing;\"giả mạo; ngân hàng\";\r\n;;;;\r\n",
    );
    assert_eq!(desk.types(&["add", "--from", "tu-excel.csv", "--role", "ministry"]), 0);
    assert_eq!(desk.types(&["add", "--from", "tu-excel.csv", "--role", "ministry"]), 0);
    desk.append("names.csv", "name\nb.example\nc.example\n");
    let names = ["add", "--from", "names.csv", "--category", "games", "--reason", "phụ huynh", "--role", "district-1"];
    assert_eq!(desk.types(&names), 0);
    let before = desk.text("roles/ministry/decisions.toml");
    desk.append(
        "slips.csv",
        "name,kind,category,reason,until\na.example,lock,gamse,r,\nb.example,lock,games,r,2020-01-01\ngood.example,lock,games,r,\nd.example,,games,,\n",
    );
    assert_eq!(desk.types(&["add", "--from", "slips.csv", "--role", "ministry"]), 2);
    desk.append("harm.csv", "name,category,reason\ngood.example,games,r\nedu.vn,games,r\n");
    assert_eq!(desk.types(&["add", "--from", "harm.csv", "--role", "ministry"]), 2);
    assert_eq!(desk.types(&["add", "--from", "nowhere.csv", "--role", "ministry"]), 1);
    assert_eq!(desk.text("roles/ministry/decisions.toml"), before);
    desk.shows("roles/ministry/decisions.toml");
    desk.shows("roles/district-1/decisions.csv");
    insta::assert_snapshot!(desk.heard());
}

#[test]
fn the_folder_is_found_from_below_and_by_its_name() {
    let desk = Desk::new();
    let run = |at: &std::path::Path, arguments: &[&str]| {
        let mut command = std::process::Command::new(env!("CARGO_BIN_EXE_khien"));
        command.args(["office", "remove", "ca-do-mau.example"]).args(arguments).current_dir(at).env_clear();
        command.output().expect("the binary runs")
    };
    let nowhere = tempfile::tempdir().expect("a directory");
    let lost = run(nowhere.path(), &[]);
    assert_eq!(lost.status.code(), Some(1));
    assert!(String::from_utf8_lossy(&lost.stderr).contains("no office.toml here"));
    assert!(run(&desk.root.path().join("roles/ministry"), &[]).status.success());
    assert!(!desk.text("roles/ministry/decisions.toml").contains("ca-do-mau.example"));
    let folder = desk.root.path().display().to_string();
    assert!(run(nowhere.path(), &["--folder", &folder]).status.success());
}
