//! The school's time, and what the windows of a group's week mean.

use super::Notes;
use super::held::Held;
use super::targets::Targets;
use crate::config::fault::Shown;
use crate::config::file::{At, GroupWindow};
use crate::config::nearest::nearest;
use crate::lists::{CategorySet, Registry};
use crate::policy::{Calendar, Effect, Only, Schedule, TierId, Tiers, Window};
use jiff::civil::Date;
use jiff::tz::{Offset, TimeZone};

/// The zone that stands where the file names none.
const SHIPPED_ZONE: &str = "Asia/Ho_Chi_Minh";

/// The school's time zone and holidays.
pub(super) fn calendar(time_zone: &At<String>, holidays: &[At<Date>], notes: &mut Notes<'_>) -> Calendar {
    let zone = match TimeZone::get(&time_zone.value) {
        Ok(zone) => zone,
        // Vietnam keeps UTC+7 all the year: a machine without a time zone database still knows the default.
        Err(_) if time_zone.value == SHIPPED_ZONE => TimeZone::fixed(Offset::constant(7)),
        Err(_) => {
            let known: Vec<String> = jiff::tz::db().available().map(|name| name.to_string()).collect();
            let near = nearest(&time_zone.value, known.iter().map(String::as_str));
            let in_any_case = || known.iter().find(|name| name.eq_ignore_ascii_case(&time_zone.value)).map(String::as_str);
            let hint = match near.or_else(in_any_case) {
                Some(near) => format!("did you mean `{near}`?"),
                None => format!("write a name of the time zone database, such as \"{SHIPPED_ZONE}\""),
            };
            notes.fault(time_zone.line, format!("time zone {} is not known", time_zone.value.quoted()), hint);
            TimeZone::UTC
        }
    };
    Calendar::new(zone, holidays.iter().map(|day| day.value))
}

/// What the windows of a group stand against.
pub(super) struct Around<'a> {
    pub(super) group: &'a str,
    pub(super) tier: TierId,
    /// Whether the group's `allow` names nothing.
    pub(super) allows_nothing: bool,
    pub(super) registry: &'a Registry,
    pub(super) tiers: &'a Tiers,
    pub(super) targets: &'a Targets<'a>,
    pub(super) held: &'a Held,
}

impl Around<'_> {
    /// The schedule that `windows` mean; faulty ones are left out.
    pub(super) fn schedule(&self, windows: Vec<GroupWindow>, notes: &mut Notes<'_>) -> Schedule {
        let mut lines = Vec::new();
        let mut meant = Vec::new();
        for window in windows {
            let line = window.line;
            if let Some(window) = self.window(window, notes) {
                lines.push(line);
                meant.push(window);
            }
        }
        let schedule = Schedule::new(meant);
        for (first, second) in schedule.overlaps() {
            let what = format!("windows of group `{}` overlap: the one on line {} too", self.group, lines[first]);
            notes.warn(lines[second], what, "where both are open the stricter holds");
        }
        schedule
    }

    fn window(&self, window: GroupWindow, notes: &mut Notes<'_>) -> Option<Window> {
        let GroupWindow { line, days, from, to, opens, tier, allow_only, only, on_holidays } = window;
        let effects = usize::from(!opens.is_empty()) + usize::from(tier.is_some()) + usize::from(allow_only.value);
        if effects != 1 {
            let what = match effects {
                0 => "a window that changes nothing",
                _ => "a window that says more than one of `tier`, `opens` and `allow_only`",
            };
            notes.fault(line, what, "write one of `tier = \"…\"`, `opens = [\"…\"]` and `allow_only = true`");
        }
        if let Some(first) = only.as_ref().filter(|_| !allow_only.value) {
            let line = first.first().map_or(line, |target| target.line);
            notes.fault(line, "`only` without `allow_only = true`", "add `allow_only = true`, or leave `only` out");
        }
        let effect = if allow_only.value {
            Some(Effect::Exam(self.exam(line, only.as_deref(), notes)))
        } else if let Some(tier) = tier {
            self.tier_of_window(&tier, notes).map(Effect::Tier)
        } else {
            Some(Effect::Opens(self.opened(&opens, notes)))
        };
        match Window::new(days, from.value, to.value, effect?, on_holidays) {
            Ok(window) => Some(window),
            Err(fault) => {
                // A window without days was said when the file was read.
                if !days.is_empty() {
                    notes.fault(from.line, format!("group `{}`: {fault}", self.group), fault.hint());
                }
                None
            }
        }
    }

    fn exam(&self, line: u32, only: Option<&[At<crate::config::file::Target>]>, notes: &mut Notes<'_>) -> Only {
        let hint = "name what stays open: `only = [\"thi.truong.edu.vn\"]`";
        match only {
            None => {
                if self.allows_nothing {
                    notes.fault(line, format!("an exam of group `{}` that leaves nothing open", self.group), hint);
                }
                Only::GroupAllow
            }
            Some([]) => {
                notes.fault(line, format!("an exam of group `{}` that leaves nothing open", self.group), hint);
                Only::GroupAllow
            }
            Some(targets) => {
                let names = targets.iter().flat_map(|target| self.targets.opened(target, notes));
                Only::Names(names.map(|(name, _)| (name, ())).collect())
            }
        }
    }

    fn tier_of_window(&self, tier: &At<crate::config::file::Id>, notes: &mut Notes<'_>) -> Option<TierId> {
        let id = tier.value.as_str();
        let found = self.tiers.find(id);
        match found {
            None => notes.unknown(tier.line, "tier", id, self.tiers.all().iter().map(|tier| tier.id.as_str())),
            Some(found) if found > self.tier => {
                let own = &self.tiers.tier(self.tier).id;
                let what = format!("tier `{id}` of this window is older than `{own}`, the tier of group `{}`", self.group);
                notes.warn(tier.line, what, "while it is open the group sees what older pupils see");
            }
            Some(_) => {}
        }
        found
    }

    fn opened(&self, opens: &[At<crate::config::file::Id>], notes: &mut Notes<'_>) -> CategorySet {
        let closed = self.tiers.tier(self.tier).mask;
        let must = self.held.of(&self.tiers.tier(self.tier).id);
        let mut opened = CategorySet::EMPTY;
        for id in opens {
            let Some(category) = notes.category(self.registry, id.line, &id.value) else { continue };
            if self.tiers.locked().contains(category) {
                let what = format!("`opens` names `{}`, which is locked: no window opens it", id.value);
                let hint = "leave it out; an [[exception]] opens a single name, with a reason and an end";
                match self.held.is_locked_by_office(category) {
                    true => notes.against_office(id.line, what, hint),
                    false => notes.fault(id.line, what, hint),
                }
                continue;
            }
            if must.contains(category) {
                let what = format!("`opens` names `{}`, and the office does not let schools open it", id.value);
                notes.against_office(id.line, what, "leave it out; the office's word holds");
                continue;
            }
            if !closed.contains(category) {
                notes.warn(id.line, format!("`opens` names `{}`, which is open to this group anyway", id.value), "leave it out");
            }
            opened.insert(category);
        }
        opened
    }
}
