//! The parameters of a find, as the REST API takes them.

use super::set::{Core, conditions};
use crate::client::Params;
use crate::{Error, Result};
use serde::ser::SerializeMap;
use serde::{Serialize, Serializer};
use std::borrow::Cow;
use std::fmt::Write;

/// One request for rows: a query, narrowed to one of its pages.
#[derive(Clone)]
pub(super) struct Find<'a> {
    pub(super) core: Cow<'a, Core>,
    pub(super) class_name: &'static str,
    pub(super) keys: Option<Cow<'static, str>>,
    pub(super) count: bool,
}

impl<'a> Find<'a> {
    pub(super) fn of(core: &'a Core) -> Self {
        Self {
            core: Cow::Borrowed(core),
            class_name: "",
            keys: None,
            count: false,
        }
    }

    pub(super) fn owned(core: Core, class_name: &'static str) -> Self {
        Self {
            core: Cow::Owned(core),
            class_name,
            keys: None,
            count: false,
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

    fn include(&self) -> Option<String> {
        (!self.core.include.is_empty()).then(|| self.core.include.join(","))
    }
}

impl Params for Find<'_> {
    fn pairs(&self, pair: &mut dyn FnMut(&str, &str)) -> Result<()> {
        let core = &self.core;
        if !core.filter.is_empty() {
            let text = serde_json::to_string(&conditions(core))
                .map_err(|error| Error::invalid(self.class_name, None, error.to_string()))?;
            pair("where", &text);
        }
        if let Some(order) = self.order() {
            pair("order", &order);
        }
        if let Some(limit) = core.limit {
            pair("limit", &limit.to_string());
        }
        if core.skip > 0 {
            pair("skip", &core.skip.to_string());
        }
        if let Some(include) = self.include() {
            pair("include", &include);
        }
        if let Some(keys) = &self.keys {
            pair("keys", keys);
        }
        if self.count {
            pair("count", "1");
        }
        Ok(())
    }
}

impl Serialize for Find<'_> {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        let core = &self.core;
        let mut map = to.serialize_map(None)?;
        if !core.filter.is_empty() {
            map.serialize_entry("where", &conditions(core))?;
        }
        if let Some(order) = self.order() {
            map.serialize_entry("order", &order)?;
        }
        if let Some(limit) = core.limit {
            map.serialize_entry("limit", &limit)?;
        }
        if core.skip > 0 {
            map.serialize_entry("skip", &core.skip)?;
        }
        if let Some(include) = self.include() {
            map.serialize_entry("include", &include)?;
        }
        if let Some(keys) = &self.keys {
            map.serialize_entry("keys", keys)?;
        }
        if self.count {
            map.serialize_entry("count", &1)?;
        }
        map.end()
    }
}
