//! A query as a client sent it, checked once; what is no query is sorted here into silence, FORMERR, NOTIMP or BADVERS.
//!
//! # Cost
//! Runs on every packet and allocates nothing. Guarded by `benches/query.rs`.

use std::net::{IpAddr, SocketAddr};
use std::num::NonZeroU32;

use super::{Behalf, Class, HEADER, MAX_NAME, Name, Opcode, Rcode, RecordType, Transport, UDP_PAYLOAD, client_subnet, opt};

/// Where a query came from and where it came in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Source {
    /// The client's address and port; an IPv4-mapped IPv6 address is written as the IPv4 address it is.
    pub client: SocketAddr,
    /// Our own address and port that were asked.
    pub local: SocketAddr,
    /// How it came in.
    pub transport: Transport,
    /// The number of the interface that it came in by, where the system says.
    pub interface: Option<NonZeroU32>,
}

impl Source {
    /// Sorts IPv4-mapped addresses out (RFC 4291 section 2.5.5.2), so that no rule of a subnet is blind to them.
    pub fn new(client: SocketAddr, local: SocketAddr, transport: Transport) -> Self {
        let plain = |address: SocketAddr| match address.ip().to_canonical() {
            ip @ IpAddr::V4(_) => SocketAddr::new(ip, address.port()),
            IpAddr::V6(_) => address,
        };
        Self { client: plain(client), local: plain(local), transport, interface: None }
    }

    /// The same, come in by the interface of this number; 0 is none.
    pub fn by(self, interface: u32) -> Self {
        Self { interface: NonZeroU32::new(interface), ..self }
    }
}

/// What a client said of itself by EDNS (RFC 6891).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Edns {
    /// The largest UDP payload the client takes, in octets, as sent.
    pub payload: u16,
    /// DO: the client wants signatures (RFC 3225).
    pub dnssec_ok: bool,
    /// The client asked how long a TCP connection may idle (RFC 7828).
    pub keepalive: bool,
    /// For whom it is asked (RFC 7871).
    pub behalf: Behalf,
}

/// One question that is to be answered: opcode QUERY, exactly one question, EDNS version 0 or none.
#[derive(Debug, Clone)]
pub struct Query {
    /// The client's message id.
    pub id: u16,
    /// The header's flag octets as sent: RD, AD and CD are read from here.
    flags: u16,
    /// The name asked for, folded.
    pub name: Name,
    /// The name as the client spelt it (0x20), wire form.
    spelling: [u8; MAX_NAME],
    /// The type asked for.
    pub record_type: RecordType,
    /// The class asked for.
    pub class: Class,
    /// What the client said by EDNS, where it did.
    pub edns: Option<Edns>,
    /// Who asked, and where.
    pub source: Source,
}

/// What came in and is no query to be answered.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NotAQuery {
    /// No reply may be sent.
    Ignore(Ignored),
    /// A reply of the header alone: id, opcode and RD as sent, and this rcode (BADVERS: with an OPT of version 0).
    Reply {
        /// The client's message id.
        id: u16,
        /// The opcode that was sent.
        opcode: Opcode,
        /// RD, to be echoed.
        recursion_desired: bool,
        /// FORMERR, NOTIMP or BADVERS.
        rcode: Rcode,
    },
}

/// Why a packet is met with silence.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Ignored {
    /// Shorter than a header.
    Short,
    /// A response (QR=1): answering it could make two servers talk to each other for ever.
    Response,
}

impl Ignored {
    /// As the metric's label writes it.
    pub const fn text(self) -> &'static str {
        match self {
            Self::Short => "short",
            Self::Response => "response",
        }
    }
}

const QR: u16 = 0x8000;
const RD: u16 = 0x0100;
const AD: u16 = 0x0020;
const CD: u16 = 0x0010;

impl Query {
    /// A query for nothing, to be read over.
    pub fn blank() -> Self {
        let nobody = SocketAddr::from(([0, 0, 0, 0], 0));
        Self::new(Name::root(), RecordType::A, Source::new(nobody, nobody, Transport::Udp))
    }

