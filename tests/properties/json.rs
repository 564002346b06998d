//! The client's reader of JSON takes what `serde_json` takes, and makes the same of it.

use crate::runtime::cases;
use parse_orm::internals::json;
use proptest::prelude::*;
use proptest::sample::Index;
use serde::Deserialize;
use serde::de::{Deserializer, IgnoredAny, MapAccess, SeqAccess, Visitor};
use serde_json::Value;
use serde_json::value::RawValue;
use std::borrow::Cow;
use std::collections::{BTreeMap, HashMap};
use std::fmt::{Debug, Formatter};
use std::hash::{BuildHasherDefault, DefaultHasher};
use std::marker::PhantomData;

/// Both take the text, and make the same of it, or both refuse it; whether they take it.
///
/// A debug text tells apart all that is not the same, the bits of doubles too.
fn same<'de, T: Deserialize<'de> + Debug>(text: &'de str) -> Result<bool, TestCaseError> {
    let asked = std::any::type_name::<T>();
    match (json::<T>(text), serde_json::from_str::<T>(text)) {
        (Ok(read), Ok(expected)) => {
            prop_assert_eq!(
                format!("{read:?}"),
                format!("{expected:?}"),
                "{} of {}",
                asked,
                text
            );
            Ok(true)
        }
        (Err(_), Err(_)) => Ok(false),
        (read, expected) => {
            let message = format!("{asked} of {text}\nread: {read:?}\nexpected: {expected:?}");
            Err(TestCaseError::fail(message))
        }
    }
}

// what texts are made of

/// Biased to what is escaped, and to lengths about those that are searched at once.
fn text() -> impl Strategy<Value = String> {
    let piece = prop_oneof![
        prop::sample::select(vec![
            "\"",
            "\\",
            "/",
            "\u{0}",
            "\u{8}",
            "\u{1f}",
            "\u{7f}",
            "\n",
            "\r\n",
            "\t",
            "é",
            "日",
            "🎲",
            "\u{80}",
            "\u{2028}",
            "\u{fffd}",
            "\u{ffff}",
            "\u{10ffff}",
            "\\u0041",
            "{",
            "}",
            "[",
            "]",
            ",",
            ":",
        ])
        .prop_map(String::from),
        "[a-z ]{0,20}",
        any::<char>().prop_map(String::from),
    ];
    prop::collection::vec(piece, 0..5).prop_map(|pieces| pieces.concat())
}

/// A text in quotes, whose characters are escaped in all ways that there are, and sometimes in none.
fn quoted() -> impl Strategy<Value = String> {
    let piece = prop_oneof![
        8 => "[a-z ]{0,20}",
        4 => prop::sample::select(vec![
            "\\\"", "\\\\", "\\/", "\\b", "\\f", "\\n", "\\r", "\\t", "\\u0000", "\\u00e9", "\\uFFFF", "\\u2028",
            "\\ud83c\\udfb2", "\\uD83C\\uDFB2", "é", "🎲", "\u{7f}",
        ])
        .prop_map(String::from),
        // halves of pairs are no text, but what nobody looks at may have them; the others are never right
        1 => prop::sample::select(vec![
            "\\ud83c", "\\udfb2", "\\ud83c\\n", "\\ud83c\\ud83c\\udfb2", "\\ud83cx", "\\x", "\\u12", "\\u12g4", "\\é",
            "\\U0041", "\n", "\t", "\u{0}", "\u{1f}",
        ])
        .prop_map(String::from),
    ];
    prop::collection::vec(piece, 0..5).prop_map(|pieces| format!("\"{}\"", pieces.concat()))
}

fn double() -> impl Strategy<Value = f64> {
    let bits = any::<u64>().prop_map(f64::from_bits);
    let short = (any::<i32>(), 0..12).prop_map(|(number, places)| f64::from(number) / 10_f64.powi(places));
    let odd = prop::sample::select(vec![
        0.0,
        -0.0,
        5e-324,
        2.225_073_858_507_201e-308,
        f64::MIN_POSITIVE,
        f64::MAX,
        f64::MIN,
        f64::EPSILON,
        9_007_199_254_740_992.0,
        9_007_199_254_740_994.0,
        1e21,
        1e22,
        1e23,
        0.1,
        0.3,
    ]);
    prop_oneof![bits, short, odd].prop_filter("JSON has no others", |double| double.is_finite())
}

