//! How does a list get here? Sources that are fetched: the last good copy of each, when it is asked for again, why it failed.
//!
//! The rule: nothing that a source does, or that the network does to it, takes away what was fetched before. A copy is replaced by
//! one that was looked at whole and found sound; until then, and for ever, the last good one counts.

pub mod address;
mod connect;
mod copies;
mod download;
mod failure;
mod judge;
mod origin;
mod pace;
mod page;
mod primary;
mod resolve;
mod source;
mod transfer;
mod whole;
mod unpack;
mod zone;

pub use connect::Trust;
pub use copies::{Copies, Held, Marks, Record, Version};
pub use download::Limits;
pub use failure::{Failure, Reason, Turn};
pub use judge::{Change, Reader};
pub use origin::Origin;
pub use pace::{LONGEST_PAUSE, SHORTEST_PAUSE, pause_after_failure, pause_after_success, remaining};
pub use page::{Accept, Page, PageError};
pub use primary::{Primary, PrimaryError, Signer};
pub use resolve::Bootstrap;
pub use source::{Fetcher, News, Step, Wanted, Watch};
pub use unpack::{Encoding, unpack};
pub use whole::{Reply, whole};
pub use zone::{Came, Incoming, MOST_RECORDS};
