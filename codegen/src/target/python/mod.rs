use super::{GenerateError, GeneratedFile};
use crate::{model::Catalog, render::Templates};

pub(super) fn files(_: &Catalog, _: &Templates) -> Result<Vec<GeneratedFile>, GenerateError> {
    Err(GenerateError::Unsupported("python"))
}
