//! Whose query is it? Groups, the subnets that lead to them, and how often one client may ask.

mod clients;
mod group;
mod interfaces;
mod rate;

pub use clients::{Allowed, Clients, How, Identified, SamePrefix};
pub use group::{Group, GroupId, Subnet, Via};
pub use interfaces::Interfaces;
pub use rate::{Admission, Asking, Noisy, RateLimit, RateLimitError, RateLimiter};
