//! What is this name? Categories, the parsers of list formats, the compiler, images and the index over them.

mod category;
mod listed;
mod registry;
pub mod tier_defaults;

pub use category::{Category, CategoryEntry, CategorySet, Registry, RegistryFull, Words};
pub use listed::{Listed, Protected, Protection};
