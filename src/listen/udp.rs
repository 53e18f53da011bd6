//! UDP workers: a thread a core, each with its own socket where the system lets them share a port; what can be answered at once is
//! answered on the thread that received it.
//!
//! # Cost
//! Per batch two system calls, where the system has them, and one look at snapshot and clock; per query nothing is allocated unless
//! an upstream is needed.

use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;

use super::socket::{Arrival, Batch, Datagrams, Packet, Wait};
use super::{Limits, Outbox, Responder, Return, Step, Waiting, local_or};
use crate::dns::{Source, Transport};

/// So many batches are still taken in once stopping has begun: more than a socket holds, and an end under a flood.
const LAST_BATCHES: usize = 512;

/// The running workers of one address.
#[derive(Debug)]
pub(super) struct Workers {
    stopping: Arc<AtomicBool>,
    threads: Vec<thread::JoinHandle<()>>,
}

impl Workers {
    /// Starts a thread for each socket, within the caller's runtime: what cannot be answered at once may need its tasks.
    pub(super) fn start<R: Responder>(
        sockets: Vec<Datagrams>,
        responder: &R,
        waiting: &Arc<Waiting>,
        limits: &Limits,
    ) -> io::Result<Self> {
        let stopping = Arc::new(AtomicBool::new(false));
        let mut threads = Vec::new();
        for (number, socket) in sockets.into_iter().enumerate() {
            let batch = Batch::new(&socket)?;
            let worker = Worker {
                bound: socket.local_address()?,
                outbox: Outbox::of(socket),
                responder: responder.clone(),
                waiting: Arc::clone(waiting),
                limits: limits.clone(),
                runtime: tokio::runtime::Handle::current(),
                stopping: Arc::clone(&stopping),
            };
            threads.push(thread::Builder::new().name(format!("udp-{number}")).spawn(move || worker.run(batch))?);
        }
        Ok(Self { stopping, threads })
    }

    /// Takes in what the sockets still hold, and ends the threads.
    pub(super) fn stop(self) {
        self.stopping.store(true, Ordering::Relaxed);
        for thread in self.threads {
            // A worker has no way to panic that its responder does not catch; were there one, stopping goes on all the same.
            thread.join().ok();
        }
    }
}

struct Worker<R: Responder> {
    bound: SocketAddr,
    /// For replies that wait for an upstream.
    outbox: Arc<Outbox>,
    responder: R,
    waiting: Arc<Waiting>,
    limits: Limits,
    runtime: tokio::runtime::Handle,
    stopping: Arc<AtomicBool>,
}

impl<R: Responder> Worker<R> {
    fn run(self, mut batch: Batch) {
        let _runtime = self.runtime.enter();
        let (mut view, mut waiting) = (self.responder.worker(), Vec::new());
        let mut last = 0..LAST_BATCHES;
        loop {
            let stopping = self.stopping.load(Ordering::Relaxed);
            if stopping && last.next().is_none() {
                return;
            }
            let wait = if stopping { Wait::Never } else { Wait::First };
            match batch.receive(wait) {
                Ok(count) => self.answer(&mut batch, count, &mut view, &mut waiting),
                // Nothing came in time, or the system reported an error of an earlier reply (ICMP): the socket is still good.
                Err(_) if stopping => return,
                // A worker that nobody asks keeps no snapshot that is no longer in force: it holds images mapped.
                Err(_) => self.responder.refresh(&mut view),
            }
        }
    }

    /// Answers a batch; `waiting` is empty, and room for those that need an upstream.
    fn answer(&self, batch: &mut Batch, count: usize, view: &mut R::Worker, waiting: &mut Vec<(R::Plan, Return)>) {
        self.responder.refresh(view);
        self.responder.take_in(
            view,
            (0..count).map(|at| {
                let Packet { octets, client, arrival: Arrival { local, interface } } = batch.packet(at);
                (octets, Source::new(client, local_or(self.bound, local), Transport::Udp).by(interface))
            }),
        );
        for at in 0..count {
            let mut reply = batch.replies().take();
            let Packet { client, arrival: Arrival { local, .. }, .. } = batch.packet(at);
            match self.responder.judge(view, at, &mut reply) {
                Step::Answered => batch.replies().stage(reply, at),
                Step::Silence => batch.replies().put_back(reply),
                Step::Forward(plan) => match self.waiting.enter(R::client(&plan), &self.limits) {
                    Some(place) => {
                        batch.replies().put_back(reply);
                        waiting.push((plan, Return { outbox: Arc::clone(&self.outbox), client, local, place }));
                    }
                    None => {
                        self.responder.overloaded(view, plan, &mut reply);
                        batch.replies().stage(reply, at);
                    }
                },
            }
        }
        batch.send();
        // Nobody who has an answer waits for others' questions to be sent, and these leave one close behind the other.
        for (plan, reply) in waiting.drain(..) {
            self.responder.forward(plan, reply);
        }
    }
}
