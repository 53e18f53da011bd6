//! Datagram sockets: in batches where the system allows it (`batched`), else one packet after the other (`portable`).
//!
//! The rule: which of the two serves is decided when an address is bound, and [`Refused`] says why it is not the first.

#[cfg(target_os = "linux")]
#[expect(unsafe_code, reason = "no crate batches both ways with each packet's own source address")]
mod batched;
#[cfg(not(target_os = "linux"))]
mod elsewhere;
mod portable;

use std::fmt;
use std::io;
use std::net::{IpAddr, SocketAddr};
use std::time::Duration;

use socket2::{Domain, Protocol, Socket, Type};

use super::outbox::Posted;

#[cfg(target_os = "linux")]
pub use batched::interface_number;
#[cfg(target_os = "linux")]
pub(super) use batched::{interface_of, tell_arrivals};
#[cfg(not(target_os = "linux"))]
pub use elsewhere::interface_number;
#[cfg(not(target_os = "linux"))]
pub(super) use elsewhere::{interface_of, tell_arrivals};

/// The most packets that are taken in, and then answered, together.
pub(super) const BATCH: usize = 32;

/// A query is at most this long; a longer one is cut and then malformed.
const PACKET: usize = 4096;

/// The stop flag is looked at this often when nothing comes in.
const GLANCE: Duration = Duration::from_millis(100);

/// A bound datagram socket.
#[derive(Debug, Clone)]
pub(super) enum Datagrams {
    #[cfg(target_os = "linux")]
    Batched(batched::Datagrams),
    Portable(portable::Datagrams),
}

/// The sockets of one address.
#[derive(Debug)]
pub(super) struct Bound {
    /// As many as were asked for.
    pub(super) sockets: Vec<Datagrams>,
    /// Why the portable loop serves them; none where it does not.
    pub(super) refused: Option<Refused>,
}

/// What the system refuses, so that packets come and go one after the other.
#[derive(Debug)]
pub struct Refused {
    /// The option or the call.
    what: &'static str,
    error: io::Error,
}

impl fmt::Display for Refused {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.what, self.error)
    }
}

/// Why no sockets came out that take batches.
#[derive(Debug)]
enum Unbound {
    Refused(Refused),
    Failed(io::Error),
}

impl From<io::Error> for Unbound {
    fn from(error: io::Error) -> Self {
        Self::Failed(error)
    }
}

/// What is asked of the system that not every system grants; tests have it refused.
#[derive(Debug, Clone, Copy)]
#[cfg_attr(not(target_os = "linux"), expect(dead_code, reason = "elsewhere nothing is asked for"))]
pub(super) struct System {
    /// Lets sockets share a port.
    pub(super) share_port: fn(&Socket) -> io::Result<()>,
    /// Has it told where packets come in.
    pub(super) tell_arrivals: fn(&Socket, SocketAddr) -> io::Result<()>,
    /// Tries the calls that take batches.
    pub(super) try_batches: fn(&Socket) -> io::Result<()>,
}

#[cfg(target_os = "linux")]
impl System {
    /// This system.
    pub(super) const THIS: Self =
        Self { share_port: |socket| socket.set_reuse_port(true), tell_arrivals, try_batches: batched::try_batches };

    fn bind(self, address: SocketAddr, count: usize, ways: Ways) -> Result<Vec<Datagrams>, Unbound> {
        let sockets = batched::Datagrams::bind(address, count, ways, self)?;
        Ok(sockets.into_iter().map(Datagrams::Batched).collect())
    }
}

impl Datagrams {
    /// Binds one address, for `count` workers.
    pub(super) fn bind(address: SocketAddr, count: usize, ways: Ways, system: System) -> io::Result<Bound> {
        match system.bind(address, count, ways) {
            Ok(sockets) => Ok(Bound { sockets, refused: None }),
            Err(Unbound::Failed(error)) => Err(error),
            Err(Unbound::Refused(refused)) => {
                let socket = Self::Portable(portable::Datagrams::bind(address)?);
                Ok(Bound { sockets: vec![socket; count.max(1)], refused: Some(refused) })
            }
        }
    }

    /// Has the system tell by which interface each packet came in, from now on.
    pub(super) fn tell_arrivals(&self) -> io::Result<()> {
        match self {
            #[cfg(target_os = "linux")]
            Self::Batched(socket) => socket.tell_arrivals(),
            Self::Portable(_) => Err(io::ErrorKind::Unsupported.into()),
        }
    }

    /// The bound address.
    pub(super) fn local_address(&self) -> io::Result<SocketAddr> {
        match self {
            #[cfg(target_os = "linux")]
            Self::Batched(socket) => socket.local_address(),
            Self::Portable(socket) => socket.local_address(),
        }
    }

