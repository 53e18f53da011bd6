//! What a server that is killed leaves of its cache: all but what came since the last writing, whatever was under way.

use std::path::Path;
use std::time::Duration;

use khien::dns::RecordType;
use rustix::process::Signal;

use crate::kit::School;
use crate::kit::binary::Binary;
use crate::kit::names::ADDRESS;
use crate::kit::udp::Client;
use crate::kit::upstream::ScriptedUpstream;

const CLIENT: &str = "10.1.0.7";

/// How often answers are written while the server runs.
const PERIOD: Duration = Duration::from_secs(600);

async fn told(school: &School, name: &str) -> String {
    school.ask(CLIENT, RecordType::A, name).await.summary()
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

/// The file once it holds this label.
async fn written(file: &Path, label: &str) -> Vec<u8> {
    let holds = |octets: &[u8]| octets.windows(label.len()).any(|part| part == label.as_bytes());
    until(|| std::fs::read(file).is_ok_and(|octets| holds(&octets))).await;
    std::fs::read(file).expect("it is there")
}

/// Lets a writing's period pass, by the clock of the server's tasks.
async fn a_period_passes() {
    tokio::time::pause();
    tokio::time::advance(PERIOD).await;
    tokio::time::resume();
}

// One thread, whose clock can be stopped.
#[tokio::test]
async fn every_ten_minutes_the_answers_are_written_and_a_kill_costs_what_came_since() {
    let school = School::start("timeout = \"30s\"\n[cache]\non_disk = true\n").await;
    let file = school.path("state").join("answers");
    assert_eq!(told(&school, "erste.example").await, ADDRESS);
    assert!(!file.exists(), "nothing is written while nothing is due");
    a_period_passes().await;
    let first = written(&file, "erste").await;
    assert_eq!(told(&school, "zweite.example").await, ADDRESS);
    assert_eq!(std::fs::read(&file).expect("there"), first, "not before the next is due");
    a_period_passes().await;
    written(&file, "zweite").await;
    assert_eq!(told(&school, "dritte.example").await, ADDRESS);

    // What a kill leaves now: the file as it is, and of one that was being written any part, beside it.
    let left = std::fs::read(&file).expect("there");
    school.upstream.go_away().await;
    let mut school = school;
    for half in [0, 1, left.len() / 2, left.len() - 1] {
        let left = left.clone();
        school = school
            .restart_after(move |directory| {
                std::fs::write(directory.join("state/answers"), &left).expect("written");
                std::fs::write(directory.join("state/answers.new"), &left[..half]).expect("written");
            })
            .await;
        school.until_ready().await;
        until(|| school.accounts().rooms.cache.counts().entries == 2).await;
        for (name, there) in [("erste.example", ADDRESS), ("zweite.example", ADDRESS), ("dritte.example", "servfail")] {
            assert_eq!(told(&school, name).await, there, "{name}, {half} octets of a file under way");
        }
        assert!(!school.path("state").join("answers.damaged").exists());
    }
    // It goes on as before: what is half-written is written over.
    a_period_passes().await;
    until(|| !school.path("state").join("answers.new").exists()).await;
    school.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_killed_server_starts_again_with_what_was_written() {
    let upstream = ScriptedUpstream::answering([192, 0, 2, 7].into()).await;
    let config = format!(
        "[upstream]\nservers = [\"udp://{}\"]\n[cache]\non_disk = true\n[clients]\nallowed = [\"127.0.0.0/8\"]\n",
        upstream.address
    );
    let asks = async |binary: &mut Binary, name: &str| {
        let (dns, http) = binary.addresses().await;
        binary.until_ready(http).await;
        let client = Client::new("127.0.0.7", dns).await;
        client.ask(RecordType::A, name).await.expect("a reply").summary()
    };
    let mut binary = Binary::start(&config);
    assert_eq!(asks(&mut binary, "erste.example").await, "192.0.2.7");
    binary.signal(Signal::TERM);
    assert_eq!(binary.ended().await, Some(0));
    let file = binary.state_file("answers");
    let stopped = std::fs::read(&file).expect("it was written at the stop");

    let mut binary = binary.again();
    assert_eq!(asks(&mut binary, "zweite.example").await, "192.0.2.7");
    binary.signal(Signal::KILL);
    binary.ended().await;
    assert_eq!(std::fs::read(&file).expect("there"), stopped, "a kill writes nothing and removes nothing");

    upstream.stop().await;
    let mut binary = binary.again();
    let (dns, http) = binary.addresses().await;
    binary.until_ready(http).await;
    let client = Client::new("127.0.0.7", dns).await;
    let first = async {
        // The server answers while the file is read.
        while client.ask(RecordType::A, "erste.example").await.expect("a reply").summary() != "192.0.2.7" {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    };
    tokio::time::timeout(Duration::from_secs(60), first).await.expect("what was written is there");
    assert_eq!(client.ask(RecordType::A, "zweite.example").await.expect("a reply").summary(), "servfail");
}
