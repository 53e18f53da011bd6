//! Replies that waited for an upstream, sent together with others that are ready at the same time.
//!
//! The rule: whoever posts the first reply sees to it that all are sent soon; a full box is sent at once.
//!
//! # Cost
//! One system call for up to 32 replies, where the system has it; buffers are kept.

use std::net::{IpAddr, SocketAddr};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use super::socket::{BATCH, Datagrams};
use super::waiting::Place;

/// One socket's replies that are still to be sent.
#[derive(Debug)]
pub struct Outbox {
    socket: Datagrams,
    held: Mutex<Held>,
}

/// The first `count` are to be sent; the others are room.
#[derive(Debug, Default)]
struct Held {
    replies: Vec<Posted>,
    count: usize,
    /// Those replied to wait until their replies are sent.
    places: Vec<Place>,
}

/// A reply, where it goes, and the local address that it leaves from where the socket can choose.
#[derive(Debug)]
pub(super) struct Posted {
    pub(super) octets: Vec<u8>,
    pub(super) to: SocketAddr,
    pub(super) from: Option<IpAddr>,
}

impl Outbox {
    pub(super) fn of(socket: Datagrams) -> Arc<Self> {
        Arc::new(Self { socket, held: Mutex::default() })
    }

    /// Puts a reply in; true where it lies there alone, so that [`Outbox::send`] is to be called.
    pub(super) fn post(&self, reply: &[u8], to: SocketAddr, from: Option<IpAddr>, place: Place) -> bool {
        let mut held = self.held();
        held.places.push(place);
        let count = held.count;
        match held.replies.get_mut(count) {
            Some(room) => {
                (room.to, room.from) = (to, from);
                room.octets.clear();
                room.octets.extend_from_slice(reply);
            }
            None => held.replies.push(Posted { octets: reply.to_vec(), to, from }),
        }
        held.count += 1;
        if held.count == BATCH {
            self.send_held(&mut held);
            return false;
        }
        held.count == 1
    }

    /// Sends what lies there. What the network does not take is a lost packet: the client asks again.
    pub fn send(&self) {
        self.send_held(&mut self.held());
    }

    fn send_held(&self, held: &mut Held) {
        let count = std::mem::take(&mut held.count);
        self.socket.send_all(&held.replies[..count]);
        held.places.clear();
    }

    /// A panic between its steps leaves replies unsent at most.
    fn held(&self) -> MutexGuard<'_, Held> {
        self.held.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests;
