//! The listeners of a running server, and how a reload changes which there are.

use std::collections::BTreeMap;
use std::fmt::Display;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use tokio::sync::watch;

use super::responder::Pipeline;
use super::{Running, StartError, lock};
use crate::config::Program;
use crate::listen::{Limits, Listener, Ways};
use crate::pipeline::Accounts;
use crate::web;

/// Who listens now.
#[derive(Debug)]
pub(super) struct Serving {
    /// By the address that the file names; the listener knows the port that was free.
    dns: Mutex<BTreeMap<SocketAddr, Listener>>,
    http: Mutex<BTreeMap<SocketAddr, Page>>,
    pipeline: Pipeline,
    pub(super) limits: Limits,
    workers: usize,
}

#[derive(Debug)]
struct Page {
    address: SocketAddr,
    stop: watch::Sender<bool>,
}

impl Serving {
    /// Binds every address for DNS.
    pub(super) async fn start(program: &Program, accounts: &Arc<Accounts>, limits: Limits) -> Result<Self, StartError> {
        let workers = std::thread::available_parallelism().map_or(1, usize::from);
        let pipeline = Pipeline(Arc::clone(accounts));
        let serving = Self { dns: Mutex::default(), http: Mutex::default(), pipeline, limits, workers };
        let listeners = serving.bind(program).await?;
        lock(&serving.dns).extend(listeners);
        Ok(serving)
    }

    /// Binds what the file names and nobody serves yet; where one cannot be had, none is kept.
    async fn bind(&self, program: &Program) -> Result<Vec<(SocketAddr, Listener)>, StartError> {
        let mut bound = Vec::new();
        for &address in &program.dns {
            if lock(&self.dns).contains_key(&address) {
                continue;
            }
            match Listener::start(address, self.workers, ways(program), &self.pipeline, &self.limits) {
                Ok(listener) => {
                    if let Some(said) = lacks_of(&listener) {
                        tracing::warn!("{said}");
                    }
                    bound.push((address, listener));
                }
                Err(error) => {
                    for (_, listener) in bound {
                        listener.stop(Duration::ZERO).await;
                    }
                    return Err(StartError::Listen { address, error });
                }
            }
        }
        Ok(bound)
    }

    /// Serves the pages and the control socket. No page that fails to open keeps names from resolving.
    pub(super) async fn open_pages(&self, running: &Arc<Running>, stopping: &watch::Receiver<bool>) {
        self.change_pages(running).await;
        match running.state.control_socket() {
            Ok(listener) => web::serve_control(listener, running, stopping.clone()),
            Err(error) => {
                tracing::error!(%error, "no control socket: `khien reload` and `khien status` cannot reach this server")
            }
        }
    }

    /// Serves the pages where the configuration in force says.
    pub(super) async fn change_pages(&self, running: &Arc<Running>) {
        let wanted = running.in_force().program.http.clone();
        let (kept, gone): (BTreeMap<_, _>, BTreeMap<_, _>) =
            std::mem::take(&mut *lock(&self.http)).into_iter().partition(|(address, _)| wanted.contains(address));
        for page in gone.into_values() {
            page.stop.send_replace(true);
        }
        *lock(&self.http) = kept;
        for named in wanted {
            if lock(&self.http).contains_key(&named) {
                continue;
            }
            let (stop, stopping) = watch::channel(false);
            match web::serve(named, running, stopping).await {
                Ok(address) => drop(lock(&self.http).insert(named, Page { address, stop })),
                Err(error) => {
                    tracing::error!(address = %named, %error, "no pages and metrics on this address; DNS is served all the same")
                }
            }
        }
    }

    /// Listens as `program` says from now on: new addresses first, so that a failure changes nothing.
    pub(super) async fn change(&self, program: &Program) -> Result<(), StartError> {
        let bound = self.bind(program).await?;
        let gone = {
            let mut dns = lock(&self.dns);
            let (kept, gone): (BTreeMap<_, _>, BTreeMap<_, _>) =
                std::mem::take(&mut *dns).into_iter().partition(|(address, _)| program.dns.contains(address));
            if ways(program) == Ways::Told {
                for listener in kept.values() {
                    if let Err(error) = listener.tell_ways() {
                        tracing::error!(address = %listener.address(), %error, "no group finds its clients by interface here");
                    }
                }
            }
            *dns = kept;
            dns.extend(bound);
            gone
        };
        for listener in gone.into_values() {
            listener.stop(super::PATIENCE).await;
        }
        Ok(())
    }

    pub(super) fn dns_addresses(&self) -> Vec<SocketAddr> {
        lock(&self.dns).values().map(Listener::address).collect()
    }

    /// What is not as it should be where the portable loop serves.
    pub(super) fn lacks(&self) -> Vec<String> {
        lock(&self.dns).values().filter_map(lacks_of).collect()
    }

    pub(super) fn http_addresses(&self) -> Vec<SocketAddr> {
        lock(&self.http).values().map(|page| page.address).collect()
    }

    /// Stops all of them, at the same time.
    pub(super) async fn stop(&self, patience: Duration) {
        for page in std::mem::take(&mut *lock(&self.http)).into_values() {
            page.stop.send_replace(true);
        }
        let stopping: Vec<_> =
            std::mem::take(&mut *lock(&self.dns)).into_values().map(|listener| tokio::spawn(listener.stop(patience))).collect();
        for listener in stopping {
            // A listener that panicked while stopping has stopped.
            listener.await.ok();
        }
    }
}

/// What a listener lacks that the portable loop serves.
fn lacks_of(listener: &Listener) -> Option<String> {
    listener.refused().map(|refused| lacks(listener.address(), refused))
}

/// The same for people.
fn lacks(address: SocketAddr, refused: &dyn Display) -> String {
    let mut said = format!(
        "the portable loop serves {address}, for the system does not grant {refused}; packets come and go one after the other, and no \
         group finds its clients by interface"
    );
    if address.ip().is_unspecified() {
        said.push_str(
            "; which of its addresses was asked is not known: the system chooses the one that an answer leaves from, and no group \
             finds its clients by the address that they ask; name each address in [listen] dns",
        );
    }
    said
}

/// Whether it matters by which interface a packet came in.
fn ways(program: &Program) -> Ways {
    if program.clients.interfaces().is_empty() { Ways::Untold } else { Ways::Told }
}

#[cfg(test)]
mod tests;
