//! From a model's description to code.

mod accessors;
mod codec;
mod editor;
mod fields;
mod stub;

pub(crate) use accessors::names as accessor_names;
pub(crate) use codec::of as codec;
pub(crate) use codec::{
    absent, codec_of, codecs, decode, encode, finish, not_stored, same, schema, unstored,
};
pub(crate) use editor::{declare as declare_lookups, lookups};
pub(crate) use fields::{Tokens, tokens, value as tokens_value};
pub(crate) use stub::{model as stub_model, value as stub_value};

use crate::model::Model;
use proc_macro2::{Ident, Span, TokenStream};
use quote::{format_ident, quote};
use syn::Path;

pub(crate) fn model(model: &Model<'_>) -> TokenStream {
    let krate = &model.krate;
    let codegen = quote!(#krate::codegen);
    let names = Tokens {
        codegen: &codegen,
        owner: model.ident,
        vis: model.vis,
        name: fields_name(model.ident),
        doc: format!("The field tokens of [`{0}`], which are `{0}::F`.", model.ident),
        of_rows: true,
    };
    let tokens = tokens(&names, &model.fields, &model.broken);
    let codec = codec::model(model, &codegen, &names.name);
    let accessors = accessors::declared(model, &codegen);
    let editor = lookups(&codegen, model.ident, model.vis, &model.fields, true);
    quote!(#tokens #codec #accessors #editor)
}

/// What the library derives for its own models and values: they are no suggestions in the errors of a program.
pub(crate) fn quiet(krate: &Path) -> Option<TokenStream> {
    krate
        .is_ident("crate")
        .then(|| quote!(#[diagnostic::do_not_recommend]))
}

/// The name of the struct of tokens. With the macro's own span: the compiler would otherwise repeat what it
/// says of a misspelled type for this struct.
pub(crate) fn fields_name(owner: &Ident) -> Ident {
    format_ident!("{owner}Fields", span = Span::call_site())
}
