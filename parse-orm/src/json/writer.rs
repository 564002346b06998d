//! A writer of compact JSON.

use super::key::KeyWriter;
use super::{Error, scan};
use serde::ser::{
    Error as _, Serialize, SerializeMap, SerializeSeq, SerializeStruct, SerializeStructVariant,
    SerializeTuple, SerializeTupleStruct, SerializeTupleVariant, Serializer,
};
use std::marker::PhantomData;

/// How the characters of JSON are spelled, where they are written.
pub(crate) trait Spelling {
    const QUOTE: &'static [u8];
    const COLON: &'static [u8];
    const COMMA: &'static [u8];
    const LIST: [&'static [u8]; 2];
    const OBJECT: [&'static [u8]; 2];
    /// Whether a text stands between its quotes as it is.
    fn is_plain(text: &str) -> bool;
    /// Spells what was written as itself from here on.
    fn spell(json: &mut Vec<u8>, from: usize);
}

/// As itself.
#[derive(Debug)]
pub(crate) struct Itself;

impl Spelling for Itself {
    const QUOTE: &'static [u8] = b"\"";
    const COLON: &'static [u8] = b":";
    const COMMA: &'static [u8] = b",";
    const LIST: [&'static [u8]; 2] = [b"[", b"]"];
    const OBJECT: [&'static [u8]; 2] = [b"{", b"}"];
    #[inline]
    fn is_plain(text: &str) -> bool {
        !scan::is_odd(text)
    }
    #[inline]
    fn spell(_: &mut Vec<u8>, _: usize) {}
}

/// Writes one value behind what is there.
#[derive(Debug)]
pub(crate) struct Writer<'a, S> {
    pub(super) json: &'a mut Vec<u8>,
    spelling: PhantomData<S>,
}

impl<'a, S: Spelling> Writer<'a, S> {
    #[inline]
    pub(crate) fn new(json: &'a mut Vec<u8>) -> Self {
        Self {
            json,
            spelling: PhantomData,
        }
    }

    /// A text in quotes. Of a name in the code the compiler knows that it is plain.
    #[allow(
        clippy::inline_always,
        reason = "the compiler looks through names that it knows"
    )]
    #[inline(always)]
    pub(super) fn string(&mut self, text: &str) -> Result<(), Error> {
        if !S::is_plain(text) {
            return self.by_serde_json(text);
        }
        self.plain(text);
        Ok(())
    }

    fn plain(&mut self, text: &str) {
        self.json.reserve(text.len() + 2 * S::QUOTE.len());
        self.json.extend_from_slice(S::QUOTE);
        self.json.extend_from_slice(text.as_bytes());
        self.json.extend_from_slice(S::QUOTE);
    }

    /// What is rare, or well done there: escapes and numbers.
    pub(super) fn by_serde_json<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), Error> {
        let from = self.json.len();
        serde_json::to_writer(&mut *self.json, value).map_err(Error::custom)?;
        S::spell(self.json, from);
        Ok(())
    }

    /// What has several parts, between these.
    #[inline]
    fn compound(self, [begin, end]: [&'static [u8]; 2]) -> Compound<'a, S> {
        self.json.extend_from_slice(begin);
        Compound {
            writer: self,
            first: true,
            end,
            kind: Kind::Plain,
        }
    }

    /// A variant with several parts in it: an object of one key.
    fn variant(mut self, name: &str, parts: [&'static [u8]; 2]) -> Result<Compound<'a, S>, Error> {
        self.key_of_variant(name)?;
        let mut compound = self.compound(parts);
        compound.kind = Kind::Variant;
        Ok(compound)
    }

    fn key_of_variant(&mut self, name: &str) -> Result<(), Error> {
        self.json.extend_from_slice(S::OBJECT[0]);
        self.string(name)?;
        self.json.extend_from_slice(S::COLON);
        Ok(())
    }

    /// For a part of the same.
    #[inline]
    fn part(&mut self) -> Writer<'_, S> {
        Writer::new(self.json)
    }
}

macro_rules! by_serde_json {
    ($($method:ident $type:ty;)*) => {$(
        fn $method(mut self, value: $type) -> Result<(), Error> {
            self.by_serde_json(&value)
        }
    )*};
}

impl<'a, S: Spelling> Serializer for Writer<'a, S> {
    type Ok = ();
    type Error = Error;
    type SerializeSeq = Compound<'a, S>;
    type SerializeTuple = Compound<'a, S>;
    type SerializeTupleStruct = Compound<'a, S>;
    type SerializeTupleVariant = Compound<'a, S>;
    type SerializeMap = Compound<'a, S>;
    type SerializeStruct = Compound<'a, S>;
    type SerializeStructVariant = Compound<'a, S>;

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
        self.key_of_variant(name)?;
        value.serialize(self.part())?;
        self.json.extend_from_slice(S::OBJECT[1]);
        Ok(())
    }

    #[inline]
    fn serialize_seq(self, _: Option<usize>) -> Result<Compound<'a, S>, Error> {
        Ok(self.compound(S::LIST))
    }

    fn serialize_tuple(self, _: usize) -> Result<Compound<'a, S>, Error> {
        Ok(self.compound(S::LIST))
    }

