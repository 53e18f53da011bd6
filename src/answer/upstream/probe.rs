//! Asking an upstream that is set back, so that its return is noticed though nobody waits for it.
//!
//! The rule: where clients ask, their questions are put to it too, one a second at most; where they do not, as in a school at
//! night, a question of our own is, every few seconds, so that the first pupil of the morning meets it in its turn. Whatever it
//! says to that shows that it is there: a zone's server has no reason to answer for the root.

use std::sync::atomic::Ordering::{AcqRel, Release};
use std::sync::{Arc, Weak};
use std::time::Duration;

use tokio::time::{Instant, sleep, timeout_at};

use super::exchange::{Effort, Upstream};
use super::failure::Fault;
use super::pool::note;
use super::question::Question;
use crate::dns::{Ask, Class, Name, RecordType};

/// So often a question of our own is asked.
const PAUSE: Duration = Duration::from_secs(3);

/// So long any probe may take.
pub(super) const TIME: Duration = Duration::from_secs(2);

/// Watches an upstream from now, when it was set back, until it answers, or a reload has dropped it.
/// However often it flaps, one task watches it.
pub(super) fn watch(upstream: &Arc<Upstream>) {
    if !upstream.watched.swap(true, AcqRel) {
        tokio::spawn(until_it_answers(Arc::downgrade(upstream)));
    }
}

async fn until_it_answers(upstream: Weak<Upstream>) {
    let question = own();
    loop {
        sleep(PAUSE).await;
        let Some(upstream) = upstream.upgrade() else { return };
        if upstream.health.is_up() {
            upstream.watched.store(false, Release);
            // It may have been set back in this very moment, when it was still watched.
            if upstream.health.is_up() || upstream.watched.swap(true, AcqRel) {
                return;
            }
        }
        if upstream.health.may_probe(Instant::now()) {
            put(&upstream, &question).await;
        }
    }
}

/// Puts the question to the upstream and notes what comes of it; nobody waits for the answer.
///
/// From a socket of its own: this machine's address may have changed since the others were opened, and a probe is no reason to
/// open as many as questions of clients have.
pub(super) async fn put(upstream: &Arc<Upstream>, question: &Question) {
    let begun = Instant::now();
    let effort = Effort::new(TIME);
    let outcome = timeout_at(begun + TIME, upstream.ask_alone(question, &effort)).await;
    let now = Instant::now();
    note(upstream, &outcome.unwrap_or(Err(Fault::Timeout)), now - begun, now);
}

/// The name servers of the root: every resolver knows them, and asking tells nobody anything.
fn own() -> Question {
    let ask = Ask { recursion_desired: true, authentic_data: false, checking_disabled: false, dnssec_ok: false };
    Question { name: Name::root(), record_type: RecordType::NS, class: Class::IN, ask }
}
