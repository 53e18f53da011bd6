//! How the verdict is carried out: block answers, special names, cache, upstreams.

pub mod upstream;
