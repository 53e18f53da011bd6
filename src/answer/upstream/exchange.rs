//! One question to one upstream, from the first datagram to the answer or the fault.
//!
//! The order: UDP with EDNS and random case; by TCP what UDP cannot tell; without EDNS where the server knows none.

use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering::Relaxed};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use tokio::time::Instant;

use super::address::UpstreamAddress;
use super::counters::{Counters, UpstreamStats};
use super::failure::Fault;
use super::health::Health;
use super::pace::{Came, Pace};
use super::question::{Announced, Fit, Question, Spelling};
use super::ration::{Ration, Share};
use super::socket::{Sent, Socket, Swift};
use super::sockets::Sockets;
use super::tcp::Tcp;
use super::udp::{self, Heard, Why};
use crate::dns::{Rcode, Relayed, Transport};

/// So often one client's query may be put to upstreams, in whatever way: who asks must not make us ask many times
/// (NXNSAttack and its kin). A datagram sent again because none came back is the same asking.
const ASKINGS: usize = 4;

/// So long an upstream is asked without EDNS once it was seen to know none; then it may have learnt.
const WITHOUT_EDNS: Duration = Duration::from_secs(600);

/// One upstream and all that is known of it; it outlives a reload that keeps it.
#[derive(Debug)]
pub(super) struct Upstream {
    pub(super) address: UpstreamAddress,
    pub(super) counters: Arc<Counters>,
    pub(super) health: Health,
    /// A task waits for its return.
    pub(super) watched: AtomicBool,
    sockets: Arc<Sockets>,
    pace: Pace,
    tcp: Tcp,
    /// It was seen to change the case of the question's letters.
    changes_case: AtomicBool,
    /// Until when it is taken to know no EDNS.
    without_edns: Mutex<Option<Instant>>,
}

/// What one question may cost, all upstreams together.
#[derive(Debug)]
pub(super) struct Effort {
    /// Its whole time.
    pub(super) time: Duration,
    askings: AtomicUsize,
}

/// A question that was sent by UDP before anybody waited for it.
#[derive(Debug)]
pub(super) struct Begun {
    pub(super) how: (Spelling, Announced),
    pub(super) sent: Sent,
}

/// What one question brought from one upstream.
#[derive(Debug)]
pub(super) enum Outcome {
    /// An answer, or an rcode by which the upstream declines to give one.
    Message(Relayed),
    /// An error without a question.
    Bare(Rcode),
    /// An answer of no use: aliases in a circle, or endless. The name is at fault and not the upstream.
    Useless,
}

impl Outcome {
    pub(super) fn rcode(&self) -> Rcode {
        match self {
            Self::Message(relayed) => relayed.rcode(),
            Self::Bare(rcode) => *rcode,
            Self::Useless => Rcode::NOERROR,
        }
    }
}

impl Effort {
    /// For a question that may take `time`.
    pub(super) fn new(time: Duration) -> Self {
        Self { time, askings: AtomicUsize::new(ASKINGS) }
    }

    /// Whether the question may be asked once more in some way.
    pub(super) fn is_left(&self) -> bool {
        self.askings.load(Relaxed) > 0
    }

    /// Takes one asking off.
    ///
    /// # Errors
    /// [`Fault::Full`] where none is left.
    pub(super) fn spend(&self) -> Result<(), Fault> {
        let less = |left: usize| left.checked_sub(1);
        self.askings.fetch_update(Relaxed, Relaxed, less).map(drop).map_err(|_| Fault::Full)
    }

    /// An asking that reached nobody costs nobody anything.
    fn give_back(&self) {
        self.askings.fetch_add(1, Relaxed);
    }
}

impl Upstream {
    pub(super) fn new(address: UpstreamAddress, idle: Duration, ration: &Arc<Ration>) -> Self {
        let counters = Arc::default();
        let share = match address.transport {
            Transport::Udp => ration.share(),
            Transport::Tcp => Share::none(),
        };
        Self {
            sockets: Sockets::new(address.address, &counters, share),
            pace: Pace::default(),
            tcp: Tcp::new(address.address, idle),
            address,
            counters,
            health: Health::new(),
            watched: AtomicBool::new(false),
            changes_case: AtomicBool::new(false),
            without_edns: Mutex::default(),
        }
    }

