//! What the gate says, for a person who has other work: what is refused, where it is written, why, and what to do.

use super::{Closed, May, Origin, Reason, Refusal};
use crate::dns::Name;
use crate::lists::{Protected, Registry};
use crate::office::changes::Language;
use crate::office::folder::Folder;

/// What refusals are shown with.
#[derive(Debug, Clone, Copy)]
pub struct Shown<'s> {
    /// The folder, for the words of categories and places.
    pub folder: &'s Folder,
    /// The language.
    pub language: Language,
}

/// Refusals as lines: one for each, one why, one what to do.
pub fn refusal_lines(refusals: &[Refusal], shown: Shown<'_>) -> Vec<String> {
    let Shown { folder, language } = shown;
    let registry = &folder.understood.registry;
    let mut lines = Vec::new();
    for refusal in refusals {
        let place = match &refusal.place {
            Some((file, Some(line))) => format!("{}:{line}", folder.shown(file)),
            Some((file, None)) => folder.shown(file),
            None => format!("roles/{}", refusal.role),
        };
        let about = refusal.category.as_deref().map(|id| format!(" ({})", language.category(registry, id))).unwrap_or_default();
        lines.push(format!("{place}: {}{about}", refusal.what));
        lines.push(format!("    {}", why(refusal, language, registry)));
        lines.push(format!("    → {}", hint(refusal, &overriding(refusal, refusals), language)));
    }
    lines
}

/// What a person writes to override one of `refusals`: what is refused, where nothing else of it is; else the refusal's own word.
fn overriding(refusal: &Refusal, refusals: &[Refusal]) -> String {
    let is_alone = super::meant(refusals, &refusal.what).is_ok();
    if is_alone { refusal.what.clone() } else { refusal.word() }
}

/// Why something is refused, as a sentence without its subject.
pub fn why(refusal: &Refusal, language: Language, registry: &Registry) -> String {
    let number = |count: usize| language.number(count as u64);
    match &refusal.reason {
        Reason::Protected(names, count) => {
            let told: Vec<String> =
                names.iter().map(|(name, kind)| format!("{name} ({})", self::kind(*kind, language))).collect();
            let and = more(*count, names.len(), language);
            language.word("sẽ chặn tên được bảo vệ: ", "would take protected names along: ").to_owned() + &told.join(", ") + &and
        }
        Reason::OwnHost(host) => match language {
            Language::Vietnamese => format!("sẽ chặn máy chủ phát hành danh sách, {host}: trường không nhận được bản mới nữa"),
            Language::English => format!("would close {host}, where schools fetch what you publish: they would get nothing new"),
        },
        Reason::Suffix => language
            .word(
                "là đuôi tên miền công cộng: sẽ chặn mọi trang bên dưới",
                "is a public suffix: every site below it would be closed",
            )
            .to_owned(),
        Reason::Platform => language
            .word(
                "là nền tảng chung: trang của mọi người dùng ở đó sẽ bị chặn",
                "is a platform: the sites of all its users would be closed",
            )
            .to_owned(),
        Reason::Popular(count, names) => {
            let told: Vec<String> = names.iter().map(Name::to_string).collect();
            let (count, told, and) = (number(*count), told.join(", "), more(*count, names.len(), language));
            match language {
                Language::Vietnamese => format!("{count} tên hay được hỏi nằm bên dưới: {told}{and}"),
                Language::English => format!("{count} popular names stand below it: {told}{and}"),
            }
        }
        Reason::Bounds { before, now } => {
            let (before, now) = (language.number(*before), language.number(*now));
            match language {
                Language::Vietnamese => format!("thay đổi quá nhiều so với bản phát hành trước: {before} → {now} dòng"),
                Language::English => format!("changed too much since the last publication: {before} → {now} entries"),
            }
        }
        Reason::Excepts => language
            .word("là ngoại lệ mở một tên thuộc nhóm bị khóa theo luật", "is an exception that opens a name of a locked category")
            .to_owned(),
        Reason::OpensLocked(Closed::Lock(lock)) => match language {
            Language::Vietnamese => format!("đang bị sở khóa bằng quyết định cho {lock}; khóa thắng, nên tên vẫn đóng"),
            Language::English => format!("the office locks it by its decision on {lock}; a lock wins, so it would stay closed"),
        },
        Reason::OpensLocked(Closed::List(role, category)) => {
            let category = language.category(registry, category);
            match language {
                Language::Vietnamese => {
                    format!("có trong danh sách của {role} thuộc nhóm bị khóa ({category}); khóa thắng, nên tên vẫn đóng")
                }
                Language::English => {
                    format!("a list of {role} has it in a locked category ({category}); that wins, so it would stay closed")
                }
            }
        }
    }
}

