//! Full-text search.

use super::condition::{Holds, Q};
use super::field::{AsText, Field, Textual};
use super::operand::Operand;
use serde_json::{Map, Value};

/// What a full-text search looks for, and how: `search("café").language("fr")`.
#[derive(Debug, Clone, PartialEq, Eq)]
#[must_use = "a search does nothing until a text field is looked up by it"]
pub struct Search {
    term: String,
    language: Option<String>,
    case_sensitive: bool,
    diacritic_sensitive: bool,
}

/// What a full-text search looks for, to be completed by options: `body__search = search("café").language("fr")`.
/// Without options the text alone does as well: `body__search = "coffee"`.
pub fn search(term: impl Into<String>) -> Search {
    Search {
        term: term.into(),
        language: None,
        case_sensitive: false,
        diacritic_sensitive: false,
    }
}

impl Search {
    /// The language, which decides on stems and stop words; the server's default unless given. Wire form
    /// `$language`.
    pub fn language(self, language: impl Into<String>) -> Self {
        Self {
            language: Some(language.into()),
            ..self
        }
    }

    /// Upper and lower case differ. Wire form `$caseSensitive`; PostgreSQL does not have it.
    pub fn case_sensitive(self) -> Self {
        Self {
            case_sensitive: true,
            ..self
        }
    }

    /// `é` and `e` differ, as they always do on PostgreSQL. Wire form `$diacriticSensitive`.
    pub fn diacritic_sensitive(self) -> Self {
        Self {
            diacritic_sensitive: true,
            ..self
        }
    }

    fn operand(self) -> Operand {
        if self.term.trim().is_empty() {
            return Operand(Err("there is nothing to search for: the text is empty".into()));
        }
        let mut search = Map::from_iter([("$term".to_owned(), Value::from(self.term))]);
        if let Some(language) = self.language {
            if language.is_empty() {
                return Operand(Err("the language of a search has a name, such as `en`".into()));
            }
            search.insert("$language".into(), language.into());
        }
        // PostgreSQL refuses a `false`
        for (name, yes) in [
            ("$caseSensitive", self.case_sensitive),
            ("$diacriticSensitive", self.diacritic_sensitive),
        ] {
            if yes {
                search.insert(name.into(), true.into());
            }
        }
        Operand::json(Map::from_iter([("$search".to_owned(), Value::Object(search))]))
    }
}

/// What the lookup `search` takes: a text, or [`search("..")`](search()) with its options.
#[diagnostic::on_unimplemented(
    message = "the lookup `search` needs a text, found `{Self}`",
    label = "not a text",
    note = "write `= \"coffee\"`, or with options `= search(\"coffee\").language(\"en\")`"
)]
pub trait IntoSearch {
    /// The search.
    #[doc(hidden)]
    fn into_search(self) -> Search;
}

#[diagnostic::do_not_recommend]
impl<T: AsText> IntoSearch for T {
    fn into_search(self) -> Search {
        search(self.as_text())
    }
}

#[diagnostic::do_not_recommend]
impl IntoSearch for Search {
    fn into_search(self) -> Search {
        self
    }
}

#[diagnostic::do_not_recommend]
impl IntoSearch for &Search {
    fn into_search(self) -> Search {
        self.clone()
    }
}

impl<R, V> Field<R, V> {
    /// `field__search = "text"`: full-text search for any of the words. Wire form `$text`.
    ///
    /// A query has one search, which all of its rows meet: within `|` and `!` the server knows none. The first search
    /// of a field makes MongoDB build its text index, of which a class has one. PostgreSQL takes a single word, or
    /// words joined by `&` and `|`. [`QuerySet::order_by_text_score`](crate::QuerySet::order_by_text_score) puts the
    /// best matches first.
    ///
    /// ```
    /// # use parse_orm::prelude::*;
    /// # #[derive(ParseObject, Clone, Debug)] struct Post { title: String, body: String }
    /// let posts = query!(Post.filter(body__search = search("café").language("fr").diacritic_sensitive()));
    /// assert_eq!(
    ///     serde_json::to_value(&posts).unwrap()["where"],
    ///     serde_json::json!({"body": {"$text": {"$search": {
    ///         "$term": "café", "$language": "fr", "$diacriticSensitive": true,
    ///     }}}})
    /// );
    /// ```
    pub fn search(self, term: impl IntoSearch) -> Q<R>
    where
        V: Textual,
    {
        self.compare(Holds::One, "$text", term.into_search().operand())
    }
}
