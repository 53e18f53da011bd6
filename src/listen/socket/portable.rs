//! A datagram socket as every system has it: one for each address, shared by the workers, a packet after the other.
//!
//! On a socket that is bound to all addresses nobody knows here which of them was asked, and the system chooses the one that a
//! reply leaves from.
//!
//! # Cost
//! A system call a packet each way, and a wait; for development, and for systems that refuse what `batched` needs.

use std::io;
use std::net::{SocketAddr, UdpSocket};
use std::sync::Arc;

use mio::{Events, Interest, Poll, Token};

use super::super::outbox::Posted;
use super::{Arrival, BATCH, GLANCE, PACKET, Packet, Replies, Wait, open};

/// A bound datagram socket, which does not wait.
#[derive(Debug, Clone)]
pub(in crate::listen) struct Datagrams {
    socket: Arc<UdpSocket>,
}

impl Datagrams {
    /// Binds the one socket of an address.
    pub(super) fn bind(address: SocketAddr) -> io::Result<Self> {
        let socket = open(address)?;
        // A burst of a whole school waits here; the system may grant less.
        socket.set_recv_buffer_size(4 << 20).ok();
        socket.set_nonblocking(true)?;
        socket.bind(&address.into())?;
        Ok(Self { socket: Arc::new(socket.into()) })
    }

    /// The bound address.
    pub(super) fn local_address(&self) -> io::Result<SocketAddr> {
        self.socket.local_addr()
    }

    /// Sends replies without waiting; the system chooses the address that they leave from.
    pub(super) fn send_all(&self, replies: &[Posted]) {
        for Posted { octets, to, from: _ } in replies {
            self.socket.send_to(octets, to).ok();
        }
    }
}

/// The buffers of one worker, and what it waits with.
pub(in crate::listen) struct Batch {
    socket: mio::net::UdpSocket,
    poll: Poll,
    events: Events,
    packets: Box<[[u8; PACKET]]>,
    lengths: [usize; BATCH],
    clients: Box<[SocketAddr]>,
    pub(super) replies: Replies,
}

impl Batch {
    pub(super) fn new(socket: &Datagrams) -> io::Result<Self> {
        let mut socket = mio::net::UdpSocket::from_std(socket.socket.try_clone()?);
        let poll = Poll::new()?;
        poll.registry().register(&mut socket, Token(0), Interest::READABLE)?;
        Ok(Self {
            socket,
            poll,
            events: Events::with_capacity(1),
            packets: vec![[0; PACKET]; BATCH].into_boxed_slice(),
            lengths: [0; BATCH],
            clients: vec![SocketAddr::from(([0, 0, 0, 0], 0)); BATCH].into_boxed_slice(),
            replies: Replies::with_room(),
        })
    }

    pub(super) fn receive(&mut self, wait: Wait) -> io::Result<usize> {
        self.replies.staged = 0;
        // Before waiting: what was left of a full batch is told of only once.
        let mut count = self.take_in();
        if count == 0 && wait == Wait::First {
            self.poll.poll(&mut self.events, Some(GLANCE))?;
            count = self.take_in();
        }
        // Another worker may have taken it.
        if count == 0 { Err(io::ErrorKind::WouldBlock.into()) } else { Ok(count) }
    }

    fn take_in(&mut self) -> usize {
        for at in 0..BATCH {
            // Nothing more, or an error of an earlier reply (ICMP): the socket is still good.
            let Ok((length, client)) = self.socket.recv_from(&mut self.packets[at]) else { return at };
            (self.lengths[at], self.clients[at]) = (length, client);
        }
        BATCH
    }

    pub(super) fn packet(&self, at: usize) -> Packet<'_> {
        Packet { octets: &self.packets[at][..self.lengths[at]], client: self.clients[at], arrival: Arrival::default() }
    }

    pub(super) fn send(&mut self) {
        for (at, reply) in self.replies.staged() {
            self.socket.send_to(reply, self.clients[at]).ok();
        }
        self.replies.staged = 0;
    }
}
