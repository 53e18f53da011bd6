//! A zone from its primary, by TCP: asked for what has changed, else for all, and written as the text of a response policy zone.
//!
//! The rule: everything that a primary can stretch is bounded: the connection, octets, records, the whole time, and how slowly it comes.

use std::fs::File;
use std::io::{self, BufRead, BufReader, Read};
use std::path::Path;
use std::sync::Arc;

use hyper::body::Bytes;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::sync::mpsc;
use tokio::time::{Instant, timeout, timeout_at};

use super::connect::connect;
use super::download::{Limits, Piece, Pieces};
use super::source::{Step, Watch, blocking};
use super::unpack::{Encoding, unpack};
use super::zone::{Came, Changes, HEAD_LINES, Incoming, head};
use super::{Bootstrap, Failure, Held, Primary, Reason, Version};
use crate::dns::{Soa, TsigKey, compose_transfer};

/// Pieces that wait for the thread that packs them: one message of short records with long names is some megabytes of text.
const WAITING: usize = 4;

/// Octets of text that make one piece.
const PIECE: usize = 64 * 1024;

/// A zone that came.
pub(super) struct Transferred {
    /// The first octets of its text.
    pub(super) head: Vec<u8>,
    /// Its version.
    pub(super) version: Version,
}

/// What a transfer needs from its surroundings.
pub(super) struct Transfer<'t> {
    pub(super) primary: &'t Primary,
    pub(super) bootstrap: &'t Bootstrap,
    pub(super) limits: &'t Limits,
    pub(super) held: &'t Arc<Held>,
    pub(super) watch: &'t Watch,
    /// When it began, by the wall clock in seconds since 1970 and by the one that only goes forward.
    pub(super) began: (u64, Instant),
}

impl Transfer<'_> {
    /// Brings the zone into the file `to`; none where the version `known` is still the newest.
    ///
    /// # Errors
    /// [`Failure`]; what stands in `to` is then of no use.
    pub(super) async fn bring(&self, known: Option<Version>, to: &Path) -> Result<Option<Transferred>, Failure> {
        let primary = self.primary.clone();
        let key = blocking(move || primary.key()).await??;
        if let Some(known) = known {
            match self.ask(Some(known.serial), key.as_ref(), to).await {
                Ok(came) => return Ok(came),
                // A primary that gives no changes, none that fit to what is here, or more than there is room for, gives the whole zone.
                Err(failure)
                    if matches!(failure.reason, Reason::Status | Reason::Unparsable | Reason::Truncated | Reason::TooLarge) => {}
                Err(failure) => return Err(failure),
            }
        }
        self.ask(None, key.as_ref(), to).await
    }

    /// Asks once, for changes since a version or for all.
    async fn ask(&self, since: Option<u32>, key: Option<&TsigKey>, to: &Path) -> Result<Option<Transferred>, Failure> {
        (self.watch)(Step::Asking);
        let mut stream = connect(&self.primary.peer(), self.bootstrap, self.limits).await?;
        let id = rand::random();
        let mut question = Vec::new();
        compose_transfer(id, self.primary.zone(), since, &mut question);
        let signatures = key.map(|key| key.answers_to(key.sign(&mut question, None, self.now())));
        let incoming = Incoming::new(self.primary.zone().clone(), id, since, signatures);
        let length = u16::try_from(question.len()).expect("a question is short").to_be_bytes();
        let sent = timeout(self.limits.connect, stream.write_all(&[&length[..], &question].concat())).await;
        sent.map_err(|_| self.failure(Reason::Timeout, "it takes no question"))?
            .map_err(|error| self.failure(Reason::Connect, &error.to_string()))?;

        let (sender, receiver) = mpsc::channel::<Piece>(WAITING);
        let (largest, path, guard) = (self.limits.largest, to.to_owned(), Arc::clone(self.held));
        let packing = blocking(move || {
            let packed = unpack(Pieces::new(receiver), Encoding::Identity, largest, &path);
            // Whoever takes the list in hand next must not sweep the file away while it is written.
            drop(guard);
            packed
        });
        let (came, packed) = tokio::join!(self.receive(stream, incoming, sender), packing);
        // A way that broke off is the reason for what cannot be packed, not the other way round.
        let (came, changes) = came?;
        match came {
            Came::Unchanged | Came::More => Ok(None),
            Came::Whole(soa) => Ok(Some(Transferred { head: packed??, version: soa.into() })),
            Came::Changes(soa) => self.change(soa, changes, to).await.map(Some),
        }
    }

    /// Receives until the end, and hands the text on as it comes.
    async fn receive(
        &self,
        stream: TcpStream,
        mut incoming: Incoming,
        to: mpsc::Sender<Piece>,
    ) -> Result<(Came, Changes), Failure> {
        let mut stream = tokio::io::BufReader::with_capacity(PIECE, stream);
        let (mut message, mut text) = (Vec::new(), Vec::new());
        let mut window = Window { ends: Instant::now() + self.limits.window, came: 0, all: 0 };
        loop {
            let mut length = [0; 2];
            self.fill(&mut stream, &mut length, &mut window).await?;
            message.resize(usize::from(u16::from_be_bytes(length)), 0);
            self.fill(&mut stream, &mut message, &mut window).await?;
            (self.watch)(Step::Receiving(window.all, None));
            let came = incoming.take(&message, self.now(), &mut text)?;
            if incoming.weight() > self.limits.largest {
                return Err(self.too_large());
            }
            if text.len() >= PIECE || came != Came::More {
                let handed = Instant::now();
                if to.send(Piece::Octets(Bytes::from(std::mem::take(&mut text)))).await.is_err() {
                    // Who packs it has had enough, and says why.
                    return Ok((came, incoming.into_changes()));
                }
                // A slow disk here is not the server's slowness.
                window.ends += handed.elapsed();
            }
            if came != Came::More {
                to.send(Piece::End).await.ok();
                return Ok((came, incoming.into_changes()));
            }
        }
    }

    /// Reads so many octets, as long as enough of them come.
    async fn fill(&self, from: &mut (impl AsyncReadExt + Unpin), to: &mut [u8], window: &mut Window) -> Result<(), Failure> {
        let mut at = 0;
        while at < to.len() {
            let read = match timeout_at(window.ends, from.read(&mut to[at..])).await {
                Err(_) if window.came < self.limits.least => {
                    let said = format!("{} octets came within {:?}, which is too slow", window.came, self.limits.window);
                    return Err(self.failure(Reason::Timeout, &said));
                }
                Err(_) => {
                    (window.ends, window.came) = (Instant::now() + self.limits.window, 0);
                    continue;
                }
                Ok(Ok(0)) => {
                    return Err(self.failure(Reason::Truncated, &format!("the zone broke off after {} octets", window.all)));
                }
                Ok(Ok(read)) => read,
                Ok(Err(error)) => {
                    let said = format!("the zone broke off after {} octets: {error}", window.all);
                    return Err(self.failure(Reason::Truncated, &said));
                }
            };
            at += read;
            window.came += read as u64;
            window.all += read as u64;
            if window.all > self.limits.largest {
                return Err(self.too_large());
            }
        }
        Ok(())
    }

    /// Makes the next version of the copy that is there.
    async fn change(&self, soa: Soa, changes: Changes, to: &Path) -> Result<Transferred, Failure> {
        let (copy, largest, path) = (self.held.copy(), self.limits.largest, to.to_owned());
        let (head, guard) = (head(self.primary.zone(), &soa), Arc::clone(self.held));
        let made = blocking(move || {
            let made = rewrite(&copy, head, changes, largest, &path);
            drop(guard);
            made
        });
        match made.await?? {
            Some(head) => Ok(Transferred { head, version: soa.into() }),
            None => Err(self.failure(Reason::Unparsable, "its changes do not fit to the copy that is here")),
        }
    }

    /// Seconds since 1970, for signatures.
    fn now(&self) -> u64 {
        self.began.0 + self.began.1.elapsed().as_secs()
    }

    fn failure(&self, reason: Reason, what: &str) -> Failure {
        Failure::new(reason, format!("{}: {what}", self.primary))
    }

    fn too_large(&self) -> Failure {
        let largest = self.limits.largest;
        let what = format!("the zone is longer than it may be, and may have {largest}\nhint: `max_size` of the list raises that");
        self.failure(Reason::TooLarge, &what)
    }
}

