//! A domain name in wire form, folded to lower case once, so that every later comparison is one of bytes (RFC 4343).

use std::fmt;
use std::hash::{Hash, Hasher};

/// The longest name in octets, the root's zero octet included (RFC 1035 section 2.3.4).
pub const MAX_NAME: usize = 255;

/// The longest label in octets (RFC 1035 section 2.3.4).
pub const MAX_LABEL: usize = 63;

/// A fully qualified domain name: uncompressed wire form, ASCII letters in lower case, held inline.
///
/// Any octet may stand in a label (RFC 2181 section 11); [`fmt::Display`] escapes what is not printable.
#[derive(Clone)]
pub struct Name {
    len: u8,
    wire: [u8; MAX_NAME],
}

/// Why some text or bytes are no domain name.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum NameError {
    /// Two dots in a row, or a dot at the start.
    #[error("a label is empty")]
    EmptyLabel,
    /// A label is longer than 63 octets.
    #[error("a label is longer than 63 octets")]
    LongLabel,
    /// The name is longer than 255 octets.
    #[error("the name is longer than 255 octets")]
    LongName,
    /// A backslash that no digits or character follow.
    #[error("a backslash is followed by nothing that it could escape")]
    BadEscape,
    /// The bytes end inside a label.
    #[error("the name is cut off")]
    Truncated,
    /// A compression pointer or a label type of no standing (RFC 6891 section 5 retired the extended types).
    #[error("a label type that may not stand here")]
    BadLabelType,
}

impl Name {
    /// The root, `.`.
    pub const fn root() -> Self {
        Self { len: 1, wire: [0; MAX_NAME] }
    }

    /// Reads the uncompressed name at the start of `bytes`; what follows it is not looked at.
    ///
    /// # Errors
    /// [`NameError::BadLabelType`] for a compression pointer, else as the length rules of RFC 1035 say.
    pub fn from_wire(bytes: &[u8]) -> Result<Self, NameError> {
        let mut name = Self::root();
        name.read_wire(bytes)?;
        Ok(name)
    }

    /// As [`Name::from_wire`], in the place of this name, which stays as it is where `bytes` are none.
    ///
    /// # Errors
    /// As [`Name::from_wire`].
    pub fn read_wire(&mut self, bytes: &[u8]) -> Result<(), NameError> {
        let mut end = 0;
        loop {
            let label = usize::from(*bytes.get(end).ok_or(NameError::Truncated)?);
            if label > MAX_LABEL {
                return Err(NameError::BadLabelType);
            }
            end += 1 + label;
            if end + usize::from(label != 0) > MAX_NAME {
                return Err(NameError::LongName);
            }
            if label == 0 {
                break;
            }
        }
        let (own, read) = (&mut self.wire[..end], &bytes[..end]);
        // Length octets are below 64 and so below b'A': folding the whole slice leaves them alone.
        own.copy_from_slice(read);
        own.make_ascii_lowercase();
        self.len = u8::try_from(end).expect("a name has at most 255 octets");
        Ok(())
    }

    /// Reads presentation form, with or without the final dot; `\.` and `\DDD` escape (RFC 1035 section 5.1).
    ///
    /// Only octets count here: internationalised names are mapped before, by `lists`.
    ///
    /// # Errors
    /// As [`NameError`] says.
    pub fn parse(text: &str) -> Result<Self, NameError> {
        let mut name = Self::root();
        name.read_text(text)?;
        Ok(name)
    }

    /// As [`Name::parse`], in the place of this name, which is some name or other where `text` is none.
    ///
    /// # Errors
    /// As [`Name::parse`].
    pub fn read_text(&mut self, text: &str) -> Result<(), NameError> {
        if !self.read_plain(text.as_bytes()) {
            *self = Self::parse_slowly(text)?;
        }
        Ok(())
    }

    /// Reads text without escapes whose dots stand between good labels; false where it is anything else.
    fn read_plain(&mut self, text: &[u8]) -> bool {
        let end = text.len();
        // The octets of the text, a length in front of the first label, and the root's zero.
        if end + 2 > MAX_NAME {
            return false;
        }
        let (mut start, mut good) = (0, true);
        for (at, octet) in text.iter().enumerate() {
            if *octet == b'.' {
                good &= self.end_label(start, at);
                start = at + 1;
            } else {
                good &= *octet != b'\\';
                self.wire[at + 1] = octet.to_ascii_lowercase();
            }
        }
        good &= self.end_label(start, end);
        self.wire[end + 1] = 0;
        self.len = (end + 2) as u8;
        if !good {
            *self = Self::root();
        }
        good
    }

    /// Writes the length of the label between two octets of the text, and says whether it may have that.
    fn end_label(&mut self, start: usize, end: usize) -> bool {
        let len = end - start;
        self.wire[start] = len as u8;
        len > 0 && len <= MAX_LABEL
    }

