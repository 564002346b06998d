//! The bodies of creates and updates.

use crate::models::{Address, GameScore, GameScoreAccessors, Inner, Level, Player, Team, score};
use parse_orm::prelude::*;
use parse_orm_mock::MockServer;
use serde_json::{Value, json};

/// A server, its client, and a stored row.
async fn stored() -> (MockServer, Client, Object<GameScore>) {
    let server = MockServer::start().await;
    let client = server.client();
    let mut value = score(5);
    value.skills = vec!["a".into(), "b".into()];
    value.lucky = Some(vec![1]);
    value.ratio = Some(0.5);
    let object = value.create(&client).await.unwrap();
    (server, client, object)
}

fn last_body(server: &MockServer) -> Value {
    server.requests().pop().and_then(|request| request.body).unwrap()
}

/// The body of the save that follows these changes.
macro_rules! update {
    (|$object:ident| $changes:block => $json:tt) => {{
        let (server, client, mut $object) = stored().await;
        $changes
        $object.save(&client).await.unwrap();
        let request = server.requests().pop().unwrap();
        assert_eq!((request.wire_method.as_str(), request.path), ("PUT", format!("/classes/GameScore/{}", $object.id())));
        assert_eq!(request.body, Some(json!($json)));
    }};
}

#[tokio::test]
async fn a_create_has_every_value_and_nothing_else() {
    let server = MockServer::start().await;
    let client = server.client();
    score(1).create(&client).await.unwrap();
    let request = server.requests().pop().unwrap();
    assert_eq!(
        (request.wire_method.as_str(), request.path.as_str()),
        ("POST", "/classes/GameScore")
    );
    assert_eq!(
        request.body,
        Some(json!({"score": 1, "playerName": "Ann", "cheatMode": false, "skills": [], "rivals": []}))
    );

    let point = |latitude, longitude| GeoPoint::new(latitude, longitude).unwrap();
    let player = Player {
        name: "p".into(),
        team: None,
        home: None,
    }
    .create(&client)
    .await
    .unwrap();
    let full = GameScore {
        ratio: Some(2.0),
        played_at: Some("2026-01-31T12:00:00.1239Z".parse().unwrap()),
        lucky: Some(vec![7, -8]),
        level: Some(Level::Easy),
        place: Some(point(1.5, 2.0)),
        area: Some(Polygon::new([point(0.0, 1.0), point(2.0, 3.0), point(4.0, 5.0)]).unwrap()),
        data: Some(Bytes::from(vec![0, 255])),
        any: Some(json!({"n": null})),
        home: Some(Address {
            city: "Bern".into(),
            zip_code: None,
            geo: None,
        }),
        player: Some(player.pointer()),
        rivals: vec![player.pointer()],
        ..score(1)
    };
    Draft::new(full)
        .acl(Acl::new().allow_read(Who::Public))
        .create(&client)
        .await
        .unwrap();
    let pointer = json!({"__type": "Pointer", "className": "Player", "objectId": player.id()});
    assert_eq!(
        last_body(&server),
        json!({
            "score": 1, "playerName": "Ann", "cheatMode": false, "ratio": 2.0,
            "playedAt": {"__type": "Date", "iso": "2026-01-31T12:00:00.123Z"},
            "skills": [], "lucky": [7, -8], "level": "easy",
            "place": {"__type": "GeoPoint", "latitude": 1.5, "longitude": 2.0},
            "area": {"__type": "Polygon", "coordinates": [[0.0, 1.0], [2.0, 3.0], [4.0, 5.0], [0.0, 1.0]]},
            "data": {"__type": "Bytes", "base64": "AP8="},
            "any": {"n": null}, "home": {"city": "Bern"}, "player": pointer, "rivals": [pointer],
            "ACL": {"*": {"read": true}},
        })
    );
}

