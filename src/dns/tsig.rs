//! Transaction signatures (RFC 8945): what is asked of a primary is signed, and what it sends is believed only so.
//!
//! The rule: a MAC counts whole or not at all, and no octet of a transfer is used before a signature that covers it was found good.

use hmac::{Hmac, KeyInit, Mac};
use sha2::{Sha256, Sha384, Sha512};

use super::{HEADER, Message, Name, RecordType, Section};

/// The class of a TSIG record: any (RFC 8945 section 4.2).
const ANY: u16 = 255;

/// How far two clocks may be apart, in seconds (RFC 8945 section 10).
const FUDGE: u16 = 300;

/// The most messages of a transfer in a row without a signature (RFC 8945 section 5.3.1).
const MOST_UNSIGNED: u32 = 99;

/// How a key signs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum TsigAlgorithm {
    /// HMAC over SHA-256, which every server has.
    Sha256,
    /// HMAC over SHA-384.
    Sha384,
    /// HMAC over SHA-512.
    Sha512,
}

impl TsigAlgorithm {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::Sha256, Self::Sha384, Self::Sha512];

    /// Its name, as files of servers write it.
    pub const fn text(self) -> &'static str {
        match self {
            Self::Sha256 => "hmac-sha256",
            Self::Sha384 => "hmac-sha384",
            Self::Sha512 => "hmac-sha512",
        }
    }

    fn name(self) -> Name {
        Name::parse(self.text()).expect("the constants are names")
    }
}

/// A key that this server and a primary share.
#[derive(Clone, PartialEq, Eq)]
pub struct TsigKey {
    /// Its name, which both sides know it by.
    pub name: Name,
    /// How it signs.
    pub algorithm: TsigAlgorithm,
    secret: Vec<u8>,
}

impl std::fmt::Debug for TsigKey {
    /// Without the secret, which no log may hold.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "TsigKey({} {})", self.name, self.algorithm.text())
    }
}

/// Why a message is not believed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum TsigFault {
    /// It is not signed, or too many in a row are not.
    #[error("it is not signed")]
    Unsigned,
    /// The record that signs it cannot be read.
    #[error("its signature cannot be read")]
    Malformed,
    /// It names another key or algorithm.
    #[error("it is signed by another key")]
    OtherKey,
    /// The MAC is another.
    #[error("its signature is wrong")]
    Wrong,
    /// It was signed at another time than now.
    #[error("it was signed {0} seconds from now by this machine's clock")]
    Time(u64),
    /// The other side did not believe us, by this error.
    #[error("the server refused our signature: {0}")]
    Refused(TsigError),
}

/// An error that the other side tells (RFC 8945 section 3).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TsigError(pub u16);

impl std::fmt::Display for TsigError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self.0 {
            16 => f.write_str("BADSIG, the secret is another"),
            17 => f.write_str("BADKEY, it does not know the key"),
            18 => f.write_str("BADTIME, its clock is another"),
            other => write!(f, "error {other}"),
        }
    }
}

/// A MAC that octets are fed to.
enum Digest {
    Sha256(Hmac<Sha256>),
    Sha384(Hmac<Sha384>),
    Sha512(Hmac<Sha512>),
}

impl Digest {
    fn new(key: &TsigKey) -> Self {
        const ANY_LENGTH: &str = "HMAC takes keys of any length";
        match key.algorithm {
            TsigAlgorithm::Sha256 => Self::Sha256(Hmac::new_from_slice(&key.secret).expect(ANY_LENGTH)),
            TsigAlgorithm::Sha384 => Self::Sha384(Hmac::new_from_slice(&key.secret).expect(ANY_LENGTH)),
            TsigAlgorithm::Sha512 => Self::Sha512(Hmac::new_from_slice(&key.secret).expect(ANY_LENGTH)),
        }
    }

    fn update(&mut self, octets: &[u8]) {
        match self {
            Self::Sha256(mac) => mac.update(octets),
            Self::Sha384(mac) => mac.update(octets),
            Self::Sha512(mac) => mac.update(octets),
        }
    }

    /// A MAC before this one, with its length (RFC 8945 section 4.3.1).
    fn prior(&mut self, mac: &[u8]) {
        self.update(&u16::try_from(mac.len()).expect("a MAC has at most 64 octets").to_be_bytes());
        self.update(mac);
    }

