//! How the verdict is carried out: block answers, special names, cache, upstreams.

pub mod block;
pub mod bypass;
pub mod special;
mod texts;
pub mod upstream;

pub use block::{BlockAnswer, BlockMode, Blocked};
pub use texts::Language;