    fn parse_slowly(text: &str) -> Result<Self, NameError> {
        let mut name = Self::root();
        if text == "." {
            return Ok(name);
        }
        let mut start = 0;
        let mut len = 0_usize;
        let mut bytes = text.bytes();
        let mut ended = false;
        while let Some(byte) = bytes.next() {
            let octet = match byte {
                b'.' => {
                    if len == 0 {
                        return Err(NameError::EmptyLabel);
                    }
                    name.wire[start] = u8::try_from(len).expect("a label has at most 63 octets");
                    start += 1 + len;
                    len = 0;
                    ended = true;
                    continue;
                }
                b'\\' => escaped(&mut bytes)?,
                other => other.to_ascii_lowercase(),
            };
            ended = false;
            if len == MAX_LABEL {
                return Err(NameError::LongLabel);
            }
            len += 1;
            // One more octet is needed for the root's zero.
            if start + len + 1 >= MAX_NAME {
                return Err(NameError::LongName);
            }
            name.wire[start + len] = octet;
        }
        if len == 0 && !ended {
            return Err(NameError::EmptyLabel);
        }
        if len > 0 {
            name.wire[start] = u8::try_from(len).expect("a label has at most 63 octets");
            start += 1 + len;
        }
        name.wire[start] = 0;
        name.len = u8::try_from(start + 1).expect("checked above");
        Ok(name)
    }

    /// The wire form, root octet included.
    pub fn as_wire(&self) -> &[u8] {
        &self.wire[..usize::from(self.len)]
    }

    /// Whether this is the root.
    pub const fn is_root(&self) -> bool {
        self.len == 1
    }

    /// How many labels the name has; the root has none.
    pub fn label_count(&self) -> usize {
        self.labels().count()
    }

    /// The labels, the leftmost first.
    pub fn labels(&self) -> impl Iterator<Item = &[u8]> {
        self.suffixes().filter_map(|suffix| {
            let len = usize::from(suffix[0]);
            (len > 0).then(|| &suffix[1..=len])
        })
    }

    /// The wire forms of the name itself, its parent, and so on up to the root, without allocating.
    pub fn suffixes(&self) -> Suffixes<'_> {
        Suffixes { rest: Some(self.as_wire()) }
    }

    /// The name above this one; the root has none.
    pub fn parent(&self) -> Option<Self> {
        let above = self.suffixes().nth(1)?;
        Some(Self::from_wire(above).expect("the suffix of a name is a name"))
    }

    /// The ancestor with `labels` labels, or the name itself where it has no more than those.
    pub fn ancestor(&self, labels: usize) -> Self {
        let skip = self.label_count().saturating_sub(labels);
        let wire = self.suffixes().nth(skip).expect("a name has one suffix more than labels");
        Self::from_wire(wire).expect("the suffix of a name is a name")
    }

    /// Whether this name is `above` itself or stands below it.
    pub fn is_at_or_below(&self, above: &Self) -> bool {
        let (own, other) = (self.as_wire(), above.as_wire());
        own.ends_with(other) && self.suffixes().any(|suffix| suffix.len() == other.len())
    }
}

/// Reads what follows a backslash: three digits, or one character that stands for itself.
fn escaped(bytes: &mut std::str::Bytes<'_>) -> Result<u8, NameError> {
    let first = bytes.next().ok_or(NameError::BadEscape)?;
    if !first.is_ascii_digit() {
        return Ok(first.to_ascii_lowercase());
    }
    let mut value = u32::from(first - b'0');
    for _ in 0..2 {
        let digit = bytes.next().filter(u8::is_ascii_digit).ok_or(NameError::BadEscape)?;
        value = value * 10 + u32::from(digit - b'0');
    }
    let octet = u8::try_from(value).map_err(|_| NameError::BadEscape)?;
    Ok(octet.to_ascii_lowercase())
}

/// The wire forms of a name and of all names above it; see [`Name::suffixes`].
#[derive(Debug, Clone)]
pub struct Suffixes<'a> {
    rest: Option<&'a [u8]>,
}

impl<'a> Iterator for Suffixes<'a> {
    type Item = &'a [u8];

    fn next(&mut self) -> Option<&'a [u8]> {
        let now = self.rest?;
        let label = usize::from(now[0]);
        self.rest = (label > 0).then(|| &now[1 + label..]);
        Some(now)
    }
}

impl fmt::Display for Name {
    /// Lower case, without the final dot (the root is `.`); octets outside the visible ASCII range as `\DDD`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.is_root() {
            return f.write_str(".");
        }
        for (position, label) in self.labels().enumerate() {
            if position > 0 {
                f.write_str(".")?;
            }
            for &octet in label {
                match octet {
                    b'.' | b'\\' | b'"' | b'(' | b')' | b';' | b'@' | b'$' => write!(f, "\\{}", char::from(octet))?,
                    0x21..=0x7e => write!(f, "{}", char::from(octet))?,
                    other => write!(f, "\\{other:03}")?,
                }
            }
        }
        Ok(())
    }
}

impl fmt::Debug for Name {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{self}")
    }
}

impl PartialEq for Name {
    fn eq(&self, other: &Self) -> bool {
        self.as_wire() == other.as_wire()
    }
}

impl Eq for Name {}

impl Hash for Name {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.as_wire().hash(state);
    }
}

impl PartialOrd for Name {
    fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Name {
    /// Canonical order: by labels from the right (RFC 4034 section 6.1), so that a name stands right before those below it.
    fn cmp(&self, other: &Self) -> std::cmp::Ordering {
        let own: Vec<&[u8]> = self.labels().collect();
        let others: Vec<&[u8]> = other.labels().collect();
        own.iter().rev().cmp(others.iter().rev())
    }
}

impl std::str::FromStr for Name {
    type Err = NameError;

    fn from_str(text: &str) -> Result<Self, NameError> {
        Self::parse(text)
    }
}

#[cfg(test)]
mod tests;