    /// Reads a packet.
    ///
    /// # Errors
    /// [`NotAQuery`] says whether and how to reply.
    pub fn parse(packet: &[u8], source: Source) -> Result<Self, NotAQuery> {
        let mut query = Self::blank();
        query.read(packet, source)?;
        Ok(query)
    }

    /// As [`Query::parse`], in the place of this query: a worker reads one packet after the other into the same room.
    ///
    /// # Errors
    /// As [`Query::parse`]; what is left then is a query of no meaning.
    pub fn read(&mut self, packet: &[u8], source: Source) -> Result<(), NotAQuery> {
        // Of what is no query it is known where it came from.
        (self.source, self.edns) = (source, None);
        if packet.len() < HEADER {
            return Err(NotAQuery::Ignore(Ignored::Short));
        }
        let word = |at: usize| u16::from_be_bytes([packet[at], packet[at + 1]]);
        let (id, flags) = (word(0), word(2));
        if flags & QR != 0 {
            return Err(NotAQuery::Ignore(Ignored::Response));
        }
        let opcode = Opcode(packet[2] >> 3 & 0x0f);
        let refuse = |rcode| NotAQuery::Reply { id, opcode, recursion_desired: flags & RD != 0, rcode };
        if opcode != Opcode::QUERY {
            return Err(refuse(Rcode::NOTIMP));
        }
        // RFC 9619: a query has exactly one question.
        if word(4) != 1 {
            return Err(refuse(Rcode::FORMERR));
        }
        let malformed = || refuse(Rcode::FORMERR);

        self.name.read_wire(&packet[HEADER..]).map_err(|_| malformed())?;
        let name_end = HEADER + self.name.as_wire().len();
        let tail = packet.get(name_end..name_end + 4).ok_or_else(malformed)?;
        self.spelling[..name_end - HEADER].copy_from_slice(&packet[HEADER..name_end]);

        let mut rest = &packet[name_end + 4..];
        // Nothing of a query's answer and authority sections is used; they are walked to reach the OPT behind them.
        for _ in 0..u32::from(word(6)) + u32::from(word(8)) {
            rest = Record::read(rest).ok_or_else(malformed)?.rest;
        }
        let mut edns = None;
        for _ in 0..word(10) {
            let record = Record::read(rest).ok_or_else(malformed)?;
            rest = record.rest;
            if record.kind != RecordType::OPT {
                continue;
            }
            // RFC 6891 section 6.1.1: one OPT, owned by the root.
            if edns.is_some() || !record.at_root {
                return Err(malformed());
            }
            if record.ttl[1] != 0 {
                return Err(refuse(Rcode::BADVERS));
            }
            let (keepalive, behalf) = options(record.rdata).ok_or_else(malformed)?;
            edns = Some(Edns { payload: record.class, dnssec_ok: record.ttl[2] & 0x80 != 0, keepalive, behalf });
        }
        (self.id, self.flags, self.edns) = (id, flags, edns);
        self.record_type = RecordType(u16::from_be_bytes([tail[0], tail[1]]));
        self.class = Class(u16::from_be_bytes([tail[2], tail[3]]));
        Ok(())
    }

    /// A query of our own making, as `explain`, probes and tests ask it.
    pub fn new(name: Name, record_type: RecordType, source: Source) -> Self {
        let mut spelling = [0; MAX_NAME];
        spelling[..name.as_wire().len()].copy_from_slice(name.as_wire());
        let edns = Some(Edns { payload: UDP_PAYLOAD, dnssec_ok: false, keepalive: false, behalf: Behalf::Unsaid });
        Self { id: 0, flags: RD, name, spelling, record_type, class: Class::IN, edns, source }
    }

    /// The same client's question for another name: the one that an alias leads to.
    #[must_use]
    pub fn towards(&self, name: Name) -> Self {
        let mut spelling = [0; MAX_NAME];
        spelling[..name.as_wire().len()].copy_from_slice(name.as_wire());
        Self { name, spelling, ..self.clone() }
    }

