//! Files of a repository, wherever it is: pages below an address, or files in a folder.
//!
//! The rule: whoever reads says how many octets may come, and no more ever do.

use std::fmt;
use std::fs::File;
use std::io::{ErrorKind, Read};
use std::path::PathBuf;

use crate::fetch::{Bootstrap, Failure, Limits, Marks, Page, Reason, Reply, Trust, whole};
use crate::office::repository::{Answer, Way};

/// Where files are read.
pub trait Reading: fmt::Debug + Send + Sync {
    /// The file at `path` below the repository, of at most `most` octets; nothing where `marks` still hold.
    fn read<'r>(&'r self, path: &'r str, most: u64, marks: &'r Marks) -> Answer<'r, Reply>;
}

/// Pages below an address.
#[derive(Debug, Clone)]
pub struct Pages {
    /// The repository's own address.
    pub page: Page,
    /// Who knows the addresses of hosts.
    pub bootstrap: Bootstrap,
    /// Who vouches for servers.
    pub trust: Trust,
}

/// Files in a folder.
#[derive(Debug, Clone)]
pub struct Folder(pub PathBuf);

/// What is read by `way`.
pub(super) fn by(way: &Way, trust: &Trust) -> Box<dyn Reading> {
    match way {
        Way::Pages(page, bootstrap) => Box::new(Pages { page: page.clone(), bootstrap: bootstrap.clone(), trust: trust.clone() }),
        Way::Folder(folder) => Box::new(Folder(folder.clone())),
    }
}

impl Reading for Pages {
    fn read<'r>(&'r self, path: &'r str, most: u64, marks: &'r Marks) -> Answer<'r, Reply> {
        Box::pin(async move {
            let page = self
                .page
                .below(path)
                .map_err(|error| Failure::new(Reason::Forbidden, format!("{}: {} {error}", self.page, path.escape_debug())))?;
            whole(&page, marks, &self.bootstrap, &self.trust, &Limits::for_largest(most)).await
        })
    }
}

impl Reading for Folder {
    fn read<'r>(&'r self, path: &'r str, most: u64, _: &'r Marks) -> Answer<'r, Reply> {
        Box::pin(async move {
            let mut at = self.0.clone();
            for part in path.split('/') {
                // A folder from a stick may say anything; nothing outside of it is read.
                if part.is_empty() || part == "." || part == ".." || part.contains('\0') {
                    return Err(Failure::new(Reason::Forbidden, format!("{} is no file's name", path.escape_debug())));
                }
                at.push(part);
            }
            let shown = at.display().to_string();
            let read = tokio::task::spawn_blocking(move || {
                let mut octets = Vec::new();
                File::open(at)?.take(most.saturating_add(1)).read_to_end(&mut octets).map(|_| octets)
            });
            let read = read.await.map_err(|error| Failure::new(Reason::Local, error.to_string()))?;
            match read {
                Ok(octets) if octets.len() as u64 > most => {
                    Err(Failure::new(Reason::TooLarge, format!("{shown}: more than {most} octets")))
                }
                Ok(octets) => Ok(Reply::Octets(octets, Marks::default())),
                Err(error) if error.kind() == ErrorKind::NotFound => {
                    Ok(Reply::Absent(Failure::new(Reason::Status, format!("{shown} is not there"))))
                }
                Err(error) => Err(Failure::local(shown, &error)),
            }
        })
    }
}
