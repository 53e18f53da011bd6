//! One question to one upstream, from the first datagram to the answer or the fault.
//!
//! The order: UDP with EDNS and random case; by TCP what UDP cannot tell; without EDNS where the server knows none.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};
use std::time::Duration;

use super::address::UpstreamAddress;
use super::counters::{Counters, UpstreamStats};
use super::failure::Fault;
use super::health::Health;
use super::question::{Announced, Fit, Question, Spelling};
use super::tcp::Tcp;
use super::udp::{self, Heard, Why};
use crate::dns::{Rcode, Relayed, Transport};

/// One upstream and all that is known of it; it outlives a reload that keeps it.
#[derive(Debug)]
pub(super) struct Upstream {
    pub(super) address: UpstreamAddress,
    pub(super) counters: Arc<Counters>,
    pub(super) health: Health,
    tcp: Tcp,
    /// It was seen to change the case of the question's letters.
    changes_case: AtomicBool,
}

/// What one question brought from one upstream.
#[derive(Debug)]
pub(super) enum Outcome {
    /// An answer, or an rcode by which the upstream declines to give one.
    Message(Box<Relayed>),
    /// An error without a question.
    Bare(Rcode),
}

impl Outcome {
    pub(super) const fn rcode(&self) -> Rcode {
        match self {
            Self::Message(relayed) => relayed.rcode(),
            Self::Bare(rcode) => *rcode,
        }
    }
}

impl Upstream {
    pub(super) fn new(address: UpstreamAddress, idle: Duration) -> Self {
        Self {
            tcp: Tcp::new(address.address, idle),
            address,
            counters: Arc::default(),
            health: Health::new(),
            changes_case: AtomicBool::new(false),
        }
    }

    /// Asks, and waits for as long as it is polled; by UDP the question is sent again after `resend`.
    ///
    /// # Errors
    /// The [`Fault`] that leaves no hope of an answer from this upstream.
    pub(super) async fn ask(&self, question: &Question, resend: Duration) -> Result<Outcome, Fault> {
        let first = self.ask_once(question, Announced::Edns, resend).await?;
        if Fault::of(first.rcode()) != Some(Fault::Unsupported) {
            return Ok(first);
        }
        // RFC 6891 section 7: a server that knows no EDNS says FORMERR, or NOTIMP.
        let plain = self.ask_once(question, Announced::Plain, resend).await?;
        Ok(if Fault::of(plain.rcode()) == Some(Fault::Unsupported) { first } else { plain })
    }

    /// As metrics show it.
    pub(super) fn stats(&self) -> UpstreamStats {
        UpstreamStats {
            upstream: self.address.text.clone(),
            up: self.health.is_up(),
            requests: self.counters.requests(),
            failures: self.counters.failures(),
            latency: self.counters.latency(),
        }
    }

    /// Whether a TCP connection to it is open.
    #[cfg(test)]
    pub(super) fn has_connections(&self) -> bool {
        self.tcp.has_connections()
    }

    async fn ask_once(&self, question: &Question, announced: Announced, resend: Duration) -> Result<Outcome, Fault> {
        match self.address.transport {
            Transport::Tcp => self.by_tcp(question, self.spelling(), announced).await,
            Transport::Udp => self.by_udp(question, announced, resend).await,
        }
    }

    async fn by_udp(&self, question: &Question, announced: Announced, resend: Duration) -> Result<Outcome, Fault> {
        let why = match self.datagram(question, self.spelling(), announced, resend).await? {
            Heard::Answer(relayed) => return Ok(Outcome::Message(relayed)),
            Heard::AskByTcp(why) => why,
        };
        match (why, self.by_tcp(question, Spelling::Random, announced).await) {
            // Nobody there by TCP who could be asked: better an answer without 0x20 than none from this server ever.
            (Why::OtherCase, Err(Fault::Unreachable | Fault::Network | Fault::Timeout)) => {
                self.changes_case.store(true, Relaxed);
                match self.datagram(question, Spelling::Folded, announced, resend).await? {
                    Heard::Answer(relayed) => Ok(Outcome::Message(relayed)),
                    Heard::AskByTcp(_) => Err(Fault::Network),
                }
            }
            (Why::OtherCase | Why::Truncated | Why::Doubtful, outcome) => outcome,
        }
    }

    async fn datagram(
        &self,
        question: &Question,
        spelling: Spelling,
        announced: Announced,
        resend: Duration,
    ) -> Result<Heard, Fault> {
        self.counters.request();
        let sending = question.send(rand::random(), spelling, announced);
        udp::exchange(self.address.address, &sending, resend, &self.counters).await
    }

    /// By TCP a reply in another case is an answer all the same: nobody off the path can have sent it. That it came
    /// shows that the server does so, and 0x20 is left off from then on.
    async fn by_tcp(&self, question: &Question, spelling: Spelling, announced: Announced) -> Result<Outcome, Fault> {
        self.counters.request();
        let mut fit = self.tcp.exchange(question, spelling, announced, &self.counters).await?;
        if matches!(fit, Fit::OtherCase) {
            self.counters.fault(Fault::Case);
            self.changes_case.store(true, Relaxed);
            self.counters.request();
            fit = self.tcp.exchange(question, Spelling::Folded, announced, &self.counters).await?;
        }
        match fit {
            Fit::Answer(relayed) => Ok(Outcome::Message(relayed)),
            Fit::Bare(rcode) => Ok(Outcome::Bare(rcode)),
            // A stream has room for everything: a truncated answer there is none.
            Fit::Truncated | Fit::Useless | Fit::OtherCase | Fit::Mismatch | Fit::Malformed => Err(Fault::Malformed),
        }
    }

    fn spelling(&self) -> Spelling {
        if self.changes_case.load(Relaxed) { Spelling::Folded } else { Spelling::Random }
    }
}

#[cfg(test)]
mod tests;
