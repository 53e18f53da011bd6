//! Placeholder until the content's branch is merged.
use crate::dns::Name;
use jiff::civil::Date;
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    Lock,
    Guarantee,
    Allow,
}
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Decision {
    pub kind: Kind,
    pub name: Name,
    pub category: Option<String>,
    pub owner: String,
    pub by: String,
    pub reason: String,
    pub made: Date,
    pub until: Option<Date>,
    pub exam: bool,
}
pub fn read(_text: &[u8]) -> Result<Vec<Decision>, String> {
    Err(String::new())
}
