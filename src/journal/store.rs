//! The store: one SQLite file, `journal.db`, with a row for the entries of each round.
//!
//! SQLite makes a round whole, gives its room back and leaves no octet behind; a row for each entry would cost ten times as much as
//! all else that is done for a query.
//! The rule: it heals by itself. A corrupt database is set aside and never deleted before its time, one that was deleted under us
//! is made anew, and a full or read-only disk is tried again within ten seconds.

use std::collections::BTreeMap;
use std::fs::{self, DirBuilder, OpenOptions, Permissions};
use std::io;
use std::os::unix::fs::{DirBuilderExt, MetadataExt, OpenOptionsExt, PermissionsExt};
use std::path::{Path, PathBuf};
use std::time::Duration;

use jiff::Timestamp;
use rusqlite::{Connection, ErrorCode, OpenFlags, params};

use super::block::{self, Block, Damaged, Draft};
use super::{Line, Moment};

/// The store's file, below the state directory.
pub const FILE: &str = "journal.db";

/// "Khie": marks the database as ours.
const APPLICATION: i32 = 0x4b68_6965;

/// The schema's version. A later one keeps these columns, so a database of a later version is used as it is.
const VERSION: i32 = 2;

/// Times are in milliseconds since 1970. The repeats of a stored block's entries are rows of their own, the later ones in force.
const SCHEMA: &str = "
CREATE TABLE blocks (
    id INTEGER PRIMARY KEY AUTOINCREMENT, first INTEGER NOT NULL, last INTEGER NOT NULL, entries INTEGER NOT NULL, octets BLOB NOT NULL
) STRICT;
CREATE INDEX blocks_by_first ON blocks (first);
CREATE INDEX blocks_by_last ON blocks (last);
CREATE TABLE repeats (id INTEGER PRIMARY KEY, block INTEGER NOT NULL, octets BLOB NOT NULL) STRICT;
CREATE INDEX repeats_by_block ON repeats (block);
";

const INSERT: &str = "INSERT INTO blocks (first, last, entries, octets) VALUES (?1, ?2, ?3, ?4)";

/// A block that has been forgotten has no repeats.
const INSERT_REPEATS: &str =
    "INSERT INTO repeats (block, octets) SELECT ?1, ?2 WHERE EXISTS (SELECT 1 FROM blocks WHERE id = ?1)";

/// The longest wait between two attempts to open the store.
const LONGEST_WAIT: Duration = Duration::from_secs(10);

/// How many octets of blocks one round deletes, how many blocks, and how many pages it gives back: some milliseconds' work.
const ROUND_OCTETS: usize = 4 << 20;
const ROUND: i64 = 5_000;

/// Why the store did not take something.
#[derive(Debug, thiserror::Error)]
pub(super) enum StoreError {
    /// The database refused.
    #[error(transparent)]
    Database(#[from] rusqlite::Error),
    /// The file system refused.
    #[error(transparent)]
    File(#[from] io::Error),
    /// The file is not the one that was opened.
    #[error("journal.db was moved or deleted while it was in use")]
    Gone,
    /// The database is another program's.
    #[error("journal.db is another program's database")]
    Foreign,
}

/// A block's row, and which opening of the store it is from: a database that was made anew has other rows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
#[cfg_attr(test, derive(Default))]
pub(super) struct Row {
    pub(super) generation: u64,
    id: i64,
}

/// How often entries have been repeated in all, by the row of their block and their place in it.
pub(super) type Repeats = BTreeMap<Row, BTreeMap<u32, u64>>;

/// How far a round of forgetting got.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Swept {
    /// There is more to delete.
    More,
    /// All is deleted, but a reader keeps the write-ahead log from being cut.
    Busy,
    /// What was to go is gone.
    Done,
}

/// The store, open or waiting to be opened.
#[derive(Debug)]
pub(super) struct Store {
    directory: PathBuf,
    database: Option<Database>,
    /// Grows whenever the file is opened.
    generation: u64,
    /// Not to be tried before this uptime.
    retry: Duration,
    wait: Duration,
}

#[derive(Debug)]
struct Database {
    connection: Connection,
    /// Device and inode.
    file: (u64, u64),
}

impl Store {
    pub(super) fn new(directory: &Path) -> Self {
        Self { directory: directory.to_owned(), database: None, generation: 0, retry: Duration::ZERO, wait: Duration::ZERO }
    }

