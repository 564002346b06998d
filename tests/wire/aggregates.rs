//! Aggregations on the wire: the stages, and the answers of each database.

use crate::models::{GameScore, Player};
use chrono::{TimeZone, Utc};
use parse_orm::prelude::*;
use serde::Deserialize;
use serde_json::{Value, json};
use wiremock::matchers::any;
use wiremock::{Mock, ResponseTemplate};

const F: <GameScore as ParseObject>::Fields = GameScore::F;

/// A server that answers so, and its master client.
async fn staged(results: Value) -> (wiremock::MockServer, MasterClient) {
    let server = wiremock::MockServer::start().await;
    Mock::given(any())
        .respond_with(ResponseTemplate::new(200).set_body_json(json!({ "results": results })))
        .mount(&server)
        .await;
    let client = Client::builder(server.uri()).app_id("app").master_key("master");
    let master = client.build_master().expect("a client");
    (server, master)
}

/// The path and the parameters of the only request.
async fn sent(server: &wiremock::MockServer) -> (String, Value) {
    let requests = server.received_requests().await.unwrap_or_default();
    let [request] = requests.as_slice() else {
        panic!("{} requests", requests.len())
    };
    let path = format!("{} {}", request.method, request.url.path());
    if !request.body.is_empty() {
        return (path, serde_json::from_slice(&request.body).expect("a JSON body"));
    }
    let pairs = request.url.query_pairs().map(|(key, text)| {
        let value: Value = serde_json::from_str(&text).unwrap_or_else(|_| text.clone().into());
        (key.into_owned(), value)
    });
    (path, pairs.collect())
}

/// The stages of an aggregation over all of these rows.
async fn pipeline(set: QuerySet<GameScore>) -> Value {
    let (server, master) = staged(json!([])).await;
    set.aggregate(&master, Aggregate::count()).await.expect("no rows");
    let (path, mut parameters) = sent(&server).await;
    assert_eq!(path, "GET /aggregate/GameScore");
    parameters["pipeline"].take()
}

#[tokio::test]
async fn distinct_names_the_field_and_the_conditions() -> parse_orm::Result<()> {
    let (server, master) = staged(json!(["Ann", "Bob"])).await;
    let set = query!(GameScore.filter(score__gte = 10, player.name = "Ann"));
    assert_eq!(set.distinct(&master, F.player_name).await?, ["Ann", "Bob"]);
    let (path, parameters) = sent(&server).await;
    assert_eq!(path, "GET /aggregate/GameScore");
    let expected = json!({
        "distinct": "playerName",
        "where": {
            "score": {"$gte": 10},
            "player": {"$inQuery": {"where": {"name": "Ann"}, "className": "Player"}},
        },
    });
    assert_eq!(parameters, expected);
    Ok(())
}

#[tokio::test]
async fn distinct_values_of_both_databases() -> parse_orm::Result<()> {
    // MongoDB's adapter writes dates as objects, PostgreSQL's as texts
    let (_server, master) = staged(json!([{"__type": "Date", "iso": "2026-01-31T12:00:00.000Z"}])).await;
    let noon = Utc.with_ymd_and_hms(2026, 1, 31, 12, 0, 0).unwrap();
    assert_eq!(GameScore::objects().distinct(&master, F.played_at).await?, [noon]);
    let (_server, master) = staged(json!(["2026-01-31T12:00:00.000Z"])).await;
    assert_eq!(GameScore::objects().distinct(&master, F.played_at).await?, [noon]);
    let (_server, master) = staged(json!(["x"])).await;
    let error = GameScore::objects()
        .distinct(&master, F.score)
        .await
        .unwrap_err()
        .to_string();
    assert!(
        error.contains("GameScore") && error.contains("`score`") && error.contains("Number"),
        "{error}"
    );
    Ok(())
}

#[tokio::test]
async fn groups_are_by_an_object_of_keys() -> parse_orm::Result<()> {
    let (server, master) = staged(json!([])).await;
    let set = query!(GameScore.filter(cheat_mode = false));
    let groups = set
        .group_by((F.player, F.object_id))
        .order_by(F.score.sum().desc())
        .order_by(F.player_name.asc());
    assert!(groups.aggregate(&master, F.score.avg()).await.is_err(), "no key");
    let groups = set
        .group_by((F.player, F.player_name, F.object_id))
        .order_by(F.score.sum().desc())
        .order_by(F.player_name.asc())
        .limit(3);
    let rows = groups
        .aggregate(&master, (Aggregate::count(), F.ratio.avg(), F.created_at.max()))
        .await?;
    assert!(rows.is_empty());
    let (_, parameters) = sent(&server).await;
    let expected = json!([
        {"$match": {"cheatMode": false}},
        {"$group": {
            "_id": {"k0": "$player", "k1": "$playerName", "k2": "$_id"},
            "a0": {"$sum": 1},
            "a1": {"$avg": "$ratio"},
            "a2": {"$max": "$createdAt"},
            "a3": {"$sum": "$score"},
        }},
        {"$sort": {"a3": -1, "_id.k1": 1}},
        {"$limit": 3},
    ]);
    assert_eq!(parameters, json!({ "pipeline": expected }));
    Ok(())
}

