//! What the command shows and how it ends.

use super::*;
use crate::fetch::Reason;

#[test]
fn the_bar_s_template_is_one() {
    let bar = ProgressBar::hidden();
    bar.set_style(sized());
    assert_eq!(bar.position(), 0);
}

#[test]
fn exit_codes_tell_a_list_at_fault_from_one_that_cannot_be_had() {
    let failure = |reason| Failure::new(reason, "…");
    assert_eq!(code(News::Fresh, None), FINE);
    assert_eq!(code(News::Busy, Some(&failure(Reason::Shrunk))), FINE);
    assert_eq!(code(News::Failed, Some(&failure(Reason::Shrunk))), AT_FAULT);
    assert_eq!(code(News::Failed, Some(&failure(Reason::Connect))), FAILED);
    const { assert!(AT_FAULT > FAILED, "the worse one is told") };
}

#[test]
fn a_fetch_that_is_watched_moves_its_bar() {
    let bars = MultiProgress::with_draw_target(indicatif::ProgressDrawTarget::hidden());
    let watch = watch(&bars, &ListId::from("a"));
    for step in [Step::Asking, Step::Receiving(10, None), Step::Receiving(2048, Some(4096)), Step::Reading] {
        watch(step);
    }
}