    fn path(&self) -> PathBuf {
        self.directory.join(FILE)
    }

    /// Whether a failure is so recent that it is not yet tried again.
    pub(super) fn is_waiting(&self, now: Moment) -> bool {
        self.database.is_none() && now.uptime < self.retry
    }

    /// Which file the rows are in.
    pub(super) fn generation(&self) -> u64 {
        self.generation
    }

    /// Opens the file where it is not open, and makes sure that it is still the one in the directory.
    pub(super) fn ready(&mut self, now: Moment) -> Result<(), StoreError> {
        let path = self.path();
        if self.database.as_ref().is_some_and(|database| !database.stands_at(&path)) {
            self.database = None;
        }
        if self.database.is_some() {
            return Ok(());
        }
        let database = match Database::open(&self.directory) {
            Err(error) if is_corrupt(&error) => {
                set_aside(&path, now.wall)?;
                Database::open(&self.directory)?
            }
            opened => opened?,
        };
        // Inodes are used again, so no file that is opened can be told to be the one before.
        self.generation += 1;
        self.database = Some(database);
        Ok(())
    }

    /// Writes a block, and the repeats of entries that stand already, in one transaction; gives the block's row.
    ///
    /// It tries twice: a file that is damaged or gone is replaced in between.
    pub(super) fn write(&mut self, block: Option<&Block>, repeats: &Repeats, now: Moment) -> Result<Option<Row>, StoreError> {
        let first = self.attempt(block, repeats, now);
        let Err(error) = first else { return first };
        self.close_after(&error, now)?;
        let second = self.attempt(block, repeats, now);
        if let Err(error) = &second {
            self.close_after(error, now)?;
            self.postpone(now);
        }
        second
    }

    fn attempt(&mut self, block: Option<&Block>, repeats: &Repeats, now: Moment) -> Result<Option<Row>, StoreError> {
        self.ready(now)?;
        let generation = self.generation;
        let database = self.database.as_mut().ok_or(StoreError::Gone)?;
        let id = database.write(block, repeats.iter().filter(|(row, _)| row.generation == generation))?;
        self.wait = Duration::ZERO;
        Ok(id.map(|id| Row { generation, id }))
    }

    /// Closes the file after `error`, and sets it aside where it is damaged.
    fn close_after(&mut self, error: &StoreError, now: Moment) -> Result<(), StoreError> {
        self.database = None;
        if is_corrupt(error) {
            set_aside(&self.path(), now.wall).inspect_err(|_| self.postpone(now))?;
        }
        Ok(())
    }

    /// Waits before the next attempt: a second, then twice as long each time, up to ten.
    pub(super) fn postpone(&mut self, now: Moment) {
        self.database = None;
        self.wait = (self.wait * 2).clamp(Duration::from_secs(1), LONGEST_WAIT);
        self.retry = now.uptime + self.wait;
    }

