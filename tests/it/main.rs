//! The one integration-test binary; each module tests one thing from outside.

mod faults;
mod manual;
mod tidy;
mod typos;
