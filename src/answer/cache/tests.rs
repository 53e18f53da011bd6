//! The cache against a plain map, against a flood, and at its bounds.

use std::collections::HashMap;
use std::net::Ipv4Addr;

use proptest::prelude::*;

use super::super::upstream::FailureKind;
use super::testing::{SECOND, absent, address, asked, failure, key, name, relayed};
use super::*;

#[test]
fn an_entry_answers_until_its_ttl_is_over_and_grows_old() {
    let (cache, www) = (Cache::new(CacheRules::of_size(1 << 20)), name("www.example"));
    cache.keep(&key(&www), &address(&www, 1, 60), 10 * SECOND);
    let found = cache.find(&key(&www), 69 * SECOND).expect("still fresh").cached;
    assert_eq!((found.content.clone(), found.age(69 * SECOND)), (address(&www, 1, 60), 59));
    assert_eq!(found.remaining(69 * SECOND), SECOND);
    assert!(cache.find(&key(&www), 70 * SECOND).is_none());
    let CacheCounts { hits, misses, entries, bytes, .. } = cache.counts();
    assert_eq!((hits, misses, entries), (1, 1, 1));
    assert!(bytes > 300, "{bytes} octets");
}

#[test]
fn an_entry_answers_its_own_question_only() {
    let (cache, www, other) = (Cache::new(CacheRules::of_size(1 << 20)), name("www.example"), name("ww2.example"));
    let plain = key(&www);
    cache.keep(&plain, &address(&www, 1, 60), SECOND);
    for question in [
        CacheKey { name: &other, ..plain },
        CacheKey { record_type: RecordType::AAAA, ..plain },
        CacheKey { class: Class(3), ..plain },
        CacheKey { dnssec_ok: true, ..plain },
        CacheKey { checking_disabled: true, ..plain },
        CacheKey { route: Route::of(&www, ["another"]), ..plain },
    ] {
        assert!(cache.find(&question, SECOND).is_none(), "{question:?}");
    }
    assert!(cache.find(&CacheKey { name: &name("WWW.Example"), ..plain }, SECOND).is_some(), "letters' case is folded");
    assert!(cache.peek(&plain, SECOND).is_some());
    assert_eq!(cache.counts().hits, 1, "a peek is not counted");
}

#[test]
fn what_has_no_lifetime_is_not_kept_and_failures_are_kept_briefly() {
    let (cache, www) = (Cache::new(CacheRules::of_size(1 << 20)), name("www.example"));
    for content in
        [address(&www, 1, 0), relayed(&asked(&www).rcode(3)), failure(FailureKind::Busy), failure(FailureKind::ClientBusy)]
    {
        cache.keep(&key(&www), &content, SECOND);
        assert!(cache.find(&key(&www), SECOND).is_none(), "{content:?}");
    }
    let declined = [relayed(&asked(&www).rcode(2)), relayed(&asked(&www).rcode(5))];
    for content in declined.into_iter().chain([failure(FailureKind::Unreachable), failure(FailureKind::Network)]) {
        let cache = Cache::new(CacheRules::of_size(1 << 20));
        cache.keep(&key(&www), &content, SECOND);
        assert_eq!(cache.find(&key(&www), 5 * SECOND).expect("kept for a while").cached.content, content);
        assert!(cache.find(&key(&www), SECOND + FAILURE_LIFETIME).is_none());
    }
}

#[test]
fn absence_is_kept_by_the_smaller_of_ttl_and_minimum() {
    let www = name("www.example");
    for (rcode, ttl, minimum, kept) in [(3, 300, 60, 60), (0, 60, 300, 60), (3, 86_400, 86_400, 10_800), (3, 60, 0, 0)] {
        let cache = Cache::new(CacheRules::of_size(1 << 20));
        cache.keep(&key(&www), &relayed(&asked(&www).negative(rcode, ttl, minimum)), SECOND);
        let fresh = |seconds: u32| cache.peek(&key(&www), SECOND * seconds).is_some();
        assert_eq!((fresh(kept), fresh(kept + 1)), (kept > 0, false), "rcode {rcode}, TTL {ttl}, minimum {minimum}");
    }
    let cache = Cache::new(CacheRules::of_size(1 << 20));
    for (ttl, kept) in [(u32::MAX, 0), (0x8000_0000, 0), (0, 0), (0x7fff_ffff, 86_400), (60, 60)] {
        cache.keep(&key(&www), &address(&www, 1, ttl), Duration::ZERO);
        let fresh = |seconds: u32| cache.peek(&key(&www), SECOND * seconds).is_some();
        assert_eq!((kept > 0 && fresh(kept - 1), fresh(kept)), (kept > 0, false), "TTL {ttl}");
    }
}

