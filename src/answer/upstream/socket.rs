//! One connected UDP socket and the questions on it, told apart by their ids.
//!
//! The rule: one thread reads for all; a datagram that fits none is as if it had never come, but three of them are a reason for
//! each question here to go to TCP (RFC 5452 section 9.3). No id is used twice on a socket, so that what is late, or comes twice,
//! is known as such.
//!
//! # Cost
//! One system call to send a question and one to receive its answer, which is judged once.

use std::io::{self, ErrorKind};
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use mio::net::UdpSocket;
use tokio::sync::oneshot;
use tokio::time::{Instant, sleep_until};

use super::counters::Counters;
use super::failure::Fault;
use super::hearing::Hearing;
use super::pace::{Came, Pauses};
use super::question::{Announced, Fit, Question, Sending, Spelling};
use super::receiver::{Place, Receiver};

/// The ports that are drawn from: above those that services are usually given.
const PORTS: std::ops::RangeInclusive<u16> = 20_000..=65_535;

/// So many drawn ports may be taken before the system is left to choose.
const DRAWS: usize = 10;

/// So many replies that do not fit are taken for an attack (RFC 5452 section 9.3).
const MISMATCHES: u32 = 3;

/// A socket on a random port that only hears one upstream; closed when the last question on it has ended.
#[derive(Debug)]
pub(super) struct Socket {
    udp: UdpSocket,
    carried: Mutex<Carried>,
    counters: Arc<Counters>,
    place: Place,
}

/// The questions that the socket has carried.
#[derive(Debug, Default)]
struct Carried {
    /// The ids of all.
    ids: Vec<u16>,
    /// Those that wait.
    waiting: Vec<Waiting>,
}

#[derive(Debug)]
struct Waiting {
    sending: Sending,
    mismatches: u32,
    hearer: Hearer,
}

/// A question that was sent in this moment.
struct New<'a> {
    carried: MutexGuard<'a, Carried>,
    sending: Sending,
}

/// Whom a socket tells what becomes of a question on it.
#[derive(Debug)]
pub(super) enum Hearer {
    /// A task that waits, and sends the question again.
    Task(oneshot::Sender<Told>),
    /// Nobody waits: what becomes of it goes on on the thread that hears it.
    Swift(Box<dyn Swift>),
}

/// A question for which nobody waits.
pub(super) trait Swift: std::fmt::Debug + Send {
    /// This has become of it.
    fn told(self: Box<Self>, on: &Arc<Socket>, told: Told, hearing: &mut Hearing);

    /// It is time to do something about it; what becomes of it is told through what `sent` makes of its time of sending.
    fn overdue(self: Box<Self>, sent: Sent);

    /// When it was sent.
    fn at(&self) -> Instant;
}

/// What a socket has to tell a question on it.
#[derive(Debug)]
pub(super) enum Told {
    /// A reply that ends its wait by UDP.
    Fit(Fit),
    /// Too many replies that fit no question here.
    Doubtful,
    /// Some host said of a datagram from this port that it cannot arrive (ICMP); of which one, and whether it is true, is open.
    Refused,
}

/// What a datagram was to the questions here.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Heard {
    /// The reply to the last that waited.
    Last,
    /// Anything else.
    More,
}

/// A question that was sent, and for which a task waits; its wait ends when this is dropped.
#[derive(Debug)]
pub(super) struct Sent {
    socket: Arc<Socket>,
    id: Option<u16>,
    told: oneshot::Receiver<Told>,
    pub(super) at: Instant,
}

impl Socket {
    /// Opens one.
    pub(super) fn open(upstream: SocketAddr, counters: &Arc<Counters>) -> io::Result<Arc<Self>> {
        let local: IpAddr = match upstream {
            SocketAddr::V4(_) => Ipv4Addr::UNSPECIFIED.into(),
            SocketAddr::V6(_) => Ipv6Addr::UNSPECIFIED.into(),
        };
        let drawn = (0..DRAWS).find_map(|_| {
            let port = rand::random_range(PORTS);
            match std::net::UdpSocket::bind((local, port)) {
                // Taken, or withheld from us: another port will do.
                Err(error) if matches!(error.kind(), ErrorKind::AddrInUse | ErrorKind::PermissionDenied) => None,
                bound => Some(bound),
            }
        });
        let socket = drawn.unwrap_or_else(|| std::net::UdpSocket::bind((local, 0)))?;
        socket.set_nonblocking(true)?;
        socket.connect(upstream)?;
        let mut udp = UdpSocket::from_std(socket);
        let place = Receiver::of_process()?.register(&mut udp)?;
        let socket = Arc::new(Self { udp, carried: Mutex::default(), counters: Arc::clone(counters), place });
        socket.place.is_of(&socket);
        Ok(socket)
    }

