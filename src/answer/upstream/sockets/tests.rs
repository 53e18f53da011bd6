//! Ports, ids and the life of sockets: 20,000 questions through the real pool, retirement by the clock, idle pools.

use std::collections::{HashMap, HashSet};

use tokio::task::JoinSet;

use super::super::chance::{ChiSquared, assert_chance};
use super::super::counters::Counters;
use super::super::hearing::Hearing;
use super::super::log::Log;
use super::super::pace::Pace;
use super::super::question::{Announced, Question, Spelling};
use super::super::ration::{MOST, Ration};
use super::super::scripted::{ScriptedUpstream, Step};
use super::super::testing::{RIGHT, query};
use super::super::udp::{Heard, exchange};
use super::*;

const SECOND: Duration = Duration::from_secs(1);

fn pool(upstream: SocketAddr, sockets: usize) -> Arc<Sockets> {
    Sockets::new(upstream, &Arc::default(), Ration::new(sockets).share())
}

/// Fills the pool as its keeper does, who may do so too.
async fn filled(sockets: &Arc<Sockets>, count: usize) {
    let fit = || sockets.state().slots.iter().filter(|slot| slot.is_fit(Instant::now())).count();
    for _ in 0..100 {
        if fit() == count {
            return;
        }
        sockets.look_through(Instant::now()).await;
    }
    panic!("{} sockets instead of {count}", fit());
}

fn addresses(sockets: &Sockets) -> HashSet<usize> {
    sockets.state().slots.iter().map(|slot| Arc::as_ptr(&slot.socket) as usize).collect()
}

