//! Where the gathered lists and queries are that no checkout holds: below `$KHIEN_SHARED`, or `../shared` beside the project.

use std::path::{Path, PathBuf};

/// The place of `path` there; there may be nothing.
pub(crate) fn shared(path: &str) -> PathBuf {
    let beside = || concat!(env!("CARGO_MANIFEST_DIR"), "/../shared").into();
    Path::new(&std::env::var_os("KHIEN_SHARED").unwrap_or_else(beside)).join(path)
}
