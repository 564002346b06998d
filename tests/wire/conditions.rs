//! The `where` of every lookup, by the macro and by tokens, and how conditions are put together.

use crate::models::{Address, GameScore, GameScoreAccessors, Inner, Level, Player, Team, score};
use parse_orm::prelude::*;
use serde_json::{Value, json};

fn where_of(set: &QuerySet<GameScore>) -> Value {
    serde_json::to_value(set).unwrap()["where"].clone()
}

/// The macro's condition, the token's condition, and the `where` of both.
macro_rules! golden {
    ($(($($lookup:tt)*), $tokens:expr, $json:tt;)*) => {$(
        let expected = json!($json);
        assert_eq!(where_of(&query!(GameScore.filter($($lookup)*))), expected);
        assert_eq!(where_of(&GameScore::objects().filter($tokens)), expected);
        assert_eq!(serde_json::to_value(q!(GameScore, $($lookup)*)).unwrap(), expected);
    )*};
}

#[test]
fn lookups() {
    let f = GameScore::F;
    golden! {
        (score = 5), f.score.eq(5), {"score": 5};
        (score__exact = 5), f.score.eq(5), {"score": 5};
        (score__ne = 5), f.score.ne(5), {"score": {"$ne": 5}};
        (score__gt = 5), f.score.gt(5), {"score": {"$gt": 5}};
        (score__gte = 5), f.score.gte(5), {"score": {"$gte": 5}};
        (score__lt = 5), f.score.lt(5), {"score": {"$lt": 5}};
        (score__lte = 5), f.score.lte(5), {"score": {"$lte": 5}};
        (score__range = (1, 5)), f.score.range((1, 5)), {"score": {"$gte": 1, "$lte": 5}};
        (score__range = 1..=5), f.score.range(1..=5), {"score": {"$gte": 1, "$lte": 5}};
        (score__range = 1..5), f.score.range(1..5), {"score": {"$gte": 1, "$lt": 5}};
        (score__in = [1, 2]), f.score.is_in([1, 2]), {"score": {"$in": [1, 2]}};
        (score__nin = [1, 2]), f.score.nin(vec![1, 2]), {"score": {"$nin": [1, 2]}};
        (ratio__isnull = true), f.ratio.isnull(true), {"ratio": null};
        (ratio__isnull = false), f.ratio.isnull(false), {"ratio": {"$ne": null}};
    }
}

#[test]
fn text_lookups() {
    let f = GameScore::F;
    golden! {
        (player_name = "a"), f.player_name.eq("a"), {"playerName": "a"};
        (player_name__contains = "a.b"), f.player_name.contains("a.b"), {"playerName": {"$regex": "\\Qa.b\\E"}};
        (player_name__icontains = "a"), f.player_name.icontains("a"),
            {"playerName": {"$regex": "\\Qa\\E", "$options": "i"}};
        (player_name__startswith = "a"), f.player_name.startswith("a"), {"playerName": {"$regex": "^\\Qa\\E"}};
        (player_name__istartswith = "a"), f.player_name.istartswith("a"),
            {"playerName": {"$regex": "^\\Qa\\E", "$options": "i"}};
        (player_name__endswith = "a"), f.player_name.endswith("a"), {"playerName": {"$regex": "\\Qa\\E$"}};
        (player_name__iendswith = "a"), f.player_name.iendswith("a"),
            {"playerName": {"$regex": "\\Qa\\E$", "$options": "i"}};
        (player_name__regex = "^a+$"), f.player_name.regex("^a+$"), {"playerName": {"$regex": "^a+$"}};
        (player_name__iregex = "^a"), f.player_name.iregex("^a"), {"playerName": {"$regex": "^a", "$options": "i"}};
        // every end of a quote in the text, not only the first
        (player_name__contains = "\\Ea\\E"), f.player_name.contains("\\Ea\\E"),
            {"playerName": {"$regex": "\\Q\\E\\\\E\\Qa\\E\\\\E\\Q\\E"}};
    }
}

