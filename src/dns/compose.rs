//! The query that an upstream is sent: one question, EDNS with 1232 octets and no options.
//!
//! Nothing of the client's own options goes on: no subnet, no cookie, no padding (RFC 8932 section 5.1.3.1).

use super::{Class, Query, Rcode, RecordType, opt};

/// The flags that an upstream is sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Ask {
    /// RD: resolve it for us.
    pub recursion_desired: bool,
    /// AD: say whether the signatures are in order (RFC 6840 section 5.7).
    pub authentic_data: bool,
    /// CD: do not check them.
    pub checking_disabled: bool,
    /// DO: send them.
    pub dnssec_ok: bool,
}

impl Ask {
    /// What is asked for a client's query: recursion always, and AD always, because the answer may be kept for clients that want
    /// it; CD and DO as the client set them, and an answer is kept for both apart.
    pub fn of(query: &Query) -> Self {
        Self {
            recursion_desired: true,
            authentic_data: true,
            checking_disabled: query.checking_disabled(),
            dnssec_ok: query.dnssec_ok(),
        }
    }
}

/// Writes a query of class IN for the name in wire form `spelling`, in the very letters given (0x20), into `out`.
pub fn compose_question(id: u16, spelling: &[u8], record_type: RecordType, ask: Ask, out: &mut Vec<u8>) {
    let bit = |set: bool, mask: u16| if set { mask } else { 0 };
    let flags = bit(ask.recursion_desired, 0x0100) | bit(ask.authentic_data, 0x0020) | bit(ask.checking_disabled, 0x0010);
    out.clear();
    for word in [id, flags, 1, 0, 0, 0] {
        out.extend(word.to_be_bytes());
    }
    out.extend_from_slice(spelling);
    for word in [record_type.0, Class::IN.0] {
        out.extend(word.to_be_bytes());
    }
    opt::start(out, Rcode::NOERROR, if ask.dnssec_ok { 0x80 } else { 0 });
}

/// Takes the OPT record off a query that [`compose_question`] wrote: for a server that knows no EDNS (RFC 6891 section 7).
pub fn leave_out_edns(query: &mut Vec<u8>) {
    query.truncate(query.len().saturating_sub(opt::OPT));
    if let Some(additional) = query.get_mut(10..12) {
        additional.fill(0);
    }
}

#[cfg(test)]
mod tests;
