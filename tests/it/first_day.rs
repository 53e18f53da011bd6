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