/// Values in their wire form.
#[test]
fn operands() {
    let f = GameScore::F;
    let date: DateTime<Utc> = "1969-07-20T20:17:40.123456Z".parse().unwrap();
    let place = GeoPoint::new(1.5, -2.0).unwrap();
    let player = Pointer::<Player>::to("abc");
    golden! {
        (cheat_mode = true), f.cheat_mode.eq(true), {"cheatMode": true};
        (ratio = 0.1_f32), f.ratio.eq(0.1_f32), {"ratio": 0.1};
        (ratio__gt = 7_u8), f.ratio.gt(7_u8), {"ratio": {"$gt": 7}};
        (score__lt = [1, 2, 3].len()), f.score.lt(3_usize), {"score": {"$lt": 3}};
        (level = Level::Hard), f.level.eq(&Level::Hard), {"level": "very-hard"};
        (level__in = [Level::Easy]), f.level.is_in(&[Level::Easy]), {"level": {"$in": ["easy"]}};
        (played_at__gte = date), f.played_at.gte(&date),
            {"playedAt": {"$gte": {"__type": "Date", "iso": "1969-07-20T20:17:40.123Z"}}};
        (created_at__lt = date), f.created_at.lt(date),
            {"createdAt": {"$lt": {"__type": "Date", "iso": "1969-07-20T20:17:40.123Z"}}};
        (place = place), f.place.eq(place),
            {"place": {"__type": "GeoPoint", "latitude": 1.5, "longitude": -2.0}};
        (data = Bytes::from(vec![1, 2])), f.data.eq(Bytes::from(vec![1, 2])),
            {"data": {"__type": "Bytes", "base64": "AQI="}};
        (skills = "a"), f.skills.eq("a"), {"skills": "a"};
        (skills__in = ["a".to_owned()]), f.skills.is_in(&["a"]), {"skills": {"$in": ["a"]}};
        (player = &player), f.player.eq(player.clone()),
            {"player": {"__type": "Pointer", "className": "Player", "objectId": "abc"}};
        (player__in = [&player]), f.player.is_in(vec![&player]),
            {"player": {"$in": [{"__type": "Pointer", "className": "Player", "objectId": "abc"}]}};
        (rivals = &player), f.rivals.eq(&player),
            {"rivals": {"__type": "Pointer", "className": "Player", "objectId": "abc"}};
        (object_id = "abc"), f.object_id.eq(ObjectId::from("abc")), {"objectId": "abc"};
        (any = json!(3)), f.any.eq(json!(3)), {"any": 3};
        // keys of an object could be taken for operators
        (any = json!({"a": 1})), f.any.eq(json!({"a": 1})), {"any": {"$eq": {"a": 1}}};
    }
    let at = chrono::DateTime::parse_from_rfc3339("2026-01-01T01:00:00+01:00").unwrap();
    assert_eq!(
        where_of(&query!(GameScore.filter(played_at = at))),
        json!({"playedAt": {"__type": "Date", "iso": "2026-01-01T00:00:00.000Z"}})
    );
}

/// Row 57: latitude first, and closed.
#[test]
fn row_57_polygons() {
    let point = |latitude, longitude| GeoPoint::new(latitude, longitude).unwrap();
    let area = Polygon::new([point(1.0, 2.0), point(3.0, 4.0), point(5.0, -6.0)]).unwrap();
    assert_eq!(
        where_of(&query!(GameScore.filter(area = area))),
        json!({"area": {"__type": "Polygon", "coordinates": [[1.0, 2.0], [3.0, 4.0], [5.0, -6.0], [1.0, 2.0]]}})
    );
}

