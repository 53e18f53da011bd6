//! A master file's entries (RFC 1035 section 5.1): which words belong together, and on which line they begin.
//!
//! The rule: comments and parentheses end here, and one slip costs its own entry alone, so that every fault is found at once.

/// One word of an entry.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Word {
    /// As written, without quotation marks.
    pub(super) text: String,
    /// It stood in quotation marks.
    pub(super) quoted: bool,
}

/// The words of one record or directive.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Entry {
    /// The line on which it begins, the first being 1.
    pub(super) line: u32,
    /// It begins with a blank: its owner is that of the entry before.
    pub(super) continues: bool,
    /// Its words; at least one.
    pub(super) words: Vec<Word>,
}

/// What keeps words from being read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Slip {
    /// A quotation mark has no second one on its line.
    OpenQuote,
    /// A parenthesis is never closed.
    OpenParenthesis,
    /// A parenthesis in another one, or one that closes nothing.
    StrayParenthesis,
    /// A backslash that stands for nothing that is read here.
    Escape,
}

/// Reads all entries; the slips come with their lines.
pub(super) fn entries(text: &str) -> (Vec<Entry>, Vec<(u32, Slip)>) {
    let mut found = Vec::new();
    let mut slips = Vec::new();
    // An entry that goes on over several lines within a parenthesis.
    let mut open: Option<(Entry, u32)> = None;
    for (number, line) in (1..).zip(text.trim_start_matches('\u{feff}').lines()) {
        let mut words = Vec::new();
        let mut depth = usize::from(open.is_some());
        let mut opened_at = open.as_ref().map_or(number, |(_, line)| *line);
        let read = read_line(line, &mut words, &mut depth);
        if let Err(slip) = read {
            slips.push((number, slip));
            // What is left of the entry would only be complained of twice.
            open = None;
            continue;
        }
        let continues = line.starts_with([' ', '\t']);
        let entry = match open.take() {
            Some((mut entry, _)) => {
                entry.words.extend(words);
                entry
            }
            None => {
                opened_at = number;
                Entry { line: number, continues, words }
            }
        };
        if depth > 0 {
            open = Some((entry, opened_at));
        } else if !entry.words.is_empty() {
            found.push(entry);
        }
    }
    if let Some((_, line)) = open {
        slips.push((line, Slip::OpenParenthesis));
    }
    slips.sort_by_key(|(line, _)| *line);
    (found, slips)
}

/// Reads the words of one line; `depth` is 1 within a parenthesis.
fn read_line(line: &str, words: &mut Vec<Word>, depth: &mut usize) -> Result<(), Slip> {
    let mut letters = line.chars().peekable();
    while let Some(letter) = letters.next() {
        match letter {
            ';' => return Ok(()),
            letter if letter.is_whitespace() => {}
            '(' if *depth == 0 => *depth = 1,
            ')' if *depth == 1 => *depth = 0,
            '(' | ')' => return Err(Slip::StrayParenthesis),
            '"' => {
                let mut text = String::new();
                loop {
                    match letters.next().ok_or(Slip::OpenQuote)? {
                        '"' => break,
                        '\\' => text.push_str(&quoted_escape(&mut letters)?),
                        letter => text.push(letter),
                    }
                }
                words.push(Word { text, quoted: true });
            }
            first => {
                let mut text = String::new();
                let mut next = Some(first);
                while let Some(letter) = next {
                    text.push(letter);
                    if letter == '\\' {
                        // A dot or a hyphen within a label, as in the mailbox of an SOA record; the rest would be read otherwise
                        // by one reader than by another.
                        text.push(letters.next_if(|letter| matches!(letter, '.' | '-' | '_')).ok_or(Slip::Escape)?);
                    }
                    next = letters.next_if(|letter| !letter.is_whitespace() && !matches!(letter, ';' | '(' | ')' | '"'));
                }
                words.push(Word { text, quoted: false });
            }
        }
    }
    Ok(())
}

/// What a backslash within quotation marks stands for, still escaped where it has to be.
fn quoted_escape(letters: &mut std::iter::Peekable<std::str::Chars<'_>>) -> Result<String, Slip> {
    let first = letters.next().ok_or(Slip::OpenQuote)?;
    let meant = match first.to_digit(10) {
        None => first,
        Some(hundreds) => {
            let mut digit = || letters.next().and_then(|letter| letter.to_digit(10)).ok_or(Slip::Escape);
            let value = hundreds * 100 + digit()? * 10 + digit()?;
            // Octets that are no printable ASCII have no letter to be handed on as.
            char::from_u32(value).filter(|meant| (' '..='~').contains(meant)).ok_or(Slip::Escape)?
        }
    };
    Ok(if matches!(meant, '"' | '\\') { format!("\\{meant}") } else { meant.to_string() })
}

#[cfg(test)]
mod tests;
