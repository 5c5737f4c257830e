//! One-time messages: said by one view, shown by the next page.