/// How much came lately, and in all.
struct Window {
    ends: Instant,
    came: u64,
    all: u64,
}

/// Writes the copy with its changes; none where they do not fit to it.
fn rewrite(copy: &Path, head: String, changes: Changes, largest: u64, to: &Path) -> Result<Option<Vec<u8>>, Failure> {
    let local = |error: io::Error| Failure::local("the copy cannot be read", &error);
    let old = File::open(copy).and_then(zstd::stream::read::Decoder::new).map_err(local)?;
    let mut changed = Changed {
        old: BufReader::with_capacity(PIECE, old),
        changes: Some(changes),
        ready: head.into_bytes(),
        at: 0,
        passed: 0,
        misfit: false,
    };
    let head = unpack(&mut changed, Encoding::Identity, largest, to);
    match head {
        Ok(head) => Ok(Some(head)),
        Err(_) if changed.misfit => Ok(None),
        Err(failure) => Err(failure),
    }
}

/// The copy as it is read with its changes.
struct Changed<R> {
    old: R,
    /// None once the new lines are handed over.
    changes: Option<Changes>,
    ready: Vec<u8>,
    at: usize,
    /// Lines of the copy that are behind.
    passed: usize,
    /// Whether the changes turned out to be those of another copy.
    misfit: bool,
}

impl<R: BufRead> Read for Changed<R> {
    fn read(&mut self, to: &mut [u8]) -> io::Result<usize> {
        while self.at == self.ready.len() {
            let Some(changes) = &mut self.changes else { return Ok(0) };
            self.ready.clear();
            self.at = 0;
            if self.old.read_until(b'\n', &mut self.ready)? == 0 {
                let new = self.changes.take().and_then(Changes::into_new).ok_or_else(|| {
                    self.misfit = true;
                    io::Error::other("the changes do not fit")
                })?;
                self.ready = new.into_iter().flatten().collect();
                continue;
            }
            self.passed += 1;
            if self.passed <= HEAD_LINES || !changes.keeps(&self.ready) {
                self.ready.clear();
            }
        }
        let taken = (self.ready.len() - self.at).min(to.len());
        to[..taken].copy_from_slice(&self.ready[self.at..self.at + taken]);
        self.at += taken;
        Ok(taken)
    }
}