#[tokio::test]
async fn row_43_an_update_has_only_what_changed() {
    update!(|object| { object.score = 6; } => {"score": 6});
    update!(|object| { object.set_player_name("Bob"); object.cheat_mode = true; } => {"playerName": "Bob", "cheatMode": true});
    update!(|object| { object.set_acl(Acl::public()); } => {"ACL": {"*": {"read": true, "write": true}}});
    update!(|object| { object.skills.push("c".into()); } => {"skills": ["a", "b", "c"]});
}

#[tokio::test]
async fn row_45_none_is_a_delete() {
    update!(|object| { object.ratio = None; } => {"ratio": {"__op": "Delete"}});
    update!(|object| { object.unset_lucky(); } => {"lucky": {"__op": "Delete"}});
}

/// The table of `merging`: previous operation, next operation, what is sent.
#[tokio::test]
async fn numbers() {
    update!(|object| { object.increment_score(3); } => {"score": {"__op": "Increment", "amount": 3}});
    update!(|object| { object.increment_score(3); object.increment_score(-5); } => {"score": {"__op": "Increment", "amount": -2}});
    update!(|object| { object.increment_ratio(0.25); } => {"ratio": {"__op": "Increment", "amount": 0.25}});
    update!(|object| { object.score = 10; object.increment_score(3); } => {"score": 13});
    update!(|object| { object.increment_score(3); object.score = 10; } => {"score": 10});
    update!(|object| { object.ratio = None; object.increment_ratio(3.0); } => {"ratio": 3.0});
    update!(|object| { object.increment_ratio(3.0); object.ratio = None; } => {"ratio": {"__op": "Delete"}});
}

#[tokio::test]
async fn arrays() {
    update!(|object| { object.add_skills(["b"]); object.add_skills(["b", "c"]); }
        => {"skills": {"__op": "Add", "objects": ["b", "b", "c"]}});
    update!(|object| { object.add_unique_skills(["b", "c"]); object.add_unique_skills(["c", "d"]); }
        => {"skills": {"__op": "AddUnique", "objects": ["b", "c", "d"]}});
    update!(|object| { object.remove_skills(["a"]); object.remove_skills(["a", "x"]); }
        => {"skills": {"__op": "Remove", "objects": ["a", "x"]}});
    // what cannot be one operation goes as the whole value
    update!(|object| { object.add_skills(["c"]); object.add_unique_skills(["c", "d"]); } => {"skills": ["a", "b", "c", "d"]});
    update!(|object| { object.add_unique_skills(["c"]); object.add_skills(["c"]); } => {"skills": ["a", "b", "c", "c"]});
    update!(|object| { object.add_skills(["c"]); object.remove_skills(["a"]); } => {"skills": ["b", "c"]});
    update!(|object| { object.remove_skills(["a"]); object.add_skills(["c"]); } => {"skills": ["b", "c"]});
    update!(|object| { object.add_unique_skills(["c"]); object.remove_skills(["a"]); } => {"skills": ["b", "c"]});
    update!(|object| { object.remove_skills(["a"]); object.add_unique_skills(["c"]); } => {"skills": ["b", "c"]});
    update!(|object| { object.skills = vec!["x".into()]; object.add_skills(["y"]); } => {"skills": ["x", "y"]});
    update!(|object| { object.lucky = None; object.add_lucky([4, 4]); } => {"lucky": [4, 4]});
    update!(|object| { object.lucky = None; object.add_unique_lucky([4, 4]); } => {"lucky": [4]});
    update!(|object| { object.lucky = None; object.remove_lucky([1]); } => {"lucky": {"__op": "Delete"}});
    update!(|object| { object.add_lucky([2]); object.lucky = None; } => {"lucky": {"__op": "Delete"}});
}

/// An included object inside of an operation is sent as a pointer.
#[tokio::test]
async fn arrays_of_pointers() {
    let (server, client, mut object) = stored().await;
    let player = Player {
        name: "p".into(),
        team: Some(Pointer::<Team>::to("t")),
        home: None,
    };
    let player = player.create(&client).await.unwrap();
    object.add_rivals([&player]);
    assert!(object.rivals[0].get().is_ok());
    object.save(&client).await.unwrap();
    let pointer = json!({"__type": "Pointer", "className": "Player", "objectId": player.id()});
    assert_eq!(
        last_body(&server),
        json!({"rivals": {"__op": "Add", "objects": [pointer]}})
    );
}

