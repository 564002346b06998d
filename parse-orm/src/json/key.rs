//! The keys of objects that are written: texts, and what can be one.

use super::writer::Spelling;
use super::{Error, Writer};
use serde::ser::{Error as _, Impossible, Serialize, Serializer};

/// Writes a key.
pub(super) struct KeyWriter<'a, S>(pub(super) Writer<'a, S>);

type None = Impossible<(), Error>;

#[cold]
fn no_key() -> Error {
    Error::custom("key must be a string")
}

macro_rules! quoted {
    ($($method:ident $type:ty;)*) => {$(
        fn $method(mut self, value: $type) -> Result<(), Error> {
            self.0.json.extend_from_slice(S::QUOTE);
            self.0.by_serde_json(&value)?;
            self.0.json.extend_from_slice(S::QUOTE);
            Ok(())
        }
    )*};
}

macro_rules! finite {
    ($($method:ident $type:ty;)*) => {$(
        fn $method(mut self, value: $type) -> Result<(), Error> {
            if !value.is_finite() {
                return Err(Error::custom("float key must be finite (got NaN or +/-inf)"));
            }
            self.0.json.extend_from_slice(S::QUOTE);
            self.0.by_serde_json(&value)?;
            self.0.json.extend_from_slice(S::QUOTE);
            Ok(())
        }
    )*};
}

macro_rules! refused {
    ($($method:ident($($argument:ty),*) -> $result:ty;)*) => {$(
        fn $method(self $(, _: $argument)*) -> Result<$result, Error> {
            Err(no_key())
        }
    )*};
}

impl<S: Spelling> Serializer for KeyWriter<'_, S> {
    type Ok = ();
    type Error = Error;
    type SerializeSeq = None;
    type SerializeTuple = None;
    type SerializeTupleStruct = None;
    type SerializeTupleVariant = None;
    type SerializeMap = None;
    type SerializeStruct = None;
    type SerializeStructVariant = None;

    #[inline]
    fn serialize_str(mut self, text: &str) -> Result<(), Error> {
        self.0.string(text)
    }

    fn serialize_char(mut self, character: char) -> Result<(), Error> {
        self.0.by_serde_json(&character)
    }

    fn serialize_unit_variant(self, _: &'static str, _: u32, name: &'static str) -> Result<(), Error> {
        self.serialize_str(name)
    }

    fn serialize_newtype_struct<T: Serialize + ?Sized>(
        self,
        _: &'static str,
        value: &T,
    ) -> Result<(), Error> {
        value.serialize(self)
    }

    fn serialize_some<T: Serialize + ?Sized>(self, value: &T) -> Result<(), Error> {
        value.serialize(self)
    }

    quoted! {
        serialize_bool bool;
        serialize_i8 i8; serialize_i16 i16; serialize_i32 i32; serialize_i64 i64; serialize_i128 i128;
        serialize_u8 u8; serialize_u16 u16; serialize_u32 u32; serialize_u64 u64; serialize_u128 u128;
    }

    finite! { serialize_f32 f32; serialize_f64 f64; }

    refused! {
        serialize_bytes(&[u8]) -> ();
        serialize_none() -> ();
        serialize_unit() -> ();
        serialize_unit_struct(&'static str) -> ();
        serialize_seq(Option<usize>) -> None;
        serialize_tuple(usize) -> None;
        serialize_tuple_struct(&'static str, usize) -> None;
        serialize_tuple_variant(&'static str, u32, &'static str, usize) -> None;
        serialize_map(Option<usize>) -> None;
        serialize_struct(&'static str, usize) -> None;
        serialize_struct_variant(&'static str, u32, &'static str, usize) -> None;
    }

    fn serialize_newtype_variant<T: Serialize + ?Sized>(
        self,
        _: &'static str,
        _: u32,
        _: &'static str,
        _: &T,
    ) -> Result<(), Error> {
        Err(no_key())
    }
}
