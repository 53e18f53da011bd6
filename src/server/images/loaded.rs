//! What the lists of all owners brought, as metrics, `status` and people read it.

use std::collections::BTreeMap;
use std::sync::Arc;

use jiff::Timestamp;

use super::OFFICE;
use super::jobs::required;
use crate::config::Program;
use crate::fetch::Record;
use crate::lists::compile::{self, ListReport, Report};
use crate::lists::{Index, ListId, Owner};
use crate::metrics::ListReading;
use crate::web::{FetchStatus, ListStatus};

/// What the lists brought.
#[derive(Debug)]
pub struct Loaded {
    /// The index.
    pub index: Arc<Index>,
    /// The serial of the publication that the office's lists are of; none where there is no office.
    pub publication: Option<u64>,
    /// When the newest of its images was made.
    pub made: Timestamp,
    /// Lists without which nothing is ready, and that were never loaded.
    pub missing: Vec<String>,
    /// What the compiler found, for each image.
    pub reports: Vec<Report>,
    /// Roles of the office whose newest list could not be compiled, and why; the image before is in force.
    pub office_faults: Vec<(String, String)>,
    /// How often each list could not be read since the program started.
    pub(in crate::server) failures: BTreeMap<String, u64>,
}

impl Loaded {
    pub(in crate::server) fn nothing(program: &Program) -> Self {
        let missing = required(program).map(|list| list.id.0.clone()).collect::<Vec<_>>();
        // Without any list of one's own the starter lists are what is awaited.
        let mut missing = if missing.is_empty() { vec!["the starter lists".to_owned()] } else { missing };
        missing.extend(program.office.iter().map(|_| OFFICE.to_owned()));
        Self {
            index: Arc::default(),
            publication: None,
            made: Timestamp::UNIX_EPOCH,
            missing,
            reports: Vec::new(),
            office_faults: Vec::new(),
            failures: BTreeMap::new(),
        }
    }

    /// Whether both are of the same images.
    pub fn same_images(&self, other: &Self) -> bool {
        let prints = |loaded: &Self| loaded.index.images().iter().map(|image| image.fingerprint()).collect::<Vec<_>>();
        prints(self) == prints(other) && self.missing == other.missing && self.publication == other.publication
    }

    /// The reports of single lists, starter lists among them.
    fn lists(&self) -> impl Iterator<Item = &ListReport> {
        // A role of the office has a list for each category that it may speak for, and most are empty.
        let tells = |report: &Report, list: &ListReport| !report.owner.is_office() || list.entries > 0 || list.fault.is_some();
        self.reports.iter().flat_map(move |report| report.lists.iter().filter(move |list| tells(report, list)))
    }

    /// What was cut of the office's lists, by role and category, because the role may not speak for it or nobody here knows it.
    pub(in crate::server) fn cut(&self) -> impl Iterator<Item = (&str, &str, u64)> {
        self.office_reports()
            .flat_map(|(role, report)| report.cut.iter().map(move |(category, count)| (role, category.as_str(), *count)))
    }

    /// How many entries of each role of the office count here.
    pub(in crate::server) fn office_entries(&self) -> impl Iterator<Item = (&str, u64)> {
        self.office_reports().map(|(role, report)| (role, report.lists.iter().map(|list| list.entries).sum()))
    }

    fn office_reports(&self) -> impl Iterator<Item = (&str, &Report)> {
        self.reports.iter().filter_map(|report| match &report.owner {
            Owner::Office(role) => Some((role.as_str(), report)),
            Owner::School => None,
        })
    }

    /// What is wrong with lists, for people.
    pub fn warnings(&self) -> impl Iterator<Item = String> + '_ {
        let lists = self.lists().filter_map(|list| {
            let fault = list.fault.as_ref()?;
            let what = match list.loaded {
                compile::Loaded::Kept => "the copy kept when it was last sound is in force",
                compile::Loaded::Nothing => "nothing of it is in force",
                compile::Loaded::Fresh => "it is in force all the same",
            };
            Some(format!("warning: list {}: {fault}; {what}", list.id.0))
        });
        let office = self.office_faults.iter().map(|(role, fault)| {
            format!("warning: the office's role {role}: its newest list cannot be used: {fault}; the one before is in force")
        });
        lists.chain(office)
    }

    /// Each list for the metrics; `fetched` has the records of those that are fetched.
    pub(in crate::server) fn readings(&self, fetched: &BTreeMap<ListId, Record>) -> Vec<ListReading> {
        let reading = |list: &ListReport| {
            let sound = list.loaded == compile::Loaded::Fresh;
            let failed = self.failures.get(&list.id.0).copied().unwrap_or(0);
            ListReading {
                list: list.id.0.clone(),
                entries: list.entries + u64::try_from(list.patterns).unwrap_or(u64::MAX),
                last_success: sound.then_some(self.made),
                failures: if failed == 0 { Vec::new() } else { vec![("source", failed)] },
            }
        };
        let mut readings: Vec<ListReading> = self.lists().map(reading).collect();
        for (id, record) in fetched {
            let failures = record.failures.iter().map(|(reason, count)| (reason.text(), *count));
            match readings.iter_mut().find(|reading| reading.list == id.0) {
                // What is compiled anew every hour may come from a copy that is a week old.
                Some(reading) => {
                    reading.last_success = record.confirmed;
                    reading.failures.extend(failures);
                }
                // Never fetched, or a tree, whose folders are the lists.
                None => readings.push(ListReading {
                    list: id.0.clone(),
                    entries: record.entries,
                    last_success: record.confirmed,
                    failures: failures.collect(),
                }),
            }
        }
        readings
    }

    /// Each list for `khien status`; `fetched` has the records of those that are fetched.
    pub(in crate::server) fn statuses(&self, fetched: &BTreeMap<ListId, Record>) -> Vec<ListStatus> {
        let status = |list: &ListReport| ListStatus {
            id: list.id.0.clone(),
            entries: list.entries + u64::try_from(list.patterns).unwrap_or(u64::MAX),
            issues: list.issues.iter().map(|issue| u64::from(issue.count)).sum(),
            fault: list.fault.clone(),
            protected_names: list.guarded.tried.iter().map(|tried| format!("{} (line {})", tried.name, tried.line)).collect(),
            public_suffixes: list.guarded.suffixes.iter().map(|(name, line)| format!("{name} (line {line})")).collect(),
            fetched: None,
        };
        let mut statuses: Vec<ListStatus> = self.lists().map(status).collect();
        for (id, record) in fetched {
            let fetch = FetchStatus::of(record);
            match statuses.iter_mut().find(|status| status.id == id.0) {
                Some(status) => status.fetched = Some(fetch),
                None => statuses.push(ListStatus { id: id.0.clone(), fetched: Some(fetch), ..ListStatus::default() }),
            }
        }
        statuses
    }
}
