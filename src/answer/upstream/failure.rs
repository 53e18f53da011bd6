//! What went wrong with an upstream: of one attempt ([`Fault`]), and of a whole question ([`UpstreamFailure`]).

use std::fmt;

use crate::dns::{Ede, Rcode};

/// Why one attempt at one upstream brought no answer; the label `reason` of the failures' counter.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Fault {
    /// Nothing fit came in time.
    Timeout,
    /// The host said that nobody listens there (ICMP port unreachable, TCP reset on connecting).
    Unreachable,
    /// The network said no: no route, connection broken, no socket to be had.
    Network,
    /// The upstream answered SERVFAIL.
    Servfail,
    /// The upstream answered REFUSED.
    Refused,
    /// The upstream answered FORMERR, NOTIMP or an rcode of that kind, without EDNS too.
    Unsupported,
    /// A reply with the wrong id or another question: late or forged; ignored.
    Mismatch,
    /// A reply that cannot be read; ignored.
    Malformed,
    /// A reply that spelt the question in another case (0x20); asked again by TCP.
    Case,
    /// No room on the upstream's connections, or for one more asking of this question.
    Full,
}

impl Fault {
    /// All of them, in the order of the counters.
    pub const ALL: [Self; 10] = [
        Self::Timeout,
        Self::Unreachable,
        Self::Network,
        Self::Servfail,
        Self::Refused,
        Self::Unsupported,
        Self::Mismatch,
        Self::Malformed,
        Self::Case,
        Self::Full,
    ];

    /// As the metric's label `reason` writes it.
    pub const fn text(self) -> &'static str {
        match self {
            Self::Timeout => "timeout",
            Self::Unreachable => "unreachable",
            Self::Network => "network",
            Self::Servfail => "servfail",
            Self::Refused => "refused",
            Self::Unsupported => "unsupported",
            Self::Mismatch => "mismatch",
            Self::Malformed => "malformed",
            Self::Case => "case",
            Self::Full => "full",
        }
    }

    /// What an upstream's rcode says of the upstream; `None` where it is an answer.
    pub fn of(rcode: Rcode) -> Option<Self> {
        match rcode {
            Rcode::SERVFAIL => Some(Self::Servfail),
            Rcode::REFUSED => Some(Self::Refused),
            Rcode::FORMERR | Rcode::NOTIMP | Rcode::BADVERS => Some(Self::Unsupported),
            Rcode(_) => None,
        }
    }
}

/// Why a question has no answer from any upstream.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UpstreamFailure {
    /// What kept the answer away.
    pub kind: FailureKind,
    /// The rcode of an upstream that did answer, but declined.
    pub rcode: Option<Rcode>,
}

/// The kinds of [`UpstreamFailure`], each with its extended error.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum FailureKind {
    /// No upstream answered in time, or nobody listens there.
    Unreachable,
    /// An upstream was there, but nothing usable could be had from it.
    Network,
    /// No room was left for this question: too many are under way.
    Busy,
    /// This client has too many queries waiting.
    ClientBusy,
    /// Too many questions for names of this zone are under way.
    ZoneBusy,
}

impl UpstreamFailure {
    /// The extended error that goes with SERVFAIL (RFC 8914 sections 4.23 and 4.24).
    pub const fn ede(&self) -> Ede {
        match self.kind {
            FailureKind::Unreachable => Ede::NO_REACHABLE_AUTHORITY,
            FailureKind::Network | FailureKind::Busy | FailureKind::ClientBusy | FailureKind::ZoneBusy => Ede::NETWORK_ERROR,
        }
    }

    /// Whether asking again within seconds is pointless, so that the failure is kept (RFC 9520 section 3.2).
    pub const fn may_be_kept(&self) -> bool {
        match self.kind {
            FailureKind::Unreachable | FailureKind::Network => true,
            FailureKind::Busy | FailureKind::ClientBusy | FailureKind::ZoneBusy => false,
        }
    }
}

impl fmt::Display for UpstreamFailure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self.kind {
            FailureKind::Unreachable => "no upstream answered",
            FailureKind::Network => "no upstream gave a usable answer",
            FailureKind::Busy => "too many questions are under way",
            FailureKind::ClientBusy => "too many queries of this client are waiting",
            FailureKind::ZoneBusy => "too many questions for names of this zone are under way",
        })?;
        match self.rcode {
            Some(rcode) => write!(f, " ({rcode})"),
            None => Ok(()),
        }
    }
}

impl std::error::Error for UpstreamFailure {}
