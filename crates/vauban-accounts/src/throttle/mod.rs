//! Throttles: how often somebody may guess (CWE-307, ASVS 6.3.1).
//!
//! | what | free attempts | then |
//! |---|---|---|
//! | one account, from anywhere | 4 | waits of 1, 2, 4 … 900 seconds |
//! | one account, from a browser that signed in to it before | 9 | the same |
//! | one account, from all browsers that signed in to it before | 30 | the same |
//! | one account's passwords that are looked at for one address, right ones too | 30 | the same |
//! | one IPv4 address or IPv6 /64, any account | 30 | the same |
//! | one IPv6 /48, any account | 120 | the same |
//!
//! Counts halve after six quiet hours (accounts), one (addresses) or five quiet minutes (work). Signing up counts by address
//! only. An account's longest waits are followed by four free attempts.

mod bucket;
mod decision;
mod model;
mod store;

pub(crate) use bucket::{Attempt, Bucket, BucketKeys};
pub(crate) use model::ThrottleRow;
pub(crate) use store::{Admission, Step, Throttles, Throttling};
