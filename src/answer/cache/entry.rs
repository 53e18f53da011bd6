//! One entry: what upstreams brought for a question, for how long it answers, and what answered before they failed.
//!
//! The rule: no answer is given later than its TTL and the operator's `serve_stale` allow, however often its renewal failed.

use std::sync::Arc;
use std::time::Duration;

use super::{Brought, CacheKey, Memo, TAIL, shard};
use crate::answer::upstream::{Answer, FailureKind};
use crate::dns::{Rcode, Relayed};

/// How long a failure is kept at first: between the second that RFC 9520 section 3.2 demands and the five seconds in which a
/// recovered upstream is to be seen.
pub const FAILURE_LIFETIME: Duration = Duration::from_secs(5);

/// How long a failure that came again and again is kept: RFC 9520 section 3.2 allows 300 s, but a school waits for no more than
/// a minute for a site whose servers are back.
pub const MOST_FAILURE_LIFETIME: Duration = Duration::from_secs(60);

/// A question that failed and was then not asked for so long begins anew (the most that RFC 9520 lets a failure be kept).
const FORGIVEN: Duration = Duration::from_secs(300);

/// For so long after a failure nobody waits for fresher words than those at hand (RFC 8767 section 5, failure recheck timer).
const RECHECK: Duration = Duration::from_secs(30);

/// What the allocator adds to an allocation, rounding up included (glibc: a head of 8 octets, and 16 at a time).
const ALLOCATION: usize = 24;

/// An answer, or a failure, as it was kept.
#[derive(Debug)]
pub struct Cached {
    /// What the key has behind the name.
    tail: [u8; TAIL],
    /// For so many seconds it is fresh.
    lifetime: u32,
    /// What the upstreams brought.
    pub content: Answer,
    /// What its leads bring, once it was looked up.
    pub memo: Memo,
    /// The running time at which it was kept.
    pub stored: Duration,
    /// Whether it is a failure, and which one in a row.
    failed: Option<Box<Failed>>,
}

/// What is known of a question that failed.
#[derive(Debug)]
struct Failed {
    /// The name asked for, in wire form.
    name: Box<[u8]>,
    /// How many failures came before it in a row.
    before: u32,
    /// The last answer before the first of them.
    answer: Option<Arc<Cached>>,
}

/// How an entry may be used.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Freshness {
    /// It answers.
    Fresh,
    /// Its TTL is over, and it was lately tried in vain to renew it: it is given, at once and as what it is (RFC 8767).
    Stale,
    /// Its TTL is over: it is given where nothing fresh can be had in time.
    Expired,
}

/// What becomes of what upstreams brought.
pub(super) enum Fate {
    /// It answers for as long as it says.
    Answers(Relayed),
    /// It is an answer, and answers nobody else.
    Passes,
    /// It is a failure; what answered before may still be given.
    Fails,
    /// It says nothing of the question.
    Nothing,
}

impl Fate {
    pub(super) fn of(content: &Answer) -> Self {
        match content {
            Ok(relayed) => match (relayed.rcode(), relayed.lifetime()) {
                (Rcode::NOERROR | Rcode::NXDOMAIN, 0) => Self::Passes,
                (Rcode::NOERROR | Rcode::NXDOMAIN, _) => Self::Answers(relayed.clone()),
                (Rcode(_), _) => Self::Fails,
            },
            Err(failure) if failure.may_be_kept() => Self::Fails,
            Err(_) => Self::Nothing,
        }
    }
}

impl Cached {
    /// An answer that was kept at `stored`.
    pub(super) fn answer(key: &CacheKey<'_>, content: Relayed, stored: Duration, lifetime: u32) -> Self {
        Self { tail: key.tail(), content: Ok(content), memo: Memo::default(), stored, lifetime, failed: None }
    }

