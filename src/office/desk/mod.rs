//! The office's desk: the working folder that people write, what comes of it, and the gate that a publication has to pass.
//!
//! The rule: nothing goes out that takes from schools what they cannot do without, unless a named person says so and why, and that is
//! published with it. All faults are told at once, each with its place.

pub mod content;
pub mod decisions;
pub mod edit;
pub mod folder;
pub mod gate;
pub mod note;
pub mod publication;
pub mod published;
pub mod replay;
mod settings;
mod sources;
mod tables;

pub use settings::{Bounds, RoleSetting, Settings};
pub use sources::{Source, SourceFacts};
pub use tables::Tables;
