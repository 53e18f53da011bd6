//! One upstream of two dies, in eight ways; datagrams are lost; a zone is dead: the questions that can be answered are.

use std::net::SocketAddr;
use std::sync::atomic::{AtomicBool, Ordering::SeqCst};

use super::*;

/// How an upstream dies.
#[derive(Debug, Clone, Copy)]
enum Death {
    Silence,
    ClosedPort,
    Servfail,
    Refused,
    Garbage,
    Slowness,
    WrongIds,
    TruncationWithoutTcp,
}

const DEATHS: [Death; 8] = [
    Death::Silence,
    Death::ClosedPort,
    Death::Servfail,
    Death::Refused,
    Death::Garbage,
    Death::Slowness,
    Death::WrongIds,
    Death::TruncationWithoutTcp,
];

/// An upstream that answers until `dead` says otherwise.
async fn mortal(death: Death, dead: Arc<AtomicBool>) -> ScriptedUpstream {
    ScriptedUpstream::start_udp(move |asked| {
        let right = asked.answer(RIGHT);
        if !dead.load(SeqCst) {
            return vec![Step::Send(right)];
        }
        match death {
            Death::Silence | Death::ClosedPort => Vec::new(),
            Death::Servfail => vec![Step::Send(asked.rcode(2))],
            Death::Refused => vec![Step::Send(asked.rcode(5))],
            Death::Garbage => vec![Step::Send(vec![0x5a; 100])],
            Death::Slowness => vec![Step::Wait(3 * SECOND), Step::Send(right)],
            Death::WrongIds => {
                let mut wrong = right;
                wrong[0] ^= 0x55;
                vec![Step::Send(wrong)]
            }
            Death::TruncationWithoutTcp => vec![Step::Send(asked.truncated())],
        }
    })
    .await
}

/// Asks `count` questions, one each ten milliseconds, and returns how long each took; all have to be answered.
async fn stream(upstreams: &Arc<Upstreams>, prefix: &'static str, count: u32) -> Vec<Duration> {
    let mut askers = JoinSet::new();
    for number in 0..count {
        let upstreams = Arc::clone(upstreams);
        askers.spawn(async move {
            let begun = Instant::now();
            let found = addresses_of(&upstreams, &format!("{prefix}{number}.n{number}.example")).await;
            assert_eq!(found, [RIGHT], "question {number}");
            begun.elapsed()
        });
        tokio::time::sleep(SECOND / 100).await;
    }
    let mut took = askers.join_all().await;
    took.sort_unstable();
    took
}

