//! Publications that come by hand: a folder that was filled from a stick, verified as what comes by the network is.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::super::{Running, lock};
use super::repository::Way;

/// Where an import puts what it brings, below a state directory.
pub fn import_directory(state: &Path) -> PathBuf {
    state.join("office").join("import")
}

impl Running {
    /// Verifies what lies in the folder that an import filled, and puts in force what is due of it.
    ///
    /// # Errors
    /// A sentence for people; what was in force stays then.
    pub async fn office_import(self: &Arc<Self>) -> Result<String, String> {
        let Some(source) = self.office_source() else {
            return Err("this school follows no office\nhint: [office] in the configuration names one".to_owned());
        };
        let way = Way::folder(import_directory(self.state.path()));
        // Lists that are being put in force first have their turn.
        drop(self.office.changing.lock().await);
        let now = self.accounts.clock.wall();
        let asked = self.office.repository.ask(&source, &way, now).await;
        let verified = Arc::new(asked.map_err(|failure| format!("{failure}\nwhat was in force stays in force"))?);
        {
            let mut known = lock(&self.office.known);
            known.learn(Arc::clone(&verified));
            known.take_not_before = std::time::Duration::ZERO;
        }
        self.take_what_is_due(&source, &way).await;
        drop(self.office.changing.lock().await);
        let known = lock(&self.office.known);
        let in_force = known.adopted.in_force();
        let (lists, decisions) = in_force.map_or((0, 0), |edition| (edition.lists.serial, edition.decisions.serial));
        if known.take_not_before > std::time::Duration::ZERO {
            let failure = known.failure.clone().unwrap_or_default();
            return Err(format!("publication {} is verified, but could not be taken: {failure}", verified.newest()));
        }
        Ok(format!(
            "publication {} is verified; lists of publication {lists} and decisions of publication {decisions} are in force",
            verified.newest()
        ))
    }
}
