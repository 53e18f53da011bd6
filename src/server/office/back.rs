//! Going back to the publication before: by a person's word, or by the school itself where a change did harm.

use std::sync::Arc;
use std::time::Duration;

use super::super::{Running, lock};
use crate::office::{Counts, Harm};
use crate::policy::Outcome;

/// How often shares are looked at.
const ROUND: Duration = Duration::from_secs(10);

/// What makes a school go back: a word for the metrics, and a sentence for people.
struct Cause {
    word: &'static str,
    why: String,
}

impl Running {
    /// Goes back to the publication before, by a person's word; what is in force now is not taken again.
    ///
    /// # Errors
    /// A sentence for people; nothing has changed then.
    pub async fn office_back(self: &Arc<Self>) -> Result<String, String> {
        if self.office_source().is_none() {
            return Err(super::offline::NO_OFFICE.to_owned());
        }
        self.go_back(Cause { word: "person", why: "a person said so".to_owned() }).await
    }

    async fn go_back(&self, cause: Cause) -> Result<String, String> {
        let _one = self.office.changing.lock().await;
        let back = lock(&self.office.known).adopted.back(cause.why, self.accounts.clock.wall());
        let back = back.ok_or("there is no publication before the one in force")?;
        let Some(edition) = back.in_force().cloned() else { return Err("nothing is in force".to_owned()) };
        let decided = super::decisions::read(&self.office.shelf, &edition.decisions)
            .map_err(|error| format!("the decisions of the publication before cannot be read: {error}"))?;
        let before = std::mem::replace(&mut lock(&self.office.known).decided, Arc::new(decided));
        let why = back.held.as_ref().map(|held| held.why.clone()).unwrap_or_default();
        let adopt = || {
            let mut known = lock(&self.office.known);
            known.adopt(back, &self.office.shelf);
            *known.rollbacks.entry(cause.word).or_default() += 1;
            known.watch.settle();
        };
        if let Err(said) = self.renew_with(Some(self.office.shelf.lists(&edition.lists)), adopt).await {
            lock(&self.office.known).decided = before;
            return Err(format!("the lists of the publication before cannot be put in force: {said}"));
        }
        self.put_office_in_force();
        let (lists, decisions) = (edition.lists.serial, edition.decisions.serial);
        tracing::warn!(lists, decisions, why, "gone back to the office's publication before, until it publishes anew");
        Ok(format!(
            "gone back: lists of publication {lists} and decisions of publication {decisions} are in force until the office publishes anew"
        ))
    }

    /// Remembers what is asked and blocked, and goes back where the last change did harm.
    pub(super) async fn watch_office(self: &Arc<Self>) {
        let now = self.accounts.clock.running();
        {
            let mut known = lock(&self.office.known);
            if known.adopted.in_force().is_none() || now.saturating_sub(known.watched) < ROUND {
                return;
            }
            known.watched = now;
        }
        let counts = self.office_counts();
        let harm = {
            let mut known = lock(&self.office.known);
            known.watch.note(now, counts);
            known.watch.harm(now, counts)
        };
        let Some(harm) = harm else { return };
        let why = format!("{harm} after publication {} came in force", self.office_newest_in_force());
        tracing::error!(why, "a change of the office's lists or decisions does harm here");
        let word = match harm {
            Harm::Blocked(..) | Harm::Failed(..) => harm.text(),
        };
        if let Err(said) = self.go_back(Cause { word, why }).await {
            tracing::error!(said, "this school cannot go back by itself");
        }
    }

    /// Another edition is in force: what it does is watched from now on.
    pub(super) fn office_changed(&self) {
        let (now, counts) = (self.accounts.clock.running(), self.office_counts());
        let mut known = lock(&self.office.known);
        // Before the first there was nothing to go back to.
        if known.adopted.editions.len() > 1 {
            known.watch.changed(now, counts);
        }
    }

    fn office_newest_in_force(&self) -> u64 {
        let known = lock(&self.office.known);
        known.adopted.in_force().map_or(0, |edition| edition.lists.serial.max(edition.decisions.serial))
    }

    fn office_counts(&self) -> Counts {
        let sheet = self.accounts.tally.sum();
        let judged = sheet.responses.iter().filter(|((_, outcome, _), _)| *outcome != Outcome::None);
        let failed = sheet.responses.iter().filter(|((_, outcome, _), _)| *outcome == Outcome::Failed);
        // An exam's and a deny's blocks have no category, and are no doing of lists.
        let blocked = sheet.blocked.iter().filter(|((_, _, category), _)| category.is_some());
        let answers = self.accounts.snapshot.load().upstream_stats().iter().any(|upstream| upstream.up);
        let failed: u64 = failed.map(|(_, count)| count).sum();
        let mut known = lock(&self.office.known);
        if answers {
            known.failed_counted += failed.saturating_sub(known.failed_seen);
        }
        known.failed_seen = failed;
        Counts {
            queries: judged.map(|(_, count)| count).sum(),
            blocked: blocked.map(|(_, count)| count).sum(),
            failed: known.failed_counted,
        }
    }
}
