//! A stored value that is none of its model's.

use crate::error::Error;
use crate::tree::meta::ModelMeta;
use crate::tree::value::Mismatch;

pub(super) fn mismatch(model: &ModelMeta) -> impl Fn(Mismatch) -> Error + use<> {
    let name = model.name;
    move |Mismatch| Error::Internal(format!("a stored `{name}` does not have the model's types"))
}
