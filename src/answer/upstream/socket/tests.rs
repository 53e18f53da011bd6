//! Several questions on one socket: replies find theirs, and what fits none, comes late or is refused harms none.

use std::sync::Arc;
use std::time::Duration;

use tokio::task::JoinSet;
use tokio::time::timeout;

use super::super::pace::Pace;
use super::super::scripted::{self, ScriptedUpstream, Step};
use super::super::testing::{RIGHT, WRONG, addresses_in, query};
use super::*;

const LONG: Duration = Duration::from_secs(10);
const HOW: (Spelling, Announced) = (Spelling::Random, Announced::Edns);

fn open(upstream: SocketAddr) -> (Arc<Socket>, Arc<Counters>) {
    let counters = Arc::default();
    (Socket::open(upstream, &counters).expect("a socket"), counters)
}

async fn ask(socket: &Arc<Socket>, name: &str) -> Told {
    let question = Question::of(&query(name));
    let sent = socket.ask(&question, HOW).expect("loopback sends");
    timeout(LONG, sent.wait(Pace::default().pauses(8 * LONG)))
        .await
        .expect("an answer within the test's bound")
        .expect("loopback sends")
        .0
}

fn is_right(told: &Told) -> bool {
    matches!(told, Told::Fit(Fit::Answer(relayed)) if addresses_in(relayed) == [RIGHT])
}

fn faults(counters: &Counters, fault: Fault) -> u64 {
    counters.failures()[fault as usize].1
}

/// The questions of this many askers at once on one socket.
async fn all_at_once(socket: &Arc<Socket>, count: usize) -> Vec<Told> {
    let mut askers = JoinSet::new();
    for number in 0..count {
        let socket = Arc::clone(socket);
        askers.spawn(async move { ask(&socket, &format!("n{number}.example")).await });
    }
    askers.join_all().await
}

#[tokio::test]
async fn replies_in_any_order_find_their_questions() {
    let scripted = ScriptedUpstream::start(|asked: &scripted::Asked| {
        let wait = Duration::from_millis(64 - asked.number as u64);
        vec![Step::Wait(wait), Step::Send(asked.answer(RIGHT))]
    })
    .await;
    let (socket, counters) = open(scripted.address);
    let told = all_at_once(&socket, 64).await;
    assert!(told.iter().all(is_right), "{told:?}");
    assert!(scripted.seen().windows(2).all(|pair| pair[0].from == pair[1].from));
    assert_eq!(faults(&counters, Fault::Mismatch), 0);
    assert!(socket.carried().waiting.is_empty());
}

#[tokio::test]
async fn late_and_repeated_replies_are_no_forgeries() {
    let scripted = ScriptedUpstream::start(|asked: &scripted::Asked| match asked.name().as_str() {
        "slow.example" => vec![Step::Wait(Duration::from_millis(100)), Step::Send(asked.answer(RIGHT))],
        _ => [vec![Step::Send(asked.answer(RIGHT)); 5], vec![Step::Wait(Duration::from_millis(200))]].concat(),
    })
    .await;
    let (socket, counters) = open(scripted.address);
    assert!(timeout(Duration::from_millis(20), ask(&socket, "slow.example")).await.is_err(), "given up");
    assert!(is_right(&ask(&socket, "five.example").await));
    tokio::time::sleep(Duration::from_millis(150)).await;
    // Four repeated replies and a late one stand before this question's.
    assert!(is_right(&ask(&socket, "last.example").await));
    assert_eq!(faults(&counters, Fault::Mismatch), 0);
}

#[tokio::test]
async fn three_that_fit_nobody_send_each_question_here_to_tcp() {
    let scripted = ScriptedUpstream::start(|asked: &scripted::Asked| {
        if asked.number < 4 {
            return Vec::new();
        }
        let forged = |id: u8| {
            let mut bytes = asked.answer(WRONG);
            bytes[..2].copy_from_slice(&[id, id]);
            Step::Send(bytes)
        };
        // Whether one of these has the id of a question here is a matter of 5 in 65,536 each.
        vec![forged(1), forged(2), forged(3), Step::Send(asked.answer(WRONG))]
    })
    .await;
    let (socket, counters) = open(scripted.address);
    let told = all_at_once(&socket, 5).await;
    assert!(told.iter().all(|told| matches!(told, Told::Doubtful)), "{told:?}");
    assert_eq!(faults(&counters, Fault::Mismatch), 3);
}

#[tokio::test]
async fn a_refusal_is_told_to_all_on_the_socket_and_no_later_question() {
    let nobody = ScriptedUpstream::nobody().await;
    let (socket, _) = open(nobody);
    let told = all_at_once(&socket, 3).await;
    assert!(told.iter().all(|told| matches!(told, Told::Refused)), "{told:?}");
    let scripted = ScriptedUpstream::start_at(nobody, |asked| vec![Step::Send(asked.answer(RIGHT))]).await;
    for _ in 0..3 {
        // An error of before may still be told, but never keeps the datagram from being sent.
        ask(&socket, "school.example").await;
    }
    assert!(is_right(&ask(&socket, "school.example").await));
    assert!(scripted.seen().len() >= 2);
}

#[tokio::test]
async fn no_id_is_used_twice_on_a_socket() {
    let scripted = ScriptedUpstream::answering(RIGHT).await;
    let (socket, _) = open(scripted.address);
    for _ in 0..8 {
        all_at_once(&socket, 64).await;
    }
    let ids: std::collections::HashSet<_> = scripted.seen().iter().map(scripted::Asked::id).collect();
    assert_eq!(ids.len(), 512);
}
