//! Fetching one list: asked for, received, unpacked, read, compared, and only then put in the place of the last good copy.
//!
//! The rule: whatever goes wrong on the way ends in a [`Failure`] in the list's record, and the copy is as it was.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use jiff::Timestamp;
use tokio::sync::{Semaphore, mpsc};
use tokio::time::{Instant, timeout};

use super::connect::Trust;
use super::download::{Answer, Arriving, Limits, Packing, Piece, Pieces, ask};
use super::judge::{Change, Reader, compare};
use super::transfer::{Transfer, Transferred};
use super::unpack::unpack;
use super::{Bootstrap, Copies, Failure, Held, Marks, Origin, Page, Primary, Reason, Record};
use crate::lists::ListId;
use crate::lists::compile::JobList;

/// Pieces that wait for the thread that unpacks: at most a few of the sixteen kilobytes that TLS hands over at once.
const WAITING: usize = 16;

/// A list that is fetched.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Wanted {
    /// Its word.
    pub list: ListId,
    /// Where it is.
    pub origin: Origin,
    /// What it is read as: once, or once for each folder of a tree.
    pub parts: Vec<JobList>,
    /// The bounds of fetching it.
    pub limits: Limits,
}

/// What fetching needs from its surroundings.
#[derive(Debug, Clone)]
pub struct Fetcher {
    /// Where copies lie.
    pub copies: Copies,
    /// Who knows the addresses of hosts.
    pub bootstrap: Bootstrap,
    /// Who vouches for servers.
    pub trust: Trust,
    /// Who reads what came.
    pub reader: Reader,
    /// How many are read at once.
    pub reading: Arc<Semaphore>,
}

/// How far a fetch has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Step {
    /// The server is asked.
    Asking,
    /// So many octets came, of so many where the server says it.
    Receiving(u64, Option<u64>),
    /// What came is read.
    Reading,
}

/// Who is told how far a fetch has come.
pub type Watch = Arc<dyn Fn(Step) + Send + Sync>;

/// What a fetch came to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum News {
    /// There is another copy.
    Fresh,
    /// The copy that was there is still what the source offers.
    Unchanged,
    /// The source brought nothing; the record says why.
    Failed,
    /// Another process fetches the list at this time.
    Busy,
}

impl Fetcher {
    /// Fetches a list at the time `now`. `known` is the record as the caller remembers it, which may be newer than the one on a disk
    /// that cannot be written.
    pub async fn fetch(&self, wanted: &Wanted, change: Change, known: Record, now: Timestamp, watch: &Watch) -> (News, Record) {
        let (copies, list) = (self.copies.clone(), wanted.list.clone());
        let held = blocking(move || copies.hold(&list).map(|held| held.map(|held| (held.record(), held)))).await;
        let (on_disk, held) = match held.and_then(|held| held.map_err(|error| Failure::local(UNWRITABLE, &error))) {
            Ok(Some((record, held))) => (record, Arc::new(held)),
            Ok(None) => return (News::Busy, known),
            Err(failure) => {
                let mut record = known;
                record.failed(failure, now);
                return (News::Failed, record);
            }
        };
        // What was counted while nothing could be written is not forgotten; what belongs to the copy is the disk's to say.
        let mut record = if known.asked > on_disk.asked {
            Record { marks: on_disk.marks, digest: on_disk.digest, origin: on_disk.origin, entries: on_disk.entries, ..known }
        } else {
            on_disk
        };
        if record.origin != wanted.origin.to_string() {
            record.marks = Marks::default();
        }
        let limit = wanted.limits.total;
        let said = match timeout(limit, self.bring(wanted, change, &record, &held, watch, now)).await {
            Ok(said) => said,
            Err(_) => Err(Failure::new(Reason::Timeout, format!("{}: not done within {limit:?}", wanted.origin))),
        };
        self.note(wanted, said, record, held, now).await
    }

    /// A candidate with its entries and marks; none where the copy is still the newest.
    async fn bring(
        &self,
        wanted: &Wanted,
        change: Change,
        record: &Record,
        held: &Arc<Held>,
        watch: &Watch,
        now: Timestamp,
    ) -> Result<Option<Candidate>, Failure> {
        let (guard, before) = (Arc::clone(held), record.clone());
        blocking(move || guard.has_room(&before)).await?.map_err(|error| Failure::local(UNWRITABLE, &error))?;
        let path = held.beside("candidate");
        let came = match &wanted.origin {
            Origin::Page(page) => self.bring_page(page, wanted, record, held, &path, watch).await?,
            Origin::Zone(primary) => self.bring_zone(primary, wanted, change, record, held, &path, watch, now).await?,
        };
        let Some((head, marks)) = came else { return Ok(None) };
        watch(Step::Reading);
        let _place = self.reading.acquire().await;
        let (reader, parts, scratch) = (self.reader.clone(), wanted.parts.clone(), held.beside("trial"));
        let (candidate, guard) = (path.clone(), Arc::clone(held));
        let entries = blocking(move || {
            let entries = reader.entries(&parts, &head, &candidate, &scratch);
            drop(guard);
            entries
        })
        .await??;
        // Another source owes the one before nothing.
        let overridden = if record.origin == wanted.origin.to_string() && record.fetched.is_some() {
            compare(record.entries, entries, change)?
        } else {
            None
        };
        Ok(Some(Candidate { path, entries, overridden, marks }))
    }

