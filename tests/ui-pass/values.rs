//! What stands on the right of a lookup is an ordinary expression.
#![deny(warnings)]

use parse_orm::prelude::*;

#[derive(ParseObject, Clone, Debug)]
struct Player {
    name: String,
}

#[derive(ParseObject, Clone, Debug)]
struct GameScore {
    score: i64,
    tags: Vec<String>,
    player: Option<Pointer<Player>>,
}

async fn minimum() -> Result<i64, std::num::ParseIntError> {
    "10".parse()
}

async fn awaited() -> Result<QuerySet<GameScore>, std::num::ParseIntError> {
    Ok(query!(GameScore
        .filter(score__gte = minimum().await?, score__lt = "20".parse::<i64>()?)
        .exclude(Q(score = minimum().await?) | Q(score = { let n = 3; n * 2 }))
        .limit("5".parse()?)))
}

async fn terminals(client: &Client, ann: &Object<Player>) -> parse_orm::Result<u64> {
    let first = query!(GameScore.filter(player = ann)).first(client).await?;
    let again = query!(GameScore.filter(player = &ann.pointer())).count(client).await?;
    let inside: Vec<Object<GameScore>> = query!(GameScore.filter(player = ann).all(client).await?);
    Ok(again + inside.len() as u64 + u64::from(first.is_some()))
}

fn early(condition: bool) -> Option<QuerySet<GameScore>> {
    Some(query!(GameScore.filter(score = if condition { 5 } else { return None }, tags = pick(&["a", "b"])?)))
}

fn pick(names: &[&'static str]) -> Option<&'static str> {
    names.first().copied()
}

fn moved(name: String, scores: Vec<i64>) -> QuerySet<GameScore> {
    query!(GameScore.filter(player.name = name, score__in = scores))
}

fn main() {
    let _ = (awaited, terminals);
    assert!(early(false).is_none());
    assert_eq!(
        serde_json::to_string(&early(true).unwrap()).unwrap(),
        r#"{"where":{"score":5,"tags":"a"}}"#
    );
    assert_eq!(
        serde_json::to_string(&moved("Ann".into(), vec![1, 2])).unwrap(),
        r#"{"where":{"player":{"$inQuery":{"where":{"name":"Ann"},"className":"Player"}},"score":{"$in":[1,2]}}}"#
    );
}
