//! Whose query is it? Groups, the subnets that lead to them, and how often one client may ask.

mod clients;
mod group;
mod rate;

pub use clients::{Allowed, Clients, How, Identified, SamePrefix};
pub use group::{Group, GroupId, Subnet};
pub use rate::{Admission, RateLimit, RateLimitError, RateLimiter};
