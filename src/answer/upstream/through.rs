//! Asking through the cache: what is at hand is given at once; else the upstreams are asked, and where they do not answer in
//! time, what was kept of their last answer is given as what it is (RFC 8767).
//!
//! The rule: a stale answer is for a client that wants recursion, while upstreams fail or keep it waiting; what they bring later
//! is kept all the same, in the stale answer's place.

use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use tokio::time::{Instant, timeout};

use super::failure::FailureKind;
use super::pool::{Answer, Putting, Upstreams, failure};
use super::question::Question;
use super::swift::{Keep, Known};
use crate::answer::cache::{Cache, CacheKey, Found, Freshness, Memo, Renewal};
use crate::dns::{Ede, Query, Rcode};

/// How long a client waits for a fresh answer where there is a stale one: RFC 8767 section 5 names 1.8 s, and the answer is to
/// be there by then on a busy machine too.
pub const STALE_AFTER: Duration = Duration::from_millis(1500);

/// The TTL of a stale answer, at most (RFC 8767 section 4).
pub const STALE_TTL: Duration = Duration::from_secs(30);

/// How long a client has waited for an answer, and may in all.
#[derive(Debug, Clone, Copy)]
pub struct Wait {
    /// Until now.
    pub so_far: Duration,
    /// From its query on.
    pub at_most: Duration,
}

/// What there is to say to a question.
#[derive(Debug, Clone)]
pub enum Given {
    /// From the cache; where it is not fresh, for lack of anything better.
    Kept(Found),
    /// From the upstreams, just now.
    Brought(Answer),
    /// Put together from what several said, its TTLs run down already.
    Joined {
        /// All of it.
        answer: Answer,
        /// The extended error, where a part is stale.
        stale: Option<Ede>,
    },
}

impl Given {
    /// What upstreams said, now or before.
    pub fn content(&self) -> &Answer {
        match self {
            Self::Kept(found) => &found.cached.content,
            Self::Brought(answer) | Self::Joined { answer, .. } => answer,
        }
    }

    /// Where the cache keeps what its leads bring; none where it is no entry's.
    pub fn memo(&self) -> Option<&Memo> {
        match self {
            Self::Kept(found) => Some(&found.cached.memo),
            Self::Brought(_) | Self::Joined { .. } => None,
        }
    }

    /// By how many seconds its TTLs have run down. Those of a stale answer are [`STALE_TTL`] at most, and count from now.
    pub fn age(&self, now: Duration) -> u32 {
        match self {
            Self::Kept(Found { cached, freshness: Freshness::Fresh, .. }) => cached.age(now),
            Self::Kept(Found { freshness: Freshness::Stale | Freshness::Expired, .. }) => 0,
            Self::Brought(_) | Self::Joined { .. } => 0,
        }
    }

    /// The extended error that says that it is stale, where it is (RFC 8914 sections 4.4 and 4.20).
    pub fn stale(&self) -> Option<Ede> {
        match self {
            Self::Kept(Found { cached, freshness: Freshness::Stale | Freshness::Expired, .. }) => match &cached.content {
                Ok(relayed) if relayed.rcode() == Rcode::NXDOMAIN => Some(Ede::STALE_NXDOMAIN),
                Ok(_) | Err(_) => Some(Ede::STALE_ANSWER),
            },
            Self::Joined { stale, .. } => *stale,
            Self::Kept(Found { freshness: Freshness::Fresh, .. }) | Self::Brought(_) => None,
        }
    }

    /// The same, counted where it is stale.
    #[must_use]
    pub fn counted(self, cache: &Cache) -> Self {
        if self.stale().is_some() {
            cache.gave_stale();
        }
        self
    }
}

impl Upstreams {
    /// What can be said without waiting at the running time `now`; nothing is allocated but where a renewal is due.
    pub fn at_hand(self: &Arc<Self>, cache: &Cache, query: &Query, now: Duration) -> Option<Given> {
        let found = cache.find(&CacheKey::of(query, self.route()), now)?;
        let stale = match found.freshness {
            Freshness::Fresh => false,
            Freshness::Stale => true,
            // Where nobody is there to ask, waiting for them helps no one.
            Freshness::Expired if self.are_down() => true,
            Freshness::Expired => return None,
        };
        if stale && !query.recursion_desired() {
            return None;
        }
        if let Some(cause) = found.renewal {
            cache.renewals().note(self, query, cause, now);
        }
        Some(Given::Kept(found).counted(cache))
    }

