//! A set of types by members, by what it lacks, and the bound on both.

use super::TypeSet;
use crate::dns::RecordType;

#[test]
fn all_has_every_type() {
    assert!(TypeSet::ALL.is_all());
    assert!(TypeSet::ALL.contains(RecordType::A) && TypeSet::ALL.contains(RecordType(65_000)));
    assert_eq!(TypeSet::except(&[]), Some(TypeSet::ALL));
}

#[test]
fn only_has_its_members() {
    let set = TypeSet::only(&[RecordType::TXT, RecordType::A, RecordType::A]).expect("two types");
    assert!(set.contains(RecordType::A) && set.contains(RecordType::TXT) && !set.contains(RecordType::AAAA));
    assert_eq!(set.named().collect::<Vec<_>>(), [RecordType::A, RecordType::TXT]);
    assert!(set.is_only() && !set.is_all());
}

#[test]
fn except_lacks_what_it_names() {
    let set = TypeSet::except(&[RecordType::CNAME]).expect("one type");
    assert!(!set.contains(RecordType::CNAME) && set.contains(RecordType::A));
    assert!(!set.is_only() && !set.is_all());
}

#[test]
fn equal_sets_are_equal_whatever_the_order() {
    let one = TypeSet::only(&[RecordType::A, RecordType::MX]);
    assert_eq!(one, TypeSet::only(&[RecordType::MX, RecordType::A, RecordType::MX]));
    assert_ne!(one, TypeSet::except(&[RecordType::MX, RecordType::A]));
}

#[test]
fn more_than_seven_are_refused() {
    let types: Vec<RecordType> = (1..=8).map(RecordType).collect();
    assert!(TypeSet::only(&types).is_none());
    assert!(TypeSet::only(&types[..7]).is_some());
}
