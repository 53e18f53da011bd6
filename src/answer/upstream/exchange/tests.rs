//! One question and one upstream: what is believed, what is ignored, and what is asked again otherwise.

use std::collections::HashSet;
use std::net::Ipv4Addr;

use tokio::time::timeout;

use super::super::scripted::{Asked, By, ScriptedUpstream, Step};
use super::super::testing::{RIGHT, WRONG, addresses_in, query, upstream};
use super::*;

/// Long enough for every answer on loopback, and the bound of each test's wait.
const LONG: Duration = Duration::from_secs(10);

/// Asks for `name`, and returns what came as addresses.
async fn ask(upstream: &Upstream, name: &str) -> Result<Vec<Ipv4Addr>, Fault> {
    let question = Question::of(&query(name));
    let outcome =
        timeout(LONG, upstream.ask(&question, &Effort::new(8 * LONG))).await.expect("an answer within the test's bound")?;
    match outcome {
        Outcome::Message(relayed) => Ok(addresses_in(&relayed)),
        Outcome::Bare(_) | Outcome::Useless => Ok(Vec::new()),
    }
}

fn faults(upstream: &Upstream, fault: Fault) -> u64 {
    upstream.counters.failures().into_iter().find(|(known, _)| *known == fault).map_or(0, |(_, count)| count)
}

#[tokio::test]
async fn ports_ids_and_letters_are_new_each_time() {
    let scripted = ScriptedUpstream::answering(RIGHT).await;
    let upstream = upstream(Transport::Udp, scripted.address);
    for _ in 0..64 {
        assert_eq!(ask(&upstream, "a-long-name-with-many-letters.example").await, Ok(vec![RIGHT]));
    }
    let seen = scripted.seen();
    let distinct = |count: usize| assert!(count > 56, "{count} of 64 differ");
    let ports = seen.iter().map(|asked| asked.from.port()).collect::<HashSet<_>>().len();
    // 64 draws of at least sixteen ports: as few as eight are a matter of one in a billion.
    assert!(ports > 8, "{ports} ports");
    distinct(seen.iter().map(Asked::id).collect::<HashSet<_>>().len());
    distinct(seen.iter().map(|asked| asked.spelling().to_vec()).collect::<HashSet<_>>().len());
    assert!(seen.iter().all(|asked| asked.from.port() >= 20_000 && asked.has_edns() && asked.by == By::Udp));
}

/// Forty replies that are none, each sent before the true one.
fn malformed(asked: &Asked) -> Vec<Vec<u8>> {
    let right = asked.answer(RIGHT);
    let wrong = asked.answer(WRONG);
    let question = asked.reply(0x8180).len();
    let changed = |at: usize, to: &[u8]| {
        let mut bytes = wrong.clone();
        bytes[at..at + to.len()].copy_from_slice(to);
        bytes
    };
    let with_tail = |counts_at: usize, tail: &[u8]| {
        let mut bytes = wrong.clone();
        bytes[counts_at + 1] += 1;
        bytes.extend(tail);
        bytes
    };
    let opt = |rest: &[u8]| [&[0, 0, 41, 4, 208, 0, 0, 0, 0][..], rest].concat();
    let mut all = vec![
        Vec::new(),
        vec![0],
        vec![0xff; 512],
        vec![0; 12],
        right[..2].to_vec(),
        right[..11].to_vec(),
        right[..12].to_vec(),
        right[..question - 3].to_vec(),
        right[..question].to_vec(),
        right[..question + 5].to_vec(),
        right[..right.len() - 1].to_vec(),
        right[..right.len() - 4].to_vec(),
        // The header's bits and counts.
        changed(2, &[0x01]),
        changed(2, &[0x89]),
        changed(2, &[0xf9]),
        changed(4, &[0, 0]),
        changed(4, &[0, 2]),
        changed(4, &[0xff, 0xff]),
        changed(6, &[0, 2]),
        changed(6, &[0xff, 0xff]),
        changed(8, &[0, 1]),
        changed(8, &[0xff, 0xff]),
        changed(10, &[0, 1]),
        changed(10, &[0xff, 0xff]),
        // The question.
        changed(12, &[0xc0, 12]),
        changed(12, &[0x40]),
        changed(12, &[63]),
        changed(12, &[0]),
        changed(question - 4, &[0, 28]),
        changed(question - 2, &[0, 3]),
        // The record.
        changed(question, &[0xc0, u8::try_from(question).expect("a short question")]),
        changed(question, &[0xff, 0xff]),
        changed(question, &[0x80, 1]),
        changed(question + 10, &[0, 5]),
        changed(question + 10, &[0xff, 0xff]),
        changed(question + 10, &[0, 3]),
        // The OPT record.
        with_tail(10, &opt(&[0, 4, 0, 15, 0, 9])),
        with_tail(10, &opt(&[0, 1, 0])),
        with_tail(6, &opt(&[0, 0])),
        [&with_tail(10, &opt(&[0, 0]))[..], &[]].concat(),
    ];
    // Two OPT records.
    let twice = all.last_mut().expect("forty replies");
    twice[11] += 1;
    twice.extend(opt(&[0, 0]));
    all
}