    fn finish(self) -> Vec<u8> {
        match self {
            Self::Sha256(mac) => mac.finalize().into_bytes().to_vec(),
            Self::Sha384(mac) => mac.finalize().into_bytes().to_vec(),
            Self::Sha512(mac) => mac.finalize().into_bytes().to_vec(),
        }
    }

    /// Whether the MAC is this one, in a time that does not tell where they differ.
    fn is(self, mac: &[u8]) -> bool {
        match self {
            Self::Sha256(own) => own.verify_slice(mac).is_ok(),
            Self::Sha384(own) => own.verify_slice(mac).is_ok(),
            Self::Sha512(own) => own.verify_slice(mac).is_ok(),
        }
    }
}

/// The record that signs a message, and the octets that it signs.
struct Signed<'m> {
    key: Name,
    algorithm: Name,
    /// Seconds since 1970.
    time: u64,
    fudge: u16,
    mac: &'m [u8],
    error: u16,
    other: &'m [u8],
    /// The message as it was before the record was added.
    before: Vec<u8>,
}

impl<'m> Signed<'m> {
    /// Reads the last record of `message`; none where that is no TSIG record.
    fn read(message: &Message<'m>) -> Result<Option<Self>, TsigFault> {
        let bytes = message.as_bytes();
        let records = || message.all_records().filter(|record| record.record_type == RecordType::TSIG);
        let Some(record) = records().next() else { return Ok(None) };
        // One, and behind everything else (RFC 8945 section 5.1).
        let is_last = record.section == Section::Additional && record.end == bytes.len();
        if records().count() > 1 || !is_last || record.class.0 != ANY || record.ttl() != 0 {
            return Err(TsigFault::Malformed);
        }
        let rdata = record.rdata();
        let algorithm = Name::from_wire(rdata).map_err(|_| TsigFault::Malformed)?;
        let read = (|| {
            let rest = rdata.get(algorithm.as_wire().len()..)?;
            let (time, rest) = rest.split_first_chunk::<6>()?;
            let ([high, low], rest) = rest.split_first_chunk::<2>()?;
            let fudge = u16::from_be_bytes([*high, *low]);
            let (mac, rest) = counted(rest)?;
            let (original, rest) = rest.split_first_chunk::<2>()?;
            let (error, rest) = rest.split_first_chunk::<2>()?;
            let (other, rest) = counted(rest)?;
            let time = time.iter().fold(0, |time, octet| time << 8 | u64::from(*octet));
            rest.is_empty().then_some((time, fudge, mac, *original, u16::from_be_bytes(*error), other))
        })();
        let (time, fudge, mac, original, error, other) = read.ok_or(TsigFault::Malformed)?;
        let mut before = bytes[..record.start].to_vec();
        before[..2].copy_from_slice(&original);
        let additional = u16::from_be_bytes([before[10], before[11]]).checked_sub(1).ok_or(TsigFault::Malformed)?;
        before[10..HEADER].copy_from_slice(&additional.to_be_bytes());
        Ok(Some(Self { key: record.owner(), algorithm, time, fudge, mac, error, other, before }))
    }

    /// Whether it is by `key` and of about now; a server that did not believe us says so without a MAC.
    fn judge(&self, key: &TsigKey, now: u64) -> Result<(), TsigFault> {
        if self.error != 0 && self.mac.is_empty() {
            return Err(TsigFault::Refused(TsigError(self.error)));
        }
        if self.key != key.name || self.algorithm != key.algorithm.name() {
            return Err(TsigFault::OtherKey);
        }
        let apart = now.abs_diff(self.time);
        if apart > u64::from(self.fudge.min(FUDGE)) {
            return Err(TsigFault::Time(apart));
        }
        Ok(())
    }

    /// The variables that are signed with a message (RFC 8945 section 4.3.3).
    fn variables(&self, to: &mut Digest) {
        to.update(self.key.as_wire());
        to.update(&[0, 255, 0, 0, 0, 0]);
        to.update(self.algorithm.as_wire());
        self.timers(to);
        to.update(&self.error.to_be_bytes());
        to.update(&u16::try_from(self.other.len()).expect("it was counted by two octets").to_be_bytes());
        to.update(self.other);
    }

    /// Time and fudge alone, as the later messages of a transfer sign them.
    fn timers(&self, to: &mut Digest) {
        to.update(&self.time.to_be_bytes()[2..]);
        to.update(&self.fudge.to_be_bytes());
    }
}

