//! A sign of life for what takes longer than a glance, where somebody sits at the terminal.

use std::time::Duration;

use indicatif::ProgressBar;

/// Does `work` and shows on standard error that it is being done, if that is a terminal and it takes its time.
pub(super) fn while_doing<T>(what: &'static str, work: impl FnOnce() -> T) -> T {
    let sign = ProgressBar::new_spinner().with_message(what);
    sign.enable_steady_tick(Duration::from_millis(200));
    let done = work();
    sign.finish_and_clear();
    done
}