#[tokio::test]
async fn relations() {
    let pointer = |id: &str| json!({"__type": "Pointer", "className": "Player", "objectId": id});
    let to = |id: &str| Pointer::<Player>::to(id);
    update!(|object| { object.add_to_opponents([to("a")]); object.add_to_opponents([to("b"), to("a")]); }
        => {"opponents": {"__op": "AddRelation", "objects": [pointer("a"), pointer("b")]}});
    update!(|object| { object.add_to_opponents([to("a")]); object.remove_from_opponents([to("a")]); }
        => {"opponents": {"__op": "RemoveRelation", "objects": [pointer("a")]}});
    update!(|object| { object.add_to_opponents([to("a")]); object.remove_from_opponents([to("b")]); }
    => {"opponents": {"__op": "Batch", "ops": [
        {"__op": "AddRelation", "objects": [pointer("a")]},
        {"__op": "RemoveRelation", "objects": [pointer("b")]},
    ]}});
    update!(|object| { object.remove_from_opponents([to("a")]); object.add_to_opponents([to("a")]); object.score = 1; }
        => {"score": 1, "opponents": {"__op": "AddRelation", "objects": [pointer("a")]}});
}

/// A stored row whose `home` is set, after the change: what the save sends.
async fn moved(change: impl FnOnce(&mut Address)) -> Value {
    let server = MockServer::start().await;
    let client = server.client();
    let mut value = score(5);
    value.home = Some(Address {
        city: "Bern".into(),
        zip_code: Some(3000),
        geo: Some(Inner { floor: 1 }),
    });
    let mut object = value.create(&client).await.unwrap();
    change(object.home.as_mut().unwrap());
    assert_eq!(object.dirty_fields(), ["home"]);
    object.save(&client).await.unwrap();
    assert!(!object.is_dirty());
    last_body(&server)
}

#[tokio::test]
async fn row_12_only_the_changed_keys_of_an_embedded_struct_are_sent() {
    assert_eq!(
        moved(|home| home.city = "Basel".into()).await,
        json!({"home.city": "Basel"})
    );
    assert_eq!(
        moved(|home| {
            home.zip_code = None;
            home.city = "Biel".into();
        })
        .await,
        json!({"home.city": "Biel", "home.zipCode": {"__op": "Delete"}})
    );
    // one level deep: a deeper key makes PostgreSQL drop the keys beside it
    assert_eq!(
        moved(|home| home.geo = Some(Inner { floor: 2 })).await,
        json!({"home.geo": {"floor": 2}})
    );
}

/// The key of the whole and the key of a part in one request are a conflict on MongoDB.
#[tokio::test]
async fn row_13_a_struct_that_the_row_did_not_have_is_sent_as_a_whole() {
    update!(|object| {
        object.home = Some(Address { city: "Bern".into(), zip_code: None, geo: None });
        object.home.as_mut().unwrap().city = "Basel".into();
    } => {"home": {"city": "Basel"}});
    let (server, client, mut object) = stored().await;
    object.home = Some(Address {
        city: "Bern".into(),
        zip_code: None,
        geo: None,
    });
    object.save(&client).await.unwrap();
    object.home = None;
    object.save(&client).await.unwrap();
    assert_eq!(last_body(&server), json!({"home": {"__op": "Delete"}}));
}

/// A default stands for no value: a part of it would make a value of which the rest is missing.
#[tokio::test]
async fn a_default_is_sent_as_a_whole() {
    #[derive(ParseObject, Debug, Clone)]
    struct House {
        #[parse(default = Address { city: "Nowhere".into(), zip_code: Some(1), geo: None })]
        at: Address,
        owner: Option<String>,
    }
    #[derive(ParseObject, Debug, Clone)]
    #[parse(class_name = "House")]
    struct Bare {
        owner: Option<String>,
    }
    let server = MockServer::start().await;
    let client = server.client();
    let bare = Bare { owner: None }.create(&client).await.unwrap();
    let mut house = House::get(&client, bare.id().clone()).await.unwrap();
    house.at.city = "Bern".into();
    house.save(&client).await.unwrap();
    assert_eq!(last_body(&server), json!({"at": {"city": "Bern", "zipCode": 1}}));
}

