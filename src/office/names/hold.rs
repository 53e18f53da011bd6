//! Looking names up in a list: which categories hold at a name, and by which line.
//!
//! The rule is the compiler's: of each category the deepest line on the way counts, and at one name the exception.

use super::{Entry, NameList};
use crate::lists::format::{Action, Scope};

/// Categories that hold at a name, and the name of the line that says so.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Holding<'n> {
    /// The line's name: the name that was asked for, or one above it.
    pub rule: &'n str,
    /// Bit `n` for the `n`th of [`NameList::categories`].
    pub categories: u64,
}

impl NameList {
    /// The lines of one name.
    pub fn at(&self, name: &str) -> impl Iterator<Item = Entry<'_>> {
        let first = self.rows.partition_point(|row| self.name_of(row) < name);
        let name = name.to_owned();
        self.rows[first..].iter().take_while(move |row| self.name_of(row) == name).map(|row| self.entry(row))
    }

    /// What holds at `name`, in presentation form without the final dot: the deepest line first.
    pub fn holding<'n>(&self, name: &'n str) -> Vec<Holding<'n>> {
        let mut found = Vec::new();
        let mut decided = 0_u64;
        let mut rule = name;
        loop {
            let (mut blocked, mut excepted) = (0_u64, 0_u64);
            for entry in self.at(rule) {
                let reaches = match entry.scope {
                    Scope::Subtree => true,
                    Scope::Exact => rule.len() == name.len(),
                    Scope::Below => rule.len() < name.len(),
                };
                if reaches {
                    match entry.action {
                        Action::Block => blocked |= entry.categories,
                        Action::Allow => excepted |= entry.categories,
                    }
                }
            }
            let categories = blocked & !excepted & !decided;
            if categories != 0 {
                found.push(Holding { rule, categories });
            }
            decided |= blocked | excepted;
            match rule.split_once('.') {
                Some((_, above)) => rule = above,
                None => return found,
            }
        }
    }
}
