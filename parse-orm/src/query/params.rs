//! The parameters of a find, as the REST API takes them.

use super::check::check;
use super::options::{Hint, ReadPreference};
use super::order::TEXT_SCORE;
use super::set::{Core, conditions};
use crate::client::{Pairs, Params};
use crate::{Error, Result, json};
use serde::de::IgnoredAny;
use serde::ser::SerializeMap;
use serde::{Serialize, Serializer};
use serde_json::Value;
use std::borrow::Cow;
use std::fmt::Write;

/// One request for rows: a query, narrowed to one of its pages.
#[derive(Clone)]
pub(super) struct Find<'a> {
    pub(super) core: Cow<'a, Core>,
    pub(super) class_name: &'static str,
    pub(super) keys: Option<Cow<'static, str>>,
    pub(super) count: bool,
    pub(super) explain: bool,
}

/// A parameter whose form in a URL differs from that in a body.
enum Param<'a> {
    Text(Cow<'a, str>),
    Number(u64),
    Flag,
    Json(&'a Value),
}

impl<'a> Find<'a> {
    pub(super) fn of(core: &'a Core) -> Self {
        Self::new(Cow::Borrowed(core), "")
    }

    pub(super) fn owned(core: Core, class_name: &'static str) -> Self {
        Self::new(Cow::Owned(core), class_name)
    }

    fn new(core: Cow<'a, Core>, class_name: &'static str) -> Self {
        Self {
            core,
            class_name,
            keys: None,
            count: false,
            explain: false,
        }
    }

    fn order(&self) -> Option<String> {
        if self.core.order.is_empty() {
            return None;
        }
        let mut text = String::new();
        for (key, descending) in &self.core.order {
            let comma = if text.is_empty() { "" } else { "," };
            // writing to a String cannot fail
            let _ = write!(text, "{comma}{}{key}", if *descending { "-" } else { "" });
        }
        Some(text)
    }

    fn keys(&self) -> Option<Cow<'_, str>> {
        let by_score = self.core.order.iter().any(|(key, _)| key == TEXT_SCORE);
        let keys = self.keys.as_ref();
        match self.core.scored.as_ref().filter(|_| by_score) {
            Some(all) => Some(format!("{},{TEXT_SCORE}", keys.unwrap_or(all)).into()),
            None => keys.map(|keys| Cow::Borrowed(&**keys)),
        }
    }

    /// Everything but the conditions.
    fn others(&self) -> impl Iterator<Item = (&'static str, Param<'_>)> {
        let core = &self.core;
        let options = &core.options;
        let list = |paths: &[Cow<'static, str>]| {
            (!paths.is_empty()).then(|| Param::Text(Cow::Owned(paths.join(","))))
        };
        let read = |preference: Option<ReadPreference>| {
            preference.map(|preference| Param::Text(preference.name().into()))
        };
        let all = [
            ("order", self.order().map(|order| Param::Text(order.into()))),
            ("limit", core.limit.map(Param::Number)),
            ("skip", (core.skip > 0).then_some(Param::Number(core.skip))),
            ("include", list(&core.include)),
            ("keys", self.keys().map(Param::Text)),
            ("excludeKeys", list(&options.exclude)),
            ("count", self.count.then_some(Param::Number(1))),
            ("readPreference", read(options.read)),
            ("includeReadPreference", read(options.read_included)),
            ("subqueryReadPreference", read(options.read_subquery)),
            (
                "hint",
                options.hint.as_ref().map(|Hint(hint)| match hint {
                    Value::String(name) => Param::Text(name.into()),
                    keys => Param::Json(keys),
                }),
            ),
            (
                "comment",
                options.comment.as_deref().map(|text| Param::Text(text.into())),
            ),
            ("explain", self.explain.then_some(Param::Flag)),
        ];
        all.into_iter().filter_map(|(name, param)| Some((name, param?)))
    }
}

/// The address of a GET that asks for the rows of a query.
#[cfg(feature = "__internals")]
pub(crate) fn address<T: crate::ParseObject>(
    client: &crate::Client,
    query: &super::QuerySet<T>,
) -> Result<String> {
    let find = Find::new(Cow::Borrowed(&query.core), T::CLASS_NAME);
    client.address(crate::client::Path::Class(T::CLASS_NAME), &find)
}

impl Params for Find<'_> {
    fn pairs(&self, to: &mut Pairs) -> Result<()> {
        check(&self.core, self.class_name)?;
        let refused = |error: json::Error| Error::invalid(self.class_name, None, error.to_string());
        if self.core.is_restricted() {
            to.json("where", &conditions(&self.core)).map_err(refused)?;
        }
        for (name, param) in self.others() {
            match param {
                // the server reads as JSON whatever can be read so: the text `12` would be a number
                Param::Text(text) if serde_json::from_str::<IgnoredAny>(&text).is_ok() => {
                    to.json(name, &text).map_err(refused)?;
                }
                Param::Text(text) => to.text(name, &text),
                Param::Number(number) => to.text(name, &number.to_string()),
                Param::Flag => to.text(name, "true"),
                Param::Json(value) => to.json(name, value).map_err(refused)?,
            }
        }
        Ok(())
    }
}

impl Serialize for Find<'_> {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        let mut map = to.serialize_map(None)?;
        if self.core.is_restricted() {
            map.serialize_entry("where", &conditions(&self.core))?;
        }
        for (name, param) in self.others() {
            match param {
                Param::Text(text) => map.serialize_entry(name, &text)?,
                Param::Number(number) => map.serialize_entry(name, &number)?,
                Param::Flag => map.serialize_entry(name, &true)?,
                Param::Json(value) => map.serialize_entry(name, value)?,
            }
        }
        map.end()
    }
}
