//! Anything that is a query set can be refined: by reference, from a call, a struct's field, a method, a macro.
#![deny(warnings)]

use parse_orm::prelude::*;
use std::sync::Arc;

#[derive(ParseObject, Clone, Debug)]
struct GameScore {
    score: i64,
    cheat_mode: bool,
}

struct Board {
    scores: QuerySet<GameScore>,
    shared: Arc<QuerySet<GameScore>>,
}

impl Board {
    fn fair(&self) -> QuerySet<GameScore> {
        query!(self.scores.filter(cheat_mode = false))
    }

    fn best(&self) -> Slice<GameScore> {
        query!(self.fair().order_by(-score)[..10])
    }
}

fn all() -> QuerySet<GameScore> {
    GameScore::objects()
}

fn by_reference(set: &QuerySet<GameScore>) -> QuerySet<GameScore> {
    query!(set.filter(score__gt = 1))
}

mod nested {
    pub fn all() -> parse_orm::QuerySet<super::GameScore> {
        super::all()
    }
}

/// The rows of any model, newest first.
fn newest<T: ParseObject>(set: &QuerySet<T>) -> QuerySet<T> {
    query!(set.limit(5))
}

/// A query in a generic function, on a model that is not generic.
fn at_least<N: Into<i64>>(minimum: N) -> QuerySet<GameScore> {
    query!(GameScore.filter(score__gte = minimum.into()))
}

macro_rules! where_is {
    ($model:ty, $field:ident, $value:expr) => {
        q!($model, $field = $value)
    };
}

macro_rules! rows {
    ($model:ident . $field:ident $value:expr) => {
        query!($model.filter($field = $value).order_by(-$field))
    };
}

macro_rules! refined {
    ($set:expr, $field:ident, $value:expr) => {
        query!($set.filter($field = $value, score__lt = 100))
    };
}

fn text(set: &impl serde::Serialize) -> String {
    serde_json::to_string(set).unwrap()
}

fn main() {
    let board = Board { scores: all(), shared: Arc::new(all()) };
    assert_eq!(text(&board.best()), r#"{"where":{"cheatMode":false},"order":"-score","limit":10}"#);
    assert_eq!(text(&query!(board.shared.filter(score = 1))), r#"{"where":{"score":1}}"#);
    assert_eq!(text(&by_reference(&board.scores)), r#"{"where":{"score":{"$gt":1}}}"#);
    assert_eq!(text(&query!(all().filter(score = 1))), r#"{"where":{"score":1}}"#);
    assert_eq!(text(&query!(nested::all().filter(score = 2))), r#"{"where":{"score":2}}"#);
    assert_eq!(text(&query!((&board.scores).filter(score = 3))), r#"{"where":{"score":3}}"#);
    assert_eq!(text(&newest(&board.scores)), r#"{"limit":5}"#);
    assert_eq!(text(&at_least(7_i32)), r#"{"where":{"score":{"$gte":7}}}"#);
    assert_eq!(text(&where_is!(GameScore, score, 4)), r#"{"score":4}"#);
    assert_eq!(text(&rows!(GameScore.score 5)), r#"{"where":{"score":5},"order":"-score"}"#);
    assert_eq!(
        text(&refined!(board.scores, cheat_mode, true)),
        r#"{"where":{"cheatMode":true,"score":{"$lt":100}}}"#
    );
    // the receiver stays as it was
    assert_eq!(text(&board.scores), "{}");
}
