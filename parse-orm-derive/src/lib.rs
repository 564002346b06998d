//! The macros of `parse-orm`. Use them through `parse_orm`, which documents them and re-exports them.
//!
//! From attributes (`attr`) to a description of the model (`model`), to code (`expand`); and from a
//! query expression to calls of the typed query API (`query`).
#![forbid(unsafe_code)]
#![deny(missing_docs)]
#![allow(
    clippy::too_many_lines,
    reason = "a template of generated code is read as a whole"
)]

mod attr;
mod error;
mod expand;
mod function;
mod model;
mod naming;
mod query;
mod types;
mod value;
mod view;

use proc_macro::TokenStream;

/// Makes a struct a model: a class on the server, whose rows are values of this struct.
///
/// ```
/// use parse_orm::prelude::*;
///
/// /// One finished game.
/// #[derive(ParseObject, Clone, Debug)]
/// #[parse(class_name = "GameScore")]
/// pub struct Score {
///     pub score: i64,
///     pub player_name: String, // stored as playerName
///     #[parse(rename = "cheat")]
///     pub cheat_mode: bool,
///     #[parse(default)]
///     pub skills: Vec<String>,
///     #[parse(default = 3)]
///     pub lives: u8,
///     pub played_at: Option<DateTime<Utc>>,
///     #[parse(read_only)]
///     pub rank: Option<i64>,
///     #[parse(skip)]
///     pub seen: bool,
/// }
/// assert_eq!(Score::SCHEMA.class_name, "GameScore");
/// assert_eq!(Score::F.player_name.name(), "playerName");
/// ```
///
/// The struct must be `Clone`, have named fields, and no generics. For `GameScore` the derive generates
///
/// - the implementation of the trait `ParseObject`, with the class name and the schema;
/// - `GameScoreFields`, a struct of typed field tokens, which is `GameScore::F`: the row's own fields and
///   `object_id`, `created_at` and `updated_at`;
/// - the trait `GameScoreAccessors`, implemented for `Object<GameScore>`: `set_x` for every field,
///   `unset_x` for optional ones, `increment_x` for numbers, `add_x`, `add_unique_x` and `remove_x` for
///   arrays, `add_to_x`, `remove_from_x` and the query `x()` for relations.
///
/// # Attributes of the struct
///
/// | attribute | meaning |
/// | --- | --- |
/// | `class_name = ".."` | the class; the struct's name unless given. The built-in ones are `_User`, `_Role`, `_Session`, `_Installation` |
/// | `rename_all = ".."` | how field names are stored: `camelCase` (the default), `snake_case`, `PascalCase`, `SCREAMING_SNAKE_CASE`, `lowercase` |
/// | `crate = path` | where `parse_orm` is, in a crate that renamed it |
///
/// # Attributes of a field
///
/// | attribute | meaning |
/// | --- | --- |
/// | `rename = ".."` | the field's name on the server |
/// | `default` | a row without the field (or with null in it) takes `Default::default()` |
/// | `default = expr` | the same, with this expression |
/// | `read_only` | read, never sent: the server fills it. Saving a change of it is an error |
/// | `skip` | not stored; a row that is read gets `Default::default()` |
/// | `json` | any serde type, stored as its JSON |
///
/// # Which rows can be read
///
/// A field without `default` must be in the row, with a value of its type; `Option` and `Relation` fields
/// may be missing, and an `Option` may be null. What does not fit is an error that names the class, the
/// object, the field, and what was expected and found. Fields that the struct does not have are ignored, and
/// never written.
#[proc_macro_derive(ParseObject, attributes(parse))]
pub fn parse_object(input: TokenStream) -> TokenStream {
    match syn::parse::<syn::DeriveInput>(input) {
        Ok(mut input) => {
            types::name_self(&mut input);
            model::derive(&input).into()
        }
        Err(error) => error.to_compile_error().into(),
    }
}

/// Makes an enum or a struct something that a field of a model can hold.
///
/// An enum without data is stored as a String, the variant's name (`rename_all` and `rename` change it); a
/// struct as an Object, its fields in camelCase, with the field attributes of
/// [`ParseObject`](derive@ParseObject).
///
/// ```
/// use parse_orm::prelude::*;
///
/// #[derive(ParseValue, Clone, Copy, Debug, PartialEq)]
/// #[parse(rename_all = "lowercase")]
/// enum Level { Easy, Hard }
///
/// #[derive(ParseValue, Clone, Debug)]
/// struct Address { street: String, city: Option<String> }
///
/// #[derive(ParseObject, Clone, Debug)]
/// struct Game { level: Level, home: Address }
///
/// let near = query!(Game.filter(level = Level::Easy, home.city = "Bern"));
/// assert_eq!(
///     serde_json::to_string(&near).unwrap(),
///     r#"{"where":{"level":"easy","home.city":"Bern"}}"#
/// );
/// ```
///
/// Of a changed struct only the fields that differ are sent, each by its dotted key (`{"home.city": "Basel"}`): what
/// other clients wrote beside them, and keys that the struct does not declare, stay. The same holds for the entries
/// of a `HashMap` or `BTreeMap`. A struct or map within another one is sent as a whole, and so is one where the row
/// had none.
#[proc_macro_derive(ParseValue, attributes(parse))]
pub fn parse_value(input: TokenStream) -> TokenStream {
    match syn::parse::<syn::DeriveInput>(input) {
        Ok(mut input) => {
            types::name_self(&mut input);
            value::derive(&input).into()
        }
        Err(error) => error.to_compile_error().into(),
    }
}

