//! The `where` of lookups of arrays, places, texts, relations and other queries, by the macro and by tokens.

use crate::models::{GameScore, Player, Team};
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

fn point(latitude: f64, longitude: f64) -> GeoPoint {
    GeoPoint::new(latitude, longitude).unwrap()
}

fn wire(latitude: f64, longitude: f64) -> Value {
    json!({"__type": "GeoPoint", "latitude": latitude, "longitude": longitude})
}

#[test]
fn arrays() {
    let f = GameScore::F;
    let player = Pointer::<Player>::to("abc");
    let nothing: [&str; 0] = [];
    golden! {
        (skills__all = ["a", "b"]), f.skills.all(["a", "b"]), {"skills": {"$all": ["a", "b"]}};
        (lucky__all = vec![1, 2]), f.lucky.all(&[1, 2]), {"lucky": {"$all": [1, 2]}};
        (skills__all = nothing), f.skills.all(nothing), {"skills": {"$nin": []}};
        (rivals__all = [&player]), f.rivals.all([&player]),
            {"rivals": {"$all": [{"__type": "Pointer", "className": "Player", "objectId": "abc"}]}};
        (skills__contained_by = ["a"]), f.skills.contained_by(["a"]), {"skills": {"$containedBy": ["a"]}};
        (skills__startswith_all = ["a.", "\\E"]), f.skills.startswith_all(&["a.", "\\E"]),
            {"skills": {"$all": [{"$regex": "^\\Qa.\\E"}, {"$regex": "^\\Q\\E\\\\E\\Q\\E"}]}};
        (ratio__exists = true), f.ratio.exists(true), {"ratio": {"$exists": true}};
        (!Q(ratio__exists = true)), !f.ratio.exists(true), {"ratio": {"$exists": false}};
        (!Q(skills__all = ["a"])), !f.skills.all(["a"]), {"$nor": [{"skills": {"$all": ["a"]}}]};
    }
}

/// The server turns `$containedBy` into a `$nor` around all of its key, of which MongoDB takes one.
#[test]
fn row_2_nothing_stands_beside_what_would_swallow_it() {
    let f = GameScore::F;
    golden! {
        (skills__contained_by = ["a"], skills__all = ["b"]), f.skills.contained_by(["a"]) & f.skills.all(["b"]),
            {"skills": {"$all": ["b"]}, "$and": [{"skills": {"$containedBy": ["a"]}}]};
        (skills__contained_by = ["a"], lucky__contained_by = [1]), f.skills.contained_by(["a"]) & f.lucky.contained_by([1]),
            {"$and": [{"skills": {"$containedBy": ["a"]}}, {"lucky": {"$containedBy": [1]}}]};
        (skills__contained_by = ["a"], !Q(score__gt = 1)), f.skills.contained_by(["a"]) & !f.score.gt(1),
            {"$nor": [{"score": {"$gt": 1}}], "$and": [{"skills": {"$containedBy": ["a"]}}]};
        // the server would unite the lists
        (player__in = [Pointer::<Player>::to("a")], player.name = "b"),
            f.player.is_in([Pointer::<Player>::to("a")]) & f.player.has(Player::F.name.eq("b")),
            {
                "player": {"$in": [{"__type": "Pointer", "className": "Player", "objectId": "a"}]},
                "$and": [{"player": {"$inQuery": {"where": {"name": "b"}, "className": "Player"}}}],
            };
        // a search comes first, and has its key for itself
        (score__gt = 1, player_name__ne = "x", player_name__search = "a"),
            f.score.gt(1) & f.player_name.ne("x") & f.player_name.search("a"),
            {
                "playerName": {"$text": {"$search": {"$term": "a"}}},
                "score": {"$gt": 1},
                "$and": [{"playerName": {"$ne": "x"}}],
            };
        (place__near = point(1.0, 2.0), place__within_radians = (point(1.0, 2.0), 0.5)),
            f.place.near(point(1.0, 2.0)) & f.place.within_radians((point(1.0, 2.0), 0.5)),
            {
                "place": {"$nearSphere": (wire(1.0, 2.0))},
                "$and": [{"place": {"$geoWithin": {"$centerSphere": [(wire(1.0, 2.0)), 0.5]}}}],
            };
    }
    let text = serde_json::to_string(&q!(GameScore, score = 1, player_name__search = "a")).unwrap();
    assert!(text.starts_with("{\"playerName\":"), "{text}");
}

