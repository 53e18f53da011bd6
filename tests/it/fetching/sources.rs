//! A school whose lists are pages: ready when they came, filtering by the last good copy whatever becomes of them.

use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use khien::dns::RecordType;

use crate::kit::School;
use crate::kit::http;
use crate::kit::names::{ADDRESS, Names};
use crate::kit::pages::{Act, Pages, list, status};

const TOYS: &str = "spiele.example\nzuschauen.example\nwuerfel.example\nkarten.example\n";

/// A list `id` of games at `source`.
fn games(id: &str, source: &str) -> String {
    let accept = "accept = [\"http\", \"private-address\", \"port\"]";
    format!("[[list]]\nid = \"{id}\"\ncategory = \"games\"\nsource = \"{source}\"\n{accept}\n")
}

fn config(lists: &str) -> String {
    let group = "[[group]]\nid = \"lab\"\nsubnets = [\"10.20.1.0/24\"]\ntier = \"primary\"\n";
    format!("[clients]\nrate_limit = \"0\"\n{group}{lists}")
}

fn at(pages: &Pages) -> String {
    format!("http://{}/toys.txt", pages.address)
}

async fn summary(school: &School, name: &str) -> String {
    school.ask("10.20.1.7", RecordType::A, name).await.summary()
}

/// Lets time pass, and fetches what is due then.
async fn later(school: &School, time: Duration) {
    school.later(time);
    school.server().running().fetch_due().await.expect("what came is put in force");
}

const HOUR: Duration = Duration::from_secs(3600);

/// The requests once there are `count` of them. A day is mostly enough; one in which the list is found in other hands leaves it to the
/// next.
async fn asked_in_days(school: &School, pages: &Pages, count: usize) -> Vec<String> {
    for _ in 0..3 {
        later(school, 25 * HOUR).await;
        if pages.requests().len() >= count {
            break;
        }
    }
    let requests = pages.requests();
    assert_eq!(requests.len(), count, "{requests:?}");
    requests
}

