//! Stored conditions: none, one, many, combined.
#![deny(warnings)]

use parse_orm::prelude::*;

#[derive(ParseObject, Clone, Debug)]
struct GameScore {
    score: i64,
    cheat_mode: bool,
}

fn text(condition: &Q<GameScore>) -> String {
    serde_json::to_string(condition).unwrap()
}

fn main() {
    assert_eq!(text(&q!(GameScore)), "{}");
    assert_eq!(text(&q!(GameScore,)), "{}");
    assert_eq!(text(&q!(GameScore, score = 1)), r#"{"score":1}"#);
    assert_eq!(text(&q!(GameScore, score = 1,)), r#"{"score":1}"#);
    assert_eq!(
        text(&q!(GameScore, score__gt = 1, score__lt = 5, cheat_mode = false)),
        r#"{"score":{"$gt":1,"$lt":5},"cheatMode":false}"#
    );
    let either: Q<GameScore> = q!(GameScore, Q(score = 1) | Q(score = 2, cheat_mode = true), !Q(score = 3));
    assert_eq!(
        text(&either),
        r#"{"score":{"$ne":3},"$or":[{"score":1},{"score":2,"cheatMode":true}]}"#
    );
    let set = query!(GameScore.filter(either, cheat_mode = false));
    assert_eq!(
        serde_json::to_string(&set).unwrap(),
        r#"{"where":{"score":{"$ne":3},"cheatMode":false,"$or":[{"score":1},{"score":2,"cheatMode":true}]}}"#
    );
    let stored = q!(crate::GameScore, score = 9);
    let _ = query!(GameScore.filter(stored.clone() | GameScore::F.score.eq(10)).exclude(stored));
}
