//! The table of routes: `include mail at "/mail/" = vauban::mail::urls`.
//!
//! | name | method | path | who |
//! |---|---|---|---|
//! | `unsubscribe` | GET, POST | `unsubscribe/{token}/` | whoever has the link of a mail |
//! | `again` | POST | `unsubscribe/{token}/again/` | whoever has the link of a mail |

use vauban::routing::Routes;

use crate::preferences::page;

mod table {
    use super::page;

    vauban::routes! {
        unsubscribe => page::unsubscribe,
        leave => page::leave,
        again => page::again,
    }
}

pub use table::{again, leave, unsubscribe};

/// The table, for a site to include where its pages are.
pub fn routes() -> Routes {
    table::routes()
}