#[test]
fn places() {
    let f = GameScore::F;
    let here = point(1.5, -2.0);
    golden! {
        (place__near = here), f.place.near(&here), {"place": {"$nearSphere": (wire(1.5, -2.0))}};
        (place__near = near(here).within_km(6371)), f.place.near(near(here).within_radians(1.0)),
            {"place": {"$nearSphere": (wire(1.5, -2.0)), "$maxDistance": 1.0}};
        (place__near = near(&here).within_miles(3958.8)), f.place.near(near(here).within_km(6371.0)),
            {"place": {"$nearSphere": (wire(1.5, -2.0)), "$maxDistance": 1.0}};
        (place__within_km = (here, 637.1)), f.place.within_km((&here, 637.1)),
            {"place": {"$geoWithin": {"$centerSphere": [(wire(1.5, -2.0)), 0.1]}}};
        (place__within_miles = (here, 3958.8)), f.place.within_miles((here, 3958.8)),
            {"place": {"$geoWithin": {"$centerSphere": [(wire(1.5, -2.0)), 1.0]}}};
        (place__within_radians = (here, 0.25)), f.place.within_radians((here, 0.25_f32)),
            {"place": {"$geoWithin": {"$centerSphere": [(wire(1.5, -2.0)), 0.25]}}};
        (place__within_sphere = (here, 1)), f.place.within_radians((here, 1)),
            {"place": {"$geoWithin": {"$centerSphere": [(wire(1.5, -2.0)), 1.0]}}};
        (place__within_box = (here, point(3.0, 4.0))), f.place.within_box((here, point(3.0, 4.0))),
            {"place": {"$within": {"$box": [(wire(1.5, -2.0)), (wire(3.0, 4.0))]}}};
        (area__intersects = here), f.area.intersects(here), {"area": {"$geoIntersects": {"$point": (wire(1.5, -2.0))}}};
    }
}

/// Row 57: of a polygon the server would take the first number for the longitude here, so points are sent.
#[test]
fn row_57_the_corners_of_an_area_are_points() {
    let f = GameScore::F;
    let corners = [point(1.0, 2.0), point(3.0, 4.0), point(5.0, -6.0)];
    let area = Polygon::new(corners).unwrap();
    golden! {
        (place__within_polygon = corners), f.place.within_polygon(&area),
            {"place": {"$geoWithin": {"$polygon": [(wire(1.0, 2.0)), (wire(3.0, 4.0)), (wire(5.0, -6.0))]}}};
    }
}

#[test]
fn searches() {
    let f = GameScore::F;
    golden! {
        (player_name__search = "a b"), f.player_name.search("a b"), {"playerName": {"$text": {"$search": {"$term": "a b"}}}};
        (player_name__search = search("a").language("de").case_sensitive().diacritic_sensitive()),
            f.player_name.search(&search("a").language("de").case_sensitive().diacritic_sensitive()),
            {"playerName": {"$text": {"$search": {
                "$term": "a", "$language": "de", "$caseSensitive": true, "$diacriticSensitive": true,
            }}}};
    }
    // a model with a field `score` of its own is not asked for the other one
    let best = query!(GameScore.filter(player_name__search = "a")).order_by_text_score();
    let best = serde_json::to_value(&best).unwrap();
    assert_eq!(best["order"], "$score");
    assert_eq!(best.get("keys"), None);
}

#[test]
fn relative_times() {
    let f = GameScore::F;
    golden! {
        (played_at__gt = ago("2 weeks")), f.played_at.gt(ago("2 weeks")),
            {"playedAt": {"$gt": {"$relativeTime": "2 weeks ago"}}};
        (created_at__lte = from_now("3 days")), f.created_at.lte(&from_now("3 days")),
            {"createdAt": {"$lte": {"$relativeTime": "in 3 days"}}};
        (played_at__range = (ago("1 day"), from_now("1 day"))), f.played_at.range((ago("1 day"), from_now("1 day"))),
            {"playedAt": {"$gte": {"$relativeTime": "1 day ago"}, "$lte": {"$relativeTime": "in 1 day"}}};
    }
}

