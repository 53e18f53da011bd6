//! What is this name? Categories, the parsers of list formats, the compiler, images and the index over them.

mod category;
mod listed;

pub use category::{Category, CategoryEntry, CategorySet, Registry, RegistryFull, Words};
pub use listed::{Listed, Protected, Protection};