    /// The page that came into the file `to`: its first octets and its marks; none where the copy is still the newest.
    async fn bring_page(
        &self,
        page: &Page,
        wanted: &Wanted,
        record: &Record,
        held: &Arc<Held>,
        to: &Path,
        watch: &Watch,
    ) -> Result<Option<(Vec<u8>, Marks)>, Failure> {
        watch(Step::Asking);
        let answer = ask(page, &record.marks, Packing::Any, (&self.bootstrap, &self.trust), &wanted.limits).await?;
        let arriving = match answer {
            Answer::Unchanged => return Ok(None),
            Answer::Absent(failure) => return Err(failure),
            Answer::List(arriving) => *arriving,
        };
        let marks = arriving.marks.clone();
        let head = receive(arriving, page, &wanted.limits, to.to_owned(), Arc::clone(held), watch).await?;
        Ok(Some((head, marks)))
    }

    /// The same of a zone.
    #[expect(clippy::too_many_arguments, reason = "what belongs to one fetch, once")]
    async fn bring_zone(
        &self,
        primary: &Primary,
        wanted: &Wanted,
        change: Change,
        record: &Record,
        held: &Arc<Held>,
        to: &Path,
        watch: &Watch,
        now: Timestamp,
    ) -> Result<Option<(Vec<u8>, Marks)>, Failure> {
        let began = (u64::try_from(now.as_second()).unwrap_or(0), Instant::now());
        let transfer = Transfer { primary, bootstrap: &self.bootstrap, limits: &wanted.limits, held, watch, began };
        // Whoever takes whatever came takes the whole zone, whatever its serial.
        let known = match change {
            Change::Bounded => record.marks.zone,
            Change::Any => None,
        };
        let came = transfer.bring(known, to).await?;
        Ok(came.map(|Transferred { head, version }| (head, Marks { zone: Some(version), ..Marks::default() })))
    }

    async fn note(
        &self,
        wanted: &Wanted,
        said: Result<Option<Candidate>, Failure>,
        mut record: Record,
        held: Arc<Held>,
        now: Timestamp,
    ) -> (News, Record) {
        let origin = wanted.origin.to_string();
        let before = record.clone();
        let noting = blocking(move || {
            let outcome = match said {
                Ok(Some(Candidate { path, entries, overridden, marks })) => {
                    let old = record.digest.clone();
                    let mut fresh = Record { origin, marks, entries, overridden, fetched: Some(now), ..record.clone() };
                    fresh.succeeded(now);
                    held.adopt(&path, &mut fresh).map(|()| {
                        let news = if fresh.digest == old { News::Unchanged } else { News::Fresh };
                        record = fresh;
                        news
                    })
                }
                Ok(None) => {
                    record.succeeded(now);
                    held.note(&record).map(|()| News::Unchanged)
                }
                Err(failure) => {
                    record.failed(failure, now);
                    // Where the disk is at fault the caller remembers it.
                    held.note(&record).ok();
                    return (News::Failed, record);
                }
            };
            match outcome {
                Ok(news) => (news, record),
                Err(error) => {
                    record.failed(Failure::local(UNWRITABLE, &error), now);
                    (News::Failed, record)
                }
            }
        });
        noting.await.unwrap_or_else(|failure| {
            let mut record = before;
            record.failed(failure, now);
            (News::Failed, record)
        })
    }
}

/// What came, found sound.
struct Candidate {
    path: PathBuf,
    entries: u64,
    overridden: Option<u64>,
    marks: Marks,
}

const UNWRITABLE: &str = "the state directory cannot be written";

/// Receives a list into `to`, and gives its first octets.
async fn receive(
    arriving: Arriving,
    page: &Page,
    limits: &Limits,
    to: PathBuf,
    held: Arc<Held>,
    watch: &Watch,
) -> Result<Vec<u8>, Failure> {
    let (sender, receiver) = mpsc::channel::<Piece>(WAITING);
    let (encoding, largest, expected) = (arriving.encoding, limits.largest, arriving.expected);
    let unpacking = blocking(move || {
        let unpacked = unpack(Pieces::new(receiver), encoding, largest, &to);
        // Whoever takes the list in hand next must not sweep the file away while it is written.
        drop(held);
        unpacked
    });
    let received = |octets| watch(Step::Receiving(octets, expected));
    let (received, unpacked) = tokio::join!(arriving.receive(page, limits, sender, &received), unpacking);
    // A way that broke off is the reason for what cannot be unpacked, not the other way round.
    received?;
    unpacked?
}

/// Does something on a thread that may wait.
pub(super) async fn blocking<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> Result<T, Failure> {
    let done = tokio::task::spawn_blocking(work).await;
    done.map_err(|error| Failure::new(Reason::Local, format!("a thread of this program ended early: {error}")))
}
