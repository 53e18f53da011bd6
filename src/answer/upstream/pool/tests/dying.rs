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

/// Asks `count` questions, one each ten milliseconds; all have to be answered.
async fn stream(upstreams: &Arc<Upstreams>, prefix: &'static str, count: u32) {
    let mut askers = JoinSet::new();
    for number in 0..count {
        let upstreams = Arc::clone(upstreams);
        askers.spawn(async move {
            let found = addresses_of(&upstreams, &format!("{prefix}{number}.n{number}.example")).await;
            assert_eq!(found, [RIGHT], "question {number}");
        });
        tokio::time::sleep(SECOND / 100).await;
    }
    askers.join_all().await;
}

/// How soon each is answered is for `clockwork` to say, which no other work on the machine makes slower.
async fn one_of_two_dies(death: Death, strategy: Strategy) {
    let dead = Arc::new(AtomicBool::new(false));
    let first = mortal(death, Arc::clone(&dead)).await;
    let second = ScriptedUpstream::start(|asked| vec![Step::Wait(SECOND / 500), Step::Send(asked.answer(RIGHT))]).await;
    let settings =
        Settings { strategy, timeout: 2 * LONG, in_flight_per_client: 1000, ..in_order(&[first.address, second.address]) };
    let upstreams = Arc::new(Upstreams::new(&settings).expect("upstreams"));
    stream(&upstreams, "before", 20).await;
    dead.store(true, SeqCst);
    // A closed port is told by ICMP.
    let _first = if matches!(death, Death::ClosedPort) { None } else { Some(first) };
    stream(&upstreams, "after", 300).await;
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

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_lost_is_sent_again_until_it_is_answered() {
    // Of each question none, one or two sendings are lost; `pace` has the share that is answered where chance has its way.
    let sendings = Arc::new(std::sync::Mutex::new(std::collections::HashMap::<String, usize>::new()));
    let seen = Arc::clone(&sendings);
    let scripted = ScriptedUpstream::start(move |asked| {
        let name = asked.name();
        let lost = name.bytes().map(usize::from).sum::<usize>() % 3;
        let mut seen = seen.lock().expect("nobody panics with it");
        let count = seen.entry(name).or_default();
        *count += 1;
        if *count > lost { vec![Step::Send(asked.answer(RIGHT))] } else { Vec::new() }
    })
    .await;
    let upstreams = Arc::new(hasty(&[scripted.address], LONG));
    let mut askers = JoinSet::new();
    for asker in 0..50 {
        let upstreams = Arc::clone(&upstreams);
        askers.spawn(async move {
            for number in 0..6 {
                assert_eq!(addresses_of(&upstreams, &format!("m{asker}.n{number}.example")).await, [RIGHT]);
            }
        });
    }
    askers.join_all().await;
    assert_eq!(sendings.lock().expect("nobody panics with it").len(), 300);
    assert_eq!(scripted.count(By::Tcp), 0);
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
    // What it costs them in time is measured by `tests/load/noisy.py`.
    stream(&upstreams, "good", 200).await;
    let (under_way, refused) = torture.await.expect("no panic");
    println!("{refused} random names turned away, {under_way} under way at the end");
    assert!(refused > 1000 && under_way <= settings.in_flight / 4 + 200, "{refused} turned away, {under_way} under way");
    assert!(upstreams.stats().iter().all(|stats| stats.up), "a dead zone is not the upstreams' fault");
}

#[tokio::test]
async fn the_other_family_is_asked_before_patience_is_over_and_the_dead_one_is_set_back() {
    let Ok(dead) = std::net::UdpSocket::bind("[::1]:0") else {
        println!("skipped: this machine has no IPv6 loopback");
        return;
    };
    dead.set_nonblocking(true).expect("an option of every socket");
    let dead_address: SocketAddr = dead.local_addr().expect("a bound socket has an address");
    let live = ScriptedUpstream::answering(RIGHT).await;
    // Twenty seconds are a fifth of this time: who waited for that would be out of the test's bound.
    let upstreams = Arc::new(hasty(&[dead_address, live.address], 100 * SECOND));
    for number in 0..3 {
        assert!(upstreams.stats()[0].up, "after {number}");
        assert_eq!(addresses_of(&upstreams, &format!("n{number}.example")).await, [RIGHT]);
    }
    assert!(!upstreams.stats()[0].up, "three questions are enough, though none waited for all of its patience");
    let begun = Instant::now();
    for number in 0..50 {
        assert_eq!(addresses_of(&upstreams, &format!("after{number}.example")).await, [RIGHT]);
    }
    // What came there since is probes: one a second, and one of our own.
    let (mut datagram, mut after) = ([0; 512], 0);
    while let Ok(length) = dead.recv(&mut datagram) {
        after += u64::from(datagram[..length].to_ascii_lowercase().windows(6).any(|part| part.starts_with(b"after")));
    }
    assert!(after <= begun.elapsed().as_secs() + 1, "{after} of 50");
}
