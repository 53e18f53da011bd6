//! What a blocked client reads in an extended error: which category, for whom, and where to turn, in words.
//!
//! Composed in a small buffer of fixed size, so that a blocked answer allocates nothing; what does not fit is cut at a character.

use std::fmt::{self, Write as _};

use super::block::Blocked;
use crate::dns::EDE_TEXT;
use crate::lists::Words;
use crate::policy::Reason;

/// The language of texts in answers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Language {
    /// Vietnamese.
    Vietnamese,
    /// English.
    English,
}

impl Language {
    /// The words of this language.
    pub fn of(self, words: &Words) -> &str {
        self.choose(&words.vi, &words.en)
    }

    /// The Vietnamese text or the English one.
    pub const fn choose<'a>(self, vietnamese: &'a str, english: &'a str) -> &'a str {
        match self {
            Self::Vietnamese => vietnamese,
            Self::English => english,
        }
    }
}

/// A text of at most [`EDE_TEXT`] octets.
pub(super) struct Text {
    octets: [u8; EDE_TEXT],
    len: usize,
}

impl Text {
    /// Says why a name is blocked, and, where `contact` is not empty, where to turn.
    pub(super) fn of(blocked: &Blocked<'_>, language: Language, contact: &str) -> Self {
        let mut text = Self { octets: [0; EDE_TEXT], len: 0 };
        // Writing only fails where the text is full: what does not fit is left out.
        let _full = text.compose(blocked, language, contact);
        text
    }

    fn compose(&mut self, blocked: &Blocked<'_>, language: Language, contact: &str) -> fmt::Result {
        let category = blocked.category.map(|entry| (language.of(&entry.name), entry.threat));
        let tier = language.of(blocked.tier);
        match (blocked.reason, category) {
            (Reason::Locked | Reason::Tier, Some((name, true))) => {
                let dangerous = language.choose("Nguy hiểm, đã chặn để bảo vệ bạn", "Dangerous, blocked to protect you");
                write!(self, "{dangerous}: {name}.")?;
            }
            (Reason::Locked, Some((name, false))) => write!(self, "{}: {name}.", language.choose("Bị cấm", "Forbidden"))?,
            (Reason::Locked, None) => self.write_str(language.choose("Bị cấm.", "Forbidden."))?,
            (Reason::Tier, Some((name, false))) => {
                write!(self, "{} {tier}: {name}.", language.choose("Đã chặn cho", "Blocked for"))?;
            }
            (Reason::Tier, None) => write!(self, "{} {tier}.", language.choose("Đã chặn cho", "Blocked for"))?,
            (Reason::Deny, _) => self.write_str(language.choose("Nhà trường đã chặn.", "Blocked by the school."))?,
            (Reason::AllowOnly, _) => {
                self.write_str(language.choose("Đang thi: chỉ mở các trang được phép.", "Exam: only named sites are open."))?;
            }
            (Reason::Bypass, _) => {
                self.write_str(language.choose("Đã chặn: đường vòng qua bộ lọc.", "Blocked: a way round the filter."))?;
            }
            (Reason::Rebinding, _) => {
                let private =
                    ("Đã chặn: tên công cộng dẫn vào mạng riêng.", "Blocked: a public name that leads into a private network.");
                self.write_str(language.choose(private.0, private.1))?;
            }
            (
                Reason::Exception
                | Reason::Guarantee
                | Reason::OfficeAllow
                | Reason::Grant
                | Reason::Allow
                | Reason::SafeSearch
                | Reason::Local
                | Reason::NotReady
                | Reason::None,
                _,
            ) => self.write_str(language.choose("Đã chặn.", "Blocked."))?,
        }
        if contact.is_empty() {
            return Ok(());
        }
        // The address itself is what people can read; a text is no link.
        let address = contact.strip_prefix("mailto:").or_else(|| contact.strip_prefix("tel:")).unwrap_or(contact);
        write!(self, " {}: {address}", language.choose("Liên hệ", "Contact"))
    }

    /// The text.
    pub(super) fn as_str(&self) -> &str {
        std::str::from_utf8(&self.octets[..self.len]).expect("only whole characters are written")
    }
}

impl fmt::Write for Text {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        let fitting = &text[..text.floor_char_boundary(EDE_TEXT - self.len)];
        self.octets[self.len..self.len + fitting.len()].copy_from_slice(fitting.as_bytes());
        self.len += fitting.len();
        if fitting.len() == text.len() { Ok(()) } else { Err(fmt::Error) }
    }
}
