//! Askers for whom nobody waits: told at once, or sent on to a task, and in either case one question to the upstream.

use std::sync::mpsc::{Receiver, Sender, channel};

use super::*;

/// Sends what it is told; none where it is to ask again by a task.
#[derive(Debug)]
struct Caller(Sender<Option<Answer>>);

impl Asker for Caller {
    fn told(self: Box<Self>, answer: Answer, _hearing: &mut Hearing) {
        self.0.send(Some(answer)).expect("the test listens");
    }

    fn delayed(self: Box<Self>) {
        self.0.send(None).expect("the test listens");
    }
}

/// Upstreams, a cache, and what callers are told.
struct Calls {
    upstreams: Upstreams,
    cache: Arc<Cache>,
    sender: Sender<Option<Answer>>,
    receiver: Receiver<Option<Answer>>,
}

impl Calls {
    fn to(upstreams: Upstreams) -> Self {
        let (sender, receiver) = channel();
        Self { upstreams, cache: Arc::new(Cache::new(CacheRules::of_size(1 << 20))), sender, receiver }
    }

    fn call(&self, name: &str) {
        let putting = self.upstreams.putting(&self.cache, &query(name), SECOND);
        putting.asked_by(Box::new(Caller(self.sender.clone())));
    }

    async fn told(&self) -> Option<Answer> {
        for _ in 0..10_000 {
            if let Ok(told) = self.receiver.try_recv() {
                return told;
            }
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
        panic!("nothing was told");
    }
}

#[tokio::test]
async fn a_question_that_is_answered_in_time_has_no_task() {
    let scripted = ScriptedUpstream::answering(RIGHT).await;
    // In time is within an eighth of this.
    let calls = Calls::to(hasty(&[scripted.address], 10 * LONG));
    // The first question starts the task that looks after the sockets.
    calls.call("first.example");
    assert!(calls.told().await.is_some());
    let tasks = || tokio::runtime::Handle::current().metrics().num_alive_tasks();
    let before = tasks();
    for number in 0..50 {
        calls.call(&format!("n{number}.example"));
        assert!(tasks() <= before, "{} tasks", tasks());
    }
    for _ in 0..50 {
        let answer = calls.told().await.expect("in time").expect("an answer");
        assert_eq!(addresses_in(&answer), [RIGHT]);
    }
    assert_eq!((scripted.seen().len(), calls.upstreams.in_flight()), (51, 0));
    assert!(calls.cache.find(&CacheKey::of(&query("n7.example"), calls.upstreams.route()), SECOND * 2).is_some());
    let stats = &calls.upstreams.stats()[0];
    assert_eq!((stats.requests, stats.latency.count), (51, 51));
}

#[tokio::test]
async fn callers_and_tasks_that_ask_the_same_share_the_flight() {
    let scripted = ScriptedUpstream::start(|asked| vec![Step::Wait(SECOND / 20), Step::Send(asked.answer(RIGHT))]).await;
    let calls = Calls::to(pool(&[scripted.address]));
    (0..20).for_each(|_| calls.call("school.example"));
    assert_eq!(addresses_of(&calls.upstreams, "school.example").await, [RIGHT]);
    for _ in 0..20 {
        assert!(calls.told().await.is_some_and(|answer| answer.is_ok()));
    }
    calls.call("school.example");
    assert!(calls.told().await.is_some_and(|answer| answer.is_ok()), "from the cache");
    assert_eq!(scripted.seen().len(), 1);
}

#[tokio::test]
async fn a_truncated_answer_sends_callers_on_and_is_fetched_by_tcp_for_all() {
    let scripted = ScriptedUpstream::start(|asked| match asked.by {
        By::Udp => vec![Step::Wait(SECOND / 20), Step::Send(asked.truncated())],
        By::Tcp => vec![Step::Wait(SECOND / 20), Step::Send(asked.answer(RIGHT))],
    })
    .await;
    let calls = Calls::to(pool(&[scripted.address]));
    calls.call("school.example");
    assert!(calls.told().await.is_none(), "to be asked again by a task");
    calls.call("school.example");
    assert!(calls.told().await.is_none(), "so is who comes later");
    assert_eq!(addresses_of(&calls.upstreams, "school.example").await, [RIGHT]);
    assert_eq!((scripted.count(By::Udp), scripted.count(By::Tcp)), (1, 1));
}

#[tokio::test]
async fn a_slow_answer_to_the_first_datagram_is_taken_after_callers_were_sent_on() {
    // Never repeated in this time, and none else to ask: only the datagram sent first can have an answer.
    let scripted = ScriptedUpstream::start(|asked| match asked.number {
        0 => vec![Step::Wait(SECOND), Step::Send(asked.answer(RIGHT))],
        _ => Vec::new(),
    })
    .await;
    let calls = Calls::to(hasty(&[scripted.address], 3 * SECOND));
    calls.call("school.example");
    assert!(calls.told().await.is_none());
    assert_eq!(addresses_of(&calls.upstreams, "school.example").await, [RIGHT]);
    let seen = scripted.seen();
    assert!(seen.len() > 1 && seen.iter().all(|asked| asked.bytes == seen[0].bytes && asked.from == seen[0].from), "{seen:?}");
}

#[tokio::test]
async fn who_may_not_ask_is_told_at_once() {
    let silent = ScriptedUpstream::start(|_| Vec::new()).await;
    let settings = Settings { in_flight: 2, in_flight_per_client: 1, ..in_order(&[silent.address]) };
    let calls = Calls::to(Upstreams::new(&settings).expect("upstreams"));
    calls.call("a.example");
    calls.call("b.example");
    let kind = calls.told().await.expect("at once").expect_err("no room").kind;
    assert_eq!(kind, FailureKind::ClientBusy);
}
