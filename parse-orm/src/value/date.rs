//! Dates: `{"__type": "Date", "iso": "2026-01-31T12:00:00.000Z"}`, and the bare text that `createdAt` and
//! `updatedAt` use. Always UTC, always three digits of a second.

use super::{FieldType, Form, ParseValue};
use chrono::{DateTime, Datelike, Timelike, Utc};
use serde::de::{Error, IgnoredAny, MapAccess, Visitor};
use serde::ser::SerializeStruct;
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use std::borrow::Cow;
use std::fmt;

/// A point in time to the millisecond, which is what the server keeps: finer digits are cut off, and
/// two dates within one millisecond count as the same.
impl ParseValue for DateTime<Utc> {
    const TYPE: FieldType = FieldType::Date;

    fn decode<'de, D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        from.deserialize_any(DateVisitor)
    }

    fn encode<S: Serializer>(&self, _: Form, to: S) -> Result<S::Ok, S::Error> {
        iso(self).map_err(serde::ser::Error::custom)?.serialize(to)
    }

    fn same(&self, other: &Self) -> bool {
        self.timestamp_millis() == other.timestamp_millis()
    }
}

/// `createdAt` and `updatedAt`: a bare text in rows, a typed date in some answers.
pub(crate) struct Timestamp(pub(crate) DateTime<Utc>);

impl<'de> Deserialize<'de> for Timestamp {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        from.deserialize_any(DateVisitor).map(Self)
    }
}

struct DateVisitor;

impl<'de> Visitor<'de> for DateVisitor {
    type Value = DateTime<Utc>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a Date")
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<DateTime<Utc>, E> {
        read(text).ok_or_else(|| E::invalid_value(serde::de::Unexpected::Str(text), &self))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<DateTime<Utc>, A::Error> {
        let mut date = None;
        while let Some(Name(key)) = map.next_key()? {
            match &*key {
                "iso" => {
                    let Name(text) = map.next_value()?;
                    date = Some(DateVisitor.visit_str(&text)?);
                }
                "__type" => {
                    let Name(kind) = map.next_value()?;
                    if kind != "Date" {
                        return Err(A::Error::invalid_value(
                            serde::de::Unexpected::Str(&kind),
                            &"Date",
                        ));
                    }
                }
                _ => drop(map.next_value::<IgnoredAny>()?),
            }
        }
        date.ok_or_else(|| A::Error::missing_field("iso"))
    }
}

/// A text that is borrowed from the input where it holds no escapes.
#[derive(Deserialize)]
struct Name<'a>(#[serde(borrow)] Cow<'a, str>);

/// Reads the server's fixed form directly, any other RFC 3339 date by chrono.
fn read(text: &str) -> Option<DateTime<Utc>> {
    fixed(text.as_bytes()).or_else(|| {
        DateTime::parse_from_rfc3339(text)
            .ok()
            .map(|date| date.with_timezone(&Utc))
    })
}

/// `YYYY-MM-DDTHH:MM:SS.mmmZ`
fn fixed(text: &[u8]) -> Option<DateTime<Utc>> {
    let text: &[u8; 24] = text.try_into().ok()?;
    let [
        ..,
        b'-',
        _,
        _,
        b'-',
        _,
        _,
        b'T',
        _,
        _,
        b':',
        _,
        _,
        b':',
        _,
        _,
        b'.',
        _,
        _,
        _,
        b'Z',
    ] = text
    else {
        return None;
    };
    let digits = text.map(|byte| byte.wrapping_sub(b'0'));
    const DIGITS: [usize; 17] = [0, 1, 2, 3, 5, 6, 8, 9, 11, 12, 14, 15, 17, 18, 20, 21, 22];
    // the largest of them, and not one after the other
    if DIGITS.iter().fold(0, |largest, at| digits[*at].max(largest)) > 9 {
        return None;
    }
    let two = |at: usize| u32::from(digits[at]) * 10 + u32::from(digits[at + 1]);
    let (year, month, day) = (two(0) * 100 + two(2), two(5), two(8));
    let (hour, minute, second) = (two(11), two(14), two(17));
    let milli = two(20) * 10 + u32::from(digits[22]);
    let day = chrono::NaiveDate::from_ymd_opt(i32::try_from(year).ok()?, month, day)?;
    Some(day.and_hms_milli_opt(hour, minute, second, milli)?.and_utc())
}

/// A date's text, kept on the stack.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Iso([u8; 24]);

/// As a typed date.
impl Serialize for Iso {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        let mut map = to.serialize_struct("Date", 2)?;
        map.serialize_field("__type", "Date")?;
        map.serialize_field("iso", self.as_str())?;
        map.end()
    }
}

impl Iso {
    pub(crate) fn as_str(&self) -> &str {
        // only ASCII is ever written
        std::str::from_utf8(&self.0).unwrap_or_default()
    }
}

/// Writes the server's fixed form.
pub(crate) fn iso(date: &DateTime<Utc>) -> Result<Iso, &'static str> {
    fn put(at: &mut [u8], mut number: u32) {
        for slot in at.iter_mut().rev() {
            *slot = b'0' + u8::try_from(number % 10).unwrap_or_default();
            number /= 10;
        }
    }
    // once, and not for every part of it
    let (date, milli) = (date.naive_utc(), date.timestamp_subsec_millis());
    let year = u32::try_from(date.year())
        .ok()
        .filter(|year| *year <= 9999)
        .ok_or("the date is outside the years 0 to 9999, which the server cannot hold")?;
    let mut text = *b"0000-00-00T00:00:00.000Z";
    put(&mut text[0..4], year);
    put(&mut text[5..7], date.month());
    put(&mut text[8..10], date.day());
    put(&mut text[11..13], date.hour());
    put(&mut text[14..16], date.minute());
    put(&mut text[17..19], date.second());
    // a leap second is chrono's second 59 with 1000 ms and more
    put(&mut text[20..23], milli.min(999));
    Ok(Iso(text))
}