#[tokio::test]
async fn forty_malformed_replies_each_before_the_true_one_change_nothing() {
    let scripted = ScriptedUpstream::start(|asked| {
        let number: usize =
            asked.name().trim_start_matches('n').split('.').next().and_then(|text| text.parse().ok()).unwrap_or(0);
        let bad = malformed(asked).swap_remove(number);
        let first = if asked.by == By::Udp { Step::Send(bad) } else { Step::Wait(Duration::ZERO) };
        vec![first, Step::Send(asked.answer(RIGHT))]
    })
    .await;
    let upstream = upstream(Transport::Udp, scripted.address);
    for number in 0..40 {
        assert_eq!(ask(&upstream, &format!("n{number}.example")).await, Ok(vec![RIGHT]), "malformed reply {number}");
    }
    assert_eq!(faults(&upstream, Fault::Malformed) + faults(&upstream, Fault::Mismatch), 40, "each was noticed");
    assert_eq!(scripted.count(By::Tcp), 0, "one bad reply is no reason to leave UDP");
}

#[tokio::test]
async fn late_and_foreign_replies_are_ignored() {
    let scripted = ScriptedUpstream::start(|asked| {
        let mut late = asked.answer(WRONG);
        late[0] ^= 0x55;
        let mut other = asked.answer(WRONG);
        other[13] = if other[13].eq_ignore_ascii_case(&b'x') { b'y' } else { b'x' };
        vec![Step::Send(late), Step::Send(other), Step::Send(asked.answer(RIGHT))]
    })
    .await;
    let upstream = upstream(Transport::Udp, scripted.address);
    assert_eq!(ask(&upstream, "school.example").await, Ok(vec![RIGHT]));
    assert_eq!((faults(&upstream, Fault::Mismatch), scripted.count(By::Tcp)), (2, 0));
}

#[tokio::test]
async fn the_third_reply_that_does_not_fit_moves_the_question_to_tcp() {
    let scripted = ScriptedUpstream::start(|asked| match asked.by {
        By::Udp => {
            let forged = |id: u16| {
                let mut bytes = asked.answer(WRONG);
                bytes[..2].copy_from_slice(&asked.id().wrapping_add(id).to_be_bytes());
                Step::Send(bytes)
            };
            vec![forged(1), forged(2), forged(3), Step::Send(asked.answer(WRONG))]
        }
        By::Tcp => vec![Step::Send(asked.answer(RIGHT))],
    })
    .await;
    let upstream = upstream(Transport::Udp, scripted.address);
    assert_eq!(ask(&upstream, "school.example").await, Ok(vec![RIGHT]));
    assert_eq!((scripted.count(By::Udp), scripted.count(By::Tcp)), (1, 1));
}

