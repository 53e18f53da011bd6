//! Several upstreams: failing over, order, health, single flight, bounds; and what is said when nobody answers.

use std::net::{Ipv4Addr, SocketAddr};

use tokio::time::timeout;

use super::super::askers::Asker;
use super::super::scripted::{By, ScriptedUpstream, Step};
use super::super::testing::{RIGHT, WRONG, addresses_in, in_order, query, query_from};
use super::*;
use crate::answer::cache::{Cache, CacheKey, CacheRules};
use crate::dns::Ede;

mod authority;
mod clockwork;
mod dying;
mod order;
mod swift;

const LONG: Duration = Duration::from_secs(10);
const SECOND: Duration = Duration::from_secs(1);

fn pool(addresses: &[SocketAddr]) -> Upstreams {
    Upstreams::new(&in_order(addresses)).expect("upstreams")
}

/// Upstreams whose questions are over after `timeout`.
fn hasty(addresses: &[SocketAddr], timeout: Duration) -> Upstreams {
    Upstreams::new(&Settings { timeout, ..in_order(addresses) }).expect("upstreams")
}

async fn ask(upstreams: &Upstreams, name: &str) -> Answer {
    timeout(LONG, upstreams.ask(&query(name))).await.expect("an answer within the test's bound")
}

async fn addresses_of(upstreams: &Upstreams, name: &str) -> Vec<Ipv4Addr> {
    addresses_in(&ask(upstreams, name).await.expect("an answer"))
}

fn failures(upstreams: &Upstreams, number: usize, fault: Fault) -> u64 {
    upstreams.stats()[number].failures[fault as usize].1
}

#[tokio::test]
async fn refusals_of_every_kind_move_the_question_on_at_once() {
    for rcode in [1, 2, 4, 5] {
        let first = ScriptedUpstream::start(move |asked| vec![Step::Send(asked.rcode(rcode))]).await;
        let second = ScriptedUpstream::start(|asked| vec![Step::Wait(SECOND / 50), Step::Send(asked.answer(RIGHT))]).await;
        // A question's time is so long that only moving on at once is soon enough.
        let upstreams = hasty(&[first.address, second.address], LONG * 10);
        assert_eq!(addresses_of(&upstreams, "school.example").await, [RIGHT], "rcode {rcode}");
        assert_eq!(second.seen().len(), 1);
    }
}

#[tokio::test]
async fn a_refused_connection_moves_the_question_on_at_once() {
    let nobody = ScriptedUpstream::nobody().await;
    let second = ScriptedUpstream::answering(RIGHT).await;
    let upstreams = hasty(&[nobody, second.address], LONG * 10);
    assert_eq!(addresses_of(&upstreams, "school.example").await, [RIGHT]);
    assert_eq!(failures(&upstreams, 0, Fault::Unreachable), 1);
}

#[tokio::test]
async fn silence_moves_the_question_on_while_there_is_time() {
    let silent = ScriptedUpstream::start(|_| Vec::new()).await;
    let second = ScriptedUpstream::answering(RIGHT).await;
    let upstreams = hasty(&[silent.address, second.address], SECOND / 2);
    assert_eq!(addresses_of(&upstreams, "school.example").await, [RIGHT]);
    assert_eq!(failures(&upstreams, 0, Fault::Timeout), 1);
}

#[tokio::test]
async fn a_slow_upstream_may_still_answer_when_the_next_one_cannot() {
    let slow = ScriptedUpstream::start(|asked| vec![Step::Wait(SECOND / 2), Step::Send(asked.answer(RIGHT))]).await;
    let silent = ScriptedUpstream::start(|_| Vec::new()).await;
    let upstreams = hasty(&[slow.address, silent.address], 2 * SECOND);
    assert_eq!(addresses_of(&upstreams, "school.example").await, [RIGHT]);
    assert_eq!(silent.seen().len().min(1), 1, "the second was asked meanwhile");
}

