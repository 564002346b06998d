//! What the parts are measured on: rows as a server sends them, their model, and the same by hand.
//!
//! By hand means what most programs do: serde's derives, chrono's dates, `serde_json` from bytes and to bytes.
#![forbid(unsafe_code)]
#![deny(missing_docs)]

use std::fmt::Write as _;

use chrono::{DateTime, TimeDelta, Utc};
use parse_orm::prelude::*;
use parse_orm::query;
use serde_json::{Map, Value, json};

/// The outcome of what cannot fail.
pub type Result<T> = std::result::Result<T, Box<dyn std::error::Error + Send + Sync>>;

/// Who plays.
#[derive(ParseObject, Debug, Clone)]
pub struct Player {
    /// What others call the player.
    pub name: String,
}

/// One finished game.
#[derive(ParseObject, Debug, Clone)]
pub struct GameScore {
    /// The points.
    pub score: i64,
    /// Who made them.
    pub player_name: String,
    /// Whether they count.
    pub cheat_mode: bool,
    /// What helped.
    pub skills: Vec<String>,
    /// Where it was.
    pub location: GeoPoint,
    /// When it was.
    pub played_at: DateTime<Utc>,
    /// Who made them, as an object.
    pub player: Pointer<Player>,
}

/// A model of ten fields.
#[derive(ParseObject, Debug, Clone)]
pub struct Profile {
    /// A text.
    pub nickname: String,
    /// An address.
    pub email: String,
    /// A number.
    pub level: i64,
    /// A number with a fraction.
    pub rating: f64,
    /// A truth value.
    pub active: bool,
    /// An array.
    pub badges: Vec<String>,
    /// A date.
    pub last_seen: DateTime<Utc>,
    /// A place.
    pub home: GeoPoint,
    /// A text that may be missing.
    pub motto: Option<String>,
    /// An object.
    pub player: Pointer<Player>,
}

/// The same rows by serde's derives.
pub mod by_hand {
    use chrono::{DateTime, Utc};
    use serde::{Deserialize, Serialize};

    /// A page of rows.
    #[derive(Deserialize, Debug)]
    pub struct Page {
        /// The rows.
        pub results: Vec<GameScore>,
    }

    /// One finished game.
    #[derive(Deserialize, Debug)]
    #[serde(rename_all = "camelCase")]
    pub struct GameScore {
        /// The row's id.
        pub object_id: String,
        /// The points.
        pub score: i64,
        /// Who made them.
        pub player_name: String,
        /// Whether they count.
        pub cheat_mode: bool,
        /// What helped.
        pub skills: Vec<String>,
        /// Where it was.
        pub location: Place,
        /// When it was.
        pub played_at: Date,
        /// Who made them, as an object.
        pub player: Reference,
        /// When the row came to be.
        pub created_at: DateTime<Utc>,
        /// When the row last changed.
        pub updated_at: DateTime<Utc>,
    }

