//! What `[office]` means: a repository, and the root file by which all that it offers is verified.

use super::Notes;
use crate::config::file::{self, At};
use crate::config::program::OfficeSource;
use crate::office::publication::Ring;
use std::path::Path;

/// The office that the school follows; none where no `url` names one.
pub(super) fn office(office: file::Office, beside: &Path, notes: &mut Notes<'_>) -> Option<OfficeSource> {
    let file::Office { url, root, refresh, ring } = office;
    match (url, root) {
        (None, None) => None,
        (None, Some(At { line, .. })) => {
            notes.fault(line, "[office] has a `root` and no `url`", "add the address of the repository, \"https://…/\"");
            None
        }
        (Some(At { line, .. }), None) => {
            let hint = "add the path of the root file that the office gave you by hand: whoever serves the page must not be the \
                        one who says whom to trust";
            notes.fault(line, "[office] has a `url` and no `root`", hint);
            None
        }
        (Some(url), Some(root)) => Some(OfficeSource {
            page: url.value,
            url_line: url.line,
            root: beside.join(root.value),
            root_line: root.line,
            refresh,
            ring: Ring::new(ring).unwrap_or(Ring::FIRST),
        }),
    }
}