    /// Sends a question whose answer the caller waits for.
    ///
    /// # Errors
    /// Where the system cannot send from this socket.
    pub(super) fn ask(self: &Arc<Self>, question: &Question, how: (Spelling, Announced)) -> io::Result<Sent> {
        let (asker, told) = oneshot::channel();
        let at = Instant::now();
        let id = self.send_new(question, how)?.wait(Hearer::Task(asker));
        Ok(Sent { socket: Arc::clone(self), id: Some(id), told, at })
    }

    /// Sends a question for which nobody waits; it is looked after at `due`.
    ///
    /// # Errors
    /// Where the system cannot send from this socket; the question is given back.
    pub(super) fn ask_swiftly<S: Swift + 'static>(
        self: &Arc<Self>,
        question: &Question,
        how: (Spelling, Announced),
        swift: Box<S>,
        due: Instant,
    ) -> Result<(), (io::Error, Box<S>)> {
        let now = swift.at();
        match self.send_new(question, how) {
            Ok(new) => {
                let id = new.wait(Hearer::Swift(swift));
                self.place.receiver().remind(now, due, self, id);
                Ok(())
            }
            Err(error) => Err((error, swift)),
        }
    }

    /// Gives the question an id that this socket has not carried, and sends it; no reply is heard before it waits.
    fn send_new(&self, question: &Question, (spelling, announced): (Spelling, Announced)) -> io::Result<New<'_>> {
        let carried = self.carried();
        let id = loop {
            let id = rand::random();
            if !carried.ids.contains(&id) {
                break id;
            }
        };
        let sending = question.send(id, spelling, announced);
        self.send(sending.bytes())?;
        Ok(New { carried, sending })
    }

    /// Sends; an error that the socket still holds from an earlier datagram does not keep this one, and what the system has no
    /// room for is lost as on the way.
    fn send(&self, bytes: &[u8]) -> io::Result<()> {
        let sent = match self.udp.send(bytes) {
            Err(error) if error.kind() == ErrorKind::ConnectionRefused => self.udp.send(bytes),
            sent => sent,
        };
        match sent {
            Err(error) if error.kind() == ErrorKind::WouldBlock => Ok(()),
            sent => sent.map(drop),
        }
    }

    /// Sends the question with this id again, as it was sent before.
    fn send_again(&self, id: u16) -> io::Result<()> {
        let carried = self.carried();
        // Where it does not wait any more, there is something to tell already.
        carried.waiting.iter().find(|known| known.sending.id() == id).map_or(Ok(()), |known| self.send(known.sending.bytes()))
    }

    /// Reads what has come and tells each question its reply, until nobody waits any more, or there is nothing more.
    ///
    /// What comes behind the last reply is read when more comes; should it have filled the socket, a question here is overdue
    /// before anything is heard, and what is overdue is looked for here.
    pub(super) fn read(self: &Arc<Self>, buffer: &mut [u8], hearing: &mut Hearing) {
        loop {
            match self.udp.recv(buffer) {
                Ok(length) => match self.deliver(&buffer[..length], hearing) {
                    Heard::Last => return,
                    Heard::More => {}
                },
                Err(error) if error.kind() == ErrorKind::WouldBlock => return,
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                Err(_) => self.tell_all(hearing),
            }
        }
    }

    fn deliver(self: &Arc<Self>, datagram: &[u8], hearing: &mut Hearing) -> Heard {
        let Some(id) = datagram.first_chunk().map(|id| u16::from_be_bytes(*id)) else {
            self.counters.fault(Fault::Malformed);
            return Heard::More;
        };
        let mut carried = self.carried();
        let fit = match carried.waiting.iter().position(|known| known.sending.id() == id) {
            Some(place) => match carried.waiting[place].sending.judge(datagram) {
                fit @ (Fit::Mismatch | Fit::Malformed) => fit,
                fit @ (Fit::Answer(_) | Fit::Truncated | Fit::OtherCase | Fit::Bare(_) | Fit::Useless) => {
                    let waiting = carried.waiting.swap_remove(place);
                    let heard = if carried.waiting.is_empty() { Heard::Last } else { Heard::More };
                    drop(carried);
                    self.tell(waiting.hearer, Told::Fit(fit), hearing);
                    return heard;
                }
            },
            // Late, or a second time: the answer to a repetition.
            None if carried.ids.contains(&id) => return Heard::More,
            None => Fit::Mismatch,
        };
        match fit {
            Fit::Malformed => self.counters.fault(Fault::Malformed),
            Fit::Mismatch | Fit::Answer(_) | Fit::Truncated | Fit::OtherCase | Fit::Bare(_) | Fit::Useless => {
                self.counters.fault(Fault::Mismatch);
                let doubtful = mismatch(&mut carried.waiting);
                drop(carried);
                for waiting in doubtful {
                    self.tell(waiting.hearer, Told::Doubtful, hearing);
                }
            }
        }
        Heard::More
    }

    /// Tells every question here that a datagram from this port was refused.
    pub(super) fn tell_all(self: &Arc<Self>, hearing: &mut Hearing) {
        let waiting = std::mem::take(&mut self.carried().waiting);
        for waiting in waiting {
            self.tell(waiting.hearer, Told::Refused, hearing);
        }
    }

    fn tell(self: &Arc<Self>, hearer: Hearer, told: Told, hearing: &mut Hearing) {
        match hearer {
            // An asker who has left in this moment needs no answer.
            Hearer::Task(task) => drop(task.send(told)),
            Hearer::Swift(swift) => swift.told(self, told, hearing),
        }
    }

    /// Has a task wait for the question with this id, for which nobody waits, where it has not come to its end.
    pub(super) fn overdue(self: &Arc<Self>, id: u16, buffer: &mut [u8], hearing: &mut Hearing) {
        if !self.carried().waiting.iter().any(|known| known.sending.id() == id) {
            return;
        }
        self.read(buffer, hearing);
        let (asker, told) = oneshot::channel();
        let before = {
            let mut carried = self.carried();
            let waiting = carried.waiting.iter_mut().find(|known| known.sending.id() == id);
            waiting.map(|waiting| std::mem::replace(&mut waiting.hearer, Hearer::Task(asker)))
        };
        if let Some(Hearer::Swift(swift)) = before {
            let sent = Sent { socket: Arc::clone(self), id: Some(id), told, at: swift.at() };
            swift.overdue(sent);
        }
    }

    fn carried(&self) -> MutexGuard<'_, Carried> {
        self.carried.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl New<'_> {
    /// Has it wait for its reply; the id is returned.
    fn wait(mut self, hearer: Hearer) -> u16 {
        let id = self.sending.id();
        self.carried.ids.push(id);
        self.carried.waiting.push(Waiting { sending: self.sending, mismatches: 0, hearer });
        id
    }
}

