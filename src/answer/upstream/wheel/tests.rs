//! Things come out at their time, in whatever order they were put in and however long nobody looked.

use proptest::prelude::*;

use super::*;

const MILLI: Duration = Duration::from_millis(1);

#[test]
fn what_is_due_later_than_a_turn_goes_round() {
    let (mut wheel, mut out) = (Wheel::new(), Vec::new());
    wheel.put(MILLI, 5000 * MILLI, "late");
    wheel.put(MILLI, 11 * MILLI, "soon");
    assert_eq!(wheel.due(), Some(12 * MILLI));
    for turn in 0..4999 {
        wheel.take(turn * MILLI, &mut out);
    }
    assert_eq!(out, ["soon"]);
    wheel.take(5004 * MILLI, &mut out);
    assert_eq!((out, wheel.due()), (vec!["soon", "late"], None));
}

#[test]
fn an_empty_wheel_that_nobody_turned_for_days_knows_the_time() {
    let (mut wheel, mut out) = (Wheel::new(), Vec::new());
    let days = Duration::from_secs(300_000);
    wheel.put(days, days + 10 * MILLI, ());
    assert!(wheel.due().is_some_and(|due| due > days && due <= days + 10 * MILLI + TICK));
    wheel.take(days + 9 * MILLI, &mut out);
    assert_eq!(out.len(), 0);
    wheel.take(days + 14 * MILLI, &mut out);
    assert_eq!(out.len(), 1);
}

proptest! {
    #[test]
    fn nothing_is_early_lost_or_more_than_a_tick_late(steps in prop::collection::vec((0_u64..400, 0_u64..3000), 1..200)) {
        let (mut wheel, mut out, mut now) = (Wheel::new(), Vec::new(), Duration::ZERO);
        let mut waiting: Vec<Duration> = Vec::new();
        for (pause, wait) in steps {
            now += Duration::from_millis(pause);
            wheel.take(now, &mut out);
            for due in out.drain(..) {
                prop_assert!(due <= now);
                let place = waiting.iter().position(|known| *known == due);
                waiting.swap_remove(place.expect("it was put in once"));
            }
            prop_assert!(waiting.iter().all(|due| *due + TICK > now));
            prop_assert_eq!(wheel.due().is_some(), !waiting.is_empty());
            prop_assert!(wheel.due().is_none_or(|due| waiting.iter().all(|known| due <= *known + TICK)));
            let due = now + Duration::from_millis(wait);
            wheel.put(now, due, due);
            waiting.push(due);
        }
    }
}
