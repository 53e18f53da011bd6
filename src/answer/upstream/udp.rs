//! One question by UDP: a random one of many ports, and patience with everything that is not its answer.
//!
//! The rule: port, id and the letters' case are random (RFC 5452, 0x20), so a reply that was not sent to this very question
//! fits with a chance of less than one in 2³⁰. After three that do not fit the question moves to TCP; and one word that
//! nobody listens is not believed, for anyone can send it: the question is asked once more from another port.

use std::io::{self, ErrorKind};
use std::sync::Arc;

use tokio::time::Instant;

use super::counters::Counters;
use super::failure::Fault;
use super::pace::{Pace, Pauses};
use super::question::{Announced, Fit, Question, Spelling};
use super::socket::{Sent, Told};
use super::sockets::Sockets;
use crate::dns::Relayed;

/// What a question by UDP comes to.
#[derive(Debug)]
pub(super) enum Heard {
    /// The answer.
    Answer(Relayed),
    /// Aliases in a circle, or endless: an answer, but of no use.
    Useless,
    /// Only TCP can tell.
    AskByTcp(Why),
}

/// Why TCP is asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Why {
    /// The answer is longer than a datagram.
    Truncated,
    /// The reply changed the letters' case: the upstream does, or somebody guesses.
    OtherCase,
    /// Too many replies that do not fit, or an error that names no question.
    Doubtful,
}

/// Sends the question, unless it is `sent` already, again after each of the `pauses`, and waits for its answer for as long as it
/// is polled.
///
/// # Errors
/// [`Fault::Unreachable`] where nobody listens there, [`Fault::Network`] where there is no way.
pub(super) async fn exchange(
    sockets: &Arc<Sockets>,
    question: &Question,
    how: (Spelling, Announced),
    (pace, pauses): (&Pace, Pauses),
    counters: &Counters,
    mut sent: Option<Sent>,
) -> Result<Heard, Fault> {
    let mut first = true;
    loop {
        let asked = match sent.take() {
            Some(sent) => Ok(sent),
            None => sockets.draw(Instant::now()).map_err(|error| fault(&error))?.ask(question, how),
        };
        let told = match asked {
            Ok(sent) => sent.wait(pauses).await,
            Err(error) => Err(error),
        };
        let (told, came) = match told {
            Ok(told) => told,
            // The socket is bound to an address that this machine no longer has; the others are too.
            Err(_) if std::mem::take(&mut first) => {
                sockets.renew();
                continue;
            }
            Err(error) => return Err(fault(&error)),
        };
        let fit = match told {
            Told::Fit(fit) => fit,
            Told::Doubtful => return Ok(Heard::AskByTcp(Why::Doubtful)),
            Told::Refused if std::mem::take(&mut first) => continue,
            Told::Refused => return Err(Fault::Unreachable),
        };
        pace.learn(came);
        return match fit {
            Fit::Answer(relayed) => Ok(Heard::Answer(relayed)),
            Fit::Useless => Ok(Heard::Useless),
            Fit::Truncated => Ok(Heard::AskByTcp(Why::Truncated)),
            Fit::OtherCase => {
                counters.fault(Fault::Case);
                Ok(Heard::AskByTcp(Why::OtherCase))
            }
            Fit::Bare(_) | Fit::Mismatch | Fit::Malformed => Ok(Heard::AskByTcp(Why::Doubtful)),
        };
    }
}

/// What an error of a socket says of the upstream.
pub(super) fn fault(error: &io::Error) -> Fault {
    match error.kind() {
        ErrorKind::ConnectionRefused => Fault::Unreachable,
        ErrorKind::TimedOut => Fault::Timeout,
        _ => Fault::Network,
    }
}
