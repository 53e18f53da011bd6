//! The words that every room speaks (name, query, reply), and the only place that reads or writes DNS wire format.

mod name;
mod name_map;
mod query;
mod types;

pub use name::{MAX_LABEL, MAX_NAME, Name, NameError, Suffixes};
pub use name_map::NameMap;
pub use query::{Edns, Ignored, NotAQuery, Query, Source};
pub use types::{Class, Ede, Opcode, Rcode, RecordType, Transport};

/// The largest UDP payload that is sent or announced, in octets.
///
/// 1232 avoids fragmentation on every common link (DNS Flag Day 2020; RFC 9715).
pub const UDP_PAYLOAD: u16 = 1232;

/// The octets of a message's header (RFC 1035 section 4.1.1).
pub const HEADER: usize = 12;
