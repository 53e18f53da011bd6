//! The wire code against hickory-proto, which serves as oracle: queries, replies of ours, and answers that are passed on.
//!
//! Thousands of random messages, and the same with octets changed; what the two read must be alike.

mod queries;
mod relayed;
mod words;
