//! The sockets of one upstream: each question has one at random, and no port is in use for long (RFC 5452 section 9.2).
//!
//! The rule: a socket takes 64 questions at most, for 10 s from its first, and is then replaced by one on a new random port;
//! that is done beside the questions, never before one. A socket that has carried nothing is as good as new, for nobody can
//! have seen its port; it is replaced after a minute all the same, because the machine's own address may have changed. A
//! pool holds forty sockets for each question of the last minute or two, as far as its share goes: a busy one is full after
//! 16 questions; one that nobody uses closes all, and costs nothing until the next question.

use std::io;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};
use std::time::Duration;

use tokio::sync::Notify;
use tokio::time::{Instant, timeout};

use super::counters::Counters;
use super::ration::{MOST, Ration, Share};
use super::socket::Socket;

/// So many questions one socket takes.
const QUESTIONS: u32 = 64;

/// A socket takes questions for so long, from its first on.
const AGE: Duration = Duration::from_secs(10);

/// So long a socket that has carried nothing, and a pool without questions, is kept.
const IDLE: Duration = Duration::from_secs(60);

/// So many sockets are held for each question of this minute and the last.
const FOR_EACH: usize = 40;

/// So many at least, once there is a question.
const LEAST: usize = 16;

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
    /// When the minute that is counted began, and the questions of it and of the one before.
    minute: Instant,
    asked: usize,
    asked_before: usize,
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
    pub(super) fn new(upstream: SocketAddr, counters: &Arc<Counters>, ration: &Arc<Ration>) -> Arc<Self> {
        let now = Instant::now();
        let state = State {
            slots: Vec::new(),
            spent: 0,
            last_asked: now,
            minute: now,
            asked: 0,
            asked_before: 0,
            keeper: Keeper::Absent,
            said: None,
            said_share: MOST,
        };
        let counters = Arc::clone(counters);
        Arc::new(Self { upstream, counters, share: ration.share(), state: Mutex::new(state), due: Arc::default() })
    }

    /// A socket for one question: a random one of those that take questions. Only where there is none, and for the very first
    /// questions, one is opened here; and only where the system grants none, a spent one is used once more.
    ///
    /// # Errors
    /// Where there is no socket at all.
    pub(super) fn draw(self: &Arc<Self>, now: Instant) -> io::Result<Arc<Socket>> {
        let mut state = self.state();
        state.last_asked = now;
        state.asked += 1;
        if state.keeper == Keeper::Absent {
            state.keeper = Keeper::Present;
            tokio::spawn(keep(Arc::downgrade(self), Arc::clone(&self.due)));
        }
        let count = state.slots.len();
        // The first few questions have one each, for the others are not open yet.
        let draws = if count < LEAST { 0 } else { DRAWS };
        let drawn = (0..draws).map(|_| rand::random_range(0..count)).find(|place| state.slots[*place].takes_questions(now));
        let place = match drawn {
            Some(place) => place,
            None => state.open(self, now)?,
        };
        let slot = &mut state.slots[place];
        slot.first_asked.get_or_insert(now);
        slot.questions += 1;
        let socket = Arc::clone(&slot.socket);
        state.spent += usize::from(slot.questions == QUESTIONS);
        // Those who draw pass by the few that are spent: they are replaced together.
        let many = state.spent >= BATCH || 4 * state.spent >= state.slots.len();
        if (state.spent > 0 && many) || state.slots.len() < state.wanted(self.share.sockets()) {
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

    /// Closes all sockets but those that a question waits on; the next question opens one.
    pub(super) fn close(&self) {
        let mut state = self.state();
        state.slots.clear();
        (state.asked_before, state.asked) = (0, 0);
    }

    /// Replaces what is spent and fills up to what is wanted; says whether the pool is still in use.
    async fn look_through(&self, now: Instant) -> Keeper {
        let share = self.share.sockets();
        let (wanted, mut missing) = {
            let mut state = self.state();
            if now - state.last_asked >= IDLE {
                state.slots.clear();
                state.keeper = Keeper::Absent;
                return Keeper::Absent;
            }
            if now - state.minute >= IDLE {
                (state.asked_before, state.asked, state.minute) = (state.asked, 0, now);
            }
            state.say_share(share, self.upstream);
            let wanted = state.wanted(share);
            let fit = state.slots.iter().filter(|slot| slot.is_fit(now)).count();
            (wanted, wanted.saturating_sub(fit))
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

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    /// Opens a socket for one question and says where it stands; where none can be opened, any of those that there are.
    fn open(&mut self, sockets: &Sockets, now: Instant) -> io::Result<usize> {
        let count = self.slots.len();
        match Slot::open(sockets, now) {
            Ok(slot) if count < LEAST => {
                self.slots.push(slot);
                Ok(count)
            }
            Ok(slot) => {
                let place = rand::random_range(0..count);
                self.slots[place] = slot;
                Ok(place)
            }
            Err(error) if count == 0 => Err(error),
            Err(_) => Ok(rand::random_range(0..count)),
        }
    }

    /// How many sockets the questions of late are worth.
    fn wanted(&self, share: usize) -> usize {
        ((self.asked + self.asked_before) * FOR_EACH).clamp(LEAST.min(share), share)
    }

    /// Says that the share is small, when it has become so.
    fn say_share(&mut self, share: usize, upstream: SocketAddr) {
        if share < self.said_share {
            let hint = "raise the limit of open files (LimitNOFILE)";
            tracing::warn!(%upstream, sockets = share, wanted = MOST, hint, "few sockets: fewer ports make forged answers likelier");
        }
        self.said_share = share;
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