#[test]
fn another_size_takes_effect_at_once_and_keeps_what_has_room() {
    let cache = Cache::new(CacheRules::of_size(4 << 20));
    let names: Vec<Name> = (0..2000).map(|number| name(&format!("n{number}.example"))).collect();
    for name in &names {
        cache.keep(&key(name), &absent(name, 600), SECOND);
        cache.find(&key(name), SECOND);
    }
    let left = || names.iter().filter(|name| cache.peek(&key(name), SECOND).is_some()).count();
    assert_eq!(left(), 2000);
    for (bytes, least) in [(1 << 20, 500), (100_000, 20), (0, 0), (4 << 20, 0)] {
        cache.change(CacheRules::of_size(bytes), SECOND);
        assert!(cache.counts().bytes <= bytes as u64 + 4 * 64, "{bytes}: {:?}", cache.counts());
        assert!(left() >= least, "{bytes}: {} are left", left());
    }
    cache.keep(&key(&names[0]), &address(&names[0], 1, 60), SECOND);
    assert_eq!(left(), 1);
}

#[test]
fn a_cache_too_small_for_an_entry_keeps_none() {
    for bytes in [0, 100, 1000] {
        let (cache, www) = (Cache::new(CacheRules::of_size(bytes)), name("www.example"));
        cache.keep(&key(&www), &address(&www, 1, 60), SECOND);
        assert!(cache.find(&key(&www), SECOND).is_none());
    }
}

#[test]
fn an_answer_too_large_to_keep_does_not_leave_the_old_one() {
    let (cache, www) = (Cache::new(CacheRules::of_size(1 << 16)), name("www.example"));
    cache.keep(&key(&www), &address(&www, 1, 600), SECOND);
    let mut large = asked(&www).answer_for(Ipv4Addr::LOCALHOST, 600);
    for number in 0..1000_u32 {
        large.extend([0xc0, 12, 0, 1, 0, 1, 0, 0, 2, 0x58, 0, 4]);
        large.extend(number.to_be_bytes());
    }
    large[6..8].copy_from_slice(&1001_u16.to_be_bytes());
    cache.keep(&key(&www), &relayed(&large), SECOND);
    assert!(cache.find(&key(&www), SECOND).is_none());
    cache.keep(&key(&www), &address(&www, 2, 600), SECOND);
    assert_eq!(cache.find(&key(&www), SECOND).expect("kept again").cached.content, address(&www, 2, 600));
}

/// Asks for `name` as a resolver does: from the cache, else as from an upstream.
fn serve(cache: &Cache, name: &Name, now: Duration) -> bool {
    let hit = cache.find(&key(name), now).is_some();
    if !hit {
        cache.keep(&key(name), &address(name, 1, 3600), now);
    }
    hit
}

/// Floods a cache of so many MiB with names that are asked once, every twentieth question one for a name in use; returns which
/// part of those were hits, in percent.
fn flood(mebibytes: usize, names: usize) -> f64 {
    let cache = Cache::new(CacheRules::of_size(mebibytes << 20));
    let hot: Vec<Name> = (0..300 * mebibytes).map(|number| name(&format!("site{number}.example"))).collect();
    let now = SECOND;
    for _ in 0..3 {
        for name in &hot {
            serve(&cache, name, now);
        }
    }
    let (mut hits, mut asked) = (0_u32, 0_u32);
    for number in 0..names {
        serve(&cache, &name(&format!("x{number:x}.flood.example")), now);
        if number % 20 == 0 {
            asked += 1;
            hits += u32::from(serve(&cache, &hot[(number / 20) * 7 % hot.len()], now));
        }
        assert!(number % 1000 != 0 || cache.counts().bytes <= (mebibytes as u64) << 20);
    }
    println!("{:?}", cache.counts());
    f64::from(hits) * 100.0 / f64::from(asked)
}

#[test]
fn a_flood_of_names_asked_once_does_not_push_out_what_is_in_use() {
    let rate = flood(1, 10_000_000 / 64);
    assert!(rate >= 95.0, "{rate} % of the questions for names in use were hits");
}

/// The same at full size: `KHIEN_FLOOD=64` for 10 million names through 64 MiB, alone in its process, so that the process's own
/// size tells whether the cache counts its octets truly.
#[test]
fn a_flood_of_full_size_leaves_memory_bounded() {
    let Some(mebibytes) = std::env::var("KHIEN_FLOOD").ok().and_then(|text| text.parse::<usize>().ok()) else {
        println!("skipped: KHIEN_FLOOD does not say how many MiB");
        return;
    };
    let before = resident();
    let rate = flood(mebibytes, 10_000_000 / 64 * mebibytes);
    let grown = resident().saturating_sub(before);
    println!("hits {rate:.2} %, the process is at most {grown} octets larger");
    assert!(rate >= 95.0, "{rate} % of the questions for names in use were hits");
    // The names in use themselves are the test's: 257 octets each.
    let names = 300 * mebibytes * size_of::<Name>();
    assert!(grown <= (mebibytes << 20) * 11 / 10 + names, "the process is {grown} octets larger");
}