    fn serialize_tuple_struct(self, _: &'static str, _: usize) -> Result<Compound<'a, S>, Error> {
        Ok(self.compound(S::LIST))
    }

    fn serialize_tuple_variant(
        self,
        _: &'static str,
        _: u32,
        name: &'static str,
        _: usize,
    ) -> Result<Compound<'a, S>, Error> {
        self.variant(name, S::LIST)
    }

    #[inline]
    fn serialize_map(self, _: Option<usize>) -> Result<Compound<'a, S>, Error> {
        Ok(self.compound(S::OBJECT))
    }

    #[inline]
    fn serialize_struct(self, name: &'static str, _: usize) -> Result<Compound<'a, S>, Error> {
        // what `serde_json` has to be written as it stands, it gives as the text in such a struct
        if name.starts_with("$serde_json") {
            let mut compound = self.compound([b"", b""]);
            compound.kind = Kind::Raw;
            return Ok(compound);
        }
        Ok(self.compound(S::OBJECT))
    }

    fn serialize_struct_variant(
        self,
        _: &'static str,
        _: u32,
        name: &'static str,
        _: usize,
    ) -> Result<Compound<'a, S>, Error> {
        self.variant(name, S::OBJECT)
    }
}

/// A list or an object that is being written.
#[derive(Debug)]
pub(crate) struct Compound<'a, S> {
    writer: Writer<'a, S>,
    first: bool,
    end: &'static [u8],
    kind: Kind,
}

#[derive(Debug, Clone, Copy, PartialEq)]
enum Kind {
    Plain,
    /// It is the value of an object's only key.
    Variant,
    /// The text in it is JSON, and all there is.
    Raw,
}

impl<S: Spelling> Compound<'_, S> {
    #[inline]
    fn comma(&mut self) {
        if !std::mem::take(&mut self.first) {
            self.writer.json.extend_from_slice(S::COMMA);
        }
    }

    #[inline]
    fn item<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), Error> {
        self.comma();
        value.serialize(self.writer.part())
    }

    #[allow(
        clippy::inline_always,
        reason = "the compiler looks through names that it knows"
    )]
    #[inline(always)]
    fn field<T: Serialize + ?Sized>(&mut self, name: &'static str, value: &T) -> Result<(), Error> {
        if self.kind == Kind::Raw {
            return self.raw(value);
        }
        self.comma();
        self.writer.string(name)?;
        self.writer.json.extend_from_slice(S::COLON);
        value.serialize(self.writer.part())
    }

    #[cold]
    fn raw<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), Error> {
        let text = serde_json::to_value(value).and_then(serde_json::from_value::<String>);
        let from = self.writer.json.len();
        self.writer
            .json
            .extend_from_slice(text.map_err(Error::custom)?.as_bytes());
        S::spell(self.writer.json, from);
        Ok(())
    }

    #[inline]
    fn finish(self) {
        self.writer.json.extend_from_slice(self.end);
        if self.kind == Kind::Variant {
            self.writer.json.extend_from_slice(S::OBJECT[1]);
        }
    }
}

macro_rules! lists {
    ($($trait:ident $method:ident)*) => {$(
        impl<S: Spelling> $trait for Compound<'_, S> {
            type Ok = ();
            type Error = Error;
            #[inline]
            fn $method<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), Error> {
                self.item(value)
            }
            #[inline]
            fn end(self) -> Result<(), Error> {
                self.finish();
                Ok(())
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
        impl<S: Spelling> $trait for Compound<'_, S> {
            type Ok = ();
            type Error = Error;
            #[allow(clippy::inline_always, reason = "the compiler looks through names that it knows")]
    #[inline(always)]
            fn serialize_field<T: Serialize + ?Sized>(
                &mut self,
                name: &'static str,
                value: &T,
            ) -> Result<(), Error> {
                self.field(name, value)
            }
            #[inline]
            fn end(self) -> Result<(), Error> {
                self.finish();
                Ok(())
            }
        }
    )*};
}

structs! { SerializeStruct SerializeStructVariant }

impl<S: Spelling> SerializeMap for Compound<'_, S> {
    type Ok = ();
    type Error = Error;

    #[inline]
    fn serialize_key<T: Serialize + ?Sized>(&mut self, key: &T) -> Result<(), Error> {
        self.comma();
        key.serialize(KeyWriter(self.writer.part()))
    }

    #[inline]
    fn serialize_value<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), Error> {
        self.writer.json.extend_from_slice(S::COLON);
        value.serialize(self.writer.part())
    }

    #[inline]
    fn end(self) -> Result<(), Error> {
        self.finish();
        Ok(())
    }
}