    /// Deletes a part of what is older than `cutoff`, or dated after `horizon` by a clock that was wrong; then gives the room
    /// back and cuts the write-ahead log, so that the bytes are gone from both files.
    pub(super) fn forget(&mut self, cutoff: Timestamp, horizon: Timestamp, now: Moment) -> Result<Swept, StoreError> {
        let swept = self.ready(now).and_then(|()| match &mut self.database {
            Some(database) => database.forget(cutoff, horizon),
            None => Ok(Swept::Done),
        });
        if let Err(error) = &swept {
            self.close_after(error, now)?;
            self.postpone(now);
        }
        swept
    }
}

impl Database {
    fn open(directory: &Path) -> Result<Self, StoreError> {
        DirBuilder::new().recursive(true).mode(0o700).create(directory)?;
        let path = directory.join(FILE);
        if !path.exists() {
            // A log without its database belongs to one that somebody deleted.
            for suffix in ["-wal", "-shm"] {
                match fs::remove_file(beside(&path, suffix)) {
                    Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error.into()),
                    Ok(()) | Err(_) => {}
                }
            }
        }
        // Made before SQLite sees it, which gives the log the mode of the database.
        let file = OpenOptions::new().read(true).write(true).create(true).truncate(false).mode(0o600).open(&path)?;
        let meta = file.metadata()?;
        if meta.permissions().mode() & 0o777 != 0o600 {
            fs::set_permissions(&path, Permissions::from_mode(0o600))?;
        }
        drop(file);
        let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
        let connection = Connection::open_with_flags(&path, flags)?;
        connection.busy_timeout(Duration::from_secs(1))?;
        // FULL: a commit is on the disk, so a power cut costs only what has not been committed. The order matters:
        // `auto_vacuum` holds only for a database that is still empty.
        connection.execute_batch(
            "PRAGMA auto_vacuum = INCREMENTAL; PRAGMA secure_delete = ON; PRAGMA temp_store = MEMORY; PRAGMA trusted_schema = OFF;",
        )?;
        connection.pragma_update(None, "journal_mode", "WAL")?;
        connection.pragma_update(None, "synchronous", "FULL")?;
        let database = Self { connection, file: (meta.dev(), meta.ino()) };
        database.prepare_schema()?;
        Ok(database)
    }

    fn prepare_schema(&self) -> Result<(), StoreError> {
        let number = |pragma| self.connection.pragma_query_value(None, pragma, |row| row.get::<_, i32>(0));
        let (application, version) = (number("application_id")?, number("user_version")?);
        if version == 0 && application == 0 {
            let tables: i64 = self.connection.query_row("SELECT count(*) FROM sqlite_schema", [], |row| row.get(0))?;
            if tables > 0 {
                return Err(StoreError::Foreign);
            }
            self.connection.execute_batch(&format!(
                "BEGIN IMMEDIATE; {SCHEMA} PRAGMA application_id = {APPLICATION}; PRAGMA user_version = {VERSION}; COMMIT;"
            ))?;
        } else if application != APPLICATION {
            return Err(StoreError::Foreign);
        }
        for statement in [INSERT, INSERT_REPEATS] {
            self.connection.prepare_cached(statement).map_err(|_| StoreError::Foreign)?;
        }
        Ok(())
    }

    /// Whether what is open is still what the directory has, with its log.
    fn stands_at(&self, path: &Path) -> bool {
        fs::metadata(path).is_ok_and(|meta| (meta.dev(), meta.ino()) == self.file) && beside(path, "-wal").exists()
    }

    fn write<'a>(
        &mut self,
        block: Option<&Block>,
        repeats: impl Iterator<Item = (&'a Row, &'a BTreeMap<u32, u64>)>,
    ) -> Result<Option<i64>, rusqlite::Error> {
        let transaction = self.connection.transaction()?;
        let mut row = None;
        {
            if let Some(block) = block {
                row = Some(insert(&transaction, block)?);
            }
            let mut repeated = transaction.prepare_cached(INSERT_REPEATS)?;
            for (row, of) in repeats {
                let of: Vec<(u32, u64)> = of.iter().map(|(place, times)| (*place, *times)).collect();
                repeated.execute(params![row.id, block::repeats(&of)])?;
            }
        }
        transaction.commit()?;
        Ok(row)
    }

    fn forget(&mut self, cutoff: Timestamp, horizon: Timestamp) -> Result<Swept, StoreError> {
        let (cutoff, horizon) = (cutoff.as_millisecond(), horizon.as_millisecond());
        let transaction = self.connection.transaction()?;
        let mut swept = 0;
        {
            let mut expired = transaction.prepare_cached(
                "SELECT id, first, last, octets FROM blocks WHERE id IN
                 (SELECT id FROM blocks WHERE first < ?1 UNION SELECT id FROM blocks WHERE last > ?2 LIMIT ?3)",
            )?;
            let mut rows = expired.query(params![cutoff, horizon, ROUND])?;
            while swept < ROUND_OCTETS
                && let Some(row) = rows.next()?
            {
                let (id, first, last): (i64, i64, i64) = (row.get(0)?, row.get(1)?, row.get(2)?);
                let octets = row.get_ref(3)?.as_blob().unwrap_or_default();
                swept += octets.len().max(1);
                if last >= cutoff && first <= horizon {
                    // What of it cannot be read is past its time as a whole: nobody could say what it still holds.
                    keep_part(&transaction, id, octets, cutoff..=horizon)?;
                }
                transaction.prepare_cached("DELETE FROM repeats WHERE block = ?1")?.execute([id])?;
                transaction.prepare_cached("DELETE FROM blocks WHERE id = ?1")?.execute([id])?;
            }
        }
        transaction.commit()?;
        if swept > 0 {
            return Ok(Swept::More);
        }
        let free: i64 = self.connection.pragma_query_value(None, "freelist_count", |row| row.get(0))?;
        if free > 0 {
            let mut vacuum = self.connection.prepare(&format!("PRAGMA incremental_vacuum({ROUND})"))?;
            let mut pages = vacuum.query([])?;
            while pages.next()?.is_some() {}
            let left: i64 = self.connection.pragma_query_value(None, "freelist_count", |row| row.get(0))?;
            if left > 0 && left < free {
                return Ok(Swept::More);
            }
        }
        let busy: i64 = self.connection.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |row| row.get(0))?;
        Ok(if busy == 0 { Swept::Done } else { Swept::Busy })
    }
}