/// So many octets as the first two say, and what follows.
fn counted(octets: &[u8]) -> Option<(&[u8], &[u8])> {
    let (count, rest) = octets.split_first_chunk::<2>()?;
    rest.split_at_checked(usize::from(u16::from_be_bytes(*count)))
}

impl TsigKey {
    /// A key of this name.
    pub const fn new(name: Name, algorithm: TsigAlgorithm, secret: Vec<u8>) -> Self {
        Self { name, algorithm, secret }
    }

    /// Signs a message at `now`, in seconds since 1970, and gives its MAC; a reply is signed with the MAC of what it replies to.
    pub fn sign(&self, message: &mut Vec<u8>, prior: Option<&[u8]>, now: u64) -> Vec<u8> {
        let mut digest = Digest::new(self);
        if let Some(prior) = prior {
            digest.prior(prior);
        }
        digest.update(message);
        let algorithm = self.algorithm.name();
        let signed = Signed {
            key: self.name.clone(),
            algorithm,
            time: now,
            fudge: FUDGE,
            mac: &[],
            error: 0,
            other: &[],
            before: Vec::new(),
        };
        signed.variables(&mut digest);
        let mac = digest.finish();
        let id = [message[0], message[1]];
        message.extend_from_slice(self.name.as_wire());
        message.extend_from_slice(&[0, 250, 0, 255, 0, 0, 0, 0]);
        let length = |octets: usize| u16::try_from(octets).expect("names and MACs are short").to_be_bytes();
        message.extend_from_slice(&length(signed.algorithm.as_wire().len() + 16 + mac.len()));
        message.extend_from_slice(signed.algorithm.as_wire());
        message.extend_from_slice(&now.to_be_bytes()[2..]);
        message.extend_from_slice(&FUDGE.to_be_bytes());
        message.extend_from_slice(&length(mac.len()));
        message.extend_from_slice(&mac);
        message.extend_from_slice(&id);
        message.extend_from_slice(&[0, 0, 0, 0]);
        let additional = u16::from_be_bytes([message[10], message[11]]) + 1;
        message[10..HEADER].copy_from_slice(&additional.to_be_bytes());
        mac
    }

    /// Checks a message that replies to nothing, and gives its MAC.
    ///
    /// # Errors
    /// [`TsigFault`].
    pub fn check(&self, message: &Message<'_>, now: u64) -> Result<Vec<u8>, TsigFault> {
        let signed = Signed::read(message)?.ok_or(TsigFault::Unsigned)?;
        signed.judge(self, now)?;
        let mut digest = Digest::new(self);
        digest.update(&signed.before);
        signed.variables(&mut digest);
        if digest.is(signed.mac) { Ok(signed.mac.to_vec()) } else { Err(TsigFault::Wrong) }
    }

    /// What checks the messages that answer a question whose MAC is `asked`.
    pub fn answers_to(&self, asked: Vec<u8>) -> TsigStream {
        let mut digest = Digest::new(self);
        digest.prior(&asked);
        TsigStream { key: self.clone(), digest, is_first: true, unsigned: 0 }
    }
}

/// The signatures of a transfer's messages, each of which covers those since the one before.
pub struct TsigStream {
    key: TsigKey,
    /// What is fed so far of the next MAC.
    digest: Digest,
    is_first: bool,
    unsigned: u32,
}

impl std::fmt::Debug for TsigStream {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "TsigStream({:?}, {} unsigned)", self.key, self.unsigned)
    }
}

impl TsigStream {
    /// Takes the next message, and says whether all until now are believed.
    ///
    /// # Errors
    /// [`TsigFault`]; nothing that came since the last good signature may be used.
    pub fn take(&mut self, message: &Message<'_>, now: u64) -> Result<bool, TsigFault> {
        let Some(signed) = Signed::read(message)? else {
            if self.is_first || self.unsigned == MOST_UNSIGNED {
                return Err(TsigFault::Unsigned);
            }
            self.unsigned += 1;
            self.digest.update(message.as_bytes());
            return Ok(false);
        };
        signed.judge(&self.key, now)?;
        let mut digest = std::mem::replace(&mut self.digest, Digest::new(&self.key));
        digest.update(&signed.before);
        if self.is_first {
            signed.variables(&mut digest);
        } else {
            signed.timers(&mut digest);
        }
        if !digest.is(signed.mac) {
            return Err(TsigFault::Wrong);
        }
        self.digest.prior(signed.mac);
        (self.is_first, self.unsigned) = (false, 0);
        Ok(true)
    }
}

#[cfg(test)]
mod tests;
