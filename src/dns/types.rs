//! The numbers of DNS that the program names: types, classes, rcodes, extended errors, transports.

use std::fmt;

/// A record type, any of the 65,536 (RFC 3597).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct RecordType(pub u16);

impl RecordType {
    /// Host address (RFC 1035).
    pub const A: Self = Self(1);
    /// Name server (RFC 1035).
    pub const NS: Self = Self(2);
    /// Canonical name (RFC 1035).
    pub const CNAME: Self = Self(5);
    /// Start of a zone of authority (RFC 1035).
    pub const SOA: Self = Self(6);
    /// Pointer (RFC 1035).
    pub const PTR: Self = Self(12);
    /// Mail exchange (RFC 1035).
    pub const MX: Self = Self(15);
    /// Text (RFC 1035).
    pub const TXT: Self = Self(16);
    /// IPv6 host address (RFC 3596).
    pub const AAAA: Self = Self(28);
    /// Service location (RFC 2782).
    pub const SRV: Self = Self(33);
    /// Redirection of a subtree (RFC 6672).
    pub const DNAME: Self = Self(39);
    /// EDNS pseudo-record (RFC 6891).
    pub const OPT: Self = Self(41);
    /// Delegation signer (RFC 4034).
    pub const DS: Self = Self(43);
    /// Signature (RFC 4034).
    pub const RRSIG: Self = Self(46);
    /// Authenticated denial (RFC 4034).
    pub const NSEC: Self = Self(47);
    /// Public key (RFC 4034).
    pub const DNSKEY: Self = Self(48);
    /// Hashed authenticated denial (RFC 5155).
    pub const NSEC3: Self = Self(50);
    /// Host information; what ANY is answered with (RFC 8482).
    pub const HINFO: Self = Self(13);
    /// Service binding (RFC 9460).
    pub const SVCB: Self = Self(64);
    /// Service binding of HTTPS origins (RFC 9460).
    pub const HTTPS: Self = Self(65);
    /// Secret key transaction signature (RFC 8945).
    pub const TSIG: Self = Self(250);
    /// Incremental zone transfer (RFC 1995).
    pub const IXFR: Self = Self(251);
    /// Zone transfer (RFC 5936).
    pub const AXFR: Self = Self(252);
    /// Any type (RFC 8482).
    pub const ANY: Self = Self(255);

    /// The types that have a mnemonic here; all else is written `TYPE123`.
    const NAMED: [(Self, &'static str); 27] = [
        (Self::A, "A"),
        (Self::NS, "NS"),
        (Self::CNAME, "CNAME"),
        (Self::SOA, "SOA"),
        (Self::PTR, "PTR"),
        (Self::HINFO, "HINFO"),
        (Self::MX, "MX"),
        (Self::TXT, "TXT"),
        (Self::AAAA, "AAAA"),
        (Self::SRV, "SRV"),
        (Self(35), "NAPTR"),
        (Self::DNAME, "DNAME"),
        (Self::OPT, "OPT"),
        (Self::DS, "DS"),
        (Self(44), "SSHFP"),
        (Self::RRSIG, "RRSIG"),
        (Self::NSEC, "NSEC"),
        (Self::DNSKEY, "DNSKEY"),
        (Self::NSEC3, "NSEC3"),
        (Self(52), "TLSA"),
        (Self::SVCB, "SVCB"),
        (Self::HTTPS, "HTTPS"),
        (Self::TSIG, "TSIG"),
        (Self::IXFR, "IXFR"),
        (Self::AXFR, "AXFR"),
        (Self::ANY, "ANY"),
        (Self(257), "CAA"),
    ];

    /// The mnemonic, where there is one here.
    pub fn mnemonic(self) -> Option<&'static str> {
        Self::NAMED.iter().find(|(kind, _)| *kind == self).map(|(_, text)| *text)
    }

    /// Reads a mnemonic in any case, or `TYPE123` (RFC 3597 section 5).
    pub fn parse(text: &str) -> Option<Self> {
        let upper = text.to_ascii_uppercase();
        let named = Self::NAMED.iter().find(|(_, mnemonic)| *mnemonic == upper).map(|(kind, _)| *kind);
        named.or_else(|| upper.strip_prefix("TYPE")?.parse().ok().map(Self))
    }

