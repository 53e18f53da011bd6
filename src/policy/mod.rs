//! May they? Tiers, schedules and the order of rules; pure: no clock, no I/O, no lock, and it cannot fail.

mod case;
mod decide;
mod group;
mod rules;
mod schedule;
mod tier;
mod time;
mod verdict;

#[cfg(test)]
mod kit;

pub use case::{AliasFindings, Case, Readiness, Shared};
pub use decide::{Decision, Step, closes_below, decide, decide_fully, decide_local, decide_local_fully, decide_twin, trace};
pub use group::{Exam, InForce, Origin, Policies, Policy, Scope};
pub use rules::RuleId;
pub use schedule::{Days, Effect, OnHolidays, Only, Schedule, Window, WindowFault};
pub use tier::{Bypass, Restricted, Settings, Tier, TierFault, TierId, TierSpec, Tiers, YouTube};
pub use time::{Calendar, Certainty, MinuteOfDay, MinuteOfDayError, SchoolTime};
pub use verdict::{Action, Outcome, Reason, Verdict};
