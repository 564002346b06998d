//! A cloud function as a Rust function: the body of a function that is only declared.

use crate::error::Errors;
use crate::naming::{Case, did_you_mean, list};
use proc_macro2::{Span, TokenStream};
use quote::{ToTokens, quote, quote_spanned};
use syn::parse::{Parse, ParseStream};
use syn::spanned::Spanned;
use syn::{
    Attribute, FnArg, GenericArgument, Ident, LitStr, Pat, Path, PathArguments, ReturnType, Signature, Token,
    Type, Visibility,
};

const KEYS: [&str; 2] = ["name", "crate"];

/// A function, with or without a body.
struct Declared {
    attrs: Vec<Attribute>,
    vis: Visibility,
    sig: Signature,
    body: Option<TokenStream>,
}

impl Parse for Declared {
    fn parse(input: ParseStream<'_>) -> syn::Result<Self> {
        let attrs = input.call(Attribute::parse_outer)?;
        let vis = input.parse()?;
        let sig = input.parse().map_err(|error: syn::Error| {
            syn::Error::new(
                error.span(),
                "`#[cloud_function]` stands on a function that is declared: `async fn average_stars(client: &Client, movie: &str) -> Result<f64>;`",
            )
        })?;
        if input.peek(Token![;]) {
            input.parse::<Token![;]>()?;
            return Ok(Self {
                attrs,
                vis,
                sig,
                body: None,
            });
        }
        let body = input.parse().map(Some)?;
        Ok(Self {
            attrs,
            vis,
            sig,
            body,
        })
    }
}

/// What stands in the parentheses of the attribute.
#[derive(Default)]
struct Options {
    name: Option<String>,
    krate: Option<Path>,
}

impl Options {
    fn read(attr: TokenStream, errors: &mut Errors) -> Self {
        let mut found = Self::default();
        let read = |input: ParseStream<'_>| {
            while !input.is_empty() {
                let key = input.call(<Ident as syn::ext::IdentExt>::parse_any)?;
                match key.to_string().as_str() {
                    "name" => found.name = Some(text(&key, input, errors)?),
                    "crate" => {
                        input.parse::<Token![=]>()?;
                        found.krate = Some(input.call(Path::parse_mod_style)?);
                    }
                    other => {
                        errors.at(
                            &key,
                            format!(
                                "unknown key `{other}` in `#[cloud_function(..)]`{}\nthe keys are: {}",
                                did_you_mean(other, &KEYS),
                                list(&KEYS)
                            ),
                        );
                        if input.peek(Token![=]) {
                            input.parse::<Token![=]>()?;
                            input.parse::<syn::Expr>()?;
                        }
                    }
                }
                if !input.is_empty() {
                    input.parse::<Token![,]>()?;
                }
            }
            Ok(())
        };
        if let Err(error) = syn::parse::Parser::parse2(read, attr) {
            errors.push(error);
        }
        found
    }
}

/// `= "text"`, which is not empty.
fn text(key: &Ident, input: ParseStream<'_>, errors: &mut Errors) -> syn::Result<String> {
    let wrong = || {
        syn::Error::new(
            key.span(),
            format!("`{key}` needs a text\nwrite `{key} = \"..\"`"),
        )
    };
    if !input.peek(Token![=]) {
        return Err(wrong());
    }
    input.parse::<Token![=]>()?;
    let literal: LitStr = input.parse().map_err(|_| wrong())?;
    if literal.value().is_empty() {
        errors.at(&literal, format!("`{key}` must not be empty"));
    }
    Ok(literal.value())
}

pub(crate) fn expand(attr: TokenStream, item: TokenStream) -> TokenStream {
    let mut errors = Errors::default();
    let options = Options::read(attr, &mut errors);
    let Declared {
        attrs,
        vis,
        mut sig,
        body,
    } = match syn::parse2(item) {
        Ok(declared) => declared,
        Err(error) => {
            errors.push(error);
            return errors.to_tokens();
        }
    };
    let krate = options
        .krate
        .map_or_else(|| quote!(::parse_orm), ToTokens::into_token_stream);
    let name = options.name.unwrap_or_else(|| Case::Camel.apply(&sig.ident));
    if let Some(body) = body {
        errors.at(
            body,
            "a cloud function is only declared: its body is on the server\nwrite `;` in the place of the body",
        );
    }
    if sig.asyncness.is_none() {
        errors.at(sig.fn_token, "the call goes over the network\nwrite `async fn`");
    }
    if matches!(sig.output, ReturnType::Default) {
        errors.at(
            &sig.ident,
            "the function needs the type that it returns\nwrite `-> parse_orm::Result<f64>`, or `-> parse_orm::Result<()>` where the result does not matter",
        );
    }
    let given = arguments(&mut sig, &mut errors);
    let docs = &attrs;
    let Some((client, given)) = given.filter(|_| errors.count() == 0) else {
        // the declaration stays, so that its mistake is not reported again wherever it is called
        let reported = errors.to_tokens();
        sig.asyncness.get_or_insert_with(Default::default);
        let typed = std::mem::take(&mut sig.inputs).into_iter();
        sig.inputs = typed
            .filter(|argument| matches!(argument, FnArg::Typed(_)))
            .collect();
        return quote! {
            #reported
            #(#docs)*
            #[allow(unused_variables, clippy::unused_async, clippy::todo, clippy::unimplemented)]
            #vis #sig { ::core::unimplemented!() }
        };
    };
    // what cannot be read is said of the type
    let result = match &sig.output {
        ReturnType::Type(_, result) => result.span(),
        ReturnType::Default => Span::call_site(),
    };
    let call = Ident::new("call", Span::call_site().located_at(result));
    quote! {
        #(#docs)*
        #[allow(clippy::too_many_arguments)]
        #vis #sig {
            #krate::codegen::Arguments::new(#name)
                #given
                .#call(#client)
                .await
        }
    }
}

