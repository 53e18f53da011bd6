//! What the listeners are handed: the pipeline with its books, and a net under the half that waits.

use std::future::Future;
use std::net::IpAddr;
use std::sync::Arc;

use crate::answer::upstream::AtEnd;
use crate::dns::Source;
use crate::listen::{Outbox, Responder, Return, Step};
use crate::pipeline::{Accounts, Met, View, Waiting};

/// The pipeline as the listeners see it.
#[derive(Debug, Clone)]
pub(super) struct Pipeline(pub(super) Arc<Accounts>);

impl Responder for Pipeline {
    type Worker = View;
    type Plan = Box<Waiting>;

    fn worker(&self) -> View {
        self.0.view()
    }

    fn refresh(&self, view: &mut View) {
        self.0.refresh(view);
    }

    fn take_in<'p>(&self, view: &mut View, packets: impl Iterator<Item = (&'p [u8], Source)>) {
        self.0.take_in(view, packets);
    }

    fn judge(&self, view: &mut View, at: usize, out: &mut Vec<u8>) -> Step<Box<Waiting>> {
        match self.0.answer(view, at, out) {
            Met::Silence => Step::Silence,
            Met::Answered => Step::Answered,
            Met::Wait(waiting) => Step::Forward(waiting),
        }
    }

    fn client(waiting: &Box<Waiting>) -> IpAddr {
        waiting.client()
    }

    fn resolve(&self, waiting: Box<Waiting>) -> impl Future<Output = Vec<u8>> + Send + 'static {
        let accounts = Arc::clone(&self.0);
        async move {
            let waiting = Arc::new(waiting);
            // A task of its own: a panic ends there and costs one query.
            let (task_accounts, task_waiting) = (Arc::clone(&accounts), Arc::clone(&waiting));
            let answering = tokio::spawn(async move { task_accounts.finish(&task_waiting).await });
            answering.await.unwrap_or_else(|_| accounts.give_up(&waiting))
        }
    }

    fn forward(&self, waiting: Box<Waiting>, reply: Return) {
        self.0.forward(waiting, |message, hearing| {
            if let Some(outbox) = reply.post(message) {
                hearing.put_off(outbox);
            }
        });
    }

    fn overloaded(&self, view: &mut View, waiting: Box<Waiting>, out: &mut Vec<u8>) {
        self.0.turn_away(view, &waiting, out);
    }
}

impl AtEnd for Outbox {
    fn hearing_ends(&self) {
        self.send();
    }
}
