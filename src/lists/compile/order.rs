//! The order of a chunk of rules: by name, then list, then line.
//!
//! # Cost
//! Comparing whole keys costs a wrong guess at nearly every step, for most names share their first octets, those of a few top-level
//! domains. So each rule is given one number, of its top-level domain's rank and some of the octets behind it; numbers are sorted
//! without guessing, and keys are compared among the few rules that have the same.

use std::collections::HashMap;

use super::rules::{CHUNK, END, Head, Named};

/// The bits of a number in which a rank stands: there are no more top-level domains than rules.
const RANK: u32 = CHUNK.next_power_of_two().trailing_zeros();
/// Those of the octets behind the top-level domain.
const BEHIND: u32 = u64::BITS - RANK;

/// The places of the rules in order.
pub(super) fn order(rules: &[Named], tails: &[u8]) -> Vec<u32> {
    let mut tops = Tops::new();
    let number = |(place, rule): (u32, &Named)| {
        let (top, behind) = split(&rule.head);
        (u64::from(tops.number(top)) << BEHIND | behind, place)
    };
    let mut numbers: Vec<(u64, u32)> = (0..).zip(rules).map(number).collect();
    let ranks = tops.ranks();
    for (number, _) in &mut numbers {
        *number = ranks[(*number >> BEHIND) as usize] << BEHIND | *number << RANK >> RANK;
    }
    numbers.sort_unstable_by_key(|(number, _)| *number);
    for alike in numbers.chunk_by_mut(|(left, _), (right, _)| left == right).filter(|alike| alike.len() > 1) {
        alike.sort_unstable_by(|(_, left), (_, right)| rules[*left as usize].compare(&rules[*right as usize], tails));
    }
    numbers.into_iter().map(|(_, place)| place).collect()
}

/// The first eight octets of a key as far as they are of its first label, with zeros behind, and bits of the octets that follow.
fn split(head: &Head) -> (u64, u64) {
    let octets = head[0].to_be_bytes();
    let own = octets.iter().position(|octet| *octet == END).map_or(octets.len(), |end| end + 1) * 8;
    let both = u128::from(head[0]) << 64 | u128::from(head[1]);
    let top = both >> (128 - own) << (128 - own) >> 64;
    (top as u64, (both << own >> (128 - BEHIND)) as u64)
}

/// The top-level domains of a chunk, numbered as they come.
struct Tops {
    numbers: HashMap<u64, u32>,
    /// Some that were looked up of late.
    last: Vec<(u64, u32)>,
}

/// A chunk has some hundred top-level domains at most.
const LATE: u32 = 10;

impl Tops {
    fn new() -> Self {
        // A place that was never used holds zeros, and so does the root's key: that one is looked up each time.
        Self { numbers: HashMap::new(), last: vec![(0, 0); 1 << LATE] }
    }

    fn number(&mut self, top: u64) -> u32 {
        let place = (top.wrapping_mul(0x9e37_79b9_7f4a_7c15) >> (u64::BITS - LATE)) as usize;
        if self.last[place].0 != top || top == 0 {
            let next = self.numbers.len() as u32;
            self.last[place] = (top, *self.numbers.entry(top).or_insert(next));
        }
        self.last[place].1
    }

    /// The rank of each number.
    fn ranks(&self) -> Vec<u64> {
        let mut tops: Vec<(u64, u32)> = self.numbers.iter().map(|(top, number)| (*top, *number)).collect();
        tops.sort_unstable();
        let mut ranks = vec![0; tops.len()];
        for (rank, (_, number)) in (0..).zip(tops) {
            ranks[number as usize] = rank;
        }
        ranks
    }
}
