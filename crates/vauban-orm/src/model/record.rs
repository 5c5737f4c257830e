//! What the rows of a statement become.

use crate::model::Model;
use crate::model::types::Id;
use crate::tree::meta::ModelMeta;
use crate::tree::value::{Mismatch, RowReader, Value};

/// What the rows of a statement become: a model's struct, or values by their columns where no type is known. Statements are the
/// same for both, and so are the rules in them.
pub trait Record: Sized + Send + Sync + 'static {
    /// From a row that has the model's columns next.
    fn read(model: &'static ModelMeta, row: &mut RowReader<'_>) -> Result<Self, Mismatch>;
    /// From the values of a row that was just written.
    fn of_values(model: &'static ModelMeta, values: &[Value]) -> Result<Self, Mismatch>;
    /// Takes the row that a foreign key refers to, whose columns are next.
    fn take_related(&mut self, column: usize, row: &mut RowReader<'_>) -> Result<(), Mismatch>;
    /// By which it is found again.
    fn key(&self) -> Id<Self>;
}

impl<M: Model> Record for M {
    fn read(_: &'static ModelMeta, row: &mut RowReader<'_>) -> Result<Self, Mismatch> {
        M::from_row(row)
    }
    fn of_values(_: &'static ModelMeta, values: &[Value]) -> Result<Self, Mismatch> {
        #[allow(deprecated)]
        M::from_values(values)
    }
    fn take_related(&mut self, column: usize, row: &mut RowReader<'_>) -> Result<(), Mismatch> {
        self.attach(column, row)
    }
    fn key(&self) -> Id<Self> {
        self.id()
    }
}