    /// A new game.
    #[derive(Serialize, Debug)]
    #[serde(rename_all = "camelCase")]
    pub struct NewScore<'a> {
        /// The points.
        pub score: i64,
        /// Who made them.
        pub player_name: &'a str,
        /// Whether they count.
        pub cheat_mode: bool,
        /// What helped.
        pub skills: &'a [String],
        /// Where it was.
        pub location: Place,
        /// When it was.
        pub played_at: Date,
        /// Who made them, as an object.
        pub player: Named<'a>,
    }

    /// A create in a batch.
    #[derive(Serialize, Debug)]
    pub struct Request<'a> {
        /// `POST`
        pub method: &'static str,
        /// The path of the class.
        pub path: &'static str,
        /// The new row.
        pub body: NewScore<'a>,
    }

    /// Several creates.
    #[derive(Serialize, Debug)]
    pub struct Batch<'a> {
        /// The creates.
        pub requests: Vec<Request<'a>>,
    }

    impl<'a> Batch<'a> {
        /// Creates of these.
        pub fn of(new: &'a [super::GameScore]) -> Self {
            let request = |new: &'a super::GameScore| Request {
                method: "POST",
                path: "/parse/classes/GameScore",
                body: NewScore {
                    score: new.score,
                    player_name: &new.player_name,
                    cheat_mode: new.cheat_mode,
                    skills: &new.skills,
                    location: Place {
                        kind: PlaceKind::GeoPoint,
                        latitude: new.location.latitude(),
                        longitude: new.location.longitude(),
                    },
                    played_at: Date {
                        kind: DateKind::Date,
                        iso: new.played_at,
                    },
                    player: Named {
                        kind: ReferenceKind::Pointer,
                        class_name: "Player",
                        object_id: new.player.id().map_or("", |id| id.as_str()),
                    },
                },
            };
            Self {
                requests: new.iter().map(request).collect(),
            }
        }
    }

    /// A pointer that is written.
    #[derive(Serialize, Debug)]
    #[serde(rename_all = "camelCase")]
    pub struct Named<'a> {
        /// What it is.
        #[serde(rename = "__type")]
        pub kind: ReferenceKind,
        /// The class.
        pub class_name: &'a str,
        /// The id.
        pub object_id: &'a str,
    }

    /// `__type` of a point.
    #[derive(Serialize, Deserialize, Debug)]
    pub enum PlaceKind {
        /// The only one.
        GeoPoint,
    }

    /// A point.
    #[derive(Serialize, Deserialize, Debug)]
    pub struct Place {
        /// What it is.
        #[serde(rename = "__type")]
        pub kind: PlaceKind,
        /// Degrees.
        pub latitude: f64,
        /// Degrees.
        pub longitude: f64,
    }

    /// `__type` of a date.
    #[derive(Serialize, Deserialize, Debug)]
    pub enum DateKind {
        /// The only one.
        Date,
    }

    /// A date.
    #[derive(Serialize, Deserialize, Debug)]
    pub struct Date {
        /// What it is.
        #[serde(rename = "__type")]
        pub kind: DateKind,
        /// When.
        pub iso: DateTime<Utc>,
    }

    /// `__type` of a pointer.
    #[derive(Serialize, Deserialize, Debug)]
    pub enum ReferenceKind {
        /// The only one.
        Pointer,
    }

    /// A pointer that is read.
    #[derive(Deserialize, Debug)]
    #[serde(rename_all = "camelCase")]
    pub struct Reference {
        /// What it is.
        #[serde(rename = "__type")]
        pub kind: ReferenceKind,
        /// The class.
        pub class_name: String,
        /// The id.
        pub object_id: String,
    }
}

/// Numbers that look drawn, the same ones in every run.
struct Drawn(u64);

impl Drawn {
    fn below(&mut self, limit: u64) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0 % limit
    }

    fn of<'a>(&mut self, all: &[&'a str]) -> &'a str {
        let index = self.below(all.len() as u64);
        usize::try_from(index)
            .ok()
            .and_then(|index| all.get(index))
            .unwrap_or(&"")
    }

    fn id(&mut self) -> String {
        const LETTERS: &[u8] = b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
        let letter = |_| char::from(LETTERS[usize::try_from(self.below(62)).unwrap_or_default()]);
        (0..10).map(letter).collect()
    }

    fn date(&mut self) -> String {
        let (year, month, day) = (2018 + self.below(8), 1 + self.below(12), 1 + self.below(28));
        let (hour, minute, second) = (self.below(24), self.below(60), self.below(60));
        let milli = self.below(1000);
        format!("{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}.{milli:03}Z")
    }

    fn skill(&mut self) -> &'static str {
        self.of(&[
            "pwnage", "flying", "jumping", "running", "stealth", "archery", "alchemy", "swimming",
            "climbing", "healing", "smithing", "barter",
        ])
    }

    /// To six digits.
    fn degrees(&mut self, most: u32) -> f64 {
        let millionths = self.below(u64::from(most) * 2_000_000);
        let millionths = i64::try_from(millionths).unwrap_or_default() - i64::from(most) * 1_000_000;
        f64::from(i32::try_from(millionths).unwrap_or_default()) / 1e6
    }
}