/// The most octets of memory that this process ever had (`VmHWM`).
fn resident() -> usize {
    let status = std::fs::read_to_string("/proc/self/status").expect("Linux says it");
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).expect("its peak is told");
    line.trim().trim_end_matches(" kB").parse::<usize>().expect("a number") * 1024
}

#[test]
fn names_in_use_come_in_even_during_a_flood() {
    let cache = Cache::new(CacheRules::of_size(1 << 20));
    let now = SECOND;
    for number in 0..20_000 {
        serve(&cache, &name(&format!("x{number}.flood.example")), now);
    }
    let hot: Vec<Name> = (0..100).map(|number| name(&format!("site{number}.example"))).collect();
    let mut late = 0;
    for round in 0..60 {
        for (place, name_in_use) in hot.iter().enumerate() {
            let hit = serve(&cache, name_in_use, now);
            late += usize::from(hit && round >= 50);
            serve(&cache, &name(&format!("y{round}-{place}.flood.example")), now);
        }
    }
    assert!(late >= 950, "{late} of the last 1000 were hits");
}

#[test]
fn expired_entries_make_room_before_fresh_ones() {
    let cache = Cache::new(CacheRules::of_size(1 << 18));
    let lasting: Vec<Name> = (0..50).map(|number| name(&format!("lasting{number}.example"))).collect();
    for name in &lasting {
        cache.keep(&key(name), &address(name, 1, 3600), SECOND);
        assert!(cache.find(&key(name), SECOND).is_some());
    }
    for number in 0..5000 {
        let brief = name(&format!("brief{number}.example"));
        let now = SECOND * number;
        cache.keep(&key(&brief), &address(&brief, 1, 1), now);
        cache.find(&key(&brief), now);
        cache.find(&key(&brief), now);
    }
    let left = lasting.iter().filter(|name| cache.peek(&key(name), 3000 * SECOND).is_some()).count();
    assert_eq!(left, 50);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    /// With room for all, the cache is a map with lifetimes; without, it says nothing that the map does not say.
    #[test]
    fn the_cache_is_a_map_that_may_forget(
        steps in prop::collection::vec((0..40_usize, 0..4_u32, 0..5_u64), 1..400),
        large in any::<bool>(),
    ) {
        let cache = Cache::new(CacheRules::of_size(if large { 1 << 22 } else { 12_000 }));
        let names: Vec<Name> = (0..40).map(|number| name(&format!("n{number}.example"))).collect();
        let mut model: HashMap<usize, (Answer, Duration)> = HashMap::new();
        let mut now = SECOND;
        for (number, (which, ttl, pause)) in steps.into_iter().enumerate() {
            now += SECOND * u32::try_from(pause / 3).expect("small");
            let question = key(&names[which]);
            if ttl < 3 {
                let content = address(&names[which], u32::try_from(number).expect("few steps"), ttl * 2);
                cache.keep(&question, &content, now);
                // An answer for nobody else takes the place of what was kept too.
                if ttl > 0 {
                    model.insert(which, (content, now + SECOND * ttl * 2));
                } else {
                    model.remove(&which);
                }
            }
            let found = cache.find(&question, now).map(|found| found.cached.content.clone());
            let expected = model.get(&which).filter(|(_, expires)| now < *expires).map(|(content, _)| content.clone());
            if large {
                prop_assert_eq!(found, expected);
            } else if found.is_some() {
                prop_assert_eq!(found, expected);
            }
            prop_assert!(large || cache.counts().bytes <= 12_000);
        }
    }
}

proptest! {
    /// Whatever was kept for other questions, an answer found is the one that was kept for this very question.
    #[test]
    fn no_answer_leaks_into_another_question(steps in prop::collection::vec((any::<[u8; 6]>(), any::<bool>()), 1..200)) {
        let cache = Cache::new(CacheRules::of_size(1 << 22));
        let mut model = HashMap::new();
        for (number, (dice, upper)) in steps.into_iter().enumerate() {
            let label = format!("{}.example", dice[0] % 3);
            let www = name(&if upper { label.to_uppercase() } else { label.clone() });
            let question = CacheKey {
                name: &www,
                record_type: RecordType(u16::from(dice[1] % 3)),
                class: Class(u16::from(dice[2] % 2)),
                dnssec_ok: dice[3] % 2 == 0,
                checking_disabled: dice[4] % 2 == 0,
                route: Route::of(&Name::root(), [[dice[5] % 3]]),
            };
            let place = (label, dice[1] % 3, dice[2] % 2, dice[3] % 2, dice[4] % 2, dice[5] % 3);
            let found = cache.find(&question, SECOND).map(|found| found.cached.content.clone());
            prop_assert_eq!(found.as_ref(), model.get(&place));
            let content = address(&www, u32::try_from(number).expect("few steps"), 60);
            cache.keep(&question, &content, SECOND);
            model.insert(place, content);
        }
    }
}
