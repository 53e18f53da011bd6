//! `khien office check`: what keeps a folder from being published, what changes, and what a school's journal says of that.

use super::Desk;

const JOURNAL: &str = "{\"time\":\"2026-11-23T07:31:02.113Z\",\"client\":\"a\",\"name\":\"www.trum-ca-do.example\",\"type\":\"A\",\"repeats\":4}\n{\"time\":\"2026-11-23T07:31:09.250Z\",\"client\":\"b\",\"name\":\"roblox.com\",\"type\":\"A\",\"repeats\":0}\n{\"time\":\"2026-11-23T07:32:09.250Z\",\"client\":\"b\",\"name\":\"olm.vn\",\"type\":\"A\",\"repeats\":11}\n";

#[test]
fn the_sample_is_checked_in_both_languages() {
    let mut desk = Desk::new();
    assert_eq!(desk.types(&["check", "--language", "vi"]), 0);
    assert_eq!(desk.types(&["check", "--language", "en"]), 0);
    insta::assert_snapshot!(desk.heard());
}

#[test]
fn faults_are_told_with_file_and_line() {
    let mut desk = Desk::new();
    desk.append(
        "roles/ministry/decisions.toml",
        "\n[[lock]]\nname = \"a b\"\ncategory = \"gambling\"\nreason = \"r\"\nby = \"p\"\n",
    );
    desk.append("roles/district-1/lists/adult.txt", "a.example\n");
    desk.append("roles/ministry/leave-out.txt", "https://x.example/\n");
    desk.append(
        "protected.toml",
        "system = []\nhelp = [\n  \"tongdai111.vn\",\n  \"not a name\",\n]\nlearning = []\npopular = [\"Zalo.me\"]\n",
    );
    assert_eq!(desk.types(&["check"]), 2);
    assert_eq!(desk.types(&["check", "--json"]), 2);
    // Nothing is decided in a folder at fault, but what is wrong can be taken out.
    assert_eq!(desk.types(&["add", "x.example", "--category", "games", "--reason", "r", "--role", "ministry"]), 2);
    assert_eq!(desk.types(&["remove", "ca-do-mau.example"]), 0);
    insta::assert_snapshot!(desk.heard());
}

#[test]
fn what_is_refused_is_told_and_overridden_one_by_one() {
    let mut desk = Desk::new();
    desk.append("roles/ministry/lists/phishing.mail.txt", "zalo.me\nlogin-bank.example\nedu.vn\n");
    desk.append("roles/ministry/lists/gambling.more.txt", "zalo.me\nblogspot.com\nsite.example\n");
    assert_eq!(desk.types(&["check", "--language", "vi"]), 2);
    let meant = |what| ["override", what, "--by", "Trần Văn An", "--reason", "lệnh của Sở"];
    assert_eq!(desk.types(&meant("zalo.me")), 1);
    assert_eq!(desk.types(&meant("edu.vn")), 2);
    assert_eq!(desk.types(&meant("login-bank.example")), 1);
    assert_eq!(desk.types(&meant("blogspot.com")), 0);
    assert_eq!(desk.types(&meant("ministry/phishing/zalo.me/popular")), 0);
    assert_eq!(desk.types(&meant("ministry/phishing/zalo.me/popular")), 0);
    assert_eq!(desk.types(&["override", "zalo.me", "--reason", "  ", "--by", "x"]), 1);
    desk.shows("overrides.toml");
    assert_eq!(desk.types(&["check"]), 2);
    // What the report says to do is done, and that is all it takes.
    desk.append("roles/ministry/leave-out.txt", "=edu.vn\n");
    assert_eq!(desk.types(&meant("zalo.me")), 0);
    assert_eq!(desk.types(&["check"]), 0);
    insta::assert_snapshot!(desk.heard());
}

#[test]
fn a_schools_journal_is_replayed_tier_by_tier() {
    let mut desk = Desk::new();
    desk.append("roles/ministry/lists/gambling.more.txt", "trum-ca-do.example\n");
    desk.append("roles/district-1/lists/games.more.txt", "roblox.com\n");
    desk.append("journal.jsonl", JOURNAL);
    desk.append(
        "journal.csv",
        "time,client,name,type,repeats\nt,a,www.trum-ca-do.example,A,4\nt,b,roblox.com,A,0\nt,b,olm.vn,A,11\n",
    );
    desk.append("counts.txt", "www.trum-ca-do.example 5\nroblox.com 1\nolm.vn 12\n");
    let told = |desk: &mut Desk, file: &str| {
        desk.said.clear();
        assert_eq!(desk.types(&["check", "--replay", file]), 0);
        desk.heard().split_once("Replayed on").expect("it is told").1.to_owned()
    };
    let json = told(&mut desk, "journal.jsonl");
    assert_eq!(told(&mut desk, "journal.csv"), json);
    assert_eq!(told(&mut desk, "counts.txt"), json);
    assert_eq!(desk.types(&["check", "--replay", "counts.txt", "--json"]), 0);
    desk.append("page.html", "<html>\n<p>\n");
    assert_eq!(desk.types(&["check", "--replay", "page.html"]), 1);
    assert_eq!(desk.types(&["check", "--replay", "nowhere.txt"]), 1);
    insta::assert_snapshot!(desk.heard());
}