    /// Sends replies without waiting; one that the system refuses is passed over, as the network may lose any.
    pub(super) fn send_all(&self, replies: &[Posted]) {
        match self {
            #[cfg(target_os = "linux")]
            Self::Batched(socket) => socket.send_all(replies),
            Self::Portable(socket) => socket.send_all(replies),
        }
    }
}

/// An unbound socket of the address's family that does not block the other family.
fn open(address: SocketAddr) -> io::Result<Socket> {
    let socket = Socket::new(Domain::for_address(address), Type::DGRAM, Some(Protocol::UDP))?;
    if address.is_ipv6() {
        socket.set_only_v6(true)?;
    }
    Ok(socket)
}

/// One worker's socket and buffers: what came in together, and the replies that go out together.
pub(super) enum Batch {
    #[cfg(target_os = "linux")]
    Batched(batched::Batch),
    Portable(portable::Batch),
}

impl Batch {
    /// Buffers for [`BATCH`] packets each way.
    ///
    /// # Errors
    /// Where the system gives nothing to wait with.
    pub(super) fn new(socket: &Datagrams) -> io::Result<Self> {
        match socket {
            #[cfg(target_os = "linux")]
            Datagrams::Batched(socket) => Ok(Self::Batched(batched::Batch::new(socket.clone()))),
            Datagrams::Portable(socket) => portable::Batch::new(socket).map(Self::Portable),
        }
    }

    /// Takes in what is there, waiting for the first packet as long as [`GLANCE`], or not at all.
    ///
    /// # Errors
    /// The system's own; `WouldBlock` where nothing came.
    pub(super) fn receive(&mut self, wait: Wait) -> io::Result<usize> {
        match self {
            #[cfg(target_os = "linux")]
            Self::Batched(batch) => batch.receive(wait),
            Self::Portable(batch) => batch.receive(wait),
        }
    }

    /// The packet at `at` of those that came in last.
    pub(super) fn packet(&self, at: usize) -> Packet<'_> {
        match self {
            #[cfg(target_os = "linux")]
            Self::Batched(batch) => batch.packet(at),
            Self::Portable(batch) => batch.packet(at),
        }
    }

    /// The replies to what came in last.
    pub(super) const fn replies(&mut self) -> &mut Replies {
        match self {
            #[cfg(target_os = "linux")]
            Self::Batched(batch) => &mut batch.replies,
            Self::Portable(batch) => &mut batch.replies,
        }
    }

    /// Sends what is staged; a packet that the system refuses is passed over, as the network may lose any.
    pub(super) fn send(&mut self) {
        match self {
            #[cfg(target_os = "linux")]
            Self::Batched(batch) => batch.send(),
            Self::Portable(batch) => batch.send(),
        }
    }
}

/// The replies of one batch.
pub(super) struct Replies {
    octets: Vec<Vec<u8>>,
    /// The packet that each staged reply answers.
    questions: [usize; BATCH],
    staged: usize,
}

impl Replies {
    fn with_room() -> Self {
        Self { octets: (0..BATCH).map(|_| Vec::with_capacity(PACKET)).collect(), questions: [0; BATCH], staged: 0 }
    }

    /// A buffer for the reply that is staged next.
    pub(super) fn take(&mut self) -> Vec<u8> {
        std::mem::take(&mut self.octets[self.staged])
    }

    /// Gives the buffer back without sending it.
    pub(super) fn put_back(&mut self, reply: Vec<u8>) {
        self.octets[self.staged] = reply;
    }

    /// Stages the reply to the packet at `at` for [`Batch::send`]: it goes back the way that the packet came.
    pub(super) fn stage(&mut self, reply: Vec<u8>, at: usize) {
        self.questions[self.staged] = at;
        self.octets[self.staged] = reply;
        self.staged += 1;
    }

    /// What is staged, each with the place of the packet that it answers.
    fn staged(&self) -> impl Iterator<Item = (usize, &Vec<u8>)> {
        self.questions.iter().copied().zip(&self.octets).take(self.staged)
    }
}

/// Whether to wait for a first packet.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Wait {
    /// As long as [`GLANCE`].
    First,
    /// Not at all.
    Never,
}

/// Where a packet or a connection came in, as far as the system says.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Arrival {
    /// The local address that it was sent to.
    pub(super) local: Option<IpAddr>,
    /// The number of the interface; 0 where it is not known.
    pub(super) interface: u32,
}

/// A packet that came in.
#[derive(Debug, Clone, Copy)]
pub(super) struct Packet<'b> {
    pub(super) octets: &'b [u8],
    pub(super) client: SocketAddr,
    pub(super) arrival: Arrival,
}

/// Whether the system is to tell by which interface each packet came in.
///
/// On a socket of one address it costs something and is needed by interfaces in `via` alone; one that is bound to all addresses has
/// to know in any case which of them was asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ways {
    /// It is.
    Told,
    /// Nobody asks.
    Untold,
}
