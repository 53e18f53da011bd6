//! Instants as the school's clock shows them, and the hours in which it cannot be believed.

use std::time::Duration;

use jiff::Timestamp;
use jiff::civil::Weekday;
use jiff::tz::TimeZone;

use crate::policy::kit::{instant, minute};
use crate::policy::{Calendar, Certainty, MinuteOfDay, MinuteOfDayError, SchoolTime};

fn berlin(text: &str) -> SchoolTime {
    let zone = TimeZone::get("Europe/Berlin").expect("the zone is known");
    Calendar::new(zone, []).at(instant(text), Timestamp::UNIX_EPOCH)
}

#[test]
fn a_time_of_day_is_two_digits_each_up_to_24_00() {
    assert_eq!("07:30".parse(), Ok(MinuteOfDay::new(450).expect("in the day")));
    assert_eq!("24:00".parse(), Ok(MinuteOfDay::END));
    assert_eq!(minute("24:00").to_string(), "24:00");
    for wrong in ["24:01", "7:30", "07:60", "25:00", "07.30", "", "07:3a", "+7:30", "٠٧:٣"] {
        assert_eq!(wrong.parse::<MinuteOfDay>(), Err(MinuteOfDayError), "{wrong}");
    }
}

#[test]
fn an_instant_is_read_in_the_schools_zone() {
    let zone = TimeZone::get("Asia/Ho_Chi_Minh").expect("the zone is known");
    let calendar = Calendar::new(zone, ["2026-11-24".parse().expect("a date")]);
    let time = calendar.at(instant("2026-11-23T17:30:15.5Z"), Timestamp::UNIX_EPOCH);
    assert_eq!((time.day(), time.minute().to_string()), (Weekday::Tuesday, "00:30".to_owned()));
    assert_eq!(time.since_midnight, Duration::from_millis(1_815_500));
    assert!(time.holiday);
    assert_eq!(time.certainty, Certainty::Sure);
    assert_eq!(time.steady_until, None, "the zone has changed no clock since 1975");
}

#[test]
fn across_an_overlap_both_passes_are_doubtful() {
    // In 2026 Berlin's clocks show 02:00 to 03:00 twice on 25 October, from 00:00 UTC to 02:00 UTC.
    let between = Certainty::Between(minute("02:00"), minute("03:00"));
    assert_eq!(berlin("2026-10-24T23:59:59Z").certainty, Certainty::Sure);
    assert_eq!(berlin("2026-10-24T23:59:59Z").steady_until, Some(instant("2026-10-25T00:00:00Z")));
    for doubtful in ["2026-10-25T00:00:00Z", "2026-10-25T00:59:59Z", "2026-10-25T01:00:00Z", "2026-10-25T01:59:59Z"] {
        assert_eq!(berlin(doubtful).certainty, between, "{doubtful}");
    }
    assert_eq!(berlin("2026-10-25T00:30:00Z").steady_until, Some(instant("2026-10-25T01:00:00Z")));
    assert_eq!(berlin("2026-10-25T02:00:00Z").certainty, Certainty::Sure);
}

#[test]
fn across_a_gap_the_hour_after_it_is_doubtful() {
    // In 2026 Berlin's clocks go from 02:00 to 03:00 on 29 March at 01:00 UTC.
    assert_eq!(berlin("2026-03-29T00:59:59Z").certainty, Certainty::Sure);
    let after = berlin("2026-03-29T01:00:00Z");
    assert_eq!(after.certainty, Certainty::Between(minute("02:00"), minute("04:00")));
    assert_eq!((after.minute(), after.steady_until), (minute("03:00"), Some(instant("2026-03-29T02:00:00Z"))));
    assert_eq!(berlin("2026-03-29T02:00:00Z").certainty, Certainty::Sure);
}

#[test]
fn a_clock_before_the_images_is_unknown_and_ends_are_measured_from_them() {
    let made = instant("2026-11-01T00:00:00Z");
    let calendar = Calendar::new(TimeZone::UTC, []);
    let early = calendar.at(Timestamp::UNIX_EPOCH, made);
    assert_eq!((early.certainty, early.instant, early.date.year()), (Certainty::Unknown, made, 2026));
    assert!(early.is_doubtful());
    assert_eq!(calendar.at(made, made).certainty, Certainty::Sure);
}

#[test]
fn a_change_across_midnight_is_cut_at_the_day() {
    // Beirut's clocks go from 24:00 back to 23:00 at the end of October's last Saturday.
    let zone = TimeZone::get("Asia/Beirut").expect("the zone is known");
    let time = Calendar::new(zone, []).at(instant("2026-10-24T21:30:00Z"), Timestamp::UNIX_EPOCH);
    assert_eq!(time.certainty, Certainty::Between(minute("23:00"), MinuteOfDay::END));
}
