//! `explain` is the server's own answer: its verdict is the DNS answer's, and it names every rule and every line behind it.

use std::collections::BTreeMap;

use jiff::SignedDuration;
use khien::dns::RecordType;
use khien::explain::{Explanation, Resolving};
use khien::lists::starter;
use khien::lists::twins::Twins;
use khien::web::Asked;

use crate::kit::School;
use crate::kit::dice::Dice;
use crate::kit::http;
use crate::kit::reply::Reply;
use crate::kit::school::school_time;

const CONFIG: &str = r#"
[clients]
rate_limit = "0"
default_group = "lab"
[[exception]]
name = "w88.com"
reason = "a test"
until = "2027-12-31"
[[group]]
id = "lab"
subnets = ["10.20.1.0/24", "fd20:1::/64"]
tier = "primary"
allow = ["olm.vn", "allowed.example", "y8.com"]
deny = ["example.com", "denied.example", "sub.allowed.example"]
[[group.schedule]]
days = ["mon", "tue", "wed", "thu", "fri"]
from = "08:00"
to = "10:00"
allow_only = true
only = ["thi.truong.edu.vn", "allowed.example"]
[[group.schedule]]
days = ["mon", "wed", "sat"]
from = "11:30"
to = "13:00"
opens = ["games", "video"]
[[group]]
id = "kids"
subnets = ["10.20.2.0/24"]
tier = "preschool"
allow_only = true
allow = ["olm.vn", "allowed.example"]
[[group]]
id = "teens"
subnets = ["10.20.3.0/24"]
tier = "upper-secondary"
deny = ["youtube"]
[[group]]
id = "teachers"
subnets = ["10.20.9.0/24"]
tier = "staff"
deny = ["denied.example"]
[[list]]
id = "toys"
category = "games"
source = "toys.txt"
[[list]]
id = "films"
category = "video"
source = "films.txt"
"#;

const TOYS: &str = "! toys\n||spiele.example^\n@@||lernen.spiele.example^\n||twice.example^\n";
const FILMS: &str = "# films\n\ntwice.example\nwww.twice.example\n";

const CLIENTS: [&str; 7] = ["10.20.1.7", "fd20:1::7", "10.20.2.7", "10.20.3.7", "10.20.9.7", "192.168.4.4", "8.8.8.8"];

const OWN_NAMES: [&str; 21] = [
    "spiele.example",
    "lernen.spiele.example",
    "twice.example",
    "allowed.example",
    "sub.allowed.example",
    "denied.example",
    "example.com",
    "olm.vn",
    "thi.truong.edu.vn",
    "w88.com",
    "y8.com",
    "www.youtube.com",
    "m.youtube.com",
    "www.google.com.vn",
    "www.google.com",
    "www.bing.com",
    "duckduckgo.com",
    "pixabay.com",
    "vn-cop.vn",
    "captive.apple.com",
    "use-application-dns.net",
];

async fn school() -> School {
    School::start_with(CONFIG, &[("toys.txt", TOYS), ("films.txt", FILMS)]).await
}

/// Names of all kinds, and aliases of none to three steps to them.
fn names(school: &School, dice: &mut Dice) -> Vec<String> {
    let mut names: Vec<String> = OWN_NAMES.map(str::to_owned).to_vec();
    for list in starter::lists() {
        let listed: Vec<&str> = list.text.lines().filter(|line| !line.starts_with('#') && !line.is_empty()).collect();
        names.extend((0..3).map(|_| (*dice.pick(&listed)).to_owned()));
    }
    names.extend((0..40).map(|number| format!("clean-{number}.example")));
    let targets = names.clone();
    for number in 0..80 {
        let mut name = format!("alias-{number}.example");
        names.push(name.clone());
        for step in 0..dice.roll(4) {
            let next = if step == 2 { dice.pick(&targets).clone() } else { format!("step-{step}.{}", dice.pick(&targets)) };
            school.upstream.alias(&name, &next);
            name = next;
        }
        if dice.roll(4) == 0 {
            let target = dice.pick(&targets).clone();
            school.upstream.alias(&name, &target);
        }
    }
    // What twins lead to: one has no answer, one leads to what is locked, one to what only some tiers block.
    school.upstream.alias("safe.duckduckgo.com", "188bet.com");
    school.upstream.alias("safesearch.pixabay.com", "spiele.example");
    school.upstream.fail("strict.bing.com", hickory_proto::op::ResponseCode::NXDomain);
    for dead in ["clean-0.example", "clean-1.example", "alias-3.example"] {
        school.upstream.fail(dead, hickory_proto::op::ResponseCode::ServFail);
    }
    names
}

/// What the DNS answer comes to, in the journal's words. The upstream of this test knows every name, so NXDOMAIN is ours.
fn verdict(reply: &Reply) -> &'static str {
    let twins = Twins::shipped();
    let is_twin = |name: &str| twins.all().iter().any(|twin| format!("{}.", twin.target) == name);
    let rewritten = reply.message.answers.first().is_some_and(|record| is_twin(&record.data.to_string()));
    match (reply.is_blocked(), reply.rcode().as_str()) {
        (true, _) | (_, "NXDOMAIN") => "blocked",
        (false, "NOERROR") if rewritten => "rewritten",
        (false, "NOERROR") => "allowed",
        (false, "SERVFAIL") => "failed",
        (false, "REFUSED") => "none",
        (false, other) => panic!("{other} was not to be had"),
    }
}

