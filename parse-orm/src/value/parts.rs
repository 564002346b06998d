//! Objects within a field that are sent in parts: only the keys that differ, so that what another client wrote
//! beside them, and keys that this program does not know, stay.

use super::{ParseValue, to_json};
use serde::Serialize;
use serde_json::Value;
use std::borrow::Cow;

/// What differs within an object, one level deep: PostgreSQL, asked for a deeper key, drops the keys beside it.
#[derive(Debug, Default)]
pub struct Parts(Vec<Part>);

/// One key that differs.
#[derive(Debug)]
pub(crate) struct Part {
    pub(crate) key: Cow<'static, str>,
    /// `None` removes the key; an error says why the value has no wire form.
    pub(crate) value: Result<Option<Value>, String>,
}

impl Parts {
    /// For generated code: nothing differs so far.
    pub fn new() -> Self {
        Self::default()
    }

    /// For generated code: one key of a struct differs.
    pub fn put(&mut self, key: &'static str, absent: bool, value: &impl Serialize) {
        let value = if absent {
            Ok(None)
        } else {
            serde_json::to_value(value)
                .map(Some)
                .map_err(|error| error.to_string())
        };
        let key = key.into();
        self.0.push(Part { key, value });
    }

    /// What differs between two maps; `None` where a key could be taken for something else than a key.
    pub(super) fn of_maps<'a, V: ParseValue>(
        now: impl Iterator<Item = (&'a String, &'a V)>,
        held: impl Iterator<Item = (&'a String, &'a V)>,
        is_left: impl Fn(&str) -> bool,
        find_held: impl Fn(&str) -> Option<&'a V>,
    ) -> Option<Self> {
        let mut parts = Vec::new();
        for (key, value) in now {
            if find_held(key).is_none_or(|held| !held.same(value)) {
                let (key, value) = (plain(key)?, to_json(value).map(Some));
                parts.push(Part { key, value });
            }
        }
        for (key, _) in held.filter(|(key, _)| !is_left(key)) {
            let (key, value) = (plain(key)?, Ok(None));
            parts.push(Part { key, value });
        }
        Some(Self(parts))
    }

    /// Each key that differs.
    pub(crate) fn into_parts(self) -> impl Iterator<Item = Part> {
        self.0.into_iter()
    }

    /// True when nothing differs.
    pub(crate) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

/// A key of a map that stands for itself behind a dot.
fn plain(key: &str) -> Option<Cow<'static, str>> {
    let known = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'_';
    let plain = key.starts_with(|first: char| first.is_ascii_alphabetic()) && key.bytes().all(known);
    plain.then(|| key.to_owned().into())
}
