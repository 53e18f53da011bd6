//! Who is asked when: hedging, strategy `parallel`, probes of our own, what one query may cost, aliases in a circle.

use super::super::super::system::SystemFiles;
use super::super::super::{Server, UpstreamAddress};
use super::*;
use crate::dns::Transport;

#[tokio::test]
async fn an_answer_that_takes_unusually_long_is_had_from_the_next() {
    let first = ScriptedUpstream::start(|asked| match asked.name().starts_with("slow") {
        true => vec![Step::Wait(LONG / 2), Step::Send(asked.answer(WRONG))],
        false => vec![Step::Send(asked.answer(RIGHT))],
    })
    .await;
    let second = ScriptedUpstream::start(|asked| vec![Step::Wait(SECOND / 50), Step::Send(asked.answer(RIGHT))]).await;
    // Patience would be twenty seconds.
    let settings = Settings { strategy: Strategy::Fastest, timeout: 100 * SECOND, ..in_order(&[first.address, second.address]) };
    let upstreams = Upstreams::new(&settings).expect("upstreams");
    for number in 0..30 {
        assert_eq!(addresses_of(&upstreams, &format!("n{number}.example")).await, [RIGHT]);
    }
    for number in 0..5 {
        assert_eq!(addresses_of(&upstreams, &format!("slow{number}.example")).await, [RIGHT]);
    }
    assert!(upstreams.stats()[0].up, "slower than another once is no failure");
    assert_eq!(failures(&upstreams, 0, Fault::Timeout), 0);
}

#[tokio::test]
async fn parallel_asks_two_and_takes_the_first_answer() {
    let slow = ScriptedUpstream::start(|asked| vec![Step::Wait(LONG / 2), Step::Send(asked.answer(WRONG))]).await;
    // Not at once: an answer that is there before the second one's turn leaves nothing to ask.
    let soon = |address| ScriptedUpstream::start(move |asked| vec![Step::Wait(SECOND / 20), Step::Send(asked.answer(address))]);
    let (quick, third) = (soon(RIGHT).await, soon(WRONG).await);
    let addresses = [slow.address, quick.address, third.address];
    let settings = Settings { strategy: Strategy::Parallel, timeout: 100 * SECOND, ..in_order(&addresses[..2]) };
    let upstreams = Upstreams::new(&settings).expect("upstreams");
    for number in 0..10 {
        assert_eq!(addresses_of(&upstreams, &format!("n{number}.example")).await, [RIGHT]);
    }
    assert_eq!((slow.seen().len(), quick.seen().len()), (10, 10));
    let three = Upstreams::new(&Settings { strategy: Strategy::Parallel, ..in_order(&addresses) }).expect("upstreams");
    ask(&three, "school.example").await.expect("an answer");
    assert_eq!(slow.seen().len() + quick.seen().len() + third.seen().len(), 22, "two of three");
}

#[tokio::test]
async fn an_upstream_that_comes_back_at_night_is_noticed_whatever_it_says_of_the_root() {
    // An answer; REFUSED and NOTAUTH, as a zone's server says of what is not its own; SERVFAIL.
    let mut cases = JoinSet::new();
    for rcode in [0, 5, 9, 2] {
        cases.spawn(comes_back(rcode));
    }
    cases.join_all().await;
}

async fn comes_back(rcode: u8) {
    let alive = Arc::new(std::sync::atomic::AtomicBool::new(false));
    let scripted = {
        let alive = Arc::clone(&alive);
        ScriptedUpstream::start(move |asked| match alive.load(std::sync::atomic::Ordering::SeqCst) {
            true if rcode == 0 => vec![Step::Send(asked.answer(RIGHT))],
            true => vec![Step::Send(asked.rcode(rcode))],
            false => Vec::new(),
        })
        .await
    };
    let upstreams = hasty(&[scripted.address], SECOND / 10);
    for number in 0..3 {
        ask(&upstreams, &format!("n{number}.example")).await.expect_err("nobody answers");
    }
    assert!(!upstreams.stats()[0].up);
    alive.store(true, std::sync::atomic::Ordering::SeqCst);
    // Nobody asks anything.
    timeout(LONG, async {
        while !upstreams.stats()[0].up {
            tokio::time::sleep(SECOND / 20).await;
        }
    })
    .await
    .expect("noticed within ten seconds");
    assert!(upstreams.pool.upstreams[0].watched.load(std::sync::atomic::Ordering::SeqCst), "until its next look");
    let last = scripted.seen().pop().expect("a probe");
    assert_eq!((last.name().as_str(), last.record_type()), ("", 2));
}

