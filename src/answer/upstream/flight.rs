//! Single flight: however many ask the same at the same time, it is done once.
//!
//! The rule: a flight belongs to nobody. It runs as a task of its own, so that an asker who leaves takes it from no one.

use std::collections::HashMap;
use std::hash::Hash;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::sync::watch;

/// What is under way, by what was asked.
#[derive(Debug)]
pub(super) struct Flights<K, V> {
    open: Mutex<HashMap<K, watch::Receiver<Option<V>>>>,
}

/// Takes a flight off the list when it ends, in whatever way.
struct Listed<K: Hash + Eq, V> {
    flights: Arc<Flights<K, V>>,
    key: K,
}

impl<K, V> Flights<K, V>
where
    K: Hash + Eq + Clone + Send + Sync + 'static,
    V: Clone + Send + Sync + 'static,
{
    pub(super) fn new() -> Arc<Self> {
        Arc::new(Self { open: Mutex::new(HashMap::new()) })
    }

    /// Waits for what the flight to `key` brings; where none is under way, `start` begins one, or brings the value at once.
    ///
    /// `start` runs while no flight can begin or end, so what it finds out still holds when its flight is listed.
    /// `None` only where the flight's task panicked.
    pub(super) async fn join<F>(self: &Arc<Self>, key: &K, start: impl FnOnce() -> Result<F, V>) -> Option<V>
    where
        F: Future<Output = V> + Send + 'static,
    {
        let mut landing = match self.find_or_start(key, start) {
            Ok(landing) => landing,
            Err(at_once) => return Some(at_once),
        };
        landing.wait_for(Option::is_some).await.ok().and_then(|value| value.clone())
    }

    fn find_or_start<F>(self: &Arc<Self>, key: &K, start: impl FnOnce() -> Result<F, V>) -> Result<watch::Receiver<Option<V>>, V>
    where
        F: Future<Output = V> + Send + 'static,
    {
        let mut open = self.open();
        if let Some(landing) = open.get(key) {
            return Ok(landing.clone());
        }
        let flight = start()?;
        let (sender, landing) = watch::channel(None);
        open.insert(key.clone(), landing.clone());
        let listed = Listed { flights: Arc::clone(self), key: key.clone() };
        tokio::spawn(async move {
            let value = flight.await;
            drop(listed);
            sender.send_replace(Some(value));
        });
        Ok(landing)
    }
}

impl<K, V> Flights<K, V> {
    /// The list; a panic elsewhere leaves it whole, because it is only ever changed by one insertion or removal.
    fn open(&self) -> MutexGuard<'_, HashMap<K, watch::Receiver<Option<V>>>> {
        self.open.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl<K: Hash + Eq, V> Drop for Listed<K, V> {
    fn drop(&mut self) {
        self.flights.open().remove(&self.key);
    }
}

#[cfg(test)]
mod tests;
