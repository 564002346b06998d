//! Getting the row that matches, or creating it; updating it, or creating it.

use crate::backend::{Backend, Outcome, backend, unique};
use crate::models::{Player, PlayerAccessors, player};
use futures::future::try_join_all;
use parse_orm::prelude::*;
use parse_orm::{Error, ErrorCode};
use parse_orm_mock::MockServer;
use serde_json::json;
use wiremock::matchers::method;
use wiremock::{Mock, ResponseTemplate};

#[tokio::test]
async fn the_row_or_a_new_one() -> Outcome {
    let backend = backend().await;
    let (client, run) = (backend.client(), backend.run());
    let ann = query!(Player.filter(run = &run, name = "Ann"));
    let (first, created) = ann.get_or_create(client, || player(&run, "Ann")).await?;
    assert!(created && !first.is_dirty());
    let (second, created) = ann
        .get_or_create(client, || -> Player { panic!("there is one") })
        .await?;
    assert_eq!((second.id(), created), (first.id(), false));
    player(&run, "Ann").create(client).await?;
    let error = ann
        .get_or_create(client, || player(&run, "Ann"))
        .await
        .unwrap_err();
    assert!(matches!(error, Error::MultipleObjects { .. }), "{error}");
    assert_eq!(ann.count(client).await?, 2);
    Ok(())
}

/// With a row left out, it would not be found and created again.
#[tokio::test]
async fn a_part_of_the_rows_is_refused() -> Outcome {
    let backend = backend().await;
    let (client, run) = (backend.client(), backend.run());
    player(&run, "Ann").create(client).await?;
    let ann = query!(Player.filter(run = &run, name = "Ann"));
    for part in [ann.skip(1), ann.limit(0), ann.limit(1)] {
        let refused = part
            .get_or_create(client, || player(&run, "Ann"))
            .await
            .unwrap_err();
        assert!(matches!(refused, Error::Invalid(_)), "{refused}");
        let refused = part
            .update_or_create(client, |_| (), || player(&run, "Ann"))
            .await
            .unwrap_err();
        assert!(refused.to_string().contains("leave"), "{refused}");
    }
    assert_eq!(ann.count(client).await?, 1);
    Ok(())
}

#[tokio::test]
async fn the_changed_row_or_a_new_one() -> Outcome {
    let backend = backend().await;
    let (client, run) = (backend.client(), backend.run());
    let ann = query!(Player.filter(run = &run, name = "Ann"));
    let one_more = |player: &mut Object<Player>| player.increment_rank(1);
    let new = || Player {
        rank: Some(1),
        ..player(&run, "Ann")
    };
    for expected in [(Some(1), true), (Some(2), false), (Some(3), false)] {
        let (player, created) = ann.update_or_create(client, one_more, new).await?;
        assert_eq!(
            (player.rank, created, player.is_dirty()),
            (expected.0, expected.1, false)
        );
    }
    assert_eq!(ann.get(client).await?.rank, Some(3));
    if let Some(server) = backend.server() {
        server.clear_requests();
    }
    // a change that changes nothing
    ann.update_or_create(client, |player| player.rank = Some(3), new)
        .await?;
    if let Some(server) = backend.server() {
        assert_eq!(server.requests().len(), 1);
    }
    Ok(())
}

#[derive(ParseObject, Debug, Clone)]
#[parse(class_name = "_Role")]
struct Role {
    name: String,
}

/// The real server keeps the names of roles unique; the mock is told to.
async fn with_unique_names() -> Result<(Option<MockServer>, Client), Box<dyn std::error::Error>> {
    if std::env::var_os("PARSE_SERVER_URL").is_some() {
        return Ok((None, backend().await.master().as_ref().clone()));
    }
    let server = MockServer::builder().unique("_Role", ["name"]).start().await?;
    let client = server.master_client().as_ref().clone();
    Ok((Some(server), client))
}

#[tokio::test]
async fn of_many_at_once_one_creates_and_the_others_find() -> Outcome {
    let (_server, client) = with_unique_names().await?;
    for _ in 0..5 {
        let name = unique("role");
        let role = query!(Role.filter(name = &name));
        let new = || Draft::new(Role { name: name.clone() }).acl(Acl::new().allow_read(Who::Public));
        let all = try_join_all((0..8).map(|_| role.get_or_create(&client, new))).await?;
        assert_eq!(all.iter().filter(|(_, created)| *created).count(), 1);
        assert!(all.iter().all(|(role, _)| role.id() == all[0].0.id()));
        assert_eq!(role.count(&client).await?, 1);
    }
    Ok(())
}