#[test]
fn row_2_conditions_on_one_key_share_it() {
    let f = GameScore::F;
    golden! {
        (score__gt = 1, score__lt = 5), f.score.gt(1) & f.score.lt(5), {"score": {"$gt": 1, "$lt": 5}};
        (score = 3, score__gt = 1), f.score.eq(3) & f.score.gt(1), {"score": {"$eq": 3, "$gt": 1}};
        (score__gt = 1, score = 3), f.score.gt(1) & f.score.eq(3), {"score": {"$gt": 1, "$eq": 3}};
        (score__range = (1, 9), score__ne = 5), f.score.range((1, 9)) & f.score.ne(5),
            {"score": {"$gte": 1, "$lte": 9, "$ne": 5}};
        (player_name__startswith = "a", player_name__ne = "ab"), f.player_name.startswith("a") & f.player_name.ne("ab"),
            {"playerName": {"$regex": "^\\Qa\\E", "$ne": "ab"}};
        // what does not fit beside the other overwrites nothing
        (score__gt = 1, score__gt = 2), f.score.gt(1) & f.score.gt(2),
            {"score": {"$gt": 1}, "$and": [{"score": {"$gt": 2}}]};
        (skills = "a", skills = "b"), f.skills.eq("a") & f.skills.eq("b"), {"skills": "a", "$and": [{"skills": "b"}]};
        (player_name__contains = "a", player_name__icontains = "b"),
            f.player_name.contains("a") & f.player_name.icontains("b"),
            {"playerName": {"$regex": "\\Qa\\E"}, "$and": [{"playerName": {"$regex": "\\Qb\\E", "$options": "i"}}]};
        (score__in = [1], score__in = [2], score__nin = [3]),
            f.score.is_in([1]) & f.score.is_in([2]) & f.score.nin([3]),
            {"score": {"$in": [1], "$nin": [3]}, "$and": [{"score": {"$in": [2]}}]};
        (player.name = "a", player.team.name = "b"),
            f.player.has(Player::F.name.eq("a")) & f.player.has(Player::F.team.has(Team::F.name.eq("b"))),
            {
                "player": {"$inQuery": {"where": {"name": "a"}, "className": "Player"}},
                "$and": [{"player": {"$inQuery": {
                    "where": {"team": {"$inQuery": {"where": {"name": "b"}, "className": "Team"}}},
                    "className": "Player",
                }}}],
            };
    }
}

/// One `filter` with two conditions, and two of one each, are the same query.
#[test]
fn filters_add_up() {
    let once = query!(GameScore.filter(score__gt = 1, cheat_mode = true, score__lt = 5));
    let twice = query!(
        GameScore
            .filter(score__gt = 1)
            .filter(cheat_mode = true)
            .filter(score__lt = 5)
    );
    assert_eq!(where_of(&once), where_of(&twice));
    assert_eq!(
        where_of(&once),
        json!({"score": {"$gt": 1, "$lt": 5}, "cheatMode": true})
    );
}

#[test]
fn row_47_trees() {
    let f = GameScore::F;
    golden! {
        (Q(score = 1) | Q(score = 2)), f.score.eq(1) | f.score.eq(2), {"$or": [{"score": 1}, {"score": 2}]};
        (Q(score = 1) | Q(score = 2) | Q(cheat_mode = true)), f.score.eq(1) | f.score.eq(2) | f.cheat_mode.eq(true),
            {"$or": [{"score": 1}, {"score": 2}, {"cheatMode": true}]};
        (Q(score__gt = 1, score__lt = 3) | Q(cheat_mode = true)),
            (f.score.gt(1) & f.score.lt(3)) | f.cheat_mode.eq(true),
            {"$or": [{"score": {"$gt": 1, "$lt": 3}}, {"cheatMode": true}]};
        (Q(score = 1) | Q(score = 2), cheat_mode = true), (f.score.eq(1) | f.score.eq(2)) & f.cheat_mode.eq(true),
            {"cheatMode": true, "$or": [{"score": 1}, {"score": 2}]};
        (Q(score = 1) | Q(score = 2), Q(score = 3) | Q(score = 4)),
            (f.score.eq(1) | f.score.eq(2)) & (f.score.eq(3) | f.score.eq(4)),
            {"$or": [{"score": 1}, {"score": 2}], "$and": [{"$or": [{"score": 3}, {"score": 4}]}]};
        ((Q(score = 1) & Q(cheat_mode = true)) | Q(score = 2)),
            (f.score.eq(1) & f.cheat_mode.eq(true)) | f.score.eq(2),
            {"$or": [{"score": 1, "cheatMode": true}, {"score": 2}]};
    }
}

