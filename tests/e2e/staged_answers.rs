//! Answers to creates and updates that say more than they have to: what a `beforeSave` changed.

use crate::backend::Outcome;
use crate::models::{Game, GameAccessors, game, player};
use parse_orm::Error;
use parse_orm::prelude::*;
use serde_json::{Value, json};
use wiremock::matchers::method;
use wiremock::{Mock, MockServer, ResponseTemplate};

const CREATED: &str = "2026-01-01T00:00:00.000Z";
const UPDATED: &str = "2026-01-02T00:00:00.000Z";

/// A server with one game, whose player is included; a PUT is answered with these fields.
async fn staged(put: Value) -> Result<(MockServer, Client, Object<Game>), Box<dyn std::error::Error>> {
    let server = MockServer::start().await;
    let player = json!({
        "__type": "Object", "className": "E2ePlayer", "objectId": "player0001",
        "createdAt": CREATED, "updatedAt": CREATED, "run": "r", "name": "Ann",
    });
    let row = json!({
        "objectId": "game000001", "createdAt": CREATED, "updatedAt": CREATED,
        "run": "r", "score": 1, "playerName": "Ann", "cheatMode": false, "skills": ["a"],
        "nickname": "x", "player": player,
    });
    let find = ResponseTemplate::new(200).set_body_json(json!({"results": [row]}));
    Mock::given(method("GET")).respond_with(find).mount(&server).await;
    let mut answer = json!({"updatedAt": UPDATED});
    answer
        .as_object_mut()
        .unwrap()
        .extend(put.as_object().unwrap().clone());
    let put = ResponseTemplate::new(200).set_body_json(answer);
    Mock::given(method("PUT")).respond_with(put).mount(&server).await;
    let client = Client::builder(server.uri()).app_id("app").build()?;
    let object = query!(Game.filter(run = "r").select_related(player))
        .get(&client)
        .await?;
    Ok((server, client, object))
}

#[tokio::test]
async fn row_63_what_the_server_changed_is_taken_over() -> Outcome {
    let pointer = json!({"__type": "Pointer", "className": "E2ePlayer", "objectId": "player0001"});
    let answer = json!({
        "playerName": "trimmed", "cheatMode": true, "score": 77, "player": pointer,
        "notInTheModel": {"a": 1}, "skills": ["a", "b"],
    });
    let (_server, client, mut object) = staged(answer).await?;
    object.player_name = "  trimmed ".into();
    object.save(&client).await?;
    assert!(!object.is_dirty());
    assert_eq!(
        (object.player_name.as_str(), object.cheat_mode, object.score),
        ("trimmed", true, 77)
    );
    assert_eq!(object.skills, ["a", "b"]);
    assert_eq!(object.updated_at(), UPDATED.parse::<DateTime<Utc>>()?);
    assert_eq!(object.created_at(), CREATED.parse::<DateTime<Utc>>()?);
    // the answer has the pointer only: what was included stays
    assert_eq!(object.player.as_ref().unwrap().get()?.name, "Ann");
    Ok(())
}

#[tokio::test]
async fn a_pointer_to_another_object_replaces_what_was_included() -> Outcome {
    let pointer = json!({"__type": "Pointer", "className": "E2ePlayer", "objectId": "player0002"});
    let (_server, client, mut object) = staged(json!({"player": pointer})).await?;
    object.score = 5;
    object.save(&client).await?;
    let player = object.player.as_ref().unwrap();
    assert_eq!(player.id().unwrap().as_str(), "player0002");
    assert!(
        player
            .get()
            .unwrap_err()
            .to_string()
            .contains(".select_related(player)")
    );
    Ok(())
}

/// The result of an operation is the server's, not the local guess.
#[tokio::test]
async fn the_result_of_an_operation_is_the_servers() -> Outcome {
    let (_server, client, mut object) = staged(json!({"score": 1001, "skills": ["a", "z", "b"]})).await?;
    object.increment_score(1);
    object.add_skills(["b"]);
    assert_eq!(object.score, 2);
    object.save(&client).await?;
    assert_eq!((object.score, object.skills.len()), (1001, 3));
    object.score = 1001;
    assert!(!object.is_dirty());
    Ok(())
}