/// A number as it may be spelled, of any size.
fn number() -> impl Strategy<Value = String> {
    prop_oneof![
        "-?(0|[1-9][0-9]{0,2})",
        "-?(0|[1-9][0-9]{0,2})(\\.[0-9]{1,8})?([eE][+-]?[0-9]{1,2})?",
        "-?[1-9][0-9]{16,20}",
        "-?[0-9]{1,22}(\\.[0-9]{1,25})?([eE][+-]?[0-9]{1,4})?",
        "-?(0|[1-9][0-9]{0,24})\\.[0-9]{1,40}",
        // between two doubles, or where one and a fraction of digits decide
        "900719925474099[0-9](\\.[05]0{0,12}[01]?)?(e-?[0-9]{1,2})?",
        "0\\.0{0,320}[1-9]{1,20}(e[0-9]{1,3})?",
        "[1-9]0{0,310}(\\.0)?(e-[0-9]{1,3})?",
        double().prop_map(|double| format!("{double:e}")),
        double().prop_map(|double| format!("{double:?}")),
        any::<i64>().prop_map(|number| number.to_string()),
        any::<u64>().prop_map(|number| number.to_string()),
        any::<i128>().prop_map(|number| number.to_string()),
        any::<u128>().prop_map(|number| number.to_string()),
        (prop::sample::select(EDGES.to_vec()), -2_i128..=2).prop_map(|(edge, by)| (edge + by).to_string()),
        prop::sample::select(ODD_NUMBERS.to_vec()).prop_map(String::from),
    ]
}

/// Where a type ends, or the digits that can be read at once.
const EDGES: &[i128] = &[
    u8::MAX as i128,
    i32::MIN as i128,
    i32::MAX as i128,
    u32::MAX as i128,
    1 << 53,
    -(1 << 53),
    10_i128.pow(17),
    10_i128.pow(18),
    -(10_i128.pow(18)),
    10_i128.pow(19),
    i64::MIN as i128,
    i64::MAX as i128,
    u64::MAX as i128,
    -(u64::MAX as i128),
    i128::MIN + 2,
    i128::MAX - 2,
];

const ODD_NUMBERS: &[&str] = &[
    "-0",
    "-0.0",
    "0e0",
    "-0e5",
    "0.0e-999999999999",
    "0e999999999999",
    "1e-999999999999",
    "1e999999999999",
    "-1e400",
    "1e400",
    "1e308",
    "1.7976931348623157e308",
    "1.7976931348623159e308",
    "2.4703282292062327e-324",
    "2.4703282292062328e-324",
    "3.4028235e38",
    "3.4028236e38",
    "1.00000017881393432617187499",
    "1.00000017881393432617187500",
    "340282366920938463463374607431768211455",
    "340282366920938463463374607431768211456",
    "-170141183460469231731687303715884105728",
    "-170141183460469231731687303715884105729",
];

/// What is no number, or one that something follows.
fn no_number() -> impl Strategy<Value = String> {
    prop_oneof![
        "[-+.eE0-9]{1,8}",
        "-?0[0-9]{1,20}(\\.[0-9]{1,3})?",
        "-?[0-9]{1,20}\\.([eE][0-9]{0,2})?",
        "-?[0-9]{1,20}(\\.[0-9]{1,3})?[eE][+-]?",
        "[-+]{1,2}[0-9]{0,3}",
        "-?\\.[0-9]{1,3}",
        "-?[0-9]{1,19}(\\.[0-9]{1,20})?[-+.eE_a-fx\"\\]}, \u{0}]{1,3}",
        prop::sample::select(vec![
            "NaN",
            "-NaN",
            "Infinity",
            "-Infinity",
            "0x10",
            "1_000",
            "- 1",
            "1 000",
            "١"
        ])
        .prop_map(String::from),
    ]
}

