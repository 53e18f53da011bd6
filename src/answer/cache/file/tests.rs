//! A file of answers: read as it was written, older by the time between, refused where it is damaged.

use proptest::prelude::*;

use crate::answer::cache::testing::{HOUR, SECOND, absent, address, asked, failure, key, name, outage, relayed};
use crate::answer::cache::{Cache, Cached, Freshness};
use crate::answer::upstream::FailureKind;
use crate::dns::Ede;

use super::*;

const NOON: i64 = 1_763_899_200;

fn wall(seconds: i64) -> Timestamp {
    Timestamp::from_second(NOON + seconds).expect("within range")
}

/// What a cache writes at second 100 that holds answers of TTL 300 and 50, absence, and failures before and without an answer.
fn written() -> Vec<u8> {
    let cache = Cache::new(outage());
    for (text, ttl) in [("long.example", 300), ("short.example", 50), ("failing.example", 50), ("help.example", 300)] {
        cache.keep(&key(&name(text)), &address(&name(text), 7, ttl), SECOND * 10);
    }
    cache.keep(&key(&name("gone.example")), &absent(&name("gone.example"), 300), SECOND * 10);
    let explained = relayed(&asked(&name("never.example")).extended_error(2, 9, "no key"));
    cache.keep(&key(&name("never.example")), &explained, SECOND * 99);
    cache.keep(&key(&name("failing.example")), &failure(FailureKind::Network), SECOND * 99);
    cache.write(wall(0), SECOND * 100, |name| name.to_string().starts_with("help"))
}

/// The names of a cache that was given the file so many seconds later, with what each may be used as and its age.
fn restored(later: i64) -> Vec<(&'static str, Freshness, u32)> {
    let (cache, now) = (Cache::new(outage()), HOUR * 24);
    cache.restore(read(&written()).expect("a whole file"), wall(later), now);
    let names = ["long.example", "short.example", "failing.example", "gone.example", "never.example", "help.example"];
    let found = |text| cache.peek(&key(&name(text)), now).map(|found| (text, found.freshness, found.cached.age(now)));
    names.into_iter().filter_map(found).collect()
}

#[test]
fn answers_come_back_older_by_the_time_between() {
    let (fresh, expired) = (Freshness::Fresh, Freshness::Expired);
    let expected = [
        ("long.example", fresh, 90),
        ("short.example", expired, 90),
        ("failing.example", expired, 90),
        ("gone.example", fresh, 90),
    ];
    assert_eq!(restored(0), expected);
    let aged = |by| expected.map(|(text, _, age)| (text, expired, age + by));
    assert_eq!(restored(210), aged(210));
    // TTL 50 and an hour are over 3650 - 90 seconds later.
    assert_eq!(restored(3559), aged(3559));
    assert_eq!(restored(3560), [("long.example", expired, 3650), ("gone.example", expired, 3650)]);
    assert_eq!(restored(3810), []);
    assert_eq!(restored(86_400 * 3650), [], "a clock that runs years ahead leaves nothing");
}

#[test]
fn where_the_clock_went_back_nothing_is_fresh() {
    let stale = |text, age| (text, Freshness::Expired, age);
    let expected =
        [stale("long.example", 300), stale("short.example", 90), stale("failing.example", 90), stale("gone.example", 300)];
    assert_eq!(restored(-1), expected);
    assert_eq!(restored(-NOON), expected, "1970");
}

#[test]
fn what_is_in_the_cache_already_is_newer() {
    let (cache, www) = (Cache::new(outage()), name("long.example"));
    let now = HOUR * 24;
    cache.keep(&key(&www), &address(&www, 8, 60), now);
    assert_eq!(cache.restore(read(&written()).expect("a whole file"), wall(0), now), 3);
    assert_eq!(cache.peek(&key(&www), now).expect("kept").cached.content, address(&www, 8, 60));
}

#[test]
fn names_that_are_withheld_stand_nowhere_in_the_file() {
    let file = written();
    let holds = |label: &[u8]| file.windows(label.len()).any(|part| part.eq_ignore_ascii_case(label));
    assert!(holds(b"long") && !holds(b"help"));
}

#[test]
fn every_damage_is_seen() {
    let file = written();
    assert!(read(&file).is_ok());
    for place in 0..file.len() {
        let mut damaged = file.clone();
        damaged[place] ^= 1 << (place % 8);
        assert!(read(&damaged).is_err(), "octet {place}");
        assert!(read(&file[..place]).is_err(), "cut at {place}");
    }
    assert_eq!(read(b"another program's").expect_err("foreign"), Damaged::Foreign);
}

/// A whole file with these octets in it.
fn checked(content: &[u8]) -> Vec<u8> {
    [&MAGIC[..], blake3::hash(content).as_bytes(), content].concat()
}

#[test]
fn a_message_that_is_not_the_keys_is_refused() {
    let (www, other) = (name("www.example"), name("other.example"));
    let Ok(answer) = address(&other, 1, 60) else { unreachable!("an answer") };
    for (owner, fine) in [(&other, true), (&www, false)] {
        let mut writing = Writing::new(wall(0));
        writing.add(owner, &key(owner).tail(), SECOND, &answer);
        assert_eq!(read(&writing.finish()).map(|kept| kept.answers.len()).ok(), fine.then_some(1));
    }
}

#[test]
fn a_message_is_read_back_as_it_was() {
    let www = name("www.example");
    let explained = asked(&www).extended_error(0, Ede::STALE_ANSWER.0, "from another cache");
    for content in [address(&www, 1, 60), absent(&www, 60), relayed(&asked(&www).rcode(9)), relayed(&explained)] {
        let Ok(content) = content else { unreachable!("an answer") };
        let message = content.to_message().expect("it fits");
        assert_eq!(Relayed::read(&message).as_ref(), Ok(&content));
    }
    let cached = Cached::answer(&key(&www), address(&www, 1, 60).expect("an answer"), SECOND, 1);
    assert!(cached.answers(&key(&www)));
}

proptest! {
    #[test]
    fn no_octets_make_the_reader_panic(content in prop::collection::vec(any::<u8>(), 0..400), place in 56..500_usize, octet in any::<u8>()) {
        read(&content).ok();
        read(&checked(&content)).ok();
        let file = written();
        let mut content = file[CHECKED..].to_vec();
        let place = place % content.len();
        content[place] = octet;
        read(&checked(&content)).ok();
        read(&checked(&content[..place])).ok();
    }
}
