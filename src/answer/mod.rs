//! How the verdict is carried out: block answers, special names, cache, upstreams.

pub mod any;
pub mod block;
pub mod bypass;
pub mod cache;
pub mod rebinding;
mod route;
pub mod special;
mod texts;
pub mod twin;
pub mod upstream;
pub mod zones;

pub use block::{BlockAnswer, BlockMode, Blocked};
pub use cache::{Brought, Cache, CacheCounts, CacheKey, CacheRules, Cached, Edition, Freshness, Memo, OnDisk, Prefetch};
pub use rebinding::{Rebinding, RebindingMode, is_private};
pub use route::Route;
pub use texts::Language;
pub use upstream::{Answer, Given, UpstreamFailure, Upstreams};
