//! One TCP connection to an upstream: many questions on it at once, told apart by their ids (RFC 7766 section 6.2.1.1).
//!
//! The rule: a reply that fits no question on the connection is dropped, and the connection lives on; a connection that
//! stays silent while questions run out of time takes no more of them.

use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::io;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::net::tcp::{OwnedReadHalf, OwnedWriteHalf};
use tokio::sync::{mpsc, oneshot};
use tokio::time::timeout;

use super::counters::Counters;
use super::failure::Fault;
use super::question::{Announced, Fit, Question, Sending, Spelling};

/// So many questions may wait on one connection.
pub(super) const OUTSTANDING: usize = 256;

/// The room for what is read at once, in octets; most answers are far shorter.
const ROOM: usize = 4096;

/// A connection that takes questions until it is closed.
#[derive(Debug)]
pub(super) struct Connection {
    state: Mutex<State>,
    outgoing: mpsc::Sender<Vec<u8>>,
}

#[derive(Debug)]
struct State {
    waiting: HashMap<u16, Waiting>,
    /// No more questions are taken; those that wait may still be answered.
    closing: bool,
    /// Messages heard so far, whether or not they fit.
    heard: u64,
    /// Questions taken so far: tells apart two that have the same id one after the other.
    taken: u64,
}

/// A question on the connection.
#[derive(Debug)]
struct Waiting {
    serial: u64,
    sending: Sending,
    answer: oneshot::Sender<Fit>,
}

/// Why a question was not answered by this connection.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Lost {
    /// As many questions wait as may.
    NoRoom,
    /// The connection is closed.
    Closed,
}

/// Takes a question off the connection when its asker stops waiting.
struct Asked<'a> {
    connection: &'a Connection,
    id: u16,
    serial: u64,
    heard: u64,
}

impl Connection {
    /// Takes a connection into use; its task ends when the server closes it, or after `idle` without a question.
    pub(super) fn start(stream: TcpStream, idle: Duration, counters: Arc<Counters>) -> Arc<Self> {
        // Each waiting question stands in the queue at most once, and those given up before they were sent may beside them.
        let (outgoing, queue) = mpsc::channel(2 * OUTSTANDING);
        let state = State { waiting: HashMap::new(), closing: false, heard: 0, taken: 0 };
        let connection = Arc::new(Self { state: Mutex::new(state), outgoing });
        let running = Arc::clone(&connection);
        tokio::spawn(async move {
            let (incoming, outgoing) = stream.into_split();
            tokio::select! {
                _ = running.read(incoming, idle, &counters) => {}
                _ = write(outgoing, queue) => {}
            }
            // Dropping the askers' ends tells them.
            let mut state = running.state();
            state.closing = true;
            state.waiting.clear();
        });
        connection
    }

    pub(super) fn has_room(&self) -> bool {
        let state = self.state();
        !state.closing && state.waiting.len() < OUTSTANDING
    }

    pub(super) fn is_open(&self) -> bool {
        !self.state().closing
    }

    /// Asks, and waits for the answer for as long as it is polled.
    pub(super) async fn ask(&self, question: &Question, spelling: Spelling, announced: Announced) -> Result<Fit, Lost> {
        let (asked, message, answer) = self.take_in(question, spelling, announced)?;
        if self.outgoing.try_send(message).is_err() {
            self.state().closing = true;
            return Err(Lost::Closed);
        }
        let fit = answer.await;
        drop(asked);
        fit.map_err(|_| Lost::Closed)
    }

