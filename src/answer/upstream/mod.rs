//! Asking other resolvers: which, how, how often, and what to make of what comes back.
//!
//! The rule: an answer is believed only where it fits its question in every way that the transport allows, and one
//! upstream's failure is never the client's while another upstream is left to ask.

mod address;
mod askers;
mod connection;
mod counters;
mod exchange;
mod failure;
mod flight;
mod health;
mod hearing;
mod limits;
mod pace;
mod pool;
mod probe;
mod question;
mod race;
mod ration;
mod receiver;
mod settings;
mod socket;
mod sockets;
mod swift;
mod system;
mod tcp;
mod through;
mod udp;
mod wheel;

#[cfg(test)]
#[allow(dead_code, unreachable_pub, reason = "the kit serves the integration tests too")]
#[path = "../../../tests/it/kit/chance.rs"]
pub(super) mod chance;
#[cfg(test)]
#[allow(dead_code, unreachable_pub, reason = "the kit serves the integration tests too")]
#[path = "../../../tests/it/kit/log.rs"]
pub(super) mod log;
#[cfg(test)]
#[allow(dead_code, unreachable_pub, missing_docs, reason = "the kit serves the integration tests too")]
#[path = "../../../tests/it/kit/upstream.rs"]
pub(super) mod scripted;
#[cfg(test)]
mod testing;

pub use address::{AddressError, PORT, Server, UpstreamAddress};
pub use askers::Asker;
pub use counters::{BUCKETS, Latency, UpstreamStats};
pub use failure::{FailureKind, Fault, UpstreamFailure};
pub use hearing::{AtEnd, Hearing};
pub use pool::{Answer, Putting, Upstreams};
pub use ration::ENOUGH as ENOUGH_SOCKETS;
pub use settings::{AuthenticData, Settings, Strategy};
pub use system::{SetupError, SystemFiles, addresses, is_own};
pub use through::{Given, STALE_AFTER, STALE_TTL, Wait};
