//! The classes, and what is sent and received, as plain structs.

use std::fmt;

use chrono::{DateTime, Datelike, SecondsFormat, Timelike, Utc};
use serde::de::Visitor;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

#[derive(Deserialize, Serialize, Clone, Copy)]
pub(crate) enum DateType {
    Date,
}

#[derive(Deserialize, Serialize, Clone, Copy)]
pub(crate) enum GeoPointType {
    GeoPoint,
}

#[derive(Deserialize, Serialize, Clone, Copy)]
pub(crate) enum PointerType {
    Pointer,
}

#[derive(Deserialize, Serialize, Clone)]
pub(crate) struct GeoPoint {
    #[serde(rename = "__type")]
    pub(crate) kind: GeoPointType,
    pub(crate) latitude: f64,
    pub(crate) longitude: f64,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
#[allow(dead_code, reason = "a part of what is read, and held in memory")]
pub(crate) struct Pointer {
    #[serde(rename = "__type")]
    pub(crate) kind: PointerType,
    pub(crate) class_name: String,
    pub(crate) object_id: String,
}

/// By chrono's own serde.
#[derive(Deserialize)]
#[allow(dead_code, reason = "as above")]
pub(crate) struct Date {
    #[serde(rename = "__type")]
    pub(crate) kind: DateType,
    pub(crate) iso: DateTime<Utc>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
#[allow(dead_code, reason = "as above")]
pub(crate) struct GameScore {
    pub(crate) object_id: String,
    pub(crate) score: i64,
    pub(crate) player_name: String,
    pub(crate) cheat_mode: bool,
    pub(crate) skills: Vec<String>,
    pub(crate) location: GeoPoint,
    pub(crate) played_at: Date,
    pub(crate) player: Pointer,
    pub(crate) created_at: DateTime<Utc>,
    pub(crate) updated_at: DateTime<Utc>,
}

#[derive(Deserialize)]
pub(crate) struct Page<T> {
    pub(crate) results: Vec<T>,
}

/// Written without chrono's formatting.
#[derive(Serialize)]
pub(crate) struct NewDate {
    #[serde(rename = "__type")]
    pub(crate) kind: DateType,
    #[serde(serialize_with = "iso")]
    pub(crate) iso: DateTime<Utc>,
}

fn iso<S: Serializer>(date: &DateTime<Utc>, to: S) -> Result<S::Ok, S::Error> {
    fn two(to: &mut [u8], number: u32) {
        (to[0], to[1]) = (b'0' + (number / 10) as u8, b'0' + (number % 10) as u8);
    }
    let mut text = *b"0000-00-00T00:00:00.000Z";
    let (year, millis) = (date.year() as u32, date.timestamp_subsec_millis());
    two(&mut text[0..2], year / 100);
    two(&mut text[2..4], year % 100);
    two(&mut text[5..7], date.month());
    two(&mut text[8..10], date.day());
    two(&mut text[11..13], date.hour());
    two(&mut text[14..16], date.minute());
    two(&mut text[17..19], date.second());
    text[20] = b'0' + (millis / 100) as u8;
    two(&mut text[21..23], millis % 100);
    to.serialize_str(std::str::from_utf8(&text).map_err(serde::ser::Error::custom)?)
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct NewScore<'a> {
    pub(crate) score: i64,
    pub(crate) player_name: &'a str,
    pub(crate) cheat_mode: bool,
    pub(crate) skills: Vec<&'a str>,
    pub(crate) location: GeoPoint,
    pub(crate) played_at: NewDate,
    pub(crate) player: NewPointer<'a>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct NewPointer<'a> {
    #[serde(rename = "__type")]
    pub(crate) kind: PointerType,
    pub(crate) class_name: &'a str,
    pub(crate) object_id: &'a str,
}

pub(crate) fn new_score(number: i64) -> NewScore<'static> {
    let part = (number % 1000) as f64 / 1000.0;
    NewScore {
        score: number,
        player_name: "Søren Plott",
        cheat_mode: number % 2 == 0,
        skills: vec!["pwnage", "flying", "jumping"],
        location: GeoPoint {
            kind: GeoPointType::GeoPoint,
            latitude: 40.0 + part,
            longitude: -30.0 - part,
        },
        played_at: NewDate {
            kind: DateType::Date,
            iso: DateTime::from_timestamp_millis(1_600_000_000_000 + number * 1000).unwrap_or_default(),
        },
        player: NewPointer {
            kind: PointerType::Pointer,
            class_name: "_User",
            object_id: "dI0lUmR2NA",
        },
    }
}

#[derive(Serialize)]
pub(crate) struct Batch<'a> {
    pub(crate) requests: Vec<BatchRequest<'a>>,
}

#[derive(Serialize)]
pub(crate) struct BatchRequest<'a> {
    pub(crate) method: &'static str,
    pub(crate) path: &'static str,
    pub(crate) body: NewScore<'a>,
}

