//! From an answer's bytes straight into typed objects, in one pass.
//!
//! A page that holds a row which does not fit is read a second time, row by row, to find out which and why:
//! only a broken page pays for that.

use super::{Meta, Object, ParseObject};
use crate::client::unexpected;
use crate::json::{self, read};
use crate::value::{Acl, Decode, FieldType, ObjectId, ParseValue, Timestamp};
use crate::{DecodeError, Result};
use serde::Deserialize;
use serde::de::{DeserializeSeed, Deserializer, Error as _, IgnoredAny, MapAccess, SeqAccess, Visitor};
use serde_json::Value;
use serde_json::value::RawValue;
use std::borrow::Cow;
use std::collections::VecDeque;
use std::fmt;
use std::marker::PhantomData;

/// One JSON object, taken apart: what every row has, and the model's fields as far as they were there.
#[doc(hidden)]
pub struct Raw<T: ParseObject> {
    /// `__type`, of an object inside another one.
    pub(crate) kind: Option<Kind>,
    pub(crate) class_name: Option<Box<str>>,
    pub(crate) id: Option<ObjectId>,
    pub(crate) created_at: Option<Timestamp>,
    pub(crate) updated_at: Option<Timestamp>,
    pub(crate) acl: Option<Acl>,
    pub(crate) fields: T::Partial,
}

impl<T: ParseObject> fmt::Debug for Raw<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Raw")
            .field("class_name", &self.class_name)
            .field("id", &self.id)
            .finish_non_exhaustive()
    }
}

impl<T: ParseObject> Raw<T> {
    /// The object, if nothing that it needs is missing.
    pub(crate) fn finish(self) -> Result<Object<T>, DecodeError> {
        let wrong = |id: Option<ObjectId>, field: &str, expected: &str| DecodeError {
            class_name: T::CLASS_NAME,
            id,
            field: Some(field.into()),
            expected: expected.into(),
            found: "no such field".into(),
        };
        let Some(id) = self.id else {
            return Err(wrong(None, "objectId", "String"));
        };
        let value = match T::__finish(self.fields) {
            Ok(value) => value,
            Err(field) => {
                let field = &T::SCHEMA.fields[field];
                return Err(wrong(Some(id), field.name, &field.describe()));
            }
        };
        let Some(Timestamp(created_at)) = self.created_at else {
            return Err(wrong(Some(id), "createdAt", "Date"));
        };
        let updated_at = self.updated_at.map_or(created_at, |Timestamp(date)| date);
        let meta = Meta {
            id,
            created_at,
            updated_at,
            acl: self.acl.map(Box::new),
        };
        Ok(Object::new(meta, value))
    }
}

enum Key {
    Field(usize),
    Type,
    ClassName,
    ObjectId,
    CreatedAt,
    UpdatedAt,
    Acl,
    Other,
}

/// Turns a key into what it stands for, without keeping its text.
struct KeySeed(fn(&str) -> Option<usize>);

impl<'de> DeserializeSeed<'de> for KeySeed {
    type Value = Key;
    fn deserialize<D: Deserializer<'de>>(self, from: D) -> Result<Key, D::Error> {
        from.deserialize_identifier(self)
    }
}

impl Visitor<'_> for KeySeed {
    type Value = Key;
    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a key")
    }
    fn visit_str<E>(self, key: &str) -> Result<Key, E> {
        Ok(match (self.0)(key) {
            Some(field) => Key::Field(field),
            None => match key {
                "objectId" => Key::ObjectId,
                "createdAt" => Key::CreatedAt,
                "updatedAt" => Key::UpdatedAt,
                "ACL" => Key::Acl,
                "__type" => Key::Type,
                "className" => Key::ClassName,
                _ => Key::Other,
            },
        })
    }
}

/// Turns a key into the number of a field.
pub(crate) struct KeyIndex(pub(crate) fn(&str) -> Option<usize>);

impl<'de> DeserializeSeed<'de> for KeyIndex {
    type Value = Option<usize>;
    fn deserialize<D: Deserializer<'de>>(self, from: D) -> Result<Option<usize>, D::Error> {
        from.deserialize_identifier(self)
    }
}

impl Visitor<'_> for KeyIndex {
    type Value = Option<usize>;
    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a key")
    }
    fn visit_str<E>(self, key: &str) -> Result<Option<usize>, E> {
        Ok((self.0)(key))
    }
}

struct FieldSeed<'a, T: ParseObject> {
    into: &'a mut T::Partial,
    field: usize,
}