    /// The name in wire form as the client spelt it.
    pub fn spelling(&self) -> &[u8] {
        &self.spelling[..self.name.as_wire().len()]
    }

    /// RD: the client wants recursion.
    pub const fn recursion_desired(&self) -> bool {
        self.flags & RD != 0
    }

    /// CD: the client checks signatures itself (RFC 4035).
    pub const fn checking_disabled(&self) -> bool {
        self.flags & CD != 0
    }

    /// DO: the client wants signatures.
    pub fn dnssec_ok(&self) -> bool {
        self.edns.is_some_and(|edns| edns.dnssec_ok)
    }

    /// Whether the client understands AD in a reply: it set AD or DO (RFC 6840 section 5.7).
    pub fn wants_authentic_data(&self) -> bool {
        self.flags & AD != 0 || self.dnssec_ok()
    }

    /// For whom it is asked; nothing where it says nothing of that.
    pub fn behalf(&self) -> Behalf {
        self.edns.map_or(Behalf::Unsaid, |edns| edns.behalf)
    }

    /// Forgets for whom it says that it is asked: neither an upstream nor the reply repeats that.
    pub fn strip_behalf(&mut self) {
        if let Some(edns) = &mut self.edns {
            edns.behalf = Behalf::Unsaid;
        }
    }

    /// The most octets a reply may have: what the client takes by UDP, between 512 and 1232; a stream's 65,535 else.
    pub fn reply_limit(&self) -> usize {
        match (self.source.transport, self.edns) {
            (Transport::Tcp, _) => usize::from(u16::MAX),
            (Transport::Udp, None) => 512,
            (Transport::Udp, Some(edns)) => usize::from(edns.payload.clamp(512, UDP_PAYLOAD)),
        }
    }
}

/// A record behind the question, as far as a query needs it.
struct Record<'a> {
    at_root: bool,
    kind: RecordType,
    class: u16,
    ttl: [u8; 4],
    rdata: &'a [u8],
    rest: &'a [u8],
}

impl<'a> Record<'a> {
    /// Reads one record; its owner is skipped and not followed.
    fn read(bytes: &'a [u8]) -> Option<Self> {
        let mut at = 0;
        loop {
            let label = usize::from(*bytes.get(at)?);
            match label {
                0 => break at += 1,
                1..=63 => at += 1 + label,
                0xc0.. => break at += 2,
                _ => return None,
            }
        }
        let fixed = bytes.get(at..at + 10)?;
        let length = usize::from(u16::from_be_bytes([fixed[8], fixed[9]]));
        let rdata = bytes.get(at + 10..at + 10 + length)?;
        Some(Self {
            at_root: bytes[0] == 0,
            kind: RecordType(u16::from_be_bytes([fixed[0], fixed[1]])),
            class: u16::from_be_bytes([fixed[2], fixed[3]]),
            ttl: [fixed[4], fixed[5], fixed[6], fixed[7]],
            rdata,
            rest: &bytes[at + 10 + length..],
        })
    }
}

/// Whether the options hold edns-tcp-keepalive (option 11), and for whom they say that it is asked; `None` where they do not add
/// up to the record's length.
fn options(mut options: &[u8]) -> Option<(bool, Behalf)> {
    let (mut keepalive, mut behalf) = (false, Behalf::Unsaid);
    while !options.is_empty() {
        let (&[code_high, code_low, high, low], rest) = options.split_first_chunk::<4>()?;
        let (data, rest) = rest.split_at_checked(usize::from(u16::from_be_bytes([high, low])))?;
        options = rest;
        match u16::from_be_bytes([code_high, code_low]) {
            opt::KEEPALIVE => keepalive = true,
            client_subnet::CODE => behalf = behalf.with(data),
            _ => {}
        }
    }
    Some((keepalive, behalf))
}

#[cfg(test)]
mod tests;
