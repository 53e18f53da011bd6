//! One round: the office asked where its time has come, and what is due put in force.
//!
//! Decisions come in force at once. Lists are fetched and compiled by a task of their own, and rounds go on meanwhile.

use std::sync::Arc;
use std::time::Duration;

use super::super::fetching::bootstrap;
use super::super::{Running, lock};
use super::decisions;
use super::known::Known;
use crate::config::{OfficeSource, Program};
use crate::fetch::{Bootstrap, Failure, pause_after_failure, pause_after_success};
use crate::office::repository::{Offered, Way};
use crate::office::{Adopted, Edition, Part};

/// How long a reload waits for an office that is new.
const NEW: Duration = Duration::from_secs(120);

impl Running {
    /// Asks the office where its time has come and puts in force what is due.
    pub(super) async fn ask_and_take(self: &Arc<Self>) {
        let Some(source) = self.office_source() else { return };
        lock(&self.office.known).follow(&source);
        self.look_at_kept(&source).await;
        let way = Way::Pages(source.page.clone(), self.office_bootstrap());
        {
            let _one = self.office.asking.lock().await;
            if lock(&self.office.known).due <= self.accounts.clock.running() {
                self.ask_office(&source, &way).await;
            }
        }
        self.take_what_is_due(&source, &way).await;
    }

    /// Asks the office where its time has come and puts in force what is due, lists compiled and all: what the server does by itself
    /// in the next rounds.
    pub async fn office_due(self: &Arc<Self>) {
        self.watch_office().await;
        self.ask_and_take().await;
        // Whoever compiles lists now has this.
        drop(self.office.changing.lock().await);
    }

    /// Who is asked for the office's host.
    pub(super) fn office_bootstrap(&self) -> Bootstrap {
        bootstrap(&Arc::clone(&self.in_force().program))
    }

    /// As [`Running::office_due`], and waits for no list that is being compiled.
    pub async fn office_asked(self: &Arc<Self>) {
        self.ask_and_take().await;
    }

    pub(super) fn office_source(&self) -> Option<OfficeSource> {
        self.in_force().program.office.clone()
    }

    /// What was verified before, so that what becomes due does so without a network too.
    async fn look_at_kept(&self, source: &OfficeSource) {
        if lock(&self.office.known).verified.is_some() {
            return;
        }
        let now = self.accounts.clock.wall();
        match self.office.repository.kept(&self.office.state, &source.root, now).await {
            Ok(Some(verified)) => lock(&self.office.known).learn(Arc::new(verified)),
            Ok(None) => {}
            // It is said where the office is asked.
            Err(_) => {}
        }
    }

    /// Asks for news once, and notes what came of it.
    pub(super) async fn ask_office(&self, source: &OfficeSource, way: &Way) {
        let now = self.accounts.clock.wall();
        let asked = self.office.repository.ask(&self.office.state, &source.root, way, now).await;
        let running = self.accounts.clock.running();
        let mut known = lock(&self.office.known);
        match asked {
            Ok(verified) => {
                if known.in_a_row > 0 {
                    tracing::info!("the office answers again");
                }
                known.learn(Arc::new(verified));
                (known.confirmed, known.failure, known.in_a_row) = (Some(now), None, 0);
                known.due = running + pause_after_success(source.refresh, rand::random());
            }
            Err(failure) => {
                known.due = running + known.failed(source, &failure);
            }
        }
    }

    /// Puts in force what is due for this school and may be taken.
    pub(super) async fn take_what_is_due(self: &Arc<Self>, source: &OfficeSource, way: &Way) {
        let now = self.accounts.clock.wall();
        let (verified, adopted, not_before) = {
            let known = lock(&self.office.known);
            let Some(verified) = known.verified.clone() else { return };
            (verified, known.adopted.clone(), known.take_not_before)
        };
        if not_before > self.accounts.clock.running() {
            return;
        }
        let Some(offer) = verified.due(source.ring, now) else { return };
        let began = adopted.in_force().is_some() && adopted.origin == verified.origin;
        // The first time lists and decisions come together: before the lists are there nothing is in force at all.
        if began && adopted.takes_decisions(offer.decisions.serial) {
            let taken = self.take_decisions(way, offer.decisions.clone()).await;
            self.note_taken(source, taken);
        }
        let damaged = lock(&self.office.known).tables_fault.is_some();
        let mends = damaged && adopted.in_force().is_some_and(|edition| edition.lists.tables == offer.lists.tables);
        if !began || adopted.takes_lists(offer.lists.serial) || mends {
            let Ok(changing) = Arc::clone(&self.office.changing).try_lock_owned() else { return };
            let (running, source, way) = (Arc::clone(self), source.clone(), way.clone());
            tokio::spawn(async move {
                let first = (!began).then_some(offer.decisions);
                let taken = running.take_lists(&verified, &way, offer.lists, first).await;
                running.note_taken(&source, taken);
                lock(&running.office.known).awaited = None;
                drop(changing);
            });
        }
    }

