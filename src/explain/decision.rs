//! A decision of the office as `explain` tells it: who, why, since when, until when, and which publication brought it.

use serde::{Deserialize, Serialize};

use crate::decisions;

/// A decision of the education office.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct DecisionSaid {
    /// The role that decided, as lists' owners are written.
    pub owner: String,
    /// The person.
    pub by: String,
    /// Why.
    pub reason: String,
    /// The day on which it was made.
    pub made: String,
    /// The last day on which it holds, where it ends.
    pub until: Option<String>,
    /// The serial of the publication that brought it.
    pub publication: u64,
}

impl DecisionSaid {
    pub(super) fn of(decision: &decisions::Decision) -> Self {
        let decisions::Decision { ruling: _, owner, by, reason, made, until, publication } = decision;
        Self {
            owner: owner.text(),
            by: by.clone(),
            reason: reason.clone(),
            made: made.to_string(),
            until: until.map(|until| until.to_string()),
            publication: *publication,
        }
    }
}
