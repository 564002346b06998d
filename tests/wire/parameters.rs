//! The parameters beside `where`: what a query set and a slice serialise to, and what the server gets.

use crate::models::{GameScore, Player, score};
use parse_orm::prelude::*;
use parse_orm_mock::MockServer;
use serde::Serialize;
use serde_json::{Value, json};

fn parameters(set: &impl Serialize) -> Value {
    serde_json::to_value(set).unwrap()
}

#[test]
fn query_sets() {
    let set = GameScore::objects();
    assert_eq!(parameters(&set), json!({}));
    assert_eq!(parameters(&query!(GameScore)), json!({}));
    assert_eq!(
        parameters(&query!(set.limit(5).skip(10))),
        json!({"limit": 5, "skip": 10})
    );
    assert_eq!(parameters(&query!(set.limit(0))), json!({"limit": 0}));
    assert_eq!(
        parameters(&query!(set.order_by(-score, player_name))),
        json!({"order": "-score,playerName"})
    );
    // the server would take the last direction of a key that is named twice
    assert_eq!(
        parameters(&query!(set.order_by(-score, player_name, score))),
        json!({"order": "-score,playerName"})
    );
    assert_eq!(
        parameters(&query!(set.order_by(
            home.zip_code,
            -home.geo.floor,
            object_id,
            -created_at,
            updated_at
        ))),
        json!({"order": "home.zipCode,-home.geo.floor,objectId,-createdAt,updatedAt"})
    );
    assert_eq!(
        parameters(&query!(
            set.select_related(player.team, rivals).select_related(player)
        )),
        json!({"include": "player.team,rivals,player"})
    );
    assert_eq!(
        parameters(&query!(set.select_related(player, player))),
        json!({"include": "player"})
    );
    assert_eq!(
        parameters(&query!(
            set.filter(score = 1)
                .order_by(score)
                .limit(3)
                .skip(1)
                .select_related(player)
        )),
        json!({"where": {"score": 1}, "order": "score", "limit": 3, "skip": 1, "include": "player"})
    );
    let f = GameScore::F;
    assert_eq!(
        parameters(
            &set.order_by(vec![f.score.desc()])
                .select_related(f.player.and_include(Player::F.team.include()))
        ),
        json!({"order": "-score", "include": "player.team"})
    );
    // a query set of everything asks for everything
    assert_eq!(parameters(&set.filter(Q::default())), json!({"where": {}}));
}

#[test]
fn options() {
    let set = GameScore::objects();
    let preferences = [
        (ReadPreference::Primary, "PRIMARY"),
        (ReadPreference::PrimaryPreferred, "PRIMARY_PREFERRED"),
        (ReadPreference::Secondary, "SECONDARY"),
        (ReadPreference::SecondaryPreferred, "SECONDARY_PREFERRED"),
        (ReadPreference::Nearest, "NEAREST"),
    ];
    for (preference, name) in preferences {
        assert_eq!(
            parameters(&query!(set.read_preference(preference))),
            json!({"readPreference": name})
        );
    }
    assert_eq!(
        parameters(&query!(
            set.include_read_preference(ReadPreference::Nearest)
                .subquery_read_preference(ReadPreference::Primary)
                .comment("for the report")
                .hint("score_1")
        )),
        json!({
            "includeReadPreference": "NEAREST",
            "subqueryReadPreference": "PRIMARY",
            "hint": "score_1",
            "comment": "for the report",
        })
    );
    assert_eq!(
        parameters(&set.hint(json!({"score": -1, "_id": 1}))),
        json!({"hint": {"score": -1, "_id": 1}})
    );
    let f = GameScore::F;
    let excluded = json!({"excludeKeys": "player,home"});
    assert_eq!(parameters(&query!(set.exclude_keys(player, home))), excluded);
    assert_eq!(
        parameters(&set.exclude_keys([f.player.exclude(), f.home.exclude()])),
        excluded
    );
    assert_eq!(
        parameters(&set.exclude_keys(f.player).exclude_keys(f.player)),
        json!({"excludeKeys": "player"})
    );
    assert_eq!(
        parameters(&query!(set.exclude_keys(player.team))),
        json!({"excludeKeys": "player.team"})
    );
    assert_eq!(
        parameters(&query!(set.select_related(player.team).select_related(all))),
        parameters(
            &set.select_related(f.player.and_include(Player::F.team.include()))
                .select_related_all()
        )
    );
    // how many rows a request asks for is no part of the query
    assert_eq!(parameters(&query!(set.page_size(7))), json!({}));
}

