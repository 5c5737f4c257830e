//! Throttles: how often somebody may guess (CWE-307).

pub(crate) mod bucket;
pub(crate) mod decision;
