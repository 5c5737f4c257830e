//! `?page=2`.

use serde::Deserialize;

/// Which page of a list one wants to see.
#[derive(Debug, Clone, Copy, Deserialize)]
pub struct Paging {
    page: Option<u32>,
}

impl Paging {
    /// The page's number; the first if the address does not say.
    pub fn number(&self) -> u32 {
        self.page.unwrap_or(1)
    }
}