impl<'de, T: ParseObject> DeserializeSeed<'de> for FieldSeed<'_, T> {
    type Value = ();
    fn deserialize<D: Deserializer<'de>>(self, from: D) -> Result<(), D::Error> {
        T::__decode(self.into, self.field, from)
    }
}

/// Reads one JSON object, its keys in any order.
pub(crate) struct RawSeed<T>(PhantomData<T>);

impl<T> RawSeed<T> {
    pub(crate) const fn new() -> Self {
        Self(PhantomData)
    }
}

impl<'de, T: ParseObject> DeserializeSeed<'de> for RawSeed<T> {
    type Value = Raw<T>;
    fn deserialize<D: Deserializer<'de>>(self, from: D) -> Result<Raw<T>, D::Error> {
        from.deserialize_map(self)
    }
}

impl<'de, T: ParseObject> Visitor<'de> for RawSeed<T> {
    type Value = Raw<T>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "an object of the class {}", T::CLASS_NAME)
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Raw<T>, A::Error> {
        let mut raw = Raw::<T> {
            kind: None,
            class_name: None,
            id: None,
            created_at: None,
            updated_at: None,
            acl: None,
            fields: T::__partial(),
        };
        while let Some(key) = map.next_key_seed(KeySeed(T::__index))? {
            match key {
                Key::Field(field) => map.next_value_seed(FieldSeed::<T> {
                    into: &mut raw.fields,
                    field,
                })?,
                Key::ObjectId => raw.id = Some(map.next_value()?),
                Key::CreatedAt => raw.created_at = Some(map.next_value()?),
                Key::UpdatedAt => raw.updated_at = Some(map.next_value()?),
                Key::Acl => raw.acl = map.next_value()?,
                Key::Type => raw.kind = Some(map.next_value()?),
                Key::ClassName => {
                    // the expected name is the rule, and then not worth keeping
                    let name: ClassName<'_> = map.next_value()?;
                    raw.class_name = (name.0 != T::CLASS_NAME).then(|| name.0.into());
                }
                Key::Other => drop(map.next_value::<IgnoredAny>()?),
            }
        }
        Ok(raw)
    }
}

/// What an object inside another one is.
#[derive(Deserialize)]
pub(crate) enum Kind {
    /// Only named.
    Pointer,
    /// Included.
    Object,
    /// Not stored when it was kept: no server says so.
    New,
}

#[derive(Deserialize)]
struct ClassName<'a>(#[serde(borrow)] Cow<'a, str>);

/// Reads a stored object as a whole.
struct ObjectSeed<T>(PhantomData<T>);

impl<'de, T: ParseObject> DeserializeSeed<'de> for ObjectSeed<T> {
    type Value = Object<T>;
    fn deserialize<D: Deserializer<'de>>(self, from: D) -> Result<Object<T>, D::Error> {
        RawSeed::<T>::new()
            .deserialize(from)?
            .finish()
            .map_err(D::Error::custom)
    }
}

/// How many rows there are, in answers that say so.
#[derive(Default)]
struct Count(Option<u64>);

impl<'de> Deserialize<'de> for Count {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        /// Where rows are open to the users in their fields only, and nobody is logged in, the server counts `[]`.
        #[derive(Deserialize)]
        #[serde(untagged)]
        enum Told {
            Number(Option<u64>),
            NoRows([(); 0]),
        }
        Ok(Self(match Told::deserialize(from)? {
            Told::Number(number) => number,
            Told::NoRows([]) => Some(0),
        }))
    }
}

/// A row, or why it does not fit the model.
type Row<T> = Result<Object<T>, DecodeError>;

/// Reads a page whose rows all fit, behind others; its value is the count, where there is one.
struct PageSeed<'a, T>(&'a mut VecDeque<Row<T>>);

impl<'de, T: ParseObject> DeserializeSeed<'de> for PageSeed<'_, T> {
    type Value = Option<u64>;
    fn deserialize<D: Deserializer<'de>>(self, from: D) -> Result<Self::Value, D::Error> {
        from.deserialize_map(self)
    }
}

impl<'de, T: ParseObject> Visitor<'de> for PageSeed<'_, T> {
    type Value = Option<u64>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a page of rows")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
        let (before, mut came, mut count) = (self.0.len(), false, None);
        while let Some(ClassName(key)) = map.next_key()? {
            match &*key {
                "results" => {
                    self.0.truncate(before);
                    map.next_value_seed(RowsSeed(&mut *self.0))?;
                    came = true;
                }
                "count" => count = map.next_value::<Count>()?.0,
                _ => drop(map.next_value::<IgnoredAny>()?),
            }
        }
        if came {
            Ok(count)
        } else {
            Err(A::Error::missing_field("results"))
        }
    }
}