#[tokio::test]
async fn nxdomain_is_an_answer_and_no_reason_to_ask_on() {
    let first = ScriptedUpstream::start(|asked| vec![Step::Send(asked.rcode(3))]).await;
    let second = ScriptedUpstream::answering(WRONG).await;
    let upstreams = pool(&[first.address, second.address]);
    assert_eq!(ask(&upstreams, "school.example").await.expect("an answer").rcode(), Rcode::NXDOMAIN);
    assert_eq!(second.seen().len(), 0);
}

#[tokio::test]
async fn a_servfail_with_its_reason_is_passed_on_where_nobody_knows_better() {
    let refusing = ScriptedUpstream::start(|asked| vec![Step::Send(asked.rcode(5))]).await;
    let bogus = ScriptedUpstream::start(|asked| vec![Step::Send(asked.extended_error(2, 6, "signature expired"))]).await;
    let upstreams = pool(&[refusing.address, bogus.address, ScriptedUpstream::nobody().await]);
    let relayed = ask(&upstreams, "school.example").await.expect("an upstream's SERVFAIL");
    let mut bytes = Vec::new();
    assert_eq!(relayed.render(&query("school.example"), 0, 60, None, &mut bytes), Rcode::SERVFAIL);
    let message = crate::dns::Message::parse(&bytes).expect("our own rendering");
    assert_eq!(message.ede().collect::<Vec<_>>(), [(Ede(6), "signature expired")]);
}

#[tokio::test]
async fn what_kept_the_answer_away_is_said() {
    let refusing = ScriptedUpstream::start(|asked| vec![Step::Send(asked.rcode(5))]).await;
    let failure = ask(&pool(&[refusing.address]), "school.example").await.expect_err("no answer");
    assert_eq!((failure.ede(), failure.rcode), (Ede::NETWORK_ERROR, Some(Rcode::REFUSED)));

    let nobody = ScriptedUpstream::nobody().await;
    let failure = ask(&pool(&[nobody]), "school.example").await.expect_err("no answer");
    assert_eq!((failure.ede(), failure.rcode), (Ede::NO_REACHABLE_AUTHORITY, None));

    let silent = ScriptedUpstream::start(|_| Vec::new()).await;
    let upstreams = hasty(&[silent.address], SECOND / 10);
    let failure = ask(&upstreams, "school.example").await.expect_err("no answer");
    assert_eq!((failure.kind, failures(&upstreams, 0, Fault::Timeout)), (FailureKind::Unreachable, 1));
    assert_eq!(silent.seen().len(), 4, "sent with growing pauses, to the only one");
}

#[tokio::test]
async fn another_class_is_nobodys_business() {
    let first = ScriptedUpstream::answering(RIGHT).await;
    let mut chaos = query("version.bind");
    chaos.class = Class(3);
    assert_eq!(pool(&[first.address]).ask(&chaos).await.expect_err("no answer").rcode, Some(Rcode::NOTIMP));
    assert_eq!(first.seen().len(), 0);
}

#[tokio::test]
async fn what_fails_three_times_is_set_back_and_returns_by_a_probe() {
    let broken = Arc::new(std::sync::atomic::AtomicBool::new(true));
    let first = {
        let broken = Arc::clone(&broken);
        ScriptedUpstream::start(move |asked| {
            let broken = broken.load(std::sync::atomic::Ordering::SeqCst);
            vec![Step::Send(if broken { asked.rcode(5) } else { asked.answer(RIGHT) })]
        })
        .await
    };
    let second = ScriptedUpstream::answering(WRONG).await;
    let upstreams = pool(&[first.address, second.address]);
    let begun = Instant::now();
    for number in 0..10 {
        assert_eq!(addresses_of(&upstreams, &format!("n{number}.example")).await, [WRONG]);
    }
    assert!(!upstreams.stats()[0].up && upstreams.stats()[1].up);
    let before = first.seen().iter().filter(|asked| !asked.name().is_empty()).count();
    let probes = begun.elapsed().as_secs();
    assert!((3..=3 + probes).contains(&(before as u64)), "{before} questions: three in its turn, a probe a second");

    broken.store(false, std::sync::atomic::Ordering::SeqCst);
    let mut asked = 0;
    timeout(LONG, async {
        while !upstreams.stats()[0].up {
            asked += 1;
            ask(&upstreams, &format!("m{asked}.example")).await.expect("the second answers meanwhile");
            tokio::time::sleep(SECOND / 100).await;
        }
    })
    .await
    .expect("recovered within ten seconds");
    assert_eq!(addresses_of(&upstreams, "after.example").await, [RIGHT]);
}

