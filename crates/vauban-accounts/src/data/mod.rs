//! A person's data (GDPR Art. 15 and 20): made by a task under their own policies, kept sealed for a week, fetched by them alone.

mod ask;
mod gather;
mod make;
mod model;

pub(crate) use ask::State;
pub(crate) use make::{export, forget_export};
pub(crate) use model::{ExportRow, Exports};
