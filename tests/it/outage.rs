//! What a school has of the cache while upstreams are away, over reloads and over restarts; and what it never has of it.

use std::os::unix::fs::PermissionsExt;
use std::time::Duration;

use khien::dns::RecordType;

use crate::kit::School;
use crate::kit::dice::Dice;
use crate::kit::http;
use crate::kit::names::ADDRESS;
use crate::kit::upstream::Step;

const PUPIL: &str = "10.1.0.7";
const TEACHER: &str = "10.2.0.7";

const GROUPS: &str = r#"
[[group]]
id = "pupils"
subnets = ["10.1.0.0/16"]
tier = "primary"
[[group]]
id = "teachers"
subnets = ["10.2.0.0/16"]
tier = "staff"
[[list]]
id = "toys"
category = "games"
source = "toys.txt"
"#;

/// A school with these lines of `[cache]`.
async fn school(cache: &str) -> School {
    School::start_with(&config(cache), &[("toys.txt", "spiele.example\n")]).await
}

fn config(cache: &str) -> String {
    format!("timeout = \"30s\"\n[cache]\n{cache}\n{GROUPS}")
}

/// The summary of a reply, and the code of its extended error.
async fn told(school: &School, client: &str, name: &str) -> (String, Option<u16>) {
    let reply = school.ask(client, RecordType::A, name).await;
    (reply.summary(), reply.ede().map(|(code, _)| code))
}

fn stale() -> (String, Option<u16>) {
    (ADDRESS.to_owned(), Some(3))
}

fn fresh() -> (String, Option<u16>) {
    (ADDRESS.to_owned(), None)
}

const EXPIRED: Duration = Duration::from_secs(3601);

