//! Lists that are fetched: they come, they stay, they fail, and the school goes on with what it had.

mod attacks;
mod commands;
mod primaries;
mod sources;
mod zones;