#[tokio::test]
async fn names_that_nobody_can_resolve_set_nobody_back() {
    let first = ScriptedUpstream::start(|asked| vec![Step::Send(asked.rcode(2))]).await;
    let second = ScriptedUpstream::start(|asked| vec![Step::Send(asked.rcode(2))]).await;
    let upstreams = pool(&[first.address, second.address]);
    for number in 0..10 {
        assert_eq!(ask(&upstreams, &format!("n{number}.example")).await.expect("SERVFAIL").rcode(), Rcode::SERVFAIL);
    }
    assert!(upstreams.stats().iter().all(|stats| stats.up));
    assert_eq!(failures(&upstreams, 0, Fault::Servfail), 10);
}

#[tokio::test]
async fn the_fastest_is_asked_first_and_others_now_and_then() {
    // Slower than a machine is that does much else; `clockwork` has it to the millisecond.
    let slow = ScriptedUpstream::start(|asked| vec![Step::Wait(SECOND), Step::Send(asked.answer(RIGHT))]).await;
    let quick = ScriptedUpstream::answering(RIGHT).await;
    let settings = Settings { strategy: Strategy::Fastest, timeout: LONG, ..in_order(&[slow.address, quick.address]) };
    let upstreams = Upstreams::new(&settings).expect("upstreams");
    for number in 0..200 {
        assert_eq!(addresses_of(&upstreams, &format!("n{number}.example")).await, [RIGHT]);
    }
    let (slow, quick) = (slow.seen().len(), quick.seen().len());
    assert!(slow < 40 && quick > 160, "{slow} to the slow one, {quick} to the quick one");
}

#[tokio::test]
async fn a_thousand_who_ask_the_same_are_one_question() {
    let scripted = ScriptedUpstream::start(|asked| vec![Step::Wait(SECOND / 5), Step::Send(asked.answer(RIGHT))]).await;
    let upstreams = Arc::new(pool(&[scripted.address]));
    let mut askers = JoinSet::new();
    for number in 0..1000_u16 {
        let upstreams = Arc::clone(&upstreams);
        let [high, low] = number.to_be_bytes();
        let spelt = if number % 2 == 0 { "School.Example" } else { "school.example" };
        askers.spawn(async move { upstreams.ask(&query_from(spelt, [10, 0, high, low])).await });
    }
    assert!(askers.join_all().await.into_iter().all(|answer| answer.is_ok()));
    assert_eq!(scripted.seen().len(), 1);
}

#[tokio::test]
async fn an_answer_is_in_the_cache_before_anyone_could_ask_again() {
    let scripted = ScriptedUpstream::answering(RIGHT).await;
    let (upstreams, cache) = (Arc::new(pool(&[scripted.address])), Arc::new(Cache::new(CacheRules::of_size(1 << 20))));
    let mut askers = JoinSet::new();
    for _ in 0..50 {
        let (upstreams, cache) = (Arc::clone(&upstreams), Arc::clone(&cache));
        askers.spawn(async move { upstreams.ask_through(&cache, &query("school.example"), SECOND).await });
        tokio::task::yield_now().await;
    }
    assert!(askers.join_all().await.into_iter().all(|given| given.content().is_ok()));
    assert_eq!(scripted.seen().len(), 1);
    assert!(cache.find(&CacheKey::of(&query("school.example"), upstreams.route()), SECOND * 2).is_some());
}