#[tokio::test]
async fn one_query_costs_four_askings_however_many_decline() {
    let mut servers = Vec::new();
    for rcode in [2, 5, 2, 4, 1, 2] {
        servers.push(ScriptedUpstream::start(move |asked| vec![Step::Send(asked.rcode(rcode))]).await);
    }
    let addresses: Vec<_> = servers.iter().map(|server| server.address).collect();
    for (number, strategy) in [Strategy::InOrder, Strategy::Fastest, Strategy::Parallel].into_iter().enumerate() {
        let upstreams = Upstreams::new(&Settings { strategy, ..in_order(&addresses) }).expect("upstreams");
        let name = format!("school-{number}.example");
        assert_eq!(ask(&upstreams, &name).await.expect("SERVFAIL").rcode(), Rcode::SERVFAIL);
        // A server may hear a question after the answer to it was of no more use.
        let asked = || servers.iter().flat_map(ScriptedUpstream::seen).filter(|query| query.name() == name).count();
        tokio::time::sleep(SECOND / 5).await;
        assert_eq!(asked(), 4, "{strategy:?}");
    }
}

#[tokio::test]
async fn aliases_in_a_circle_are_the_names_fault() {
    let scripted = ScriptedUpstream::start(|asked| {
        let mut reply = asked.reply(0x8180);
        reply[7] = 1;
        // The name is an alias of itself.
        reply.extend([0xc0, 12, 0, 5, 0, 1, 0, 0, 0, 60, 0, 2, 0xc0, 12]);
        vec![Step::Send(reply)]
    })
    .await;
    let upstreams = pool(&[scripted.address]);
    for number in 0..5 {
        let failure = ask(&upstreams, &format!("n{number}.example")).await.expect_err("no answer");
        assert_eq!((failure.kind, failure.ede()), (FailureKind::Network, Ede::NETWORK_ERROR));
    }
    assert!(upstreams.stats()[0].up);
}

#[tokio::test]
async fn zones_and_reloads_share_an_upstream_that_they_have_in_common() {
    let [shared, other] = [ScriptedUpstream::answering(RIGHT).await, ScriptedUpstream::answering(RIGHT).await];
    let [first, second] = [pool(&[shared.address]), pool(&[other.address])];
    let both = Upstreams::new_from(&in_order(&[other.address, shared.address]), [&first, &second]).expect("upstreams");
    ask(&first, "a.example").await.expect("an answer");
    ask(&both, "b.example").await.expect("an answer");
    assert_eq!(both.stats().iter().map(|stats| stats.requests).collect::<Vec<_>>(), [1, 1]);
    assert_eq!(second.stats()[0].requests, 1);
}

#[test]
fn the_systems_resolvers_are_followed() {
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("resolv.conf");
    let write = |text: &str| std::fs::write(&file, text).expect("the folder takes files");
    write("nameserver 192.0.2.1\n");
    let system = SystemFiles { first: file.clone(), behind: Vec::new() };
    let settings = Settings { system, ..Settings::new(vec![Server::System]) };
    let upstreams = Upstreams::new(&settings).expect("upstreams");
    assert!(!upstreams.are_outdated(&settings));
    write("# by the router\nnameserver 192.0.2.1\n");
    assert!(!upstreams.are_outdated(&settings), "another file, the same resolver");
    write("");
    assert!(!upstreams.are_outdated(&settings), "nobody is no reason to leave those of before");
    write("nameserver 192.0.2.2\n");
    assert!(upstreams.are_outdated(&settings));
    let renewed = Upstreams::new_from(&settings, [&upstreams]).expect("upstreams");
    assert!(!renewed.are_outdated(&settings));
    assert_ne!(renewed.route(), upstreams.route());
    let fixed = in_order(&[([192, 0, 2, 9], 53).into()]);
    assert!(!Upstreams::new(&fixed).expect("upstreams").are_outdated(&fixed));
    let named = UpstreamAddress::new(Transport::Udp, ([192, 0, 2, 2], 53).into());
    assert_eq!(renewed.stats()[0].upstream, named.text);
}