/// A trigger that removes a field says so with a Delete operation, or with null.
#[tokio::test]
async fn a_field_that_the_server_removed_is_none() -> Outcome {
    for gone in [json!({"__op": "Delete"}), Value::Null] {
        let (_server, client, mut object) = staged(json!({"nickname": gone, "score": 9})).await?;
        object.player_name = "Bob".into();
        object.save(&client).await?;
        assert_eq!((object.nickname.as_deref(), object.score), (None, 9));
        assert!(!object.is_dirty());
    }
    Ok(())
}

/// The change is saved, whatever the answer looks like: it must not be sent twice.
#[tokio::test]
async fn an_answer_of_another_type_does_not_leave_the_changes_pending() -> Outcome {
    let (server, client, mut object) = staged(json!({"score": "many"})).await?;
    object.increment_score(1);
    let error = object.save(&client).await.unwrap_err();
    assert!(
        matches!(&error, Error::Decode(error) if error.field.as_deref() == Some("score")),
        "{error:?}"
    );
    assert!(!object.is_dirty());
    object.save(&client).await?;
    let puts = server.received_requests().await.unwrap_or_default();
    assert_eq!(
        puts.iter()
            .filter(|request| request.method.as_str() == "PUT")
            .count(),
        1
    );
    Ok(())
}

#[tokio::test]
async fn an_acl_that_the_server_changed() -> Outcome {
    let (_server, client, mut object) = staged(json!({"ACL": {"*": {"read": true}}})).await?;
    object.score = 2;
    object.save(&client).await?;
    assert!(
        object
            .acl()
            .is_some_and(|acl| acl.may_read(&Who::Public) && !acl.may_write(&Who::Public))
    );
    assert!(!object.is_dirty());
    Ok(())
}

#[tokio::test]
async fn a_create_takes_over_what_the_server_changed() -> Outcome {
    let server = MockServer::start().await;
    let answer = json!({
        "objectId": "game000001", "createdAt": CREATED, "playerName": "Ann", "cheatMode": true,
        "nickname": {"__op": "Delete"}, "ACL": {"*": {"read": true}}, "unknown": [1],
    });
    let post = ResponseTemplate::new(201).set_body_json(answer);
    Mock::given(method("POST"))
        .respond_with(post)
        .mount(&server)
        .await;
    let client = Client::builder(server.uri()).app_id("app").build()?;
    let mut value = game("r", " Ann ", 3);
    value.nickname = Some("to be removed".into());
    let object = value.create(&client).await?;
    assert_eq!(
        (object.id().as_str(), object.created_at()),
        ("game000001", CREATED.parse()?)
    );
    assert_eq!(object.updated_at(), object.created_at());
    assert_eq!(
        (object.player_name.as_str(), object.cheat_mode, object.score),
        ("Ann", true, 3)
    );
    assert_eq!(object.nickname, None);
    assert!(object.acl().is_some() && !object.is_dirty());
    Ok(())
}

/// A trigger gave the new child a value of another type: it is stored nevertheless, and not stored again.
#[tokio::test]
async fn another_try_after_an_answer_that_does_not_fit() -> Outcome {
    let server = MockServer::start().await;
    let answer = |path: &str, more: Value| {
        let mut body = json!({"objectId": "abc", "createdAt": CREATED});
        body.as_object_mut()
            .unwrap()
            .extend(more.as_object().unwrap().clone());
        Mock::given(wiremock::matchers::path(path.to_owned()))
            .respond_with(ResponseTemplate::new(201).set_body_json(body))
    };
    answer("/classes/E2ePlayer", json!({"name": 5}))
        .mount(&server)
        .await;
    answer("/classes/E2eGame", json!({})).mount(&server).await;
    let client = Client::builder(server.uri()).app_id("app").build()?;
    let ann = Pointer::new(player("r", "Ann"));
    let value = Game {
        player: Some(ann.clone()),
        ..game("r", "g", 1)
    };
    let Error::Dependency(error) = value.create(&client).await.unwrap_err() else {
        panic!("the answer does not fit the child");
    };
    assert!(matches!(*error.error, Error::Decode(_)), "{error}");
    assert_eq!(ann.id().map(ObjectId::as_str), Some("abc"));
    value.create(&client).await?;
    let paths: Vec<_> = server
        .received_requests()
        .await
        .unwrap()
        .iter()
        .map(|request| request.url.path().to_owned())
        .collect();
    assert_eq!(paths, ["/classes/E2ePlayer", "/classes/E2eGame"]);
    Ok(())
}

