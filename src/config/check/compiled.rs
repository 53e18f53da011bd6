//! What compiling told of the lists: each fault and doubt with the list's own file and line.

use crate::config::fault::Shown;
use crate::config::{Fault, ListSource, Program};
use crate::lists::ListAction;
use crate::lists::compile::{IssueReport, ListReport, Loaded, Report};
use crate::lists::format::{Format, Match};
use std::path::Path;

/// How many of one kind are told one by one; the rest is counted.
const TOLD: usize = 5;

/// The faults and doubts of all lists that `report` tells of and `program` names. Those of the program itself have none.
pub fn compiled(program: &Program, report: &Report) -> Vec<Fault> {
    let config = program.file.as_deref().unwrap_or(Path::new(""));
    let mut faults = Vec::new();
    for list in &report.lists {
        let of_source = |source: &ListSource| source.parts.iter().position(|part| part.list.id == list.id);
        let found = program.lists.iter().find_map(|source| of_source(source).map(|place| (source, &source.parts[place])));
        let Some((source, part)) = found else { continue };
        let file =
            part.folder.as_ref().map_or_else(|| source.path().to_owned(), |folder| source.path().join(folder).join("domains"));
        whole(list, source, &file, config, &mut faults);
        guarded(list, &file, &mut faults);
        for issue in &list.issues {
            of_issue(issue, &file, &mut faults);
        }
        let entry = program.registry.entry(part.list.category);
        let is_hosts = list.format.as_deref() == Some(Format::Hosts.text()) && source.matches == Match::AsFormat;
        // Where the configuration names the format this was said when that was read.
        if entry.locked && part.list.action == ListAction::Block && source.format.is_none() && is_hosts {
            let what = format!("list `{}` names sites of the locked category `{}` one host at a time", list.id, entry.id);
            let hint = "add `match = \"subtree\"`, or `www.` and other hosts of these sites stay open";
            faults.push(Fault::warning(config, Some(source.line), what, hint));
        }
    }
    faults
}

/// A list that could not be used as a whole.
fn whole(list: &ListReport, source: &ListSource, file: &Path, config: &Path, faults: &mut Vec<Fault>) {
    let Some(fault) = &list.fault else { return };
    let what = format!("list `{}`: {}: {}", list.id, file.display().to_string().quoted(), fault.escaped());
    let line = Some(source.source_line);
    faults.push(match (list.loaded, source.optional) {
        (Loaded::Fresh, _) => Fault::warning(config, line, what, "the state directory needs room, and to be writable"),
        (Loaded::Kept, _) => Fault::error(config, line, what, "the copy that was last sound stays in use; fetch the list again"),
        (Loaded::Nothing, true) => Fault::warning(config, line, what, "the list is optional, and left out"),
        (Loaded::Nothing, false) => Fault::error(
            config,
            line,
            what,
            "fetch the list again, or say its `format`; nothing resolves before it is loaded once",
        ),
    });
}

/// Entries that would take more along than their writer meant.
fn guarded(list: &ListReport, file: &Path, faults: &mut Vec<Fault>) {
    let force = |what: &str| format!("the entry is not used; `force = [\"{what}\"]` lets this list take it");
    for (name, line) in list.guarded.suffixes.iter().take(TOLD) {
        let what = format!("{} is a public suffix: it would take every site below it along", name.quoted());
        faults.push(Fault::warning(file, Some(*line), what, force("public-suffix")));
    }
    rest(list.guarded.suffixes.len(), "public suffixes", file, faults);
    for (name, line) in list.guarded.platforms.iter().take(TOLD) {
        let what = format!("{} is a platform: every site of its users is taken along", name.quoted());
        faults.push(Fault::warning(file, Some(*line), what, "it is used as written; a group's `allow` opens single sites"));
    }
    rest(list.guarded.platforms.len(), "platforms", file, faults);
    for tried in list.guarded.tried.iter().take(TOLD) {
        let kinds = tried.kinds.join(", ");
        let what = format!("{} would take the protected name {} ({kinds}) along", tried.rule.quoted(), tried.name.quoted());
        let hint = match tried.kinds.iter().any(|kind| kind == "help") {
            true => "it stays open: nothing closes names of help".to_owned(),
            false => "it stays open; `force = [\"protected\"]` lets this list take it".to_owned(),
        };
        faults.push(Fault::warning(file, Some(tried.line), what, hint));
    }
    rest(list.guarded.tried.len(), "protected names", file, faults);
    for (line, pattern) in list.patterns_left_out.iter().take(TOLD) {
        let what = format!("there is no room for the pattern {}", pattern.quoted());
        faults.push(Fault::warning(file, Some(*line), what, "it is not used; write names in its place"));
    }
    rest(list.patterns_left_out.len(), "patterns without room", file, faults);
}

/// Lines of one kind that were not taken: the first of them, and how many there are.
fn of_issue(issue: &IssueReport, file: &Path, faults: &mut Vec<Fault>) {
    let line = issue.first.first().map(|(line, _)| *line);
    let example = issue.first.first().map(|(_, text)| format!(", such as {}", text.quoted())).unwrap_or_default();
    let count = match issue.count {
        1 => "this line is skipped".to_owned(),
        count => format!("{count} lines are skipped, this one first"),
    };
    let what = format!("{}{example}", issue.what.escaped());
    faults.push(Fault::warning(file, line, what, format!("{count}; the rest of the list is in force")));
}

fn rest(count: usize, kind: &str, file: &Path, faults: &mut Vec<Fault>) {
    if let Some(more) = count.checked_sub(TOLD).filter(|more| *more > 0) {
        let what = format!("{more} more {kind}");
        faults.push(Fault::warning(file, None, what, "`khien lists lint` shows all of them"));
    }
}

#[cfg(test)]
mod tests;
