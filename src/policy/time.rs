//! School time: an instant as the school's clock shows it, and whether that clock can be believed.
//!
//! No clock is read here; the instant is an argument.

use std::collections::BTreeSet;
use std::time::Duration;

use jiff::civil::{Date, DateTime, Weekday};
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};

/// A minute of a day, from 00:00 to 24:00, the end of the day.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct MinuteOfDay(u16);

/// The text is no time of day.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a time of day is written as in \"07:30\", up to \"24:00\"")]
pub struct MinuteOfDayError;

impl MinuteOfDay {
    /// 00:00.
    pub const START: Self = Self(0);
    /// 24:00.
    pub const END: Self = Self(24 * 60);

    /// The minute `minutes` after midnight, up to 24:00.
    pub const fn new(minutes: u16) -> Option<Self> {
        if minutes <= Self::END.0 { Some(Self(minutes)) } else { None }
    }

    /// Minutes since midnight.
    pub const fn minutes(self) -> u16 {
        self.0
    }

    /// Time since midnight on a day without a change of the clock.
    pub fn since_midnight(self) -> Duration {
        Duration::from_secs(u64::from(self.0) * 60)
    }

    /// The minute in which a time since midnight falls.
    fn holding(since_midnight: Duration) -> Self {
        let minutes = u16::try_from(since_midnight.as_secs() / 60).unwrap_or(Self::END.0);
        Self(minutes.min(Self::END.0))
    }
}

impl std::str::FromStr for MinuteOfDay {
    type Err = MinuteOfDayError;

    /// Reads `HH:MM`, two digits each.
    fn from_str(text: &str) -> Result<Self, MinuteOfDayError> {
        let &[h10, h1, b':', m10, m1] = text.as_bytes() else { return Err(MinuteOfDayError) };
        let digit = |octet: u8| octet.is_ascii_digit().then(|| u16::from(octet - b'0')).ok_or(MinuteOfDayError);
        let (hours, minutes) = (digit(h10)? * 10 + digit(h1)?, digit(m10)? * 10 + digit(m1)?);
        if minutes > 59 {
            return Err(MinuteOfDayError);
        }
        Self::new(hours * 60 + minutes).ok_or(MinuteOfDayError)
    }
}

impl std::fmt::Display for MinuteOfDay {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{:02}:{:02}", self.0 / 60, self.0 % 60)
    }
}

/// How far a reading of the clock can be believed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Certainty {
    /// It is what people at the school read.
    Sure,
    /// A change of the clock is near: a reading in this part of the day may stand for another. The stricter of group and
    /// every window that touches it holds.
    Between(MinuteOfDay, MinuteOfDay),
    /// The clock stands before the images were made, so it is wrong. The stricter of group and all windows holds.
    Unknown,
}

/// An instant as the school's clock shows it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SchoolTime {
    /// The instant itself, never before the images were made: ends of grants and exceptions are measured by it.
    pub instant: Timestamp,
    /// The day.
    pub date: Date,
    /// Whether the day is a holiday.
    pub holiday: bool,
    /// Time since midnight as the clock shows it.
    pub since_midnight: Duration,
    /// How far all this can be believed.
    pub certainty: Certainty,
    /// The first instant at which `certainty` or the distance to UTC changes, where one is near enough to matter.
    pub(super) steady_until: Option<Timestamp>,
}

impl SchoolTime {
    /// The day of the week.
    pub fn day(&self) -> Weekday {
        self.date.weekday()
    }

    /// The minute that the clock shows.
    pub fn minute(&self) -> MinuteOfDay {
        MinuteOfDay::holding(self.since_midnight)
    }

    /// Whether the reading cannot be believed.
    pub const fn is_doubtful(&self) -> bool {
        match self.certainty {
            Certainty::Sure => false,
            Certainty::Between(..) | Certainty::Unknown => true,
        }
    }
}

/// The school's time zone and holidays, and since when a clock may be believed.
#[derive(Debug, Clone)]
pub struct Calendar {
    zone: TimeZone,
    holidays: BTreeSet<Date>,
}