#[tokio::test(flavor = "multi_thread")]
async fn what_has_been_closed_since_is_not_given_stale() {
    let school = school("").await;
    school.upstream.alias("www.example", "cdn.example");
    for (client, name) in [(PUPIL, "www.example"), (PUPIL, "neu.example"), (TEACHER, "spiele.example")] {
        assert_eq!(told(&school, client, name).await, fresh(), "{name}");
    }
    school.upstream.go_away().await;
    school.later(EXPIRED);
    for name in ["www.example", "neu.example"] {
        assert_eq!(told(&school, PUPIL, name).await, stale(), "{name}");
    }

    // A name, and one that another leads to, are named by a list from now on; the cache is the same.
    school.write("toys.txt", "spiele.example\nneu.example\ncdn.example\n");
    school.reload().await.expect("nothing is wrong");
    for name in ["www.example", "neu.example", "spiele.example"] {
        assert_eq!(told(&school, PUPIL, name).await.0, "blocked", "{name}");
        assert_eq!(told(&school, TEACHER, name).await, stale(), "{name}: groups share the answer and not the verdict");
    }
    school.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stale_answer_lives_no_longer_than_the_operator_allows() {
    let school = School::start("timeout = \"30s\"\n[cache]\nserve_stale = \"1h\"\n[clients]\nmax_ttl = \"20s\"\n").await;
    assert_eq!(told(&school, PUPIL, "www.example").await, fresh());
    school.upstream.go_away().await;
    school.later(EXPIRED);
    let reply = school.ask(PUPIL, RecordType::A, "www.example").await;
    assert_eq!((reply.summary(), reply.ttl()), (ADDRESS.to_owned(), Some(20)));
    // An hour after its TTL it is gone, though it was given meanwhile.
    school.later(EXPIRED);
    assert_eq!(told(&school, PUPIL, "www.example").await, ("servfail".to_owned(), Some(22)));
    school.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn where_it_is_off_nothing_stale_is_given() {
    let school = school("serve_stale = \"0\"").await;
    assert_eq!(told(&school, PUPIL, "www.example").await, fresh());
    school.upstream.go_away().await;
    school.later(EXPIRED);
    assert_eq!(told(&school, PUPIL, "www.example").await, ("servfail".to_owned(), Some(22)));
    school.rewrite(&config("serve_stale = \"1d\""));
    school.reload().await.expect("it may change while it runs");
    school.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn answers_stay_over_reloads_and_go_with_their_upstreams() {
    let school = school("size = \"4MiB\"").await;
    assert_eq!(told(&school, PUPIL, "www.example").await, fresh());
    for size in ["size = \"4MiB\"", "size = \"8MiB\"", "size = \"1MiB\""] {
        school.rewrite(&config(size));
        school.reload().await.expect("nothing is wrong");
        assert_eq!(told(&school, PUPIL, "www.example").await, fresh());
    }
    assert_eq!(school.upstream.asked(), 1);

    // The same server, its word on signatures believed: another route.
    school.rewrite(&format!("trust_ad = true\n{}", config("")));
    school.reload().await.expect("nothing is wrong");
    assert_eq!(told(&school, PUPIL, "www.example").await, fresh());
    assert_eq!(school.upstream.asked(), 2);

    let other = crate::kit::upstream::ScriptedUpstream::answering([192, 0, 2, 99].into()).await;
    school.rewrite_asking(other.address, &config(""));
    school.reload().await.expect("nothing is wrong");
    assert_eq!(told(&school, PUPIL, "www.example").await, ("192.0.2.99".to_owned(), None));
    school.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_restart_in_an_outage_still_answers_where_the_operator_wants_it() {
    let school = school("on_disk = true").await;
    school.upstream.alias("www.example", "cdn.example");
    for name in ["www.example", "offen.example", "vn-cop.vn"] {
        assert_eq!(told(&school, PUPIL, name).await, fresh(), "{name}");
    }
    school.upstream.go_away().await;
    let asked = school.upstream.asked();
    let mut school = school.restart().await;
    until_restored(&school, 2).await;
    assert_eq!(told(&school, PUPIL, "www.example").await, fresh(), "its TTL is not over");
    assert_eq!(school.upstream.asked(), asked);

    let file = school.path("state").join("answers");
    let octets = std::fs::read(&file).expect("it was written at the stop");
    assert_eq!(std::fs::metadata(&file).expect("there").permissions().mode() & 0o777, 0o600);
    let holds = |label: &[u8]| octets.windows(label.len()).any(|part| part.eq_ignore_ascii_case(label));
    assert!(holds(b"offen") && holds(b"cdn") && !holds(b"vn-cop"), "a help line's name stands in no record");

    // An hour and more later the machine starts again, and the upstreams are still away.
    school.later(EXPIRED);
    school = school.restart().await;
    until_restored(&school, 2).await;
    assert_eq!(told(&school, PUPIL, "offen.example").await, stale());
    assert_eq!(told(&school, PUPIL, "vn-cop.vn").await, ("servfail".to_owned(), Some(22)));

    // What is damaged is set aside and stops nothing.
    let school = school.restart_after(|directory| {
        let file = directory.join("state/answers");
        let mut octets = std::fs::read(&file).expect("written");
        *octets.last_mut().expect("not empty") ^= 1;
        std::fs::write(&file, octets).expect("written");
    });
    let school = school.await;
    school.until_ready().await;
    let damaged = school.path("state").join("answers.damaged");
    until(|| damaged.exists()).await;
    assert_eq!(told(&school, PUPIL, "offen.example").await, ("servfail".to_owned(), Some(22)));

    // Switched off, it leaves no name on the disk.
    school.rewrite(&config("on_disk = false"));
    school.reload().await.expect("nothing is wrong");
    assert!(!damaged.exists() && !file.exists());
    let school = school.restart().await;
    assert!(!school.path("state").join("answers").exists());
    school.close().await;
}

/// Waits until something is so.
async fn until(so: impl Fn() -> bool) {
    let waiting = async {
        while !so() {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    };
    tokio::time::timeout(Duration::from_secs(60), waiting).await.expect("it comes to be so");
}

async fn until_restored(school: &School, answers: u64) {
    until(|| school.accounts().rooms.cache.counts().entries == answers).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_asked_often_is_fetched_ahead_and_counted() {
    let school = school("").await;
    for _ in 0..5 {
        assert_eq!(told(&school, PUPIL, "www.example").await, fresh());
    }
    assert_eq!(told(&school, PUPIL, "rare.example").await, fresh());
    // The last tenth of the hour: the client has its answer at once, and the upstream is asked on the side.
    school.later(Duration::from_secs(3300));
    for name in ["www.example", "rare.example"] {
        assert_eq!(told(&school, PUPIL, name).await, fresh());
    }
    until(|| school.upstream.asked() == 3).await;
    assert_eq!(school.upstream.seen()[2].name(), "www.example");
    let text = http::get(school.http(), "/metrics").await.1;
    assert!(text.contains("\nkhien_cache_prefetches_total 1\n"), "{text}");
    assert!(text.contains("\nkhien_cache_stale_total 0\n"), "{text}");
    school.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn explain_and_metrics_say_that_answers_are_stale() {
    let school = school("").await;
    assert_eq!(told(&school, PUPIL, "www.example").await, fresh());
    school.upstream.script(|asked| Some(vec![Step::Send(asked.rcode(2))]));
    school.later(EXPIRED);
    assert_eq!(told(&school, PUPIL, "www.example").await, stale());
    let path = format!("/api/v1/explain?name=www.example&client={PUPIL}");
    let said = http::json(school.http(), &path).await.1;
    let said = &said["explanations"][0];
    assert_eq!(said["verdict"], "allowed", "{said}");
    assert!(said["note"].as_str().is_some_and(|note| note.contains("no upstream answers")), "{said}");
    let text = http::get(school.http(), "/metrics").await.1;
    assert!(text.contains("\nkhien_cache_stale_total 1\n"), "explaining is not serving: {text}");
    school.close().await;
}

/// Whatever upstreams, clock, lists and clients do: who is closed for a name gets nothing of it, fresh, kept or stale; who is open
/// is never told that it is closed.
#[tokio::test(flavor = "multi_thread")]
async fn no_answer_that_was_kept_goes_round_the_rules() {
    const NAMES: [&str; 6] = ["spiele.example", "www.spiele.example", "leads.example", "neu.example", "offen.example", "olm.vn"];
    let school = school("").await;
    school.upstream.alias("leads.example", "neu.example");
    let mut dice = Dice(37);
    let mut listed = "spiele.example";
    let (mut blocked, mut stale) = (0, 0);
    for step in 0..600 {
        match dice.roll(60) {
            0 => {
                listed = if listed == "spiele.example" { "neu.example" } else { "spiele.example" };
                school.write("toys.txt", &format!("{listed}\n"));
                school.reload().await.expect("nothing is wrong");
            }
            1..=4 => school.later(EXPIRED),
            5..=6 => school.upstream.script(|asked| Some(vec![Step::Send(asked.rcode(2))])),
            7..=9 => school.upstream.script(|_| None),
            _ => {}
        }
        let client = if dice.roll(2) == 0 { PUPIL } else { TEACHER };
        let name = *dice.pick(&NAMES);
        let said = told(&school, client, name).await;
        let leads_there = name.ends_with(listed) || name == "leads.example" && listed == "neu.example";
        if client == PUPIL && leads_there {
            // What an alias leads to is not known where nothing can be had.
            assert!(said.0 == "blocked" || name == "leads.example" && said.0 == "servfail", "step {step}: {name}: {said:?}");
            blocked += 1;
        } else {
            assert!(said.0 == ADDRESS || said.0 == "servfail", "step {step}: {client} {name}: {said:?}");
            stale += usize::from(said.1 == Some(3));
        }
    }
    assert!(blocked > 50 && stale > 20, "{blocked} blocked, {stale} stale");
    school.close().await;
}
