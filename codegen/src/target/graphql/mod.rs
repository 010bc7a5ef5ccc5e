//! GraphQL's schema language: an object type for each branch and each struct, a field for
//! each signal, `Query` with a field for the root.
//!
//! Branches that are the same but for their place (instances, mostly) share a type. What
//! the model calls a field, and what it says of a signal, is in the directive `@vss`, so
//! that a server finds its way back. Integers beyond 32 bits are scalars of their own. A
//! branch without any signal has no type: GraphQL knows no empty one.
//!
//! `names` makes the names, `text` strings and docs, `view` puts it together.

mod names;
#[cfg(test)]
pub(super) mod tests;
mod text;
mod view;

use super::{GenerateError, expanded};
use crate::{
    model::Catalog,
    render::{Renderer, Templates},
};

#[derive(Clone, Copy, Debug, Default)]
pub struct Options {
    /// A field of `Mutation` for each actuator.
    pub mutations: bool,
}

/// The whole model as one schema.
pub fn to_string(
    catalog: &Catalog,
    options: Options,
    templates: &Templates,
) -> Result<String, GenerateError> {
    expanded(catalog)?;
    let schema = view::schema(catalog, options)
        .map_err(|problems| GenerateError::unsupported("GraphQL", problems))?;
    let renderer = Renderer::new(templates, "graphql")?;
    Ok(renderer.render("model.graphql.j2", &schema)?)
}
