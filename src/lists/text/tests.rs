//! Names as people write them, and what is refused.
