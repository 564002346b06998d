//! What LiveQuery is asked, to the letter; and what it is not asked, because it could not answer.

use crate::live_server::Scripted;
use crate::models::{GameScore, Player, Team};
use parse_orm::prelude::*;
use parse_orm::{Error, Subscribe, Watched};
use serde_json::{Value, json};

/// The message that a subscription is asked for by.
async fn message<R: 'static>(subscribe: impl FnOnce(&Client) -> Subscribe<R>) -> Value {
    let server = Scripted::start().await;
    let client = server.client();
    let asking = tokio::spawn(subscribe(&client).into_future());
    let mut connection = server.welcome().await;
    let message = connection.read().await;
    asking.abort();
    message
}

/// The conditions of a query set.
async fn conditions(set: QuerySet<GameScore>) -> Value {
    let mut message = message(|client| set.subscribe(client)).await;
    message["query"]["where"].take()
}

#[derive(ParseView, Debug)]
#[parse(model = GameScore)]
#[allow(dead_code, reason = "it is only asked for")]
struct Line {
    score: i64,
    object_id: ObjectId,
    player: Option<Pointer<Player>>,
}

#[tokio::test]
async fn messages() {
    let set = query!(
        GameScore
            .filter(score__gt = 5)
            .order_by(-score)
            .select_related(player)
    );
    assert_eq!(
        message(|client| set.subscribe(&client.with_session("r:token"))).await,
        json!({
            "op": "subscribe", "requestId": 1, "sessionToken": "r:token",
            "query": {
                "className": "GameScore",
                "where": {"score": {"$exists": true, "$ne": null, "$gt": 5}},
            },
        })
    );
    assert_eq!(
        message(|client| GameScore::objects().subscribe_values::<Line>(client)).await,
        json!({
            "op": "subscribe", "requestId": 1,
            "query": {"className": "GameScore", "where": {}, "keys": ["objectId", "player", "score"]},
        })
    );
    let f = GameScore::F;
    let watched: [Watched<GameScore>; 2] = [
        query!(GameScore.watch(score, player_name, score)),
        GameScore::objects().watch((f.player_name, f.score)),
    ];
    for watched in watched {
        let message = message(|client| watched.subscribe(client)).await;
        assert_eq!(message["query"]["watch"], json!(["playerName", "score"]));
        assert_eq!(message["query"].get("keys"), None);
    }
    let message = message(|client| query!(Team.exclude_keys(win_pct)).subscribe(client)).await;
    assert_eq!(message["query"]["keys"], json!(["name"]));
}

#[tokio::test]
async fn conditions_are_spelled_for_its_own_matcher() -> Result<(), Box<dyn std::error::Error>> {
    let date: DateTime<Utc> = "2026-01-02T03:04:05.678Z".parse()?;
    let wire_date = json!({"__type": "Date", "iso": "2026-01-02T03:04:05.678Z"});
    let here = GeoPoint::new(46.5, 7.25)?;
    let player = Pointer::<Player>::to("abc");
    let wire_player = json!({"__type": "Pointer", "className": "Player", "objectId": "abc"});
    let something = |key: &str| json!([{key: {"$all": []}}, {key: 0}, {key: false}, {key: ""}]);
    let all = GameScore::objects();
    for (set, expected) in [
        (all.clone(), json!({})),
        (
            query!(all.filter(score = 5, player_name = "Ann")),
            json!({"score": 5, "playerName": "Ann"}),
        ),
        (
            query!(all.filter(score__ne = 5)),
            json!({"$and": [{"$nor": [{"score": 5}]}]}),
        ),
        (
            query!(all.filter(score__gte = 1, score__lt = 5)),
            json!({
                "score": {"$exists": true, "$ne": null, "$gte": 1},
                "$and": [{"score": {"$exists": true, "$ne": null, "$lt": 5}}],
            }),
        ),
        (
            query!(all.filter(score__in = [1, 2])),
            json!({"score": {"$in": [1, 2]}}),
        ),
        (
            query!(all.filter(score__nin = [1, 2])),
            json!({"score": {"$nin": [1, 2]}}),
        ),
        (
            query!(all.filter(ratio__isnull = true)),
            json!({"$and": [{"$nor": something("ratio")}]}),
        ),
        (
            query!(all.filter(ratio__isnull = false)),
            json!({"$and": [{"$or": something("ratio")}]}),
        ),
        (
            query!(all.filter(ratio__exists = false)),
            json!({"ratio": {"$exists": false}}),
        ),
        // a text is no pattern, and a quote no quote
        (
            query!(all.filter(player_name__startswith = "a.b\\Q(")),
            json!({"playerName": {"$exists": true, "$ne": null, "$regex": r"^a\.b\x5cQ\("}}),
        ),
        (
            query!(all.filter(player_name__icontains = "$")),
            json!({"playerName": {"$exists": true, "$ne": null, "$regex": r"\$", "$options": "i"}}),
        ),
        // dates: those of every object are texts there, and no date is found in a list
        (
            query!(all.filter(played_at = date)),
            json!({"playedAt": {"$all": [], "$eq": wire_date}}),
        ),
        (
            query!(all.filter(played_at__in = [date])),
            json!({"$and": [{"$or": [{"playedAt": {"$all": [], "$eq": wire_date}}]}]}),
        ),
        (
            query!(all.filter(played_at__gt = date)),
            json!({"playedAt": {"$exists": true, "$ne": null, "$gt": wire_date}}),
        ),
        (
            query!(all.filter(created_at__gt = date, updated_at__in = [date])),
            json!({
                "createdAt": {"$exists": true, "$ne": null, "$gt": "2026-01-02T03:04:05.678Z"},
                "updatedAt": {"$in": ["2026-01-02T03:04:05.678Z"]},
            }),
        ),
        // a pointer is compared with those of a list only
        (
            query!(all.filter(player = &player)),
            json!({"player": {"$in": [wire_player]}}),
        ),
        (
            query!(all.filter(player__ne = &player)),
            json!({"$and": [{"$nor": [{"player": {"$in": [wire_player]}}]}]}),
        ),
        // arrays
        (query!(all.filter(skills = "a")), json!({"skills": "a"})),
        (
            query!(all.filter(skills__ne = "a")),
            json!({"$and": [{"$nor": [{"skills": "a"}]}]}),
        ),
        (
            query!(all.filter(skills__all = ["a", "b"])),
            json!({"skills": {"$all": ["a", "b"]}}),
        ),
        (
            query!(all.filter(skills__contained_by = ["a"])),
            json!({"skills": {"$all": [], "$containedBy": ["a"]}}),
        ),
        (
            query!(all.filter(rivals__all = [&player])),
            json!({"$and": [{"rivals": {"$in": [wire_player]}}]}),
        ),
        // places: the center is read by its position
        (
            query!(all.filter(place__within_radians = (here, 0.5))),
            json!({"place": {"$all": [], "$geoWithin": {"$centerSphere": [[7.25, 46.5], 0.5]}}}),
        ),
        (
            query!(all.filter(place__near = near(here).within_radians(0.5))),
            json!({"place": {
                "$nearSphere": {"__type": "GeoPoint", "latitude": 46.5, "longitude": 7.25},
                "$maxDistance": 0.5,
            }}),
        ),
        // two queries that differ beside their `$or` only would be one to it
        (
            query!(all.filter(Q(score = 1) | Q(score = 2))),
            json!({"$or": [{"score": 1}, {"score": 2}]}),
        ),
        (
            query!(all.filter(Q(score = 1) | Q(score = 2), player_name = "Ann")),
            json!({"playerName": "Ann", "$and": [{"$or": [{"score": 1}, {"score": 2}]}]}),
        ),
        (
            query!(all.exclude(score__gt = 1, player_name = "Ann")),
            json!({"$nor": [{"score": {"$exists": true, "$ne": null, "$gt": 1}, "playerName": "Ann"}]}),
        ),
        (
            query!(all.filter(home.city = "Bern")),
            json!({"home.city": "Bern"}),
        ),
    ] {
        let shown = format!("{set:?}");
        assert_eq!(conditions(set).await, expected, "{shown}");
    }
    Ok(())
}

