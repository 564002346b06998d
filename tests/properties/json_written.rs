//! The client's writer of JSON writes what `serde_json` writes.

use crate::runtime::cases;
use parse_orm::internals::to_json;
use proptest::prelude::*;
use serde::ser::{Serialize, SerializeMap, Serializer};
use serde_json::Value;
use serde_json::value::RawValue;
use std::collections::BTreeMap;

/// Both write the same, or both refuse to.
fn same(value: &impl Serialize) -> Result<(), TestCaseError> {
    match (to_json(value), serde_json::to_string(value)) {
        (Ok(written), Ok(expected)) => prop_assert_eq!(written, expected),
        (Err(_), Err(_)) => {}
        (written, expected) => {
            return Err(TestCaseError::fail(format!(
                "written: {written:?}\nexpected: {expected:?}"
            )));
        }
    }
    Ok(())
}

/// Biased to what is escaped, at any place of the eight bytes that are looked at together.
fn text() -> impl Strategy<Value = String> {
    prop_oneof![
        "[a-z\"\\\\\u{0}-\u{1f}\u{7f}-\u{80}é🎲]{0,20}",
        "[ -~]{0,40}",
        any::<String>()
    ]
}

fn tree() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<u64>().prop_map(Value::from),
        any::<f64>().prop_map(Value::from),
        text().prop_map(Value::from),
    ];
    leaf.prop_recursive(4, 40, 6, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..6).prop_map(Value::from),
            prop::collection::vec((text(), inner), 0..6)
                .prop_map(|entries| Value::Object(entries.into_iter().collect())),
        ]
    })
}

#[derive(serde::Serialize, Debug, Clone)]
enum Variant {
    Unit,
    Newtype(f64),
    Tuple(i8, String),
    Struct {
        byte: u8,
        text: Option<char>,
    },
    #[serde(rename = "a \"quoted\" name")]
    Quoted(()),
}

#[derive(serde::Serialize, Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
struct Wrapped(String);

#[derive(serde::Serialize, Debug, Clone)]
struct Unit;

/// Something of everything that serde knows.
#[derive(serde::Serialize, Debug, Clone)]
struct Everything {
    small: (i8, u8, i16, u16),
    large: (i32, u32, i64, u64, i128, u128),
    real: (f32, f64),
    truth: bool,
    letter: char,
    unit: (),
    unit_struct: Unit,
    wrapped: Wrapped,
    some: Option<Option<String>>,
    variants: Vec<Variant>,
    by_number: BTreeMap<i64, bool>,
    by_truth: BTreeMap<bool, u8>,
    by_letter: BTreeMap<char, u8>,
    by_text: BTreeMap<Wrapped, f32>,
    bytes: Bytes,
    raw: Box<RawValue>,
    #[serde(flatten)]
    rest: BTreeMap<String, Value>,
}

#[derive(Debug, Clone)]
struct Bytes(Vec<u8>);

impl Serialize for Bytes {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        to.serialize_bytes(&self.0)
    }
}

fn variant() -> impl Strategy<Value = Variant> {
    prop_oneof![
        Just(Variant::Unit),
        any::<f64>().prop_map(Variant::Newtype),
        (any::<i8>(), text()).prop_map(|(number, text)| Variant::Tuple(number, text)),
        (any::<u8>(), any::<Option<char>>()).prop_map(|(byte, text)| Variant::Struct { byte, text }),
        Just(Variant::Quoted(())),
    ]
}

prop_compose! {
    fn everything()(
        small in any::<(i8, u8, i16, u16)>(),
        large in any::<(i32, u32, i64, u64, i128, u128)>(),
        real in (prop::num::f32::ANY, prop::num::f64::ANY),
        (truth, letter) in any::<(bool, char)>(),
        wrapped in text().prop_map(Wrapped),
        some in prop::option::of(prop::option::of(text())),
        variants in prop::collection::vec(variant(), 0..6),
        by_number in prop::collection::btree_map(any::<i64>(), any::<bool>(), 0..3),
        by_truth in prop::collection::btree_map(any::<bool>(), any::<u8>(), 0..3),
        by_letter in prop::collection::btree_map(any::<char>(), any::<u8>(), 0..3),
        by_text in prop::collection::btree_map(text().prop_map(Wrapped), prop::num::f32::ANY, 0..3),
        bytes in prop::collection::vec(any::<u8>(), 0..5).prop_map(Bytes),
        (raw, rest) in (tree(), prop::collection::btree_map(text(), tree(), 0..3)),
    ) -> Everything {
        let raw = RawValue::from_string(format!(" {raw:#} ")).expect("JSON");
        Everything {
            small, large, real, truth, letter, unit: (), unit_struct: Unit, wrapped, some, variants, by_number, by_truth,
            by_letter, by_text, bytes, raw, rest,
        }
    }
}

/// A map with this as its only key.
struct Keyed<K>(K);

impl<K: Serialize> Serialize for Keyed<K> {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        let mut map = to.serialize_map(Some(1))?;
        map.serialize_entry(&self.0, &1)?;
        map.end()
    }
}

proptest! {
    #![proptest_config(cases(256))]

    #[test]
    fn any_tree(tree in tree()) {
        same(&tree)?;
    }

    #[test]
    fn everything_that_serde_knows(everything in everything()) {
        same(&everything)?;
    }

    #[test]
    fn keys(real in any::<f64>(), small in any::<f32>(), wide in any::<u128>(), text in text(), variant in variant()) {
        same(&Keyed(real))?;
        same(&Keyed(small))?;
        same(&Keyed(wide))?;
        same(&Keyed(Some(text.as_str())))?;
        same(&Keyed(Wrapped(text)))?;
        same(&Keyed(&variant))?;
        same(&Keyed(()))?;
        same(&Keyed(None::<i8>))?;
        same(&Keyed([1]))?;
        same(&Keyed(Unit))?;
        same(&Keyed(Bytes(vec![1])))?;
        same(&Keyed(Keyed(1)))?;
    }
}

#[test]
fn numbers_that_are_none() {
    assert_eq!(
        to_json(&[f64::NAN, f64::INFINITY, -0.0]),
        Ok("[null,null,-0.0]".to_owned())
    );
    assert!(to_json(&Keyed(f64::NAN)).is_err());
}
