//! What stands in for a struct or enum that cannot be a model or a value at all: its mistake was reported, and
//! the rest of the program should not be reported as well for using it.

use proc_macro2::TokenStream;
use quote::{format_ident, quote};
use syn::{DeriveInput, Path};

/// `impl ParseObject`, of a model without fields.
pub(crate) fn model(input: &DeriveInput, krate: &Path) -> TokenStream {
    let DeriveInput { ident, vis, .. } = input;
    let codegen = quote!(#krate::codegen);
    let class_name = ident.to_string();
    let accessors = format_ident!("{ident}Accessors");
    let (parameters, arguments, bounds) = input.generics.split_for_impl();
    let bounds = bounds.map(|bounds| &bounds.predicates).into_iter();
    quote! {
        #[doc(hidden)]
        #[allow(dead_code)]
        #vis trait #accessors {}

        #[automatically_derived]
        #[allow(clippy::all, clippy::pedantic)]
        impl #parameters #codegen::ParseObject for #ident #arguments
        where
            for<'never> #ident #arguments: #codegen::Snapshot + ::core::marker::Send + ::core::marker::Sync + 'static,
            #(#bounds)*
        {
            const CLASS_NAME: &'static str = #class_name;
            const SCHEMA: &'static #codegen::Schema = &#codegen::Schema::new(#class_name, &[]);
            type Fields = #codegen::RowFields<Self>;
            const F: Self::Fields = #codegen::RowFields::NEW;
            type Partial = ();
            fn __partial() {}
            fn __index(_: &str) -> ::core::option::Option<usize> {
                ::core::option::Option::None
            }
            fn __decode<'de, D: #codegen::Deserializer<'de>>(
                _: &mut (),
                _: usize,
                _: D,
            ) -> ::core::result::Result<(), D::Error> {
                ::core::result::Result::Err(#codegen::no_such_field())
            }
            fn __finish(_: ()) -> ::core::result::Result<Self, usize> {
                ::core::result::Result::Err(0)
            }
            fn __merge(&mut self, _: ()) {}
            fn __encode<S: #codegen::Serializer>(
                &self,
                _: usize,
                _: #codegen::Form,
                _: S,
            ) -> ::core::result::Result<S::Ok, S::Error> {
                ::core::result::Result::Err(#codegen::no_such_field_to_write())
            }
            fn __diff(&self, _: &Self) -> #codegen::FieldSet {
                #codegen::FieldSet::EMPTY
            }
            fn __absent(&self) -> #codegen::FieldSet {
                #codegen::FieldSet::EMPTY
            }
            fn __copy(&mut self, _: &Self, _: usize) {}
        }
    }
}

/// `impl ParseValue`, of a value that compares with anything.
pub(crate) fn value(input: &DeriveInput, krate: &Path) -> TokenStream {
    let ident = &input.ident;
    let codegen = quote!(#krate::codegen);
    let (parameters, arguments, bounds) = input.generics.split_for_impl();
    let bounds = bounds.map(|bounds| &bounds.predicates).into_iter();
    let bounds = quote! {
        where
            for<'never> #ident #arguments:
                ::core::clone::Clone + ::core::marker::Send + ::core::marker::Sync + 'static,
            #(#bounds)*
    };
    quote! {
        #[automatically_derived]
        #[allow(clippy::all, clippy::pedantic)]
        const _: () = {
            impl #parameters #codegen::ParseValue for #ident #arguments #bounds {
                const TYPE: #codegen::FieldType = #codegen::FieldType::Object;
                fn decode<'de, D: #codegen::Deserializer<'de>>(_: D) -> ::core::result::Result<Self, D::Error> {
                    ::core::result::Result::Err(#codegen::no_such_field())
                }
                fn encode<S: #codegen::Serializer>(
                    &self,
                    _: #codegen::Form,
                    _: S,
                ) -> ::core::result::Result<S::Ok, S::Error> {
                    ::core::result::Result::Err(#codegen::no_such_field_to_write())
                }
                fn same(&self, _: &Self) -> bool {
                    true
                }
            }
            impl #parameters #codegen::FunctionParams for #ident #arguments #bounds {
                fn json(&self) -> ::core::result::Result<::std::vec::Vec<u8>, ::std::string::String> {
                    #codegen::params(self)
                }
            }
            impl #parameters #codegen::Nullable for #ident #arguments #bounds {}
            impl #parameters #codegen::Comparable for #ident #arguments #bounds {
                type Kind = #codegen::Reported;
            }
            impl #parameters #codegen::Sortable for #ident #arguments #bounds {}
            impl #parameters #codegen::Collected for #ident #arguments #bounds { type Element = Self; type Present = Self; }
        };
    }
}