    /// Asks the question of `query`, together with everyone who asks the same at this time, and gives a stale answer where none
    /// comes in time. `now` is the running time at which this is called.
    ///
    /// The answer, or the failure, is in `cache` before any asker has it: there is no moment in which the same question could be
    /// asked again. It comes there too where nobody waits for it any more.
    pub async fn ask_through(&self, cache: &Arc<Cache>, query: &Query, now: Duration) -> Given {
        self.ask_further(cache, query, now, Wait::NONE).await
    }

    /// As [`Upstreams::ask_through`], for a client that has waited already, and does not wait for ever. What comes after that is
    /// kept all the same.
    pub async fn ask_further(&self, cache: &Arc<Cache>, query: &Query, now: Duration, wait: Wait) -> Given {
        let keep = keep(cache, now, Known::Suffices);
        let asking = self.join(Question::of(query), Some(query.source.client.ip()), Some(keep));
        self.or_stale(cache, query, now, wait, asking).await.counted(cache)
    }

    /// The question of `query`, to be asked by somebody who does not wait; what its answer means is for [`Upstreams::given`] to say.
    pub fn putting(&self, cache: &Arc<Cache>, query: &Query, now: Duration) -> Putting {
        Putting::new(self, Question::of(query), query.source.client.ip(), keep(cache, now, Known::Suffices))
    }

    /// What is said to a client at the running time `now` where its question came to `answer`.
    pub fn given(&self, cache: &Cache, query: &Query, now: Duration, answer: Answer) -> Given {
        self.or_last(cache, query, now, answer).counted(cache)
    }

    /// What upstreams said last, for want of anything fresher.
    pub fn last_said(&self, cache: &Cache, query: &Query, now: Duration) -> Option<Given> {
        let found = cache.stale(&CacheKey::of(query, self.route()), now);
        found.filter(|_| query.recursion_desired()).map(Given::Kept)
    }

    /// As [`Upstreams::ask_further`], and neither the cache nor its counts know of it.
    pub async fn ask_aside(&self, cache: &Cache, query: &Query, now: Duration, wait: Wait) -> Given {
        if let Some(found) = cache.peek(&CacheKey::of(query, self.route()), now)
            && (found.freshness == Freshness::Fresh || found.freshness == Freshness::Stale && query.recursion_desired())
        {
            return Given::Kept(found);
        }
        self.or_stale(cache, query, now, wait, self.ask(query)).await
    }

    /// Puts a question again though nobody waits for it; what comes is kept.
    pub(in crate::answer) async fn renew(&self, cache: &Arc<Cache>, renewal: &Renewal, now: Duration) {
        let Renewal { name, record_type, class, ask, .. } = renewal;
        let question = Question { name: name.clone(), record_type: *record_type, class: *class, ask: *ask };
        // Whoever asks meanwhile joins this flight, and what it brings is in the cache.
        self.join(question, None, Some(keep(cache, now, Known::IsRenewed))).await.ok();
    }

    /// What `asking` brings, or what may be given in its place: at [`STALE_AFTER`], or where it fails.
    async fn or_stale(
        &self,
        cache: &Cache,
        query: &Query,
        now: Duration,
        wait: Wait,
        asking: impl Future<Output = Answer>,
    ) -> Given {
        let begun = Instant::now();
        let mut asking = pin!(asking);
        let until = |moment: Duration| moment.min(wait.at_most).saturating_sub(wait.so_far).saturating_sub(begun.elapsed());
        let answer = match timeout(until(STALE_AFTER), &mut asking).await {
            Ok(answer) => answer,
            Err(_) => match self.last_said(cache, query, now + begun.elapsed()) {
                Some(stale) => return stale,
                None => timeout(until(Duration::MAX), asking).await.unwrap_or_else(|_| failure(FailureKind::Unreachable)),
            },
        };
        self.or_last(cache, query, now + begun.elapsed(), answer)
    }

    /// The answer, or, where it is none, what was said before.
    fn or_last(&self, cache: &Cache, query: &Query, now: Duration, answer: Answer) -> Given {
        let failed = answer.as_ref().map_or(true, |relayed| !matches!(relayed.rcode(), Rcode::NOERROR | Rcode::NXDOMAIN));
        let stale = if failed { self.last_said(cache, query, now) } else { None };
        stale.unwrap_or(Given::Brought(answer))
    }
}

impl Wait {
    /// Of a client that has not waited, and waits for as long as a question may take.
    pub const NONE: Self = Self { so_far: Duration::ZERO, at_most: Duration::MAX };
}

/// What a question comes to is to be kept; `now` is the running time.
fn keep(cache: &Arc<Cache>, now: Duration, known: Known) -> Keep {
    Keep { cache: Arc::clone(cache), asked: now, known }
}

#[cfg(test)]
mod tests;