/// The answer to a find, with so many rows of about 430 bytes.
///
/// # Errors
/// None: writing to a text cannot fail.
pub fn page(rows: usize) -> Result<Vec<u8>> {
    let mut drawn = Drawn(0x9E37_79B9_7F4A_7C15);
    let mut text = String::from(r#"{"results":["#);
    for row in 0..rows {
        let comma = if row == 0 { "" } else { "," };
        let first = drawn.of(&["Sean", "Anna", "Søren", "Zoë", "Li", "Maria", "José", "Omar"]);
        let last = drawn.of(&[
            "Plott",
            "Smith",
            "Ødegård",
            "García",
            "Wang",
            "Novak",
            "O'Neil",
            "Kumar",
        ]);
        write!(
            text,
            "{comma}{}",
            json!({
                "objectId": drawn.id(),
                "score": row * 7 % 10_000,
                "playerName": format!("{first} {last}"),
                "cheatMode": drawn.below(2) == 1,
                "skills": [drawn.skill(), drawn.skill(), drawn.skill()],
                "location": {
                    "__type": "GeoPoint",
                    "latitude": drawn.degrees(90),
                    "longitude": drawn.degrees(180),
                },
                "playedAt": {"__type": "Date", "iso": drawn.date()},
                "player": {"__type": "Pointer", "className": "Player", "objectId": drawn.id()},
                "createdAt": drawn.date(),
                "updatedAt": drawn.date(),
            })
        )?;
    }
    text.push_str("]}");
    Ok(text.into_bytes())
}

/// The rows of that answer, as the mock's store has them.
///
/// # Errors
/// None: the answer is JSON.
pub fn rows(number: usize) -> Result<Vec<Map<String, Value>>> {
    let mut page: Value = serde_json::from_slice(&page(number)?)?;
    Ok(serde_json::from_value(page["results"].take())?)
}

/// Conditions that some of the rows satisfy.
///
/// # Errors
/// None: they are objects.
pub fn wheres() -> Result<[(&'static str, Map<String, Value>); 3]> {
    let read = |conditions| serde_json::from_value(conditions);
    Ok([
        (
            "six conditions",
            read(json!({
                "score": {"$gte": 1000, "$lt": 6000},
                "cheatMode": false,
                "playerName": {"$ne": "Sean Plott"},
                "skills": {"$nin": ["healing", "barter"]},
                "playedAt": {"$gt": {"__type": "Date", "iso": "2020-01-01T00:00:00.000Z"}},
                "player": {"$exists": true},
            }))?,
        ),
        (
            "a regular expression",
            read(json!({"playerName": {"$regex": "^S.*r$", "$options": "i"}}))?,
        ),
        (
            "an alternative",
            read(
                json!({"$or": [{"score": {"$lt": 1000}}, {"skills": "flying"}, {"playerName": "Anna Smith"}]}),
            )?,
        ),
    ])
}

/// New games.
///
/// # Errors
/// None: the places are on earth.
pub fn new_scores(number: i32) -> Result<Vec<GameScore>> {
    let score = |index: i32| {
        let part = f64::from(index % 1000) / 1000.0;
        Ok(GameScore {
            score: i64::from(index),
            player_name: "Søren Plott".into(),
            cheat_mode: index % 2 == 0,
            skills: ["pwnage", "flying", "jumping"].map(Into::into).into(),
            location: GeoPoint::new(40.0 + part, -30.0 - part)?,
            played_at: moment(index),
            player: Pointer::to("dI0lUmR2NA"),
        })
    };
    (0..number).map(score).collect()
}

/// A profile as the server answers to a get.
pub const PROFILE: &str = r#"{"objectId":"Ed1nuqPvcm","nickname":"Ann","email":"ann@example.com","level":7,"rating":4.5,"active":true,"badges":["gold","silver"],"lastSeen":{"__type":"Date","iso":"2026-01-31T12:00:00.000Z"},"home":{"__type":"GeoPoint","latitude":40,"longitude":-30},"motto":"onwards","player":{"__type":"Pointer","className":"Player","objectId":"dI0lUmR2NA"},"createdAt":"2026-01-31T12:00:00.000Z","updatedAt":"2026-01-31T12:00:00.000Z"}"#;

/// A moment, so many seconds behind another one, to the millisecond.
pub fn moment(seconds: i32) -> DateTime<Utc> {
    DateTime::UNIX_EPOCH + TimeDelta::milliseconds(1_600_000_000_789 + i64::from(seconds) * 1000)
}

/// The query of six conditions: the 100 best of those who play fair.
pub fn best(least: i64, since: DateTime<Utc>) -> QuerySet<GameScore> {
    query!(
        GameScore
            .filter(
                score__gte = least,
                cheat_mode = false,
                player_name__in = ["Sean Plott", "Anna Smith"],
                played_at__gt = since,
                player = Pointer::<Player>::to("dI0lUmR2NA"),
                skills = "flying",
            )
            .order_by(-score)
    )
    .limit(100)
}