#[test]
fn slices() {
    let set = query!(GameScore.order_by(score));
    for (slice, limit, skip) in [
        (query!(set[..10]), Some(10), None),
        (query!(set[10..20]), Some(10), Some(10)),
        (query!(set[10..=20]), Some(11), Some(10)),
        (query!(set[5..]), None, Some(5)),
        (query!(set[..]), None, None),
        (query!(set.limit(8).skip(100)[5..20]), Some(3), Some(105)),
        (query!(set.limit(8)[9..20]), Some(0), Some(9)),
    ] {
        let mut expected = json!({"order": "score"});
        if let Some(limit) = limit {
            expected["limit"] = json!(limit);
        }
        if let Some(skip) = skip {
            expected["skip"] = json!(skip);
        }
        assert_eq!(parameters(&slice), expected, "{slice:?}");
    }
}

#[test]
fn debug_shows_the_query() {
    let set = query!(GameScore.filter(score__gt = 1).order_by(-score));
    assert_eq!(
        format!("{set:?}"),
        r#"QuerySet<GameScore>({"where":{"score":{"$gt":1}},"order":"-score"})"#
    );
    assert_eq!(
        format!("{:?}", set.slice(..2)),
        r#"Slice<GameScore>({"where":{"score":{"$gt":1}},"order":"-score","limit":2})"#
    );
    assert_eq!(
        format!("{:?}", q!(GameScore, score = 1)),
        r#"Q<GameScore>({"score":1})"#
    );
}

/// The parameters of the last request.
fn asked(server: &MockServer) -> Value {
    let request = server.requests().pop().unwrap();
    assert_eq!(
        (request.wire_method.as_str(), request.path.as_str()),
        ("GET", "/classes/GameScore")
    );
    request
        .query
        .into_iter()
        .map(|(name, value)| (name, Value::String(value)))
        .collect::<serde_json::Map<_, _>>()
        .into()
}

/// What each terminal asks for.
#[tokio::test]
async fn terminals() -> parse_orm::Result<()> {
    let server = MockServer::start().await;
    let client = server.client();
    let set = query!(GameScore.filter(score = 1).select_related(player));
    let ordered = query!(set.order_by(-score));
    let filter = r#"{"score":1}"#;

    let _ = set.all(&client).await?;
    assert_eq!(
        asked(&server),
        json!({"where": filter, "order": "objectId", "limit": "1000", "include": "player"})
    );
    let _ = ordered.all(&client).await?;
    assert_eq!(
        asked(&server),
        json!({"where": filter, "order": "-score,objectId", "limit": "1000", "include": "player"})
    );
    let _ = ordered.slice(5..8).all(&client).await?;
    assert_eq!(
        asked(&server),
        json!({"where": filter, "order": "-score,objectId", "limit": "3", "skip": "5", "include": "player"})
    );
    let _ = set.first(&client).await?;
    assert_eq!(
        asked(&server),
        json!({"where": filter, "order": "objectId", "limit": "1", "include": "player"})
    );
    let _ = ordered.last(&client).await?;
    assert_eq!(
        asked(&server),
        json!({"where": filter, "order": "score", "limit": "1", "include": "player"})
    );
    let _ = set.get(&client).await;
    assert_eq!(
        asked(&server),
        json!({"where": filter, "limit": "2", "include": "player"})
    );
    // counting needs no rows, no order and nothing included
    let _ = ordered.count(&client).await?;
    assert_eq!(
        asked(&server),
        json!({"where": filter, "limit": "0", "count": "1"})
    );
    let _ = set.exists(&client).await?;
    assert_eq!(
        asked(&server),
        json!({"where": filter, "limit": "1", "keys": "objectId"})
    );
    Ok(())
}

