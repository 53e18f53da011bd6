//! Questions by TCP: connections that are kept, shared by many questions at once, answered in any order (RFC 7766).
//!
//! The rule: however many ask, at most one connection is being opened; and a question that meets a connection which the
//! server has meanwhile closed is asked once more on a fresh one.

use std::net::SocketAddr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::net::TcpStream;
use tokio::time::timeout;

use super::connection::{Connection, Lost};
use super::counters::Counters;
use super::failure::Fault;
use super::flight::Flights;
use super::question::{Announced, Fit, Question, Spelling};
use super::udp::fault;

/// So many connections are held to one upstream at most; with [`super::connection::OUTSTANDING`] on each, as many
/// questions as are under way by default.
const CONNECTIONS: usize = 16;

/// How long a connection may take to come about; a question's own time is usually over before.
const CONNECT: Duration = Duration::from_secs(5);

/// One upstream's connections.
#[derive(Debug)]
pub(super) struct Tcp {
    address: SocketAddr,
    idle: Duration,
    open: Arc<Open>,
    opening: Arc<Flights<SocketAddr, Result<Arc<Connection>, Fault>>>,
}

/// The connections that may take questions.
#[derive(Debug, Default)]
struct Open(Mutex<Vec<Arc<Connection>>>);

impl Tcp {
    /// Connections to `address`, closed when `idle` for so long; none is opened yet.
    pub(super) fn new(address: SocketAddr, idle: Duration) -> Self {
        Self { address, idle, open: Arc::default(), opening: Flights::new() }
    }

    /// Asks and waits for the answer for as long as it is polled.
    ///
    /// # Errors
    /// [`Fault::Unreachable`] and [`Fault::Network`] where no connection is had or it breaks, [`Fault::Full`] where all
    /// are taken.
    pub(super) async fn exchange(
        &self,
        question: &Question,
        spelling: Spelling,
        announced: Announced,
        counters: &Arc<Counters>,
    ) -> Result<Fit, Fault> {
        let mut reconnected = false;
        loop {
            let (connection, fresh) = match self.open.with_room() {
                Some(connection) => (connection, reconnected),
                None => (self.open_one(counters).await?, true),
            };
            match connection.ask(question, spelling, announced).await {
                Ok(fit) => return Ok(fit),
                // Others took the room between; there is more elsewhere, or there will be a connection with some.
                Err(Lost::NoRoom) => {}
                Err(Lost::Closed) if fresh => return Err(Fault::Network),
                Err(Lost::Closed) => reconnected = true,
            }
        }
    }

    /// Whether a connection is open.
    #[cfg(test)]
    pub(super) fn has_connections(&self) -> bool {
        !self.open.still().is_empty()
    }

    /// Opens one connection, or waits for the one that is being opened.
    async fn open_one(&self, counters: &Arc<Counters>) -> Result<Arc<Connection>, Fault> {
        let connect = || {
            // One may have come about since the caller looked.
            if let Some(connection) = self.open.with_room() {
                return Err(Ok(connection));
            }
            if self.open.still().len() >= CONNECTIONS {
                return Err(Err(Fault::Full));
            }
            let (address, idle, counters, open) = (self.address, self.idle, Arc::clone(counters), Arc::clone(&self.open));
            Ok(async move {
                let connecting = timeout(CONNECT, TcpStream::connect(address)).await;
                let stream = connecting.map_err(|_| Fault::Timeout)?.map_err(|error| fault(&error))?;
                stream.set_nodelay(true).map_err(|error| fault(&error))?;
                let connection = Connection::start(stream, idle, counters);
                open.still().push(Arc::clone(&connection));
                Ok(connection)
            })
        };
        self.opening.join(&self.address, connect).await.unwrap_or(Err(Fault::Network))
    }
}

impl Open {
    fn with_room(&self) -> Option<Arc<Connection>> {
        self.still().iter().find(|connection| connection.has_room()).cloned()
    }

    /// The connections, those forgotten that take no more questions.
    fn still(&self) -> MutexGuard<'_, Vec<Arc<Connection>>> {
        let mut open = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        open.retain(|connection| connection.is_open());
        open
    }
}

#[cfg(test)]
mod tests;
