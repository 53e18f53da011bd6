//! Aliases that lead from one zone's servers to another's: how many are followed, and how long a client waits for all of them.

use std::collections::BTreeSet;
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use khien::clock::Clock;
use khien::dns::RecordType;

use crate::kit::School;
use crate::kit::packet::{Packet, answer, name};
use crate::kit::reply::Reply;
use crate::kit::udp::Client;
use crate::kit::upstream::{Asked, ScriptedUpstream, Step};

const CLIENT: &str = "127.0.0.7";

const MS: Duration = Duration::from_millis(1);

/// A school whose clients may ask everything, and that asks these servers for these zones.
async fn school(timeout: &str, zones: &[(&str, &ScriptedUpstream)]) -> School {
    let zone = |(name, upstream): &(&str, &ScriptedUpstream)| {
        format!("[[upstream.zone]]\nname = \"{name}\"\nservers = [\"udp://{}\"]\n", upstream.address)
    };
    let zones: String = zones.iter().map(zone).collect();
    School::start(&format!(
        "timeout = \"{timeout}\"\n{zones}[[group]]\nid = \"all\"\nsubnets = [\"127.0.0.0/8\"]\ntier = \"staff\"\n"
    ))
    .await
}

/// An alias of the question's name.
fn alias(asked: &Asked, target: &str) -> Step {
    Step::Send(asked.respond(0, &[answer(5, 300, &name(target))], &[]))
}

async fn asks(school: &School, asked: &str) -> Reply {
    let client = Client::new(CLIENT, school.dns()).await;
    Reply::read(&client.one(&Packet::new(asked, 1).edns(0).bytes()).await)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stale_answer_waits_for_the_whole_way_and_not_for_each_step() {
    // By the school's clock 1.2 seconds are gone when the first has answered, so that 0.3 are left for the second.
    let clock = Arc::new(OnceLock::<Clock>::new());
    let moved = Arc::clone(&clock);
    let first = ScriptedUpstream::start(move |asked| {
        let clock = moved.get().expect("there before anything is asked");
        clock.move_to(clock.wall() + 1200 * MS);
        vec![alias(asked, "www.two.lan")]
    })
    .await;
    let second = ScriptedUpstream::start(|asked| match asked.number {
        0 => vec![Step::Send(asked.answer([10, 0, 0, 8].into()))],
        // Within 1.5 seconds of when it was asked, and not within 1.8 of the client's query.
        _ => vec![Step::Wait(1000 * MS), Step::Send(asked.answer([10, 0, 0, 99].into()))],
    })
    .await;
    let school = school("30s", &[("one.lan", &first), ("two.lan", &second)]).await;
    clock.set(school.clock.clone()).expect("once");
    assert_eq!(asks(&school, "www.two.lan").await.addresses(), ["10.0.0.8"]);
    school.later(Duration::from_secs(301));
    let reply = asks(&school, "www.one.lan").await;
    assert_eq!((reply.addresses(), reply.ede().map(|(code, _)| code)), (vec!["10.0.0.8".to_owned()], Some(3)));
    school.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn all_steps_together_have_the_time_of_one_question() {
    let first = ScriptedUpstream::start(|asked| vec![Step::Wait(1400 * MS), alias(asked, "www.two.lan")]).await;
    let second =
        ScriptedUpstream::start(|asked| vec![Step::Wait(1500 * MS), Step::Send(asked.answer([10, 0, 0, 8].into()))]).await;
    let school = school("2s", &[("one.lan", &first), ("two.lan", &second)]).await;
    let reply = asks(&school, "www.one.lan").await;
    assert_eq!((reply.rcode().as_str(), reply.ede().map(|(code, _)| code)), ("SERVFAIL", Some(22)));
    // What came too late for that client is there for the next.
    let there = async {
        while asks(&school, "www.one.lan").await.addresses() != ["10.0.0.8"] {
            tokio::time::sleep(20 * MS).await;
        }
    };
    tokio::time::timeout(Duration::from_secs(60), there).await.expect("it is kept");
    // What was sent again has the same id.
    let asked = [&first, &second].map(|upstream| upstream.seen().iter().map(Asked::id).collect::<BTreeSet<_>>().len());
    assert_eq!(asked, [1, 1]);
    school.close().await;
}

/// A server that makes `nN` of its zone an alias of the next number in the other zone, up to where the way ends.
async fn onward(other: &'static str, end: usize) -> ScriptedUpstream {
    ScriptedUpstream::start(move |asked| {
        let number: usize = asked.name()[1..].split('.').next().expect("a label").parse().expect("a number");
        let step = if number == end {
            Step::Send(asked.answer([10, 0, 0, 8].into()))
        } else {
            alias(asked, &format!("n{}.{other}", number + 1))
        };
        vec![step]
    })
    .await
}

#[tokio::test(flavor = "multi_thread")]
async fn eleven_questions_are_asked_for_one_and_no_more() {
    for (end, found) in [(10, true), (11, false), (1000, false)] {
        let [one, two] = [onward("two.lan", end).await, onward("one.lan", end).await];
        let school = school("30s", &[("one.lan", &one), ("two.lan", &two)]).await;
        let reply = school.ask(CLIENT, RecordType::A, "n0.one.lan").await;
        if found {
            assert_eq!((reply.message.answers.len(), reply.addresses()), (11, vec!["10.0.0.8".to_owned()]));
        } else {
            assert_eq!((reply.rcode().as_str(), reply.message.answers.len()), ("SERVFAIL", 0), "{end}");
        }
        assert_eq!(one.seen().len() + two.seen().len(), 11, "{end}");
        // Nor is more asked when all of it is kept.
        school.ask(CLIENT, RecordType::A, "n0.one.lan").await;
        assert_eq!(one.seen().len() + two.seen().len(), 11, "{end}");
        school.close().await;
    }
}
