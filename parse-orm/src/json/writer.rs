//! A writer of compact JSON.

use super::key::KeyWriter;
use super::{Error, scan};
use serde::ser::{
    Error as _, Serialize, SerializeMap, SerializeSeq, SerializeStruct, SerializeStructVariant,
    SerializeTuple, SerializeTupleStruct, SerializeTupleVariant, Serializer,
};

/// Writes values behind each other.
#[derive(Debug)]
pub(crate) struct Writer<'a> {
    pub(super) json: &'a mut Vec<u8>,
}

impl<'a> Writer<'a> {
    pub(crate) fn new(json: &'a mut Vec<u8>) -> Self {
        Self { json }
    }

    /// A text in quotes.
    #[inline]
    pub(super) fn string(&mut self, text: &str) -> Result<(), Error> {
        if scan::is_odd(text) {
            return self.by_serde_json(text);
        }
        self.json.reserve(text.len() + 2);
        self.json.push(b'"');
        self.json.extend_from_slice(text.as_bytes());
        self.json.push(b'"');
        Ok(())
    }

    /// What is rare, or well done there: escapes and numbers.
    pub(super) fn by_serde_json<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), Error> {
        serde_json::to_writer(&mut *self.json, value).map_err(Error::custom)
    }

    /// What has several parts, between these.
    #[inline]
    fn compound(self, begin: u8, end: &'static [u8]) -> Compound<'a> {
        self.json.push(begin);
        Compound {
            json: self.json,
            first: true,
            end,
            raw: false,
        }
    }

    /// A variant with something in it: an object of one key.
    fn variant(&mut self, name: &str) -> Result<(), Error> {
        self.json.push(b'{');
        self.string(name)?;
        self.json.push(b':');
        Ok(())
    }
}

macro_rules! by_serde_json {
    ($($method:ident $type:ty;)*) => {$(
        fn $method(mut self, value: $type) -> Result<(), Error> {
            self.by_serde_json(&value)
        }
    )*};
}

impl<'a> Serializer for Writer<'a> {
    type Ok = ();
    type Error = Error;
    type SerializeSeq = Compound<'a>;
    type SerializeTuple = Compound<'a>;
    type SerializeTupleStruct = Compound<'a>;
    type SerializeTupleVariant = Compound<'a>;
    type SerializeMap = Compound<'a>;
    type SerializeStruct = Compound<'a>;
    type SerializeStructVariant = Compound<'a>;

    by_serde_json! {
        serialize_i8 i8; serialize_i16 i16; serialize_i32 i32; serialize_i64 i64; serialize_i128 i128;
        serialize_u8 u8; serialize_u16 u16; serialize_u32 u32; serialize_u64 u64; serialize_u128 u128;
        serialize_f32 f32; serialize_f64 f64; serialize_char char; serialize_bytes &[u8];
    }

    #[inline]
    fn serialize_bool(self, value: bool) -> Result<(), Error> {
        self.json
            .extend_from_slice(if value { b"true" } else { b"false" });
        Ok(())
    }

    #[inline]
    fn serialize_str(mut self, text: &str) -> Result<(), Error> {
        self.string(text)
    }

    fn serialize_none(self) -> Result<(), Error> {
        self.serialize_unit()
    }

    fn serialize_some<T: Serialize + ?Sized>(self, value: &T) -> Result<(), Error> {
        value.serialize(self)
    }

    fn serialize_unit(self) -> Result<(), Error> {
        self.json.extend_from_slice(b"null");
        Ok(())
    }

    fn serialize_unit_struct(self, _: &'static str) -> Result<(), Error> {
        self.serialize_unit()
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

    fn serialize_newtype_variant<T: Serialize + ?Sized>(
        mut self,
        _: &'static str,
        _: u32,
        name: &'static str,
        value: &T,
    ) -> Result<(), Error> {
        self.variant(name)?;
        value.serialize(Writer::new(self.json))?;
        self.json.push(b'}');
        Ok(())
    }

    #[inline]
    fn serialize_seq(self, _: Option<usize>) -> Result<Compound<'a>, Error> {
        Ok(self.compound(b'[', b"]"))
    }

