//! Decoding embedded structs, views and enums.

use super::{Deserializer, FieldSchema, IgnoredAny, MapAccess, Visitor};
use serde::de::Error as _;
use std::marker::PhantomData;
/// What a derived embedded struct supplies for its decoding.
pub trait EmbeddedObject {
    /// The fields as far as they were read.
    type Partial;
    /// The struct.
    type Value;
    /// Its name.
    const NAME: &'static str;
    /// Its fields.
    const FIELDS: &'static [FieldSchema] = &[];
    /// The stored name of a field.
    fn name(field: usize) -> &'static str {
        Self::FIELDS[field].name
    }
    /// No field read yet.
    fn partial() -> Self::Partial;
    /// The number of a key.
    fn index(key: &str) -> Option<usize>;
    /// Reads one field.
    fn decode<'de, D: Deserializer<'de>>(
        partial: &mut Self::Partial,
        field: usize,
        from: D,
    ) -> Result<(), D::Error>;
    /// The struct, or the number of the field that is missing.
    fn finish(partial: Self::Partial) -> Result<Self::Value, usize>;
}

/// Decodes an embedded struct.
pub fn decode_embedded<'de, D: Deserializer<'de>, E: EmbeddedObject>(from: D) -> Result<E::Value, D::Error> {
    struct Read<E>(PhantomData<E>);
    struct One<'a, E: EmbeddedObject>(&'a mut E::Partial, usize);
    impl<'de, E: EmbeddedObject> serde::de::DeserializeSeed<'de> for One<'_, E> {
        type Value = ();
        fn deserialize<D: Deserializer<'de>>(self, from: D) -> Result<(), D::Error> {
            E::decode(self.0, self.1, from)
        }
    }
    impl<'de, E: EmbeddedObject> Visitor<'de> for Read<E> {
        type Value = E::Value;
        fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
            write!(f, "an Object ({})", E::NAME)
        }
        fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<E::Value, A::Error> {
            let mut partial = E::partial();
            while let Some(field) = map.next_key_seed(crate::object::KeyIndex(E::index))? {
                match field {
                    Some(field) => map.next_value_seed(One::<E>(&mut partial, field))?,
                    None => drop(map.next_value::<IgnoredAny>()?),
                }
            }
            E::finish(partial).map_err(|field| {
                let name = E::name(field);
                A::Error::custom(format_args!("{}: the field `{name}` is missing", E::NAME))
            })
        }
    }
    from.deserialize_map(Read::<E>(PhantomData))
}

/// Decodes an enum from the name of its variant.
pub fn decode_name<'de, D: Deserializer<'de>, V>(
    from: D,
    find: fn(&str) -> Option<V>,
    expected: &'static str,
) -> Result<V, D::Error> {
    struct Name<V>(fn(&str) -> Option<V>, &'static str);
    impl<V> Visitor<'_> for Name<V> {
        type Value = V;
        fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
            f.write_str(self.1)
        }
        fn visit_str<E: serde::de::Error>(self, name: &str) -> Result<V, E> {
            (self.0)(name).ok_or_else(|| E::invalid_value(serde::de::Unexpected::Str(name), &self))
        }
    }
    from.deserialize_str(Name(find, expected))
}