fn tree() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<u64>().prop_map(Value::from),
        (-100_i64..100).prop_map(Value::from),
        prop::sample::select(vec![i64::MIN, i64::MAX, -1, 0, 1 << 53]).prop_map(Value::from),
        double().prop_map(Value::from),
        text().prop_map(Value::from),
    ];
    leaf.prop_recursive(5, 24, 5, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..5).prop_map(Value::from),
            prop::collection::vec((text(), inner), 0..5)
                .prop_map(|entries| Value::from(entries.into_iter().collect::<serde_json::Map<_, _>>())),
        ]
    })
}

fn space() -> impl Strategy<Value = String> {
    prop_oneof![6 => Just(String::new()), 1 => "[ \t\r\n]{1,4}"]
}

/// Any JSON, with numbers and texts as no writer spells them, white space anywhere, and keys more than once.
fn spelled() -> impl Strategy<Value = String> {
    let word = prop::sample::select(vec!["null", "true", "false"]).prop_map(String::from);
    let leaf = prop_oneof![1 => word, 2 => number(), 2 => quoted()];
    let list = |items: Vec<String>| format!("[{}]", items.join(","));
    let object = |entries: Vec<String>| format!("{{{}}}", entries.join(","));
    let spaced = |value: BoxedStrategy<String>| {
        (space(), value, space()).prop_map(|(before, value, after)| before + &value + &after)
    };
    let tree = leaf.prop_recursive(4, 16, 4, move |inner| {
        let item = spaced(inner.clone().boxed());
        let key = prop_oneof!["\"[a-c]\"", quoted()];
        let entry = (spaced(key.boxed()), spaced(inner.boxed())).prop_map(|(key, value)| key + ":" + &value);
        prop_oneof![
            prop::collection::vec(item, 0..4).prop_map(list),
            prop::collection::vec(entry, 0..4).prop_map(object),
        ]
    });
    spaced(tree.boxed())
}

