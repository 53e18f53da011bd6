//! A language for scenarios: a school's files, then what happens and what each client gets, one step a line.
//!
//! The rule: a line that is not understood fails the test, so no expectation is lost to a slip of the pen.
//!
//! ```text
//! # A comment.
//! config                                     indented lines: the configuration without the kit's own sections
//! file toys.txt                              indented lines: a file beside it
//! upstream alias a.example -> b.example      from now on
//! upstream place a.example -> 198.51.100.1   its address, which is no other name's
//! at 2026-11-23T07:59:30                     sets the clock by Vietnamese time, or, with +01:00 behind it, by that offset
//! reload                                     reads what `config` and `file` wrote since the start
//! 10.20.1.7 A www.example.com -> blocked, ede 15, ttl <= 30
//! ```
//!
//! Of the claims one says what kind of answer it is: `blocked` (with `as` and one of the others where the mode matters), an
//! address, `alias NAME` and nothing else, `nodata`, `nxdomain`, `refused` or `servfail`. The others are `ede N`, `no ede`, `says "TEXT"`, `ttl N`,
//! `ttl <= N`, `soa NAME`, and `fresh` or `cached`: whether the upstream was asked.

use khien::dns::RecordType;

/// A scenario as it is written.
pub struct Scenario {
    pub config: String,
    pub files: Vec<(String, String)>,
    pub steps: Vec<(usize, Step)>,
}

/// One line after the school has started, or a block.
pub enum Step {
    Config(String),
    File(String, String),
    Alias(String, String),
    Place(String, String),
    At(String),
    Reload,
    Ask { client: String, record_type: RecordType, name: String, claims: Vec<Claim> },
}

/// What a line says of a reply.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Claim {
    /// Blocked, in whichever mode.
    Blocked,
    /// Blocked, and this kind of answer.
    BlockedAs(Kind),
    /// This kind of answer, and not blocked.
    Is(Kind),
    Ede(u16),
    NoEde,
    Says(String),
    Ttl(u32),
    TtlAtMost(u32),
    Soa(String),
    Fresh,
    Cached,
}

/// A kind of answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Kind {
    Address(String),
    Alias(String),
    Nodata,
    Nxdomain,
    Refused,
    Servfail,
}

impl Scenario {
    /// Reads one.
    ///
    /// # Panics
    /// With `file:line` where a line is not understood.
    pub fn read(file: &str, text: &str) -> Self {
        let mut scenario = Self { config: String::new(), files: Vec::new(), steps: Vec::new() };
        let mut lines = text.lines().enumerate().peekable();
        while let Some((place, line)) = lines.next() {
            let line_number = place + 1;
            let fault = |what: &str| -> ! { panic!("{file}:{line_number}: {what}: {line}") };
            if line.is_empty() || line.starts_with('#') {
                continue;
            }
            let words: Vec<&str> = line.split(" -> ").next().unwrap_or_default().split_whitespace().collect();
            let step = match words[..] {
                _ if line.starts_with(' ') => fault("an indented line belongs to no block"),
                ["config"] => Step::Config(block(&mut lines)),
                ["file", name] => Step::File(name.to_owned(), block(&mut lines)),
                ["upstream", "alias", name] => match line.split_once(" -> ") {
                    Some((_, target)) => Step::Alias(name.to_owned(), target.trim().to_owned()),
                    None => fault("an alias needs `->` and its target"),
                },
                ["upstream", "place", name] => match line.split_once(" -> ") {
                    Some((_, address)) => Step::Place(name.to_owned(), address.trim().to_owned()),
                    None => fault("a place needs `->` and its address"),
                },
                ["at", time] => Step::At(time.to_owned()),
                ["reload"] => Step::Reload,
                [client, record_type, name] => {
                    let Some(record_type) = RecordType::parse(record_type) else { fault("no record type") };
                    let Some((_, said)) = line.split_once(" -> ") else { fault("a question needs `->` and what comes of it") };
                    let claims = claims(said).unwrap_or_else(|claim| fault(&format!("`{claim}` is no claim")));
                    if claims.iter().filter(|claim| claim.is_kind()).count() != 1 {
                        fault("one claim, and no more, says what kind of answer it is");
                    }
                    Step::Ask { client: client.to_owned(), record_type, name: name.to_owned(), claims }
                }
                _ => fault("not understood"),
            };
            match step {
                // What stands before the first step is there when the school starts.
                Step::Config(text) if scenario.steps.is_empty() => scenario.config = text,
                Step::File(name, text) if scenario.steps.is_empty() => scenario.files.push((name, text)),
                step => scenario.steps.push((line_number, step)),
            }
        }
        let asks = scenario.steps.iter().any(|(_, step)| matches!(step, Step::Ask { .. }));
        assert!(asks, "{file}: nothing is asked");
        scenario
    }
}

/// The indented lines that follow, without their indentation.
fn block<'a>(lines: &mut std::iter::Peekable<impl Iterator<Item = (usize, &'a str)>>) -> String {
    let mut text = String::new();
    while let Some((_, line)) = lines.next_if(|(_, line)| line.starts_with("    ")) {
        text.push_str(&line[4..]);
        text.push('\n');
    }
    text
}

/// What stands behind `->`; a comma within quotation marks separates nothing.
fn claims(said: &str) -> Result<Vec<Claim>, String> {
    let mut quoted = false;
    let separates = |letter: char| {
        quoted ^= letter == '"';
        letter == ',' && !quoted
    };
    said.split(separates).map(str::trim).map(|text| claim(text).ok_or_else(|| text.to_owned())).collect()
}

fn claim(text: &str) -> Option<Claim> {
    if let Some(kind) = kind(text) {
        return Some(Claim::Is(kind));
    }
    let (word, rest) = text.split_once(' ').unwrap_or((text, ""));
    match (word, rest) {
        ("blocked", "") => Some(Claim::Blocked),
        ("blocked", rest) => Some(Claim::BlockedAs(kind(rest.strip_prefix("as ")?)?)),
        ("ede", code) => Some(Claim::Ede(code.parse().ok()?)),
        ("no", "ede") => Some(Claim::NoEde),
        ("says", quoted) => Some(Claim::Says(quoted.strip_prefix('"')?.strip_suffix('"')?.to_owned())),
        ("ttl", rest) => match rest.strip_prefix("<= ") {
            Some(most) => Some(Claim::TtlAtMost(most.parse().ok()?)),
            None => Some(Claim::Ttl(rest.parse().ok()?)),
        },
        ("soa", owner) if !owner.is_empty() => Some(Claim::Soa(owner.to_owned())),
        ("fresh", "") => Some(Claim::Fresh),
        ("cached", "") => Some(Claim::Cached),
        _ => None,
    }
}

fn kind(text: &str) -> Option<Kind> {
    match text {
        "nodata" => Some(Kind::Nodata),
        "nxdomain" => Some(Kind::Nxdomain),
        "refused" => Some(Kind::Refused),
        "servfail" => Some(Kind::Servfail),
        alias if alias.starts_with("alias ") => Some(Kind::Alias(alias["alias ".len()..].to_owned())),
        address => address.parse::<std::net::IpAddr>().ok().map(|address| Kind::Address(address.to_string())),
    }
}

impl Claim {
    fn is_kind(&self) -> bool {
        matches!(self, Self::Blocked | Self::BlockedAs(_) | Self::Is(_))
    }
}
