//! What a configuration means: the nouns of every room, made of values that agree with one another.

use super::file::LogLevel;
use std::net::SocketAddr;
use std::path::PathBuf;

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
    /// The room for answers, in octets; 0 remembers nothing.
    pub cache: u64,
    /// The longest time that a client may remember an answer, in whole seconds.
    pub max_ttl: std::time::Duration,
    /// How much the program says of itself.
    pub log: LogLevel,
    /// What of the configuration, or of the defaults, this version does not do yet.
    pub(super) not_yet: Vec<String>,
}

impl Program {
    /// What of the configuration, or of the defaults, this version does not do yet, in words.
    pub fn not_yet_in_force(&self) -> Vec<String> {
        self.not_yet.clone()
    }
}