/// The sockets, so that none is closed and its address used anew.
fn held(sockets: &Sockets) -> Vec<Arc<Socket>> {
    sockets.state().slots.iter().map(|slot| Arc::clone(&slot.socket)).collect()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn twenty_thousand_questions_have_ports_and_ids_that_nobody_foresees() {
    let scripted = ScriptedUpstream::answering(RIGHT).await;
    let (sockets, counters) = (pool(scripted.address, MOST), Arc::new(Counters::default()));
    // The pool is full from here on, so every port is drawn from alike.
    sockets.draw(Instant::now()).expect("a socket");
    filled(&sockets, MOST).await;
    let mut askers = JoinSet::new();
    for asker in 0..20 {
        let (sockets, counters) = (Arc::clone(&sockets), Arc::clone(&counters));
        askers.spawn(async move {
            for number in 0..1000 {
                let question = Question::of(&query(&format!("n{number}.m{asker}.example")));
                let pace = Pace::default();
                let asked = exchange(
                    &sockets,
                    &question,
                    (Spelling::Random, Announced::Edns),
                    (&pace, pace.pauses(100 * SECOND)),
                    &counters,
                    None,
                );
                assert!(matches!(asked.await, Ok(Heard::Answer(_))));
            }
        });
    }
    askers.join_all().await;

    let seen = scripted.seen();
    let mut ports: HashMap<u16, u64> = HashMap::new();
    for asked in &seen {
        *ports.entry(asked.from.port()).or_default() += 1;
    }
    let most = *ports.values().max().expect("ports");
    assert!(most <= u64::from(QUESTIONS), "one port carried {most}");
    assert!(most as f64 <= 0.005 * seen.len() as f64, "one port carried {most} of {}", seen.len());
    assert!(ports.len() >= MOST, "{} ports", ports.len());
    assert!(ports.keys().all(|port| *port >= 20_000));
    println!("{} questions, {} ports, most {most}", seen.len(), ports.len());
    let projections: [fn(u16) -> u16; 5] = [
        |id| id & 0xff,
        |id| id >> 8,
        |id| (id ^ id >> 8) & 0xff,
        |id| id.wrapping_add(id >> 8) & 0xff,
        |id| id.wrapping_sub(id >> 8) & 0xff,
    ];
    let of_ids = |project: fn(u16) -> u16| {
        let mut counts = [0_u64; 256];
        seen.iter().for_each(|asked| counts[usize::from(project(asked.id()))] += 1);
        ChiSquared::of(counts.into_iter())
    };
    assert_chance("ids", projections.map(of_ids));
}

#[tokio::test]
async fn every_socket_of_a_full_pool_is_drawn_alike() {
    let mut samples = Vec::new();
    for _ in 0..5 {
        let (sockets, now) = (pool(([127, 0, 0, 1], 9).into(), MOST), Instant::now());
        sockets.draw(now).expect("a socket");
        filled(&sockets, MOST).await;
        let mut counts: HashMap<usize, u64> = addresses(&sockets).into_iter().map(|address| (address, 0)).collect();
        let _held = held(&sockets);
        // No longer ago than a socket lives, by the pool's clock.
        for _ in 0..20_000 {
            let drawn = Arc::as_ptr(&sockets.draw(now).expect("a socket")) as usize;
            *counts.entry(drawn).or_default() += 1;
        }
        assert!(counts.values().all(|count| *count <= 100), "a two-hundredth at most");
        samples.push(ChiSquared::of(counts.into_values().collect::<Vec<_>>().into_iter()));
    }
    assert_chance("sockets", samples);
}

#[tokio::test]
async fn who_has_few_sockets_is_told_once_what_to_do() {
    let log = Log::listen();
    let (few, enough) = (pool(([127, 0, 0, 1], 9).into(), ENOUGH - 1), pool(([127, 0, 0, 1], 10).into(), ENOUGH));
    for sockets in [&few, &enough] {
        sockets.draw(Instant::now()).expect("a socket");
        sockets.look_through(Instant::now()).await;
        sockets.look_through(Instant::now()).await;
    }
    let said = log.lines_with("few sockets");
    assert_eq!(
        said,
        ["WARN few sockets: fewer ports make forged answers likelier upstream=127.0.0.1:9 sockets=511 wanted=512 \
          hint=\"raise the limit of open files (LimitNOFILE)\""]
    );
}

/// A full pool to a port at which nobody needs to listen, and the time at which its first socket was drawn.
async fn full(sockets: usize) -> (Arc<Sockets>, Instant, Arc<Socket>) {
    let (pool, now) = (pool(([127, 0, 0, 1], 9).into(), sockets), Instant::now());
    let drawn: Vec<_> = (0..2).map(|_| pool.draw(now).expect("a socket")).collect();
    let first = Arc::clone(&drawn[0]);
    let distinct: HashSet<_> = drawn.iter().map(Arc::as_ptr).collect();
    assert_eq!(distinct.len(), drawn.len(), "the first questions have one each");
    filled(&pool, sockets).await;
    (pool, now, first)
}

#[tokio::test]
async fn a_socket_is_replaced_ten_seconds_after_its_first_question() {
    let (sockets, now, first) = full(16).await;
    let (before, kept) = (addresses(&sockets), held(&sockets));
    sockets.look_through(now + AGE - SECOND).await;
    assert_eq!(addresses(&sockets), before, "what carried nothing, or carries for nine seconds, stays");
    sockets.look_through(now + AGE).await;
    let after = addresses(&sockets);
    assert_eq!((after.len(), after.intersection(&before).count()), (16, 14), "the two that were asked were replaced");
    assert!(!after.contains(&(Arc::as_ptr(&first) as usize)));
    drop(kept);
    assert_eq!(Arc::strong_count(&first), 1, "whoever waits on it still holds it, and nobody else");
    sockets.draw(now + AGE).expect("a socket");
    let _held = held(&sockets);
    sockets.look_through(now + IDLE + SECOND).await;
    let left = addresses(&sockets).intersection(&after).count();
    assert!(left <= 2, "{left} left: a minute is the end of what carried nothing too, but for the two that are younger");
}

#[tokio::test]
async fn a_socket_past_its_age_is_not_drawn_even_before_it_is_replaced() {
    let (sockets, now, _first) = full(16).await;
    let old: HashSet<_> = addresses(&sockets);
    let drawn: Vec<_> = (0..400).map(|_| sockets.draw(now).expect("a socket")).collect();
    assert!(drawn.iter().all(|socket| old.contains(&(Arc::as_ptr(socket) as usize))));
    let late = sockets.draw(now + AGE).expect("a socket");
    assert!(!old.contains(&(Arc::as_ptr(&late) as usize)), "opened for this question");
}

#[tokio::test]
async fn no_socket_takes_more_than_its_questions() {
    let (sockets, now) = (pool(([127, 0, 0, 1], 9).into(), 16), Instant::now());
    let mut carried: HashMap<usize, u32> = HashMap::new();
    let mut held = Vec::new();
    // The keeper has no turn meanwhile.
    for _ in 0..2000 {
        let socket = sockets.draw(now).expect("a socket");
        *carried.entry(Arc::as_ptr(&socket) as usize).or_default() += 1;
        held.push(socket);
    }
    assert!(carried.values().all(|count| *count <= QUESTIONS), "{:?}", carried.values().max());
    assert!(carried.len() >= 2000 / 64);
}

#[tokio::test]
async fn a_pool_that_nobody_asks_closes_and_comes_back() {
    let (sockets, now, _first) = full(32).await;
    assert_eq!(sockets.look_through(now + IDLE).await, Keeper::Absent);
    assert_eq!(sockets.state().slots.len(), 0);
    sockets.draw(now + IDLE).expect("a socket");
    filled(&sockets, 32).await;
}

#[tokio::test]
async fn one_question_fills_the_pool_and_those_before_it_is_full_have_ports_of_their_own() {
    let (sockets, now) = (pool(([127, 0, 0, 1], 9).into(), MOST), Instant::now());
    // The keeper has no turn meanwhile.
    let drawn: HashSet<_> = (0..ENOUGH).map(|_| Arc::as_ptr(&sockets.draw(now).expect("a socket"))).collect();
    assert_eq!((drawn.len(), sockets.state().slots.len()), (ENOUGH, ENOUGH), "none is drawn twice");
    filled(&sockets, MOST).await;
    let (other, later) = (pool(([127, 0, 0, 1], 9).into(), MOST), Instant::now());
    other.draw(later).expect("a socket");
    filled(&other, MOST).await;
    // A question in nearly a minute is enough for it to stay so.
    other.draw(later + IDLE - SECOND).expect("a socket");
    other.look_through(later + IDLE).await;
    assert_eq!(other.state().slots.len(), MOST);
}

#[tokio::test]
async fn one_word_that_nobody_listens_is_not_believed() {
    let scripted = ScriptedUpstream::start(|asked| vec![Step::Wait(SECOND / 10), Step::Send(asked.answer(RIGHT))]).await;
    let (sockets, counters, pace) = (pool(scripted.address, 64), Counters::default(), Pace::default());
    let question = Question::of(&query("school.example"));
    let how = (Spelling::Random, Announced::Edns);
    let asked = exchange(&sockets, &question, how, (&pace, pace.pauses(100 * SECOND)), &counters, None);
    let forger = async {
        while scripted.seen().is_empty() {
            tokio::task::yield_now().await;
        }
        // As if ICMP had come for each port: the question is on one of them.
        held(&sockets).iter().for_each(|socket| socket.tell_all(&mut Hearing::alone()));
    };
    let (heard, ()) = tokio::join!(asked, forger);
    assert!(matches!(heard, Ok(Heard::Answer(_))), "{heard:?}");
    assert_eq!(scripted.seen().len(), 2, "asked once more");
}

#[tokio::test]
async fn renewed_sockets_are_all_new() {
    let (sockets, now, _first) = full(32).await;
    let held = held(&sockets);
    let before = addresses(&sockets);
    sockets.renew();
    sockets.look_through(now).await;
    assert!(addresses(&sockets).is_disjoint(&before));
    assert_eq!((held.len(), addresses(&sockets).len()), (32, 32));
}

#[tokio::test]
async fn a_pool_that_is_dropped_leaves_its_share() {
    let (ration, now) = (Ration::new(64), Instant::now());
    let [first, second] = [(); 2].map(|()| Sockets::new(([127, 0, 0, 1], 9).into(), &Arc::default(), ration.share()));
    first.draw(now).expect("a socket");
    filled(&first, 32).await;
    drop(second);
    first.look_through(now).await;
    assert_eq!(first.state().slots.len(), 64);
}
