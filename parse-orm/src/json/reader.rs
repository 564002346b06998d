//! A reader of one text, value by value.

use super::access::{Entries, Items, OneKey};
use super::scan;
use super::{Error, raw};
use serde::de::value::{BorrowedStrDeserializer, StringDeserializer};
use serde::de::{Deserializer, Error as _, Expected, IgnoredAny, Unexpected, Visitor};

/// How deep lists and objects are nested at most, as in `serde_json`.
const DEPTH: u8 = 127;

/// Reads a text, value by value.
#[derive(Debug)]
pub(crate) struct Reader<'de> {
    pub(super) text: &'de str,
    /// The byte that is next.
    pub(super) at: usize,
    /// How much deeper it may go.
    depth: u8,
    /// Whether it has no control characters, which no string may have.
    plain: bool,
}

/// A text in quotes.
pub(super) enum Text<'de> {
    /// As it stands there.
    Borrowed(&'de str),
    /// It had escapes.
    Owned(String),
}

/// The lists and objects that were begun, and which of them are objects. Few are deeper than one word has bits.
#[derive(Default)]
struct Open {
    /// The last ones, the innermost in the lowest bit.
    objects: u64,
    depth: usize,
    /// Those that are full.
    outer: Vec<u64>,
}

impl Open {
    fn begin(&mut self, object: bool) {
        if self.depth > 0 && self.depth.is_multiple_of(64) {
            self.outer.push(self.objects);
        }
        self.objects = self.objects << 1 | u64::from(object);
        self.depth += 1;
    }

    fn innermost(&self) -> Option<bool> {
        (self.depth > 0).then_some(self.objects & 1 == 1)
    }

    fn end(&mut self) {
        self.objects >>= 1;
        self.depth -= 1;
        if self.depth.is_multiple_of(64) {
            self.objects = self.outer.pop().unwrap_or_default();
        }
    }
}

/// Whether what is called so is asked for as it stands: here, or by the types of `serde_json`.
#[inline]
pub(super) fn is_raw(name: &str) -> bool {
    name == raw::NAME || name.starts_with("$serde_json")
}

impl<'de> Reader<'de> {
    pub(crate) fn new(text: &'de str) -> Self {
        Self {
            text,
            at: 0,
            depth: DEPTH,
            plain: scan::is_plain(text),
        }
    }

    /// Only white space may be left.
    pub(crate) fn end(&mut self) -> Result<(), Error> {
        match self.peek() {
            None => Ok(()),
            Some(_) => Err(self.wrong()),
        }
    }

