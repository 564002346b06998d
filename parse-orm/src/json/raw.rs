//! A value that is left as it stands.

use serde::de::{Deserialize, Deserializer, Visitor};
use std::fmt;

/// The text of a value, which is JSON. Only a [`Reader`](super::Reader) knows how to give one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Raw<'a>(pub(crate) &'a str);

/// What the reader knows it by.
pub(super) const NAME: &str = "$parse_orm::Raw";

impl<'de: 'a, 'a> Deserialize<'de> for Raw<'a> {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        struct Text;
        impl<'de> Visitor<'de> for Text {
            type Value = Raw<'de>;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("any value, as it stands")
            }
            fn visit_borrowed_str<E>(self, text: &'de str) -> Result<Raw<'de>, E> {
                Ok(Raw(text))
            }
        }
        from.deserialize_newtype_struct(NAME, Text)
    }
}
