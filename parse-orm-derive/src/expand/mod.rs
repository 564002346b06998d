//! From a model's description to code.

mod accessors;
mod codec;
mod editor;
mod fields;

pub(crate) use accessors::names as accessor_names;
pub(crate) use codec::{absent, decode, encode, finish, same, schema};
pub(crate) use editor::lookups;
pub(crate) use fields::{Tokens, tokens, value as tokens_value};

use crate::model::Model;
use proc_macro2::TokenStream;
use quote::{format_ident, quote};

pub(crate) fn model(model: &Model<'_>) -> TokenStream {
    let krate = &model.krate;
    let codegen = quote!(#krate::codegen);
    let names = Tokens {
        codegen: &codegen,
        owner: model.ident,
        vis: model.vis,
        name: format_ident!("{}Fields", model.ident),
        doc: format!("The field tokens of [`{0}`], which are `{0}::F`.", model.ident),
        of_rows: true,
    };
    let tokens = tokens(&names, &model.fields);
    let codec = codec::model(model, &codegen, &names.name);
    let accessors = accessors::accessors(model, &codegen);
    let editor = lookups(&codegen, model.ident, model.vis, &model.fields, true);
    quote!(#tokens #codec #accessors #editor)
}
