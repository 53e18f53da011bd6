//! Asking through the cache while upstreams answer, fail, keep silent, and come back.

use std::sync::atomic::{AtomicU8, Ordering::SeqCst};

use super::super::pool::Upstreams;
use super::super::scripted::{Asked, By, ScriptedUpstream, Step};
use super::super::settings::Settings;
use super::super::testing::{RIGHT, in_order, query};
use super::*;
use crate::answer::cache::{CacheRules, Prefetch};
use crate::dns::{Relayed, Reply};

const SECOND: Duration = Duration::from_secs(1);

const ANSWERS: u8 = 0;
const SERVFAIL: u8 = 2;
const ABSENT: u8 = 3;
const REFUSED: u8 = 5;
const SILENT: u8 = 99;

/// An upstream whose mood a test sets, what asks it, and the cache between.
struct Scene {
    upstream: ScriptedUpstream,
    mood: Arc<AtomicU8>,
    upstreams: Arc<Upstreams>,
    cache: Arc<Cache>,
}

impl Scene {
    async fn new(timeout: Duration) -> Self {
        let mood = Arc::new(AtomicU8::new(ANSWERS));
        let script = Arc::clone(&mood);
        let answer = move |asked: &Asked| match script.load(SeqCst) {
            ANSWERS => vec![Step::Send(asked.answer_for(RIGHT, 60))],
            ABSENT => vec![Step::Send(asked.negative(ABSENT, 60, 60))],
            SILENT => Vec::new(),
            rcode => vec![Step::Send(asked.rcode(rcode))],
        };
        let upstream = ScriptedUpstream::start(answer).await;
        let settings = Settings { timeout, ..in_order(&[upstream.address]) };
        let rules = CacheRules { bytes: 1 << 20, serve_stale: SECOND * 3600, prefetch: Prefetch::On };
        let cache = Arc::new(Cache::new(rules));
        tokio::spawn(Arc::clone(&cache).renew());
        Self { upstream, mood, upstreams: Arc::new(Upstreams::new(&settings).expect("upstreams")), cache }
    }

    fn is(&self, mood: u8) {
        self.mood.store(mood, SeqCst);
    }

    /// Serves a query as the pipeline does, at the running second `now`.
    async fn serve(&self, query: &Query, now: u32) -> Given {
        match self.upstreams.at_hand(&self.cache, query, SECOND * now) {
            Some(given) => given,
            None => self.upstreams.ask_through(&self.cache, query, SECOND * now).await,
        }
    }

    /// As [`Scene::serve`]: the rcode, where there is a message, and the extended error of a stale one.
    async fn told(&self, now: u32) -> (Option<u16>, Option<Ede>) {
        let given = self.serve(&query("school.example"), now).await;
        (given.content().as_ref().ok().map(|relayed| relayed.rcode().0), given.stale())
    }

    /// Waits until the upstream was asked so often.
    async fn asked(&self, times: usize) {
        let asked = async {
            while self.upstream.seen().len() < times {
                tokio::time::sleep(Duration::from_millis(5)).await;
            }
        };
        timeout(SECOND * 20, asked).await.unwrap_or_else(|_| panic!("asked {} times", self.upstream.seen().len()));
    }
}

#[tokio::test]
async fn a_stale_answer_stands_in_for_failures_and_a_fresh_one_replaces_it() {
    let scene = Scene::new(SECOND * 2).await;
    assert_eq!(scene.told(1).await, (Some(0), None));
    for (mood, now) in [(SERVFAIL, 100), (REFUSED, 200), (SERVFAIL, 300)] {
        scene.is(mood);
        assert_eq!(scene.told(now).await, (Some(0), Some(Ede::STALE_ANSWER)), "mood {mood}");
    }
    assert_eq!(scene.cache.counts().stale, 3);

    // The upstream is back: absence replaces what was kept, and is stale in its turn.
    scene.is(ABSENT);
    assert_eq!(scene.told(400).await, (Some(3), None));
    scene.is(SERVFAIL);
    assert_eq!(scene.told(500).await, (Some(3), Some(Ede::STALE_NXDOMAIN)));
}