    fn serialize_tuple(self, _: usize) -> Result<Compound<'a>, Error> {
        Ok(self.compound(b'[', b"]"))
    }

    fn serialize_tuple_struct(self, _: &'static str, _: usize) -> Result<Compound<'a>, Error> {
        Ok(self.compound(b'[', b"]"))
    }

    fn serialize_tuple_variant(
        mut self,
        _: &'static str,
        _: u32,
        name: &'static str,
        _: usize,
    ) -> Result<Compound<'a>, Error> {
        self.variant(name)?;
        Ok(self.compound(b'[', b"]}"))
    }

    #[inline]
    fn serialize_map(self, _: Option<usize>) -> Result<Compound<'a>, Error> {
        Ok(self.compound(b'{', b"}"))
    }

    #[inline]
    fn serialize_struct(self, name: &'static str, _: usize) -> Result<Compound<'a>, Error> {
        // what `serde_json` has to be written as it stands, it gives as the text in such a struct
        if name.starts_with("$serde_json") {
            return Ok(Compound {
                json: self.json,
                first: true,
                end: b"",
                raw: true,
            });
        }
        Ok(self.compound(b'{', b"}"))
    }

    fn serialize_struct_variant(
        mut self,
        _: &'static str,
        _: u32,
        name: &'static str,
        _: usize,
    ) -> Result<Compound<'a>, Error> {
        self.variant(name)?;
        Ok(self.compound(b'{', b"}}"))
    }
}

/// A list or an object that is being written.
#[derive(Debug)]
pub(crate) struct Compound<'a> {
    json: &'a mut Vec<u8>,
    first: bool,
    end: &'static [u8],
    /// The text in it is JSON, and all there is.
    raw: bool,
}

impl Compound<'_> {
    #[inline]
    fn comma(&mut self) {
        if !std::mem::take(&mut self.first) {
            self.json.push(b',');
        }
    }

    #[inline]
    fn item<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), Error> {
        self.comma();
        value.serialize(Writer::new(self.json))
    }

    #[inline]
    fn field<T: Serialize + ?Sized>(&mut self, name: &'static str, value: &T) -> Result<(), Error> {
        if self.raw {
            let text: String = serde_json::from_value(serde_json::to_value(value).map_err(Error::custom)?)
                .map_err(Error::custom)?;
            self.json.extend_from_slice(text.as_bytes());
            return Ok(());
        }
        self.comma();
        Writer::new(self.json).string(name)?;
        self.json.push(b':');
        value.serialize(Writer::new(self.json))
    }

    #[inline]
    fn finish(self) -> Result<(), Error> {
        self.json.extend_from_slice(self.end);
        Ok(())
    }
}

macro_rules! lists {
    ($($trait:ident $method:ident)*) => {$(
        impl $trait for Compound<'_> {
            type Ok = ();
            type Error = Error;
            #[inline]
            fn $method<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), Error> {
                self.item(value)
            }
            #[inline]
            fn end(self) -> Result<(), Error> {
                self.finish()
            }
        }
    )*};
}

lists! {
    SerializeSeq serialize_element
    SerializeTuple serialize_element
    SerializeTupleStruct serialize_field
    SerializeTupleVariant serialize_field
}

macro_rules! structs {
    ($($trait:ident)*) => {$(
        impl $trait for Compound<'_> {
            type Ok = ();
            type Error = Error;
            #[inline]
            fn serialize_field<T: Serialize + ?Sized>(
                &mut self,
                name: &'static str,
                value: &T,
            ) -> Result<(), Error> {
                self.field(name, value)
            }
            #[inline]
            fn end(self) -> Result<(), Error> {
                self.finish()
            }
        }
    )*};
}

structs! { SerializeStruct SerializeStructVariant }

impl SerializeMap for Compound<'_> {
    type Ok = ();
    type Error = Error;

    #[inline]
    fn serialize_key<T: Serialize + ?Sized>(&mut self, key: &T) -> Result<(), Error> {
        self.comma();
        key.serialize(KeyWriter(Writer::new(self.json)))
    }

    #[inline]
    fn serialize_value<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), Error> {
        self.json.push(b':');
        value.serialize(Writer::new(self.json))
    }

    #[inline]
    fn end(self) -> Result<(), Error> {
        self.finish()
    }
}
