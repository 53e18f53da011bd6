//! What the operator's file may say: one type for each of its sections, every default applied, every value valid by itself.
//! Whether the values agree with one another is asked in `build`.

mod clients;
mod lists;
mod office;
mod rules;
mod serving;
mod syntax;
mod upstream;
mod values;
mod walk;
mod zones;

pub use clients::{Allowed, Clients, Group, GroupWindow};
pub use lists::{Force, List, ListAction, Source};
pub use office::Office;
pub use rules::{Category, Exception, Schedule, Tier};
pub use serving::{Block, Cache, Journal, Listen, Log, LogLevel, State};
pub use upstream::Upstream;
pub use values::{Id, Size, Target};
pub use walk::Keys;
pub use zones::{UpstreamZone, Zone};

use super::Fault;
use super::fault::Shown;
use super::nearest::nearest;
use std::path::Path;
use toml::de::DeTable;
use walk::{Document, Section};

/// A value and the line it stands on; for a default the line of its section, or 1.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct At<T> {
    /// What is written.
    pub value: T,
    /// Where, the first line being 1.
    pub line: u32,
}

/// A whole file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct File {
    /// Where to listen.
    pub listen: Listen,
    /// Where what must outlast the process is kept.
    pub state: State,
    /// Who is asked.
    pub upstream: Upstream,
    /// The school's own names.
    pub zones: Vec<Zone>,
    /// What is remembered of answers.
    pub cache: Cache,
    /// What a blocked client gets.
    pub block: Block,
    /// Who may ask, and how much.
    pub clients: Clients,
    /// What is added to the registry of categories, or changed in it.
    pub categories: Vec<Category>,
    /// The tiers, the youngest first; empty where the shipped ones stand.
    pub tiers: Vec<Tier>,
    /// The school's time.
    pub schedule: Schedule,
    /// Clients that share a policy.
    pub groups: Vec<Group>,
    /// What an administrator opens although the school's own lists lock it.
    pub exceptions: Vec<Exception>,
    /// The lists.
    pub lists: Vec<List>,
    /// The education office that the school follows.
    pub office: Office,
    /// What is written down.
    pub journal: Journal,
    /// What the program says of itself.
    pub log: Log,
    /// Sections of which a faulty one was left out, so that nobody complains of what it would have defined.
    pub incomplete: Vec<&'static str>,
}

/// The keys of the file's top.
const TOP: Keys = Keys {
    section: "",
    written: "the file",
    keys: &[
        "listen",
        "tls",
        "state",
        "upstream",
        "zone",
        "cache",
        "block",
        "clients",
        "category",
        "tier",
        "schedule",
        "group",
        "exception",
        "list",
        "office",
        "journal",
        "log",
    ],
};

/// Every section with its keys, in the manual's order; the top comes first.
pub const SECTIONS: [&Keys; 23] = [
    &TOP,
    &serving::LISTEN,
    &serving::TLS,
    &serving::STATE,
    &upstream::UPSTREAM,
    &zones::UPSTREAM_ZONE,
    &zones::ZONE,
    &serving::CACHE,
    &serving::BLOCK,
    &clients::CLIENTS,
    &clients::PROXY_PROTOCOL,
    &rules::CATEGORY,
    &rules::WORDS,
    &rules::TIER,
    &rules::SCHEDULE,
    &clients::GROUP,
    &clients::GROUP_SCHEDULE,
    &rules::EXCEPTION,
    &lists::LIST,
    &lists::TSIG,
    &office::OFFICE,
    &serving::JOURNAL,
    &serving::LOG,
];

