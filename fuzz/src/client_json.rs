//! JSON of any kind, read by the client's own reader: it takes what `serde_json` takes, and makes the same of it.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::fmt::{Debug, Formatter};

use parse_orm::internals::json;
use serde::Deserialize;
use serde::de::{Deserializer, IgnoredAny, SeqAccess, Visitor};
use serde_json::Value;
use serde_json::value::RawValue;

pub fn run(input: &[u8]) {
    let text = &*String::from_utf8_lossy(input);
    same::<Value>(text);
    same::<IgnoredAny>(text);
    same::<&RawValue>(text);
    same::<f64>(text);
    same::<f32>(text);
    same::<i64>(text);
    same::<i128>(text);
    same::<u128>(text);
    same::<&str>(text);
    same::<Octets>(text);
    same::<Vec<Option<u8>>>(text);
    same::<BTreeMap<i64, IgnoredAny>>(text);
    same::<BTreeMap<u128, IgnoredAny>>(text);
    // by other keys `serde_json` makes broken texts, and panics
    if text.is_ascii() {
        same::<BTreeMap<bool, IgnoredAny>>(text);
    }
    same::<Kind>(text);
    same::<Loose>(text);
    same::<Tagged>(text);
    same::<Few>(text);
    same::<Row>(text);
    same::<Vec<Row>>(text);
}

/// A debug text tells apart what is not equal, the two zeros too.
fn same<'de, T: Deserialize<'de> + Debug>(text: &'de str) {
    let asked = std::any::type_name::<T>();
    match (json::<T>(text), serde_json::from_str::<T>(text)) {
        (Ok(read), Ok(expected)) => {
            assert_eq!(format!("{read:?}"), format!("{expected:?}"), "{asked}: {text}")
        }
        (Err(_), Err(_)) => {}
        (read, expected) => panic!("{asked}: {text}\n{read:?}\n{expected:?}"),
    }
}

#[derive(Deserialize, Debug)]
#[allow(dead_code, reason = "printed only")]
enum Kind {
    Nothing,
    One(i64),
    Two(f64, String),
    Named { a: Option<u8>, b: Box<Kind> },
}

#[derive(Deserialize, Debug)]
#[serde(untagged)]
#[allow(dead_code, reason = "printed only")]
enum Loose<'a> {
    Number(i64),
    Fraction(f64),
    Text(&'a str),
    Several(Vec<Loose<'a>>),
    Named { a: bool },
}

#[derive(Deserialize, Debug)]
#[serde(tag = "t")]
#[allow(dead_code, reason = "printed only")]
enum Tagged {
    A { a: f64 },
    B(BTreeMap<String, Value>),
    C,
}

/// All else in it is passed over.
#[derive(Deserialize, Debug)]
#[allow(dead_code, reason = "printed only")]
struct Few {
    #[serde(default)]
    a: Option<Value>,
}

#[derive(Deserialize, Debug, Default)]
#[serde(default)]
#[allow(dead_code, reason = "printed only")]
struct Row<'a> {
    /// Small numbers and texts, in keys that are found soon.
    a: Option<i64>,
    #[serde(borrow)]
    b: Option<&'a str>,
    #[serde(borrow)]
    c: Cow<'a, str>,
    d: Option<(f64, bool)>,
    e: Option<char>,
    f: Vec<Kind>,
    g: Option<Box<RawValue>>,
    h: Option<Octets>,
    i: Option<Box<Row<'a>>>,
    #[serde(flatten)]
    rest: BTreeMap<String, Value>,
}

/// What is asked for as bytes.
#[derive(Debug)]
#[allow(dead_code, reason = "printed only")]
struct Octets(Vec<u8>);

impl<'de> Deserialize<'de> for Octets {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        struct Look;
        impl<'de> Visitor<'de> for Look {
            type Value = Octets;
            fn expecting(&self, f: &mut Formatter<'_>) -> std::fmt::Result {
                f.write_str("bytes")
            }
            fn visit_bytes<E>(self, bytes: &[u8]) -> Result<Octets, E> {
                Ok(Octets(bytes.to_vec()))
            }
            fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Octets, A::Error> {
                let mut bytes = Vec::new();
                while let Some(byte) = list.next_element()? {
                    bytes.push(byte);
                }
                Ok(Octets(bytes))
            }
        }
        from.deserialize_bytes(Look)
    }
}
