//! The end of every reply: the one OPT record (RFC 6891), and what is left out where the client's limit is near.

use std::time::Duration;

use super::{Behalf, Ede, Query, Rcode, Transport, UDP_PAYLOAD};

/// The most octets of an extended error's text that we send.
pub const EDE_TEXT: usize = 120;

/// How long a TCP connection of a client may idle: what clients that ask by edns-tcp-keepalive (RFC 7828) are told.
pub const TCP_IDLE: Duration = Duration::from_secs(10);

/// An OPT record without options.
pub(super) const OPT: usize = 11;

/// The option codes that we write.
pub(super) const KEEPALIVE: u16 = 11;
const EXTENDED_ERROR: u16 = 15;

/// The extended errors that a reply carries.
#[derive(Debug, Clone, Copy)]
pub(super) enum Errors<'a> {
    /// None.
    Without,
    /// One of ours.
    Ours(Ede, &'a str),
    /// Those of an upstream, as options in wire form.
    Passed(&'a [u8]),
}

/// The start of `text`, at most [`EDE_TEXT`] octets, cut between two characters.
pub fn cut_text(text: &str) -> &str {
    &text[..text.floor_char_boundary(EDE_TEXT)]
}

/// Appends the OPT record to a message of header, question and sections, where the query had one, and returns whether all of it
/// is within the client's limit.
///
/// The text of an extended error, then the error itself, is left out where it would go over.
pub(super) fn append(out: &mut Vec<u8>, query: &Query, rcode: Rcode, errors: Errors<'_>) -> bool {
    let limit = query.reply_limit();
    let Some(edns) = query.edns else { return out.len() <= limit };
    // The server says how long it keeps the connection only where it was asked, and never by UDP (RFC 7828 section 3.2.1).
    let keepalive = edns.keepalive && query.source.transport == Transport::Tcp;
    let subnet = match edns.behalf {
        Behalf::Of(subnet) => Some(subnet),
        Behalf::Unsaid | Behalf::Garbled => None,
    };
    let fixed = out.len() + OPT + if keepalive { 6 } else { 0 } + subnet.map_or(0, |subnet| subnet.echo_len());
    let fits = |options: usize| fixed + options <= limit;
    let errors = match errors {
        Errors::Ours(code, text) if fits(6 + cut_text(text).len()) => Errors::Ours(code, cut_text(text)),
        Errors::Ours(code, _) if fits(6) => Errors::Ours(code, ""),
        Errors::Passed(options) if fits(options.len()) => Errors::Passed(options),
        Errors::Ours(..) | Errors::Passed(_) | Errors::Without => Errors::Without,
    };

    let dnssec_ok = if edns.dnssec_ok { 0x80 } else { 0 };
    start(out, rcode, dnssec_ok);
    let options = out.len();
    if keepalive {
        let idle = u16::try_from(TCP_IDLE.as_millis() / 100).expect("TCP_IDLE is under 6,553 seconds");
        for word in [KEEPALIVE, 2, idle] {
            out.extend(word.to_be_bytes());
        }
    }
    if let Some(subnet) = subnet {
        subnet.echo(out);
    }
    match errors {
        Errors::Ours(code, text) => push_error(out, code, text),
        Errors::Passed(options) => out.extend_from_slice(options),
        Errors::Without => {}
    }
    let length = u16::try_from(out.len() - options).expect("options end below the limit of a message");
    out[options - 2..options].copy_from_slice(&length.to_be_bytes());
    fits(0)
}

/// Appends an OPT record without options: root, type, payload, upper rcode, version 0, flags, length 0.
pub(super) fn start(out: &mut Vec<u8>, rcode: Rcode, flags: u8) {
    let [payload_high, payload_low] = UDP_PAYLOAD.to_be_bytes();
    let upper = u8::try_from(rcode.0 >> 4 & 0xff).expect("masked");
    out.extend_from_slice(&[0, 0, 41, payload_high, payload_low, upper, 0, flags, 0, 0, 0]);
    // ARCOUNT, the header's last word, counts it.
    let counted = u16::from_be_bytes([out[10], out[11]]).saturating_add(1);
    out[10..12].copy_from_slice(&counted.to_be_bytes());
}

/// Appends an extended error as an option (RFC 8914 section 2).
pub(super) fn push_error(out: &mut Vec<u8>, code: Ede, text: &str) {
    let length = u16::try_from(2 + text.len()).expect("texts are cut before");
    for word in [EXTENDED_ERROR, length, code.0] {
        out.extend(word.to_be_bytes());
    }
    out.extend_from_slice(text.as_bytes());
}
