//! What the education office brings: which publication is in force, how long its word holds, and whether this school went back.

use jiff::Timestamp;

use super::family::{Families, Kind};
use super::seconds;

/// What is known of the office.
#[derive(Debug, Clone, Default)]
pub struct OfficeReading {
    /// The serial of the publication whose lists are in force; 0 before there is one.
    pub serial: u64,
    /// The serial of the publication whose decisions are in force.
    pub decisions_serial: u64,
    /// When the repository's metadata expires.
    pub expires: Option<Timestamp>,
    /// When the office last said something that could be verified.
    pub confirmed: Option<Timestamp>,
    /// Whether a publication is held back that this school went back from.
    pub held: bool,
    /// How often this school went back, by what made it.
    pub rollbacks: Vec<(&'static str, u64)>,
    /// How often asking failed, by reason.
    pub failures: Vec<(&'static str, u64)>,
    /// Entries and decisions of each role that are for categories it may not speak for, or that are not known here.
    pub cut: Vec<(String, u64)>,
    /// Decisions in force.
    pub decisions: u64,
}

/// The families of the office.
pub(super) fn office(families: &mut Families, office: &OfficeReading) {
    families
        .open("khien_office_serial", "The publication of the education office whose lists are in force.", Kind::Gauge)
        .count(&[], office.serial);
    families
        .open("khien_office_decisions_serial", "The publication whose decisions are in force.", Kind::Gauge)
        .count(&[], office.decisions_serial);
    families.open("khien_office_decisions", "The office's decisions in force.", Kind::Gauge).count(&[], office.decisions);
    if let Some(expires) = office.expires {
        families
            .open(
                "khien_office_expires_timestamp_seconds",
                "When the office's metadata expires; lists stay in force.",
                Kind::Gauge,
            )
            .value(&[], seconds(expires));
    }
    if let Some(confirmed) = office.confirmed {
        families
            .open("khien_office_last_success_timestamp_seconds", "When the office was last asked with success.", Kind::Gauge)
            .value(&[], seconds(confirmed));
    }
    families
        .open("khien_office_held", "1 where a publication is held back that this school went back from.", Kind::Gauge)
        .count(&[], office.held.into());
    let mut rollbacks = families.open("khien_office_rollbacks_total", "How often this school went back.", Kind::Counter);
    for (cause, count) in &office.rollbacks {
        rollbacks.count(&[("cause", cause)], *count);
    }
    let mut failures = families.open("khien_office_failures_total", "How often asking the office failed.", Kind::Counter);
    for (reason, count) in &office.failures {
        failures.count(&[("reason", reason)], *count);
    }
    let mut cut = families.open(
        "khien_office_cut_entries",
        "Entries of a role beyond what it may speak for; they count nowhere.",
        Kind::Gauge,
    );
    for (role, count) in &office.cut {
        cut.count(&[("role", role)], *count);
    }
}
