//! A reply as a client sees it, read by another implementation of DNS than ours.

use hickory_proto::op::Message;
use hickory_proto::rr::RData;
use hickory_proto::rr::rdata::opt::{EdnsCode, EdnsOption};

/// What a client makes of a reply.
#[derive(Debug, Clone)]
pub struct Reply {
    /// The whole message.
    pub message: Message,
}

impl Reply {
    /// Reads one; it has to be well-formed.
    pub fn read(bytes: &[u8]) -> Self {
        Self { message: Message::from_vec(bytes).unwrap_or_else(|error| panic!("a malformed reply: {error}: {bytes:02x?}")) }
    }

    /// The rcode's mnemonic, as in `NOERROR`.
    pub fn rcode(&self) -> String {
        match self.message.metadata.response_code.to_str() {
            "No Error" => "NOERROR".to_owned(),
            "Non-Existent Domain" => "NXDOMAIN".to_owned(),
            "Server Failure" => "SERVFAIL".to_owned(),
            "Query Refused" => "REFUSED".to_owned(),
            other => other.to_owned(),
        }
    }

    /// The addresses in the answer, as text.
    pub fn addresses(&self) -> Vec<String> {
        let address = |data: &RData| match data {
            RData::A(address) => Some(address.to_string()),
            RData::AAAA(address) => Some(address.to_string()),
            _ => None,
        };
        self.message.answers.iter().filter_map(|record| address(&record.data)).collect()
    }

    /// The first TTL in the answer.
    pub fn ttl(&self) -> Option<u32> {
        self.message.answers.first().map(|record| record.ttl)
    }

    /// The options of its OPT record, by code and data; none where it has no such record.
    pub fn options(&self) -> Option<Vec<(u16, Vec<u8>)>> {
        let options = self.message.edns.as_ref()?.options().as_ref();
        let written = |option: &EdnsOption| Vec::<u8>::try_from(option).expect("what was read can be written");
        Some(options.iter().map(|(code, option)| (u16::from(*code), written(option))).collect())
    }

    /// The extended error: its code and text (RFC 8914).
    pub fn ede(&self) -> Option<(u16, String)> {
        let edns = self.message.edns.as_ref()?;
        match edns.option(EdnsCode::Unknown(15))? {
            EdnsOption::Unknown(15, bytes) if bytes.len() >= 2 => {
                Some((u16::from_be_bytes([bytes[0], bytes[1]]), String::from_utf8(bytes[2..].to_vec()).expect("UTF-8")))
            }
            other => panic!("an unreadable extended error: {other:?}"),
        }
    }

    /// Whether this is what a blocked client gets in the mode `null`.
    pub fn is_blocked(&self) -> bool {
        self.ede().is_some_and(|(code, _)| code == 15 || code == 16)
    }

    /// `blocked`, or the rcode and the addresses: one word for scenarios.
    pub fn summary(&self) -> String {
        if self.is_blocked() {
            return "blocked".to_owned();
        }
        match (self.rcode().as_str(), self.addresses()) {
            ("NOERROR", addresses) if addresses.is_empty() => "nodata".to_owned(),
            ("NOERROR", addresses) => addresses.join(","),
            (rcode, _) => rcode.to_lowercase(),
        }
    }
}
