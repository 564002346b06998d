//! Arrays and maps.

use super::{Decode, Encode, FieldSchema, FieldType, Form, Found, ParseValue, Parts};
use serde::de::{MapAccess, SeqAccess, Visitor};
use serde::ser::{Error, SerializeMap};
use serde::{Deserializer, Serializer};
use std::collections::{BTreeMap, HashMap};
use std::fmt;
use std::hash::BuildHasher;
use std::marker::PhantomData;

impl<V: ParseValue> ParseValue for Vec<V> {
    const TYPE: FieldType = FieldType::Array;

    fn decode<'de, D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        struct List<V>(PhantomData<V>);
        impl<'de, V: ParseValue> Visitor<'de> for List<V> {
            type Value = Vec<V>;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an Array")
            }
            fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Vec<V>, A::Error> {
                let mut values = Vec::new();
                while let Some(value) = list.next_element_seed(Decode::new())? {
                    values.push(value);
                }
                Ok(values)
            }
        }
        from.deserialize_seq(List(PhantomData))
    }

    fn encode<S: Serializer>(&self, form: Form, to: S) -> Result<S::Ok, S::Error> {
        to.collect_seq(self.iter().map(|value| Encode(value, form)))
    }

    fn same(&self, other: &Self) -> bool {
        self.len() == other.len() && self.iter().zip(other).all(|(a, b)| a.same(b))
    }

    fn merge(&mut self, newer: Self) {
        // element by element only where it is the same list, so that included objects stay
        if self.same(&newer) {
            self.iter_mut()
                .zip(newer)
                .for_each(|(old, newer)| old.merge(newer));
        } else {
            *self = newer;
        }
    }

    fn locate(&mut self, field: &'static FieldSchema) {
        for value in self {
            value.locate(field);
        }
    }

    fn unstored<'a>(&'a self, found: Found<'_, 'a>) {
        for value in self {
            value.unstored(found);
        }
    }
}

struct Map<M, V>(PhantomData<(M, V)>);

impl<'de, M: Default + Extend<(String, V)>, V: ParseValue> Visitor<'de> for Map<M, V> {
    type Value = M;
    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an Object")
    }
    fn visit_map<A: MapAccess<'de>>(self, mut entries: A) -> Result<M, A::Error> {
        let mut map = M::default();
        while let Some(key) = entries.next_key()? {
            map.extend([(key, entries.next_value_seed(Decode::new())?)]);
        }
        Ok(map)
    }
}

fn encode<'a, S: Serializer, V: ParseValue>(
    entries: impl Iterator<Item = (&'a String, &'a V)>,
    form: Form,
    to: S,
) -> Result<S::Ok, S::Error> {
    let mut map = to.serialize_map(None)?;
    for (key, value) in entries {
        if form != Form::Passed {
            super::refuse_reserved(key).map_err(S::Error::custom)?;
        }
        map.serialize_entry(key, &Encode(value, form))?;
    }
    map.end()
}

impl<V: ParseValue, H: BuildHasher + Default + Clone + Send + Sync + 'static> ParseValue
    for HashMap<String, V, H>
{
    const TYPE: FieldType = FieldType::Object;
    fn decode<'de, D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        from.deserialize_map(Map(PhantomData))
    }
    fn encode<S: Serializer>(&self, form: Form, to: S) -> Result<S::Ok, S::Error> {
        encode(self.iter(), form, to)
    }
    fn same(&self, other: &Self) -> bool {
        self.len() == other.len()
            && self
                .iter()
                .all(|(key, value)| other.get(key).is_some_and(|other| value.same(other)))
    }
    fn parts(&self, held: &Self) -> Option<Parts> {
        Parts::of_maps(
            self.iter(),
            held.iter(),
            |key| self.contains_key(key),
            |key| held.get(key),
        )
    }
    fn unstored<'a>(&'a self, found: Found<'_, 'a>) {
        for value in self.values() {
            value.unstored(found);
        }
    }
}

impl<V: ParseValue> ParseValue for BTreeMap<String, V> {
    const TYPE: FieldType = FieldType::Object;
    fn decode<'de, D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        from.deserialize_map(Map(PhantomData))
    }
    fn encode<S: Serializer>(&self, form: Form, to: S) -> Result<S::Ok, S::Error> {
        encode(self.iter(), form, to)
    }
    fn same(&self, other: &Self) -> bool {
        self.len() == other.len() && self.iter().zip(other).all(|((k, a), (l, b))| k == l && a.same(b))
    }
    fn parts(&self, held: &Self) -> Option<Parts> {
        Parts::of_maps(
            self.iter(),
            held.iter(),
            |key| self.contains_key(key),
            |key| held.get(key),
        )
    }
    fn unstored<'a>(&'a self, found: Found<'_, 'a>) {
        for value in self.values() {
            value.unstored(found);
        }
    }
}