fn insert(connection: &Connection, block: &Block) -> Result<i64, rusqlite::Error> {
    let Block { first, last, entries, octets } = block;
    connection.prepare_cached(INSERT)?.insert(params![first, last, entries, octets])
}

/// Writes the entries of a block whose times are among `times` as another block.
fn keep_part(
    connection: &Connection,
    id: i64,
    octets: &[u8],
    times: std::ops::RangeInclusive<i64>,
) -> Result<(), rusqlite::Error> {
    let Ok(lines) = read_block(connection, id, octets)? else { return Ok(()) };
    let mut kept = Draft::default();
    lines.iter().filter(|line| times.contains(&line.time.as_millisecond())).for_each(|line| kept.push_line(line));
    if kept.count() > 0 {
        insert(connection, &kept.finish())?;
    }
    Ok(())
}

/// The entries of a block with their repeats.
pub(super) fn read_block(connection: &Connection, id: i64, octets: &[u8]) -> Result<Result<Vec<Line>, Damaged>, rusqlite::Error> {
    let Ok(mut lines) = block::read(octets) else { return Ok(Err(Damaged)) };
    let mut repeated = connection.prepare_cached("SELECT octets FROM repeats WHERE block = ?1 ORDER BY id")?;
    let mut rows = repeated.query([id])?;
    while let Some(row) = rows.next()? {
        if block::read_repeats(row.get_ref(0)?.as_blob().unwrap_or_default(), &mut lines).is_err() {
            return Ok(Err(Damaged));
        }
    }
    Ok(Ok(lines))
}

/// Whether the file itself is at fault, so that no waiting helps.
fn is_corrupt(error: &StoreError) -> bool {
    match error {
        StoreError::Database(error) => {
            matches!(error.sqlite_error_code(), Some(ErrorCode::DatabaseCorrupt | ErrorCode::NotADatabase))
        }
        StoreError::Foreign => true,
        StoreError::File(_) | StoreError::Gone => false,
    }
}

/// `path` with `suffix` after its last character.
pub(super) fn beside(path: &Path, suffix: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(suffix);
    name.into()
}

/// Renames `path`, and the log files of a database with it, to `….corrupt-<time>`; an earlier one keeps its name.
pub(super) fn set_aside(path: &Path, now: Timestamp) -> io::Result<()> {
    let stamp = now.strftime("%Y%m%dT%H%M%SZ").to_string();
    let free = |number: u32| match number {
        0 => format!(".corrupt-{stamp}"),
        number => format!(".corrupt-{stamp}-{number}"),
    };
    let mark = (0..).map(free).find(|mark| !beside(path, mark).exists()).expect("some number is free");
    for suffix in ["", "-wal", "-shm"] {
        match fs::rename(beside(path, suffix), beside(path, &format!("{mark}{suffix}"))) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
            Ok(()) | Err(_) => {}
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests;
