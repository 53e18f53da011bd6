//! How the education office stands at this school, for `khien status` and `khien office status`.

use serde::{Deserialize, Serialize};

/// The education office at this school.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct OfficeStatus {
    /// The repository.
    pub url: String,
    /// In which ring of schools this one is.
    pub ring: u8,
    /// The serial of the publication whose lists are in force; none before there is one.
    pub serial: Option<u64>,
    /// The serial of the publication whose decisions are in force.
    pub decisions_serial: Option<u64>,
    /// When that came in force here, RFC 3339.
    pub since: Option<String>,
    /// The serial of the newest publication that is known.
    pub newest: Option<u64>,
    /// When the repository's metadata expires.
    pub expires: Option<String>,
    /// When the office was last asked with success.
    pub confirmed: Option<String>,
    /// Why asking has failed since.
    pub failure: Option<String>,
    /// How often in a row.
    pub failures: u32,
    /// What this school went back from.
    pub held: Option<HeldStatus>,
    /// Each role, in the publication's order.
    pub roles: Vec<RoleStatus>,
    /// Serials of the editions that are kept, the one in force first: lists and decisions.
    pub editions: Vec<(u64, u64)>,
    /// What a person should know: an expired repository, a clock that cannot be right.
    pub remark: Option<String>,
}

/// What is held back.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct HeldStatus {
    /// Lists of this serial and older ones are not taken.
    pub lists: Option<u64>,
    /// Likewise of decisions.
    pub decisions: Option<u64>,
    /// Why.
    pub why: String,
    /// Since when, RFC 3339.
    pub since: String,
}

/// One role.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct RoleStatus {
    /// Its id.
    pub role: String,
    /// Entries of its list that count here.
    pub entries: u64,
    /// Decisions of it in force.
    pub decisions: u64,
    /// Entries and decisions that were cut, by category: it may not speak for it, or nobody here knows it.
    pub cut: Vec<(String, u64)>,
    /// Why its newest list, or its newest decisions, are not used.
    pub fault: Option<String>,
    /// Whether its part was signed for a time that is over: its last content stays.
    #[serde(default)]
    pub lapsed: bool,
}