/// One change of a text.
#[derive(Debug, Clone)]
enum Edit {
    Delete(Index),
    Insert(Index, &'static str),
    Replace(Index, &'static str),
    Truncate(Index),
    /// What is between two places, once more.
    Repeat(Index, Index),
}

/// What means something in JSON, and what looks as if it did.
const PIECES: &[&str] = &[
    "\"",
    "\\",
    "{",
    "}",
    "[",
    "]",
    ",",
    ":",
    "-",
    "+",
    ".",
    "e",
    "E",
    "0",
    "1",
    "9",
    "/",
    "u",
    "\\u",
    "\\ud800",
    "t",
    "n",
    "null",
    "true",
    "false",
    "{}",
    "[]",
    "\"\"",
    "\"a\":1",
    " ",
    "\t",
    "\n",
    "\r",
    "\u{0}",
    "\u{b}",
    "\u{c}",
    "\u{1f}",
    "\u{7f}",
    "\u{a0}",
    "\u{feff}",
    "é",
    "🎲",
    "//",
    "/**/",
    "'",
    "#",
    "1e400",
    "99999999999999999999",
];

fn edits() -> impl Strategy<Value = Vec<Edit>> {
    let piece = || prop::sample::select(PIECES.to_vec());
    let edit = prop_oneof![
        any::<Index>().prop_map(Edit::Delete),
        (any::<Index>(), piece()).prop_map(|(at, piece)| Edit::Insert(at, piece)),
        (any::<Index>(), piece()).prop_map(|(at, piece)| Edit::Replace(at, piece)),
        any::<Index>().prop_map(Edit::Truncate),
        (any::<Index>(), any::<Index>()).prop_map(|(from, to)| Edit::Repeat(from, to)),
    ];
    prop::collection::vec(edit, 1..4)
}

fn edited(text: &str, edits: &[Edit]) -> String {
    let mut letters: Vec<char> = text.chars().collect();
    for edit in edits {
        // the end is a place too
        let place = |at: &Index| at.index(letters.len() + 1);
        match edit {
            Edit::Delete(at) | Edit::Replace(at, _) if place(at) == letters.len() => {}
            Edit::Delete(at) => drop(letters.remove(place(at))),
            Edit::Insert(at, piece) => {
                let at = place(at);
                letters.splice(at..at, piece.chars());
            }
            Edit::Replace(at, piece) => {
                let at = place(at);
                letters.splice(at..=at, piece.chars());
            }
            Edit::Truncate(at) => letters.truncate(place(at)),
            Edit::Repeat(from, to) => {
                let (from, to) = (place(from), place(to));
                let part = letters[from.min(to)..from.max(to)].to_vec();
                letters.splice(to..to, part);
            }
        }
    }
    letters.into_iter().collect()
}

// what is asked for

/// Iterates in the same order for the same entries, so that it is printed the same.
type Steady = BuildHasherDefault<DefaultHasher>;

#[derive(Deserialize, Debug)]
#[allow(dead_code, reason = "printed only")]
struct Nested {
    a: i32,
    #[serde(default)]
    b: Option<Box<Nested>>,
    #[serde(rename = "näme\n")]
    odd: Option<String>,
}

#[derive(Deserialize, Debug)]
#[serde(deny_unknown_fields)]
#[allow(dead_code, reason = "printed only")]
struct Strict {
    a: u8,
    b: Vec<bool>,
}

#[derive(Deserialize, Debug)]
#[allow(dead_code, reason = "printed only")]
struct Flat {
    a: Option<u64>,
    #[serde(flatten)]
    strict: Inner,
    #[serde(flatten)]
    rest: BTreeMap<String, Value>,
}

#[derive(Deserialize, Debug)]
#[allow(dead_code, reason = "printed only")]
struct Inner {
    b: f64,
}

#[derive(Deserialize, Debug, PartialEq, Eq, PartialOrd, Ord)]
#[allow(dead_code, reason = "printed only")]
enum Plain {
    A,
    #[serde(rename = "é\"")]
    B,
    #[serde(other)]
    Other,
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
    Nothing,
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

#[derive(Deserialize, Debug)]
#[serde(tag = "t", content = "c")]
#[allow(dead_code, reason = "printed only")]
enum Beside {
    A(i64, char),
    B,
    C { a: Option<String> },
}

#[derive(Deserialize, Debug)]
#[allow(dead_code, reason = "printed only")]
struct Wrapped(i16);

#[derive(Deserialize, Debug)]
#[allow(dead_code, reason = "printed only")]
struct Pair(u8, Option<f32>);

#[derive(Deserialize, Debug)]
struct Unit;

/// What is asked for as bytes.
#[derive(Debug)]
#[allow(dead_code, reason = "printed only")]
struct Octets(Vec<u8>);

/// The same, to be kept.
#[derive(Debug)]
#[allow(dead_code, reason = "printed only")]
struct OwnOctets(Octets);

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

impl<'de> Deserialize<'de> for Octets {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        from.deserialize_bytes(Look)
    }
}

impl<'de> Deserialize<'de> for OwnOctets {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        from.deserialize_byte_buf(Look).map(Self)
    }
}

/// The entries of an object in their order, with keys of any type.
struct Entries<K, V>(Vec<(K, V)>);

impl<K: Debug, V: Debug> Debug for Entries<K, V> {
    fn fmt(&self, f: &mut Formatter<'_>) -> std::fmt::Result {
        self.0.fmt(f)
    }
}

impl<'de, K: Deserialize<'de>, V: Deserialize<'de>> Deserialize<'de> for Entries<K, V> {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        struct All<K, V>(PhantomData<(K, V)>);
        impl<'de, K: Deserialize<'de>, V: Deserialize<'de>> Visitor<'de> for All<K, V> {
            type Value = Entries<K, V>;
            fn expecting(&self, f: &mut Formatter<'_>) -> std::fmt::Result {
                f.write_str("an object")
            }
            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
                let mut entries = Vec::new();
                while let Some(entry) = map.next_entry()? {
                    entries.push(entry);
                }
                Ok(Entries(entries))
            }
        }
        from.deserialize_map(All(PhantomData))
    }
}

