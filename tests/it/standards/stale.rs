//! Stale answers: what is said while no upstream answers, and how soon that ends.

use std::time::Duration;

use khien::answer::upstream::STALE_AFTER;

use super::{NXDOMAIN, OTHER, PUPIL, TOYS, rcode, school};
use crate::kit::School;
use crate::kit::packet::{Packet, name, soa};
use crate::kit::reply::Reply;
use crate::kit::udp::Client;
use crate::kit::upstream::Step;

/// The most seconds that a client may keep a stale answer (RFC 8767 section 4).
const STALE_TTL: u32 = 30;

fn query(asked: &str) -> Vec<u8> {
    Packet::new(asked, 1).edns(0).bytes()
}

/// An upstream that says that nothing exists, for a minute.
fn nothing_exists(school: &School) {
    school.upstream.script(|asked| Some(vec![Step::Send(asked.respond(3, &[], &[soa(&name("example.org"), 60, 60)]))]));
}

/// RFC 8767 sections 4 and 5, RFC 8914 section 4.4: while upstreams are silent the last answer is given soon, briefly, and as stale.
#[tokio::test(flavor = "multi_thread")]
async fn an_answer() {
    // Who waited for the question's end would wait for half a minute.
    let school = school("timeout = \"30s\"").await;
    let client = Client::new(OTHER, school.dns()).await;
    for asked in ["www.example.org", "www2.example.org"] {
        client.one(&query(asked)).await;
    }
    // An answer of which each part of the way takes too long by itself: by the school's clock 1.5 seconds are gone when the question
    // is there, and the new answer comes 1.8 seconds later. `through` has the times to the millisecond, by a clock of its own.
    let (clock, late) = (school.clock.clone(), Duration::from_millis(1800));
    school.later(Duration::from_secs(3601));
    let arrived = school.clock.wall() + STALE_AFTER;
    school.upstream.script(move |asked| {
        clock.move_to(arrived);
        Some(vec![Step::Wait(late), Step::Send(asked.answer([192, 0, 2, 99].into()))])
    });
    let reply = Reply::read(&client.one(&query("www.example.org")).await);
    assert_eq!((reply.addresses(), reply.ede().expect("stale").0), (vec!["192.0.2.7".to_owned()], 3));
    assert!(reply.ttl().expect("an answer") <= STALE_TTL);
    // Who wants no recursion, and so no answer of a cache that tried in vain, gets none that is stale.
    school.upstream.script(|asked| Some(vec![Step::Send(asked.rcode(5))]));
    let unrecursed = Packet::new("www2.example.org", 1).flags(0).edns(0).bytes();
    assert_eq!(unrecursed[2] & 1, 0);
    let reply = Reply::read(&client.one(&unrecursed).await);
    assert!(reply.addresses().is_empty(), "{reply:?}");
    assert_eq!(Reply::read(&client.one(&query("www2.example.org")).await).addresses(), ["192.0.2.7"], "who wants it does");
    school.close().await;
}

/// RFC 8767 section 4: what an upstream says anew, NXDOMAIN too, takes the stale answer's place.
#[tokio::test(flavor = "multi_thread")]
async fn what_is_fresh_replaces_it() {
    let school = school("timeout = \"30s\"").await;
    let client = Client::new(OTHER, school.dns()).await;
    let packet = query("www.example.org");
    client.one(&packet).await;
    school.later(Duration::from_secs(3601));
    nothing_exists(&school);
    let fresh = client.one(&packet).await;
    assert_eq!((rcode(&fresh), Reply::read(&fresh).ede()), (NXDOMAIN, None));
    // Stale itself, it says that nothing exists, and not what was there before.
    school.upstream.go_away().await;
    school.later(Duration::from_secs(61));
    let stale = client.one(&packet).await;
    let read = Reply::read(&stale);
    assert_eq!((rcode(&stale), read.ede().expect("stale").0, read.addresses()), (NXDOMAIN, 19, Vec::new()));
    assert!(read.message.authorities.iter().all(|record| record.ttl <= STALE_TTL));
    school.close().await;
}

/// RFC 8767 section 5: upstreams that decline, or are not there, leave the stale answer too, until they answer again.
#[tokio::test(flavor = "multi_thread")]
async fn while_upstreams_decline() {
    let school = school("timeout = \"30s\"").await;
    let client = Client::new(OTHER, school.dns()).await;
    for (number, code) in [2, 5].into_iter().enumerate() {
        let packet = query(&format!("www{number}.example.org"));
        school.upstream.script(|_| None);
        client.one(&packet).await;
        school.upstream.script(move |asked| Some(vec![Step::Send(asked.rcode(code))]));
        school.later(Duration::from_secs(3601));
        let reply = Reply::read(&client.one(&packet).await);
        assert_eq!((reply.addresses().len(), reply.ede().expect("stale").0), (1, 3), "rcode {code}");
        school.upstream.script(|_| None);
        school.later(Duration::from_secs(301));
        let reply = Reply::read(&client.one(&packet).await);
        assert_eq!((reply.addresses().len(), reply.ede()), (1, None), "rcode {code}");
    }
    school.close().await;
}

/// RFC 8767 section 6: the window ends, a day after the TTL, and a name that was closed meanwhile has no stale answer at all.
#[tokio::test(flavor = "multi_thread")]
async fn not_for_ever_and_not_what_is_closed() {
    let school = school("timeout = \"30s\"").await;
    let client = Client::new(OTHER, school.dns()).await;
    let pupil = Client::new(PUPIL, school.dns()).await;
    for asked in ["www.example.org", "toys.example.org"] {
        assert_eq!(Reply::read(&pupil.one(&query(asked)).await).addresses(), ["192.0.2.7"]);
    }
    school.upstream.go_away().await;
    school.later(Duration::from_secs(3601));
    school.write("toys.txt", &format!("{TOYS}\ntoys.example.org\n"));
    school.reload().await.expect("reloaded");
    assert!(Reply::read(&pupil.one(&query("toys.example.org")).await).is_blocked());
    assert_eq!(Reply::read(&client.one(&query("toys.example.org")).await).ede().expect("stale").0, 3);
    assert_eq!(Reply::read(&pupil.one(&query("www.example.org")).await).ede().expect("stale").0, 3);
    school.later(Duration::from_secs(86_400));
    let reply = Reply::read(&pupil.one(&query("www.example.org")).await);
    assert_eq!((reply.rcode().as_str(), reply.addresses()), ("SERVFAIL", Vec::new()));
    school.close().await;
}