#[tokio::test]
async fn a_reply_from_another_address_is_not_heard() {
    let scripted = ScriptedUpstream::start(|asked| {
        let forger = std::net::UdpSocket::bind("127.0.0.1:0").expect("a free port");
        forger.send_to(&asked.answer(WRONG), asked.from).expect("loopback takes it");
        vec![Step::Send(asked.answer(RIGHT))]
    })
    .await;
    let upstream = upstream(Transport::Udp, scripted.address);
    assert_eq!(ask(&upstream, "school.example").await, Ok(vec![RIGHT]));
    assert_eq!(faults(&upstream, Fault::Mismatch), 0);
}

/// The answer with its question in lower case, as some servers send it.
fn lowered(asked: &Asked) -> Vec<u8> {
    let mut reply = asked.answer(RIGHT);
    let end = 12 + asked.spelling().len();
    reply[12..end].make_ascii_lowercase();
    reply
}

#[tokio::test]
async fn an_upstream_that_lowers_letters_is_asked_by_tcp_once_and_then_without_0x20() {
    let scripted = ScriptedUpstream::start(|asked| vec![Step::Send(lowered(asked))]).await;
    let upstream = upstream(Transport::Udp, scripted.address);
    for _ in 0..5 {
        assert_eq!(ask(&upstream, "a-long-name-with-many-letters.example").await, Ok(vec![RIGHT]));
    }
    let udp: Vec<_> = scripted.seen().into_iter().filter(|asked| asked.by == By::Udp).collect();
    assert_eq!((udp.len(), scripted.connections()), (5, 1));
    assert!(udp[1..].iter().all(|asked| !asked.spelling().iter().any(u8::is_ascii_uppercase)));
    assert_eq!(faults(&upstream, Fault::Case), 2, "counted by UDP and by TCP");
}

#[tokio::test]
async fn an_upstream_that_lowers_letters_and_has_no_tcp_answers_all_the_same() {
    let scripted = ScriptedUpstream::start_udp(|asked| vec![Step::Send(lowered(asked))]).await;
    let upstream = upstream(Transport::Udp, scripted.address);
    assert_eq!(ask(&upstream, "a-long-name-with-many-letters.example").await, Ok(vec![RIGHT]));
    assert_eq!(ask(&upstream, "a-long-name-with-many-letters.example").await, Ok(vec![RIGHT]));
    assert_eq!(scripted.count(By::Udp), 3);
}

#[tokio::test]
async fn one_guess_in_another_case_does_not_end_0x20() {
    let scripted = ScriptedUpstream::start(|asked| {
        let guess = if asked.number == 0 { lowered(asked) } else { asked.answer(RIGHT) };
        vec![Step::Send(guess)]
    })
    .await;
    let upstream = upstream(Transport::Udp, scripted.address);
    for _ in 0..2 {
        assert_eq!(ask(&upstream, "a-long-name-with-many-letters.example").await, Ok(vec![RIGHT]));
    }
    let last = scripted.seen().pop().expect("three questions");
    assert!(last.by == By::Udp && last.spelling().iter().any(u8::is_ascii_uppercase));
}

#[tokio::test]
async fn a_truncated_answer_is_fetched_by_tcp() {
    let scripted = ScriptedUpstream::start(|asked| match asked.by {
        By::Udp => vec![Step::Send(asked.truncated())],
        By::Tcp => vec![Step::Send(asked.answer(RIGHT))],
    })
    .await;
    let upstream = upstream(Transport::Udp, scripted.address);
    assert_eq!(ask(&upstream, "school.example").await, Ok(vec![RIGHT]));
    assert_eq!((scripted.count(By::Udp), scripted.count(By::Tcp)), (1, 1));
}