/// The keys of a `$sort` decide one after the other: they are sent in that order, whatever order JSON has.
#[tokio::test]
async fn the_keys_of_a_sort_keep_their_order() {
    let stages =
        GameScore::objects()
            .pipeline()
            .sort([F.score.desc(), F.player_name.asc(), F.cheat_mode.asc()]);
    assert_eq!(
        serde_json::to_string(&stages).unwrap(),
        r#"[{"$sort":{"score":-1,"playerName":1,"cheatMode":1}}]"#
    );
    // a key decides once, by its first direction
    let stages = GameScore::objects()
        .pipeline()
        .sort([F.score.desc(), F.score.asc()]);
    assert_eq!(
        serde_json::to_string(&stages).unwrap(),
        r#"[{"$sort":{"score":-1}}]"#
    );
}

#[tokio::test]
async fn stages_have_the_databases_names_where_the_server_puts_in_none() {
    let stages = query!(GameScore.filter(player = Pointer::<Player>::to("p1")))
        .pipeline()
        .unwind(F.skills)
        .filter(q!(GameScore, skills = "fly"))
        .sort([F.created_at.desc(), F.object_id.asc()])
        .project((F.score, F.player, F.created_at))
        .group(
            F.player,
            [F.score.sum().named("total"), F.player_name.push().named("names")],
        )
        .sort(["-total", "player"])
        .skip(5)
        .limit(5)
        .sample(2)
        .raw(json!({"$addFields": {"twice": {"$multiply": ["$total", 2]}}}));
    let expected = json!([
        {"$match": {"player": "p1"}},
        {"$unwind": "$skills"},
        {"$match": {"skills": "fly"}},
        {"$sort": {"_created_at": -1, "_id": 1}},
        {"$project": {"score": 1, "player": 1, "createdAt": 1}},
        {"$group": {"_id": {"player": "$player"}, "total": {"$sum": "$score"}, "names": {"$push": "$playerName"}}},
        {"$sort": {"total": -1, "_id.player": 1}},
        {"$skip": 5},
        {"$limit": 5},
        {"$sample": {"size": 2}},
        {"$addFields": {"twice": {"$multiply": ["$total", 2]}}},
    ]);
    assert_eq!(serde_json::to_value(&stages).unwrap(), expected);
    let wrong = GameScore::objects().pipeline().limit(0);
    assert!(
        serde_json::to_string(&wrong)
            .unwrap_err()
            .to_string()
            .contains("at least 1")
    );
}

#[tokio::test]
async fn conditions_become_a_match() {
    let day = Utc.with_ymd_and_hms(2026, 1, 31, 12, 0, 0).unwrap();
    let [one, two] = ["p1", "p2"].map(Pointer::<Player>::to);
    let everything = query!(GameScore.filter(
        score__gte = 1,
        score__lt = 9,
        player_name__icontains = "a.b",
        played_at__gt = day,
        created_at__lte = day,
        player__in = [&one, &two],
        skills = "fly",
        home.city = "Oslo"
    ));
    let expected = json!({
        "score": {"$gte": 1, "$lt": 9},
        "playerName": {"$regex": "\\Qa.b\\E", "$options": "i"},
        "playedAt": {"$gt": "2026-01-31T12:00:00.000Z"},
        "createdAt": {"$lte": "2026-01-31T12:00:00.000Z"},
        "player": {"$in": ["Player$p1", "Player$p2"]},
        "skills": "fly",
        "home.city": "Oslo",
    });
    // an exclusion of nothing: see the source
    let rest = json!([{"$project": {"ACL": 0}}, {"$group": {"_id": null, "a0": {"$sum": 1}}}]);
    let stages = pipeline(everything).await;
    assert_eq!(stages[0], json!({ "$match": expected }));
    assert_eq!(json!([stages[1], stages[2]]), rest);
    assert_eq!(pipeline(GameScore::objects()).await, json!([rest[1]]));

    let only = |set| async { pipeline(set).await[0]["$match"].take() };
    assert_eq!(
        only(query!(GameScore.filter(player = &one))).await,
        json!({"player": "p1"})
    );
    assert_eq!(
        only(query!(GameScore.filter(player__ne = &one))).await,
        json!({"player": {"$ne": "Player$p1"}})
    );
    assert_eq!(
        only(query!(GameScore.filter(player__isnull = true))).await,
        json!({"player": null})
    );
    assert_eq!(
        only(query!(GameScore.filter(played_at = day))).await,
        json!({"playedAt": "2026-01-31T12:00:00.000Z"})
    );
    // the server would make an object of a null beside a date
    let some = json!({"$gte": "0001-01-01T00:00:00.000Z"});
    assert_eq!(
        only(query!(GameScore.filter(played_at__isnull = false))).await,
        json!({"playedAt": some})
    );
    assert_eq!(
        only(query!(GameScore.filter(played_at__isnull = true))).await,
        json!({"$and": [{"$nor": [{"playedAt": some}]}]})
    );
    assert_eq!(
        only(query!(GameScore.filter(
            Q(player = &one) | Q(played_at__lt = day),
            !Q(score = 1, cheat_mode = true)
        )))
        .await,
        json!({
            "$or": [{"player": "p1"}, {"playedAt": {"$lt": "2026-01-31T12:00:00.000Z"}}],
            "$nor": [{"score": 1, "cheatMode": true}],
        })
    );
}

