//! A reload loses no query and filters every one; one that fails says so and changes nothing; signals do what they promise.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use khien::dns::RecordType;
use khien::server::{StartError, StateError};
use rustix::process::Signal;

use crate::kit::School;
use crate::kit::binary::Binary;
use crate::kit::http;
use crate::kit::names::{ADDRESS, Names};
use crate::kit::udp::Client;
use crate::kit::upstream::{ScriptedUpstream, Step};

const CONFIG: &str = r#"
[clients]
rate_limit = "0"
[[group]]
id = "lab"
subnets = ["127.0.0.0/8"]
tier = "primary"
[[list]]
id = "toys"
category = "games"
source = "toys.txt"
"#;

const TOYS: &str = "spiele.example\nzuschauen.example\n";

async fn school() -> School {
    School::start_with(CONFIG, &[("toys.txt", TOYS)]).await
}

async fn is_filtering(school: &School) {
    assert_eq!(school.ask("127.0.0.1", RecordType::A, "www.spiele.example").await.summary(), "blocked");
    assert_eq!(school.ask("127.0.0.1", RecordType::A, "olm.vn").await.summary(), ADDRESS);
}

async fn status(school: &School) -> serde_json::Value {
    http::json(school.http(), "/api/v1/status").await.1
}

#[tokio::test(flavor = "multi_thread")]
async fn no_query_is_lost_or_unfiltered_over_twenty_reloads() {
    let school = school().await;
    let done = Arc::new(AtomicBool::new(false));
    let clients: Vec<_> = (0..3)
        .map(|number| {
            let (done, server) = (Arc::clone(&done), school.dns());
            tokio::spawn(async move {
                let client = Client::new("127.0.0.1", server).await;
                let mut asked = 0_u32;
                while !done.load(Ordering::Relaxed) {
                    let blocked = client.ask(RecordType::A, "www.spiele.example").await.expect("no query is lost");
                    assert_eq!(blocked.summary(), "blocked");
                    let open = client.ask(RecordType::A, &format!("n{asked}.c{number}.example")).await.expect("no query is lost");
                    assert_eq!(open.summary(), ADDRESS);
                    asked += 2;
                }
                asked
            })
        })
        .collect();
    for reload in 0..20 {
        if reload % 5 == 0 {
            school.write("toys.txt", &format!("{TOYS}new-{reload}.example\n"));
        }
        school.reload().await.expect("nothing is wrong");
    }
    done.store(true, Ordering::Relaxed);
    for client in clients {
        assert!(client.await.expect("every answer was right") > 20);
    }
    assert_eq!(school.ask("127.0.0.1", RecordType::A, "new-15.example").await.summary(), "blocked");
    school.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_broken_configuration_changes_nothing_and_is_told_everywhere() {
    let school = school().await;
    let serial = status(&school).await["snapshot"].clone();
    school.rewrite(&CONFIG.replace("tier = \"primary\"", "tier = \"primry\""));
    let said = school.reload().await.expect_err("the tier is not defined");
    assert!(said.contains("khien.toml:") && said.contains("hint: did you mean `primary`?"), "{said}");
    is_filtering(&school).await;
    let now = status(&school).await;
    assert_eq!((&now["snapshot"], now["last_reload_failure"].as_str()), (&serial, Some(said.as_str())));
    let (_, metrics) = http::get(school.http(), "/metrics").await;
    assert!(metrics.contains("khien_reloads_total{result=\"failed\"} 1\n"), "{metrics}");

    school.rewrite(CONFIG);
    school.reload().await.expect("mended");
    assert_eq!(status(&school).await["last_reload_failure"], serde_json::Value::Null);
    let (_, metrics) = http::get(school.http(), "/metrics").await;
    assert!(metrics.contains("khien_reloads_total{result=\"success\"} 1\n"), "{metrics}");
    school.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_list_that_vanished_or_became_a_page_leaves_its_copy_in_force() {
    let school = school().await;
    for page in [None, Some("<!DOCTYPE html>\n<html><body>404</body></html>\n")] {
        match page {
            None => std::fs::remove_file(school.path("toys.txt")).expect("removed"),
            Some(html) => school.write("toys.txt", html),
        }
        let said = school.reload().await.expect("the copy stands in");
        assert!(said.contains("warning: list toys:") && said.contains("the copy kept"), "{said}");
        is_filtering(&school).await;
        let now = status(&school).await;
        let toys = now["lists"].as_array().and_then(|lists| lists.iter().find(|list| list["id"] == "toys")).expect("listed");
        assert!(toys["fault"].is_string(), "{toys}");
    }
    school.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn lists_that_did_not_change_stay_mapped_once() {
    let school = school().await;
    let state = school.path("state/images").display().to_string();
    for _ in 0..3 {
        let maps = std::fs::read_to_string("/proc/self/maps").expect("this system tells its mappings");
        let images: Vec<&str> = maps.lines().filter(|line| line.contains(&state)).collect();
        assert_eq!(images.len(), 1, "{images:?}");
        school.reload().await.expect("nothing is wrong");
        is_filtering(&school).await;
    }
    school.close().await;
}

/// For a minute the journal may ask what an entry's list was; then nobody holds the image, however little was asked since.
#[tokio::test(flavor = "multi_thread")]
async fn an_image_that_was_replaced_is_given_back_within_a_minute() {
    let school = school().await;
    let state = school.path("state/images").display().to_string();
    let mapped = || {
        let maps = std::fs::read_to_string("/proc/self/maps").expect("this system tells its mappings");
        maps.lines().filter(|line| line.contains(&state)).count()
    };
    for number in 0..3 {
        school.write("toys.txt", &format!("spiele.example\nneu{number}.example\n"));
        school.reload().await.expect("the list is sound");
    }
    is_filtering(&school).await;
    assert!(mapped() > 1, "the journal may still ask");
    school.later(Duration::from_secs(61));
    school.server().running().look_out();
    let given_back = async {
        while mapped() > 1 {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    };
    tokio::time::timeout(Duration::from_secs(20), given_back).await.expect("nobody holds the images before");
    is_filtering(&school).await;
    school.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_list_that_was_never_loaded_is_refused() {
    let school = school().await;
    let more = "[[list]]\nid = \"films\"\ncategory = \"video\"\nsource = \"films.txt\"\n";
    school.rewrite(&format!("{CONFIG}{more}"));
    let said = school.reload().await.expect_err("there is no such file");
    assert!(said.contains("films"), "{said}");
    is_filtering(&school).await;
    // What was refused is not what a restart on the old configuration begins with.
    school.rewrite(CONFIG);
    let school = school.restart_after(|_| {}).await;
    is_filtering(&school).await;
    school.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn another_address_is_served_from_then_on() {
    let school = school().await;
    let before = school.dns();
    school.rewrite_listening("127.0.0.2:0", CONFIG);
    school.reload().await.expect("the address is free");
    assert_eq!(school.dns().ip().to_string(), "127.0.0.2");
    let answered = Client::new("127.0.0.1", school.dns()).await.ask(RecordType::A, "olm.vn").await;
    assert_eq!(answered.expect("the new address answers").summary(), ADDRESS);
    tokio::net::TcpStream::connect(before).await.expect_err("the old address is closed");

    // An address that is taken: the one before stays.
    let taken = std::net::UdpSocket::bind("127.0.0.1:0").expect("a free port");
    school.rewrite_listening(&taken.local_addr().expect("bound").to_string(), CONFIG);
    school.reload().await.expect_err("another program is there");
    let answered = Client::new("127.0.0.1", school.dns()).await.ask(RecordType::A, "olm.vn").await;
    assert_eq!(answered.expect("it still answers").summary(), ADDRESS);
    school.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_state_directory_has_one_server() {
    let school = school().await;
    match school.start_another().await {
        Err(StartError::State(StateError::Taken { path })) => assert_eq!(path, school.path("state")),
        other => panic!("two on one state directory: {other:?}"),
    }
    is_filtering(&school).await;
    school.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn our_own_listener_is_no_upstream() {
    let school = school().await;
    let own = "[listen]\ndns = [\"127.0.0.1:5399\"]\n[upstream]\nservers = [\"udp://127.0.0.1:5399\"]\n";
    let state = format!("[state]\ndirectory = \"{}\"\n", school.path("state").display());
    school.write("khien.toml", &format!("{own}{state}"));
    let said = school.reload().await.expect_err("it would ask itself");
    assert!(said.contains("own listener"), "{said}");
    is_filtering(&school).await;
    school.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_program_reloads_by_signal_and_by_command_and_says_how_it_went() {
    let upstream = Names::start().await;
    let config = format!("[upstream]\nservers = [\"udp://{}\"]\n", upstream.address());
    let mut program = Binary::start(&config);
    let (dns, _) = program.addresses().await;
    let client = Client::new("127.0.0.1", dns).await;
    assert_eq!(client.ask(RecordType::A, "w88.com").await.expect("a reply").summary(), "blocked");

    let reloaded = program.run(&["reload"]).await;
    assert!(reloaded.status.success(), "{reloaded:?}");
    assert!(String::from_utf8_lossy(&reloaded.stdout).contains("reloaded: snapshot "), "{reloaded:?}");
    let status = program.run(&["status", "--json"]).await;
    let before: serde_json::Value = serde_json::from_slice(&status.stdout).expect("JSON");
    assert_eq!((status.status.code(), &before["ready"]), (Some(0), &serde_json::Value::Bool(true)), "{status:?}");

    program.signal(Signal::HUP);
    let deadline = Instant::now() + Duration::from_secs(30);
    loop {
        let status = program.run(&["status", "--json"]).await;
        let now: serde_json::Value = serde_json::from_slice(&status.stdout).expect("JSON");
        if now["snapshot"].as_u64() > before["snapshot"].as_u64() {
            break;
        }
        assert!(Instant::now() < deadline, "SIGHUP reloads: {now}");
    }

    // With a broken file the running server can still be told and asked.
    program.rewrite(&format!("{config}[log]\nlevle = \"info\"\n"));
    let refused = program.run(&["reload"]).await;
    assert_eq!(refused.status.code(), Some(2), "{refused:?}");
    assert!(String::from_utf8_lossy(&refused.stderr).contains("did you mean `level`?"), "{refused:?}");
    let status = program.run(&["status"]).await;
    assert!(String::from_utf8_lossy(&status.stdout).contains("LAST RELOAD FAILED"), "{status:?}");
    assert_eq!(client.ask(RecordType::A, "w88.com").await.expect("a reply").summary(), "blocked");

    program.signal(Signal::TERM);
    assert_eq!(program.ended().await, Some(0));
}

#[tokio::test(flavor = "multi_thread")]
async fn sigterm_answers_what_is_in_flight_and_leaves() {
    let upstream = ScriptedUpstream::start(|asked| {
        let address = ADDRESS.parse().expect("an address");
        vec![Step::Wait(Duration::from_millis(800)), Step::Send(asked.answer(address))]
    })
    .await;
    let mut program = Binary::start(&format!("[upstream]\nservers = [\"udp://{}\"]\n", upstream.address));
    let (dns, _) = program.addresses().await;
    let client = Client::new("127.0.0.1", dns).await;
    let asking = tokio::spawn(async move { client.ask(RecordType::A, "slow.example").await });
    while upstream.seen().is_empty() {
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    let told = Instant::now();
    program.signal(Signal::TERM);
    let reply = asking.await.expect("no panic").expect("what is in flight is answered");
    assert_eq!(reply.summary(), ADDRESS);
    assert_eq!(program.ended().await, Some(0));
    assert!(told.elapsed() < Duration::from_secs(6), "five seconds, and one for a machine that does much else");
}

#[tokio::test(flavor = "multi_thread")]
async fn sigterm_is_heard_before_the_lists_are_there() {
    let upstream = Names::start().await;
    let list = "[[list]]\nid = \"toys\"\ncategory = \"games\"\nsource = \"absent.txt\"\n";
    let mut program = Binary::start(&format!("[upstream]\nservers = [\"udp://{}\"]\n{list}", upstream.address()));
    program.until_up().await;
    let told = Instant::now();
    program.signal(Signal::TERM);
    assert_eq!(program.ended().await, Some(0));
    assert!(told.elapsed() < Duration::from_secs(6), "five seconds, and one for a machine that does much else");
}