#[tokio::test]
async fn row_12_only_the_changed_entries_of_a_map_are_sent() {
    #[derive(ParseObject, Debug, Clone)]
    struct Stats {
        wins: std::collections::HashMap<String, i64>,
    }
    let server = MockServer::start().await;
    let client = server.client();
    let wins = |entries: &[(&str, i64)]| entries.iter().map(|(key, n)| ((*key).to_owned(), *n)).collect();
    let mut stats = Stats {
        wins: wins(&[("a", 1), ("b", 2), ("c", 3)]),
    }
    .create(&client)
    .await
    .unwrap();
    stats.wins = wins(&[("a", 1), ("b", 5), ("d", 4)]);
    stats.save(&client).await.unwrap();
    assert_eq!(
        last_body(&server),
        json!({"wins.b": 5, "wins.d": 4, "wins.c": {"__op": "Delete"}})
    );
    // a key that would be read as a path
    stats.wins.insert("1.5".into(), 0);
    let refused = stats.save(&client).await.unwrap_err();
    assert!(refused.to_string().contains("1.5"), "{refused}");
    stats.wins.remove("1.5");
    stats.wins.insert("0".into(), 9);
    stats.save(&client).await.unwrap();
    assert_eq!(
        last_body(&server),
        json!({"wins": {"a": 1, "b": 5, "d": 4, "0": 9}})
    );
}

/// What an earlier save sent is not sent again.
#[tokio::test]
async fn a_second_save_starts_anew() {
    let (server, client, mut object) = stored().await;
    object.increment_score(1);
    object.save(&client).await.unwrap();
    object.increment_score(2);
    object.add_skills(["c"]);
    object.save(&client).await.unwrap();
    assert_eq!(
        last_body(&server),
        json!({"score": {"__op": "Increment", "amount": 2}, "skills": {"__op": "Add", "objects": ["c"]}})
    );
    let sent = server.requests().len();
    object.save(&client).await.unwrap();
    assert_eq!(server.requests().len(), sent);
}

/// A relation of a new object is an operation, and left out where it adds nothing.
#[tokio::test]
async fn row_48_relations_of_new_objects() {
    let server = MockServer::start().await;
    let client = server.client();
    let pointer = |id: &str| json!({"__type": "Pointer", "className": "Player", "objectId": id});
    let to = |id: &str| Pointer::<Player>::to(id);
    let created = async |opponents| {
        let value = GameScore {
            opponents,
            ..score(1)
        };
        value.create(&client).await.unwrap();
        last_body(&server)["opponents"].clone()
    };
    assert_eq!(
        created(Relation::of([to("a"), to("b"), to("a")])).await,
        json!({"__op": "AddRelation", "objects": [pointer("a"), pointer("b")]})
    );
    assert_eq!(created(Relation::new()).await, Value::Null);
    assert_eq!(
        created(Relation::of(Vec::<Pointer<Player>>::new())).await,
        Value::Null
    );
}

/// What is assigned to a stored object's relation, beside what its accessors do.
#[tokio::test]
async fn relations_by_assignment() {
    let pointer = |id: &str| json!({"__type": "Pointer", "className": "Player", "objectId": id});
    let to = |id: &str| Pointer::<Player>::to(id);
    update!(|object| { object.opponents = Relation::of([to("a"), to("b")]); object.remove_from_opponents([to("a")]); }
    => {"opponents": {"__op": "Batch", "ops": [
        {"__op": "AddRelation", "objects": [pointer("b")]},
        {"__op": "RemoveRelation", "objects": [pointer("a")]},
    ]}});
}

