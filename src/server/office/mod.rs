//! The education office at this school: asked for news, what it published taken into force, and gone back from where that does harm.
//!
//! The rules: what was in force stays until something newer is whole, verified and kept; decisions wait for no list to be compiled;
//! and neither a wrong clock nor an office that is silent for years takes anything out of force.

mod back;
mod decisions;
mod import;
mod keeping;
mod known;
mod offline;
mod round;
mod status;

use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use super::{Running, lock};
use crate::config::{self, Conflict, Fault, Program};
use crate::decisions::OfficeDecisions;
use crate::office::here::Here;
use crate::office::repository::{Repository, Way};
use crate::office::{Lists, Shelf};

pub(super) use decisions::RoleDecisions;
pub use import::{Staged, stage_import};
use keeping::Bringing;
use known::Known;
pub use offline::{office_back, office_import, office_status};

/// How often it is looked whether the office is to be asked, or something of it has become due: what an urgent decision waits at most,
/// beside the pause between two rounds.
const TICK: Duration = Duration::from_millis(500);

/// What the server knows of the office.
#[derive(Debug)]
pub(super) struct Office {
    shelf: Shelf,
    known: Mutex<Known>,
    repository: Arc<dyn Repository>,
    /// The state directory.
    state: PathBuf,
    /// One asking at a time: what is verified is written to one place.
    asking: tokio::sync::Mutex<()>,
    /// One change of lists at a time; asking goes on meanwhile.
    changing: Arc<tokio::sync::Mutex<()>>,
}

/// What of the office is in force beside the images.
#[derive(Debug, Clone, Default)]
pub(super) struct InForce {
    /// Its decisions.
    pub(super) decisions: OfficeDecisions,
}

impl Office {
    /// What an earlier run kept.
    pub(super) fn open(state: &Path, repository: Arc<dyn Repository>) -> Self {
        let shelf = Shelf::below(state);
        let known = Known::open(&shelf);
        Self {
            shelf,
            known: Mutex::new(known),
            repository,
            state: state.to_owned(),
            asking: Default::default(),
            changing: Arc::default(),
        }
    }

    /// The texts of what was verified, brought here.
    fn bringing<'b>(&'b self, way: &'b Way) -> Bringing<'b> {
        Bringing { shelf: &self.shelf, repository: &*self.repository, state: &self.state, way }
    }

    /// The lists in force; none where the school follows no office, or nothing of it was ever loaded.
    pub(super) fn lists(&self, program: &Program) -> Option<Lists> {
        program.office.as_ref()?;
        lock(&self.known).lists.clone()
    }

    /// The program that is meant by the tables which came with `lists`, and its warnings; none where `program` is meant by them already.
    ///
    /// # Errors
    /// A sentence for people: the tables cannot be read, or the configuration is at fault by them.
    pub(super) fn by_tables(
        &self,
        program: &Program,
        lists: Option<&Lists>,
        conflict: Conflict,
    ) -> Result<Option<(Program, Vec<Fault>)>, String> {
        by_tables(&self.shelf, program, lists.and_then(|lists| lists.tables.as_deref()), conflict)
    }

    /// These lists are compiled from now on.
    pub(super) fn compiled(&self, lists: Option<Lists>) {
        lock(&self.known).lists = lists;
    }

    /// What is in force beside the lists, in the words of `program`'s registry.
    pub(super) fn in_force(&self, program: &Program) -> InForce {
        if program.office.is_none() {
            return InForce::default();
        }
        let decided = Arc::clone(&lock(&self.known).decided);
        let (decisions, cut) = decisions::of(&decided, &program.registry);
        lock(&self.known).cut_decisions = cut;
        InForce { decisions }
    }
}

/// The program that is meant by the tables with this digest, and its warnings; none where `program` is meant by them already.
fn by_tables(
    shelf: &Shelf,
    program: &Program,
    digest: Option<&str>,
    conflict: Conflict,
) -> Result<Option<(Program, Vec<Fault>)>, String> {
    if program.office.is_none() || program.tables.digest.as_deref() == digest {
        return Ok(None);
    }
    let tables = Here::kept(shelf, digest)?;
    config::again(program, tables, conflict).map(Some).map_err(|faults| {
        let said: Vec<String> = faults.iter().map(ToString::to_string).collect();
        format!("by the office's tables the configuration has faults:\n{}", said.join("\n"))
    })
}

/// What a server would start with, for commands that find none running.
pub(super) fn kept(program: &Program) -> (Option<Lists>, InForce) {
    if program.office.is_none() {
        return (None, InForce::default());
    }
    let Known { lists, decided, .. } = Known::open(&Shelf::below(&program.state));
    (lists, InForce { decisions: decisions::of(&decided, &program.registry).0 })
}

/// Looks after the office, again and again. What a change does is looked at whether or not the office answers.
pub(super) async fn keep(running: Arc<Running>) {
    let asking = async {
        loop {
            tokio::time::sleep(TICK).await;
            running.ask_and_take().await;
        }
    };
    let watching = async {
        loop {
            tokio::time::sleep(TICK).await;
            running.watch_office().await;
        }
    };
    tokio::join!(asking, watching);
}
