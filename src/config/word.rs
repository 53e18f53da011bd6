//! How a configuration stands to the office's word: by which tables it is read, and what becomes of what they do not let a school say.

use std::sync::Arc;

use crate::office::here::Here;

/// By which tables a configuration is read.
#[derive(Debug, Clone)]
pub enum By {
    /// Those that the state directory keeps of the office that the file names; where it names none, the program's own.
    Kept,
    /// These, where the file names an office.
    These(Arc<Here>),
}

/// What it is when the file says what the office does not let a school say.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Conflict {
    /// A fault: somebody is there to mend it.
    Fault,
    /// A warning, and the office's word holds: a school that starts, or hears from its office, goes on filtering.
    Warning,
}