    /// A failure of a question, in place of `old`, the entry that the same question has.
    pub(super) fn failure(key: &CacheKey<'_>, content: Answer, now: Duration, old: Option<&Arc<Self>>, window: Duration) -> Self {
        let (before, answer) = match old {
            None => (0, None),
            Some(old) => match &old.failed {
                None => (0, Some(old)),
                Some(failed) if now < old.expires() + FORGIVEN => (failed.before.saturating_add(1), failed.answer.as_ref()),
                Some(failed) => (0, failed.answer.as_ref()),
            },
        };
        let answer = answer.filter(|answer| now < answer.expires() + window).cloned();
        let grown = match &content {
            // Nobody is there at all: it is no fault of this question, and all of them are to be answered soon after.
            Err(failure) if failure.kind == FailureKind::Unreachable => FAILURE_LIFETIME,
            Ok(_) | Err(_) => FAILURE_LIFETIME * (1 << before.min(8)),
        };
        let lifetime = seconds(grown.min(MOST_FAILURE_LIFETIME));
        let failed = Box::new(Failed { name: key.name.as_wire().into(), before, answer });
        Self { tail: key.tail(), content, memo: Memo::default(), stored: now, lifetime, failed: Some(failed) }
    }

    /// The running time from which it is not fresh any more.
    fn expires(&self) -> Duration {
        self.stored + Duration::from_secs(self.lifetime.into())
    }

    /// How old it is, in whole seconds: by so much its TTLs have run down.
    pub fn age(&self, now: Duration) -> u32 {
        seconds(now.saturating_sub(self.stored))
    }

    /// How long it will still be fresh.
    pub fn remaining(&self, now: Duration) -> Duration {
        self.expires().saturating_sub(now)
    }

    /// Whether it is an answer, and no failure.
    pub const fn is_answer(&self) -> bool {
        self.failed.is_none()
    }

    pub(super) fn is_fresh(&self, now: Duration) -> bool {
        now < self.expires()
    }

    pub(super) fn answers(&self, key: &CacheKey<'_>) -> bool {
        self.tail == key.tail()
            && match (&self.content, &self.failed) {
                (Ok(relayed), _) => relayed.is_about(key.name),
                (Err(_), Some(failed)) => *failed.name == *key.name.as_wire(),
                (Err(_), None) => false,
            }
    }

    /// Type, class, flags and route of its question, as a file of answers holds them.
    pub(super) const fn tail(&self) -> &[u8; TAIL] {
        &self.tail
    }

    /// What there is to say at `now`, where an answer is given for `window` after its TTL.
    pub(super) fn at(self: &Arc<Self>, now: Duration, window: Duration) -> Option<(&Arc<Self>, Freshness)> {
        if self.is_answer() {
            return if self.is_fresh(now) {
                Some((self, Freshness::Fresh))
            } else {
                (now < self.expires() + window).then_some((self, Freshness::Expired))
            };
        }
        match self.last_answer(now, window) {
            // Its renewal before the time failed.
            Some(answer) if answer.is_fresh(now) => Some((answer, Freshness::Fresh)),
            Some(answer) if now < self.expires().max(self.stored + RECHECK) => Some((answer, Freshness::Stale)),
            Some(answer) => Some((answer, Freshness::Expired)),
            None => self.is_fresh(now).then_some((self, Freshness::Fresh)),
        }
    }

    /// The last answer to the question, where it may still be given.
    pub(super) fn last_answer(self: &Arc<Self>, now: Duration, window: Duration) -> Option<&Arc<Self>> {
        let answer = match &self.failed {
            None => Some(self),
            Some(failed) => failed.answer.as_ref(),
        };
        answer.filter(|answer| now < answer.expires() + window)
    }

    /// Whether renewing it before its TTL is over is in order as far as time goes: in the last tenth of it.
    pub(super) fn ends_soon(&self, now: Duration) -> bool {
        self.remaining(now) * 10 <= Duration::from_secs(self.lifetime.into())
    }

    /// The octets it takes in memory at most: itself, what it may note, each allocation with what the allocator adds and rounds
    /// up, and its places in the shard's slots, index and queues.
    pub(super) fn weight(&self) -> usize {
        const COUNTS: usize = 2 * size_of::<usize>();
        let content = self.content.as_ref().map_or(0, |relayed| relayed.size() + ALLOCATION);
        let failed = self.failed.as_ref().map_or(0, |failed| {
            let answer = failed.answer.as_ref().map_or(0, |answer| answer.weight());
            size_of::<Failed>() + failed.name.len() + 2 * ALLOCATION + answer
        });
        size_of::<Self>() + COUNTS + ALLOCATION + size_of::<Brought>() + ALLOCATION + content + failed + shard::PLACE
    }
}

/// The whole seconds of a time.
fn seconds(time: Duration) -> u32 {
    u32::try_from(time.as_secs()).unwrap_or(u32::MAX)
}

#[cfg(test)]
mod tests;
