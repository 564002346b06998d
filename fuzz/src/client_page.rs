//! The answer to a find: bytes that a server, a proxy or somebody in between sent.

use parse_orm::internals::{page, row, tally, views, written};
use parse_orm::{Error, Object};
use serde_json::Value;

use crate::everything::{Everything, Line};

pub fn run(body: &[u8]) {
    let read = page::<Everything>(body);
    let counted = tally(body);
    let lines = views::<Line>(body);
    for failed in [read.as_ref().err(), counted.as_ref().err(), lines.as_ref().err()] {
        assert!(
            matches!(failed, None | Some(Error::UnexpectedAnswer { status: 200, .. })),
            "{failed:?}"
        );
    }
    for failed in [row::<Everything>(body).err(), written::<Everything>(body).err()] {
        let named = match &failed {
            None | Some(Error::UnexpectedAnswer { status: 200, .. }) => true,
            Some(Error::Decode(error)) => error.class_name == "Everything" && !error.found.is_empty(),
            Some(_) => false,
        };
        assert!(named, "{failed:?}");
    }
    let Ok((rows, count)) = read else { return };
    for row in &rows {
        match row {
            Ok(object) => kept_is_the_same(object),
            Err(error) => {
                assert_eq!(error.class_name, "Everything");
                assert!(!error.expected.is_empty() && !error.found.is_empty(), "{error:?}");
                assert!(error.to_string().len() < 2_000, "{error}");
            }
        }
    }
    if let Ok(counted) = &counted {
        assert_eq!(*counted, (rows.len(), count));
    }
    if let Ok(lines) = &lines {
        assert_eq!(lines.len(), rows.len());
        for (line, row) in lines.iter().zip(&rows) {
            // a view has a part of the model's fields
            assert!(line.is_ok() || row.is_err(), "{line:?}\n{row:?}");
        }
    }
    // by way of a tree, which has each key once
    if let Ok(Value::Object(tree)) = serde_json::from_slice(body) {
        let again = Value::Object(tree).to_string();
        let (read, _) = page::<Everything>(again.as_bytes()).expect("a page stays one");
        assert_eq!(read.len(), rows.len());
        if !has_a_key_twice(body) {
            for (one, other) in rows.iter().zip(&read) {
                match (one, other) {
                    (Ok(one), Ok(other)) => assert_eq!(format!("{one:?}"), format!("{other:?}")),
                    (Err(one), Err(other)) => {
                        assert_eq!((&one.id, one.class_name), (&other.id, other.class_name))
                    }
                    _ => panic!("{one:?}\n{other:?}"),
                }
            }
        }
    }
}

/// What is kept and read again is the same object.
fn kept_is_the_same(object: &Object<Everything>) {
    // dates of which a server could not be told are refused
    let Ok(kept) = serde_json::to_string(object) else {
        return;
    };
    let again: Object<Everything> = match serde_json::from_str(&kept) {
        Ok(again) => again,
        Err(error) => panic!("{error}: {kept}"),
    };
    assert_eq!(format!("{object:?}"), format!("{again:?}"));
    // maps have no order
    let tree = |text: &str| serde_json::from_str::<Value>(text).expect("JSON");
    let kept_again = serde_json::to_string(&again).expect("kept once");
    assert_eq!(tree(&kept_again), tree(&kept));
}

/// Whether any object of a JSON text has a key twice: then readers may differ in which they take.
pub(crate) fn has_a_key_twice(body: &[u8]) -> bool {
    use serde::de::{Deserialize, Deserializer, MapAccess, SeqAccess, Visitor};
    struct Twice(bool);
    impl<'de> Deserialize<'de> for Twice {
        fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
            from.deserialize_any(Look)
        }
    }
    struct Look;
    impl<'de> Visitor<'de> for Look {
        type Value = Twice;
        fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
            f.write_str("JSON")
        }
        fn visit_bool<E>(self, _: bool) -> Result<Twice, E> {
            Ok(Twice(false))
        }
        fn visit_i64<E>(self, _: i64) -> Result<Twice, E> {
            Ok(Twice(false))
        }
        fn visit_u64<E>(self, _: u64) -> Result<Twice, E> {
            Ok(Twice(false))
        }
        fn visit_f64<E>(self, _: f64) -> Result<Twice, E> {
            Ok(Twice(false))
        }
        fn visit_str<E>(self, _: &str) -> Result<Twice, E> {
            Ok(Twice(false))
        }
        fn visit_unit<E>(self) -> Result<Twice, E> {
            Ok(Twice(false))
        }
        fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Twice, A::Error> {
            let mut any = false;
            while let Some(Twice(twice)) = list.next_element()? {
                any |= twice;
            }
            Ok(Twice(any))
        }
        fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Twice, A::Error> {
            let mut keys = std::collections::HashSet::new();
            let mut any = false;
            while let Some((key, Twice(twice))) = map.next_entry::<String, Twice>()? {
                any |= twice | !keys.insert(key);
            }
            Ok(Twice(any))
        }
    }
    serde_json::from_slice::<Twice>(body).is_ok_and(|Twice(twice)| twice)
}
