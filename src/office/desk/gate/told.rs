//! Refusals in words, Vietnamese and English.

use super::{Reason, Refusal, TOLD};
use crate::lists::Protected;

/// The language of a report.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum Language {
    /// Vietnamese.
    #[default]
    Vietnamese,
    /// English.
    English,
}

impl Language {
    /// Of a text in both languages the one in this.
    pub fn of<'w>(self, vi: &'w str, en: &'w str) -> &'w str {
        match self {
            Self::Vietnamese => vi,
            Self::English => en,
        }
    }
}

const fn kind(kind: Protected, language: Language) -> &'static str {
    match (language, kind) {
        (Language::Vietnamese, Protected::System) => "hệ thống",
        (Language::Vietnamese, Protected::Help) => "trợ giúp trẻ em",
        (Language::Vietnamese, Protected::Learning) => "học tập",
        (Language::Vietnamese, Protected::Popular) => "rất nhiều người dùng",
        (Language::English, own) => own.text(),
    }
}

impl Refusal {
    /// What is refused and why, in some lines: the place, the reason, the names, and how to set it aside.
    pub fn told(&self, language: Language) -> String {
        let place = self.place.as_ref().map(|(path, line)| format!("{}:{line}: ", path.display())).unwrap_or_default();
        let category = self.category.as_deref().map(|category| format!(" ({category})")).unwrap_or_default();
        let mut text = format!("{place}{}{category}: {}\n", self.what, self.why(language));
        let more = self.count.saturating_sub(TOLD);
        if !self.taken.is_empty() && self.taken != [self.what.clone()] {
            let and = if more > 0 { format!(" {} {more}", language.of("và thêm", "and more:")) } else { String::new() };
            text.push_str(&format!("    {}: {}{and}\n", language.of("kéo theo", "takes along"), self.taken.join(", ")));
        }
        text.push_str(&format!("    {}: {}\n", language.of("mã", "word"), self.word()));
        text
    }

    fn why(&self, language: Language) -> String {
        let of = |vi: String, en: String| match language {
            Language::Vietnamese => vi,
            Language::English => en,
        };
        match &self.reason {
            Reason::Protected(kinds) => {
                let kinds: Vec<&str> = kinds.iter().map(|own| kind(*own, language)).collect();
                let kinds = kinds.join(", ");
                of(format!("chặn tên được bảo vệ, loại {kinds}"), format!("takes protected names of kind {kinds}"))
            }
            Reason::Unexplained => of(
                "chặn trang học tập mà không ai nêu lý do; hãy dùng `khien office add` với --reason".to_owned(),
                "takes a learning site, and nobody says why; lock it by `khien office add` with --reason".to_owned(),
            ),
            Reason::OwnHost => {
                of("chặn chính máy chủ phát danh sách".to_owned(), "takes the host of this very repository".to_owned())
            }
            Reason::PublicSuffix => of("là cả một đuôi tên miền công cộng".to_owned(), "is a whole public suffix".to_owned()),
            Reason::Crowd(count) => {
                of(format!("{count} tên được nhiều người truy cập nằm bên dưới"), format!("{count} popular names stand below it"))
            }
            Reason::Grew(old, new) => {
                of(format!("nguồn tăng từ {old} lên {new} mục"), format!("the source grew from {old} to {new} entries"))
            }
            Reason::Shrank(old, new) => {
                of(format!("nguồn giảm từ {old} xuống {new} mục"), format!("the source shrank from {old} to {new} entries"))
            }
            Reason::OpensLocked => {
                of("mở tên thuộc danh mục bị khóa".to_owned(), "opens what a locked category closes".to_owned())
            }
            Reason::NotItsCategory(count) => of(
                format!("{} không được quyết định danh mục này ({count} mục)", self.role),
                format!("{} does not speak for this category ({count} entries)", self.role),
            ),
        }
    }
}