    #[inline]
    pub(super) fn bytes(&self) -> &'de [u8] {
        self.text.as_bytes()
    }

    /// The next byte that is no white space, if there is one. Servers write none.
    #[inline]
    pub(super) fn peek(&mut self) -> Option<u8> {
        match self.bytes().get(self.at) {
            Some(byte) if *byte > b' ' => Some(*byte),
            _ => self.peek_behind_space(),
        }
    }

    #[cold]
    fn peek_behind_space(&mut self) -> Option<u8> {
        let rest = self.bytes().get(self.at..)?;
        self.at += rest
            .iter()
            .position(|byte| !matches!(byte, b' ' | b'\t' | b'\n' | b'\r'))?;
        self.bytes().get(self.at).copied()
    }

    /// The next byte that is no white space is this one.
    #[inline]
    pub(super) fn expect(&mut self, byte: u8) -> Result<(), Error> {
        if self.peek() != Some(byte) {
            return Err(self.wrong());
        }
        self.at += 1;
        Ok(())
    }

    #[cold]
    pub(super) fn wrong(&self) -> Error {
        Error::syntax(self.at)
    }

    /// The text whose quote is next.
    #[inline]
    pub(super) fn string(&mut self) -> Result<Text<'de>, Error> {
        let begin = self.at + 1;
        match scan::special(self.bytes(), begin) {
            Some(end) if self.bytes()[end] == b'"' && self.plain => {
                self.at = end + 1;
                Ok(Text::Borrowed(&self.text[begin..end]))
            }
            _ => self.odd_string(),
        }
    }

    /// A string with escapes, or one that may hold what it must not.
    #[cold]
    fn odd_string(&mut self) -> Result<Text<'de>, Error> {
        let quoted = self.quoted()?;
        let text = &quoted[1..quoted.len() - 1];
        if !scan::is_odd(text) {
            return Ok(Text::Borrowed(text));
        }
        serde_json::from_str(quoted)
            .map(Text::Owned)
            .map_err(|_| Error::syntax(self.at - quoted.len()))
    }

    /// Passes the string that is next.
    #[inline]
    fn skip_string(&mut self) -> Result<(), Error> {
        match scan::special(self.bytes(), self.at + 1) {
            Some(end) if self.bytes()[end] == b'"' && self.plain => {
                self.at = end + 1;
                Ok(())
            }
            _ => self.skip_odd_string(),
        }
    }

    /// The same of one that `odd_string` would read. What is not read may have halves of surrogate pairs.
    #[cold]
    fn skip_odd_string(&mut self) -> Result<(), Error> {
        let quoted = self.quoted()?;
        serde_json::from_str::<IgnoredAny>(quoted)
            .map(drop)
            .map_err(|_| Error::syntax(self.at - quoted.len()))
    }

    /// The string that is next, in its quotes, whatever is in it.
    fn quoted(&mut self) -> Result<&'de str, Error> {
        let begin = self.at;
        let mut at = begin + 1;
        loop {
            at = scan::special(self.bytes(), at).ok_or_else(|| Error::syntax(self.text.len()))?;
            match self.bytes()[at] {
                b'"' => break,
                _ => at += 2,
            }
        }
        self.at = at + 1;
        Ok(&self.text[begin..self.at])
    }

    /// The word that is next.
    #[inline]
    fn word(&mut self, word: &str) -> Result<(), Error> {
        let end = self.at + word.len();
        if self.bytes().get(self.at..end) != Some(word.as_bytes()) {
            return Err(self.wrong());
        }
        self.at = end;
        Ok(())
    }

    /// Passes a value of any kind and depth: it is JSON, but maybe nothing that can be read.
    fn skip(&mut self) -> Result<(), Error> {
        let mut open = Open::default();
        loop {
            match self.peek() {
                Some(b'"') => self.skip_string()?,
                Some(b'-' | b'0'..=b'9') => self.skip_number()?,
                Some(b't') => self.word("true")?,
                Some(b'f') => self.word("false")?,
                Some(b'n') => self.word("null")?,
                Some(begin @ (b'{' | b'[')) => {
                    self.at += 1;
                    if self.peek() != Some(begin + 2) {
                        open.begin(begin == b'{');
                        if begin == b'{' {
                            self.skip_key()?;
                        }
                        continue;
                    }
                    self.at += 1;
                }
                _ => return Err(self.wrong()),
            }
            // a value is over, and maybe what it is in
            loop {
                let Some(object) = open.innermost() else {
                    return Ok(());
                };
                match self.peek() {
                    Some(b',') => {
                        self.at += 1;
                        if object {
                            self.skip_key()?;
                        }
                        break;
                    }
                    Some(b'}') if object => open.end(),
                    Some(b']') if !object => open.end(),
                    _ => return Err(self.wrong()),
                }
                self.at += 1;
            }
        }
    }

    fn skip_key(&mut self) -> Result<(), Error> {
        if self.peek() != Some(b'"') {
            return Err(self.wrong());
        }
        self.skip_string()?;
        self.expect(b':')
    }

    /// The value that is next, by `serde_json`, for what is asked for too rarely to be read here.
    fn by_serde_json<T>(
        &mut self,
        read: impl FnOnce(&mut serde_json::Deserializer<serde_json::de::StrRead<'de>>) -> serde_json::Result<T>,
    ) -> Result<T, Error> {
        self.peek();
        let begin = self.at;
        self.skip()?;
        let mut value = serde_json::Deserializer::from_str(&self.text[begin..self.at]);
        let read = read(&mut value).and_then(|read| value.end().map(|()| read));
        read.map_err(Error::custom)
    }

    /// What reads lists and objects goes one deeper.
    #[inline]
    pub(super) fn nested<T>(&mut self, read: impl FnOnce(&mut Self) -> Result<T, Error>) -> Result<T, Error> {
        self.at += 1;
        self.depth = self.depth.checked_sub(1).ok_or_else(Error::depth)?;
        let value = read(self)?;
        self.depth += 1;
        Ok(value)
    }

    #[inline]
    fn map<V: Visitor<'de>>(&mut self, visitor: V) -> Result<V::Value, Error> {
        self.nested(|reader| {
            let value = visitor.visit_map(Entries::new(reader))?;
            reader.expect(b'}')?;
            Ok(value)
        })
    }

    #[inline]
    fn list<V: Visitor<'de>>(&mut self, visitor: V) -> Result<V::Value, Error> {
        self.nested(|reader| {
            let value = visitor.visit_seq(Items::new(reader))?;
            reader.expect(b']')?;
            Ok(value)
        })
    }

    /// The value that is next is of another kind.
    #[cold]
    fn mismatch(&mut self, expected: &dyn Expected) -> Error {
        let found = match self.peek() {
            Some(b'"') => match self.string() {
                Ok(Text::Borrowed(text)) => return Error::invalid_type(Unexpected::Str(text), expected),
                Ok(Text::Owned(text)) => return Error::invalid_type(Unexpected::Str(&text), expected),
                Err(error) => return error,
            },
            Some(b'{') => Unexpected::Map,
            Some(b'[') => Unexpected::Seq,
            Some(b't') => Unexpected::Bool(true),
            Some(b'f') => Unexpected::Bool(false),
            Some(b'n') => Unexpected::Unit,
            Some(b'-' | b'0'..=b'9') => match self.number() {
                Ok(number) => number.unexpected(),
                Err(error) => return error,
            },
            _ => return self.wrong(),
        };
        Error::invalid_type(found, expected)
    }
}

/// Methods that read values of one kind.
macro_rules! of_kind {
    ($($byte:pat => $read:ident: $($method:ident)*;)*) => {$($(
        #[inline]
        fn $method<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
            match self.peek() {
                Some($byte) => self.$read(visitor),
                _ => Err(self.mismatch(&visitor)),
            }
        }
    )*)*};
}