/// What the terminals ask for that read pages, fields, or one row.
#[tokio::test]
async fn pages_lists_and_single_rows() -> parse_orm::Result<()> {
    let server = MockServer::start().await;
    let client = server.client();
    let set = query!(GameScore.filter(score = 1).order_by(-score));
    let filter = r#"{"score":1}"#;

    let _ = set.page(&client, 10).await?;
    // one more, to know whether there is a next page whatever the count is worth
    assert_eq!(
        asked(&server),
        json!({"where": filter, "order": "-score,objectId", "limit": "11", "count": "1"})
    );
    let _ = set.page_size(7).all(&client).await?;
    assert_eq!(
        asked(&server),
        json!({"where": filter, "order": "-score,objectId", "limit": "7"})
    );
    let _ = query!(
        set.select_related(player)
            .values_list(&client, (player_name, player))
    )
    .await?;
    assert_eq!(
        asked(&server),
        json!({
            "where": filter, "order": "-score,objectId", "limit": "1000",
            "keys": "playerName,player,score,objectId",
        })
    );
    let _ = query!(set.latest(&client, created_at)).await?;
    assert_eq!(
        asked(&server),
        json!({"where": filter, "order": "-createdAt", "limit": "1"})
    );
    let _ = query!(set.earliest(&client, score)).await?;
    assert_eq!(
        asked(&server),
        json!({
            "where": r#"{"score":1,"$and":[{"score":{"$ne":null}}]}"#, "order": "score", "limit": "1",
        })
    );
    // a text that could be read as JSON is quoted, or it would be no text
    let _ = GameScore::objects()
        .comment("12")
        .hint("true")
        .first(&client)
        .await?;
    assert_eq!(
        asked(&server),
        json!({"order": "objectId", "limit": "1", "comment": "\"12\"", "hint": "\"true\""})
    );
    let _ = GameScore::objects()
        .comment("a b")
        .hint("score_1")
        .first(&client)
        .await?;
    assert_eq!(
        asked(&server),
        json!({"order": "objectId", "limit": "1", "comment": "a b", "hint": "score_1"})
    );
    let _ = GameScore::objects()
        .hint(json!({"score": 1}))
        .explain(&server.master_client())
        .await?;
    assert_eq!(
        asked(&server),
        json!({"hint": r#"{"score":1}"#, "explain": "true"})
    );
    Ok(())
}

/// A get takes fewer parameters than a find, and refuses the others.
#[tokio::test]
async fn a_get_by_id() -> parse_orm::Result<()> {
    // an index that nobody has made would be an error of the database
    let server = MockServer::builder()
        .index("GameScore", ["score"])
        .start()
        .await
        .unwrap();
    let client = server.client();
    let set = query!(
        GameScore
            .order_by(score)
            .select_related(player)
            .exclude_keys(home)
            .read_preference(ReadPreference::Nearest)
            .hint("score_1")
            .comment("text")
    );
    assert!(set.get_by_id(&client, "abc").await.is_err());
    let request = server.requests().pop().unwrap();
    assert_eq!(request.path, "/classes/GameScore/abc");
    let query: Vec<_> = request
        .query
        .iter()
        .map(|(key, value)| (key.as_str(), value.as_str()))
        .collect();
    assert_eq!(
        query,
        [
            ("include", "player"),
            ("excludeKeys", "home"),
            ("readPreference", "NEAREST")
        ]
    );
    score(2).create(&client).await?;
    let filtered = query!(set.filter(score = 1)).get_by_id(&client, "abc").await;
    assert!(filtered.unwrap_err().is_not_found());
    assert_eq!(
        asked(&server),
        json!({
            "where": r#"{"score":1,"objectId":"abc"}"#, "limit": "1", "include": "player",
            "excludeKeys": "home", "readPreference": "NEAREST", "hint": "score_1", "comment": "text",
        })
    );
    Ok(())
}

#[tokio::test]
async fn what_needs_no_request_sends_none() -> parse_orm::Result<()> {
    let server = MockServer::start().await;
    let client = server.client();
    let set = query!(GameScore.filter(score = 1).order_by(score));
    assert!(set.limit(0).all(&client).await?.is_empty());
    assert!(set.slice(3..3).first(&client).await?.is_none());
    assert!(!set.limit(0).exists(&client).await?);
    assert!(GameScore::get(&client, "").await.is_err());
    assert!(server.requests().is_empty());
    Ok(())
}