    /// Whether the type asks for an address of the name.
    pub fn is_address(self) -> bool {
        matches!(self, Self::A | Self::AAAA)
    }
}

impl fmt::Display for RecordType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.mnemonic() {
            Some(text) => f.write_str(text),
            None => write!(f, "TYPE{}", self.0),
        }
    }
}

/// A class (RFC 1035 section 3.2.4).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Class(pub u16);

impl Class {
    /// The Internet.
    pub const IN: Self = Self(1);
}

/// What kind of question a message is (RFC 1035 section 4.1.1).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Opcode(pub u8);

impl Opcode {
    /// A standard query.
    pub const QUERY: Self = Self(0);
    /// Word from a primary that its zone has changed (RFC 1996).
    pub const NOTIFY: Self = Self(4);
}

/// A response code, the upper bits of EDNS included (RFC 6895 section 2.3).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Rcode(pub u16);

impl Rcode {
    /// No error.
    pub const NOERROR: Self = Self(0);
    /// The query could not be read.
    pub const FORMERR: Self = Self(1);
    /// No answer could be had.
    pub const SERVFAIL: Self = Self(2);
    /// Nothing exists at the name or below it (RFC 8020).
    pub const NXDOMAIN: Self = Self(3);
    /// This kind of query is not supported.
    pub const NOTIMP: Self = Self(4);
    /// This query is not answered to this client.
    pub const REFUSED: Self = Self(5);
    /// The server does not speak for the zone, or does not believe who asks (RFC 2136, RFC 8945).
    pub const NOTAUTH: Self = Self(9);
    /// The EDNS version is not supported (RFC 6891 section 9).
    pub const BADVERS: Self = Self(16);

    /// Whether an upstream that says this has no answer to give.
    pub const fn is_failure(self) -> bool {
        matches!(self, Self::SERVFAIL | Self::REFUSED)
    }

    /// The mnemonic, or `RCODE99`.
    pub fn text(self) -> &'static str {
        match self {
            Self::NOERROR => "NOERROR",
            Self::FORMERR => "FORMERR",
            Self::SERVFAIL => "SERVFAIL",
            Self::NXDOMAIN => "NXDOMAIN",
            Self::NOTIMP => "NOTIMP",
            Self::REFUSED => "REFUSED",
            Self(6) => "YXDOMAIN",
            Self(7) => "YXRRSET",
            Self(8) => "NXRRSET",
            Self::NOTAUTH => "NOTAUTH",
            Self(10) => "NOTZONE",
            Self::BADVERS => "BADVERS",
            Self(_) => "other",
        }
    }
}

impl fmt::Display for Rcode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.text())
    }
}

/// An extended DNS error's info-code (RFC 8914 section 4).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Ede(pub u16);

impl Ede {
    /// Other error.
    pub const OTHER: Self = Self(0);
    /// An answer older than its TTL, for lack of a fresh one.
    pub const STALE_ANSWER: Self = Self(3);
    /// The server cannot answer yet.
    pub const NOT_READY: Self = Self(14);
    /// Blocked by the operator's policy.
    pub const BLOCKED: Self = Self(15);
    /// Blocked by a rule that somebody above the operator set.
    pub const CENSORED: Self = Self(16);
    /// The client is not served.
    pub const PROHIBITED: Self = Self(18);
    /// A stale NXDOMAIN.
    pub const STALE_NXDOMAIN: Self = Self(19);
    /// The operation or query is not supported.
    pub const NOT_SUPPORTED: Self = Self(21);
    /// No upstream was reachable.
    pub const NO_REACHABLE_AUTHORITY: Self = Self(22);
    /// An upstream could not be talked to, or no room was left for the question.
    pub const NETWORK_ERROR: Self = Self(23);
}

/// How a query came in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Transport {
    /// Datagrams on port 53 (RFC 1035 section 4.2.1).
    Udp,
    /// A TCP stream (RFC 7766).
    Tcp,
}

impl Transport {
    /// As journal and metrics write it.
    pub const fn text(self) -> &'static str {
        match self {
            Self::Udp => "udp",
            Self::Tcp => "tcp",
        }
    }
}
