//! The sections that say where to listen, what to keep and what to answer: `[listen]`, `[tls]`, `[state]`, `[cache]`,
//! `[block]`, `[journal]` and `[log]`. What belongs to a later version is refused where it would switch something on.

use super::At;
use super::values::Size;
use super::walk::{Keys, Section};
use crate::answer::{BlockMode, Language};
use crate::journal::{AllowedForm, ClientForm, JsonSink, Settings};
use std::net::{Ipv4Addr, SocketAddr};
use std::path::PathBuf;
use std::time::Duration;

const SECOND: Duration = Duration::from_secs(1);
const DAY: Duration = Duration::from_secs(86_400);

/// The keys of `[listen]`.
pub(super) const LISTEN: Keys =
    Keys { section: "listen", written: "[listen]", keys: &["dns", "dot", "doq", "doh", "http", "block_page"] };

/// Where to listen.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Listen {
    /// Addresses for DNS over UDP and TCP.
    pub dns: Vec<At<SocketAddr>>,
    /// Addresses for console, API, metrics and health.
    pub http: Vec<At<SocketAddr>>,
}

impl Listen {
    /// Reads the section.
    pub(super) fn read(section: &Section<'_, '_>) -> Self {
        for later in ["dot", "doq", "doh", "block_page"] {
            section.later(later, &[]);
        }
        let line = section.line();
        let local = |port| vec![At { value: SocketAddr::from((Ipv4Addr::LOCALHOST, port)), line }];
        let dns = section.array("dns").unwrap_or_else(|| local(5300));
        if dns.is_empty() && section.is_empty_array("dns") {
            section.fault(
                section.line_of("dns"),
                "`dns` names no address",
                "without one nothing is filtered; write \"127.0.0.1:5300\"",
            );
        }
        Self { dns, http: section.array("http").unwrap_or_else(|| local(8080)) }
    }
}

/// The keys of `[tls]`, all of a later version.
pub(super) const TLS: Keys = Keys { section: "tls", written: "[tls]", keys: &["name", "certificate", "private_key"] };

/// Refuses what belongs to a later version as a whole.
pub(super) fn later_sections(top: &Section<'_, '_>) {
    let tls = top.section("tls", &TLS);
    for key in TLS.keys {
        tls.later(key, &[]);
    }
}

/// The keys of `[state]`.
pub(super) const STATE: Keys = Keys { section: "state", written: "[state]", keys: &["directory"] };

/// Where what must outlast the process is kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct State {
    /// The directory; none for the user's own.
    pub directory: Option<At<PathBuf>>,
}

impl State {
    /// Reads the section.
    pub(super) fn read(section: &Section<'_, '_>) -> Self {
        Self { directory: section.optional("directory") }
    }
}

/// The keys of `[cache]`.
pub(super) const CACHE: Keys =
    Keys { section: "cache", written: "[cache]", keys: &["size", "serve_stale", "prefetch", "on_disk"] };

/// What is remembered of answers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Cache {
    /// The room for answers, in octets; 0 remembers nothing.
    pub size: At<Size>,
    /// How long after its TTL an answer is given while no upstream answers.
    pub serve_stale: Duration,
    /// Whether what is asked often is renewed before its TTL is over.
    pub prefetch: bool,
    /// Whether answers are kept on disk too, for the program's next run.
    pub on_disk: bool,
}

impl Cache {
    /// Reads the section.
    pub(super) fn read(section: &Section<'_, '_>) -> Self {
        let size = section.within("size", Size(64 << 20), Size(0)..=Size(1 << 40), "from \"0\" to \"1024GiB\"");
        // RFC 8767 section 5 suggests one to three days.
        let serve_stale = section.within("serve_stale", DAY, Duration::ZERO..=7 * DAY, "from \"0\" to \"7d\"").value;
        Self { size, serve_stale, prefetch: section.or("prefetch", true).value, on_disk: section.or("on_disk", false).value }
    }
}

/// The keys of `[block]`.
pub(super) const BLOCK: Keys =
    Keys { section: "block", written: "[block]", keys: &["answer", "language", "ttl", "page_address", "contact", "portal"] };

/// What a blocked client gets.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Block {
    /// The kind of answer.
    pub answer: BlockMode,
    /// The language of its texts.
    pub language: Language,
    /// How long a client may remember it, in whole seconds.
    pub ttl: Duration,
    /// Where a blocked reader turns; may be empty.
    pub contact: String,
}

impl Block {
    /// Reads the section.
    pub(super) fn read(section: &Section<'_, '_>) -> Self {
        section.later("page_address", &[]);
        section.later("portal", &[]);
        let answers = [
            ("null", Some(BlockMode::Null)),
            ("nxdomain", Some(BlockMode::Nxdomain)),
            ("refused", Some(BlockMode::Refused)),
            ("page", None),
        ];
        let languages = [("vi", Some(Language::Vietnamese)), ("en", Some(Language::English))];
        Self {
            answer: section.word("answer", &answers).map_or(BlockMode::Null, |answer| answer.value),
            language: section.word("language", &languages).map_or(Language::Vietnamese, |language| language.value),
            ttl: section.whole_seconds("ttl", 30 * SECOND, Duration::ZERO..=DAY, "from \"0\" to \"1d\"").value,
            contact: section.or("contact", String::new()).value,
        }
    }
}

/// The keys of `[journal]`.
pub(super) const JOURNAL: Keys = Keys { section: "journal", written: "[journal]", keys: &["keep", "client", "allowed", "json"] };

/// What is written down.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Journal {
    /// How long.
    pub keep: Duration,
    /// How the client is named.
    pub client: ClientForm,
    /// Whether open queries are written too.
    pub allowed: AllowedForm,
    /// Where JSON lines go, where they go anywhere.
    pub json: Option<JsonSink>,
}

impl Journal {
    /// Reads the section.
    pub(super) fn read(section: &Section<'_, '_>) -> Self {
        let clients = ClientForm::ALL.map(|form| (form.text(), Some(form)));
        let allowed = AllowedForm::ALL.map(|form| (form.text(), Some(form)));
        let json = match section.or("json", String::new()).value.as_str() {
            "" => None,
            "-" => Some(JsonSink::Stdout),
            _ => section.optional("json").map(|path| JsonSink::File(path.value)),
        };
        let hour = 3600 * SECOND;
        Self {
            keep: section.within("keep", Settings::KEEP, hour..=3660 * DAY, "from \"1h\" to \"3660d\"").value,
            client: section.word("client", &clients).map_or(ClientForm::default(), |client| client.value),
            allowed: section.word("allowed", &allowed).map_or(AllowedForm::default(), |allowed| allowed.value),
            json,
        }
    }
}

/// The keys of `[log]`.
pub(super) const LOG: Keys = Keys { section: "log", written: "[log]", keys: &["level"] };

/// What the program says of itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Log {
    /// How much.
    pub level: LogLevel,
}

/// How much the program says of itself; each level says what those before it say.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum LogLevel {
    /// What failed.
    Error,
    /// What will fail soon.
    Warn,
    /// What changed.
    Info,
    /// What helps to find a fault.
    Debug,
    /// Everything.
    Trace,
}

impl Log {
    /// Reads the section.
    pub(super) fn read(section: &Section<'_, '_>) -> Self {
        let levels = [
            ("error", Some(LogLevel::Error)),
            ("warn", Some(LogLevel::Warn)),
            ("info", Some(LogLevel::Info)),
            ("debug", Some(LogLevel::Debug)),
            ("trace", Some(LogLevel::Trace)),
        ];
        Self { level: section.word("level", &levels).map_or(LogLevel::Info, |level| level.value) }
    }
}