#[tokio::test]
async fn a_server_that_knows_no_edns_is_asked_without_it() {
    for rcode in [1, 4] {
        let scripted = ScriptedUpstream::start(move |asked| {
            vec![Step::Send(if asked.has_edns() { asked.rcode(rcode) } else { asked.answer(RIGHT) })]
        })
        .await;
        let upstream = upstream(Transport::Udp, scripted.address);
        assert_eq!(ask(&upstream, "school.example").await, Ok(vec![RIGHT]));
        assert_eq!(scripted.seen().len(), 2);
        assert_eq!(ask(&upstream, "www.school.example").await, Ok(vec![RIGHT]));
        assert_eq!(scripted.seen().len(), 3, "it is remembered");
    }
}

#[tokio::test]
async fn an_error_of_one_name_is_no_lack_of_edns() {
    let scripted = ScriptedUpstream::start(|asked| {
        vec![Step::Send(if asked.name() == "odd.example" { asked.rcode(1) } else { asked.answer(RIGHT) })]
    })
    .await;
    let upstream = upstream(Transport::Udp, scripted.address);
    assert_eq!(ask(&upstream, "odd.example").await, Ok(Vec::new()));
    assert_eq!(ask(&upstream, "school.example").await, Ok(vec![RIGHT]));
    assert!(scripted.seen().last().expect("three questions").has_edns());
}

#[tokio::test]
async fn one_query_is_asked_four_times_at_most() {
    // Everything that leads to one more asking: too long for UDP, in another case by TCP, without EDNS.
    let scripted = ScriptedUpstream::start(|asked| match asked.by {
        By::Udp => vec![Step::Send(asked.truncated())],
        By::Tcp if asked.has_edns() => vec![Step::Send(asked.rcode(1))],
        By::Tcp => vec![Step::Send(lowered(asked))],
    })
    .await;
    let upstream = upstream(Transport::Udp, scripted.address);
    assert_eq!(ask(&upstream, "a-long-name-with-many-letters.example").await, Err(Fault::Full));
    assert_eq!(scripted.seen().len(), 4);
}

#[tokio::test]
async fn an_error_without_a_question_is_believed_by_tcp_only() {
    let scripted = ScriptedUpstream::start(|asked| {
        let bare = [&asked.bytes[..2], &[0x81, 0x81, 0, 0, 0, 0, 0, 0, 0, 0]].concat();
        vec![Step::Send(if asked.has_edns() { bare } else { asked.answer(RIGHT) })]
    })
    .await;
    let upstream = upstream(Transport::Udp, scripted.address);
    assert_eq!(ask(&upstream, "school.example").await, Ok(vec![RIGHT]));
    let how: Vec<_> = scripted.seen().iter().map(|asked| (asked.by, asked.has_edns())).collect();
    assert_eq!(how, [(By::Udp, true), (By::Tcp, true), (By::Udp, false)]);
}

#[tokio::test]
async fn a_lost_datagram_is_sent_again_as_it_was() {
    let scripted = ScriptedUpstream::start(|asked| match asked.number {
        0 => Vec::new(),
        _ => vec![Step::Send(asked.answer(RIGHT))],
    })
    .await;
    let upstream = upstream(Transport::Udp, scripted.address);
    let question = Question::of(&query("school.example"));
    let effort = Effort::new(Duration::from_millis(160));
    let outcome = timeout(LONG, upstream.ask(&question, &effort)).await.expect("an answer");
    assert!(matches!(outcome, Ok(Outcome::Message(_))));
    let seen = scripted.seen();
    assert_eq!(seen.len(), 2);
    assert_eq!((seen[0].bytes.clone(), seen[0].from), (seen[1].bytes.clone(), seen[1].from), "the same question, no second one");
}

#[tokio::test]
async fn a_closed_port_is_known_at_once() {
    let address = ScriptedUpstream::nobody().await;
    for transport in [Transport::Udp, Transport::Tcp] {
        let begun = std::time::Instant::now();
        assert_eq!(ask(&upstream(transport, address), "school.example").await, Err(Fault::Unreachable));
        assert!(begun.elapsed() < LONG / 2, "{transport:?}: not by sending again");
    }
}
