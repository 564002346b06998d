//! Files: `{"__type": "File", "name": "..", "url": ".."}`. The contents live beside the row.

use super::{FieldType, Form, ParseValue};
use serde::ser::SerializeStruct;
use serde::{Deserialize, Deserializer, Serializer};

/// A file that the server holds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct File {
    name: String,
    url: Option<String>,
}

impl File {
    /// A file that was uploaded before, by the name that the server gave it.
    ///
    /// ```
    /// let file = parse_orm::File::stored("5b3c_photo.jpg");
    /// assert_eq!((file.name(), file.url()), ("5b3c_photo.jpg", None));
    /// ```
    pub fn stored(name: impl Into<String>) -> Self {
        Self {
            name: name.into(),
            url: None,
        }
    }

    /// The server's name of the file.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Where the contents can be had; `None` until the server has said so.
    pub fn url(&self) -> Option<&str> {
        self.url.as_deref()
    }
}

impl ParseValue for File {
    const TYPE: FieldType = FieldType::File;

    fn decode<'de, D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        #[derive(Deserialize)]
        enum Kind {
            File,
        }
        #[derive(Deserialize)]
        struct Wire {
            #[serde(rename = "__type")]
            kind: Kind,
            name: String,
            url: Option<String>,
        }
        let Wire {
            kind: Kind::File,
            name,
            url,
        } = Wire::deserialize(from)?;
        Ok(Self { name, url })
    }

    fn encode<S: Serializer>(&self, _: Form, to: S) -> Result<S::Ok, S::Error> {
        let mut map = to.serialize_struct("File", 3)?;
        map.serialize_field("__type", "File")?;
        map.serialize_field("name", &self.name)?;
        if let Some(url) = &self.url {
            map.serialize_field("url", url)?;
        }
        map.end()
    }

    /// By name: the server makes up the URL anew in every answer.
    fn same(&self, other: &Self) -> bool {
        self.name == other.name
    }

    fn merge(&mut self, newer: Self) {
        let url = newer
            .url
            .or_else(|| self.url.take().filter(|_| self.name == newer.name));
        *self = Self {
            name: newer.name,
            url,
        };
    }
}
