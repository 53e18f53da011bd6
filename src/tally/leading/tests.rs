//! The vote against a count of everything.

use proptest::prelude::*;

use super::*;

fn client(last: u8) -> IpAddr {
    IpAddr::from([10, 0, 0, last])
}

fn votes(queries: impl Iterator<Item = (usize, u8)>) -> Vec<Leading> {
    let mut votes = vec![Leading::default(); 4];
    for (worker, last) in queries {
        votes[worker].count(client(last));
    }
    votes
}

#[test]
fn a_router_that_asks_for_all_is_found_and_a_school_is_none() {
    let router = (0..2000).map(|at: usize| (at % 4, if at.is_multiple_of(11) { 2 + (at % 7) as u8 } else { 1 }));
    assert_eq!(nearly_all(&votes(router)), Some(client(1)));
    assert_eq!(nearly_all(&votes((0..2000).map(|at| (at % 4, (at % 200) as u8)))), None);
    assert_eq!(nearly_all(&votes((0..999).map(|at| (at % 4, 1)))), None, "too few to tell");
    assert_eq!(nearly_all(&[]), None);
}

proptest! {
    #[test]
    fn nine_tenths_are_found_and_less_than_eight_are_not(
        share in 0_u32..=1000,
        dice in prop::collection::vec((0_u32..1000, 0_usize..4, 2_u8..20), 1000..3000),
        sorted in any::<bool>(),
    ) {
        let mut queries: Vec<(usize, u8)> =
            dice.iter().map(|(luck, worker, other)| (*worker, if *luck < share { 1 } else { *other })).collect();
        if sorted {
            queries.sort_unstable_by_key(|(_, last)| *last);
        }
        let own = queries.iter().filter(|(_, last)| *last == 1).count();
        let found = nearly_all(&votes(queries.iter().copied()));
        if own * 10 >= queries.len() * 9 {
            prop_assert_eq!(found, Some(client(1)));
        }
        if own * 10 < queries.len() * 8 {
            prop_assert_ne!(found, Some(client(1)));
        }
    }
}
