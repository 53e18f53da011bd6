//! `khien lists fetch`: asks the lists' pages now, shows how far each has come, and says what came of it.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use anyhow::{Result, bail};
use indicatif::{MultiProgress, ProgressBar, ProgressStyle};

use super::{AT_FAULT, FAILED, FINE};
use crate::config::Program;
use crate::fetch::{Change, Failure, News, Record, Step, Turn, Wanted, Watch};
use crate::lists::ListId;
use crate::server::{self, Compiler};

/// Fetches the lists that `chosen` names, or all. Exit code 2 where a list is at fault, 1 where it could not be had.
pub(super) fn run(program: &Program, chosen: &[String], change: Change) -> Result<u8> {
    let fetched = || program.lists.iter().filter(|list| list.fetched().is_some());
    if let Some(unknown) = chosen.iter().find(|id| !fetched().any(|list| list.id.0 == **id)) {
        let known: Vec<&str> = fetched().map(|list| list.id.0.as_str()).collect();
        bail!("no list `{unknown}` is fetched\nhint: those that are: {}", known.join(", "));
    }
    if fetched().next().is_none() {
        println!("no list is fetched: none has a `source` that starts with https://");
        return Ok(FINE);
    }
    let compiler = Compiler::this_program()?;
    let (bars, worst) = (MultiProgress::new(), Mutex::new(FINE));
    let done = |wanted: &Wanted, news: News, record: &Record| {
        // A bar that is drawn while a line is written would tear it.
        bars.suspend(|| say(wanted, news, record));
        let mut worst = worst.lock().unwrap_or_else(PoisonError::into_inner);
        *worst = (*worst).max(code(news, record.failure.as_ref()));
    };
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    let now = jiff::Timestamp::now();
    runtime.block_on(server::fetch(program, &compiler, chosen, change, now, &|list| watch(&bars, list), &done));
    Ok(worst.into_inner().unwrap_or_else(PoisonError::into_inner))
}

const fn code(news: News, failure: Option<&Failure>) -> u8 {
    match (news, failure) {
        (News::Fresh | News::Unchanged | News::Busy, _) => FINE,
        (News::Failed, Some(failure)) if matches!(failure.reason.turn(), Turn::Publishers) => AT_FAULT,
        (News::Failed, _) => FAILED,
    }
}

fn say(wanted: &Wanted, news: News, record: &Record) {
    let list = &wanted.list.0;
    match news {
        News::Fresh => match record.overridden {
            None => println!("{list}: {} entries", record.entries),
            Some(before) => println!("{list}: {} entries, taken in place of {before} because you said so", record.entries),
        },
        News::Unchanged => println!("{list}: {} entries, still the newest", record.entries),
        News::Busy => println!("{list}: another khien fetches it at this time"),
        News::Failed => {
            let said = record.failure.as_ref().map_or("it failed", |failure| failure.said.as_str());
            let (said, hint) = said.split_once('\n').unwrap_or((said, ""));
            let kept = match record.fetched {
                Some(time) => format!("the copy of {} is used", time.strftime("%Y-%m-%d")),
                None => "there is no copy yet".to_owned(),
            };
            eprintln!("{list}: FAILED: {said}; {kept}");
            if !hint.is_empty() {
                eprintln!("{hint}");
            }
        }
    }
}

/// A bar for one list; nothing is drawn where standard error is no terminal.
fn watch(bars: &MultiProgress, list: &ListId) -> Watch {
    let bar = bars.add(ProgressBar::new_spinner());
    bar.set_style(ProgressStyle::with_template("{spinner} {prefix} {msg}").expect("the template is tested"));
    bar.set_prefix(list.0.clone());
    bar.enable_steady_tick(Duration::from_millis(200));
    let bar = Arc::new(Cleared(bar));
    Arc::new(move |step| match step {
        Step::Asking => bar.0.set_message("asking"),
        Step::Receiving(octets, expected) => {
            if let Some(expected) = expected
                && bar.0.length() != Some(expected)
            {
                bar.0.set_length(expected);
                bar.0.set_style(sized());
            }
            bar.0.set_message(format!("{} KiB", octets >> 10));
            bar.0.set_position(octets);
        }
        Step::Reading => bar.0.set_message("reading"),
    })
}

/// Taken off the terminal when nobody reports to it any more.
struct Cleared(ProgressBar);

impl Drop for Cleared {
    fn drop(&mut self) {
        self.0.finish_and_clear();
    }
}

fn sized() -> ProgressStyle {
    ProgressStyle::with_template("{spinner} {prefix} {wide_bar} {percent} % {msg}").expect("the template is tested")
}

#[cfg(test)]
mod tests;
