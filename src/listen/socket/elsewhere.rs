//! What systems other than Linux do not say, or say in ways of their own: the portable loop serves there.

use std::io;
use std::net::SocketAddr;
use std::num::NonZeroU32;
use std::os::fd::AsRawFd;

use socket2::Socket;

use super::{Datagrams, Refused, System, Unbound, Ways};

impl System {
    /// This system.
    pub(in crate::listen) const THIS: Self =
        Self { share_port: |_| Err(unsupported()), tell_arrivals, try_batches: |_| Err(unsupported()) };

    pub(super) fn bind(self, _address: SocketAddr, _count: usize, _ways: Ways) -> Result<Vec<Datagrams>, Unbound> {
        Err(Unbound::Refused(Refused { what: "packets in batches", error: unsupported() }))
    }
}

fn unsupported() -> io::Error {
    io::ErrorKind::Unsupported.into()
}

/// Has the system tell where each packet, or a listening socket's connection, came in.
pub(in crate::listen) fn tell_arrivals(_socket: &Socket, _address: SocketAddr) -> io::Result<()> {
    Err(unsupported())
}

/// By which interface a connection came in; 0 where the system does not say.
pub(in crate::listen) fn interface_of(_connection: &impl AsRawFd, _local: SocketAddr) -> u32 {
    0
}

/// The number of the interface of this name.
pub fn interface_number(_name: &str) -> Option<NonZeroU32> {
    None
}
