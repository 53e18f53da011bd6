//! Which record data hold names that may be compressed, and where: the types of RFC 1035, and those of RFC 3597 section 4.
//!
//! All other data are octets of no meaning here and are passed on as they came (RFC 3597).

use super::labels::Spelt;
use super::{Malformed, RecordType};

/// What follows the names of some record data.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Tail {
    /// Nothing.
    Empty,
    /// Exactly so many octets.
    Octets(usize),
    /// Anything.
    Any,
}

/// The shape of record data with names: octets, then names, then a tail.
struct Shape {
    before: usize,
    names: usize,
    tail: Tail,
}

/// The shape of `record_type`'s data; `None` where they hold no name that may be compressed.
fn shape(record_type: RecordType, rdata: &[u8]) -> Result<Option<Shape>, Malformed> {
    let (before, names, tail) = match record_type.0 {
        // NS, MD, MF, CNAME, MB, MG, MR, PTR, DNAME.
        2..=5 | 7..=9 | 12 | 39 => (0, 1, Tail::Empty),
        // SOA: two names and five numbers.
        6 => (0, 2, Tail::Octets(20)),
        // MINFO, RP.
        14 | 17 => (0, 2, Tail::Empty),
        // MX, AFSDB, RT, KX.
        15 | 18 | 21 | 36 => (2, 1, Tail::Empty),
        // SIG.
        24 => (18, 1, Tail::Any),
        // PX.
        26 => (2, 2, Tail::Empty),
        // NXT.
        30 => (0, 1, Tail::Any),
        // SRV.
        33 => (6, 1, Tail::Empty),
        // NAPTR: two numbers and three character strings.
        35 => {
            let mut before = 4;
            for _ in 0..3 {
                before += 1 + usize::from(*rdata.get(before).ok_or(Malformed::Rdata)?);
            }
            (before, 1, Tail::Empty)
        }
        _ => return Ok(None),
    };
    Ok(Some(Shape { before, names, tail }))
}

/// Hands out each name of some record data, with its place, and checks that the data have their type's shape.
///
/// Returns the place where the names begin and the place where they end; both are `rdata`'s start for data without names.
///
/// # Errors
/// [`Malformed::Rdata`] where the shape is another, [`Malformed::Name`] where a name cannot be read.
pub(super) fn names(
    bytes: &[u8],
    record_type: RecordType,
    rdata: std::ops::Range<usize>,
    mut each: impl FnMut(usize, &Spelt),
) -> Result<std::ops::Range<usize>, Malformed> {
    let octets = &bytes[rdata.clone()];
    match record_type {
        RecordType::A if octets.len() != 4 => return Err(Malformed::Rdata),
        RecordType::AAAA if octets.len() != 16 => return Err(Malformed::Rdata),
        _ => {}
    }
    let Some(shape) = shape(record_type, octets)? else { return Ok(rdata.start..rdata.start) };
    let start = rdata.start + shape.before;
    let mut at = start;
    for _ in 0..shape.names {
        if at >= rdata.end {
            return Err(Malformed::Rdata);
        }
        let spelt = Spelt::read(bytes, at)?;
        each(at, &spelt);
        at = spelt.end;
    }
    let left = rdata.end.checked_sub(at).ok_or(Malformed::Rdata)?;
    match shape.tail {
        Tail::Empty if left != 0 => Err(Malformed::Rdata),
        Tail::Octets(exactly) if left != exactly => Err(Malformed::Rdata),
        Tail::Empty | Tail::Octets(_) | Tail::Any => Ok(start..at),
    }
}
