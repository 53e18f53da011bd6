//! The thread that hears what all upstreams send by UDP, and looks after what takes too long.
//!
//! The rule: one thread reads every socket, so that a question has no task, no timer and no wake-up of its own; what it brings is
//! told to its askers on this thread, which therefore never waits.
//!
//! # Cost
//! Per turn one system call, one look at the clock and two locks; per datagram one system call more. Replies to clients leave together
//! when all that was heard in the turn is judged.

use std::io;
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError, Weak};
use std::thread;
use std::time::Duration;

use mio::net::UdpSocket;
use mio::{Events, Interest, Poll, Registry, Token, Waker};
use tokio::time::Instant;

use super::hearing::{Hearing, survive};
use super::socket::Socket;
use super::wheel::Wheel;

/// So many sockets that have something are looked at in one turn.
const TURN: usize = 256;

/// The token of the waker; those of sockets are their places.
const WAKER: Token = Token(usize::MAX);

/// What the thread and those who give it work share.
#[derive(Debug)]
pub(super) struct Receiver {
    begun: Instant,
    registry: Registry,
    waker: Waker,
    places: Mutex<Places>,
    timers: Mutex<Timers>,
}

/// The sockets that are read.
#[derive(Debug, Default)]
struct Places {
    sockets: Vec<Weak<Socket>>,
    free: Vec<usize>,
}

/// What is to be looked after.
#[derive(Debug)]
struct Timers {
    wheel: Wheel<(Arc<Socket>, u16)>,
    /// Until when the thread sleeps if nothing is heard; for ever, where nothing is due.
    asleep_until: Option<Duration>,
}

/// A socket's place; free again when dropped.
#[derive(Debug)]
pub(super) struct Place {
    receiver: &'static Receiver,
    number: usize,
}

impl Receiver {
    /// The one of this process; its thread is started by the first call.
    ///
    /// # Errors
    /// Where the system has no open file or thread left for it; the next call tries again.
    pub(super) fn of_process() -> io::Result<&'static Self> {
        static RECEIVER: OnceLock<Receiver> = OnceLock::new();
        static STARTING: Mutex<()> = Mutex::new(());
        if let Some(receiver) = RECEIVER.get() {
            return Ok(receiver);
        }
        let _starting = STARTING.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(receiver) = RECEIVER.get() {
            return Ok(receiver);
        }
        let poll = Poll::new()?;
        let (registry, waker) = (poll.registry().try_clone()?, Waker::new(poll.registry(), WAKER)?);
        let timers = Mutex::new(Timers { wheel: Wheel::new(), asleep_until: None });
        let new = Self { begun: Instant::now(), registry, waker, places: Mutex::default(), timers };
        // The thread waits for the receiver to be in its place.
        let (ready, wait) = std::sync::mpsc::sync_channel::<&'static Self>(1);
        thread::Builder::new().name("upstreams".to_owned()).spawn(move || wait.recv().map(|receiver| receiver.run(poll)))?;
        let receiver = RECEIVER.get_or_init(|| new);
        ready.send(receiver).map_err(io::Error::other)?;
        Ok(receiver)
    }

    /// Has `udp` read, as the socket that [`Place::is_of`] will name.
    pub(super) fn register(&'static self, udp: &mut UdpSocket) -> io::Result<Place> {
        let number = {
            let mut places = self.places();
            places.free.pop().unwrap_or_else(|| {
                places.sockets.push(Weak::new());
                places.sockets.len() - 1
            })
        };
        let place = Place { receiver: self, number };
        self.registry.register(udp, Token(number), Interest::READABLE)?;
        Ok(place)
    }

    /// Has the question with `id` on `socket` looked after at `due`, unless it has come to its end before.
    pub(super) fn remind(&self, now: Instant, due: Instant, socket: &Arc<Socket>, id: u16) {
        let (now, due) = (now - self.begun, due - self.begun);
        let too_late = {
            let mut timers = self.timers();
            timers.wheel.put(now, due, (Arc::clone(socket), id));
            let until = timers.asleep_until;
            if until.is_some_and(|until| due < until) {
                timers.asleep_until = Some(due);
            }
            until.is_some_and(|until| due < until)
        };
        if too_late {
            // Without a wake-up the question would be looked after late, and not be lost.
            self.waker.wake().ok();
        }
    }

    fn run(&'static self, mut poll: Poll) {
        let mut events = Events::with_capacity(TURN);
        let (mut heard, mut due) = (Vec::new(), Vec::new());
        // A datagram of any length is read whole.
        let mut buffer = vec![0; usize::from(u16::MAX)];
        loop {
            let pause = self.fall_asleep();
            // Interrupted, or out of memory: there is nothing to do but look again.
            if poll.poll(&mut events, pause).is_err() {
                continue;
            }
            let mut hearing = Hearing::at(self.wake_up(&mut due));
            {
                let places = self.places();
                let socket = |event: &mio::event::Event| places.sockets.get(event.token().0).and_then(Weak::upgrade);
                heard.extend(events.iter().filter_map(socket));
            }
            for socket in heard.drain(..) {
                survive(|| socket.read(&mut buffer, &mut hearing));
            }
            for (socket, id) in due.drain(..) {
                survive(|| socket.overdue(id, &mut buffer, &mut hearing));
            }
        }
    }

    /// How long may be slept; whoever has something due before that wakes the thread.
    fn fall_asleep(&self) -> Option<Duration> {
        let now = self.begun.elapsed();
        let mut timers = self.timers();
        let due = timers.wheel.due();
        timers.asleep_until = Some(due.unwrap_or(Duration::MAX));
        due.map(|due| due.saturating_sub(now))
    }

    /// Takes out what is due.
    fn wake_up(&self, due: &mut Vec<(Arc<Socket>, u16)>) -> Instant {
        let now = Instant::now();
        let mut timers = self.timers();
        timers.asleep_until = None;
        timers.wheel.take(now - self.begun, due);
        now
    }

    /// Each list is changed in one step, so a panic elsewhere leaves both whole.
    fn places(&self) -> MutexGuard<'_, Places> {
        self.places.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn timers(&self) -> MutexGuard<'_, Timers> {
        self.timers.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Place {
    /// Who reads.
    pub(super) const fn receiver(&self) -> &'static Receiver {
        self.receiver
    }

    /// From now on what comes is `socket`'s.
    pub(super) fn is_of(&self, socket: &Arc<Socket>) {
        self.receiver.places().sockets[self.number] = Arc::downgrade(socket);
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        let mut places = self.receiver.places();
        places.sockets[self.number] = Weak::new();
        places.free.push(self.number);
    }
}
