//! Reads a name as people and lists write it: any case, any script, with or without the final dot.
//!
//! What is not plainly a host or service name is refused with its reason, and never mended: `host/path` is not `host`.
//!
//! # Cost
//! Called for each of millions of lines: a lower-case ASCII name costs two passes over its octets and no allocation;
//! IDNA is asked only where a label has other letters or starts with `xn--`. `benches/formats.rs` guards it.

use std::borrow::Cow;
use std::net::{IpAddr, Ipv4Addr};

use idna::uts46::{AsciiDenyList, DnsLength, Hyphens, Uts46};
use unicode_normalization::UnicodeNormalization as _;

use crate::dns::{Name, NameError};

/// Why some text is no name that a list or an operator may give.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, thiserror::Error)]
pub enum NotAName {
    /// Nothing, two dots in a row, a dot at the start, or the root.
    #[error("a label is empty")]
    EmptyLabel,
    /// A label of more than 63 octets.
    #[error("a label is longer than 63 octets")]
    LongLabel,
    /// A name of more than 255 octets.
    #[error("the name is longer than 255 octets")]
    LongName,
    /// A character other than letters, digits, hyphen and underscore.
    #[error("a character that no name has")]
    BadCharacter,
    /// Letters that IDNA (UTS 46) does not allow, or `xn--` with bad Punycode.
    #[error("not a valid internationalised name")]
    BadInternational,
    /// A last label of digits only, as no domain has.
    #[error("the last label has only digits")]
    NumericTop,
    /// An IPv4 or IPv6 address.
    #[error("an address, not a name")]
    Address,
    /// A range of addresses.
    #[error("a network, not a name")]
    Network,
    /// A URL with its scheme.
    #[error("a URL, not a name")]
    Url,
    /// A host and a path.
    #[error("a host with a path, not a name")]
    Path,
    /// A host and a port.
    #[error("a host with a port, not a name")]
    Port,
}

impl From<NameError> for NotAName {
    fn from(fault: NameError) -> Self {
        match fault {
            NameError::EmptyLabel | NameError::Truncated => Self::EmptyLabel,
            NameError::LongLabel => Self::LongLabel,
            NameError::LongName => Self::LongName,
            NameError::BadEscape | NameError::BadLabelType => Self::BadCharacter,
        }
    }
}

/// Reads a name: composed (NFC), mapped by UTS 46 to its ASCII form, folded to lower case, the final dot dropped.
///
/// Letters, digits, hyphens and underscores may stand anywhere in a label, as they do in real names.
///
/// # Errors
/// As [`NotAName`] says; the reason is the most telling one, so `192.0.2.1` is an address and not a bad last label.
pub fn normalise(text: &str) -> Result<Name, NotAName> {
    let mut name = Name::root();
    normalise_into(text, &mut name)?;
    Ok(name)
}

/// As [`normalise`], in the place of `name`, which is some name or other where the text is none.
///
/// # Errors
/// As [`normalise`].
pub fn normalise_into(text: &str, name: &mut Name) -> Result<(), NotAName> {
    if is_plain(text) {
        return finish(text, name);
    }
    if text.is_ascii() && !has_punycode(text) {
        return Err(foreign(text));
    }
    finish(&mapped(text)?, name)
}

/// Whether the text consists of octets that a name may have and holds no `xn--` label.
fn is_plain(text: &str) -> bool {
    // All of them are looked at, several at once: nearly every text is plain.
    text.bytes().fold(true, |plain, byte| plain & is_plain_octet(byte)) && !has_punycode(text)
}

/// Whether a name in ASCII form may have this octet.
const fn is_plain_octet(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() | matches!(byte, b'-' | b'_' | b'.')
}

/// The octets of a name in ASCII form: letters, digits, hyphen, underscore, dot.
const PLAIN: [bool; 256] = {
    let mut table = [false; 256];
    let mut byte = 0_u8;
    while byte < 128 {
        table[byte as usize] = is_plain_octet(byte);
        byte += 1;
    }
    table
};

/// Whether a label starts with `xn--`, in any case.
fn has_punycode(text: &str) -> bool {
    let bytes = text.as_bytes();
    // Every such label has two hyphens in a row, which few names have.
    bytes.windows(2).fold(false, |any, pair| any | (pair[0] == b'-') & (pair[1] == b'-'))
        && bytes.split(|byte| *byte == b'.').any(|label| label.len() >= 4 && label[..4].eq_ignore_ascii_case(b"xn--"))
}

/// Reads a name that has only octets of [`PLAIN`].
fn finish(text: &str, name: &mut Name) -> Result<(), NotAName> {
    let text = text.strip_suffix('.').unwrap_or(text);
    let last = || text.bytes().rev().take_while(|byte| *byte != b'.');
    if last().next().is_some() && last().all(|byte| byte.is_ascii_digit()) {
        return Err(if text.parse::<Ipv4Addr>().is_ok() { NotAName::Address } else { NotAName::NumericTop });
    }
    // A dot is left only where there were two: a label is empty then.
    if text.ends_with('.') {
        return Err(NotAName::EmptyLabel);
    }
    Ok(name.read_text(text)?)
}

/// Maps a name with other letters than ASCII, or with Punycode, to its ASCII form.
fn mapped(text: &str) -> Result<Cow<'static, str>, NotAName> {
    let composed: String = text.nfc().collect();
    let mapped = Uts46::new()
        .to_ascii(composed.as_bytes(), AsciiDenyList::EMPTY, Hyphens::Allow, DnsLength::Ignore)
        .map_err(|_| if is_foreign(&composed) { foreign(&composed) } else { NotAName::BadInternational })?;
    if mapped.bytes().all(|byte| PLAIN[usize::from(byte)]) {
        return Ok(Cow::Owned(mapped.into_owned()));
    }
    Err(foreign(&composed))
}

/// Whether an ASCII character stands in the text that no name has.
fn is_foreign(text: &str) -> bool {
    text.bytes().any(|byte| byte.is_ascii() && !PLAIN[usize::from(byte)])
}

/// Says what a text is that has characters no name has.
fn foreign(text: &str) -> NotAName {
    let inner = text.trim_start_matches('[').trim_end_matches(']');
    if inner.split('%').next().is_some_and(|address| address.parse::<IpAddr>().is_ok()) {
        return NotAName::Address;
    }
    if text.contains("://") {
        return NotAName::Url;
    }
    if let Some((host, rest)) = text.split_once('/') {
        let network = host.parse::<IpAddr>().is_ok() && rest.parse::<u8>().is_ok();
        return if network { NotAName::Network } else { NotAName::Path };
    }
    if let Some((host, port)) = text.rsplit_once(':')
        && !port.is_empty()
        && port.bytes().all(|byte| byte.is_ascii_digit())
        && !host.is_empty()
    {
        return NotAName::Port;
    }
    NotAName::BadCharacter
}

#[cfg(test)]
mod tests;
