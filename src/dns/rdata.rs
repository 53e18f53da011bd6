//! Which record data hold names that may be compressed, and where: the types of RFC 1035, and those of RFC 3597 section 4.
//!
//! Beside them the shape of addresses, texts and services is checked, so that no client has to make sense of what has none. All
//! other data are octets of no meaning here and are passed on as they came (RFC 3597).

use super::labels::Spelt;
use super::{Malformed, Name, RecordType};

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
    let is_sound = match record_type {
        RecordType::A => octets.len() == 4,
        RecordType::AAAA => octets.len() == 16,
        RecordType::TXT => !octets.is_empty() && are_strings(octets),
        RecordType::SVCB | RecordType::HTTPS => is_service(octets).is_some(),
        _ => true,
    };
    if !is_sound {
        return Err(Malformed::Rdata);
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

/// Whether these are character strings (RFC 1035 section 3.3), the last of which ends where the octets end.
fn are_strings(mut octets: &[u8]) -> bool {
    while let [length, rest @ ..] = octets {
        let Some((_, behind)) = rest.split_at_checked(usize::from(*length)) else { return false };
        octets = behind;
    }
    true
}

/// Reads the data of an SVCB or HTTPS record (RFC 9460 section 2.2): a priority, a name that is not compressed, and parameters, each
/// key higher than the one before it; `None` where they are not.
fn is_service(octets: &[u8]) -> Option<()> {
    let target = Name::from_wire(octets.get(2..)?).ok()?;
    let mut rest = &octets[2 + target.as_wire().len()..];
    let mut lowest = 0;
    while !rest.is_empty() {
        let (head, behind) = rest.split_at_checked(4)?;
        let key = u16::from_be_bytes([head[0], head[1]]);
        let (value, next) = behind.split_at_checked(usize::from(u16::from_be_bytes([head[2], head[3]])))?;
        if u32::from(key) < lowest || !is_parameter(key, value) {
            return None;
        }
        lowest = u32::from(key) + 1;
        rest = next;
    }
    Some(())
}

/// Whether a parameter of a service has its key's shape (RFC 9460 section 14.3.2); keys that are not known have any.
fn is_parameter(key: u16, value: &[u8]) -> bool {
    let some_of = |size: usize| !value.is_empty() && value.len().is_multiple_of(size);
    match key {
        // mandatory: keys. ipv4hint and ipv6hint: addresses.
        0 => some_of(2),
        4 => some_of(4),
        6 => some_of(16),
        // alpn: names of protocols; no-default-alpn: nothing; port: one number.
        1 => !value.is_empty() && are_strings(value),
        2 => value.is_empty(),
        3 => value.len() == 2,
        _ => true,
    }
}

#[cfg(test)]
mod tests;