#[tokio::test]
async fn questions_and_a_clients_queries_are_bounded() {
    let silent = ScriptedUpstream::start(|_| Vec::new()).await;
    let settings = Settings { in_flight: 3, in_flight_per_client: 2, ..in_order(&[silent.address]) };
    let upstreams = Arc::new(Upstreams::new(&settings).expect("upstreams"));
    let mut held = JoinSet::new();
    for (name, client) in [("a.example", 1), ("b.example", 1), ("c.example", 2)] {
        let upstreams = Arc::clone(&upstreams);
        held.spawn(async move { upstreams.ask(&query_from(name, [10, 0, 0, client])).await });
    }
    while upstreams.in_flight() < 3 {
        tokio::task::yield_now().await;
    }
    let kind = |answer: Answer| answer.expect_err("no room").kind;
    assert_eq!(kind(upstreams.ask(&query_from("d.example", [10, 0, 0, 1])).await), FailureKind::ClientBusy);
    assert_eq!(kind(upstreams.ask(&query_from("d.example", [10, 0, 0, 2])).await), FailureKind::Busy);
    held.abort_all();
}

#[tokio::test]
async fn connections_are_shared_by_questions_that_come_at_once() {
    let scripted = ScriptedUpstream::start(|asked| match asked.by {
        By::Udp => vec![Step::Send(asked.truncated())],
        By::Tcp => vec![Step::Send(asked.answer(RIGHT))],
    })
    .await;
    let upstreams = Arc::new(pool(&[scripted.address]));
    let mut askers = JoinSet::new();
    for number in 0..100 {
        let upstreams = Arc::clone(&upstreams);
        askers.spawn(async move { addresses_of(&upstreams, &format!("n{number}.example")).await });
    }
    assert!(askers.join_all().await.into_iter().all(|found| found == [RIGHT]));
    assert_eq!((scripted.count(By::Tcp), scripted.connections()), (100, 1));
}

#[tokio::test]
async fn a_reload_keeps_what_is_known_of_an_upstream_that_stays() {
    let nobody = ScriptedUpstream::nobody().await;
    let second = ScriptedUpstream::answering(RIGHT).await;
    let old = pool(&[nobody, second.address]);
    for number in 0..3 {
        ask(&old, &format!("n{number}.example")).await.expect("the second answers");
    }
    let new = Upstreams::new_from(&in_order(&[second.address, nobody]), Some(&old)).expect("upstreams");
    let stats = new.stats();
    assert_eq!((stats[0].requests, stats[0].latency.count, stats[0].up), (3, 3, true));
    assert_eq!((stats[1].requests, stats[1].up), (3, false));
    let fresh = Upstreams::new_from(&in_order(&[nobody]), None).expect("upstreams");
    assert!(fresh.stats()[0].up);
}

#[test]
fn other_upstreams_or_another_belief_are_another_route() {
    let (one, other): (SocketAddr, SocketAddr) = (([192, 0, 2, 1], 53).into(), ([192, 0, 2, 2], 53).into());
    let route = |settings: &Settings| Upstreams::new(settings).expect("upstreams").route();
    let plain = route(&in_order(&[one]));
    assert_eq!(plain, route(&in_order(&[one])));
    assert_ne!(plain, route(&in_order(&[other])));
    assert_ne!(plain, route(&in_order(&[one, other])));
    assert_ne!(plain, route(&Settings { authentic_data: AuthenticData::Believed, ..in_order(&[one]) }));
}

#[test]
fn our_own_listener_is_no_upstream() {
    let own: SocketAddr = ([127, 0, 0, 1], 5300).into();
    let settings = Settings { own: vec![own], ..in_order(&[own]) };
    assert!(matches!(Upstreams::new(&settings), Err(SetupError::Own { .. })));
}
