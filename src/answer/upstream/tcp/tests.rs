//! Connections: shared, pipelined, renewed, closed when idle.

use tokio::task::JoinSet;

use super::super::exchange::{Effort, Outcome, Upstream};
use super::super::ration::Ration;
use super::super::scripted::{ScriptedUpstream, Step};
use super::super::testing::{RIGHT, WRONG, addresses_in, query, upstream};
use super::*;
use crate::dns::Transport;

const LONG: Duration = Duration::from_secs(10);

async fn ask(upstream: &Upstream, name: &str) -> Result<Vec<std::net::Ipv4Addr>, Fault> {
    let question = Question::of(&query(name));
    match timeout(LONG, upstream.ask(&question, &Effort::new(8 * LONG))).await.expect("an answer within the test's bound")? {
        Outcome::Message(relayed) => Ok(addresses_in(&relayed)),
        Outcome::Bare(_) | Outcome::Useless => Ok(Vec::new()),
    }
}

#[tokio::test]
async fn two_hundred_at_once_share_one_connection_and_the_slow_one_holds_up_nobody() {
    let scripted = ScriptedUpstream::start(|asked| {
        // The slow question's answer is sent when the test is long over.
        let wait = if asked.name() == "slow.example" { LONG } else { Duration::ZERO };
        vec![Step::Wait(wait), Step::Send(asked.answer(RIGHT))]
    })
    .await;
    let upstream = Arc::new(upstream(Transport::Tcp, scripted.address));
    let slow = {
        let upstream = Arc::clone(&upstream);
        tokio::spawn(async move { ask(&upstream, "slow.example").await })
    };
    let mut others = JoinSet::new();
    for number in 0..200 {
        let upstream = Arc::clone(&upstream);
        others.spawn(async move { ask(&upstream, &format!("n{number}.example")).await });
    }
    assert!(others.join_all().await.into_iter().all(|answer| answer == Ok(vec![RIGHT])));
    assert_eq!(scripted.connections(), 1);
    assert!(!slow.is_finished());
    slow.abort();
}

#[tokio::test]
async fn answers_find_their_questions_in_any_order() {
    let scripted = ScriptedUpstream::start(|asked| {
        let number: u8 = asked.name().split('.').next().and_then(|text| text.parse().ok()).expect("a number");
        vec![
            Step::Wait(Duration::from_millis(u64::from(40 - number))),
            Step::Send(asked.answer(std::net::Ipv4Addr::new(192, 0, 2, number))),
        ]
    })
    .await;
    let upstream = Arc::new(upstream(Transport::Tcp, scripted.address));
    let mut all = JoinSet::new();
    for number in 0..40_u8 {
        let upstream = Arc::clone(&upstream);
        all.spawn(async move { (number, ask(&upstream, &format!("{number}.example")).await) });
    }
    for (number, answer) in all.join_all().await {
        assert_eq!(answer, Ok(vec![std::net::Ipv4Addr::new(192, 0, 2, number)]));
    }
}

#[tokio::test]
async fn a_connection_that_was_closed_meanwhile_is_renewed_once() {
    let scripted = ScriptedUpstream::start(|asked| match asked.number {
        0 => vec![Step::Send(asked.answer(RIGHT))],
        // Closed at the very question: it must be asked again.
        1 => vec![Step::Close],
        _ => vec![Step::Send(asked.answer(RIGHT))],
    })
    .await;
    let upstream = upstream(Transport::Tcp, scripted.address);
    for _ in 0..2 {
        assert_eq!(ask(&upstream, "school.example").await, Ok(vec![RIGHT]));
    }
    assert_eq!((scripted.connections(), scripted.seen().len()), (2, 3));
}

#[tokio::test]
async fn a_server_that_always_closes_is_a_fault() {
    let scripted = ScriptedUpstream::start(|_| vec![Step::Close]).await;
    let upstream = upstream(Transport::Tcp, scripted.address);
    assert_eq!(ask(&upstream, "school.example").await, Err(Fault::Network));
    assert_eq!(scripted.connections(), 1, "a fresh connection that closes is not tried again");
}

#[tokio::test]
async fn an_idle_connection_is_closed_and_another_opened_when_needed() {
    let scripted = ScriptedUpstream::answering(RIGHT).await;
    let address = super::super::UpstreamAddress::new(Transport::Tcp, scripted.address);
    let upstream = Upstream::new(address, Duration::from_millis(10), &Ration::new(64));
    assert_eq!(ask(&upstream, "school.example").await, Ok(vec![RIGHT]));
    timeout(LONG, async {
        while upstream.has_connections() {
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
    })
    .await
    .expect("the idle connection is closed");
    assert_eq!(ask(&upstream, "school.example").await, Ok(vec![RIGHT]));
    assert_eq!(scripted.connections(), 2);
}

#[tokio::test]
async fn a_connection_fallen_silent_takes_no_more_questions() {
    let scripted = ScriptedUpstream::start(|asked| match asked.number {
        0 => Vec::new(),
        _ => vec![Step::Send(asked.answer(RIGHT))],
    })
    .await;
    let upstream = upstream(Transport::Tcp, scripted.address);
    let question = Question::of(&query("school.example"));
    assert!(timeout(Duration::from_millis(50), upstream.ask(&question, &Effort::new(8 * LONG))).await.is_err());
    assert_eq!(ask(&upstream, "school.example").await, Ok(vec![RIGHT]));
    assert_eq!(scripted.connections(), 2);
}

#[tokio::test]
async fn replies_that_fit_nothing_are_dropped_and_the_connection_lives() {
    let scripted = ScriptedUpstream::start(|asked| {
        let mut foreign = asked.answer(WRONG);
        foreign[1] ^= 1;
        let mut other_name = asked.answer(WRONG);
        other_name[13] ^= 1;
        vec![Step::Send(foreign), Step::Send(other_name), Step::Send(vec![7]), Step::Send(asked.answer(RIGHT))]
    })
    .await;
    let upstream = upstream(Transport::Tcp, scripted.address);
    for _ in 0..3 {
        assert_eq!(ask(&upstream, "school.example").await, Ok(vec![RIGHT]));
    }
    assert_eq!(scripted.connections(), 1);
}

#[tokio::test]
async fn beyond_a_connections_bound_another_is_opened() {
    let scripted = ScriptedUpstream::start(|asked| match asked.name().as_str() {
        "held.example" => Vec::new(),
        _ => vec![Step::Send(asked.answer(RIGHT))],
    })
    .await;
    let upstream = Arc::new(upstream(Transport::Tcp, scripted.address));
    let mut held = JoinSet::new();
    for _ in 0..super::super::connection::OUTSTANDING {
        let upstream = Arc::clone(&upstream);
        held.spawn(async move { ask(&upstream, "held.example").await });
    }
    timeout(LONG, async {
        while scripted.seen().len() < super::super::connection::OUTSTANDING {
            tokio::task::yield_now().await;
        }
    })
    .await
    .expect("all are sent");
    assert_eq!(scripted.connections(), 1);
    assert_eq!(ask(&upstream, "school.example").await, Ok(vec![RIGHT]));
    assert_eq!(scripted.connections(), 2);
    held.abort_all();
}
