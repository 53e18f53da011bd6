//! The sockets of one upstream: each question has one at random, and no port is in use for long (RFC 5452 section 9.2).
//!
//! The rule: a socket takes 64 questions at most, for 10 s from its first, and is then replaced by one on a new random port;
//! that is done beside the questions, never before one. A socket that has carried nothing is as good as new, for nobody can
//! have seen its port; it is replaced after a minute all the same, because the machine's own address may have changed. A
//! pool that is in use is full, as far as its share goes: the first question has the others opened, which takes some
//! milliseconds, and what is asked meanwhile opens one for itself. A pool that nobody uses for a minute closes all, and costs
//! nothing until the next question.

use std::io;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};
use std::time::Duration;

use tokio::sync::Notify;
use tokio::time::{Instant, timeout};

use super::counters::Counters;
use super::ration::{ENOUGH, Share};
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
    counters: Arc<Counters>,
    share: Share,
    state: Mutex<State>,
    due: Arc<Notify>,
}

#[derive(Debug)]
struct State {
    slots: Vec<Slot>,
    /// How many are spent since the keeper was last told.
    spent: usize,
    last_asked: Instant,
    keeper: Keeper,
    said: Option<Instant>,
    said_share: usize,
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
    pub(super) fn new(upstream: SocketAddr, counters: &Arc<Counters>, share: Share) -> Arc<Self> {
        let (slots, last_asked) = (Vec::new(), Instant::now());
        let state = State { slots, spent: 0, last_asked, keeper: Keeper::Absent, said: None, said_share: ENOUGH };
        let counters = Arc::clone(counters);
        Arc::new(Self { upstream, counters, share, state: Mutex::new(state), due: Arc::default() })
    }

    /// How many may be held at this time; none where there are to be none.
    pub(super) fn share(&self) -> Option<usize> {
        self.share.sockets()
    }

    /// A socket for one question: a random one of those that take questions. Only where there is none, and until the pool is
    /// large enough, one is opened here; and only where the system grants none, a spent one is used once more.
    ///
    /// # Errors
    /// Where there is no socket at all.
    pub(super) fn draw(self: &Arc<Self>, now: Instant) -> io::Result<Arc<Socket>> {
        let wanted = self.wanted();
        let mut state = self.state();
        state.last_asked = now;
        if state.keeper == Keeper::Absent {
            state.keeper = Keeper::Present;
            tokio::spawn(keep(Arc::downgrade(self), Arc::clone(&self.due)));
        }
        // While it is filled, those that are open already are too few to draw from.
        let drawn = if state.slots.len() < wanted.min(ENOUGH) { None } else { state.draw(now) };
        let place = match drawn {
            Some(place) => place,
            None => state.open(self, wanted, now)?,
        };
        let slot = &mut state.slots[place];
        slot.first_asked.get_or_insert(now);
        slot.questions += 1;
        let socket = Arc::clone(&slot.socket);
        state.spent += usize::from(slot.questions == QUESTIONS);
        // Those who draw pass by the few that are spent: they are replaced together.
        let many = state.spent >= BATCH || 4 * state.spent >= state.slots.len();
        if (state.spent > 0 && many) || state.slots.len() < wanted {
            state.spent = 0;
            self.due.notify_one();
        }
        Ok(socket)
    }

    /// Replaces every socket: this machine's address, or its way to the upstream, may have changed.
    pub(super) fn renew(&self) {
        for slot in &mut self.state().slots {
            slot.questions = slot.questions.max(QUESTIONS);
        }
        self.due.notify_one();
    }

    /// Replaces what is spent and fills up to what is wanted; says whether the pool is still in use.
    async fn look_through(&self, now: Instant) -> Keeper {
        let wanted = self.wanted();
        let mut missing = {
            let mut state = self.state();
            if now - state.last_asked >= IDLE {
                state.slots.clear();
                state.keeper = Keeper::Absent;
                return Keeper::Absent;
            }
            state.say_share(wanted, self.upstream);
            let fit = state.slots.iter().filter(|slot| slot.is_fit(now)).count();
            wanted.saturating_sub(fit)
        };
        while missing > 0 {
            let opened: io::Result<Vec<_>> = (0..missing.min(BATCH)).map(|_| Slot::open(self, now)).collect();
            match opened {
                Ok(opened) => {
                    missing -= opened.len();
                    self.state().take_in(opened, wanted, now);
                }
                Err(error) => {
                    self.state().say(&error, self.upstream, now);
                    return Keeper::Present;
                }
            }
            tokio::task::yield_now().await;
        }
        // Those that nothing had to replace.
        self.state().slots.retain(|slot| slot.is_fit(now));
        Keeper::Present
    }

    /// How many a pool in use holds.
    fn wanted(&self) -> usize {
        self.share.sockets().unwrap_or(1)
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    /// A random one that takes questions, where a few draws find one.
    fn draw(&self, now: Instant) -> Option<usize> {
        let count = self.slots.len();
        let draws = if count == 0 { 0 } else { DRAWS };
        (0..draws).map(|_| rand::random_range(0..count)).find(|place| self.slots[*place].takes_questions(now))
    }

    /// Opens a socket for one question and says where it stands; where none can be opened, any of those that there are.
    fn open(&mut self, sockets: &Sockets, wanted: usize, now: Instant) -> io::Result<usize> {
        let count = self.slots.len();
        match Slot::open(sockets, now) {
            Ok(slot) if count < wanted => {
                self.slots.push(slot);
                Ok(count)
            }
            Ok(slot) => {
                let place = rand::random_range(0..count);
                self.slots[place] = slot;
                Ok(place)
            }
            Err(error) if count == 0 => Err(error),
            Err(_) => Ok(self.draw(now).unwrap_or_else(|| rand::random_range(0..count))),
        }
    }

    /// Says that the share is small, when it has become so.
    fn say_share(&mut self, share: usize, upstream: SocketAddr) {
        if share < self.said_share {
            let hint = "raise the limit of open files (LimitNOFILE)";
            tracing::warn!(%upstream, sockets = share, wanted = ENOUGH, hint, "few sockets: fewer ports make forged answers likelier");
        }
        self.said_share = share.min(ENOUGH);
    }

    /// Puts new sockets in the place of spent ones, and behind the others where there is room.
    fn take_in(&mut self, opened: Vec<Slot>, wanted: usize, now: Instant) {
        let mut places = 0..self.slots.len();
        for slot in opened {
            match places.find(|place| !self.slots[*place].is_fit(now)) {
                Some(place) => self.slots[place] = slot,
                None if self.slots.len() < wanted => self.slots.push(slot),
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
    fn open(sockets: &Sockets, now: Instant) -> io::Result<Self> {
        Ok(Self { socket: Socket::open(sockets.upstream, &sockets.counters)?, opened: now, first_asked: None, questions: 0 })
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
async fn keep(sockets: Weak<Sockets>, due: Arc<Notify>) {
    loop {
        match sockets.upgrade() {
            Some(sockets) if sockets.look_through(Instant::now()).await == Keeper::Present => {}
            Some(_) | None => return,
        }
        // Either way it is time.
        timeout(LOOK, due.notified()).await.ok();
    }
}

#[cfg(test)]
mod tests;
