//! Which known word a typo was meant to be. Where none is near, none is named: a wrong guess is worse than none.

/// The word of `known` that `written` was most likely meant to be; none where none is near.
pub(crate) fn nearest<'k>(written: &str, known: impl Iterator<Item = &'k str>) -> Option<&'k str> {
    // Two slips in a word of six letters, and one in a shorter one, are typos; more is another word.
    let written = written.to_lowercase();
    let most = if written.chars().count() < 6 { 1 } else { 2 };
    known
        .map(|word| (strsim::damerau_levenshtein(&written, word), word))
        .filter(|(slips, _)| *slips <= most)
        .min_by_key(|(slips, _)| *slips)
        .map(|(_, word)| word)
}