/// Reads the text that `path` holds; what is faulty is left out or has its default, and said.
pub fn read(text: &str, path: &Path) -> (File, Vec<Fault>) {
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    let (table, errors) = DeTable::parse_recoverable(text);
    let document = Document::new(path, text, errors.is_empty());
    let mut broken_lines = Vec::new();
    let mut slips = 0;
    let mut last = (0, "");
    for error in &errors {
        let line = error.span().map_or(1, |span| document.line(span.start));
        // One slip is noted several times, on its line or on every line after it; the first note is the nearest to it.
        let is_echo = broken_lines.contains(&line) || last == (line - 1, error.message());
        if !is_echo {
            let (what, hint) = syntax::explain(error.message());
            document.fault(line, what, hint);
            slips += 1;
        }
        broken_lines.push(line);
        last = (line, error.message());
    }
    let mut file = File::of(&Section::top(&document, &TOP, table.get_ref()));
    let (mut faults, incomplete) = document.into_parts();
    // What is left of a line that could not be read would only be complained of twice.
    let walked = faults.split_off(slips);
    faults.extend(walked.into_iter().filter(|fault| !fault.line.is_some_and(|line| broken_lines.contains(&line))));
    file.incomplete = incomplete;
    (file, faults)
}

impl File {
    fn of(top: &Section<'_, '_>) -> Self {
        serving::later_sections(top);
        let zone = top.sections("zone", &zones::ZONE);
        let category = top.sections("category", &rules::CATEGORY);
        let tier = top.sections("tier", &rules::TIER);
        let group = top.sections("group", &clients::GROUP);
        let exception = top.sections("exception", &rules::EXCEPTION);
        let list = top.sections("list", &lists::LIST);
        Self {
            listen: Listen::read(&top.section("listen", &serving::LISTEN)),
            state: State::read(&top.section("state", &serving::STATE)),
            upstream: Upstream::read(&top.section("upstream", &upstream::UPSTREAM)),
            zones: whole(&zone, Zone::read),
            cache: Cache::read(&top.section("cache", &serving::CACHE)),
            block: Block::read(&top.section("block", &serving::BLOCK)),
            clients: Clients::read(&top.section("clients", &clients::CLIENTS)),
            categories: whole(&category, Category::read),
            tiers: whole(&tier, Tier::read),
            schedule: Schedule::read(&top.section("schedule", &rules::SCHEDULE)),
            groups: whole(&group, Group::read),
            exceptions: whole(&exception, Exception::read),
            lists: whole(&list, List::read),
            office: Office::read(&top.section("office", &office::OFFICE)),
            journal: Journal::read(&top.section("journal", &serving::JOURNAL)),
            log: Log::read(&top.section("log", &serving::LOG)),
            incomplete: Vec::new(),
        }
    }
}

/// The sections that lack nothing they cannot do without; of the others it is noted that they were left out.
fn whole<'a, 'i, T>(sections: &[Section<'a, 'i>], read: impl Fn(&Section<'a, 'i>) -> Option<T>) -> Vec<T> {
    let mut all = Vec::with_capacity(sections.len());
    for section in sections {
        match read(section) {
            Some(one) => all.push(one),
            None => section.leave_out(),
        }
    }
    all
}

impl Default for File {
    /// What an empty file says.
    fn default() -> Self {
        let (file, faults) = read("", Path::new(""));
        debug_assert_eq!(faults, [], "the defaults are free of faults");
        file
    }
}

/// What to say of a key that `keys` does not know.
fn unknown(key: &str, keys: &Keys) -> (String, String) {
    let what = format!("unknown key {} in {}", key.quoted(), keys.written);
    let elsewhere: Vec<&str> = SECTIONS.iter().filter(|other| other.keys.contains(&key)).map(|other| other.written).collect();
    let hint = match nearest(key, keys.keys.iter().copied()) {
        Some(near) => format!("did you mean `{near}`?"),
        None if !elsewhere.is_empty() => format!("`{key}` stands in {}", elsewhere.join(", ")),
        None => format!("{} has {}", keys.written, keys.keys.join(", ")),
    };
    (what, hint)
}

/// Whether some section has this key.
fn is_known_anywhere(key: &str) -> bool {
    SECTIONS.iter().any(|section| section.keys.contains(&key))
}

#[cfg(test)]
mod tests;
