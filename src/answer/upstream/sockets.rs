//! The sockets of one upstream: each question has one at random, and no port is in use for long (RFC 5452 section 9.2).
//!
//! The rule: a socket takes 64 questions at most, for 10 s from its first, and is then replaced by one on a new random port;
//! that is done beside the questions, never before one. A socket that has carried nothing is as good as new, for nobody can
//! have seen its port; it is replaced after a minute all the same, because the machine's own address may have changed. A
//! pool that nobody uses for a minute closes all its sockets, and costs nothing until the next question.
//!
//! # Cost
//! A question takes one lock for a random draw or two; opening is a background task's. At 20,000 questions a second 313
//! sockets a second are replaced.

use std::io;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};
use std::time::Duration;

use tokio::sync::Notify;
use tokio::time::{Instant, timeout};

use super::ration::{Ration, Share};
use super::socket::Socket;

/// So many questions one socket takes.
const QUESTIONS: u32 = 64;

/// A socket takes questions for so long, from its first on.
const AGE: Duration = Duration::from_secs(10);

/// So long a socket that has carried nothing, and a pool without questions, is kept.
const IDLE: Duration = Duration::from_secs(60);

/// How often the pool is looked through.
const LOOK: Duration = Duration::from_secs(1);

/// So many sockets are opened in one go, before others have their turn.
const BATCH: usize = 16;

/// So often a socket that takes no more questions may be drawn before one is opened for the question.
const DRAWS: usize = 16;

/// One upstream's sockets.
#[derive(Debug)]
pub(super) struct Sockets {
    upstream: SocketAddr,
    share: Share,
    state: Mutex<State>,
    spent: Arc<Notify>,
}

#[derive(Debug)]
struct State {
    slots: Vec<Slot>,
    last_asked: Instant,
    keeper: Keeper,
    said: Option<Instant>,
}

/// Whether somebody replaces what is spent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Keeper {
    Absent,
    Present,
}

#[derive(Debug)]
struct Slot {
    socket: Arc<Socket>,
    opened: Instant,
    first_asked: Option<Instant>,
    questions: u32,
}

impl Sockets {
    /// Sockets to `upstream`; none is opened yet.
    pub(super) fn new(upstream: SocketAddr, ration: &Arc<Ration>) -> Arc<Self> {
        let state = State { slots: Vec::new(), last_asked: Instant::now(), keeper: Keeper::Absent, said: None };
        Arc::new(Self { upstream, share: ration.share(), state: Mutex::new(state), spent: Arc::default() })
    }

    /// A socket for one question: a random one of those that take questions. Only where there is none, as for the very
    /// first question, one is opened here; and only where the system grants none, a spent one is used once more.
    ///
    /// # Errors
    /// Where there is no socket at all.
    pub(super) fn draw(self: &Arc<Self>, now: Instant) -> io::Result<Arc<Socket>> {
        let mut state = self.state();
        state.last_asked = now;
        if state.keeper == Keeper::Absent {
            state.keeper = Keeper::Present;
            tokio::spawn(keep(Arc::downgrade(self), Arc::clone(&self.spent)));
        }
        let count = state.slots.len();
        let draws = if count == 0 { 0 } else { DRAWS };
        let drawn = (0..draws).map(|_| rand::random_range(0..count)).find(|place| state.slots[*place].takes_questions(now));
        let place = match (drawn, count) {
            (Some(place), _) => place,
            (None, 0) => {
                state.slots.push(Slot::open(self.upstream, now)?);
                0
            }
            (None, _) => {
                let place = rand::random_range(0..count);
                if let Ok(slot) = Slot::open(self.upstream, now) {
                    state.slots[place] = slot;
                }
                place
            }
        };
        let slot = &mut state.slots[place];
        slot.first_asked.get_or_insert(now);
        slot.questions += 1;
        if slot.questions == QUESTIONS {
            self.spent.notify_one();
        }
        Ok(Arc::clone(&slot.socket))
    }

    /// Replaces every socket: this machine's address, or its way to the upstream, may have changed.
    pub(super) fn renew(&self) {
        for slot in &mut self.state().slots {
            slot.questions = slot.questions.max(QUESTIONS);
        }
        self.spent.notify_one();
    }

    /// Replaces what is spent and fills up to the share; says whether the pool is still in use.
    async fn look_through(&self, now: Instant) -> Keeper {
        let share = self.share.sockets();
        let mut missing = {
            let mut state = self.state();
            if now - state.last_asked >= IDLE {
                state.slots.clear();
                state.keeper = Keeper::Absent;
                return Keeper::Absent;
            }
            state.slots.truncate(share);
            let spent = state.slots.iter().filter(|slot| !slot.is_fit(now)).count();
            spent + share - state.slots.len()
        };
        while missing > 0 {
            let opened: io::Result<Vec<_>> = (0..missing.min(BATCH)).map(|_| Slot::open(self.upstream, now)).collect();
            match opened {
                Ok(opened) => {
                    missing -= opened.len();
                    self.state().take_in(opened, share, now);
                }
                Err(error) => {
                    self.state().say(&error, self.upstream, now);
                    return Keeper::Present;
                }
            }
            tokio::task::yield_now().await;
        }
        Keeper::Present
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    /// Puts new sockets in the place of spent ones, and behind the others where there is room.
    fn take_in(&mut self, opened: Vec<Slot>, share: usize, now: Instant) {
        let mut places = 0..self.slots.len();
        for slot in opened {
            match places.find(|place| !self.slots[*place].is_fit(now)) {
                Some(place) => self.slots[place] = slot,
                None if self.slots.len() < share => self.slots.push(slot),
                None => return,
            }
        }
    }

    /// Says once a minute that sockets are short.
    fn say(&mut self, error: &io::Error, upstream: SocketAddr, now: Instant) {
        if self.said.is_none_or(|said| now - said >= IDLE) {
            self.said = Some(now);
            let open = self.slots.len();
            tracing::warn!(%upstream, open, %error, "no more sockets to be had: fewer ports make forged answers likelier");
        }
    }
}

impl Slot {
    fn open(upstream: SocketAddr, now: Instant) -> io::Result<Self> {
        Ok(Self { socket: Arc::new(Socket::open(upstream)?), opened: now, first_asked: None, questions: 0 })
    }

    fn takes_questions(&self, now: Instant) -> bool {
        self.questions < QUESTIONS && self.first_asked.is_none_or(|first| now - first < AGE)
    }

    /// Whether it may stay.
    fn is_fit(&self, now: Instant) -> bool {
        self.takes_questions(now) && (self.first_asked.is_some() || now - self.opened < IDLE)
    }
}

/// Looks the pool through each second, and as soon as a socket is spent, until the pool is idle or gone.
async fn keep(sockets: Weak<Sockets>, spent: Arc<Notify>) {
    loop {
        match sockets.upgrade() {
            Some(sockets) if sockets.look_through(Instant::now()).await == Keeper::Present => {}
            Some(_) | None => return,
        }
        // Either way it is time.
        timeout(LOOK, spent.notified()).await.ok();
    }
}

#[cfg(test)]
mod tests;