/// Reads rows that all fit, each as what it is handed out as: a page is not copied once more.
struct RowsSeed<'a, T>(&'a mut VecDeque<Row<T>>);

impl<'de, T: ParseObject> DeserializeSeed<'de> for RowsSeed<'_, T> {
    type Value = ();
    fn deserialize<D: Deserializer<'de>>(self, from: D) -> Result<(), D::Error> {
        from.deserialize_seq(self)
    }
}

impl<'de, T: ParseObject> Visitor<'de> for RowsSeed<'_, T> {
    type Value = ();
    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("rows")
    }
    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<(), A::Error> {
        while let Some(row) = list.next_element_seed(ObjectSeed(PhantomData))? {
            self.0.push_back(Ok(row));
        }
        Ok(())
    }
}

/// The answer's text; checked once, so that no string in it has to be checked again.
fn text(body: &[u8]) -> Result<&str> {
    std::str::from_utf8(body).map_err(|_| unexpected(200, body))
}

/// Reads a page behind other rows, and the count where it has one; a row that does not fit the model is an `Err` of its
/// own among the others.
pub(crate) fn page<T: ParseObject>(body: &[u8], into: &mut VecDeque<Row<T>>) -> Result<Option<u64>> {
    let text = text(body)?;
    let before = into.len();
    if let Ok(count) = read(PageSeed(into), text) {
        return Ok(count);
    }
    into.truncate(before);
    #[derive(Deserialize)]
    struct Rows<'a> {
        #[serde(borrow)]
        results: Vec<&'a RawValue>,
        #[serde(default)]
        count: Count,
    }
    let Rows { results, count } = serde_json::from_str(text).map_err(|_| unexpected(200, body))?;
    into.extend(results.iter().map(|row| object(row.get())));
    Ok(count.0)
}

/// Reads a page of which only the numbers matter: how many rows it holds, and the count.
pub(crate) fn tally(body: &[u8]) -> Result<(usize, Option<u64>)> {
    #[derive(Deserialize)]
    struct Tally {
        results: Vec<IgnoredAny>,
        #[serde(default)]
        count: Count,
    }
    let Tally { results, count } = serde_json::from_slice(body).map_err(|_| unexpected(200, body))?;
    Ok((results.len(), count.0))
}

/// Reads the rows of a page by a seed of the caller's.
pub(crate) fn rows<'de, S: DeserializeSeed<'de>>(
    body: &'de [u8],
    seed: impl Fn() -> S,
    class_name: &'static str,
) -> Result<Vec<Result<S::Value, DecodeError>>> {
    #[derive(Deserialize)]
    struct Rows<'a> {
        #[serde(borrow)]
        results: Vec<&'a RawValue>,
    }
    let Rows { results } = serde_json::from_str(text(body)?).map_err(|_| unexpected(200, body))?;
    Ok(results
        .into_iter()
        .map(|raw| one(seed(), raw.get(), class_name))
        .collect())
}

/// Reads one row by a seed of the caller's.
pub(crate) fn one<'de, S: DeserializeSeed<'de>>(
    seed: S,
    row: &'de str,
    class_name: &'static str,
) -> Result<S::Value, DecodeError> {
    read(seed, row).map_err(|error| DecodeError {
        class_name,
        id: id_of(row),
        field: None,
        expected: "a row that fits the view".into(),
        found: error.to_string(),
    })
}

/// The id of a row, where it can be read.
fn id_of(raw: &str) -> Option<ObjectId> {
    #[derive(Deserialize)]
    #[serde(rename_all = "camelCase")]
    struct Id {
        object_id: ObjectId,
    }
    serde_json::from_str(raw).ok().map(|Id { object_id }| object_id)
}

/// The values of some keys in every row, `null` where a row has none, whether or not it fits its model. A
/// dotted key is that of an embedded object.
pub(crate) fn columns(body: &[u8], keys: &[&str]) -> Result<Vec<Vec<Value>>> {
    #[derive(Deserialize)]
    struct Rows<'a> {
        #[serde(borrow)]
        results: Vec<Entries<'a>>,
    }
    let Rows { results } = serde_json::from_slice(body).map_err(|_| unexpected(200, body))?;
    let value = |Entries(entries): &Entries<'_>, key: &str| {
        let (field, path) = key
            .split_once('.')
            .map_or((key, None), |(field, path)| (field, Some(path)));
        let (_, raw) = entries.iter().find(|(name, _)| name == field)?;
        let value: Value = serde_json::from_str(raw.get()).ok()?;
        let found = match path {
            None => value,
            Some(path) => value.pointer(&format!("/{}", path.replace('.', "/"))).cloned()?,
        };
        Some(dated(key, found))
    };
    Ok(results
        .iter()
        .map(|row| {
            keys.iter()
                .map(|key| value(row, key).unwrap_or_default())
                .collect()
        })
        .collect())
}

