//! Reads filter lists in the formats that publishers use.

mod entry;
mod type_set;

pub use entry::{Action, Entry, Pattern, Scope};
pub use type_set::TypeSet;
