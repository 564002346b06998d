//! Lookups on arrays.

use super::condition::{Holds, Q};
use super::field::{AsText, Comparable, Field};
use super::operand::{Constant, IntoOperandList, Operand, kind};
use super::text::{self, Anchor};
use serde_json::{Value, json};

/// A field that holds an array.
#[diagnostic::on_unimplemented(
    message = "the lookups `all`, `contained_by` and `startswith_all` need an array field, and this one is of type `{Self}`",
    label = "a field of type `{Self}` is not an array",
    note = "array fields are of the types `Vec<T>` and `Option<Vec<T>>`"
)]
pub trait Listed: Comparable {}

#[diagnostic::do_not_recommend]
impl<V: Comparable> Listed for Vec<V> {}

#[diagnostic::do_not_recommend]
impl<V: Listed> Listed for Option<V> {}

/// A field that holds an array of texts.
#[diagnostic::on_unimplemented(
    message = "the lookup `startswith_all` needs an array of texts, and this field is of type `{Self}`",
    label = "a field of type `{Self}` is not an array of texts",
    note = "arrays of texts are of the types `Vec<String>` and `Option<Vec<String>>`"
)]
pub trait ListedTexts: Comparable {}

#[diagnostic::do_not_recommend]
impl<V: Listed + Comparable<Kind = kind::Text>> ListedTexts for V {}

fn beginning(text: &str) -> Value {
    json!({"$regex": text::pattern(Anchor::Start, text)})
}

/// Several texts: an array, a `Vec` or a slice of anything that is a `str`.
#[diagnostic::on_unimplemented(
    message = "the lookup `startswith_all` needs a list of texts, found `{Self}`",
    label = "not a list of texts",
    note = "write `= [\"a\", \"b\"]`, or give a `Vec` or a slice"
)]
pub trait IntoTexts {
    /// A pattern for each.
    #[doc(hidden)]
    fn into_patterns(self) -> Vec<Value>;
}

macro_rules! texts {
    ($([$($generics:tt)*] $list:ty;)*) => {$(
        #[diagnostic::do_not_recommend]
        impl<$($generics)*> IntoTexts for $list {
            fn into_patterns(self) -> Vec<Value> {
                self.iter().map(|text| beginning(text.as_text())).collect()
            }
        }
    )*};
}

texts! {
    [U: AsText, const N: usize] [U; N];
    [U: AsText, const N: usize] &[U; N];
    [U: AsText] Vec<U>;
    [U: AsText] &Vec<U>;
    [U: AsText] &[U];
}

/// Lookups of arrays. An array also [equals](Field::eq) each of its elements, and is [`in`](Field::is_in) a list that
/// has one of them.
impl<R, V> Field<R, V> {
    /// `field__all = [a, b]`: holds each of these. Wire form `$all`. Of no values at all every row holds each.
    ///
    /// ```
    /// # use parse_orm::prelude::*;
    /// # #[derive(ParseObject, Clone, Debug)] struct GameScore { skills: Vec<String> }
    /// let agile = query!(GameScore.filter(skills__all = ["flying", "swimming"]));
    /// assert_eq!(
    ///     serde_json::to_string(&agile).unwrap(),
    ///     r#"{"where":{"skills":{"$all":["flying","swimming"]}}}"#
    /// );
    /// ```
    pub fn all(self, values: impl IntoOperandList<V>) -> Q<R>
    where
        V: Listed,
    {
        self.each_of(values.into_operand_list())
    }

    /// `field__contained_by = [a, b]`: holds nothing but these. Wire form `$containedBy`. An array without elements
    /// holds nothing else; on MongoDB a row without the field does not either.
    pub fn contained_by(self, values: impl IntoOperandList<V>) -> Q<R>
    where
        V: Listed,
    {
        self.compare(Holds::Many, "$containedBy", values.into_operand_list())
    }

    /// `field__startswith_all = ["a", "b"]`: for each of these texts there is an element that begins with it. Wire
    /// form `$all` of `$regex`, with the texts quoted.
    pub fn startswith_all(self, texts: impl IntoTexts) -> Q<R>
    where
        V: ListedTexts,
    {
        self.each_of(Operand::json(texts.into_patterns()))
    }

    fn each_of(self, operand: Operand) -> Q<R> {
        // the databases differ in what holds all of nothing
        let operator = match &operand.0 {
            Ok(Constant::List(list)) if list.is_empty() => "$nin",
            Ok(Constant::Json(Value::Array(list))) if list.is_empty() => "$nin",
            _ => "$all",
        };
        self.compare(Holds::Many, operator, operand)
    }
}