    /// Gives the question an id that no other on this connection has.
    fn take_in(
        &self,
        question: &Question,
        spelling: Spelling,
        announced: Announced,
    ) -> Result<(Asked<'_>, Vec<u8>, oneshot::Receiver<Fit>), Lost> {
        let mut state = self.state();
        if state.closing {
            return Err(Lost::Closed);
        }
        if state.waiting.len() >= OUTSTANDING {
            return Err(Lost::NoRoom);
        }
        state.taken += 1;
        let (serial, heard) = (state.taken, state.heard);
        loop {
            let id = rand::random();
            if let Entry::Vacant(place) = state.waiting.entry(id) {
                let sending = question.send(id, spelling, announced);
                let (message, (answer, receiver)) = (framed(sending.bytes()), oneshot::channel());
                place.insert(Waiting { serial, sending, answer });
                return Ok((Asked { connection: self, id, serial, heard }, message, receiver));
            }
        }
    }

    /// Reads replies and hands each to its question, until the connection ends or has been idle.
    async fn read(&self, mut incoming: OwnedReadHalf, idle: Duration, counters: &Counters) -> io::Result<()> {
        let mut buffer = Vec::new();
        loop {
            buffer.reserve(ROOM);
            // Reading into the buffer loses nothing when the time is up in between.
            match timeout(idle, incoming.read_buf(&mut buffer)).await {
                Ok(Ok(0)) => return Err(io::ErrorKind::UnexpectedEof.into()),
                Ok(Ok(_)) => {}
                Ok(Err(error)) => return Err(error),
                Err(_) => {
                    let mut state = self.state();
                    if state.waiting.is_empty() {
                        state.closing = true;
                        return Ok(());
                    }
                    continue;
                }
            }
            let mut taken = 0;
            while let Some(message) = first_message(&buffer[taken..]) {
                taken += 2 + message.len();
                self.deliver(message, counters);
            }
            buffer.drain(..taken);
            if buffer.is_empty() {
                // A long answer's room is given back.
                buffer.shrink_to(ROOM);
            }
        }
    }

    /// Hands a reply to the question with its id, where it fits.
    fn deliver(&self, message: &[u8], counters: &Counters) {
        let mut state = self.state();
        state.heard += 1;
        let Some(id) = message.first_chunk().map(|id| u16::from_be_bytes(*id)) else {
            return counters.fault(Fault::Malformed);
        };
        let Entry::Occupied(waiting) = state.waiting.entry(id) else {
            return counters.fault(Fault::Mismatch);
        };
        match waiting.get().sending.judge(message) {
            Fit::Mismatch => counters.fault(Fault::Mismatch),
            Fit::Malformed => counters.fault(Fault::Malformed),
            fit @ (Fit::Answer(_) | Fit::Truncated | Fit::OtherCase | Fit::Bare(_) | Fit::Useless) => {
                // An asker who has left in this moment needs no answer.
                drop(waiting.remove().answer.send(fit));
            }
        }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Asked<'_> {
    fn drop(&mut self) {
        let mut state = self.connection.state();
        if state.waiting.get(&self.id).is_none_or(|waiting| waiting.serial != self.serial) {
            return;
        }
        state.waiting.remove(&self.id);
        // Given up, and no reply to anyone since: the connection may be dead without saying so.
        state.closing |= state.heard == self.heard;
    }
}

/// Sends what is queued, together where there is more than one.
async fn write(mut outgoing: OwnedWriteHalf, mut queue: mpsc::Receiver<Vec<u8>>) -> io::Result<()> {
    let mut batch = Vec::new();
    let mut bytes = Vec::new();
    while queue.recv_many(&mut batch, OUTSTANDING).await > 0 {
        bytes.clear();
        batch.drain(..).for_each(|message| bytes.extend(message));
        outgoing.write_all(&bytes).await?;
    }
    Ok(())
}

/// The message behind its length (RFC 1035 section 4.2.2), in one piece so that it leaves in one segment.
fn framed(message: &[u8]) -> Vec<u8> {
    let length = u16::try_from(message.len()).expect("a question has fewer than 600 octets");
    [&length.to_be_bytes(), message].concat()
}

/// The first message in `buffer`, where it is there whole.
fn first_message(buffer: &[u8]) -> Option<&[u8]> {
    let length = usize::from(u16::from_be_bytes(*buffer.first_chunk()?));
    buffer.get(2..2 + length)
}