/// The client, and the calls that add the parameters. The attributes of the parameters are taken out.
fn arguments(sig: &mut Signature, errors: &mut Errors) -> Option<(Ident, TokenStream)> {
    let mut client = None;
    let mut given = TokenStream::new();
    let mut names: Vec<String> = Vec::new();
    let whole = sig.ident.span();
    for (place, argument) in sig.inputs.iter_mut().enumerate() {
        let FnArg::Typed(argument) = argument else {
            errors.at(
                argument,
                "a cloud function is a function by itself, not a method\ntake the client as the first parameter: `client: &Client`",
            );
            return None;
        };
        let Pat::Ident(pattern) = &*argument.pat else {
            errors.at(
                &argument.pat,
                "a parameter is a plain name, which the server's function finds it under",
            );
            continue;
        };
        let ident = pattern.ident.clone();
        let rename = renamed(&mut argument.attrs, errors);
        if place == 0 {
            if !is_client(&argument.ty) {
                errors.at(
                    &argument.ty,
                    "the first parameter is the client\nwrite `client: &Client`, or `client: &MasterClient` for a function that needs the master key",
                );
                return None;
            }
            client = Some(ident);
            continue;
        }
        let name = rename.unwrap_or_else(|| Case::Camel.apply(&ident));
        if names.contains(&name) {
            errors.at(
                &ident,
                format!("two parameters are sent as `{name}`\nrename one: `#[parse(rename = \"..\")]`"),
            );
        }
        given.extend(match &*argument.ty {
            Type::Reference(by) => {
                let span = by.elem.span();
                quote_spanned!(span=> .with(#name, #ident))
            }
            ty if optional_reference(ty) => quote_spanned!(ty.span()=> .with_some(#name, #ident)),
            ty => quote_spanned!(ty.span()=> .with(#name, &#ident)),
        });
        names.push(name);
    }
    if client.is_none() && errors.count() == 0 {
        errors.at_span(
            whole,
            "the first parameter is the client\nwrite `client: &Client`, or `client: &MasterClient` for a function that needs the master key",
        );
    }
    Some((client?, given))
}

/// Takes `#[parse(rename = "..")]` off a parameter.
fn renamed(attrs: &mut Vec<Attribute>, errors: &mut Errors) -> Option<String> {
    let mut found = None;
    attrs.retain(|attr| {
        if !attr.path().is_ident("parse") {
            return true;
        }
        let read = |input: ParseStream<'_>| {
            let key: Ident = input.call(<Ident as syn::ext::IdentExt>::parse_any)?;
            if key != "rename" {
                let name = key.to_string();
                return Err(syn::Error::new(
                    key.span(),
                    format!(
                        "unknown key `{name}` in `#[parse(..)]`{}\nthe key of a parameter is `rename`",
                        did_you_mean(&name, &["rename"])
                    ),
                ));
            }
            found = Some(text(&key, input, errors)?);
            Ok(())
        };
        if let Err(error) = attr.parse_args_with(read) {
            errors.push(error);
        }
        false
    });
    found
}

/// `&Client` or `&MasterClient`, by whatever path.
fn is_client(ty: &Type) -> bool {
    let Type::Reference(by) = ty else { return false };
    matches!(&*by.elem, Type::Path(path)
        if path.path.segments.last().is_some_and(|last| last.ident == "Client" || last.ident == "MasterClient"))
}

/// `Option<&T>`
fn optional_reference(ty: &Type) -> bool {
    let Type::Path(path) = ty else { return false };
    let Some(last) = path.path.segments.last().filter(|last| last.ident == "Option") else {
        return false;
    };
    matches!(&last.arguments, PathArguments::AngleBracketed(inner)
        if matches!(inner.args.first(), Some(GenericArgument::Type(Type::Reference(_)))))
}

#[cfg(test)]
mod tests {
    use super::expand;
    use quote::quote;

    #[test]
    fn names_are_camel_case_unless_told() {
        let code = expand(
            quote!(),
            quote! { async fn average_stars(client: &Client, movie_id: &str, #[parse(rename = "n")] most: Option<i64>) -> Result<f64>; },
        )
        .to_string();
        for part in ["\"averageStars\"", "(\"movieId\" , movie_id)", "(\"n\" , & most)"] {
            assert!(code.contains(part), "{part} in {code}");
        }
    }
}