/// The fields of a struct that has one of every type, and JSON that fits each.
macro_rules! zoo {
    ($($(#[$attribute:meta])* $field:ident: $type:ty = $fits:expr;)*) => {
        #[derive(Deserialize, Debug)]
        #[allow(dead_code, reason = "printed only")]
        struct Zoo<'a> {
            $($(#[$attribute])* $field: $type,)*
        }

        /// JSON that fits each field.
        fn fields() -> Vec<(&'static str, BoxedStrategy<String>)> {
            vec![$((stringify!($field), $fits.boxed()),)*]
        }

        /// The type of each field is read from a text.
        fn as_each_field<'a>(text: &'a str) -> Result<(), TestCaseError> {
            $(same::<$type>(text)?;)*
            Ok(())
        }

        /// The type of one field is read from a text.
        fn as_field<'a>(field: &str, text: &'a str) -> Result<bool, TestCaseError> {
            match field {
                $(stringify!($field) => same::<$type>(text),)*
                _ => Err(TestCaseError::fail("no field")),
            }
        }
    };
}

zoo! {
    truth: bool = "true|false";
    small: u8 = any::<u8>().prop_map(written);
    whole: i64 = any::<i64>().prop_map(written);
    natural: u64 = any::<u64>().prop_map(written);
    large: u128 = any::<u128>().prop_map(written);
    large_signed: i128 = any::<i128>().prop_map(written);
    single: f32 = "-?[0-9]\\.[0-9]{1,20}(e[0-9])?";
    fraction: f64 = double().prop_map(written);
    letter: char = any::<char>().prop_map(written);
    own: String = text().prop_map(written);
    lent: &'a str = r#""[a-zé ]{0,20}""#;
    #[serde(borrow)]
    maybe_lent: Cow<'a, str> = text().prop_map(written);
    option: Option<i32> = "null|-?[1-9]";
    list: Vec<Option<bool>> = r"\[((null|true),){0,3} ?false\]";
    tuple: (i32, String, bool) = r#"\[[1-9], ?"[a-z]",true\]"#;
    array: [u16; 3] = r"\[1,[1-9]{1,4} ,3\]";
    nested: Nested =
        r#"\{"a":1,"b":\{"a" : -2(,"[c-z]":\[\{\},"\\ud800",1e400\])?,"näme\\n":"x"\},"näme\\n":"é"\}"#;
    strict: Strict = r#"\{("a":7,"b":\[\]|"b":\[true\],"a":0)\}|\[1,\[false\]\]"#;
    flat: Flat = r#"\{("a":[1-9]{1,4},)?"[c-f]":\[null\],"b":0\.[1-9]{1,18}\}"#;
    names: HashMap<String, f64, Steady> = r#"\{("[a-e]{1,3}":-?[1-9]\.[1-9],){0,4}"\\u00e9":1\}"#;
    by_number: BTreeMap<i64, Value> = r#"\{("-?[1-9]{1,18}":\[\],){0,4}"0":null\}"#;
    by_large: BTreeMap<u128, u8> = r#"\{("[1-9]{1,38}":1,){0,4}"0":2\}"#;
    by_kind: BTreeMap<Plain, ()> = r#"\{("[A-C]":null,){0,4}"é\\"":null\}"#;
    plain: Plain = r#""([A-C]|é\\")""#;
    kind: Kind = prop_oneof![
        r#""Nothing"|\{"Nothing":null\}|\{"One":[1-9]\}|\{"Two":\[1,"a"\]\}"#,
        r#"\{"Named":\{"a":[1-9],"b":"Nothing","c":\{\}\}\}"#,
    ];
    #[serde(borrow)]
    loose: Loose<'a> = r#"null|[1-9]{1,25}|"[a-z]{0,12}"|\[[1-9](,\[1\.5\])?\]|\{"a":true\}"#;
    tagged: Tagged = r#"\{"t":"A","a":1(\.5)?\}|\{"[x-z]":1,"t":"B"\}|\{"t":"C"\}"#;
    beside: Beside = r#"\{"t":"A","c":\[1,"a"\]\}|\{"c":\{"a":null\},"t":"C"\}|\{"t":"B"\}"#;
    wrapped: Wrapped = "-?[1-9]{1,4}";
    pair: Pair = r"\[[1-9],(null|1\.[0-9]{1,20})\]";
    nothing: () = Just("null".into());
    unit: Unit = Just("null".into());
    octets: Octets = r#"\[(12,){0,4}255\]|"[a-z]{0,8}(\\ud800)?é""#;
    own_octets: OwnOctets = r#"\[(12,){0,4}255\]|"[a-z]{0,8}(\\ud800)?é""#;
    boxed: Box<RawValue> = written_tree();
    #[serde(borrow)]
    raw: &'a RawValue = written_tree();
    raws: BTreeMap<String, Box<RawValue>> = r#"\{("[a-e]": \[1 ,"\\udc00",1e999\] ,){0,3}"f":null\}"#;
    ignored: IgnoredAny = written_tree();
    tree: Value = written_tree();
}

fn written(value: impl serde::Serialize) -> String {
    serde_json::to_string(&value).expect("JSON")
}

fn written_tree() -> impl Strategy<Value = String> {
    tree().prop_map(written)
}

/// The struct with every field, in any order, with fields that it does not know.
fn fitting() -> impl Strategy<Value = String> {
    let fields = fields().into_iter().map(|(name, value)| {
        (space(), value).prop_map(move |(space, value)| format!("\"{name}\":{space}{value}"))
    });
    let unknown = prop_oneof![
        ("\"x_[a-z]\"", written_tree()).prop_map(|(key, value)| key + ":" + &value),
        Just(r#""x":["\udfff",{"\ud800":1e400}]"#.into()),
    ];
    let all = fields
        .map(Strategy::boxed)
        .chain([unknown.boxed()])
        .collect::<Vec<_>>();
    all.prop_shuffle()
        .prop_map(|entries| format!("{{{}}}", entries.join(",")))
}

/// As trees, as what nobody looks at, and as what is left as it stands.
fn as_any(text: &str) -> Result<bool, TestCaseError> {
    let taken = same::<Value>(text)?;
    same::<IgnoredAny>(text)?;
    same::<&RawValue>(text)?;
    Ok(taken)
}

fn as_numbers(text: &str) -> Result<(), TestCaseError> {
    same::<f64>(text)?;
    same::<f32>(text)?;
    same::<i8>(text)?;
    same::<i32>(text)?;
    same::<i64>(text)?;
    same::<i128>(text)?;
    same::<u8>(text)?;
    same::<u64>(text)?;
    same::<u128>(text)?;
    Ok(())
}

fn as_keys(text: &str) -> Result<(), TestCaseError> {
    same::<Entries<f64, IgnoredAny>>(text)?;
    same::<Entries<f32, IgnoredAny>>(text)?;
    same::<Entries<i8, IgnoredAny>>(text)?;
    same::<Entries<Option<i64>, IgnoredAny>>(text)?;
    same::<Entries<i128, IgnoredAny>>(text)?;
    same::<Entries<u64, IgnoredAny>>(text)?;
    same::<Entries<u128, IgnoredAny>>(text)?;
    // by other keys `serde_json` makes broken texts, and panics
    if text.is_ascii() {
        same::<Entries<bool, IgnoredAny>>(text)?;
        same::<BTreeMap<bool, Value>>(text)?;
    }
    same::<Entries<char, IgnoredAny>>(text)?;
    same::<Entries<String, IgnoredAny>>(text)?;
    same::<Entries<&str, IgnoredAny>>(text)?;
    same::<Entries<Plain, IgnoredAny>>(text)?;
    same::<Entries<Wrapped, IgnoredAny>>(text)?;
    same::<Entries<Octets, IgnoredAny>>(text)?;
    same::<Entries<OwnOctets, IgnoredAny>>(text)?;
    same::<Entries<IgnoredAny, IgnoredAny>>(text)?;
    same::<Entries<(), IgnoredAny>>(text)?;
    same::<Entries<Value, Value>>(text)?;
    Ok(())
}

proptest! {
    #![proptest_config(cases(512))]

    #[test]
    fn what_is_written_is_read(tree in tree()) {
        let texts = [serde_json::to_string(&tree), serde_json::to_string_pretty(&tree)];
        for text in texts.map(|text| text.expect("JSON")) {
            prop_assert!(as_any(&text)?, "{}", text);
            prop_assert_eq!(&json::<Value>(&text).map_err(TestCaseError::fail)?, &tree);
        }
    }

    #[test]
    fn what_is_spelled_oddly_is_read_the_same(text in spelled()) {
        as_any(&text)?;
    }

    #[test]
    fn what_is_broken_is_refused_the_same(
        tree in tree(),
        spelled in spelled(),
        edits in prop::collection::vec(edits(), 4),
    ) {
        let pretty = serde_json::to_string_pretty(&tree).expect("JSON");
        for text in [tree.to_string(), pretty, spelled] {
            for edits in &edits {
                as_any(&edited(&text, edits))?;
            }
        }
    }

    #[test]
    fn strings_are_read_the_same(text in quoted(), behind in space(), edits in edits()) {
        for text in [format!("{text}{behind}"), edited(&text, &edits)] {
            as_any(&text)?;
            same::<String>(&text)?;
            same::<&str>(&text)?;
            same::<Cow<'_, str>>(&text)?;
            same::<char>(&text)?;
            same::<Octets>(&text)?;
            same::<Plain>(&text)?;
            as_keys(&format!("{{{text}:{text}}}"))?;
        }
    }
}

proptest! {
    #![proptest_config(cases(1024))]

    #[test]
    fn numbers_are_read_the_same(number in prop_oneof![3 => number(), 1 => no_number()], space in space()) {
        for text in [format!("{number}{space}"), format!("{space}{number}")] {
            as_any(&text)?;
            as_numbers(&text)?;
        }
        for text in [format!("[{number},{number}]"), format!("[{space}{number}{space}]")] {
            as_any(&text)?;
            same::<Vec<f64>>(&text)?;
            same::<Vec<f32>>(&text)?;
            same::<Vec<i64>>(&text)?;
            same::<Vec<u128>>(&text)?;
            same::<(i128, Option<i128>)>(&text)?;
        }
        as_keys(&format!("{{\"{number}\":{number}}}"))?;
        as_keys(&format!("{{\"{space}{number}\":0}}"))?;
        as_keys(&format!("{{\"{number}{space}\":0}}"))?;
    }

    /// The brackets of lists and objects in each other, one of which may be wrong.
    #[test]
    fn brackets_belong_together(
        objects in prop::collection::vec(any::<bool>(), 0..200),
        wrong in any::<Option<Index>>(),
        inner in "1|\"\"|\\[\\]|\\{\\}||,",
        more in any::<bool>(),
    ) {
        let open = objects.iter().map(|object| if *object { "{\"\":" } else { "[" });
        let mut text = open.collect::<String>() + &inner;
        for (level, object) in objects.iter().enumerate().rev() {
            let wrong = wrong.is_some_and(|wrong| wrong.index(objects.len()) == level);
            match (more, object) {
                (true, true) => text.push_str(",\"\":1"),
                (true, false) => text.push_str(",1"),
                (false, _) => {}
            }
            text.push(if *object == wrong { ']' } else { '}' });
        }
        as_any(&text)?;
    }
}

proptest! {
    #![proptest_config(cases(192))]

    #[test]
    fn types_are_read_from_what_fits_them(text in fitting(), edits in edits()) {
        prop_assert!(same::<Zoo<'_>>(&text)?, "{:?}: {}", serde_json::from_str::<Zoo<'_>>(&text).err(), text);
        let spaced = format!("\n{text}\n");
        prop_assert!(same::<Zoo<'_>>(&spaced)?);
        same::<Zoo<'_>>(&edited(&text, &edits))?;
        same::<Option<Vec<Zoo<'_>>>>(&format!("[{text},{text}]"))?;
    }

    #[test]
    fn types_are_read_from_anything(tree in tree(), spelled in spelled(), key in "true|false| true|A|-?[0-9]{1,3}") {
        for text in [tree.to_string(), format!("{{\"{key}\":{spelled}}}"), spelled] {
            as_each_field(&text)?;
            same::<Zoo<'_>>(&text)?;
            as_keys(&text)?;
        }
    }
}

proptest! {
    #![proptest_config(cases(1536))]

    #[test]
    fn each_type_is_read_from_what_fits_it_and_is_edited(
        (field, text) in prop::sample::select(fields()).prop_flat_map(|(field, fits)| (Just(field), fits)),
        edits in prop::collection::vec(edits(), 4),
    ) {
        prop_assert!(as_field(field, &text)?, "{}: {}", field, text);
        for edits in &edits {
            as_field(field, &edited(&text, edits))?;
        }
    }
}

/// All that is in it but one field is passed over.
#[derive(Deserialize, Debug)]
#[allow(dead_code, reason = "printed only")]
struct Few {
    #[serde(default)]
    known: Option<Value>,
}

#[derive(Deserialize, Debug)]
#[allow(dead_code, reason = "printed only")]
struct Lists(Vec<Lists>);

#[derive(Deserialize, Debug)]
#[allow(dead_code, reason = "printed only")]
struct Objects {
    a: Option<Box<Objects>>,
}

#[derive(Deserialize, Debug)]
#[allow(dead_code, reason = "printed only")]
enum Chain {
    End,
    #[serde(rename = "a")]
    More(Box<Chain>),
}

/// As what nests itself, and in what is passed over.
fn as_deep(text: &str) -> Result<bool, TestCaseError> {
    same::<Lists>(text)?;
    same::<Objects>(text)?;
    same::<Chain>(text)?;
    same::<Few>(text)?;
    same::<Few>(&format!("{{\"unknown\":{text},\"known\":{text}}}"))?;
    same::<Vec<Few>>(&format!("[{{\"unknown\":{text}}},{{\"known\":[]}}]"))?;
    same::<BTreeMap<String, Box<RawValue>>>(&format!("{{\"a\":{text},\"b\":{text}}}"))?;
    as_any(text)
}

const BRACKETS: &[(&str, &str)] = &[
    ("[", "]"),
    ("{\"a\":", "}"),
    ("[{\"a\":", "}]"),
    ("[[],", "]"),
    ("{\"b\":{},\"a\":", "}"),
];

#[test]
fn what_nests_deep_is_refused_the_same() -> Result<(), TestCaseError> {
    let mut taken = Vec::new();
    for levels in [1, 63, 64, 65, 126, 127, 128, 129] {
        for (open, close) in BRACKETS {
            for inner in ["", "1", "{}", "null", "\"End\"", "]"] {
                // one bracket less and one more of them too
                for closed in levels - 1..=levels + 1 {
                    let text = format!("{}{inner}{}", open.repeat(levels), close.repeat(closed));
                    if as_deep(&text)? {
                        taken.push((levels, *open));
                    }
                }
            }
        }
    }
    // as deep as it goes, and no deeper
    assert!(
        taken.contains(&(127, "[")) && taken.contains(&(127, "{\"a\":")),
        "{taken:?}"
    );
    assert!(
        !taken.contains(&(128, "[")) && !taken.contains(&(128, "{\"a\":")),
        "{taken:?}"
    );
    for (open, close) in BRACKETS {
        let deep = format!("{}1{}", open.repeat(10_000), close.repeat(10_000));
        prop_assert!(!as_deep(&deep)?);
        prop_assert!(json::<IgnoredAny>(&deep).is_ok());
        as_deep(&open.repeat(10_000))?;
    }
    Ok(())
}
