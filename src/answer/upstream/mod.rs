//! Asking other resolvers: which, how, how often, and what to make of what comes back.
//!
//! The rule: an answer is believed only where it fits its question in every way that the transport allows, and one
//! upstream's failure is never the client's while another upstream is left to ask.

mod address;
mod failure;
mod settings;
mod system;

pub use address::{AddressError, PORT, Server, UpstreamAddress};
pub use failure::{FailureKind, Fault, UpstreamFailure};
pub use settings::{Settings, Strategy};
pub use system::{SetupError, SystemFiles, addresses, is_own};