/// The create is refused, and the row is there, or not, when it is asked for again.
async fn staged(seen_again: bool, code: i64) -> Result<wiremock::MockServer, Box<dyn std::error::Error>> {
    let server = wiremock::MockServer::start().await;
    let none = json!({"results": []});
    let row = json!({"results": [{
        "objectId": "theirs", "createdAt": "2026-01-02T00:00:00.000Z", "updatedAt": "2026-01-02T00:00:00.000Z",
        "run": "r", "name": "Ann", "rank": 5,
    }]});
    let find = |body| Mock::given(method("GET")).respond_with(ResponseTemplate::new(200).set_body_json(body));
    find(none.clone()).up_to_n_times(1).mount(&server).await;
    find(if seen_again { row } else { none }).mount(&server).await;
    let refusal =
        json!({"code": code, "error": "A duplicate value for a field with unique values was provided"});
    Mock::given(method("POST"))
        .respond_with(ResponseTemplate::new(400).set_body_json(refusal))
        .mount(&server)
        .await;
    let saved = json!({"updatedAt": "2026-01-02T00:00:00.000Z", "rank": 6});
    Mock::given(method("PUT"))
        .respond_with(ResponseTemplate::new(200).set_body_json(saved))
        .mount(&server)
        .await;
    Ok(server)
}

#[tokio::test]
async fn what_another_program_created_meanwhile_is_found() -> Outcome {
    let ann = query!(Player.filter(name = "Ann"));
    for code in [137, 202, 203] {
        let server = staged(true, code).await?;
        let client = Client::builder(server.uri()).app_id("app").build()?;
        let (row, created) = ann.get_or_create(&client, || player("r", "Ann")).await?;
        assert_eq!((row.id().as_str(), row.rank, created), ("theirs", Some(5), false));
        let server = staged(true, code).await?;
        let client = Client::builder(server.uri()).app_id("app").build()?;
        let one_more = |player: &mut Object<Player>| player.increment_rank(1);
        let (row, created) = ann
            .update_or_create(&client, one_more, || player("r", "Ann"))
            .await?;
        assert_eq!((row.id().as_str(), row.rank, created), ("theirs", Some(6), false));
    }
    Ok(())
}

#[tokio::test]
async fn what_is_taken_and_cannot_be_seen_is_the_servers_refusal() -> Outcome {
    let ann = query!(Player.filter(name = "Ann"));
    let server = staged(false, 137).await?;
    let client = Client::builder(server.uri()).app_id("app").build()?;
    let error = ann
        .get_or_create(&client, || player("r", "Ann"))
        .await
        .unwrap_err();
    assert_eq!(error.code(), Some(ErrorCode::DuplicateValue), "{error}");
    assert_eq!(server.received_requests().await.unwrap().len(), 3);
    // any other refusal is not looked into
    let server = staged(true, 111).await?;
    let client = Client::builder(server.uri()).app_id("app").build()?;
    let error = ann
        .get_or_create(&client, || player("r", "Ann"))
        .await
        .unwrap_err();
    assert_eq!(error.code(), Some(ErrorCode::IncorrectType), "{error}");
    Ok(())
}

/// A unique value that belongs to a row which the query does not ask for.
#[tokio::test]
async fn a_value_that_another_row_has_is_the_servers_refusal() -> Outcome {
    let (_server, client) = with_unique_names().await?;
    let name = unique("role");
    let new = || Draft::new(Role { name: name.clone() }).acl(Acl::new());
    new().create(&client).await?;
    let other = query!(Role.filter(name = unique("other")));
    let error = other.get_or_create(&client, new).await.unwrap_err();
    assert_eq!(error.code(), Some(ErrorCode::DuplicateValue), "{error}");
    Ok(())
}

#[expect(
    dead_code,
    reason = "that the futures can be spawned is checked by the compiler"
)]
fn the_futures_are_send(backend: &'static Backend, set: &'static QuerySet<Player>) -> impl Send {
    let client = backend.client();
    (
        set.get_or_create(client, || player("", "")),
        set.update_or_create(client, |_| (), || player("", "")),
        set.in_bulk(client, ["a"]),
        async { set.delete().run(client).await },
    )
}
