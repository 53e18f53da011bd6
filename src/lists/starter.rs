//! The starter lists: a few hundred well-known names for each category, so that a fresh start already filters.
//!
//! They are plain lists of names, one a line, each standing for itself and everything below it, and they go through the same
//! parser and compiler as any other list. They never stand in for a list that the operator configured.

/// One starter list, embedded in the program.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct StarterList {
    /// The id that journal and `explain` give: `starter-` and the category.
    pub id: &'static str,
    /// The id of its category in the shipped registry.
    pub category: &'static str,
    /// Names, one a line; lines that start with `#` are comments.
    pub text: &'static str,
}

/// Makes a row of [`ALL`] out of a category's id, so that id, category and file cannot disagree.
macro_rules! starter {
    ($category:literal) => {
        StarterList {
            id: concat!("starter-", $category),
            category: $category,
            text: include_str!(concat!("../../blocklists/starter/", $category, ".txt")),
        }
    };
}

/// Every file of `blocklists/starter`, in the order of the registry.
///
/// The categories `csam` and `illegal` have none: such names are nothing to publish, and the authority supplies them.
const ALL: [StarterList; 30] = [
    starter!("malware"),
    starter!("phishing"),
    starter!("gambling"),
    starter!("adult"),
    starter!("self-harm"),
    starter!("extremism"),
    starter!("violence"),
    starter!("weapons"),
    starter!("drugs"),
    starter!("vaping"),
    starter!("hacking"),
    starter!("bypass"),
    starter!("piracy"),
    starter!("cheating"),
    starter!("dating"),
    starter!("social"),
    starter!("chat"),
    starter!("games"),
    starter!("video"),
    starter!("search-unsafe"),
    starter!("ai"),
    starter!("remote-control"),
    starter!("filehosting"),
    starter!("dynamic-dns"),
    starter!("shortener"),
    starter!("shopping"),
    starter!("manga"),
    starter!("celebrity"),
    starter!("news"),
    starter!("ads"),
];

/// The starter lists, the gravest category first.
pub const fn lists() -> &'static [StarterList] {
    &ALL
}

impl StarterList {
    /// The names as written, without the comments.
    pub fn names(&self) -> impl Iterator<Item = &'static str> {
        self.text.lines().filter(|line| !line.starts_with('#'))
    }
}

#[cfg(test)]
mod tests;