/// A server behind a proxy, whose answer to a batch is a page of its own.
async fn behind_a_proxy(status: u16) -> Result<parse_orm::Outcome<Object<Game>>, Box<dyn std::error::Error>> {
    let server = MockServer::start().await;
    let page = ResponseTemplate::new(status).set_body_raw("<html>Too Large</html>", "text/html");
    Mock::given(method("POST"))
        .respond_with(page)
        .mount(&server)
        .await;
    let client = Client::builder(server.uri()).app_id("app").build()?;
    Ok(client.create_all(&[game("r", "a", 1), game("r", "b", 2)]).await)
}

/// Too large for the proxy: the server never saw it. Whether one that timed out was done, nobody knows.
#[tokio::test]
async fn row_5_a_refusal_by_a_proxy_leaves_nothing_in_doubt() -> Outcome {
    let refused = behind_a_proxy(413).await?;
    assert!(
        refused
            .failed()
            .all(|failure| matches!(failure.error, Error::Untouched(_)))
    );
    assert_eq!(refused.failed().count(), 2);
    let timed_out = behind_a_proxy(504).await?;
    assert!(
        timed_out
            .failed()
            .all(|failure| matches!(failure.error, Error::InDoubt(_)))
    );
    Ok(())
}

/// Without an answer to one batch of new objects no further one is sent: each would wait for its timeout.
#[tokio::test]
async fn new_objects_are_not_sent_to_a_server_that_does_not_answer() -> Outcome {
    let server = MockServer::start().await;
    let page = ResponseTemplate::new(504).set_body_raw("<html>Gateway Timeout</html>", "text/html");
    Mock::given(method("POST"))
        .respond_with(page)
        .mount(&server)
        .await;
    let client = Client::builder(server.uri()).app_id("app").build()?;
    let with_a_new_player = |number| Game {
        player: Some(Pointer::new(player("r", "Ann"))),
        ..game("r", "Ann", number)
    };
    let games: Vec<_> = (0..500).map(with_a_new_player).collect();
    let outcome = client.create_all(&games).await;
    let (mut in_doubt, mut untouched) = (0, 0);
    for failure in outcome.failed() {
        let Error::Dependency(dependency) = &failure.error else {
            return Err(format!("{failure}").into());
        };
        match &*dependency.error {
            Error::InDoubt(_) => in_doubt += 1,
            Error::Untouched(_) => untouched += 1,
            other => return Err(format!("{other}").into()),
        }
    }
    let sent = server.received_requests().await.ok_or("recorded")?.len();
    assert_eq!((in_doubt, untouched), (50 * sent, 500 - 50 * sent));
    assert!(sent <= 4, "{sent} batches");
    assert!(games[0].player.as_ref().ok_or("a player")?.id().is_none());
    Ok(())
}

/// Two saves within one millisecond have one date: what the object shows decides.
#[tokio::test]
async fn row_37_a_save_in_the_millisecond_of_the_one_before() -> Outcome {
    for (stored, saved) in [(6, true), (1, false)] {
        let (server, _, mut object) = staged(json!({})).await?;
        server.reset().await;
        let twice = json!({"code": 159, "error": "Duplicate request"});
        let row = json!({
            "objectId": "game000001", "createdAt": CREATED, "updatedAt": CREATED,
            "run": "r", "score": stored, "playerName": "Ann", "cheatMode": false,
        });
        for (verb, status, body) in [("PUT", 400, twice), ("GET", 200, row)] {
            let answer = ResponseTemplate::new(status).set_body_json(body);
            Mock::given(method(verb))
                .respond_with(answer)
                .mount(&server)
                .await;
        }
        let client = Client::builder(server.uri())
            .app_id("app")
            .request_ids(true)
            .build()?;
        object.increment_score(5);
        let result = object.save(&client).await;
        assert_eq!(result.is_ok(), saved, "{result:?}");
        assert_eq!((object.is_dirty(), object.score), (!saved, 6));
    }
    Ok(())
}