    /// Asks, and waits for as long as it is polled.
    ///
    /// # Errors
    /// The [`Fault`] that leaves no hope of an answer from this upstream.
    pub(super) async fn ask(&self, question: &Question, effort: &Effort) -> Result<Outcome, Fault> {
        self.go_on(question, effort, None).await
    }

    /// As [`Upstream::ask`], from a new socket that no other question has.
    ///
    /// # Errors
    /// As [`Upstream::ask`].
    pub(super) async fn ask_alone(&self, question: &Question, effort: &Effort) -> Result<Outcome, Fault> {
        let Some(how) = self.how() else { return self.ask(question, effort).await };
        let socket = Socket::open(self.address.address, &self.counters).map_err(|error| udp::fault(&error))?;
        let sent = socket.ask(question, how).map_err(|error| udp::fault(&error))?;
        self.counters.request();
        self.go_on(question, effort, Some(Begun { how, sent })).await
    }

    /// As [`Upstream::ask`], where the question may have been sent already.
    pub(super) async fn go_on(&self, question: &Question, effort: &Effort, begun: Option<Begun>) -> Result<Outcome, Fault> {
        let announced = begun.as_ref().map_or_else(|| self.announced(), |begun| begun.how.1);
        let first = self.ask_once(question, announced, effort, begun).await?;
        if Fault::of(first.rcode()) != Some(Fault::Unsupported) || announced == Announced::Plain || !effort.is_left() {
            return Ok(first);
        }
        // RFC 6891 section 7: a server that knows no EDNS says FORMERR, or NOTIMP.
        let plain = self.ask_once(question, Announced::Plain, effort, None).await?;
        if Fault::of(plain.rcode()) == Some(Fault::Unsupported) {
            return Ok(first);
        }
        if Fault::of(plain.rcode()).is_none() {
            *self.without_edns.lock().unwrap_or_else(PoisonError::into_inner) = Some(Instant::now() + WITHOUT_EDNS);
        }
        Ok(plain)
    }

    /// In what form it is asked by UDP, first of all; none where it is asked by TCP.
    pub(super) fn how(&self) -> Option<(Spelling, Announced)> {
        match self.address.transport {
            Transport::Udp => Some((self.spelling(), self.announced())),
            Transport::Tcp => None,
        }
    }

    /// How long a question that may take `time` is given before it is sent again.
    pub(super) fn pause(&self, time: Duration) -> Duration {
        self.pace.pauses(time).next().expect("pauses have no end")
    }

