//! TCP connections (RFC 7766): queries are answered out of order as they come ready, and a stalled client costs one bounded place.

use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use socket2::{Domain, Protocol, Socket, Type};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::sync::{OwnedSemaphorePermit, Semaphore, mpsc, watch};
use tokio::time::{Instant, sleep, timeout};

use super::limits::Connection;
use super::socket::{interface_of, tell_arrivals};
use super::{Limits, Responder, Step, Waiting};
use crate::dns::{Source, Transport};

/// Octets of replies that one connection may leave unread: two of the longest.
const QUEUED: usize = 128 * 1024;

/// The running listener and its connections.
#[derive(Debug)]
pub(super) struct Acceptor {
    stopping: watch::Sender<bool>,
    accepting: tokio::task::JoinHandle<()>,
}

/// Binds a listening socket.
pub(super) fn bind(address: SocketAddr) -> io::Result<std::net::TcpListener> {
    let socket = Socket::new(Domain::for_address(address), Type::STREAM, Some(Protocol::TCP))?;
    if address.is_ipv6() {
        socket.set_only_v6(true)?;
    }
    // Connections of the run before, still closing, must not keep a restart from binding.
    socket.set_reuse_address(true)?;
    // Where this is not to be had a group's `via` goes by addresses alone.
    tell_arrivals(&socket, address).ok();
    socket.bind(&address.into())?;
    socket.listen(1024)?;
    socket.set_nonblocking(true)?;
    Ok(socket.into())
}

impl Acceptor {
    /// Accepts connections on the caller's runtime.
    pub(super) fn start<R: Responder>(
        listener: std::net::TcpListener,
        responder: &R,
        waiting: &Arc<Waiting>,
        limits: &Limits,
    ) -> io::Result<Self> {
        let listener = tokio::net::TcpListener::from_std(listener)?;
        let (stopping, stop) = watch::channel(false);
        let service = Service { responder: responder.clone(), waiting: Arc::clone(waiting), limits: limits.clone(), stop };
        let accepting = tokio::spawn(service.accept(listener));
        Ok(Self { stopping, accepting })
    }

    /// Closes the listening socket, lets connections answer what they have read, and waits for that until `deadline`.
    pub(super) async fn stop(self, deadline: Instant) {
        self.stopping.send_replace(true);
        tokio::time::timeout_at(deadline, self.accepting).await.ok();
        // Every connection holds a receiver; the channel closes with the last of them.
        tokio::time::timeout_at(deadline, self.stopping.closed()).await.ok();
    }
}

#[derive(Clone)]
struct Service<R: Responder> {
    responder: R,
    waiting: Arc<Waiting>,
    limits: Limits,
    stop: watch::Receiver<bool>,
}

impl<R: Responder> Service<R> {
    async fn accept(mut self, listener: tokio::net::TcpListener) {
        loop {
            let accepted = tokio::select! {
                accepted = listener.accept() => accepted,
                _ = self.stop.wait_for(|stop| *stop) => return,
            };
            match accepted {
                Ok((stream, client)) => {
                    if let Some(place) = self.limits.counts.enter(client.ip(), &self.limits) {
                        tokio::spawn(self.clone().serve(stream, client, place));
                    }
                }
                // Out of file descriptors, or a connection reset before it was accepted: the listener is still good, and
                // trying again at once would spin.
                Err(_) => sleep(Duration::from_millis(20)).await,
            }
        }
    }

    async fn serve(self, stream: TcpStream, client: SocketAddr, place: Connection) {
        let Ok(local) = stream.local_addr() else { return };
        // Small replies must not wait for each other; where the option is refused they come a little later.
        stream.set_nodelay(true).ok();
        let source = Source::new(client, local, Transport::Tcp).by(interface_of(&stream, local));
        let (incoming, outgoing) = stream.into_split();
        let (replies, ready) = mpsc::channel(self.limits.pipelined);
        let room = Arc::new(Semaphore::new(QUEUED));
        let writing = tokio::spawn(write_replies(outgoing, ready, self.limits.idle));
        self.read_queries(incoming, source, replies, room).await;
        // The writer ends when the last waiting query has been answered, so a half-closed connection still gets its replies.
        writing.await.ok();
        drop(place);
    }