    /// Brings here what an office offers that `program`, which is not in force yet, follows and that was never loaded.
    pub(in crate::server) async fn fetch_office(self: &Arc<Self>, program: &Program) {
        let Some(source) = &program.office else { return };
        if lock(&self.office.known).adopted.in_force().is_some() {
            return;
        }
        let Ok(_changing) = self.office.changing.try_lock() else { return };
        let (way, now) = (Way::Pages(source.page.clone(), bootstrap(program)), self.accounts.clock.wall());
        let bringing = async {
            let _one = self.office.asking.lock().await;
            let verified = self.office.repository.ask(&self.office.state, &source.root, &way, now).await?;
            let adopted = self.office.bringing(&way).all(Adopted::default(), &verified, (program, source.ring), now).await?;
            Ok::<_, Failure>((verified, adopted))
        };
        // Who reloads waits for it; what takes longer is brought when it is configured from the start.
        match tokio::time::timeout(NEW, bringing).await {
            Ok(Ok((verified, adopted))) => {
                let mut known = lock(&self.office.known);
                *known = Known::of(adopted.unwrap_or_default(), &self.office.shelf);
                known.follow(source);
                known.learn(Arc::new(verified));
                known.confirmed = Some(now);
            }
            Ok(Err(failure)) => tracing::warn!("the office: {failure}"),
            Err(_) => tracing::warn!("the office's lists take longer to fetch than a reload waits"),
        }
    }

    fn note_taken(&self, source: &OfficeSource, taken: Result<(), Failure>) {
        let running = self.accounts.clock.running();
        let mut known = lock(&self.office.known);
        known.refused = taken.as_ref().err().map(|failure| failure.said.clone());
        if let Err(failure) = taken {
            known.take_not_before = running + known.failed(source, &failure);
        }
    }

    /// Brings the decisions of a publication here and puts them in force.
    async fn take_decisions(&self, way: &Way, part: Part) -> Result<(), Failure> {
        let in_force = lock(&self.office.known).adopted.in_force().map(|edition| edition.decisions.clone());
        let part = self.office.bringing(way).decisions(&part, in_force.as_ref()).await?;
        let decided = self.read_decisions(&part)?;
        let serial = part.serial;
        {
            let mut known = lock(&self.office.known);
            // Meanwhile newer ones came in force, or somebody went back.
            let Some(current) = known.adopted.in_force().filter(|_| known.adopted.takes_decisions(serial)) else { return Ok(()) };
            let edition = Edition::new(current.lists.clone(), part, self.accounts.clock.wall());
            let adopted = known.adopted.clone().with(edition);
            known.adopt(adopted, &self.office.shelf);
            known.decided = Arc::new(decided);
        }
        self.put_office_in_force();
        self.office_changed();
        tracing::info!(publication = serial, "the office's decisions are in force");
        Ok(())
    }

    fn read_decisions(&self, part: &Part) -> Result<Vec<super::RoleDecisions>, Failure> {
        decisions::read(&self.office.shelf, part).map_err(|error| Failure::local("the office's decisions", &error))
    }

    /// Brings the lists of a publication here, compiles what changed and puts it in force.
    async fn take_lists(&self, verified: &Offered, way: &Way, part: Part, first: Option<Part>) -> Result<(), Failure> {
        lock(&self.office.known).awaited = Some(part.clone());
        let in_force = lock(&self.office.known).adopted.in_force().map(|edition| edition.lists.clone());
        self.office.bringing(way).lists(&part, in_force.as_ref()).await?;
        let first = match first {
            Some(decisions) => Some(self.office.bringing(way).decisions(&decisions, None).await?),
            None => None,
        };
        let decided = first.as_ref().map(|decisions| self.read_decisions(decisions)).transpose()?;
        let serial = part.serial;
        let before = Arc::clone(&lock(&self.office.known).decided);
        if let Some(decided) = decided {
            lock(&self.office.known).decided = Arc::new(decided);
        }
        let lists = self.office.shelf.lists(&part);
        let adopt = || {
            let mut known = lock(&self.office.known);
            let decisions = match (first, known.adopted.in_force()) {
                (Some(decisions), _) => decisions,
                (None, Some(edition)) => edition.decisions.clone(),
                (None, None) => Part::default(),
            };
            let edition = Edition::new(part, decisions, self.accounts.clock.wall());
            let mut adopted = known.adopted.clone();
            if adopted.origin != verified.origin {
                // Another root's publications are nothing to go back to.
                adopted = Adopted { origin: verified.origin.clone(), ..Default::default() };
            }
            known.adopt(adopted.with(edition), &self.office.shelf);
            known.tables_fault = None;
        };
        if let Err(said) = self.renew_with(Some(lists), adopt).await {
            lock(&self.office.known).decided = before;
            return Err(Failure::new(crate::fetch::Reason::Local, format!("the office's lists cannot be put in force: {said}")));
        }
        self.office_changed();
        tracing::info!(publication = serial, "the office's lists are in force");
        Ok(())
    }
}

impl Known {
    /// Notes a failure; how long nothing of the kind is tried again.
    fn failed(&mut self, source: &OfficeSource, failure: &Failure) -> Duration {
        self.in_a_row += 1;
        *self.failures.entry(failure.reason).or_default() += 1;
        let (reason, failures) = (failure.reason.text(), self.in_a_row);
        // Each minute the same line would hide the others.
        if self.failure.as_ref() != Some(&failure.said) {
            tracing::warn!(reason, failures, "the office: {}; the last good publication stays in force", failure.said);
        }
        self.failure = Some(failure.said.clone());
        pause_after_failure(source.refresh, self.in_a_row, failure.reason, rand::random())
    }
}