/// Makes a struct a view of a model: some of its fields, for [`QuerySet::values`] and [`Slice::values`].
///
/// `#[parse(model = GameScore)]` names the model. The view's fields have the names and types of the model's;
/// the compiler checks both. A type may become an `Option`, for a field that rows may be without: a view does
/// not know the defaults of the model. `Option<Included<V>>` in the place of `Pointer<T>` or
/// `Option<Pointer<T>>`, and `Vec<Included<V>>` in that of `Vec<Pointer<T>>`, include the objects behind the
/// pointers as views themselves. In a crate that renamed `parse_orm` add `crate = path`.
///
/// ```
/// use parse_orm::prelude::*;
///
/// #[derive(ParseObject, Clone, Debug)]
/// struct GameScore { score: i64, player_name: String, skills: Vec<String> }
///
/// #[derive(ParseView, Debug)]
/// #[parse(model = GameScore)]
/// struct Line { score: i64, player_name: String }
/// ```
///
/// [`QuerySet::values`]: https://docs.rs/parse-orm/latest/parse_orm/struct.QuerySet.html#method.values
/// [`Slice::values`]: https://docs.rs/parse-orm/latest/parse_orm/struct.Slice.html#method.values
#[proc_macro_derive(ParseView, attributes(parse))]
pub fn parse_view(input: TokenStream) -> TokenStream {
    match syn::parse::<syn::DeriveInput>(input) {
        Ok(input) => view::derive(&input).into(),
        Err(error) => error.to_compile_error().into(),
    }
}

/// Makes a cloud function a Rust function: declare it, and the call is written for you.
///
/// The first parameter is the client, a `&Client` or a `&MasterClient`. The others travel under their names in
/// camelCase: anything that a field of a model can hold, by value or by reference, `&str`, `&[V]`, and `&Object<T>`,
/// which goes as its pointer. An `Option` that is `None` is left out. What is returned is a `parse_orm::Result` of
/// anything that implements [`FunctionResult`]; `Result<()>` where it does not matter. Errors are those of
/// [`Client::call`].
///
/// ```
/// use parse_orm::prelude::*;
/// use parse_orm::Result;
///
/// /// The mean of a movie's reviews.
/// #[cloud_function]
/// pub async fn average_stars(client: &Client, movie: &str, since: Option<DateTime<Utc>>) -> Result<f64>;
///
/// #[cloud_function(name = "v2.greet")]
/// async fn greet(client: &Client, #[parse(rename = "who")] name: &str) -> Result<String>;
///
/// async fn shown(client: &Client) -> Result<String> {
///     let stars = average_stars(client, "The Matrix", None).await?; // {"movie": "The Matrix"}
///     greet(client, &format!("{stars} stars")).await
/// }
/// ```
///
/// | attribute | meaning |
/// | --- | --- |
/// | `#[cloud_function(name = "..")]` | the function's name on the server; the Rust name in camelCase unless given |
/// | `#[cloud_function(crate = path)]` | where `parse_orm` is, in a crate that renamed it |
/// | `#[parse(rename = "..")]` on a parameter | its name on the server |
///
/// [`FunctionResult`]: https://docs.rs/parse-orm/latest/parse_orm/trait.FunctionResult.html
/// [`Client::call`]: https://docs.rs/parse-orm/latest/parse_orm/struct.Client.html#method.call
#[proc_macro_attribute]
pub fn cloud_function(attr: TokenStream, item: TokenStream) -> TokenStream {
    function::expand(attr.into(), item.into()).into()
}

/// Behind `parse_orm::query!`, which passes its own crate's path first.
#[doc(hidden)]
#[proc_macro]
pub fn __query(input: TokenStream) -> TokenStream {
    query::query(input.into()).into()
}

/// Behind `parse_orm::q!`, which passes its own crate's path first.
#[doc(hidden)]
#[proc_macro]
pub fn __q(input: TokenStream) -> TokenStream {
    query::q(input.into()).into()
}

/// In the place of `__query` where rust-analyzer looks at the code.
#[doc(hidden)]
#[proc_macro]
pub fn __query_in_editor(input: TokenStream) -> TokenStream {
    query::editor::query(input.into()).into()
}

/// In the place of `__q` where rust-analyzer looks at the code.
#[doc(hidden)]
#[proc_macro]
pub fn __q_in_editor(input: TokenStream) -> TokenStream {
    query::editor::q(input.into()).into()
}

/// Behind `parse_orm::codegen::lookups!`, where rust-analyzer looks at the code.
#[doc(hidden)]
#[proc_macro]
pub fn __lookups(input: TokenStream) -> TokenStream {
    expand::declare_lookups(input.into()).into()
}
