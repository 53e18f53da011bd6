//! The words that every room speaks (name, query, reply), and the only place that reads or writes DNS wire format.

mod bailiwick;
mod chain;
mod client_subnet;
mod compose;
mod joined;
mod labels;
mod leads;
mod message;
mod name;
mod name_map;
mod opt;
mod packed;
mod query;
mod rdata;
mod relayed;
mod reply;
mod rewrite;
mod spread;
mod tidy;
mod transfer;
mod tsig;
mod types;

pub use bailiwick::{Bailiwick, Whose};
pub use chain::MOST_ALIASES;
pub use client_subnet::{Behalf, ClientSubnet};
pub use compose::{Ask, compose_question, leave_out_edns};
pub use leads::Lead;
pub use message::{Malformed, Message, Question, Record, Section};
pub use name::{MAX_LABEL, MAX_NAME, Name, NameError, Suffixes};
pub use name_map::NameMap;
pub use opt::{EDE_TEXT, TCP_IDLE, cut_text};
pub use query::{Edns, Ignored, NotAQuery, Query, Source};
pub use relayed::Relayed;
pub use reply::{Reply, reply_unparsed};
pub use spread::{Secret, Spread};
pub use tidy::{MOST_NEGATIVE_TTL, MOST_TTL, Signatures, Untidy, tidy, tidy_within};
pub use transfer::{Soa, compose_transfer, is_later, notified, reply_to_notify};
pub use tsig::{TsigAlgorithm, TsigFault, TsigKey, TsigStream};
pub use types::{Class, Ede, Opcode, Rcode, RecordType, Transport};

/// The largest UDP payload that is sent or announced, in octets.
///
/// 1232 avoids fragmentation on every common link (DNS Flag Day 2020; RFC 9715).
pub const UDP_PAYLOAD: u16 = 1232;

/// The octets of a message's header (RFC 1035 section 4.1.1).
pub const HEADER: usize = 12;
