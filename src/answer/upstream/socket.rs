//! One connected UDP socket and the questions on it, told apart by their ids.
//!
//! The rule: whoever of them is woken reads for all; a datagram that fits none is as if it had never come, but three of them
//! are a reason for each question here to go to TCP (RFC 5452 section 9.3). No id is used twice on a socket, so that what is
//! late, or comes twice, is known as such.

use std::cell::RefCell;
use std::io::{self, ErrorKind};
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::pin::pin;
use std::sync::{Mutex, MutexGuard, PoisonError};

use tokio::io::Interest;
use tokio::net::UdpSocket;
use tokio::sync::oneshot;
use tokio::time::{Instant, sleep_until};

use super::counters::Counters;
use super::failure::Fault;
use super::pace::{Came, Pauses};
use super::question::{Announced, Expected, Fit, Question, Spelling};

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
    carried: Mutex<Vec<Carried>>,
}

/// A question that the socket has carried.
#[derive(Debug)]
struct Carried {
    id: u16,
    /// None where it has its answer, or is given up.
    waiting: Option<Waiting>,
}

#[derive(Debug)]
struct Waiting {
    expected: Expected,
    mismatches: u32,
    asker: oneshot::Sender<Told>,
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

/// Ends a question's wait when its asker leaves.
struct Asked<'a> {
    socket: &'a Socket,
    id: u16,
}

thread_local! {
    /// Where a datagram is received, whatever its length; replies are judged at once, so a thread needs one.
    static DATAGRAM: RefCell<Box<[u8]>> = RefCell::new(vec![0; usize::from(u16::MAX)].into());
}

impl Socket {
    /// Opens one; to be called within the runtime.
    pub(super) fn open(upstream: SocketAddr) -> io::Result<Self> {
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
        Ok(Self { udp: UdpSocket::from_std(socket)?, carried: Mutex::default() })
    }

    /// Puts the question on the socket, again after each pause, and waits for what becomes of it for as long as it is polled;
    /// how that came is said with it.
    ///
    /// # Errors
    /// Where the system cannot send from this socket.
    pub(super) async fn ask(
        &self,
        question: &Question,
        (spelling, announced): (Spelling, Announced),
        mut pauses: Pauses,
        counters: &Counters,
    ) -> io::Result<(Told, Came)> {
        let (_asked, bytes, mut told) = self.take_in(question, spelling, announced);
        let mut sent = Instant::now();
        let mut sendings = 1;
        self.send(&bytes).await?;
        let mut again = pin!(sleep_until(next(sent, &mut pauses)));
        loop {
            // What ICMP says of the port comes as an error, with nothing to be read.
            tokio::select! {
                biased;
                told = &mut told => {
                    let told = told.expect("whoever takes a question off the socket tells it, and this one's asker is here");
                    return Ok((told, Came { sendings, after: sent.elapsed() }));
                }
                ready = self.udp.ready(Interest::READABLE | Interest::ERROR) => {
                    if ready?.is_error() && self.refused()? {
                        self.tell_all();
                    }
                    self.read(counters);
                }
                () = &mut again => {
                    sent = Instant::now();
                    sendings += 1;
                    self.send(&bytes).await?;
                    again.as_mut().reset(next(sent, &mut pauses));
                }
            }
        }
    }

    /// Gives the question an id that this socket has not carried.
    fn take_in(
        &self,
        question: &Question,
        spelling: Spelling,
        announced: Announced,
    ) -> (Asked<'_>, Vec<u8>, oneshot::Receiver<Told>) {
        let mut carried = self.carried();
        let id = loop {
            let id = rand::random();
            if carried.iter().all(|known| known.id != id) {
                break id;
            }
        };
        let (bytes, expected) = question.send(id, spelling, announced).into_parts();
        let (asker, told) = oneshot::channel();
        carried.push(Carried { id, waiting: Some(Waiting { expected, mismatches: 0, asker }) });
        (Asked { socket: self, id }, bytes, told)
    }