/// `createdAt` and `updatedAt` are bare texts in rows, and dates in conditions.
fn dated(key: &str, value: Value) -> Value {
    match value {
        Value::String(iso) if matches!(key, "createdAt" | "updatedAt") => {
            serde_json::json!({"__type": "Date", "iso": iso})
        }
        value => value,
    }
}

/// Reads the answer to a get.
pub(crate) fn row<T: ParseObject>(body: &[u8]) -> Result<Object<T>> {
    let text = text(body)?;
    object(text).map_err(|error| match serde_json::from_str::<IgnoredAny>(text) {
        Ok(_) => error.into(),
        Err(_) => unexpected(200, body),
    })
}

/// Reads the answer to a create or an update: only what the server wants to tell.
pub(crate) fn answer<T: ParseObject>(body: &[u8]) -> Result<Raw<T>> {
    let text = text(body)?;
    let replaced = text.contains("__op").then(|| without_deletes(text)).flatten();
    let text = replaced.as_deref().unwrap_or(text);
    read(RawSeed::<T>::new(), text).map_err(|error| match blame::<T>(text) {
        Some(blamed) => blamed.into(),
        None if error.is_syntax() => unexpected(200, body),
        None => unexpected(200, error.to_string().as_bytes()),
    })
}

/// A trigger that removed a field answers with the operation that did it: null in its place.
fn without_deletes(answer: &str) -> Option<String> {
    #[derive(Deserialize)]
    struct Operation {
        #[serde(rename = "__op")]
        _name: Delete,
    }
    #[derive(Deserialize)]
    enum Delete {
        Delete,
    }
    let Entries(entries) = serde_json::from_str(answer).ok()?;
    let kept: std::collections::BTreeMap<_, _> = entries
        .iter()
        .map(|(key, raw)| {
            let deleted = serde_json::from_str::<Operation>(raw.get()).is_ok();
            (key, (!deleted).then_some(*raw))
        })
        .collect();
    serde_json::to_string(&kept).ok()
}

/// Reads an object that says itself what it is: one that a function returned, or that a webhook is told of.
pub(crate) fn object<T: ParseObject>(text: &str) -> Result<Object<T>, DecodeError> {
    match read(RawSeed::<T>::new(), text) {
        Ok(Raw {
            class_name: Some(other),
            id,
            ..
        }) => Err(DecodeError {
            class_name: T::CLASS_NAME,
            id,
            field: None,
            expected: format!("an object of the class {}", T::CLASS_NAME),
            found: format!("one of the class {other}"),
        }),
        Ok(raw) => raw.finish(),
        Err(error) => Err(blame::<T>(text).unwrap_or_else(|| DecodeError {
            class_name: T::CLASS_NAME,
            id: None,
            field: None,
            expected: format!("an object of the class {}", T::CLASS_NAME),
            found: error.to_string(),
        })),
    }
}

/// Reads only the value of an object, which need not be stored.
pub(crate) fn value_of<T: ParseObject>(text: &str) -> Result<T, DecodeError> {
    let misfit = |field: Option<usize>, expected: String, found| DecodeError {
        class_name: T::CLASS_NAME,
        id: id_of(text),
        field: field.map(|field| T::SCHEMA.fields[field].name.into()),
        expected,
        found,
    };
    let raw = read(RawSeed::<T>::new(), text).map_err(|error| {
        let expected = format!("an object of the class {}", T::CLASS_NAME);
        blame::<T>(text).unwrap_or_else(|| misfit(None, expected, error.to_string()))
    })?;
    T::__finish(raw.fields).map_err(|field| {
        misfit(
            Some(field),
            T::SCHEMA.fields[field].describe(),
            "no such field".into(),
        )
    })
}

