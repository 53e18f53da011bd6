//! The one integration-test binary; each module tests one thing from outside.

mod faults;
mod manual;
mod readme;
mod tidy;
mod typos;
mod wire;