#[tokio::test]
async fn answers_of_both_databases() -> parse_orm::Result<()> {
    let noon = Utc.with_ymd_and_hms(2026, 1, 31, 12, 0, 0).unwrap();
    let date = json!({"__type": "Date", "iso": "2026-01-31T12:00:00.000Z"});
    // a stored pointer, a bare id, a pointer
    for player in [
        json!("Player$p1"),
        json!("p1"),
        json!({"__type": "Pointer", "className": "Player", "objectId": "p1"}),
    ] {
        let row = json!({
            "objectId": {"k0": player, "k1": date},
            "a0": 3, "a1": [player, player], "a2": date,
            "opponents": {"__type": "Relation", "className": "Player"},
        });
        let (_server, master) = staged(json!([row])).await;
        let results = (
            Aggregate::count(),
            F.player.push(),
            F.played_at.max(),
            F.score.sum(),
        );
        let groups = GameScore::objects().group_by((F.player, F.played_at));
        let rows = groups.aggregate(&master, results).await?;
        let [((player, day), (count, players, latest, total))] = rows.as_slice() else {
            panic!("{rows:?}")
        };
        let id = |player: &Pointer<Player>| player.id().map(ToString::to_string);
        assert_eq!(player.as_ref().and_then(id).as_deref(), Some("p1"));
        assert_eq!(players.iter().filter_map(id).collect::<Vec<_>>(), ["p1", "p1"]);
        // a sum that the answer leaves out is that of no value
        assert_eq!((*day, *count, *latest, *total), (Some(noon), 3, Some(noon), 0));
    }
    Ok(())
}

#[tokio::test]
async fn rows_of_a_pipeline_are_plain_json() -> parse_orm::Result<()> {
    #[derive(Deserialize, Debug, PartialEq)]
    #[serde(rename_all = "camelCase")]
    struct Row {
        player: Option<ObjectId>,
        player_name: String,
        rivals: Vec<String>,
        last: chrono::DateTime<Utc>,
    }
    let noon = Utc.with_ymd_and_hms(2026, 1, 31, 12, 0, 0).unwrap();
    let date = json!({"__type": "Date", "iso": "2026-01-31T12:00:00.000Z"});
    let rows = json!([
        {"objectId": {"player": "Player$p1", "playerName": "A$b"}, "rivals": ["Player$p2"], "last": date},
        {"objectId": {"playerName": "C"}, "rivals": [], "last": date},
    ]);
    let (_server, master) = staged(rows).await;
    let results = [F.player.push().named("rivals"), F.played_at.max().named("last")];
    let pipeline = GameScore::objects()
        .pipeline()
        .group((F.player, F.player_name), results);
    let rows: Vec<Row> = pipeline.all(&master).await?;
    let row = |player: Option<&str>, name: &str, rivals: &[&str]| Row {
        player: player.map(Into::into),
        player_name: name.into(),
        rivals: rivals.iter().map(ToString::to_string).collect(),
        last: noon,
    };
    // a `$` in a text is no pointer's
    assert_eq!(rows, [row(Some("p1"), "A$b", &["p2"]), row(None, "C", &[])]);
    Ok(())
}

