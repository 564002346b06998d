//! A model with a field of every type.

use std::collections::BTreeMap;

use parse_orm::prelude::*;

#[derive(ParseValue, Clone, Copy, Debug, PartialEq)]
pub(crate) enum Level {
    Easy,
    Hard,
}

#[derive(ParseValue, Clone, Debug, PartialEq)]
pub(crate) struct Address {
    pub(crate) street: String,
    pub(crate) number: Option<u16>,
    pub(crate) place: Option<GeoPoint>,
}

#[derive(ParseObject, Clone, Debug)]
pub(crate) struct Owner {
    pub(crate) name: String,
    #[parse(default)]
    pub(crate) friends: Vec<Pointer<Owner>>,
}

#[derive(ParseObject, Clone, Debug)]
pub(crate) struct Everything {
    pub(crate) score: i64,
    #[parse(default = 3)]
    pub(crate) lives: u8,
    pub(crate) ratio: Option<f64>,
    pub(crate) small_ratio: Option<f32>,
    pub(crate) player_name: Option<String>,
    pub(crate) cheat_mode: Option<bool>,
    #[parse(default)]
    pub(crate) skills: Vec<String>,
    pub(crate) numbers: Option<Vec<i64>>,
    pub(crate) played_at: Option<DateTime<Utc>>,
    pub(crate) location: Option<GeoPoint>,
    pub(crate) area: Option<Polygon>,
    pub(crate) data: Option<Bytes>,
    pub(crate) owner: Option<Pointer<Owner>>,
    #[parse(default)]
    pub(crate) owners: Vec<Pointer<Owner>>,
    pub(crate) fans: Relation<Owner>,
    pub(crate) screenshot: Option<File>,
    pub(crate) level: Option<Level>,
    pub(crate) home: Option<Address>,
    pub(crate) counts: Option<BTreeMap<String, i64>>,
    #[parse(json)]
    pub(crate) settings: Option<serde_json::Value>,
    #[parse(read_only)]
    pub(crate) rank: Option<u32>,
}

#[derive(ParseView, Debug)]
#[parse(model = Everything)]
#[allow(dead_code, reason = "printed only")]
pub(crate) struct Line {
    score: i64,
    player_name: Option<String>,
    played_at: Option<DateTime<Utc>>,
    owner: Option<Included<Name>>,
}

#[derive(ParseView, Debug)]
#[parse(model = Owner)]
#[allow(dead_code, reason = "printed only")]
pub(crate) struct Name {
    name: Option<String>,
}