#[derive(ParseView, Debug)]
#[parse(model = Player)]
#[allow(dead_code, reason = "it is only asked for")]
struct Name {
    name: String,
}

#[derive(ParseView, Debug)]
#[parse(model = GameScore)]
#[allow(dead_code, reason = "it is only asked for")]
struct Deep {
    player: Option<Included<Name>>,
}

/// Refused by name, and nothing is sent.
#[tokio::test]
async fn what_it_cannot_answer_is_refused() -> Result<(), Box<dyn std::error::Error>> {
    let server = Scripted::start().await;
    let client = server.client();
    let all = GameScore::objects();
    let here = GeoPoint::new(46.5, 7.25)?;
    let area = Polygon::new([here, GeoPoint::new(47.0, 7.0)?, GeoPoint::new(47.0, 8.0)?])?;
    let (player, players) = (Pointer::<Player>::to("abc"), query!(Player.filter(name = "Ann")));
    let refused = |subscribe: Subscribe<Object<GameScore>>| async { subscribe.await.map(drop).unwrap_err() };
    for (set, field, reason) in [
        (query!(all.limit(5)), None, "has no `limit`"),
        (query!(all.skip(5)), None, "has no `skip`"),
        (
            query!(all.filter(player.name = "Ann")),
            Some("player"),
            "not at what it points to",
        ),
        (
            query!(all.filter(player__in = &players)),
            Some("player"),
            "`player__in = &players`",
        ),
        (
            query!(all.filter(player_name__nin = players.select(Player::F.name))),
            Some("playerName"),
            "knows no sub-queries",
        ),
        (
            query!(all.filter(player_name__search = "Ann")),
            Some("playerName"),
            "no full-text search",
        ),
        (
            query!(all.filter(created_at__gt = ago("1 day"))),
            Some("createdAt"),
            "no relative times",
        ),
        (
            query!(all.filter(place = here)),
            Some("place"),
            "`within_km = (point, 0.001)`",
        ),
        (
            query!(all.filter(area__ne = &area)),
            Some("area"),
            "whether two areas are equal",
        ),
        (
            query!(all.filter(skills__startswith_all = ["a"])),
            Some("skills"),
            "in an array",
        ),
        (
            query!(all.filter(!Q(player.name = "Ann") | Q(score = 1))),
            Some("player"),
            "not at what it points to",
        ),
        (
            query!(all.filter(opponents = &player)),
            Some("opponents"),
            "knows nothing of relations",
        ),
        // what no query can be asked
        (
            query!(all.filter(score = 1, score = 2)),
            Some("score"),
            "cannot both hold",
        ),
    ] {
        let error = refused(set.subscribe(&client)).await;
        let Error::Invalid(invalid) = &error else {
            return Err(format!("{error:?}").into());
        };
        assert_eq!(invalid.field.as_deref(), field, "{error}");
        assert!(error.to_string().contains(reason), "{error}");
        // watching makes no difference
        assert!(matches!(
            refused(query!(set.watch(score)).subscribe(&client)).await,
            Error::Invalid(_)
        ));
    }
    let deep = all.subscribe_values::<Deep>(&client).await.map(drop).unwrap_err();
    assert!(
        deep.to_string()
            .contains("hold pointers, and nothing that is behind them"),
        "{deep}"
    );
    assert!(server.is_alone().await);
    Ok(())
}
