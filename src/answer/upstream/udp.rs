//! One question by UDP: a socket and port of its own, and patience with everything that is not its answer.
//!
//! The rule: port, id and the letters' case are random and used once (RFC 5452, 0x20), so a reply that was not sent to
//! this very question fits with a chance of less than one in 2³⁰. After three that do not fit the question moves to TCP.

use std::cell::RefCell;
use std::io::{self, ErrorKind};
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::time::Duration;

use tokio::io::Interest;
use tokio::net::UdpSocket;
use tokio::time::{Instant, timeout_at};

use super::counters::Counters;
use super::failure::Fault;
use super::question::{Expected, Fit, Sending};
use crate::dns::Relayed;

/// The ports that are drawn from: above those that services are usually given.
const PORTS: std::ops::RangeInclusive<u16> = 20_000..=65_535;

/// So many drawn ports may be taken before the system is left to choose.
const DRAWS: usize = 10;

/// So many replies that do not fit are taken for an attack (RFC 5452 section 9.3).
const MISMATCHES: u32 = 3;

/// What a question by UDP comes to.
#[derive(Debug)]
pub(super) enum Heard {
    /// The answer.
    Answer(Box<Relayed>),
    /// Only TCP can tell.
    AskByTcp(Why),
}

/// Why TCP is asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Why {
    /// The answer is longer than a datagram.
    Truncated,
    /// The reply changed the letters' case: the upstream does, or somebody guesses.
    OtherCase,
    /// Too many replies that do not fit, or an error that names no question.
    Doubtful,
}

thread_local! {
    /// Where a datagram is received, whatever its length; replies are rare and judged at once, so a thread needs one.
    static DATAGRAM: RefCell<Box<[u8]>> = RefCell::new(vec![0; usize::from(u16::MAX)].into());
}

/// Sends the question, a second time after `resend`, and waits for its answer for as long as it is polled.
///
/// # Errors
/// [`Fault::Unreachable`] where nobody listens there, [`Fault::Network`] where there is no way,
/// [`Fault::Malformed`] for an answer of no use.
pub(super) async fn exchange(
    address: SocketAddr,
    sending: &Sending,
    resend: Duration,
    counters: &Counters,
) -> Result<Heard, Fault> {
    let socket = open(address).map_err(|error| fault(&error))?;
    socket.send(&sending.bytes).await.map_err(|error| fault(&error))?;
    let mut again = Some(Instant::now() + resend);
    let mut mismatches = 0;
    loop {
        // What ICMP says of the port comes as an error, with nothing to be read.
        let ready = socket.ready(Interest::READABLE | Interest::ERROR);
        let ready = match again {
            Some(due) => timeout_at(due, ready).await,
            None => Ok(ready.await),
        };
        let Ok(ready) = ready else {
            again = None;
            socket.send(&sending.bytes).await.map_err(|error| fault(&error))?;
            continue;
        };
        if ready.map_err(|error| fault(&error))?.is_error() {
            told(&socket).map_err(|error| fault(&error))?;
        }
        let fit = match receive(&socket, sending.expected()) {
            Ok(fit) => fit,
            Err(error) if error.kind() == ErrorKind::WouldBlock => continue,
            Err(error) => return Err(fault(&error)),
        };
        match fit {
            Fit::Answer(relayed) => return Ok(Heard::Answer(relayed)),
            Fit::Truncated => return Ok(Heard::AskByTcp(Why::Truncated)),
            Fit::OtherCase => {
                counters.fault(Fault::Case);
                return Ok(Heard::AskByTcp(Why::OtherCase));
            }
            Fit::Bare(_) => return Ok(Heard::AskByTcp(Why::Doubtful)),
            Fit::Useless => return Err(Fault::Malformed),
            Fit::Mismatch => {
                counters.fault(Fault::Mismatch);
                mismatches += 1;
                if mismatches == MISMATCHES {
                    return Ok(Heard::AskByTcp(Why::Doubtful));
                }
            }
            Fit::Malformed => counters.fault(Fault::Malformed),
        }
    }
}

/// Takes one datagram from the socket and judges it.
fn receive(socket: &UdpSocket, expected: &Expected) -> io::Result<Fit> {
    DATAGRAM.with_borrow_mut(|datagram| {
        let length = socket.try_recv(datagram)?;
        Ok(expected.judge(&datagram[..length]))
    })
}

/// Takes the error that the socket holds, so that it is not ready for it again.
fn told(socket: &UdpSocket) -> io::Result<()> {
    if let Some(error) = socket.take_error()? {
        return Err(error);
    }
    match socket.try_io(Interest::ERROR, || Err::<(), _>(ErrorKind::WouldBlock.into())) {
        Err(error) if error.kind() == ErrorKind::WouldBlock => Ok(()),
        other => other,
    }
}

/// A socket on a random port that only hears `address`.
fn open(address: SocketAddr) -> io::Result<UdpSocket> {
    let local: IpAddr = match address {
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
    socket.connect(address)?;
    UdpSocket::from_std(socket)
}

/// What an error of a socket says of the upstream.
pub(super) fn fault(error: &io::Error) -> Fault {
    match error.kind() {
        ErrorKind::ConnectionRefused => Fault::Unreachable,
        ErrorKind::TimedOut => Fault::Timeout,
        _ => Fault::Network,
    }
}
