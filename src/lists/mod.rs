//! What is this name? Categories, the parsers of list formats, the compiler, images and the index over them.

mod along;
mod category;
pub mod compile;
#[cfg(test)]
mod facts;
pub mod format;
pub mod guard;
pub mod image;
mod index;
mod list;
mod listed;
mod protected;
mod registry;
pub mod services;
pub mod sources;
pub mod starter;
pub mod store;
pub mod tables;
pub mod text;
pub mod tier_defaults;
mod tour;
pub mod twins;
mod why;

pub use along::Along;
pub use category::{Category, CategoryEntry, CategorySet, Registry, RegistryFull, Words};
pub use image::{Image, ImageFault, Taken};
pub use index::{Asked, Index};
pub use list::{Force, List, ListAction, ListId, Owner, Standing};
pub use listed::{Listed, Protected, Protection};
pub use protected::ProtectedNames;
pub use tour::{Stop, Tour};
pub use why::{Effect, Mistaken, Verified, Why};