async fn one_of_two_dies(death: Death, strategy: Strategy) {
    let dead = Arc::new(AtomicBool::new(false));
    let first = mortal(death, Arc::clone(&dead)).await;
    let second = ScriptedUpstream::start(|asked| vec![Step::Wait(SECOND / 500), Step::Send(asked.answer(RIGHT))]).await;
    let settings = Settings { strategy, ..in_order(&[first.address, second.address]) };
    let upstreams = Arc::new(Upstreams::new(&settings).expect("upstreams"));
    stream(&upstreams, "before", 20).await;
    dead.store(true, SeqCst);
    // A closed port is told by ICMP.
    let _first = if matches!(death, Death::ClosedPort) { None } else { Some(first) };
    let took = stream(&upstreams, "after", 300).await;
    let [median, last_but_a_hundredth] = [took[took.len() / 2], took[took.len() * 99 / 100]];
    println!("{strategy:?} {death:?}: 300 of 300 answered, median {median:.1?}, p99 {last_but_a_hundredth:.1?}");
    // What is asked for is 500 ms; a machine that is busy with other tests has twice that.
    assert!(last_but_a_hundredth <= SECOND, "{strategy:?} {death:?}: {last_but_a_hundredth:?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn whatever_one_of_two_dies_of_every_question_is_answered() {
    let mut cases = JoinSet::new();
    for strategy in [Strategy::Fastest, Strategy::Parallel, Strategy::InOrder] {
        for death in DEATHS {
            cases.spawn(one_of_two_dies(death, strategy));
        }
    }
    cases.join_all().await;
}

/// Asks names of an upstream that loses this share of all datagrams, and returns how many of how many were answered.
async fn answered_under_loss(lost: f64) -> (usize, usize) {
    let scripted =
        ScriptedUpstream::start(
            move |asked| {
                if rand::random_bool(lost) { Vec::new() } else { vec![Step::Send(asked.answer(RIGHT))] }
            },
        )
        .await;
    let upstreams = Arc::new(pool(&[scripted.address]));
    for number in 0..30 {
        ask(&upstreams, &format!("before{number}.example")).await.ok();
    }
    let mut askers = JoinSet::new();
    for asker in 0..50 {
        let upstreams = Arc::clone(&upstreams);
        askers.spawn(async move {
            let mut answered = 0;
            for number in 0..40 {
                answered += usize::from(ask(&upstreams, &format!("m{asker}.n{number}.example")).await.is_ok());
            }
            answered
        });
    }
    (askers.join_all().await.into_iter().sum(), 2000)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn three_datagrams_in_ten_may_be_lost() {
    // Lost on the way there or on the way back; and on both, where about one question in 1,700 is expected to fail. What is
    // asked for is 99.9 %, and what is printed on a quiet machine; on a busy one answers come late, and loss is seen later.
    let (one_way, both_ways) = tokio::join!(answered_under_loss(0.3), answered_under_loss(1.0 - 0.7 * 0.7));
    println!("answered of 2,000: {} with three in ten lost one way, {} both ways", one_way.0, both_ways.0);
    assert!(one_way.0 >= 1990, "{one_way:?}");
    assert!(both_ways.0 >= 1985, "{both_ways:?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn random_names_of_a_dead_zone_take_no_room_from_others() {
    let answers = |asked: &super::super::super::scripted::Asked| {
        let alive = !asked.name().ends_with("dead.example");
        if alive { vec![Step::Send(asked.answer(RIGHT))] } else { Vec::new() }
    };
    let [first, second] = [ScriptedUpstream::start(answers).await, ScriptedUpstream::start(answers).await];
    let settings = Settings { strategy: Strategy::Fastest, ..in_order(&[first.address, second.address]) };
    let upstreams = Arc::new(Upstreams::new(&settings).expect("upstreams"));
    let torture = {
        let upstreams = Arc::clone(&upstreams);
        tokio::spawn(async move {
            let (mut askers, mut refused) = (JoinSet::new(), 0);
            for number in 0..4000_u32 {
                let upstreams = Arc::clone(&upstreams);
                let [_, third, second, first] = number.to_be_bytes();
                let query = query_from(&format!("r{number}.dead.example"), [10, third, second, first]);
                askers.spawn(async move { upstreams.ask(&query).await });
                if number % 20 == 0 {
                    tokio::time::sleep(SECOND / 100).await;
                }
                while let Some(ended) = askers.try_join_next() {
                    refused += usize::from(ended.is_ok_and(|answer| answer.is_err_and(|it| it.kind == FailureKind::ZoneBusy)));
                }
            }
            (upstreams.in_flight(), refused)
        })
    };
    let took = stream(&upstreams, "good", 200).await;
    let last_but_a_hundredth = took[took.len() * 99 / 100];
    let (under_way, refused) = torture.await.expect("no panic");
    println!(
        "p99 of other names {last_but_a_hundredth:.1?}; {refused} random names turned away, {under_way} under way at the end"
    );
    // What is asked for is 50 ms.
    assert!(last_but_a_hundredth <= SECOND / 2, "{last_but_a_hundredth:?}");
    assert!(refused > 1000 && under_way <= settings.in_flight / 4 + 200, "{refused} turned away, {under_way} under way");
    assert!(upstreams.stats().iter().all(|stats| stats.up), "a dead zone is not the upstreams' fault");
}

#[tokio::test]
async fn a_dead_family_costs_a_quarter_of_a_second_and_then_nothing() {
    let Ok(dead) = std::net::UdpSocket::bind("[::1]:0") else {
        println!("skipped: this machine has no IPv6 loopback");
        return;
    };
    let dead_address: SocketAddr = dead.local_addr().expect("a bound socket has an address");
    let live = ScriptedUpstream::answering(RIGHT).await;
    // A fifth of this time would be four seconds.
    let upstreams = Arc::new(hasty(&[dead_address, live.address], 20 * SECOND));
    let begun = Instant::now();
    assert_eq!(addresses_of(&upstreams, "first.example").await, [RIGHT]);
    let first = begun.elapsed();
    println!("the first question took {first:.1?}");
    assert!(first >= SECOND / 4 && first < 3 * SECOND, "{first:?}");
    for number in 0..2 {
        assert_eq!(addresses_of(&upstreams, &format!("n{number}.example")).await, [RIGHT]);
    }
    assert!(!upstreams.stats()[0].up, "three questions are enough, though none waited for all of its patience");
    let took = stream(&upstreams, "after", 50).await;
    assert!(took[49] < SECOND / 5, "no question waits for the dead one: {took:?}");
}
