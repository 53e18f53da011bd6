//! What a configuration means: the nouns of every room, made of values that agree with one another.

use super::Surroundings;
use super::file::LogLevel;
use crate::answer::zones::Zone;
use crate::answer::{BlockAnswer, CacheRules, OnDisk, Rebinding, upstream};
use crate::client::Clients;
use crate::dns::Name;
use crate::fetch::{Limits, Origin, Page};
use crate::journal;
use crate::lists::format::{Format, Match};
use crate::lists::{List, ListId, Owner, Registry};
use crate::office::here::Here;
use crate::office::publication::Ring;
use crate::policy::{Calendar, Policies, Shared};
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

/// A whole configuration, ready to be put in force.
#[derive(Debug, Clone)]
pub struct Program {
    /// The file that says it; none for the embedded default.
    pub file: Option<PathBuf>,
    /// Where to listen for DNS over UDP and TCP.
    pub dns: Vec<SocketAddr>,
    /// Where to listen for HTTP.
    pub http: Vec<SocketAddr>,
    /// Where what must outlast the process is kept.
    pub state: PathBuf,
    /// Whom to ask, and how.
    pub upstream: upstream::Settings,
    /// Who is asked for the hosts of lists; where nobody is named, the upstreams.
    pub bootstrap: Vec<upstream::Server>,
    /// What becomes of private addresses in answers for public names.
    pub rebinding: Rebinding,
    /// What is kept of answers, and for how long.
    pub cache: CacheRules,
    /// Whether answers outlast the process.
    pub answers: OnDisk,
    /// The school's own zones: where their files are.
    pub zones: Vec<ZoneSource>,
    /// The same, read; empty where nobody has read the files.
    pub own_zones: Vec<Arc<Zone>>,
    /// Zones that other servers are asked for.
    pub forwarded: Vec<ForwardedZone>,
    /// What a blocked client gets.
    pub block: BlockAnswer,
    /// Who is in which group, and who may ask.
    pub clients: Clients,
    /// What each group may.
    pub policies: Policies,
    /// What holds for all groups; the office's decisions and grants are not the file's, and none here.
    pub shared: Shared,
    /// The school's time zone and holidays.
    pub calendar: Calendar,
    /// The categories: those of the tables, and the school's own.
    pub registry: Registry,
    /// The tables by which all of it is meant.
    pub tables: Arc<Here>,
    /// The longest time that a client may remember an answer, in whole seconds.
    pub max_ttl: Duration,
    /// Where the school's lists are.
    pub lists: Vec<ListSource>,
    /// The education office that the school follows, where it follows one.
    pub office: Option<OfficeSource>,
    /// What is written down.
    pub journal: journal::Settings,
    /// How much the program says of itself.
    pub log: LogLevel,
    /// What it was made from.
    pub source: Arc<Source>,
}

/// What a program was made from, so that it is made again when the office changes its tables: whatever the file has become since,
/// nobody said that it holds.
#[derive(Debug)]
pub struct Source {
    /// The file's text.
    pub text: String,
    /// What else counted.
    pub surroundings: Surroundings,
}

/// Where a zone's master file is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ZoneSource {
    /// The zone's name.
    pub name: Name,
    /// The line of the configuration that says it.
    pub name_line: u32,
    /// The master file.
    pub path: PathBuf,
    /// The line of the configuration that names it.
    pub path_line: u32,
}

/// A zone that other servers are asked for.
#[derive(Debug, Clone)]
pub struct ForwardedZone {
    /// Its name.
    pub name: Name,
    /// The line of the configuration that says it.
    pub line: u32,
    /// Whom to ask, and how.
    pub settings: upstream::Settings,
}

/// The repository of the education office.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OfficeSource {
    /// Its folder.
    pub page: Page,
    /// The line of the configuration that names it.
    pub url_line: u32,
    /// The root file that was installed: by it everything is verified.
    pub root: PathBuf,
    /// The line of the configuration that names the root file.
    pub root_line: u32,
    /// How often the office is asked.
    pub refresh: Duration,
    /// In which ring of schools this one is: the first gets each publication at once.
    pub ring: Ring,
}

impl OfficeSource {
    /// The name of its host; none where that is an address.
    pub fn host(&self) -> Option<Name> {
        Name::parse(self.page.domain()?).ok()
    }
}

/// Where a list is, and how it is read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ListSource {
    /// The line of the configuration that its section starts on.
    pub line: u32,
    /// Its word in journal and metrics.
    pub id: ListId,
    /// Whose it is.
    pub owner: Owner,
    /// Where its text is.
    pub place: Place,
    /// The line of the configuration that names the source.
    pub source_line: u32,
    /// How it is written; none where its content tells.
    pub format: Option<Format>,
    /// What its entries cover.
    pub matches: Match,
    /// The lists in it: one, or one for each folder of a tree that the configuration names.
    pub parts: Vec<ListPart>,
    /// Whether the program is ready without it.
    pub optional: bool,
}

/// Where the text of a list is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Place {
    /// In a file, or a tree of folders.
    File(PathBuf),
    /// Elsewhere; here only the last good copy.
    Fetched(Fetched),
}

/// A list that is fetched.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fetched {
    /// Where it is.
    pub origin: Origin,
    /// Where its last good copy lies, once there is one.
    pub copy: PathBuf,
    /// How often it is fetched.
    pub refresh: Duration,
    /// The bounds of fetching it.
    pub limits: Limits,
}

impl Fetched {
    /// The name of the host that it is fetched from; none where that is an address.
    pub fn host(&self) -> Option<Name> {
        Name::parse(self.origin.domain()?).ok()
    }
}

impl ListSource {
    /// The file or tree that is compiled: of what is fetched, the last good copy.
    pub fn path(&self) -> &Path {
        match &self.place {
            Place::File(path) => path,
            Place::Fetched(fetched) => &fetched.copy,
        }
    }

    /// How it is fetched; none for files.
    pub const fn fetched(&self) -> Option<&Fetched> {
        match &self.place {
            Place::File(_) => None,
            Place::Fetched(fetched) => Some(fetched),
        }
    }
}

/// One list of a source.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ListPart {
    /// Its folder, where the source is a tree.
    pub folder: Option<String>,
    /// What the compiler is told of it.
    pub list: List,
}
