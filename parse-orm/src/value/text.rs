//! Strings and booleans.

use super::{FieldType, Form, ParseValue};
use serde::{Deserialize, Deserializer, Serializer};

impl ParseValue for String {
    const TYPE: FieldType = FieldType::String;
    fn decode<'de, D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        Self::deserialize(from)
    }
    fn encode<S: Serializer>(&self, _: Form, to: S) -> Result<S::Ok, S::Error> {
        to.serialize_str(self)
    }
    fn same(&self, other: &Self) -> bool {
        self == other
    }
}

impl ParseValue for bool {
    const TYPE: FieldType = FieldType::Boolean;
    fn decode<'de, D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        Self::deserialize(from)
    }
    fn encode<S: Serializer>(&self, _: Form, to: S) -> Result<S::Ok, S::Error> {
        to.serialize_bool(*self)
    }
    fn same(&self, other: &Self) -> bool {
        self == other
    }
}