/// The line of a metric.
async fn metric(school: &School, begins: &str) -> Option<String> {
    let (_, text) = http::get(school.http(), "/metrics").await;
    text.lines().find(|line| line.starts_with(begins)).map(str::to_owned)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_school_gets_ready_by_itself_and_keeps_the_copy() {
    let pages = Pages::with(TOYS).await;
    let school = School::start(&config(&games("toys", &at(&pages)))).await;
    assert_eq!(summary(&school, "www.spiele.example").await, "blocked");
    assert_eq!(summary(&school, "olm.vn").await, ADDRESS);
    assert_eq!(
        metric(&school, "khien_list_entries{list=\"toys\"}").await.as_deref(),
        Some("khien_list_entries{list=\"toys\"} 4")
    );
    assert!(metric(&school, "khien_list_last_success_timestamp_seconds{list=\"toys\"}").await.is_some());
    let (_, said) = http::json(school.http(), "/api/v1/status").await;
    let toys = said["lists"].as_array().and_then(|lists| lists.iter().find(|list| list["id"] == "toys")).expect("it is shown");
    assert!(toys["fetched"]["confirmed"].is_string() && toys["fetched"]["failure"].is_null(), "{toys}");

    // The page is gone for ever; what was fetched once still filters, from the first query on.
    drop(pages);
    let school = school.restart_after(|_| {}).await;
    assert_eq!(summary(&school, "spiele.example").await, "blocked");
    assert_eq!(http::get(school.http(), "/readyz").await.0, 200);
    school.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn before_the_first_fetch_the_school_is_not_ready_and_says_why() {
    let pages = Pages::start(|_| status("503 Service Unavailable", "")).await;
    let school = School::try_start(&config(&games("toys", &at(&pages))), &[]).await.expect("it starts");
    let told = async {
        loop {
            let (code, why) = http::get(school.http(), "/readyz").await;
            assert_eq!(code, 503);
            if why.contains("toys") && why.contains("503") {
                return;
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    };
    tokio::time::timeout(Duration::from_secs(30), told).await.expect("the reason is told");
    let reply = school.ask("10.20.1.7", RecordType::A, "olm.vn").await;
    assert_eq!((reply.rcode().as_str(), reply.ede().map(|(code, _)| code)), ("SERVFAIL", Some(14)));
    assert_eq!(summary(&school, "vn-cop.vn").await, ADDRESS, "help resolves");
    assert!(metric(&school, "khien_list_failures_total{list=\"toys\",reason=\"status\"}").await.is_some());

    pages.give(TOYS);
    later(&school, 2 * HOUR).await;
    assert_eq!(http::get(school.http(), "/readyz").await.0, 200);
    assert_eq!(summary(&school, "spiele.example").await, "blocked");
    school.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_optional_list_is_not_waited_for() {
    let pages = Pages::start(|_| status("404 Not Found", "")).await;
    let school = School::start(&config(&(games("toys", &at(&pages)) + "optional = true\n"))).await;
    assert_eq!(http::get(school.http(), "/readyz").await.0, 200);
    assert_eq!(summary(&school, "olm.vn").await, ADDRESS);
    school.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_host_of_a_list_resolves_before_the_list_is_there() {
    let lists = games("toys", "http://lists.example:9/toys.txt");
    let school = School::try_start(&config(&lists), &[]).await.expect("it starts");
    assert_eq!(summary(&school, "lists.example").await, ADDRESS);
    assert_eq!(summary(&school, "www.lists.example").await, "servfail", "the host alone");
    school.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_the_server_said_of_a_copy_is_asked_by_after_a_restart() {
    let changed = "Thu, 19 Nov 2026 07:00:00 GMT";
    let pages = Pages::start(move |request| {
        let (etag, time) =
            (request.contains("if-none-match: \"v1\""), request.contains(&format!("if-modified-since: {changed}")));
        match etag && time {
            true => status("304 Not Modified", "ETag: \"v1\"\r\n"),
            false => list(TOYS, &format!("ETag: \"v1\"\r\nLast-Modified: {changed}\r\n")),
        }
    })
    .await;
    let school = School::start(&config(&games("toys", &at(&pages)))).await;
    let first = pages.requests().len();
    assert!(pages.requests().iter().all(|request| !request.contains("if-none-match")), "there was nothing to ask by");
    let school = school.restart().await;
    assert_eq!(pages.requests().len(), first, "its day is not over");
    let requests = asked_in_days(&school, &pages, first + 1).await;
    assert!(requests[first].contains("if-none-match: \"v1\""), "{}", requests[first]);
    assert_eq!(summary(&school, "spiele.example").await, "blocked");
    assert_eq!(metric(&school, "khien_list_failures_total").await, None);

    // A copy that was damaged on the disk is not vouched for: it is fetched whole.
    std::fs::write(school.path("state/fetched/toys.copy"), "junk").expect("written");
    let requests = asked_in_days(&school, &pages, first + 2).await;
    assert!(!requests.last().expect("asked").contains("if-none-match"), "{requests:?}");
    assert_eq!(summary(&school, "spiele.example").await, "blocked");
    school.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_not_believable_leaves_the_last_good_copy() {
    let pages = Pages::with(TOYS).await;
    let school = School::start(&config(&games("toys", &at(&pages)))).await;
    let many: String = (0..13).map(|number| format!("viel{number}.example\n")).collect();
    let bad = [
        ("shrunk", "spiele.example\nneu.example\n".to_owned()),
        ("grown", many),
        ("web-page", "<!DOCTYPE html>\n<html><body>Please log in</body></html>\n".to_owned()),
        ("unparsable", "spiele.example\nneu.example\nkarten.example\n!!! ???\n*** +++\n((( )))\n== ==\n%% %%\n".to_owned()),
        ("unparsable", "# nothing today\n".to_owned()),
        ("unparsable", String::from_utf8_lossy(&[0xff_u8; 64]).into_owned()),
    ];
    let mut failures = 0;
    for (reason, text) in bad {
        pages.give(&text);
        later(&school, 25 * HOUR).await;
        failures += 1;
        let (_, said) = http::json(school.http(), "/api/v1/status").await;
        let fetched = said["lists"]
            .as_array()
            .and_then(|lists| lists.iter().find(|list| list["id"] == "toys"))
            .map(|list| list["fetched"].clone())
            .expect("it is shown");
        assert_eq!((fetched["reason"].as_str(), fetched["failures"].as_u64()), (Some(reason), Some(failures)), "{fetched}");
        assert_eq!(summary(&school, "wuerfel.example").await, "blocked", "{reason}");
        assert_ne!(summary(&school, "neu.example").await, "blocked", "{reason}");
        assert_eq!(http::get(school.http(), "/readyz").await.0, 200);
    }
    assert_eq!(
        metric(&school, "khien_list_failures_total{list=\"toys\",reason=\"unparsable\"}").await.as_deref(),
        Some("khien_list_failures_total{list=\"toys\",reason=\"unparsable\"} 3")
    );
    pages.give(&format!("{TOYS}neu.example\n"));
    later(&school, 25 * HOUR).await;
    assert_eq!(summary(&school, "neu.example").await, "blocked");
    let (_, said) = http::json(school.http(), "/api/v1/status").await;
    assert!(!said.to_string().contains("\"reason\":\"unparsable\""), "what is over is not shown any more");
    school.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_list_that_never_answers_keeps_none_of_the_others() {
    let hanging = Pages::start(|_| vec![Act::Hold]).await;
    let broken = Pages::start(|_| status("500 Oops", "")).await;
    let sound = Pages::with(TOYS).await;
    let lists = [
        games("a", &at(&hanging)) + "optional = true\n",
        games("b", &at(&broken)) + "optional = true\n",
        games("c", &at(&sound)),
    ];
    let school = School::start(&config(&lists.concat())).await;
    assert_eq!(summary(&school, "spiele.example").await, "blocked");
    assert_eq!(hanging.requests().len(), 1, "it is waited for, by nobody else");
    school.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn several_lists_are_on_their_way_at_once() {
    let asked: Arc<Mutex<Vec<Instant>>> = Arc::default();
    let mut pages = Vec::new();
    for _ in 0..4 {
        let asked = Arc::clone(&asked);
        let slow = move |_: &str| {
            asked.lock().expect("no panic").push(Instant::now());
            [vec![Act::Pause(Duration::from_secs(1))], list(TOYS, "")].concat()
        };
        pages.push(Pages::start(slow).await);
    }
    let lists: String = pages.iter().enumerate().map(|(place, pages)| games(&format!("list-{place}"), &at(pages))).collect();
    let school = School::start(&config(&lists)).await;
    let asked = asked.lock().expect("no panic").clone();
    let apart = asked[..4].iter().max().expect("four").duration_since(*asked[..4].iter().min().expect("four"));
    assert!(apart < Duration::from_millis(900), "one waited for another: {apart:?}");
    school.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_page_that_fails_is_asked_at_growing_pauses() {
    let pages = Pages::with(TOYS).await;
    let school = School::start(&config(&games("toys", &at(&pages)))).await;
    later(&school, Duration::ZERO).await;
    pages.change(|_| status("503 Service Unavailable", ""));
    later(&school, 25 * HOUR).await;
    // The pause after the first failure is a minute and up to half as much again, after the second twice that, and so on.
    for minutes in [1, 2, 4, 8, 16, 32, 60, 60] {
        let asked = pages.requests().len();
        let pause = Duration::from_secs(60 * minutes);
        later(&school, pause - Duration::from_secs(1)).await;
        assert_eq!(pages.requests().len(), asked, "it was asked before {minutes} min were over");
        later(&school, pause / 2 + Duration::from_secs(2)).await;
        assert_eq!(pages.requests().len(), asked + 1, "it was not asked after {minutes} min and a half of it");
    }
    assert_eq!(summary(&school, "spiele.example").await, "blocked");
    pages.give(TOYS);
    later(&school, 2 * HOUR).await;
    let asked = pages.requests().len();
    later(&school, 21 * HOUR).await;
    assert_eq!(pages.requests().len(), asked, "once it is well again it is left alone for its day");
    later(&school, 4 * HOUR).await;
    assert_eq!(pages.requests().len(), asked + 1);
    school.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn hosts_are_looked_up_by_bootstrap_and_never_here() {
    let pages = Pages::with(TOYS).await;
    let bootstrap = Names::start().await;
    bootstrap.place("lists.example", "127.0.0.1");
    let source = format!("http://lists.example:{}/toys.txt", pages.address.port());
    let servers = format!("bootstrap = [\"udp://{}\"]\n", bootstrap.address());
    let school = School::start(&(servers + &config(&games("toys", &source)))).await;
    assert_eq!(summary(&school, "spiele.example").await, "blocked");
    assert!(bootstrap.asked() > 0);
    let asked_here = school.upstream.seen().iter().any(|asked| asked.name().contains("lists"));
    assert!(!asked_here, "the school's upstreams were not asked for it");
    assert!(pages.requests()[0].contains(&format!("host: lists.example:{}", pages.address.port())));
    school.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_reload_fetches_what_is_new_and_is_refused_where_that_fails() {
    let pages = Pages::with(TOYS).await;
    let school = School::start(&config("")).await;
    let broken = Pages::start(|_| status("404 Not Found", "")).await;
    school.rewrite(&config(&games("toys", &at(&broken))));
    let refused = school.reload().await.expect_err("there is no such list");
    assert!(refused.contains("never been loaded: toys"), "{refused}");
    assert!(refused.contains("404"), "it says why: {refused}");
    assert_eq!(summary(&school, "spiele.example").await, ADDRESS, "what was in force stays");
    assert_eq!(http::get(school.http(), "/readyz").await.0, 200);

    school.rewrite(&config(&games("toys", &at(&pages))));
    school.reload().await.expect("it came");
    assert_eq!(summary(&school, "spiele.example").await, "blocked");
    school.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_clock_that_was_a_year_ahead_delays_no_list() {
    let pages = Pages::with(TOYS).await;
    let school = School::start(&config(&games("toys", &at(&pages)))).await;
    later(&school, 365 * 24 * HOUR).await;
    let before = pages.requests().len();
    // The clock was set right while the program was not running.
    school.at("2026-11-23T09:30");
    let school = school.restart().await;
    pages.give(&format!("{TOYS}neu.example\n"));
    school.server().running().fetch_due().await.expect("put in force");
    assert!(pages.requests().len() > before, "it is asked at once");
    let blocked = async {
        while summary(&school, "neu.example").await != "blocked" {
            later(&school, 25 * HOUR).await;
        }
    };
    tokio::time::timeout(Duration::from_secs(30), blocked).await.expect("the new list is in force");
    school.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_state_that_cannot_be_written_keeps_what_is_in_force_and_heals() {
    let pages = Pages::with(TOYS).await;
    let school = School::start(&config(&games("toys", &at(&pages)))).await;
    // A file stands where the directory of copies was.
    let (place, aside) = (school.path("state/fetched"), school.path("state/aside"));
    std::fs::rename(&place, &aside).expect("moved");
    std::fs::write(&place, "").expect("written");
    pages.give(&format!("{TOYS}neu.example\n"));
    for _ in 0..2 {
        later(&school, 25 * HOUR).await;
        assert_eq!(summary(&school, "spiele.example").await, "blocked");
    }
    assert_eq!(
        metric(&school, "khien_list_failures_total{list=\"toys\",reason=\"local\"}").await.as_deref(),
        Some("khien_list_failures_total{list=\"toys\",reason=\"local\"} 2")
    );
    std::fs::remove_file(&place).expect("removed");
    std::fs::rename(&aside, &place).expect("moved back");
    let asked = pages.requests().len();
    later(&school, Duration::from_secs(60)).await;
    assert_eq!(pages.requests().len(), asked + 1, "it is noticed within a minute, and nobody was asked before");
    assert_eq!(summary(&school, "neu.example").await, "blocked");
    school.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn packed_lists_and_trees_come_as_well() {
    let packed = zstd::encode_all(TOYS.as_bytes(), 3).expect("packed");
    let pages = Pages::start(move |_| list(&packed, "Content-Encoding: zstd\r\n")).await;
    let tree = Pages::start(|_| list(tree(), "")).await;
    let source = format!("http://{}/blacklists.tar.gz", tree.address);
    let ut1 = format!(
        "[[list]]\nid = \"ut1\"\nsource = \"{source}\"\nformat = \"ut1\"\ncategories = {{ games = \"games\" }}\naccept = [\"http\", \"private-address\", \"port\"]\n"
    );
    let school = School::start(&config(&(games("toys", &at(&pages)) + &ut1))).await;
    assert!(pages.requests()[0].contains("accept-encoding: zstd, gzip"));
    assert_eq!(summary(&school, "spiele.example").await, "blocked");
    assert_eq!(summary(&school, "aus-dem-baum.example").await, "blocked");
    school.close().await;
}

/// A tree of one folder, as a packed archive.
fn tree() -> Vec<u8> {
    let mut archive = tar::Builder::new(flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::default()));
    let names = b"aus-dem-baum.example\n";
    let mut header = tar::Header::new_ustar();
    header.set_size(names.len() as u64);
    header.set_mode(0o644);
    archive.append_data(&mut header, "blacklists/games/domains", names.as_slice()).expect("appended");
    archive.into_inner().expect("finished").finish().expect("packed")
}
