//! A class in which one device floods: the others are answered as if it were not there. `tests/load/noisy.py` has the full measure.

use std::collections::HashMap;
use std::time::Duration;

use khien::dns::{Name, RecordType};
use khien::policy::Outcome;

use crate::kit::School;
use crate::kit::log::Log;
use crate::kit::names::ADDRESS;
use crate::kit::question;
use crate::kit::udp::{Client, ask_by_tcp};

const GROUPS: &str = "[[group]]\nid = \"class\"\nsubnets = [\"127.20.0.0/16\"]\ntier = \"primary\"\n\
                      [[group]]\nid = \"club\"\nsubnets = [\"127.30.0.0/16\"]\ntier = \"primary\"\nrate_limit = \"10/s\"\n";

fn packet(name: &str) -> Vec<u8> {
    question::packet(&Name::parse(name).expect("a name"), RecordType::A)
}

/// Waits until so many queries have come in.
async fn met(school: &School, queries: usize) {
    let met = async {
        while school.accounts().tally.sum().queries.values().sum::<u64>() < u64::try_from(queries).expect("few") {
            tokio::task::yield_now().await;
        }
    };
    tokio::time::timeout(Duration::from_secs(60), met).await.expect("all that was sent comes in");
}

#[tokio::test(flavor = "multi_thread")]
async fn one_client_floods_and_the_others_are_answered() {
    const ROUNDS: usize = 500;
    const FLOOD: usize = 40;
    let school = School::start(GROUPS).await;
    let flooder = Client::new("127.20.0.1", school.dns()).await;
    let mut others = Vec::new();
    for last in 0..50 {
        others.push(Client::new(&format!("127.20.1.{last}"), school.dns()).await);
    }
    let (flood, question) = (packet("localhost"), packet("w88.com"));
    let (mut asked, mut answered) = (0_usize, 0_usize);
    for round in 1..=ROUNDS {
        for _ in 0..FLOOD {
            flooder.send(&flood).await;
        }
        for other in others.iter().skip(round % 5).step_by(5) {
            other.send(&question).await;
            asked += 1;
            answered += usize::from(other.receive().await.is_some_and(|reply| reply.is_blocked()));
        }
        // What a machine that does much else has not met yet would be lost when the socket is full, and that is the system's part.
        met(&school, round * FLOOD + asked).await;
    }
    assert_eq!(answered, asked, "all are answered");

    // The clock stands, so the flooder has its burst of five seconds and nothing more.
    let sheet = school.accounts().tally.sum();
    let class = school.accounts().tally.label("class");
    let dropped = sheet.rate_limited[&Some(class)];
    let count = |wanted: Outcome| -> u64 {
        sheet.responses.iter().filter(|((_, outcome, _), _)| *outcome == wanted).map(|(_, count)| count).sum()
    };
    let (whole, slipped) = (count(Outcome::Allowed), count(Outcome::None));
    assert_eq!(whole, 5000, "its burst");
    assert_eq!(u64::try_from(ROUNDS * FLOOD).expect("few"), whole + slipped + dropped);
    assert!(slipped == dropped || slipped + 1 == dropped, "each second one slips: {slipped} and {dropped}");
    // An administrator reads who it is, once a minute, and of nobody else.
    let log = Log::listen();
    school.server().running().look_out();
    school.server().running().look_out();
    let line = "WARN a client asks faster than its rate client=127.20.0.1 group=\"class\" rate=1000/s transport=\"udp\"";
    assert_eq!(log.lines_with("faster"), [format!("{line} refused={}", slipped + dropped)]);
    drop(log);
    assert_eq!(ask_by_tcp("127.20.0.1", school.dns(), &packet("localhost")).await.summary(), "127.0.0.1", "by TCP it is heard");
    school.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn each_group_has_its_own_rate_and_who_asks_by_tcp_learns_of_it() {
    let school = School::start(GROUPS).await;
    for (client, within) in [("127.30.0.1", 50), ("127.20.0.9", 200)] {
        let mut said = HashMap::new();
        for _ in 0..200 {
            let reply = ask_by_tcp(client, school.dns(), &packet("localhost")).await;
            *said.entry((reply.summary(), reply.ede())).or_insert(0) += 1;
        }
        assert_eq!(said.remove(&("127.0.0.1".to_owned(), None)), Some(within), "{client}");
        let refusal = ("refused".to_owned(), Some((0, "Thiết bị này hỏi quá nhanh.".to_owned())));
        assert_eq!(said.remove(&refusal), Some(200 - within).filter(|refused| *refused > 0), "{client}");
        assert!(said.is_empty(), "{said:?}");
    }
    school.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn who_is_not_served_is_flooded_by_no_refusals() {
    let school = School::start("[clients]\nallowed = [\"10.0.0.0/8\"]\n").await;
    let query = packet("olm.vn");
    let victim = Client::new("127.50.0.1", school.dns()).await;
    for _ in 0..400 {
        victim.send(&query).await;
    }
    // What is asked last, from another network, is answered when all before it has been.
    let other = Client::new("127.60.0.1", school.dns()).await;
    let settled = async || school.accounts().tally.sum().queries.values().sum::<u64>() >= 401;
    other.send(&query).await;
    while !settled().await {
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    let sheet = school.accounts().tally.sum();
    assert_eq!(sheet.rate_limited[&None], 300, "of 400 a hundred are answered: five seconds of 20 a second");
    school.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_flood_of_names_that_never_answer_leaves_places_for_the_others() {
    // Longer than the test takes, so that every place that is taken stays taken; the kit's own last section is `[upstream]`.
    let school = School::start(&format!("timeout = \"30s\"\n[clients]\nrate_limit = \"0\"\n{GROUPS}")).await;
    school.upstream.ignore("dead.example");
    let mut flooders = Vec::new();
    for last in 0..3 {
        flooders.push(Client::new(&format!("127.20.0.{last}"), school.dns()).await);
    }
    let other = Client::new("127.20.1.1", school.dns()).await;
    let (mut asked, mut answered) = (0_usize, 0_usize);
    for round in 0..300 {
        for (number, flooder) in flooders.iter().enumerate() {
            for at in 0..10 {
                flooder.send(&packet(&format!("r{round}-{number}-{at}.dead.example"))).await;
            }
        }
        asked += 1;
        let reply = other.ask(RecordType::A, &format!("lesson-{round}.example")).await;
        answered += usize::from(reply.is_some_and(|reply| reply.summary() == ADDRESS));
    }
    assert!(answered * 1000 >= asked * 999, "{answered} of {asked} are answered");
    // What was sent last may still lie in a socket; what has come in and has no place fails at once.
    let settled = async {
        loop {
            let sheet = school.accounts().tally.sum();
            let (queries, responses): (u64, u64) = (sheet.queries.values().sum(), sheet.responses.values().sum());
            if queries > 8000 && queries - responses <= 3 * 200 {
                return;
            }
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    };
    tokio::time::timeout(Duration::from_secs(25), settled).await.expect("no more than 200 of each client wait");
    let (upstream, live) = (school.upstream.questions().len(), 300);
    assert!(upstream <= live + 3 * 200 * 8, "questions for the dead zone are bounded by the places: {upstream}");
    school.close().await;
}