#[tokio::test]
async fn a_client_that_wants_no_recursion_gets_no_stale_answer() {
    let scene = Scene::new(SECOND * 2).await;
    assert_eq!(scene.told(1).await, (Some(0), None));
    scene.is(SERVFAIL);
    assert_eq!(scene.told(100).await, (Some(0), Some(Ede::STALE_ANSWER)));
    let source = query("school.example").source;
    let mut packet = vec![0, 1, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0];
    packet.extend(query("school.example").name.as_wire());
    packet.extend([0, 1, 0, 1]);
    let plain = Query::parse(&packet, source).expect("a query");
    let given = scene.serve(&plain, 101).await;
    assert_eq!(given.content().as_ref().map(|relayed| relayed.rcode().0), Ok(2));
    assert_eq!(scene.upstream.seen().len(), 2, "and the failure that is known is not asked for again");
}

#[tokio::test]
async fn silence_is_answered_with_what_is_stale_and_then_at_once() {
    let scene = Scene::new(SECOND * 3).await;
    assert_eq!(scene.told(1).await, (Some(0), None));
    scene.is(SILENT);
    assert_eq!(scene.told(100).await, (Some(0), Some(Ede::STALE_ANSWER)));
    // The question is still under way; its failure is known when its time is over.
    let known = async {
        while scene.upstreams.at_hand(&scene.cache, &query("school.example"), SECOND * 104).is_none() {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    };
    timeout(SECOND * 20, known).await.expect("the failure is kept");
}

#[tokio::test]
async fn what_comes_too_late_for_the_client_is_kept_all_the_same() {
    let scene = Scene::new(SECOND * 3).await;
    let late = ScriptedUpstream::start(|asked| match asked.number {
        0 => vec![Step::Send(asked.answer_for(RIGHT, 60))],
        _ => vec![Step::Wait(SECOND * 2), Step::Send(asked.negative(ABSENT, 60, 60))],
    })
    .await;
    let settings = Settings { timeout: SECOND * 10, ..in_order(&[late.address]) };
    let scene = Scene { upstreams: Arc::new(Upstreams::new(&settings).expect("upstreams")), upstream: late, ..scene };
    assert_eq!(scene.told(1).await, (Some(0), None));
    assert_eq!(scene.told(100).await, (Some(0), Some(Ede::STALE_ANSWER)));
    let fresh = async {
        while scene.told(103).await != (Some(3), None) {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    };
    timeout(SECOND * 20, fresh).await.expect("the late answer replaces the stale one");
}

#[tokio::test]
async fn a_thousand_retries_are_a_handful_of_packets() {
    for mood in [SERVFAIL, REFUSED, SILENT] {
        let scene = Scene::new(Duration::from_millis(200)).await;
        scene.is(mood);
        for number in 0..1000 {
            let now = SECOND + number * SECOND / 100;
            let query = query("school.example");
            let given = match scene.upstreams.at_hand(&scene.cache, &query, now) {
                Some(given) => given,
                None => scene.upstreams.ask_through(&scene.cache, &query, now).await,
            };
            let failed = given.content().as_ref().map_or(true, |relayed| relayed.rcode() == Rcode::SERVFAIL);
            assert!(failed, "{given:?}");
        }
        let packets = scene.upstream.count(By::Udp) + scene.upstream.count(By::Tcp);
        assert!((1..=10).contains(&packets), "mood {mood}: {packets} packets");
    }
}

#[tokio::test]
async fn while_every_upstream_is_down_nobody_waits_and_the_first_answer_ends_it() {
    let scene = Scene::new(Duration::from_millis(300)).await;
    let names: Vec<Query> = (0..8).map(|number| query(&format!("n{number}.example"))).collect();
    for query in &names {
        scene.serve(query, 1).await;
    }
    scene.is(SILENT);
    for query in &names[..4] {
        scene.serve(query, 100).await;
    }
    assert!(scene.upstreams.are_down());
    let given = scene.upstreams.at_hand(&scene.cache, &names[5], SECOND * 101).expect("nobody waits for nothing");
    assert_eq!(given.stale(), Some(Ede::STALE_ANSWER));

    scene.is(ANSWERS);
    let before = scene.upstream.seen().len();
    assert_eq!(scene.serve(&names[6], 102).await.stale(), Some(Ede::STALE_ANSWER));
    scene.asked(before + 1).await;
    let back = async {
        while scene.upstreams.are_down() || scene.serve(&names[6], 103).await.stale().is_some() {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    };
    timeout(SECOND * 20, back).await.expect("the renewal brought the upstream back");
}

#[tokio::test]
async fn what_is_asked_often_is_fetched_before_its_time_is_over_and_nothing_else_is() {
    let scene = Scene::new(SECOND * 2).await;
    for _ in 0..5 {
        assert_eq!(scene.told(1).await, (Some(0), None));
    }
    let rare = query("rare.example");
    scene.serve(&rare, 1).await;
    assert_eq!(scene.upstream.seen().len(), 2);
    for _ in 0..5 {
        assert_eq!(scene.told(56).await, (Some(0), None), "from the cache, at once");
    }
    scene.serve(&rare, 56).await;
    scene.asked(3).await;
    let renewed = async {
        while scene.upstreams.at_hand(&scene.cache, &query("school.example"), SECOND * 100).is_none() {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    };
    timeout(SECOND * 20, renewed).await.expect("the new answer is kept");
    assert_eq!(scene.upstream.seen()[2].name(), "school.example");
    assert_eq!((scene.upstream.seen().len(), scene.cache.counts().prefetches), (3, 1));
}

/// How long a client waits for silent upstreams, and what it is told; the clock is the test's, which stands while anything is done.
async fn waits(known: bool, wait: Wait) -> (Duration, Option<Ede>) {
    let upstreams = Upstreams::new(&in_order(&[([192, 0, 2, 53], 53).into()])).expect("upstreams");
    let cache = Cache::new(CacheRules { bytes: 1 << 20, serve_stale: SECOND * 3600, prefetch: Prefetch::On });
    let query = query("school.example");
    if known {
        let mut bytes = Vec::new();
        Reply::new(&query, &mut bytes).address(SECOND * 60, RIGHT.into()).finish();
        let relayed = Relayed::read(&bytes).expect("our own message");
        cache.keep(&CacheKey::of(&query, upstreams.route()), &Ok(relayed), SECOND);
    }
    let begun = Instant::now();
    let given = upstreams.or_stale(&cache, &query, SECOND * 100, wait, std::future::pending()).await;
    let told = match given.content() {
        Ok(_) => given.stale(),
        Err(failure) => Some(failure.ede()),
    };
    (begun.elapsed(), told)
}

#[tokio::test(start_paused = true)]
async fn a_client_waits_a_second_and_a_half_for_what_is_fresh_however_much_of_it_is_gone() {
    const MS: Duration = Duration::from_millis(1);
    let wait = |so_far, at_most| Wait { so_far: so_far * MS, at_most: at_most * MS };
    let (stale, none) = (Some(Ede::STALE_ANSWER), Some(Ede::NO_REACHABLE_AUTHORITY));
    assert_eq!(waits(true, Wait::NONE).await, (1500 * MS, stale));
    for (known, so_far, at_most, then, told) in [
        (true, 0, 2100, 1500, stale),
        (true, 250, 2100, 1250, stale),
        (true, 1499, 2100, 1, stale),
        (true, 1500, 2100, 0, stale),
        (true, 9000, 2100, 0, stale),
        (true, 0, 300, 300, stale),
        (false, 0, 2100, 2100, none),
        (false, 250, 2100, 1850, none),
        (false, 2000, 2100, 100, none),
        (false, 2200, 2100, 0, none),
        (false, 100, 300, 200, none),
    ] {
        let (took, said) = waits(known, wait(so_far, at_most)).await;
        // The timer's own grain is a millisecond.
        assert!(took >= then * MS && took <= then * MS + MS, "{so_far} of {at_most} gone: {took:?}");
        assert!(took + so_far * MS <= 1800 * MS || !known || so_far > 1500, "RFC 8767 section 5");
        assert_eq!(said, told, "{so_far} of {at_most} gone");
    }
}
