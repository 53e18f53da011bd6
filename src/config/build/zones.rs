//! Zones: names that are answered here, and such as are asked of servers of their own, and whether they are in each other's way.

use super::{Notes, serving};
use crate::answer::upstream::Settings;
use crate::config::file::{At, UpstreamZone, Zone};
use crate::config::program::{ForwardedZone, ZoneSource};
use crate::dns::Name;
use crate::lists::{Protected, ProtectedNames};
use std::path::Path;

/// The own zones; their files are read later.
pub(super) fn own(zones: Vec<Zone>, beside: &Path, notes: &mut Notes<'_>) -> Vec<ZoneSource> {
    let protected = ProtectedNames::shipped();
    let mut sources: Vec<ZoneSource> = Vec::with_capacity(zones.len());
    for Zone { name, file } in zones {
        if !is_zone(&name, "[[zone]]", notes) {
            continue;
        }
        if let Some(first) = sources.iter().find(|source| source.name == name.value) {
            let what = format!("zone `{}` stands twice: on line {} too", name.value, first.name_line);
            notes.fault(name.line, what, "write its records into one file");
            continue;
        }
        hidden(&protected, &name, notes);
        let At { value: path, line } = file;
        sources.push(ZoneSource { name: name.value, name_line: name.line, path: beside.join(path), path_line: line });
    }
    sources
}

/// The forwarded zones, with what they share with `[upstream]`.
pub(super) fn forwarded(
    zones: Vec<UpstreamZone>,
    own: &[ZoneSource],
    shared: &Settings,
    notes: &mut Notes<'_>,
) -> Vec<ForwardedZone> {
    let mut forwarded: Vec<ForwardedZone> = Vec::with_capacity(zones.len());
    for UpstreamZone { name, servers, strategy, timeout } in zones {
        if !is_zone(&name, "[[upstream.zone]]", notes) {
            continue;
        }
        if let Some(first) = forwarded.iter().find(|zone| zone.name == name.value) {
            let what = format!("[[upstream.zone]] `{}` stands twice: on line {} too", name.value, first.line);
            notes.fault(name.line, what, "write all its servers into one of them");
            continue;
        }
        if let Some(first) = own.iter().find(|source| source.name == name.value) {
            let what =
                format!("the servers of `{}` are never asked: [[zone]] on line {} answers for it", name.value, first.name_line);
            notes.warn(name.line, what, "leave one of them out");
        }
        serving::servers(&servers, &shared.own, notes);
        let settings = Settings {
            servers: servers.into_iter().map(|server| server.value).collect(),
            strategy: strategy.unwrap_or(shared.strategy),
            timeout: timeout.unwrap_or(shared.timeout),
            ..shared.clone()
        };
        forwarded.push(ForwardedZone { name: name.value, line: name.line, settings });
    }
    forwarded
}

fn is_zone(name: &At<Name>, written: &str, notes: &mut Notes<'_>) -> bool {
    if name.value.is_root() {
        let what = format!("{written} of the root holds every name there is");
        notes.fault(name.line, what, "name the zone; who is asked for all names stands in [upstream] servers");
    }
    !name.value.is_root()
}

/// Notes a zone that takes away names which nothing may close, or which devices and lessons need.
fn hidden(protected: &ProtectedNames, name: &At<Name>, notes: &mut Notes<'_>) {
    let above = protected.kinds(&name.value);
    let below = protected.as_map().iter().filter(|(entry, _)| entry.is_at_or_below(&name.value));
    let mut taken: Vec<(Name, crate::lists::Protection)> = below.map(|(entry, kinds)| (entry, *kinds)).collect();
    taken.push((name.value.clone(), above));
    taken.sort_by(|(one, _), (other, _)| one.cmp(other));
    if let Some((entry, _)) = taken.iter().find(|(_, kinds)| kinds.has(Protected::Help)) {
        let what = format!("zone `{}` would answer for `{entry}`, which helps against abuse, suicide or illness", name.value);
        notes.fault(name.line, what, "name a zone that is the school's own");
    } else if let Some((entry, _)) = taken.iter().find(|(_, kinds)| kinds.has(Protected::System)) {
        let what = format!("zone `{}` answers for `{entry}`, which devices need", name.value);
        notes.warn(name.line, what, "name a zone that is the school's own, unless that is meant");
    }
}
