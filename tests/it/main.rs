//! The one integration-test binary; each module tests one thing from outside.

mod allocations;
mod chains;
mod check;
mod cloaking;
mod rebinding;
mod explain;
mod export;
mod faults;
mod fetching;
mod first_day;
mod forwarders;
mod help;
mod journal;
mod kept;
#[expect(unreachable_pub, dead_code, reason = "unit tests of the program include parts of the kit and use more of them")]
mod kit;
mod leaks;
mod manual;
mod metrics;
mod noisy;
mod office_chain;
mod office_desk;
mod office_school;
mod outage;
mod pages;
mod readme;
mod safe_search;
mod scenarios;
mod standards;
mod ready;
mod reload;
mod tidy;
mod typos;
mod wire;
mod zones;