/// Row 62: a sub-query is data like any other, and written once.
#[test]
fn row_62_sub_queries() {
    let f = GameScore::F;
    let quote = q!(Player, name = "\"}],[{");
    let red = query!(Team.filter(name = "Red"));
    golden! {
        (player__in = query!(Player.filter(name__startswith = "A").exclude(name = "Ann"))),
            f.player.is_in(Player::objects().filter(Player::F.name.startswith("A")).exclude(Player::F.name.eq("Ann"))),
            {"player": {"$inQuery": {"where": {"name": {"$regex": "^\\QA\\E", "$ne": "Ann"}}, "className": "Player"}}};
        (player__nin = &quote), f.player.nin(quote.clone()),
            {"player": {"$notInQuery": {"where": {"name": "\"}],[{"}, "className": "Player"}}};
        (player__in = query!(Player)), f.player.is_in(SubQuery::new()),
            {"player": {"$inQuery": {"where": {}, "className": "Player"}}};
        (player__in = query!(Player.filter(team__in = &red))), f.player.has(Player::F.team.is_in(&red)),
            {"player": {"$inQuery": {"where": {"team": {"$inQuery": {"where": {"name": "Red"}, "className": "Team"}}}, "className": "Player"}}};
        (player_name__in = red.select(Team::F.name)), f.player_name.is_in(red.select(Team::F.name)),
            {"playerName": {"$select": {"query": {"where": {"name": "Red"}, "className": "Team"}, "key": "name"}}};
        // rows without a value would stand for null
        (ratio__nin = red.select(Team::F.win_pct)), f.ratio.nin(&red.select(Team::F.win_pct)),
            {"ratio": {"$dontSelect": {
                "query": {"where": {"name": "Red", "winPct": {"$ne": null}}, "className": "Team"}, "key": "winPct",
            }}};
        (!Q(player__in = &quote)), !f.player.is_in(&quote),
            {"player": {"$notInQuery": {"where": {"name": "\"}],[{"}, "className": "Player"}}};
        (!Q(player_name__nin = red.select(Team::F.name))), !f.player_name.nin(red.select(Team::F.name)),
            {"playerName": {"$select": {"query": {"where": {"name": "Red"}, "className": "Team"}, "key": "name"}}};
    }
}

/// Row 3: the bare value, which alone asks a relation for membership. Row 40: null is nothing that could be asked of it.
#[test]
fn row_3_and_row_40_relations() {
    let f = GameScore::F;
    let (ann, bob) = (Pointer::<Player>::to("ann"), Pointer::<Player>::to("bob"));
    let wire = |id: &str| json!({"__type": "Pointer", "className": "Player", "objectId": id});
    golden! {
        (opponents = &ann), f.opponents.eq(&ann), {"opponents": (wire("ann"))};
        (opponents__ne = &ann), f.opponents.ne(&ann), {"opponents": {"$ne": (wire("ann"))}};
        (opponents__in = [&ann, &bob]), f.opponents.is_in([&ann, &bob]), {"opponents": {"$in": [(wire("ann")), (wire("bob"))]}};
        (opponents = &ann, opponents = &bob), f.opponents.eq(&ann) & f.opponents.eq(&bob),
            {"opponents": (wire("ann")), "$and": [{"opponents": (wire("bob"))}]};
        (opponents__ne = &ann, opponents = &bob), f.opponents.ne(&ann) & f.opponents.eq(&bob),
            {"opponents": {"$ne": (wire("ann"))}, "$and": [{"opponents": (wire("bob"))}]};
        (opponents.name = "a"), f.opponents.has(Player::F.name.eq("a")),
            {"opponents": {"$inQuery": {"where": {"name": "a"}, "className": "Player"}}};
        // the server does not look into `$nor` for relations
        (!Q(opponents = &ann, score = 1)), !(f.opponents.eq(&ann) & f.score.eq(1)),
            {"$or": [{"opponents": {"$ne": (wire("ann"))}}, {"score": {"$ne": 1}}]};
        (!(Q(opponents = &ann) | Q(score__gt = 1))), !(f.opponents.eq(&ann) | f.score.gt(1)),
            {"opponents": {"$ne": (wire("ann"))}, "$nor": [{"score": {"$gt": 1}}]};
    }
}