/// What a program calls a result is not taken for the id of a row.
#[tokio::test]
async fn one_group_of_everything_has_no_key() -> parse_orm::Result<()> {
    let (_server, master) = staged(json!([{"objectId": null, "total": 7}])).await;
    let pipeline = GameScore::objects()
        .pipeline()
        .group((), [F.score.sum().named("total")]);
    assert_eq!(pipeline.all::<Value>(&master).await?, [json!({"total": 7})]);
    Ok(())
}

#[tokio::test]
async fn row_34_a_long_pipeline_is_a_post_with_a_json_body() -> parse_orm::Result<()> {
    let (server, master) = staged(json!([])).await;
    let long = "x".repeat(3000);
    query!(GameScore.filter(player_name = &long))
        .aggregate(&master, F.score.sum())
        .await?;
    let (path, body) = sent(&server).await;
    assert_eq!(path, "POST /aggregate/GameScore");
    assert_eq!(
        (&body["_method"], &body["pipeline"][0]),
        (&json!("GET"), &json!({"$match": {"playerName": long}}))
    );

    let (server, master) = staged(json!([])).await;
    query!(GameScore.filter(player_name = &long))
        .distinct(&master, F.score)
        .await?;
    let (path, body) = sent(&server).await;
    assert_eq!(path, "POST /aggregate/GameScore");
    assert_eq!(
        body,
        json!({"_method": "GET", "distinct": "score", "where": {"playerName": long}})
    );
    Ok(())
}

#[tokio::test]
async fn the_options_of_the_query_set_go_with_it() -> parse_orm::Result<()> {
    let set = query!(GameScore.filter(score = 1))
        .read_preference(parse_orm::ReadPreference::Secondary)
        .hint(json!({"score": 1}))
        .comment("12");
    let (server, master) = staged(json!([])).await;
    set.pipeline().limit(1).all::<Value>(&master).await?;
    let expected = json!({
        "pipeline": [{"$match": {"score": 1}}, {"$limit": 1}],
        "readPreference": "SECONDARY",
        "hint": {"score": 1},
        "comment": "12",
    });
    assert_eq!(sent(&server).await.1, expected);

    let (server, master) = staged(json!([])).await;
    set.distinct(&master, F.score).await?;
    let parameters = sent(&server).await.1;
    assert_eq!(
        (&parameters["readPreference"], &parameters["comment"]),
        (&json!("SECONDARY"), &json!("12"))
    );
    let (server, master) = staged(json!([])).await;
    set.group_by(F.score)
        .aggregate(&master, Aggregate::count())
        .await?;
    assert_eq!(sent(&server).await.1["hint"], json!({"score": 1}));
    Ok(())
}

#[tokio::test]
async fn prefetch_asks_for_each_owner_of_a_relation_in_one_batch() {
    #[derive(ParseObject, Clone, Debug)]
    struct Guild {
        members: Relation<Player>,
    }
    let server = wiremock::MockServer::start().await;
    let created = json!({"objectId": "g1", "createdAt": "2026-01-01T00:00:00.000Z"});
    let answer = json!([{"success": {"results": [], "count": 0}}]);
    Mock::given(wiremock::matchers::path("/api/classes/Guild"))
        .respond_with(ResponseTemplate::new(201).set_body_json(created))
        .mount(&server)
        .await;
    Mock::given(wiremock::matchers::path("/api/batch"))
        .respond_with(ResponseTemplate::new(200).set_body_json(answer))
        .mount(&server)
        .await;
    let client = Client::builder(format!("{}/api", server.uri()))
        .app_id("app")
        .build()
        .unwrap();
    let guild = Guild {
        members: Relation::new(),
    }
    .create(&client)
    .await
    .unwrap();
    let ann = query!(
        Player
            .filter(name__startswith = "A")
            .order_by(name)
            .select_related(team)
    );
    let members = ann
        .prefetch_related(Guild::F.members, [&guild])
        .all(&client)
        .await
        .unwrap();
    assert!(members.of(&guild).is_empty());
    let requests = server.received_requests().await.unwrap();
    let body: Value = serde_json::from_slice(&requests[1].body).unwrap();
    let expected = json!({"requests": [{
        "method": "GET",
        "path": "/api/classes/Player",
        "body": {
            "where": {
                "name": {"$regex": "^\\QA\\E"},
                "$relatedTo": {
                    "object": {"__type": "Pointer", "className": "Guild", "objectId": "g1"},
                    "key": "members",
                },
            },
            "order": "name,objectId",
            "limit": 1000,
            "include": "team",
            "count": 1,
        },
    }]});
    assert_eq!(body, expected);
}
