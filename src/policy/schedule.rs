//! Schedules: the windows of a week in which a group sees more, or less, than its tier says.
//!
//! A window that exists is valid: it ends after it starts, on at least one day.

use jiff::civil::Weekday;

use super::{Certainty, MinuteOfDay, SchoolTime, TierId};
use crate::dns::NameMap;
use crate::lists::CategorySet;

/// A set of days of the week.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub struct Days(u8);

impl Days {
    /// Every day.
    pub const ALL: Self = Self(0b111_1111);

    /// Whether `day` is in the set.
    pub fn has(self, day: Weekday) -> bool {
        self.0 >> bit(day) & 1 == 1
    }

    /// What is in both sets.
    #[must_use]
    pub const fn and(self, other: Self) -> Self {
        Self(self.0 & other.0)
    }

    /// Whether no day is in the set.
    pub const fn is_empty(self) -> bool {
        self.0 == 0
    }

    /// The days, from Monday on.
    pub fn iter(self) -> impl Iterator<Item = Weekday> {
        std::iter::successors(Some(Weekday::Monday), |day| Some(day.next())).take(7).filter(move |day| self.has(*day))
    }
}

impl FromIterator<Weekday> for Days {
    fn from_iter<I: IntoIterator<Item = Weekday>>(days: I) -> Self {
        Self(days.into_iter().fold(0, |set, day| set | 1 << bit(day)))
    }
}

/// A day's place in [`Days`]: Monday is 0.
fn bit(day: Weekday) -> u32 {
    day.to_monday_zero_offset().unsigned_abs().into()
}

/// The sites that an exam leaves open.
#[derive(Debug, Clone)]
pub enum Only {
    /// What the group's `allow` names.
    GroupAllow,
    /// These names and all below them.
    Names(NameMap<()>),
}

/// What a window does while it is open.
#[derive(Debug, Clone)]
pub enum Effect {
    /// Another tier is in force.
    Tier(TierId),
    /// The group's tier without these categories, the locked ones excepted.
    Opens(CategorySet),
    /// An exam.
    Exam(Only),
}

/// What a window does on `holidays`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum OnHolidays {
    /// It stays shut.
    #[default]
    Shut,
    /// It opens as on any other day.
    Open,
}

/// Why a window cannot be.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, thiserror::Error)]
pub enum WindowFault {
    /// `from` is later than `to`.
    #[error("a window ends before it starts ({from} to {to})")]
    EndsBeforeStart {
        /// Its start.
        from: MinuteOfDay,
        /// Its end.
        to: MinuteOfDay,
    },
    /// `from` is `to`.
    #[error("a window has no length ({at} to {at})")]
    Empty {
        /// Its start and end.
        at: MinuteOfDay,
    },
    /// It opens on no day.
    #[error("a window has no days")]
    NoDays,
}

impl WindowFault {
    /// How to mend it.
    pub const fn hint(&self) -> &'static str {
        match self {
            Self::EndsBeforeStart { .. } => "for a window past midnight write two windows",
            Self::Empty { .. } => "`to` is exclusive; for a whole day write 00:00 to 24:00",
            Self::NoDays => "name at least one of mon, tue, wed, thu, fri, sat, sun",
        }
    }
}

/// A part of the week and what holds in it.
#[derive(Debug, Clone)]
pub struct Window {
    days: Days,
    from: MinuteOfDay,
    to: MinuteOfDay,
    /// What it does.
    pub effect: Effect,
    /// What it does on `holidays`.
    pub on_holidays: OnHolidays,
}

impl Window {
    /// A window on `days` from `from` until right before `to`.
    ///
    /// # Errors
    /// As [`WindowFault`] says.
    pub fn new(
        days: Days,
        from: MinuteOfDay,
        to: MinuteOfDay,
        effect: Effect,
        on_holidays: OnHolidays,
    ) -> Result<Self, WindowFault> {
        if days.is_empty() {
            return Err(WindowFault::NoDays);
        }
        match from.cmp(&to) {
            std::cmp::Ordering::Less => Ok(Self { days, from, to, effect, on_holidays }),
            std::cmp::Ordering::Equal => Err(WindowFault::Empty { at: from }),
            std::cmp::Ordering::Greater => Err(WindowFault::EndsBeforeStart { from, to }),
        }
    }

    /// The days on which it opens.
    pub const fn days(&self) -> Days {
        self.days
    }

    /// When it opens.
    pub const fn from(&self) -> MinuteOfDay {
        self.from
    }

    /// The first minute in which it is no longer open.
    pub const fn to(&self) -> MinuteOfDay {
        self.to
    }

    /// Whether it is open at `at`, or, where the clock cannot be believed, may be.
    pub fn is_open(&self, at: &SchoolTime) -> bool {
        match at.certainty {
            Certainty::Sure => self.opens_on(at) && self.from <= at.minute() && at.minute() < self.to,
            Certainty::Between(first, last) => self.opens_on(at) && self.from < last && first < self.to,
            Certainty::Unknown => true,
        }
    }

    /// Whether some minute of the week lies in both windows.
    pub fn overlaps(&self, other: &Self) -> bool {
        !self.days.and(other.days).is_empty() && self.from < other.to && other.from < self.to
    }

    /// Whether it opens at all on the day of `at`.
    fn opens_on(&self, at: &SchoolTime) -> bool {
        let shut = match self.on_holidays {
            OnHolidays::Shut => at.holiday,
            OnHolidays::Open => false,
        };
        !shut && self.days.has(at.day())
    }
}

/// A group's windows.
#[derive(Debug, Clone, Default)]
pub struct Schedule {
    windows: Vec<Window>,
    /// Every minute of a day at which any window opens or shuts, in order.
    edges: Vec<MinuteOfDay>,
}

impl Schedule {
    /// A schedule of these windows.
    pub fn new(windows: Vec<Window>) -> Self {
        let mut edges: Vec<_> = windows.iter().flat_map(|window| [window.from, window.to]).collect();
        edges.sort_unstable();
        edges.dedup();
        Self { windows, edges }
    }

    /// All windows, in the order of the file.
    pub fn windows(&self) -> &[Window] {
        &self.windows
    }

    /// The windows that are open at `at`, or, where the clock cannot be believed, may be.
    pub fn open(&self, at: &SchoolTime) -> impl Iterator<Item = &Window> {
        self.windows.iter().filter(move |window| window.is_open(at))
    }

    /// The places of each two windows that overlap; of such the stricter holds.
    pub fn overlaps(&self) -> Vec<(usize, usize)> {
        let mut pairs = Vec::new();
        for (second, window) in self.windows.iter().enumerate() {
            pairs.extend((0..second).filter(|&first| self.windows[first].overlaps(window)).map(|first| (first, second)));
        }
        pairs
    }

    /// The next minute of the day after `minute` at which a window opens or shuts, 24:00 where there is none left:
    /// the next day may be another day of the week, or a holiday.
    pub(super) fn next_edge(&self, minute: MinuteOfDay) -> Option<MinuteOfDay> {
        if self.windows.is_empty() {
            return None;
        }
        let next = self.edges.partition_point(|edge| *edge <= minute);
        Some(self.edges.get(next).copied().unwrap_or(MinuteOfDay::END))
    }
}

#[cfg(test)]
mod tests;
