//! What a look into the cache costs: found, not found, and keeping while names flood in.

mod kit;

use std::time::Duration;

use khien::answer::{Brought, Cache, CacheKey, CacheRules, Edition, Memo, Route};
use khien::dns::{Class, Name, RecordType, Relayed};

const NOW: Duration = Duration::from_secs(1);

fn key(name: &Name) -> CacheKey<'_> {
    CacheKey {
        name,
        record_type: RecordType::A,
        class: Class::IN,
        dnssec_ok: false,
        checking_disabled: false,
        route: Route::DEFAULT,
    }
}

/// An answer of one A record with a TTL of an hour.
fn answer(name: &Name) -> Relayed {
    let mut bytes = vec![0, 0, 0x81, 0x80, 0, 1, 0, 1, 0, 0, 0, 0];
    bytes.extend(name.as_wire());
    bytes.extend([0, 1, 0, 1, 0xc0, 12, 0, 1, 0, 1, 0, 0, 0x0e, 0x10, 0, 4, 192, 0, 2, 1]);
    Relayed::read(&bytes).expect("a whole message")
}

fn names(prefix: &str, count: usize) -> Vec<Name> {
    (0..count).map(|number| Name::parse(&format!("{prefix}{number:x}.school.example")).expect("a name")).collect()
}

fn main() {
    let cache = Cache::new(CacheRules::of_size(64 << 20));
    let known = names("www", 20_000);
    let unknown = names("none", 20_000);
    for name in &known {
        cache.keep(&key(name), &Ok(answer(name)), NOW);
    }
    let mut turn = (0..).map(|number: usize| number * 7919 % known.len());
    kit::measure("find, found", || cache.find(&key(&known[turn.next().expect("endless")]), NOW).is_some());
    kit::measure("find, not found", || cache.find(&key(&unknown[turn.next().expect("endless")]), NOW).is_some());

    let judged = answer(&known[0]);
    kit::measure("leads of an answer, read in place", || judged.leads().count());
    let memo = Memo::default();
    let (edition, day) = (Edition { serial: 1, mistaken: 0 }, jiff::civil::date(2026, 11, 23));
    memo.note(edition, day, Brought::default());
    kit::measure("what the leads bring, recalled", || memo.recall(edition, day).is_some());

    let flooded = Cache::new(CacheRules::of_size(1 << 20));
    let flood: Vec<_> = names("x", 200_000).into_iter().map(|name| (Ok(answer(&name)), name)).collect();
    let mut turn = (0..).map(|number: usize| number % flood.len());
    kit::measure("keep, while names flood in", || {
        let (answer, name) = &flood[turn.next().expect("endless")];
        flooded.keep(&key(name), answer, NOW);
    });
    let bytes = flooded.counts().bytes;
    assert!(bytes <= 1 << 20, "{bytes} octets are over the bound");
}