/// Finds the field that does not fit, by reading each on its own.
fn blame<T: ParseObject>(text: &str) -> Option<DecodeError> {
    let Entries(entries) = serde_json::from_str(text).ok()?;
    let id = entries
        .iter()
        .find(|(key, _)| key == "objectId")
        .and_then(|(_, raw)| serde_json::from_str::<ObjectId>(raw.get()).ok());
    entries.iter().find_map(|(key, raw)| {
        let (error, expected) = if let Some(field) = T::__index(key) {
            let error = self::field::<T>(&mut T::__partial(), field, raw.get()).err()?;
            (error, T::SCHEMA.fields[field].describe())
        } else {
            match &**key {
                "objectId" => (read(PhantomData::<ObjectId>, raw.get()).err()?, "String".into()),
                "createdAt" | "updatedAt" => {
                    (read(PhantomData::<Timestamp>, raw.get()).err()?, "Date".into())
                }
                "ACL" => (
                    read(PhantomData::<Option<Acl>>, raw.get()).err()?,
                    "an ACL".into(),
                ),
                _ => return None,
            }
        };
        Some(DecodeError {
            class_name: T::CLASS_NAME,
            id: id.clone(),
            field: Some(key.to_string()),
            expected,
            found: describe(raw.get(), &error),
        })
    })
}

/// One row, undecoded, of which a few fields are wanted.
#[doc(hidden)]
pub struct RawRow<'a>(Entries<'a>);

impl fmt::Debug for RawRow<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("RawRow")
    }
}

/// Why a field of a row cannot be read: its name, what it should be, and what it is.
#[doc(hidden)]
#[derive(Debug)]
pub struct Misfit {
    field: &'static str,
    expected: FieldType,
    found: String,
}

impl<'a> RawRow<'a> {
    pub(crate) fn of(row: &'a str) -> Self {
        // what is no object has no fields
        Self(serde_json::from_str(row).unwrap_or(Entries(Vec::new())))
    }

    pub(crate) fn field<V: ParseValue>(&self, name: &'static str) -> Result<V, Misfit> {
        let misfit = |found| Misfit {
            field: name,
            expected: V::TYPE,
            found,
        };
        match self.0.0.iter().find(|(key, _)| key == name) {
            None => V::missing().ok_or_else(|| misfit("no such field".into())),
            Some((_, raw)) => value(raw.get()).map_err(|error| misfit(describe(raw.get(), &error))),
        }
    }

    pub(crate) fn error(&self, class_name: &'static str, misfit: Misfit) -> DecodeError {
        let id = self.field("objectId").ok();
        DecodeError {
            class_name,
            id,
            field: Some(misfit.field.into()),
            expected: misfit.expected.to_string(),
            found: misfit.found,
        }
    }
}

/// Reads a field.
pub(super) fn field<T: ParseObject>(
    into: &mut T::Partial,
    field: usize,
    text: &str,
) -> Result<(), json::Error> {
    read(FieldSeed::<T> { into, field }, text)
}

/// Reads a value.
pub(crate) fn value<V: ParseValue>(text: &str) -> Result<V, json::Error> {
    read(Decode::new(), text)
}

/// What a value is, in the server's terms, and what the decoder has against it.
pub(crate) fn describe(raw: &str, error: &json::Error) -> String {
    let short = |text: &str| {
        let mut short: String = text.chars().take(40).collect();
        if short.len() < text.len() {
            short.push('…');
        }
        short
    };
    match raw.as_bytes().first() {
        Some(b'n') => "null".into(),
        Some(b'"') => format!("String {}", short(raw)),
        Some(b't' | b'f') => format!("Boolean {raw}"),
        Some(b'[') => format!("Array ({error})"),
        Some(b'{') => {
            #[derive(Deserialize)]
            struct Typed {
                __type: Option<String>,
            }
            let kind = serde_json::from_str(raw)
                .ok()
                .and_then(|Typed { __type: kind }| kind);
            format!("{} ({})", kind.as_deref().unwrap_or("Object"), error)
        }
        _ => format!("Number {}", short(raw)),
    }
}

/// The entries of a JSON object, undecoded, in their order.
struct Entries<'a>(Vec<(Cow<'a, str>, &'a RawValue)>);

impl<'de: 'a, 'a> Deserialize<'de> for Entries<'a> {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        struct All<'a>(PhantomData<&'a ()>);
        impl<'de: 'a, 'a> Visitor<'de> for All<'a> {
            type Value = Entries<'a>;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object")
            }
            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Entries<'a>, A::Error> {
                let mut entries = Vec::new();
                while let Some((ClassName(key), value)) = map.next_entry()? {
                    entries.push((key, value));
                }
                Ok(Entries(entries))
            }
        }
        from.deserialize_map(All(PhantomData))
    }
}
