use parse_orm::prelude::*;
use chrono::{Local, NaiveDateTime};

#[derive(ParseObject, Clone)]
struct GameScore {
    started: NaiveDateTime,
    ended: Option<DateTime<Local>>,
    took: std::time::Duration,
}

fn main() {}
