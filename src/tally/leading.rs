//! Whether one address asks nearly everything, found in one number and one address a worker.
//!
//! The majority vote of Boyer and Moore (1981): the candidate has at least as many queries as votes, and who has a share of nine
//! tenths is the candidate and keeps eight tenths of all votes, however the queries are spread over the workers.
//!
//! # Cost
//! A comparison a query. No address is kept but the candidate's, and none beyond [`super::Tally::take_leading`].

use std::collections::HashMap;
use std::net::IpAddr;

/// Fewer queries say nothing of a school.
const ENOUGH: u64 = 1000;

/// The vote of one worker.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Leading {
    candidate: Option<IpAddr>,
    votes: u64,
    queries: u64,
}

impl Leading {
    /// Counts a query of `client`.
    pub fn count(&mut self, client: IpAddr) {
        self.queries += 1;
        if self.candidate == Some(client) {
            self.votes += 1;
        } else if self.votes == 0 {
            (self.candidate, self.votes) = (Some(client), 1);
        } else {
            self.votes -= 1;
        }
    }
}

/// Who asked nearly everything: found where it was nine tenths or more, never where it was less than eight.
///
/// None of fewer than a thousand queries.
pub fn nearly_all(votes: &[Leading]) -> Option<IpAddr> {
    let queries: u64 = votes.iter().map(|vote| vote.queries).sum();
    let mut sums = HashMap::new();
    for vote in votes {
        if let Some(candidate) = vote.candidate {
            *sums.entry(candidate).or_insert(0_u64) += vote.votes;
        }
    }
    let (first, own) = sums.into_iter().max_by_key(|(_, votes)| *votes)?;
    (queries >= ENOUGH && own.saturating_mul(10) >= queries.saturating_mul(8)).then_some(first)
}

#[cfg(test)]
mod tests;