async fn explain(school: &School, client: &str, name: &str) -> Explanation {
    let accounts = school.accounts();
    let snapshot = accounts.snapshot.load_full();
    let asked = Asked { name: name.to_owned(), client: Some(client.to_owned()), ..Asked::default() };
    let now = accounts.now(&snapshot);
    let said = khien::server::answer(&snapshot, Resolving::AsServing(&accounts.rooms), &asked, now).await;
    said.expect("a good question").remove(0)
}

#[tokio::test(flavor = "multi_thread")]
async fn its_verdict_is_the_dns_answers() {
    let school = school().await;
    let mut dice = Dice(0x4b68_6965_6e00_0002);
    let names = names(&school, &mut dice);
    let mut minutes: Vec<i64> = (0..25).map(|_| i64::try_from(dice.roll(14 * 24 * 60)).expect("small")).collect();
    minutes.sort_unstable();
    let mut seen = BTreeMap::<String, usize>::new();
    for (round, minute) in minutes.into_iter().enumerate() {
        school.clock.move_to(school_time("2026-11-24T00:00") + SignedDuration::from_mins(minute));
        for case in 0..400 {
            let (client, name) = (*dice.pick(&CLIENTS), dice.pick(&names));
            let name = if dice.roll(5) == 0 { format!("www.{name}") } else { name.clone() };
            // Before the answer is in the cache in one half of the cases, after it in the other.
            let before = if dice.roll(2) == 0 { Some(explain(&school, client, &name).await) } else { None };
            let reply = school.ask(client, RecordType::A, &name).await;
            let answered = verdict(&reply);
            let said = match before {
                Some(said) => said,
                None => explain(&school, client, &name).await,
            };
            assert_eq!(said.verdict, answered, "round {round}, case {case}: {client} {name}: {said:#?}");
            let leads = reply.message.answers.first().map(|record| record.data.to_string());
            assert!(said.twin.is_none() || answered == "failed" || said.twin.map(|twin| twin + ".") == leads, "{client} {name}");
            *seen.entry(said.verdict).or_default() += 1;
            *seen.entry(said.reason).or_default() += 1;
            *seen.entry(if said.by_alias.is_some() { "by-alias" } else { "by-name" }.to_owned()).or_default() += 1;
        }
    }
    for kind in [
        "blocked",
        "allowed",
        "failed",
        "none",
        "locked",
        "tier",
        "allow",
        "deny",
        "allow-only",
        "bypass",
        "by-alias",
        "rewritten",
        "safe-search",
    ] {
        assert!(seen.get(kind).is_some_and(|count| *count > 20), "the cases were to have enough of {kind}: {seen:?}");
    }
    school.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn it_names_every_list_and_line_and_each_rule_in_order() {
    let school = school().await;
    let (status, body) = http::json(school.http(), "/api/v1/explain?name=www.Twice.example&client=10.20.1.7").await;
    assert_eq!(status, 200, "{body}");
    let said: Vec<Explanation> = serde_json::from_value(body["explanations"].clone()).expect("explanations");
    let [said] = said.as_slice() else { panic!("one client, one explanation: {body}") };
    let mut lists: Vec<_> = said.lists.iter().map(|found| (found.list.as_str(), found.line, found.rule.as_str())).collect();
    lists.sort_unstable();
    assert_eq!(lists.len(), 3, "{lists:?}");
    assert_eq!(lists.iter().map(|(list, line, _)| (*list, *line)).collect::<Vec<_>>(), [("films", 3), ("films", 4), ("toys", 4)]);
    assert!(lists.iter().all(|(_, _, rule)| rule.contains("twice.example")), "{lists:?}");
    let rules: Vec<&str> = said.rules.iter().map(|rule| rule.rule.as_str()).collect();
    let order = "served zone special-use bypass not-ready help locked exam guarantee grant group office-allow tier open";
    assert_eq!(rules.join(" "), order);
    // Monday nine o'clock is an exam in this group.
    let decided: Vec<_> = said.rules.iter().filter(|rule| rule.decided).map(|rule| rule.rule.as_str()).collect();
    assert_eq!((decided.as_slice(), said.verdict.as_str(), said.reason.as_str()), (&["exam"][..], "blocked", "allow-only"));
    assert_eq!((said.group.as_str(), said.because.as_str()), ("lab", "subnet 10.20.1.0/24"));

    let (_, body) = http::json(school.http(), "/api/v1/explain?name=www.twice.example&group=teens&at=2026-11-23T15:00").await;
    assert_eq!(body["explanations"][0]["group"], "teens");
    let (_, body) = http::json(school.http(), "/api/v1/explain?name=twice.example").await;
    assert_eq!(body["explanations"].as_array().expect("a line a group").len(), 4);
    school.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_bad_question_is_answered_with_a_sentence() {
    let school = school().await;
    for question in [
        "",
        "name=a..b",
        "name=olm.vn&client=lab",
        "name=olm.vn&group=nobody",
        "name=olm.vn&group=lab&client=10.20.1.7",
        "name=olm.vn&type=NOSUCH",
        "name=olm.vn&at=yesterday",
        "name=olm.vn&clinet=10.20.1.7",
    ] {
        let (status, body) = http::json(school.http(), &format!("/api/v1/explain?{question}")).await;
        let message = body["message"].as_str().unwrap_or_default();
        assert!(status == 400 && message.contains(' '), "{question}: {status} {body}");
    }
    school.close().await;
}
