//! What tests are made of: a school, the upstream that it asks, queries and replies.

pub mod binary;
pub mod chance;
pub mod daemon;
pub mod dice;
pub mod fetching;
pub mod here;
pub mod http;
pub mod log;
pub mod names;
pub mod office;
pub mod packet;
pub mod pages;
pub mod primary;
pub mod question;
pub mod reply;
pub mod repository;
pub mod scenario;
pub mod school;
pub mod tcp;
pub mod transfer;
pub mod udp;
pub mod upstream;

pub use school::School;
