//! A query that needs an upstream, answered without a task: its question is put, and the thread that hears the answer goes on.
//!
//! The rule: what one answer in time does not settle is taken up by a task, as every query by TCP is. In whatever way it ends,
//! the client has one reply.
//!
//! # Cost
//! Two system calls to the upstream, and one for all clients whose answers came together. Measured in `docs/performance.md`.

use std::fmt;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Arc, Mutex, PoisonError};

use tokio::runtime::Handle;

use super::account::{Accounts, View, Waiting};
use super::{conclude, way};
use crate::answer::upstream::{Asker, Hearing};
use crate::answer::{Answer, Upstreams};

/// What the thread that hears answers works with: a view of its own, and room for a reply.
#[derive(Debug, Default)]
pub struct Desk(Mutex<Option<(View, Vec<u8>)>>);

/// A query for whose answer nobody waits.
struct Forwarded<R: FnOnce(&[u8], &mut Hearing)> {
    accounts: Arc<Accounts>,
    waiting: Box<Waiting>,
    upstreams: Arc<Upstreams>,
    runtime: Handle,
    /// None once it has replied.
    reply: Option<R>,
}

impl Accounts {
    /// Has a query that waits answered by `reply`, whenever that is. To be called within the runtime.
    pub fn forward(self: &Arc<Self>, waiting: Box<Waiting>, reply: impl FnOnce(&[u8], &mut Hearing) + Send + 'static) {
        let (accounts, runtime) = (Arc::clone(self), Handle::current());
        let upstreams = Arc::clone(&waiting.plan.snapshot.upstreams);
        let forwarded = Box::new(Forwarded { accounts, waiting, upstreams, runtime, reply: Some(reply) });
        // A fault of ours costs this query: it is dropped, and with that answered.
        catch_unwind(AssertUnwindSafe(|| forwarded.put())).ok();
    }
}

impl<R: FnOnce(&[u8], &mut Hearing) + Send + 'static> Forwarded<R> {
    /// Puts the first question.
    fn put(mut self: Box<Self>) {
        let plan = &self.waiting.plan;
        // Where something is said here, only what is behind its aliases has to be asked.
        let Some(upstreams) = way::first_asked(plan.sought(), &plan.snapshot) else { return self.delayed() };
        self.upstreams = Arc::clone(upstreams);
        let putting = upstreams.putting(&self.accounts.rooms.cache, plan.sought(), plan.now.running);
        putting.asked_by(self);
    }
}

impl<R: FnOnce(&[u8], &mut Hearing)> Forwarded<R> {
    /// Replies, unless the answer does not settle the query: an alias leads out of the upstreams' part, or a window has opened.
    fn conclude(&mut self, answer: Answer, hearing: &mut Hearing) -> Conclusion {
        let Waiting { plan, since } = &*self.waiting;
        let mut desk = self.accounts.desk.0.lock().unwrap_or_else(PoisonError::into_inner);
        let (view, out) = desk.get_or_insert_with(|| (self.accounts.view(), Vec::new()));
        self.accounts.refresh(view);
        let now = view.time_for(plan.snapshot());
        let given = self.upstreams.given(&self.accounts.rooms.cache, plan.sought(), now.running, answer);
        if way::onward(&given).is_some() {
            return Conclusion::Open;
        }
        out.clear();
        let Ok(done) = conclude(plan, &plan.sought().name, &given, &now, out) else { return Conclusion::Open };
        self.accounts.note(plan.query(), plan.snapshot(), &plan.now, view.pen(), done, *since);
        if let Some(reply) = self.reply.take() {
            reply(out, hearing);
        }
        Conclusion::Replied
    }
}

/// What an answer came to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Conclusion {
    /// A reply.
    Replied,
    /// More has to be asked.
    Open,
}

impl<R: FnOnce(&[u8], &mut Hearing) + Send + 'static> Asker for Forwarded<R> {
    fn told(mut self: Box<Self>, answer: Answer, hearing: &mut Hearing) {
        match self.conclude(answer, hearing) {
            Conclusion::Replied => {}
            // What is known by now is in the cache.
            Conclusion::Open => self.delayed(),
        }
    }

    fn delayed(mut self: Box<Self>) {
        let runtime = self.runtime.clone();
        runtime.spawn(async move {
            let reply = self.accounts.finish(&self.waiting).await;
            if let Some(way) = self.reply.take() {
                way(&reply, &mut Hearing::alone());
            }
        });
    }
}

impl<R: FnOnce(&[u8], &mut Hearing)> Drop for Forwarded<R> {
    /// Only a fault of ours, or the program's end, leaves a query without its reply.
    fn drop(&mut self) {
        if let Some(reply) = self.reply.take() {
            reply(&self.accounts.give_up(&self.waiting), &mut Hearing::alone());
        }
    }
}

impl<R: FnOnce(&[u8], &mut Hearing)> fmt::Debug for Forwarded<R> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Forwarded").field("waiting", &self.waiting).finish_non_exhaustive()
    }
}