impl Sent {
    /// A question of which is known already what became of it.
    pub(super) fn with(socket: &Arc<Socket>, told: Told, at: Instant) -> Self {
        let (asker, receiver) = oneshot::channel();
        asker.send(told).expect("the receiver is here");
        Self { socket: Arc::clone(socket), id: None, told: receiver, at }
    }

    /// Waits for what becomes of the question for as long as it is polled, and sends it again after each pause; how the answer
    /// came is said with it.
    ///
    /// # Errors
    /// Where the system cannot send any more.
    pub(super) async fn wait(mut self, mut pauses: Pauses) -> io::Result<(Told, Came)> {
        let (mut sent, mut sendings) = (self.at, 1);
        loop {
            tokio::select! {
                biased;
                told = &mut self.told => {
                    let told = told.expect("whoever takes a question off the socket tells it, and this one's asker is here");
                    return Ok((told, Came { sendings, after: sent.elapsed() }));
                }
                () = sleep_until(next(sent, &mut pauses)) => {
                    (sent, sendings) = (Instant::now(), sendings + 1);
                    if let Some(id) = self.id {
                        self.socket.send_again(id)?;
                    }
                }
            }
        }
    }
}

impl Drop for Sent {
    fn drop(&mut self) {
        if let Some(id) = self.id {
            self.socket.carried().waiting.retain(|known| known.sending.id() != id);
        }
    }
}

/// A datagram that fits nobody may have been meant for anyone here; those are taken out who have met too many.
fn mismatch(waiting: &mut Vec<Waiting>) -> Vec<Waiting> {
    for known in &mut *waiting {
        known.mismatches += 1;
    }
    waiting.extract_if(.., |known| known.mismatches >= MISMATCHES).collect()
}

/// When to send again.
fn next(sent: Instant, pauses: &mut Pauses) -> Instant {
    sent + pauses.next().expect("pauses have no end")
}

#[cfg(test)]
mod tests;