    /// Sends a question for which nobody waits; it is looked after at `due`.
    ///
    /// # Errors
    /// Where it cannot be sent, it is given back.
    pub(super) fn begin<S: Swift + 'static>(
        &self,
        question: &Question,
        how: (Spelling, Announced),
        swift: Box<S>,
        due: Instant,
    ) -> Result<(), Box<S>> {
        let Ok(socket) = self.sockets.draw(swift.at()) else { return Err(swift) };
        socket.ask_swiftly(question, how, swift, due).map_err(|(_, swift)| swift)?;
        self.counters.request();
        Ok(())
    }

    /// Learns from the answer to a question that was sent once.
    pub(super) fn answered_after(&self, after: Duration) {
        self.pace.learn(Came { sendings: 1, after });
    }

    /// Takes new sockets into use: where an upstream does not answer, it may be this machine's address that has changed.
    pub(super) fn renew_sockets(&self) {
        self.sockets.renew();
    }

    /// As metrics show it.
    pub(super) fn stats(&self) -> UpstreamStats {
        UpstreamStats {
            upstream: self.address.text.clone(),
            up: self.health.is_up(),
            sockets: self.sockets.share(),
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

    async fn ask_once(
        &self,
        question: &Question,
        announced: Announced,
        effort: &Effort,
        begun: Option<Begun>,
    ) -> Result<Outcome, Fault> {
        match self.address.transport {
            Transport::Tcp => self.by_tcp(question, self.spelling(), announced, effort).await,
            Transport::Udp => self.by_udp(question, announced, effort, begun).await,
        }
    }

    async fn by_udp(
        &self,
        question: &Question,
        announced: Announced,
        effort: &Effort,
        begun: Option<Begun>,
    ) -> Result<Outcome, Fault> {
        let (how, sent) = match begun {
            Some(Begun { how, sent }) => (how, Some(sent)),
            None => ((self.spelling(), announced), None),
        };
        let why = match self.datagram(question, how, effort, sent).await? {
            Heard::Answer(relayed) => return Ok(Outcome::Message(relayed)),
            Heard::Useless => return Ok(Outcome::Useless),
            Heard::AskByTcp(why) => why,
        };
        match (why, self.by_tcp(question, Spelling::Random, announced, effort).await) {
            // Nobody there by TCP who could be asked: better an answer without 0x20 than none from this server ever.
            (Why::OtherCase, Err(Fault::Unreachable | Fault::Network | Fault::Timeout)) => {
                self.changes_case.store(true, Relaxed);
                match self.datagram(question, (Spelling::Folded, announced), effort, None).await? {
                    Heard::Answer(relayed) => Ok(Outcome::Message(relayed)),
                    Heard::Useless => Ok(Outcome::Useless),
                    Heard::AskByTcp(_) => Err(Fault::Network),
                }
            }
            (Why::OtherCase | Why::Truncated | Why::Doubtful, outcome) => outcome,
        }
    }

    async fn datagram(
        &self,
        question: &Question,
        how: (Spelling, Announced),
        effort: &Effort,
        sent: Option<Sent>,
    ) -> Result<Heard, Fault> {
        effort.spend()?;
        if sent.is_none() {
            self.counters.request();
        }
        let pauses = self.pace.pauses(effort.time);
        let heard = udp::exchange(&self.sockets, question, how, (&self.pace, pauses), &self.counters, sent).await;
        if matches!(heard, Err(Fault::Unreachable | Fault::Network)) {
            effort.give_back();
        }
        heard
    }

    /// By TCP a reply in another case is an answer all the same: nobody off the path can have sent it. That it came
    /// shows that the server does so, and 0x20 is left off from then on.
    async fn by_tcp(
        &self,
        question: &Question,
        spelling: Spelling,
        announced: Announced,
        effort: &Effort,
    ) -> Result<Outcome, Fault> {
        let mut fit = self.stream(question, (spelling, announced), effort).await?;
        if matches!(fit, Fit::OtherCase) {
            self.counters.fault(Fault::Case);
            self.changes_case.store(true, Relaxed);
            fit = self.stream(question, (Spelling::Folded, announced), effort).await?;
        }
        match fit {
            Fit::Answer(relayed) => Ok(Outcome::Message(relayed)),
            Fit::Bare(rcode) => Ok(Outcome::Bare(rcode)),
            Fit::Useless => Ok(Outcome::Useless),
            // A stream has room for everything: a truncated answer there is none.
            Fit::Truncated | Fit::OtherCase | Fit::Mismatch | Fit::Malformed => Err(Fault::Malformed),
        }
    }

    async fn stream(
        &self,
        question: &Question,
        (spelling, announced): (Spelling, Announced),
        effort: &Effort,
    ) -> Result<Fit, Fault> {
        effort.spend()?;
        self.counters.request();
        let fit = self.tcp.exchange(question, spelling, announced, &self.counters).await;
        if matches!(fit, Err(Fault::Unreachable | Fault::Network | Fault::Full)) {
            effort.give_back();
        }
        fit
    }

    fn announced(&self) -> Announced {
        let without = *self.without_edns.lock().unwrap_or_else(PoisonError::into_inner);
        if without.is_some_and(|until| Instant::now() < until) { Announced::Plain } else { Announced::Edns }
    }

    fn spelling(&self) -> Spelling {
        if self.changes_case.load(Relaxed) { Spelling::Folded } else { Spelling::Random }
    }
}

#[cfg(test)]
mod tests;