#[derive(Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum BatchAnswer {
    Success(#[allow(dead_code, reason = "as above")] Created),
    Error(#[allow(dead_code, reason = "as above")] Refusal),
}

#[derive(Deserialize)]
#[allow(dead_code, reason = "as above")]
pub(crate) struct Refusal {
    pub(crate) code: i64,
    pub(crate) error: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
#[allow(dead_code, reason = "as above")]
pub(crate) struct Created {
    pub(crate) object_id: String,
    #[serde(deserialize_with = "fixed")]
    pub(crate) created_at: DateTime<Utc>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
#[allow(dead_code, reason = "as above")]
pub(crate) struct Updated {
    #[serde(deserialize_with = "fixed")]
    pub(crate) updated_at: DateTime<Utc>,
}

/// Reads the one form that the server writes, and any other by chrono.
fn fixed<'de, D: Deserializer<'de>>(from: D) -> Result<DateTime<Utc>, D::Error> {
    struct Iso;
    impl Visitor<'_> for Iso {
        type Value = DateTime<Utc>;
        fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.write_str("a date")
        }
        fn visit_str<E: serde::de::Error>(self, text: &str) -> Result<DateTime<Utc>, E> {
            match millis(text.as_bytes()) {
                Some(millis) => DateTime::from_timestamp_millis(millis),
                None => text.parse().ok(),
            }
            .ok_or_else(|| E::custom("no date"))
        }
    }
    from.deserialize_str(Iso)
}

/// `YYYY-MM-DDTHH:MM:SS.mmmZ` since 1970.
fn millis(text: &[u8]) -> Option<i64> {
    let text: &[u8; 24] = text.try_into().ok()?;
    let marks = [
        (4, b'-'),
        (7, b'-'),
        (10, b'T'),
        (13, b':'),
        (16, b':'),
        (19, b'.'),
        (23, b'Z'),
    ];
    if marks.iter().any(|(at, mark)| text[*at] != *mark) {
        return None;
    }
    let mut digits = true;
    let mut digit = |at: usize| {
        let digit = text[at].wrapping_sub(b'0');
        digits &= digit <= 9;
        i64::from(digit)
    };
    let mut two = |at: usize| digit(at) * 10 + digit(at + 1);
    let year = two(0) * 100 + two(2);
    let (month, day, hour, minute, second) = (two(5), two(8), two(11), two(14), two(17));
    let millis = two(20) * 10 + digit(22);
    const DAYS: [i64; 12] = [31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31];
    let leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
    let days = DAYS.get(usize::try_from(month - 1).ok()?)? + i64::from(month == 2 && leap);
    if !digits || day < 1 || day > days || hour > 23 || minute > 59 || second > 59 {
        return None;
    }
    // Howard Hinnant's days_from_civil
    let shifted = if month <= 2 { year - 1 } else { year };
    let era = shifted.div_euclid(400);
    let of_era = shifted - era * 400;
    let of_year = (153 * (month + if month > 2 { -3 } else { 9 }) + 2) / 5 + day - 1;
    let of_days = of_era * 365 + of_era / 4 - of_era / 100 + of_year;
    let days = era * 146_097 + of_days - 719_468;
    Some(((days * 24 + hour) * 60 + minute) * 60_000 + second * 1_000 + millis)
}

/// An object with ten fields.
#[derive(Serialize, Clone)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Profile {
    pub(crate) score: i64,
    pub(crate) player_name: String,
    pub(crate) cheat_mode: bool,
    pub(crate) level: i32,
    pub(crate) ratio: f64,
    pub(crate) title: Option<String>,
    pub(crate) played_at: Option<DateTime<Utc>>,
    pub(crate) skills: Vec<String>,
    pub(crate) note: String,
    pub(crate) active: bool,
}

impl Profile {
    pub(crate) fn new() -> Self {
        Self {
            score: 0,
            player_name: "Søren Plott".into(),
            cheat_mode: false,
            level: 3,
            ratio: 0.75,
            title: Some("Captain".into()),
            played_at: None,
            skills: vec!["pwnage".into(), "flying".into(), "jumping".into()],
            note: "nothing to say".into(),
            active: true,
        }
    }

    /// The fields that differ from those that the server has.
    pub(crate) fn changes(&self, held: &Self) -> serde_json::Map<String, serde_json::Value> {
        let mut changes = serde_json::Map::new();
        if self.score != held.score {
            changes.insert("score".into(), self.score.into());
        }
        if self.player_name != held.player_name {
            changes.insert("playerName".into(), self.player_name.clone().into());
        }
        if self.cheat_mode != held.cheat_mode {
            changes.insert("cheatMode".into(), self.cheat_mode.into());
        }
        if self.level != held.level {
            changes.insert("level".into(), self.level.into());
        }
        if self.ratio != held.ratio {
            changes.insert("ratio".into(), self.ratio.into());
        }
        if self.title != held.title {
            changes.insert(
                "title".into(),
                self.title.clone().map_or_else(deleted, Into::into),
            );
        }
        if self.played_at != held.played_at {
            changes.insert(
                "playedAt".into(),
                self.played_at.as_ref().map_or_else(deleted, date),
            );
        }
        if self.skills != held.skills {
            changes.insert("skills".into(), self.skills.clone().into());
        }
        if self.note != held.note {
            changes.insert("note".into(), self.note.clone().into());
        }
        if self.active != held.active {
            changes.insert("active".into(), self.active.into());
        }
        changes
    }
}

fn deleted() -> serde_json::Value {
    serde_json::json!({"__op": "Delete"})
}

pub(crate) fn date(date: &DateTime<Utc>) -> serde_json::Value {
    serde_json::json!({"__type": "Date", "iso": date.to_rfc3339_opts(SecondsFormat::Millis, true)})
}
