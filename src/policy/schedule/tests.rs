//! Windows that cannot be, and windows that overlap.

use jiff::civil::Weekday;

use crate::lists::CategorySet;
use crate::policy::kit::{minute, window};
use crate::policy::{Days, Effect, OnHolidays, Schedule, Window, WindowFault};

fn opens() -> Effect {
    Effect::Opens(CategorySet::EMPTY)
}

#[test]
fn a_window_ends_after_it_starts_on_some_day() {
    let new = |days, from, to| Window::new(days, minute(from), minute(to), opens(), OnHolidays::Shut).err();
    let (from, to) = (minute("10:30"), minute("09:00"));
    let fault = new(Days::ALL, "10:30", "09:00").expect("it ends before it starts");
    assert_eq!(fault, WindowFault::EndsBeforeStart { from, to });
    assert_eq!(fault.to_string(), "a window ends before it starts (10:30 to 09:00)");
    assert_eq!(fault.hint(), "for a window past midnight write two windows");
    assert_eq!(new(Days::ALL, "09:00", "09:00"), Some(WindowFault::Empty { at: to }));
    assert_eq!(new(Days::default(), "09:00", "10:00"), Some(WindowFault::NoDays));
    assert_eq!(new(Days::ALL, "00:00", "24:00"), None);
}

#[test]
fn windows_overlap_in_a_shared_minute_of_a_shared_day() {
    let monday: Days = [Weekday::Monday].into_iter().collect();
    let weekend: Days = [Weekday::Saturday, Weekday::Sunday].into_iter().collect();
    let schedule = Schedule::new(vec![
        window(Days::ALL, "08:00", "10:00", opens()),
        window(monday, "10:00", "12:00", opens()),
        window(monday, "09:59", "10:01", opens()),
        window(weekend, "11:00", "12:00", opens()),
    ]);
    assert_eq!(schedule.overlaps(), [(0, 2), (1, 2)]);
}

#[test]
fn days_are_told_from_monday_on() {
    let days: Days = [Weekday::Sunday, Weekday::Monday].into_iter().collect();
    assert_eq!(days.iter().collect::<Vec<_>>(), [Weekday::Monday, Weekday::Sunday]);
    assert_eq!(Days::ALL.iter().count(), 7);
}

#[test]
fn the_next_edge_is_the_days_next_or_midnight() {
    let schedule = Schedule::new(vec![window(Days::ALL, "08:00", "10:00", opens())]);
    let next = |now| schedule.next_edge(minute(now)).map(|edge| edge.to_string());
    assert_eq!(next("07:59").as_deref(), Some("08:00"));
    assert_eq!(next("08:00").as_deref(), Some("10:00"));
    assert_eq!(next("10:00").as_deref(), Some("24:00"));
    assert_eq!(Schedule::default().next_edge(minute("10:00")), None);
}