impl Calendar {
    /// The calendar of a school in `zone`.
    pub fn new(zone: TimeZone, holidays: impl IntoIterator<Item = Date>) -> Self {
        Self { zone, holidays: holidays.into_iter().collect() }
    }

    /// The school's time zone.
    pub const fn zone(&self) -> &TimeZone {
        &self.zone
    }

    /// Days on which no window opens unless it says so.
    pub fn holidays(&self) -> impl Iterator<Item = Date> {
        self.holidays.iter().copied()
    }

    /// What the school's clock shows at `now`. A clock that stands before `images_made` is wrong.
    pub fn at(&self, now: Timestamp, images_made: Timestamp) -> SchoolTime {
        let instant = now.max(images_made);
        let shown = self.zone.to_datetime(instant);
        let (certainty, steady_until) =
            if now < images_made { (Certainty::Unknown, None) } else { self.certainty(instant, shown) };
        let midnight = shown.date().to_datetime(jiff::civil::Time::midnight());
        SchoolTime {
            instant,
            date: shown.date(),
            holiday: self.holidays.contains(&shown.date()),
            since_midnight: Duration::try_from(shown.duration_since(midnight)).unwrap_or_default(),
            certainty,
            steady_until,
        }
    }

    /// Whether a change of the clock is near `instant`, and until when the answer holds.
    fn certainty(&self, instant: Timestamp, shown: DateTime) -> (Certainty, Option<Timestamp>) {
        let before = self.zone.preceding(instant.saturating_add(SignedDuration::from_nanos(1)).unwrap_or(instant)).next();
        if let Some(change) = before.and_then(|transition| self.change(transition.timestamp()))
            && instant < change.doubtful_until
        {
            return (change.between(shown), Some(change.doubtful_until));
        }
        let Some(next) = self.zone.following(instant).find_map(|transition| self.change(transition.timestamp())) else {
            return (Certainty::Sure, None);
        };
        if instant < next.doubtful_from {
            return (Certainty::Sure, Some(next.doubtful_from));
        }
        (next.between(shown), Some(next.at))
    }

    /// The change of the clock at a transition; `None` where only the zone's name changes.
    fn change(&self, at: Timestamp) -> Option<Change> {
        let just_before = at.checked_sub(SignedDuration::from_nanos(1)).ok()?;
        let (old, new) = (self.zone.to_offset(just_before), self.zone.to_offset(at));
        let shift = SignedDuration::from_secs(i64::from(new.seconds()) - i64::from(old.seconds()));
        if shift.is_zero() {
            return None;
        }
        let size = shift.abs();
        let after = at.checked_add(size).ok()?;
        let (first, last) = if shift.is_positive() {
            // A gap: the hour after it is what a clock that nobody put forward would show as the missing one.
            (old.to_datetime(at), new.to_datetime(after))
        } else {
            // An overlap: the same hour is shown twice.
            (new.to_datetime(at), old.to_datetime(at))
        };
        let doubtful_from = if shift.is_positive() { at } else { at.checked_sub(size).ok()? };
        Some(Change { at, doubtful_from, doubtful_until: after, first, last })
    }
}

/// A change of the clock.
struct Change {
    at: Timestamp,
    doubtful_from: Timestamp,
    doubtful_until: Timestamp,
    /// The readings from here to `last` can each stand for another instant.
    first: DateTime,
    last: DateTime,
}

impl Change {
    /// The part of the shown day that cannot be told apart.
    fn between(&self, shown: DateTime) -> Certainty {
        let clip = |end: DateTime| match end.date().cmp(&shown.date()) {
            std::cmp::Ordering::Less => MinuteOfDay::START,
            std::cmp::Ordering::Equal => {
                let time = end.time();
                MinuteOfDay(u16::from(time.hour().unsigned_abs()) * 60 + u16::from(time.minute().unsigned_abs()))
            }
            std::cmp::Ordering::Greater => MinuteOfDay::END,
        };
        Certainty::Between(clip(self.first), clip(self.last))
    }
}

#[cfg(test)]
mod tests;
