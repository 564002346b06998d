//! Binary data: `{"__type": "Bytes", "base64": ".."}`.

use super::{FieldType, Form, ParseValue};
use base64::Engine;
use base64::alphabet::STANDARD;
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};
use serde::ser::SerializeStruct;
use serde::{Deserialize, Deserializer, Serializer};
use std::borrow::Cow;

const BASE64: GeneralPurpose = GeneralPurpose::new(
    &STANDARD,
    GeneralPurposeConfig::new().with_decode_padding_mode(DecodePaddingMode::Indifferent),
);

/// Binary data of a field. For more than a few kilobytes use a [`File`](super::File).
///
/// ```
/// let bytes = parse_orm::Bytes::from(vec![1, 2, 3]);
/// assert_eq!(bytes.as_slice(), [1, 2, 3]);
/// ```
#[derive(Clone, Default, PartialEq, Eq, Hash)]
pub struct Bytes(Vec<u8>);

impl Bytes {
    /// The bytes.
    pub fn as_slice(&self) -> &[u8] {
        &self.0
    }

    /// The bytes, owned.
    pub fn into_vec(self) -> Vec<u8> {
        self.0
    }
}

impl std::fmt::Debug for Bytes {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Bytes({} bytes)", self.0.len())
    }
}

impl From<Vec<u8>> for Bytes {
    fn from(bytes: Vec<u8>) -> Self {
        Self(bytes)
    }
}

impl From<&[u8]> for Bytes {
    fn from(bytes: &[u8]) -> Self {
        Self(bytes.to_vec())
    }
}

impl ParseValue for Bytes {
    const TYPE: FieldType = FieldType::Bytes;

    fn decode<'de, D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        #[derive(Deserialize)]
        enum Kind {
            Bytes,
        }
        #[derive(Deserialize)]
        struct Wire<'a> {
            #[serde(rename = "__type")]
            kind: Kind,
            #[serde(borrow)]
            base64: Cow<'a, str>,
        }
        let Wire {
            kind: Kind::Bytes,
            base64,
        } = Wire::deserialize(from)?;
        BASE64
            .decode(&*base64)
            .map(Self)
            .map_err(serde::de::Error::custom)
    }

    fn encode<S: Serializer>(&self, _: Form, to: S) -> Result<S::Ok, S::Error> {
        let mut map = to.serialize_struct("Bytes", 2)?;
        map.serialize_field("__type", "Bytes")?;
        map.serialize_field("base64", &BASE64.encode(&self.0))?;
        map.end()
    }

    fn same(&self, other: &Self) -> bool {
        self == other
    }
}