    async fn read_queries(
        mut self,
        mut incoming: tokio::net::tcp::OwnedReadHalf,
        source: Source,
        replies: mpsc::Sender<Ready>,
        room: Arc<Semaphore>,
    ) {
        let mut view = self.responder.worker();
        let mut packet = Vec::new();
        loop {
            let read = tokio::select! {
                read = timeout(self.limits.idle, read_message(&mut incoming, &mut packet)) => read,
                _ = self.stop.wait_for(|stop| *stop) => return,
            };
            let Ok(Ok(())) = read else { return };
            // A place in the channel is taken before the query is judged: a client that does not read its replies is not read from.
            let Ok(Ok(slot)) = timeout(self.limits.idle, replies.clone().reserve_owned()).await else { return };
            self.responder.refresh(&mut view);
            let mut reply = Vec::new();
            self.responder.take_in(&mut view, std::iter::once((packet.as_slice(), source)));
            match self.responder.judge(&mut view, 0, &mut reply) {
                Step::Silence => {}
                Step::Answered => {
                    let Ok(Some(ready)) = timeout(self.limits.idle, Ready::new(reply, &room)).await else { return };
                    slot.send(ready);
                }
                Step::Forward(plan) => match self.waiting.enter(R::client(&plan), &self.limits) {
                    Some(place) => {
                        let (answer, room) = (self.responder.resolve(plan), Arc::clone(&room));
                        let patience = self.limits.idle;
                        tokio::spawn(async move {
                            let reply = answer.await;
                            drop(place);
                            if let Ok(Some(ready)) = timeout(patience, Ready::new(reply, &room)).await {
                                slot.send(ready);
                            }
                        });
                    }
                    None => {
                        self.responder.overloaded(&mut view, plan, &mut reply);
                        let Ok(Some(ready)) = timeout(self.limits.idle, Ready::new(reply, &room)).await else { return };
                        slot.send(ready);
                    }
                },
            }
        }
    }
}

/// A reply that waits to be written, and its octets' place among those of its connection.
#[derive(Debug)]
struct Ready {
    reply: Vec<u8>,
    _room: OwnedSemaphorePermit,
}

impl Ready {
    /// Waits until there is room for `reply`; none where it is longer than a message can be.
    async fn new(reply: Vec<u8>, room: &Arc<Semaphore>) -> Option<Self> {
        let length = u32::from(u16::try_from(reply.len()).ok()?);
        let room = Arc::clone(room).acquire_many_owned(length).await.ok()?;
        Some(Self { reply, _room: room })
    }
}

/// Reads one message with its length before it (RFC 1035 section 4.2.2) into `packet`.
async fn read_message(incoming: &mut tokio::net::tcp::OwnedReadHalf, packet: &mut Vec<u8>) -> io::Result<()> {
    let length = incoming.read_u16().await?;
    packet.clear();
    // Grown as the octets come, so that a length alone costs no memory.
    let read = incoming.take(u64::from(length)).read_to_end(packet).await?;
    if read < usize::from(length) { Err(io::ErrorKind::UnexpectedEof.into()) } else { Ok(()) }
}

/// Writes each reply with its length before it, in one segment where it fits.
async fn write_replies(mut outgoing: tokio::net::tcp::OwnedWriteHalf, mut ready: mpsc::Receiver<Ready>, patience: Duration) {
    let mut framed = Vec::new();
    while let Some(Ready { reply, _room }) = ready.recv().await {
        let Ok(length) = u16::try_from(reply.len()) else { return };
        framed.clear();
        framed.extend(length.to_be_bytes());
        framed.extend(reply);
        if !matches!(timeout(patience, outgoing.write_all(&framed)).await, Ok(Ok(()))) {
            return;
        }
    }
}
