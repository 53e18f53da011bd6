//! Lists that changed, and the office's tables with them, put in force by one swap.

use std::sync::Arc;

use super::images::Loaded;
use super::{Change, Running};
use crate::config::{Conflict, Program};
use crate::office::Lists;

impl Running {
    /// Compiles what the lists have become, and puts it in force; what was loaded before stays where that fails.
    ///
    /// # Errors
    /// A sentence for people.
    pub async fn renew_lists(&self) -> Result<(), String> {
        let _one = self.reloading.lock().await;
        let program = Arc::clone(&self.in_force().program);
        let office = self.office.lists(&program);
        let loaded = self.renew(&program, office).await?;
        self.images.keep(&loaded);
        Ok(())
    }

    /// As [`Running::renew_lists`], with other lists of the office; `adopt` says on the disk that they are in force.
    ///
    /// That comes before their images are kept: a run that ends in between is followed by one that begins with the images before and
    /// goes forward, where the other order would begin with these, go back to the lists before, and come again.
    pub(super) async fn renew_with(&self, office: Option<Lists>, adopt: impl FnOnce()) -> Result<(), String> {
        let _one = self.reloading.lock().await;
        let program = Arc::clone(&self.in_force().program);
        let loaded = self.renew(&program, office.clone()).await?;
        self.office.compiled(office);
        adopt();
        self.images.keep(&loaded);
        Ok(())
    }

    async fn renew(&self, program: &Arc<Program>, office: Option<Lists>) -> Result<Arc<Loaded>, String> {
        let other = self.office.by_tables(program, office.as_ref(), Conflict::Warning).map_err(|said| self.fail(said))?;
        let (program, warnings) = other.map_or_else(|| (Arc::clone(program), None), |(made, said)| (Arc::new(made), Some(said)));
        let loaded = self.loaded(&program, office).await?;
        let unchanged = warnings.is_none() && self.in_force().loaded.same_images(&loaded);
        if unchanged {
            self.in_force().loaded = Arc::clone(&loaded);
        } else {
            // What images and masks mean changes with both in one step.
            self.put_in_force(Change { program: Some(program), loaded: Some(Arc::clone(&loaded)), ..Change::default() });
        }
        if let Some(warnings) = warnings {
            for warning in &warnings {
                tracing::warn!("by the office's tables: {warning}");
            }
            self.in_force().warnings = warnings;
        }
        Ok(loaded)
    }

    /// Puts what the office decided in force, with all else as it is; waits for no list that is being compiled.
    pub(super) fn put_office_in_force(&self) {
        self.put_in_force(Change::default());
    }
}