fn more(count: usize, told: usize, language: Language) -> String {
    match count.saturating_sub(told) {
        0 => String::new(),
        more => match language {
            Language::Vietnamese => format!(" và {} tên nữa", language.number(more as u64)),
            Language::English => format!(" and {} more", language.number(more as u64)),
        },
    }
}

const fn kind(kind: Protected, language: Language) -> &'static str {
    match kind {
        Protected::System => language.word("hệ thống", "system"),
        Protected::Help => language.word("trợ giúp", "help"),
        Protected::Learning => language.word("học tập", "learning"),
        Protected::Popular => language.word("phổ biến", "popular"),
    }
}

/// What to do; a person who overrides the refusal writes `overriding`.
fn hint(refusal: &Refusal, overriding: &str, language: Language) -> String {
    let say = |what: &str| match language {
        Language::Vietnamese => format!("; nếu đúng là cần: khien office override {what} --by \"HỌ TÊN\" --reason \"LÝ DO\""),
        Language::English => format!("; where it is meant: khien office override {what} --by \"NAME\" --reason \"WHY\""),
    };
    let may = refusal.may();
    let overridden = if may == May::Override { say(overriding) } else { String::new() };
    instead(refusal, language) + &overridden
}

/// What to do instead of what is refused.
pub fn instead(refusal: &Refusal, language: Language) -> String {
    // That entry alone: what is listed below a country or a platform is still to be taken.
    let leave_out = |name: &str| match language {
        Language::Vietnamese => format!("xóa dòng đó, hoặc ghi ={name} vào roles/{}/leave-out.txt", refusal.role),
        Language::English => format!("remove the line, or write ={name} into roles/{}/leave-out.txt", refusal.role),
    };
    match &refusal.reason {
        Reason::Bounds { .. } => {
            language.word("xem lại nguồn: có thể trang nguồn hỏng", "look at the source: its page may be broken").to_owned()
        }
        Reason::OpensLocked(Closed::Lock(lock)) => match language {
            Language::Vietnamese => format!("gỡ khóa trước: khien office remove {lock}"),
            Language::English => format!("take the lock back first: khien office remove {lock}"),
        },
        Reason::OpensLocked(Closed::List(role, _)) => match language {
            Language::Vietnamese => format!("ghi {} vào roles/{role}/leave-out.txt", refusal.what),
            Language::English => format!("write {} into roles/{role}/leave-out.txt", refusal.what),
        },
        Reason::Excepts => language.word("xóa ngoại lệ đó", "remove the exception").to_owned(),
        Reason::Protected(..) | Reason::OwnHost(_) | Reason::Suffix | Reason::Platform | Reason::Popular(..) => {
            match (refusal.origin, language) {
                (Origin::Decision(_), Language::Vietnamese) => format!("gỡ quyết định: khien office remove {}", refusal.what),
                (Origin::Decision(_), Language::English) => format!("take it back: khien office remove {}", refusal.what),
                (Origin::List | Origin::Source, _) => leave_out(&refusal.what),
            }
        }
    }
}