    /// Sends; an error that the socket still holds from an earlier datagram is told and does not keep this one.
    async fn send(&self, bytes: &[u8]) -> io::Result<()> {
        match self.udp.send(bytes).await {
            Err(error) if error.kind() == ErrorKind::ConnectionRefused => self.udp.send(bytes).await.map(drop),
            sent => sent.map(drop),
        }
    }

    /// Reads all that has come and hands each reply to its question.
    fn read(&self, counters: &Counters) {
        DATAGRAM.with_borrow_mut(|datagram| {
            loop {
                match self.udp.try_recv(datagram) {
                    Ok(length) => self.deliver(&datagram[..length], counters),
                    Err(error) if error.kind() == ErrorKind::ConnectionRefused => self.tell_all(),
                    Err(_) => return,
                }
            }
        });
    }

    fn deliver(&self, datagram: &[u8], counters: &Counters) {
        let Some(id) = datagram.first_chunk().map(|id| u16::from_be_bytes(*id)) else {
            return counters.fault(Fault::Malformed);
        };
        let mut carried = self.carried();
        let fit = match carried.iter_mut().find(|known| known.id == id) {
            None => Fit::Mismatch,
            // Late, or a second time: the answer to a repetition.
            Some(Carried { waiting: None, .. }) => return,
            Some(Carried { waiting: place @ Some(_), .. }) => {
                let waiting = place.as_ref().expect("the arm says so");
                match waiting.expected.judge(datagram) {
                    fit @ (Fit::Mismatch | Fit::Malformed) => fit,
                    fit @ (Fit::Answer(_) | Fit::Truncated | Fit::OtherCase | Fit::Bare(_) | Fit::Useless) => {
                        // An asker who has left in this moment needs no answer.
                        return drop(place.take().map(|waiting| waiting.asker.send(Told::Fit(fit))));
                    }
                }
            }
        };
        match fit {
            Fit::Malformed => counters.fault(Fault::Malformed),
            Fit::Mismatch | Fit::Answer(_) | Fit::Truncated | Fit::OtherCase | Fit::Bare(_) | Fit::Useless => {
                counters.fault(Fault::Mismatch);
                mismatch(&mut carried);
            }
        }
    }

    /// Takes the error that the socket holds, so that it is not ready for it again; whether there was one.
    fn refused(&self) -> io::Result<bool> {
        if self.udp.take_error()?.is_some() {
            return Ok(true);
        }
        match self.udp.try_io(Interest::ERROR, || Err::<(), _>(ErrorKind::WouldBlock.into())) {
            Err(error) if error.kind() != ErrorKind::WouldBlock => Err(error),
            Err(_) | Ok(()) => Ok(false),
        }
    }

    /// Tells every question here that a datagram from this port was refused.
    pub(super) fn tell_all(&self) {
        for waiting in self.carried().iter_mut().filter_map(|known| known.waiting.take()) {
            drop(waiting.asker.send(Told::Refused));
        }
    }

    fn carried(&self) -> MutexGuard<'_, Vec<Carried>> {
        self.carried.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Asked<'_> {
    fn drop(&mut self) {
        if let Some(known) = self.socket.carried().iter_mut().find(|known| known.id == self.id) {
            known.waiting = None;
        }
    }
}

/// A datagram that fits nobody may have been meant for anyone here.
fn mismatch(carried: &mut [Carried]) {
    for known in carried {
        let Some(waiting) = &mut known.waiting else { continue };
        waiting.mismatches += 1;
        if waiting.mismatches == MISMATCHES
            && let Some(waiting) = known.waiting.take()
        {
            drop(waiting.asker.send(Told::Doubtful));
        }
    }
}

/// When to send again.
fn next(sent: Instant, pauses: &mut Pauses) -> Instant {
    sent + pauses.next().expect("pauses have no end")
}

#[cfg(test)]
mod tests;
