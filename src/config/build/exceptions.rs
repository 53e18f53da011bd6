//! What administrators open although the school's own lists lock it: each with a reason and an end.

use super::Notes;
use crate::config::file;
use crate::decisions::{Exception, Exceptions};
use crate::dns::Name;
use jiff::civil::Date;
use std::collections::HashMap;

/// The exceptions that hold `today` or later.
pub(super) fn exceptions(written: Vec<file::Exception>, today: Date, notes: &mut Notes<'_>) -> Exceptions {
    let mut first: HashMap<Name, u32> = HashMap::new();
    let mut all = Vec::with_capacity(written.len());
    for file::Exception { line, name, reason, until } in written {
        if until.value < today {
            let what = format!("the exception for `{}` ended on {}", name.value, until.value);
            notes.warn(until.line, what, "remove it, or name a later day");
        }
        match first.get(&name.value) {
            Some(other) => {
                let what = format!("`{}` has two exceptions: on line {other} too", name.value);
                notes.warn(line, what, "the one that ends later holds; remove the other");
            }
            None => {
                first.insert(name.value.clone(), line);
            }
        }
        all.push((name.value, Exception { reason: reason.value, until: until.value }));
    }
    all.into_iter().collect()
}