/// Methods that leave the value to `serde_json`.
macro_rules! by_serde_json {
    ($($method:ident)*) => {$(
        fn $method<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
            self.by_serde_json(|from| from.$method(visitor))
        }
    )*};
}

impl<'de> Reader<'de> {
    #[inline]
    pub(super) fn text<V: Visitor<'de>>(&mut self, visitor: V) -> Result<V::Value, Error> {
        match self.string()? {
            Text::Borrowed(text) => visitor.visit_borrowed_str(text),
            Text::Owned(text) => visitor.visit_string(text),
        }
    }

    #[inline]
    fn truth<V: Visitor<'de>>(&mut self, visitor: V) -> Result<V::Value, Error> {
        let value = self.bytes().get(self.at) == Some(&b't');
        self.word(if value { "true" } else { "false" })?;
        visitor.visit_bool(value)
    }

    #[inline]
    fn numeric<V: Visitor<'de>>(&mut self, visitor: V) -> Result<V::Value, Error> {
        self.number()?.visit(visitor)
    }

    fn null<V: Visitor<'de>>(&mut self, visitor: V) -> Result<V::Value, Error> {
        self.word("null")?;
        visitor.visit_unit()
    }
}

impl<'de> Deserializer<'de> for &mut Reader<'de> {
    type Error = Error;

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        match self.peek() {
            Some(b'"') => self.text(visitor),
            Some(b'{') => self.map(visitor),
            Some(b'[') => self.list(visitor),
            Some(b'-' | b'0'..=b'9') => self.numeric(visitor),
            Some(b't' | b'f') => self.truth(visitor),
            Some(b'n') => self.null(visitor),
            _ => Err(self.wrong()),
        }
    }

    of_kind! {
        b'"' => text: deserialize_str deserialize_string deserialize_identifier deserialize_char;
        b'-' | b'0'..=b'9' => numeric: deserialize_i8 deserialize_i16 deserialize_i32 deserialize_i64
            deserialize_u8 deserialize_u16 deserialize_u32 deserialize_u64 deserialize_f64;
        b't' | b'f' => truth: deserialize_bool;
        b'{' => map: deserialize_map;
        b'[' => list: deserialize_seq;
        b'n' => null: deserialize_unit;
    }

    by_serde_json! {
        deserialize_i128 deserialize_u128 deserialize_f32
    }

    fn deserialize_bytes<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        match self.peek() {
            // of bytes it asks less than of a text
            Some(b'"') => serde_json::Deserializer::from_str(self.quoted()?)
                .deserialize_bytes(visitor)
                .map_err(Error::custom),
            Some(b'[') => self.list(visitor),
            _ => Err(self.mismatch(&visitor)),
        }
    }

    fn deserialize_byte_buf<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        self.deserialize_bytes(visitor)
    }

    #[inline]
    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        if self.peek() == Some(b'n') {
            self.word("null")?;
            return visitor.visit_none();
        }
        visitor.visit_some(self)
    }

    fn deserialize_unit_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        visitor: V,
    ) -> Result<V::Value, Error> {
        self.deserialize_unit(visitor)
    }

    fn deserialize_newtype_struct<V: Visitor<'de>>(
        self,
        name: &'static str,
        visitor: V,
    ) -> Result<V::Value, Error> {
        if !is_raw(name) {
            return visitor.visit_newtype_struct(self);
        }
        if name == raw::NAME {
            self.peek();
            let begin = self.at;
            self.skip()?;
            return visitor.visit_borrowed_str(&self.text[begin..self.at]);
        }
        self.by_serde_json(|from| from.deserialize_newtype_struct(name, visitor))
    }

    fn deserialize_tuple<V: Visitor<'de>>(self, _: usize, visitor: V) -> Result<V::Value, Error> {
        self.deserialize_seq(visitor)
    }

    fn deserialize_tuple_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        _: usize,
        visitor: V,
    ) -> Result<V::Value, Error> {
        self.deserialize_seq(visitor)
    }

    #[inline]
    fn deserialize_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        _: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Error> {
        match self.peek() {
            Some(b'{') => self.map(visitor),
            Some(b'[') => self.list(visitor),
            _ => Err(self.mismatch(&visitor)),
        }
    }

    fn deserialize_enum<V: Visitor<'de>>(
        self,
        _: &'static str,
        _: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Error> {
        match self.peek() {
            Some(b'"') => match self.string()? {
                Text::Borrowed(text) => visitor.visit_enum(BorrowedStrDeserializer::new(text)),
                Text::Owned(text) => visitor.visit_enum(StringDeserializer::new(text)),
            },
            Some(b'{') => self.nested(|reader| {
                let value = visitor.visit_enum(OneKey(reader))?;
                reader.expect(b'}')?;
                Ok(value)
            }),
            Some(_) => Err(self.mismatch(&"string or map")),
            None => Err(self.wrong()),
        }
    }

    fn deserialize_ignored_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        self.skip()?;
        visitor.visit_unit()
    }
}