#[test]
fn negations() {
    let f = GameScore::F;
    golden! {
        (!Q(score = 1)), !f.score.eq(1), {"score": {"$ne": 1}};
        (!Q(score__ne = 1)), !f.score.ne(1), {"score": 1};
        (!Q(score__in = [1])), !f.score.is_in([1]), {"score": {"$nin": [1]}};
        (!Q(score__nin = [1])), !f.score.nin([1]), {"score": {"$in": [1]}};
        (!Q(ratio__isnull = true)), !f.ratio.isnull(true), {"ratio": {"$ne": null}};
        // the opposite of `$gt` would leave out the rows without the field
        (!Q(score__gt = 1)), !f.score.gt(1), {"$nor": [{"score": {"$gt": 1}}]};
        (!Q(player_name__contains = "a")), !f.player_name.contains("a"),
            {"$nor": [{"playerName": {"$regex": "\\Qa\\E"}}]};
        (!Q(score = 1, cheat_mode = true)), !(f.score.eq(1) & f.cheat_mode.eq(true)),
            {"$nor": [{"score": 1, "cheatMode": true}]};
        (!(Q(score = 1) | Q(cheat_mode = true))), !(f.score.eq(1) | f.cheat_mode.eq(true)),
            {"$nor": [{"score": 1}, {"cheatMode": true}]};
        (!!Q(score__gt = 1)), !!f.score.gt(1), {"$or": [{"score": {"$gt": 1}}]};
        (!Q(score__gt = 1), !Q(score__lt = 0)), !f.score.gt(1) & !f.score.lt(0),
            {"$nor": [{"score": {"$gt": 1}}], "$and": [{"$nor": [{"score": {"$lt": 0}}]}]};
        (!Q(player.name = "a")), !f.player.has(Player::F.name.eq("a")),
            {"player": {"$notInQuery": {"where": {"name": "a"}, "className": "Player"}}};
    }
    let excluded = query!(
        GameScore
            .exclude(score = 1)
            .exclude(cheat_mode = true, score__gt = 2)
    );
    assert_eq!(
        where_of(&excluded),
        json!({"score": {"$ne": 1}, "$nor": [{"cheatMode": true, "score": {"$gt": 2}}]})
    );
}

#[test]
fn through_pointers_and_into_embedded_structs() {
    let f = GameScore::F;
    let in_team = |condition: Value| {
        json!({"$inQuery": {
            "where": {"team": {"$inQuery": {"where": condition, "className": "Team"}}}, "className": "Player",
        }})
    };
    assert_eq!(
        where_of(&query!(GameScore.filter(player__team__win_pct__gt = 0.5))),
        json!({"player": in_team(json!({"winPct": {"$gt": 0.5}}))})
    );
    golden! {
        (player.home.city = "a"), f.player.has(Player::F.home.has(<Address as parse_orm::Traversable>::FIELDS.city.eq("a"))),
            {"player": {"$inQuery": {"where": {"home.city": "a"}, "className": "Player"}}};
        (home.city__startswith = "B", home__zip_code__gte = 3000),
            f.home.has(<Address as parse_orm::Traversable>::FIELDS.city.startswith("B"))
                & f.home.has(<Address as parse_orm::Traversable>::FIELDS.zip_code.gte(3000)),
            {"home.city": {"$regex": "^\\QB\\E"}, "home.zipCode": {"$gte": 3000}};
        (home.geo.floor = 3),
            f.home.has(<Address as parse_orm::Traversable>::FIELDS.geo.has(<Inner as parse_orm::Traversable>::FIELDS.floor.eq(3))),
            {"home.geo.floor": 3};
        (!Q(home.city = "a", home.zip_code = 1)),
            !(f.home.has(<Address as parse_orm::Traversable>::FIELDS.city.eq("a"))
                & f.home.has(<Address as parse_orm::Traversable>::FIELDS.zip_code.eq(1))),
            {"$nor": [{"home.city": "a", "home.zipCode": 1}]};
    }
}

/// Bare in the answer to "is she in it": arrays and relations know no `$eq`.
#[tokio::test]
async fn row_3_equality_alone_is_bare() {
    let server = parse_orm_mock::MockServer::start().await;
    let mut owner = score(1).create(&server.client()).await.unwrap();
    owner.add_to_opponents([Pointer::<Player>::to("abc")]);
    let related = owner.opponents();
    let where_of = serde_json::to_value(&related).unwrap();
    assert_eq!(
        where_of,
        json!({"where": {"$relatedTo": {
            "object": {"__type": "Pointer", "className": "GameScore", "objectId": owner.id()}, "key": "opponents",
        }}})
    );
    let some = serde_json::to_value(query!(related.filter(name = "a"))).unwrap();
    assert_eq!(some["where"]["name"], "a");
    assert!(some["where"]["$relatedTo"].is_object());
}
