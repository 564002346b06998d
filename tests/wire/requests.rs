//! The request around the parameters: addresses, headers, and when a GET becomes a POST.

use crate::models::{GameScore, score};
use parse_orm::prelude::*;
use parse_orm_mock::MockServer;
use serde_json::{Value, json};
use wiremock::matchers::any;
use wiremock::{Mock, ResponseTemplate};

async fn staged() -> wiremock::MockServer {
    let server = wiremock::MockServer::start().await;
    let answer = json!({
        "results": [], "count": 0, "objectId": "abc", "createdAt": "2026-01-01T00:00:00.000Z",
        "score": 1, "playerName": "Ann", "cheatMode": false, "skills": [], "rivals": [],
    });
    Mock::given(any())
        .respond_with(ResponseTemplate::new(200).set_body_json(answer))
        .mount(&server)
        .await;
    server
}

/// The headers of ours, sorted.
fn ours(request: &wiremock::Request) -> Vec<(String, String)> {
    let mut headers: Vec<_> = request
        .headers
        .iter()
        .filter(|(name, _)| name.as_str().starts_with("x-parse") || *name == "content-type")
        .map(|(name, value)| (name.to_string(), value.to_str().unwrap().to_owned()))
        .collect();
    headers.sort();
    headers
}

fn pairs(headers: &[(&str, &str)]) -> Vec<(String, String)> {
    headers
        .iter()
        .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))
        .collect()
}

#[tokio::test]
async fn headers() -> parse_orm::Result<()> {
    let server = staged().await;
    let uri = server.uri();
    let builder = || Client::builder(&uri).app_id("the app").master_key("the master");
    let plain = builder().build()?;
    let keyed = builder().rest_key("the rest").build()?;
    let others = builder()
        .javascript_key("the js")
        .client_key("the client")
        .build()?;
    let session = keyed.with_session("r:token");
    let master = builder().rest_key("the rest").build_master()?;
    for client in [&plain, &keyed, &others, &session, &master] {
        GameScore::objects().count(client).await?;
    }
    let mut object = score(1).create(&keyed).await?;
    object.score = 2;
    object.save(&session).await?;
    object.delete(&master).await?;

    let app = ("x-parse-application-id", "the app");
    let rest = ("x-parse-rest-api-key", "the rest");
    let token = ("x-parse-session-token", "r:token");
    let key = ("x-parse-master-key", "the master");
    let json = ("content-type", "application/json");
    let sent: Vec<_> = server
        .received_requests()
        .await
        .unwrap()
        .iter()
        .map(ours)
        .collect();
    assert_eq!(
        sent,
        [
            pairs(&[app]),
            pairs(&[app, rest]),
            pairs(&[
                app,
                ("x-parse-client-key", "the client"),
                ("x-parse-javascript-key", "the js"),
            ]),
            pairs(&[app, rest, token]),
            pairs(&[app, key, rest]),
            pairs(&[json, app, rest]),
            pairs(&[json, app, rest, token]),
            pairs(&[app, key, rest]),
        ]
    );
    Ok(())
}

/// The master key wins over a session and is never sent together with one.
#[tokio::test]
async fn row_50_master_and_session_exclude_each_other() -> parse_orm::Result<()> {
    let server = staged().await;
    let client = Client::builder(server.uri())
        .app_id("a")
        .build()?
        .with_session("r:token");
    let master = client.master("m");
    for handle in [
        &*master,
        &master.with_session("r:other"),
        &master.without_session(),
    ] {
        GameScore::objects().count(handle).await?;
    }
    for request in server.received_requests().await.unwrap() {
        let has = |name: &str| request.headers.contains_key(name);
        assert!(
            !(has("x-parse-master-key") && has("x-parse-session-token")),
            "{:?}",
            request.headers
        );
    }
    Ok(())
}

#[tokio::test]
async fn row_35_addresses_are_encoded() -> parse_orm::Result<()> {
    let server = staged().await;
    let client = Client::builder(format!("{}/parse/", server.uri()))
        .app_id("a")
        .build()?;
    let _ = GameScore::get(&client, "a/b&c+d%20#é?").await;
    let _ = query!(GameScore.filter(player_name = "a&b=c+d%20#é?\"\\ /"))
        .get(&client)
        .await;
    let requests = server.received_requests().await.unwrap();
    assert_eq!(
        requests[0].url.path(),
        "/parse/classes/GameScore/a%2Fb%26c%2Bd%2520%23%C3%A9%3F"
    );
    assert_eq!(requests[0].url.query(), None);
    assert_eq!(
        requests[1].url.query(),
        Some("where=%7B%22playerName%22:%22a%26b%3Dc%2Bd%2520%23%C3%A9%3F%5C%22%5C%5C%20%2F%22%7D&limit=2")
    );
    Ok(())
}

/// Up to 2,000 characters of address a GET, above that a POST with the same parameters.
#[tokio::test]
async fn row_34_long_queries_are_posted() -> parse_orm::Result<()> {
    let server = MockServer::start().await;
    let client = server.client();
    let long = "x".repeat(3000);
    let set = query!(
        GameScore
            .filter(player_name__in = [&long])
            .order_by(-score)
            .select_related(player)
            .limit(3)
            .skip(1)
    );
    set.all(&client).await?;
    let request = server.requests().pop().unwrap();
    assert_eq!(
        (request.wire_method.as_str(), request.method.as_str()),
        ("POST", "GET")
    );
    assert_eq!(
        (request.path.as_str(), request.query.len()),
        ("/classes/GameScore", 0)
    );
    assert_eq!(request.header("content-type"), Some("application/json"));
    let sent = request.body.unwrap();
    assert_eq!(
        sent,
        json!({
            "where": {"playerName": {"$in": [long]}}, "order": "-score,objectId", "limit": 3, "skip": 1,
            "include": "player",
        })
    );

    set.count(&client).await?;
    let sent = server.requests().pop().and_then(|request| request.body).unwrap();
    assert_eq!(
        sent,
        json!({"where": {"playerName": {"$in": [long]}}, "limit": 0, "count": 1})
    );
    Ok(())
}

#[tokio::test]
async fn row_34_the_threshold() -> parse_orm::Result<()> {
    let server = staged().await;
    let client = Client::builder(server.uri()).app_id("a").build()?;
    let (mut longest_get, mut shortest_post) = (0, usize::MAX);
    for length in 1800..2000 {
        let name = "x".repeat(length);
        let _ = query!(GameScore.filter(player_name = &name)).get(&client).await;
        let request = server.received_requests().await.unwrap().pop().unwrap();
        match request.method.as_str() {
            "GET" => longest_get = longest_get.max(request.url.as_str().len()),
            "POST" => {
                shortest_post = shortest_post.min(length);
                let body: Value = serde_json::from_slice(&request.body).unwrap();
                assert_eq!(
                    body,
                    json!({"_method": "GET", "where": {"playerName": name}, "limit": 2})
                );
                assert_eq!(request.url.query(), None);
            }
            other => panic!("{other}"),
        }
    }
    assert!(longest_get <= 2000 && longest_get > 1990, "{longest_get}");
    assert!(shortest_post < 2000);
    Ok(())
}