/// The bodies of a graph: one batch for what can go together, pointers by the ids that came back.
#[tokio::test]
async fn row_46_new_objects_inside_of_others() {
    let (server, client, mut object) = stored().await;
    let red = Pointer::new(Team {
        name: "Red".into(),
        win_pct: None,
    });
    let member = |name: &str| {
        Pointer::new(Player {
            name: name.into(),
            team: Some(red.clone()),
            home: None,
        })
    };
    let ann = member("Ann");
    object.player = Some(ann.clone());
    object.rivals = vec![member("Bob"), ann.clone()];
    object.opponents = Relation::of([&ann]);
    server.clear_requests();
    object.save(&client).await.unwrap();

    let pointer = |class_name: &str, id: Option<&ObjectId>| json!({"__type": "Pointer", "className": class_name, "objectId": id.unwrap()});
    let player = |name: &str| json!({"method": "POST", "path": "/parse/classes/Player", "body": {"name": name, "team": pointer("Team", red.id())}});
    let sent: Vec<_> = server
        .requests()
        .into_iter()
        .map(|request| (request.method, request.path, request.body.unwrap()))
        .collect();
    let [(_, team, body), (_, batch, players), (put, _, fields)] = &sent[..] else {
        panic!("{sent:#?}");
    };
    assert_eq!((team.as_str(), body), ("/classes/Team", &json!({"name": "Red"})));
    assert_eq!(
        (batch.as_str(), players),
        ("/batch", &json!({"requests": [player("Ann"), player("Bob")]}))
    );
    let (ann, bob) = (
        pointer("Player", ann.id()),
        pointer("Player", object.rivals[0].id()),
    );
    assert_eq!(put, "PUT");
    assert_eq!(
        fields,
        &json!({
            "player": ann, "rivals": [bob, ann], "opponents": {"__op": "AddRelation", "objects": [ann]},
        })
    );
}

#[tokio::test]
async fn row_25_a_file_travels_as_it_is() {
    let server = MockServer::start().await;
    let client = server.master_client();
    let plain = File::new("a b@1.txt", "{not json");
    let typed = File::builder("b").content_type("image/x-own").bytes(vec![0, 255]);
    plain.upload(&client).await.unwrap();
    typed.upload(&client).await.unwrap();
    let sent: Vec<_> = server
        .requests()
        .into_iter()
        .map(|request| {
            (
                request.method.clone(),
                request.path.clone(),
                request.header("content-type").map(str::to_owned),
            )
        })
        .collect();
    assert_eq!(
        sent,
        [
            ("POST".into(), "/files/a%20b%401.txt".into(), None),
            ("POST".into(), "/files/b".into(), Some("image/x-own".into())),
        ]
    );
}

#[tokio::test]
async fn what_belongs_to_a_file_travels_in_headers() {
    let server = MockServer::start().await;
    let client = server.master_client();
    let file = File::builder("a.txt")
        .metadata("author", "Zoë 🎵")
        .tag("year", "2026")
        .directory("notes/old")
        .max_upload_size(1000)
        .bytes("x");
    file.upload(&client).await.unwrap();
    let chunks = futures::stream::iter([Ok::<_, std::io::Error>("abc")]);
    let stream = File::builder("b.txt").stream(Some(3), chunks);
    stream.upload(&client).await.unwrap();
    let requests = server.requests();
    let header = |request: usize, name: &str| requests[request].header(name).map(str::to_owned);
    for (name, value) in [
        ("x-parse-upload-mode", "stream"),
        ("x-parse-file-metadata", r#"{"author":"Zo\u00eb \ud83c\udfb5"}"#),
        ("x-parse-file-tags", r#"{"year":"2026"}"#),
        ("x-parse-file-directory", "notes/old"),
        ("x-parse-file-max-upload-size", "1000"),
        ("content-length", "1"),
    ] {
        assert_eq!(header(0, name).as_deref(), Some(value), "{name}");
    }
    assert_eq!(header(1, "x-parse-upload-mode").as_deref(), Some("stream"));
    assert_eq!(header(1, "content-length").as_deref(), Some("3"));
    assert_eq!(header(1, "x-parse-file-metadata"), None);
}
