//! The primaries of the lists' zones, introduced to those who hear their word: at which addresses they are, and by which key they sign.
//!
//! The rule: an address that is not known is asked for again and again, on its own, so that no list waits for it.

use std::sync::Arc;
use std::time::Duration;

use tokio::task::JoinHandle;

use super::Running;
use super::fetching::bootstrap;
use crate::config::Program;
use crate::fetch::Primary;
use crate::pipeline::Known;

/// How often the addresses of primaries are asked for: a server that moves is heard again within that time.
const AGAIN: Duration = Duration::from_secs(3600);

/// The same where some could not be had.
const SOON: Duration = Duration::from_secs(60);

/// Whose primaries are introduced, and the task that sees to it.
#[derive(Debug, Default)]
pub(super) struct Introduced {
    of: Option<Arc<Program>>,
    task: Option<JoinHandle<()>>,
}

impl Introduced {
    /// Introduces those of the configuration in force, where it is another than before.
    pub(super) fn keep(&mut self, running: &Arc<Running>) {
        let program = Arc::clone(&running.in_force().program);
        if self.of.as_ref().is_some_and(|of| Arc::ptr_eq(of, &program)) {
            return;
        }
        if let Some(task) = self.task.take() {
            task.abort();
        }
        let primaries: Vec<Primary> = program.lists.iter().filter_map(|list| list.fetched()?.origin.primary().cloned()).collect();
        self.of = Some(Arc::clone(&program));
        if primaries.is_empty() {
            running.accounts.primaries.introduce(Vec::new());
        } else {
            self.task = Some(tokio::spawn(introduce(Arc::clone(running), program, primaries)));
        }
    }
}

impl Drop for Introduced {
    fn drop(&mut self) {
        if let Some(task) = self.task.take() {
            task.abort();
        }
    }
}

async fn introduce(running: Arc<Running>, program: Arc<Program>, primaries: Vec<Primary>) {
    loop {
        let bootstrap = bootstrap(&program);
        let mut known = Vec::with_capacity(primaries.len());
        let mut wait = AGAIN;
        for primary in &primaries {
            let with_key = primary.clone();
            let key = tokio::task::spawn_blocking(move || with_key.key()).await;
            match (primary.addresses(&bootstrap).await, key) {
                (Ok(addresses), Ok(Ok(key))) => known.push(Known { zone: primary.zone().clone(), addresses, key }),
                // Why, the list's own record says as soon as it is due.
                (Ok(_) | Err(_), _) => wait = SOON,
            }
        }
        running.accounts.primaries.introduce(known);
        tokio::time::sleep(wait).await;
    }
}
