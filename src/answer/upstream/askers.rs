//! Single flight for questions: however many ask the same at the same time, it is put to upstreams once, and all are told.
//!
//! The rule: a flight belongs to nobody, so that an asker who leaves takes it from no one. What it comes to is in the cache
//! before it is off the list, and it is off the list before anyone is told.

use std::collections::HashMap;
use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::sync::oneshot;

use super::hearing::{Hearing, survive};
use super::limits::ClientPermit;
use super::pool::Answer;
use super::question::Question;
use crate::dns::Secret;

/// Who asks without waiting: it is called by the thread that hears the upstreams, and holds that up while it runs.
pub trait Asker: fmt::Debug + Send {
    /// The question came to this, in this round.
    fn told(self: Box<Self>, answer: Answer, hearing: &mut Hearing);

    /// The question takes longer than nearly all do, or goes another way: it has to be asked again by a task that waits, which
    /// joins it where it is.
    fn delayed(self: Box<Self>);
}

/// One who asks.
#[derive(Debug)]
pub(super) enum Asking {
    /// A task waits.
    Task(oneshot::Sender<Answer>),
    /// Nobody waits.
    Swift(Box<dyn Asker>, ClientPermit),
}

/// The questions under way, and who asks each.
#[derive(Debug, Default)]
pub(super) struct Askers {
    open: Mutex<Flights>,
}

type Flights = HashMap<Arc<Question>, Flight, Secret>;

#[derive(Debug)]
struct Flight {
    pace: FlightPace,
    /// Who began it; none where it could not wait and has been sent on.
    first: Option<Asking>,
    /// Who joined.
    more: Vec<Asking>,
}

/// How a question is doing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum FlightPace {
    /// It was sent, and nobody waits.
    Swift,
    /// A task sees to it.
    Slow,
}

impl Askers {
    /// Joins the flight to `question`, or begins one where `start` says so; true where it was begun.
    ///
    /// `start` runs while no flight can begin or end, so what it finds out still holds when its flight is listed.
    pub(super) fn join<T>(
        &self,
        question: &Arc<Question>,
        asking: Asking,
        start: impl FnOnce() -> Result<T, Answer>,
    ) -> Option<T> {
        let mut open = self.open();
        if let Some(flight) = open.get_mut(question) {
            match (flight.pace, asking) {
                (FlightPace::Slow, Asking::Swift(asker, permit)) => {
                    drop((open, permit));
                    asker.delayed();
                }
                (FlightPace::Swift | FlightPace::Slow, asking) => flight.more.push(asking),
            }
            return None;
        }
        match start() {
            Ok(started) => {
                open.insert(Arc::clone(question), Flight { pace: FlightPace::Swift, first: Some(asking), more: Vec::new() });
                Some(started)
            }
            Err(at_once) => {
                drop(open);
                asking.tell(at_once, &mut Hearing::alone());
                None
            }
        }
    }

    /// From now on a task sees to the question: those who cannot wait for it are told so.
    pub(super) fn slow_down(&self, question: &Question) {
        let swift = {
            let mut open = self.open();
            let Some(flight) = open.get_mut(question) else { return };
            flight.pace = FlightPace::Slow;
            let swift = |asking: &mut Asking| matches!(asking, Asking::Swift(..));
            let more = flight.more.extract_if(.., swift);
            flight.first.take_if(swift).into_iter().chain(more).collect::<Vec<_>>()
        };
        for asking in swift {
            if let Asking::Swift(asker, permit) = asking {
                drop(permit);
                survive(|| asker.delayed());
            }
        }
    }

    /// Takes the flight off the list and tells all.
    pub(super) fn land(&self, question: &Question, answer: &Answer, hearing: &mut Hearing) {
        let Some(flight) = self.open().remove(question) else { return };
        for asking in flight.first.into_iter().chain(flight.more) {
            survive(|| asking.tell(answer.clone(), hearing));
        }
    }

    /// Whether nothing is under way.
    #[cfg(test)]
    pub(super) fn are_none(&self) -> bool {
        self.open().is_empty()
    }

    /// The list; a panic elsewhere leaves it whole, because it is only ever changed by one insertion or removal.
    fn open(&self) -> MutexGuard<'_, Flights> {
        self.open.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Asking {
    pub(super) fn tell(self, answer: Answer, hearing: &mut Hearing) {
        match self {
            // An asker who has left needs no answer.
            Self::Task(task) => drop(task.send(answer)),
            Self::Swift(asker, permit) => {
                drop(permit);
                asker.told(answer, hearing);
            }
        }
    }
}

#[cfg(test)]
mod tests;
