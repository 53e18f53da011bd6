//! Lines that are not taken: what is the matter with them, how many there are, and the first of each kind.
//!
//! A line is either taken whole or counted here; none is applied in part.

use crate::lists::text::NotAName;

/// How many lines of each kind are kept with their text.
pub const KEPT_PER_KIND: u32 = 20;

/// The most characters of a line that are kept.
pub const EXCERPT: usize = 80;

/// One line that was not taken.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Issue {
    /// The line of the list, counted from 1.
    pub line: u32,
    /// What is the matter with it.
    pub what: IssueKind,
    /// The start of the line, fit to be shown: control characters are escaped.
    pub text: String,
}

macro_rules! issue_kinds {
    ($($(#[doc = $doc:literal])+ $kind:ident: $standing:ident = $text:literal,)+) => {
        /// Why a line, or a name in it, was not taken.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
        pub enum IssueKind {
            $($(#[doc = $doc])+ $kind,)+
        }

        impl IssueKind {
            /// All kinds, in the order in which reports list them.
            pub const ALL: &'static [Self] = &[$(Self::$kind,)+];

            /// In words, to follow a line number.
            pub const fn text(self) -> &'static str {
                match self {
                    $(Self::$kind => $text,)+
                }
            }

            /// Whether the line is foreign to the format, or well understood and left out on purpose.
            pub const fn standing(self) -> Standing {
                match self {
                    $(Self::$kind => Standing::$standing,)+
                }
            }
        }
    };
}

/// What a line that is not taken says of the list as a whole.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Standing {
    /// It cannot be read in the list's format. A list of mostly such lines is refused.
    Bad,
    /// It can be read, and is not for a DNS filter or not to be trusted.
    Skipped,
}

issue_kinds! {
    /// Bytes that are no UTF-8.
    NotUtf8: Bad = "not UTF-8",
    /// A NUL or another control character.
    ControlCharacter: Bad = "a control character",
    /// Longer than [`lines::LONGEST`](super::lines::LONGEST).
    LongLine: Bad = "a line of more than 8,192 octets",
    /// Not of this format.
    Unreadable: Bad = "not a line of this format",
    /// No name where one should be, or two dots in a row.
    EmptyLabel: Bad = "an empty name or label",
    /// A label of more than 63 octets.
    LongLabel: Bad = "a label of more than 63 octets",
    /// A name of more than 255 octets.
    LongName: Bad = "a name of more than 255 octets",
    /// A character that no host or service name has.
    BadCharacter: Bad = "a character that no name has",
    /// Letters that IDNA does not allow, or `xn--` with bad Punycode.
    BadInternational: Bad = "not a valid internationalised name",
    /// A last label of digits only, as no domain has.
    NumericTop: Bad = "a last label of digits only",
    /// A second word after the name.
    SecondWord: Bad = "a second word after the name",
    /// Neither an address nor a network, in a list of networks.
    NotANetwork: Bad = "neither an address nor a network",
    /// A network that is written by one of its addresses: which of both is meant?
    HostBits: Bad = "a network with bits behind its prefix",
    /// An address where a name should be.
    Address: Skipped = "an address, not a name",
    /// A range of addresses where a name should be.
    Network: Skipped = "a network, not a name",
    /// A URL. It is never cut to its host.
    Url: Skipped = "a URL, which a DNS filter cannot tell from its host",
    /// A host with a path. It is never cut to its host.
    Path: Skipped = "a host with a path, which a DNS filter cannot tell from its host",
    /// A host with a port. It is never cut to its host.
    Port: Skipped = "a host with a port, which a DNS filter cannot tell from its host",
    /// One label: a whole top-level domain, or a slip.
    SingleLabel: Skipped = "a single label: a whole top-level domain, or a slip",
    /// A pattern that would take a whole public suffix or more.
    BroadPattern: Skipped = "a pattern that would take a whole public suffix",
    /// A regular expression that is too large or of another dialect.
    BadPattern: Skipped = "a regular expression that is not supported",
    /// One pattern more than a list may have.
    PatternTooMany: Skipped = "more patterns than a list may have",
    /// An address other than a sink in a hosts file, or an answer that is no block.
    Rewrite: Skipped = "a rewrite to an address or name, not a block",
    /// A directive or record that says nothing of blocking.
    Directive: Skipped = "a directive or record that does not block",
    /// An RPZ trigger other than the name asked for.
    Trigger: Skipped = "a trigger other than the name asked for",
    /// An adblock modifier that a DNS filter cannot obey.
    Modifier: Skipped = "a modifier that a DNS filter cannot obey",
    /// An adblock rule on more than the host.
    UrlRule: Skipped = "a rule on URLs",
    /// An adblock rule on a page's elements.
    Cosmetic: Skipped = "a cosmetic rule",
    /// An adblock preprocessor line.
    Preprocessor: Skipped = "a preprocessor line",
}

impl From<NotAName> for IssueKind {
    fn from(fault: NotAName) -> Self {
        match fault {
            NotAName::EmptyLabel => Self::EmptyLabel,
            NotAName::LongLabel => Self::LongLabel,
            NotAName::LongName => Self::LongName,
            NotAName::BadCharacter => Self::BadCharacter,
            NotAName::BadInternational => Self::BadInternational,
            NotAName::NumericTop => Self::NumericTop,
            NotAName::Address => Self::Address,
            NotAName::Network => Self::Network,
            NotAName::Url => Self::Url,
            NotAName::Path => Self::Path,
            NotAName::Port => Self::Port,
        }
    }
}

/// The lines of one list that were not taken: counted by kind, the first of each kind kept.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Issues {
    counts: [u32; IssueKind::ALL.len()],
    kept: Vec<Issue>,
}

impl Issues {
    /// Counts a line, and keeps it where it is among the first of its kind.
    pub fn note(&mut self, line: u32, what: IssueKind, text: &[u8]) {
        let count = &mut self.counts[what as usize];
        *count = count.saturating_add(1);
        if *count <= KEPT_PER_KIND {
            self.kept.push(Issue { line, what, text: excerpt(text) });
        }
    }

    /// How many lines of a kind there are.
    pub fn count(&self, what: IssueKind) -> u32 {
        self.counts[what as usize]
    }

    /// The kinds that occur, with how many lines each.
    pub fn counts(&self) -> impl Iterator<Item = (IssueKind, u32)> + '_ {
        IssueKind::ALL.iter().map(|kind| (*kind, self.count(*kind))).filter(|(_, count)| *count > 0)
    }

    /// How many lines of a standing there are.
    pub fn total(&self, standing: Standing) -> u64 {
        self.counts().filter(|(kind, _)| kind.standing() == standing).map(|(_, count)| u64::from(count)).sum()
    }

    /// The first lines of each kind, in the list's order.
    pub fn kept(&self) -> &[Issue] {
        &self.kept
    }
}

/// The first characters of a line, fit to be shown on a terminal and in a log.
pub fn excerpt(text: &[u8]) -> String {
    let head = &text[..text.len().min(EXCERPT * 4)];
    let mut shown = String::new();
    let mut room = EXCERPT;
    for letter in String::from_utf8_lossy(head).chars() {
        let escaped = hides(letter).then(|| letter.escape_unicode().to_string());
        let width = escaped.as_ref().map_or(1, String::len);
        if width > room {
            break;
        }
        room -= width;
        match escaped {
            Some(escaped) => shown.push_str(&escaped),
            None => shown.push(letter),
        }
    }
    shown
}

/// Whether a character would not show as itself: controls, marks of writing direction, and those without width.
fn hides(letter: char) -> bool {
    letter.is_control()
        || matches!(letter, '\u{ad}' | '\u{61c}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{feff}')
}

#[cfg(test)]
mod tests;
