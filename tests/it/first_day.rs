//! A server with a small configuration, from outside: what is blocked, what is looked up, what is counted.

use khien::dns::RecordType;

use crate::kit::School;
use crate::kit::names::ADDRESS;

const CONFIG: &str = r#"
[[group]]
id = "lab-1"
subnets = ["10.20.1.0/24", "fd20:1::/64"]
tier = "primary"
allow = ["olm.vn"]
deny = ["example.com"]
[[group]]
id = "teachers"
subnets = ["10.20.9.0/24"]
tier = "staff"
[[list]]
id = "toys"
category = "games"
source = "toys.txt"
"#;

#[tokio::test(flavor = "multi_thread")]
async fn each_group_has_its_own_answer_from_one_cache() {
    let school = School::start_with(CONFIG, &[("toys.txt", "spiele.example\nzuschauen.example\n")]).await;
    for (client, name, answer) in [
        ("10.20.1.7", "www.spiele.example", "blocked"),
        ("10.20.9.7", "www.spiele.example", ADDRESS),
        ("fd20:1::7", "www.spiele.example", "blocked"),
        ("10.20.1.7", "www.spiele.example", "blocked"),
        ("10.20.1.7", "example.com", "blocked"),
        ("10.20.9.7", "example.com", ADDRESS),
        ("10.20.1.7", "olm.vn", ADDRESS),
        ("10.20.9.7", "w88.com", "blocked"),
        ("8.8.8.8", "olm.vn", "refused"),
    ] {
        assert_eq!(school.ask(client, RecordType::A, name).await.summary(), answer, "{client} {name}");
    }
    assert_eq!(school.upstream.asked(), 3);
    school.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_alias_is_judged_fresh_and_from_the_cache() {
    let school = School::start_with(CONFIG, &[("toys.txt", "spiele.example\n")]).await;
    school.upstream.alias("harmless.example", "cdn.spiele.example");
    for _ in 0..2 {
        assert_eq!(school.ask("10.20.1.7", RecordType::A, "harmless.example").await.summary(), "blocked");
        assert_eq!(school.ask("10.20.9.7", RecordType::A, "harmless.example").await.summary(), ADDRESS);
    }
    assert_eq!(school.upstream.asked(), 1);
    school.close().await;
}

/// A list that only observed has no say in what is blocked: its old image must not stand in for the list that blocks now.
#[tokio::test(flavor = "multi_thread")]
async fn a_list_that_means_something_else_is_not_the_one_compiled_before() {
    let observing = "[[list]]\nid = \"x\"\ncategory = \"adult\"\nsource = \"x.txt\"\naction = \"observe\"\n";
    let school = School::start_with(observing, &[("x.txt", "zuschauen.example\n")]).await;
    assert_eq!(school.ask("10.20.1.7", RecordType::A, "zuschauen.example").await.summary(), ADDRESS);
    school.rewrite(&observing.replace("action = \"observe\"\n", ""));
    let school = school.restart_after(|_| {}).await;
    let at_once = school.ask("10.20.1.7", RecordType::A, "zuschauen.example").await.summary();
    assert!(at_once == "servfail" || at_once == "blocked", "{at_once}");
    school.until_ready().await;
    assert_eq!(school.ask("10.20.1.7", RecordType::A, "zuschauen.example").await.summary(), "blocked");
    school.close().await;
}

/// While the Internet is away every name fails, and none of them belongs in a record of what was blocked.
#[tokio::test(flavor = "multi_thread")]
async fn open_names_that_fail_are_counted_and_not_noted() {
    let school = School::start(CONFIG_WITHOUT_LISTS).await;
    school.upstream.fail("dead.example", hickory_proto::op::ResponseCode::ServFail);
    assert_eq!(school.ask("10.20.1.7", RecordType::A, "dead.example").await.summary(), "servfail");
    assert_eq!(school.ask("10.20.1.7", RecordType::A, "w88.com").await.summary(), "blocked");
    assert_eq!(school.accounts().journal.tally().noted, 1);
    school.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_no_look_up_is_refused() {
    let school = School::start(CONFIG_WITHOUT_LISTS).await;
    for record_type in [RecordType::OPT, RecordType::TSIG, RecordType::AXFR, RecordType::IXFR] {
        assert_eq!(school.ask("10.20.1.7", record_type, "olm.vn").await.summary(), "refused", "{record_type}");
    }
    assert_eq!(school.upstream.asked(), 0);
    school.close().await;
}

const CONFIG_WITHOUT_LISTS: &str = "[[group]]\nid = \"lab-1\"\nsubnets = [\"10.20.1.0/24\"]\ntier = \"primary\"\n";
