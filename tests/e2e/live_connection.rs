//! LiveQuery's connection: shared, kept, made again, given up. On a server that does what a test says.

use crate::backend::Outcome;
use crate::live_events::next;
use crate::live_server::{Connection, Scripted, row};
use futures::FutureExt as _;
use parse_orm::prelude::*;
use parse_orm::{ClientBuilder, Error, ErrorCode, GapReason, LiveProblem, RetryPolicy, Secret};
use parse_orm_mock::MockServer;
use serde_json::{Value, json};
use std::sync::{Arc, Mutex};
use std::time::Duration;
use tokio_tungstenite::tungstenite::Message;

#[derive(ParseObject, Debug, Clone)]
struct Scored {
    score: i64,
}

type Events = Subscription<Object<Scored>>;

/// A subscription, and the server's side of it.
async fn subscribed(server: &Scripted, client: &Client) -> Result<(Events, Connection, u64), Error> {
    let asking = tokio::spawn(Scored::objects().subscribe(client).into_future());
    let mut connection = server.welcome().await;
    let id = connection.subscribe().await;
    Ok((asking.await.expect("no panic")?, connection, id))
}

/// Another one, by a connection that is there.
async fn another(connection: &mut Connection, client: &Client) -> Result<(Events, u64), Error> {
    let asking = tokio::spawn(Scored::objects().subscribe(client).into_future());
    let id = connection.subscribe().await;
    Ok((asking.await.expect("no panic")?, id))
}

/// The score of a row that was created.
async fn created(events: &mut Events) -> Result<i64, Error> {
    match next(events).await? {
        LiveEvent::Create(row) => Ok(row.score),
        other => panic!("{other:?}"),
    }
}

async fn gap(events: &mut Events) -> Result<parse_orm::Gap, Error> {
    match next(events).await? {
        LiveEvent::Gap(gap) => Ok(gap),
        other => panic!("{other:?}"),
    }
}

fn problem(error: &Error) -> &LiveProblem {
    match error {
        Error::Live(error) => &error.problem,
        other => panic!("{other:?}"),
    }
}

/// One for the public and all sessions, one for each master key and device; a session goes with its subscription.
#[tokio::test]
async fn a_socket_is_shared() -> Outcome {
    let server = Scripted::start().await;
    let client = server.builder().rest_key("the rest").build()?;
    let asking = tokio::spawn(Scored::objects().subscribe(&client).into_future());
    let mut shared = server.accept().await;
    assert_eq!(
        shared.read().await,
        json!({"op": "connect", "applicationId": "app", "restAPIKey": "the rest"})
    );
    shared.send(json!({"op": "connected"})).await;
    shared.subscribe().await;
    let first = asking.await??;

    let session = client.with_session("r:token");
    let asking = tokio::spawn(Scored::objects().subscribe(&session).into_future());
    let asked = shared.read().await;
    assert_eq!(asked["sessionToken"], "r:token");
    shared
        .send(json!({"op": "subscribed", "requestId": asked["requestId"]}))
        .await;
    let mut second = asking.await??;
    let id = asked["requestId"].as_u64().ok_or("a number")?;

    // another socket each
    let master = client.master("the master");
    let asking = tokio::spawn(Scored::objects().subscribe(&master).into_future());
    let mut own = server.accept().await;
    assert_eq!(
        own.read().await,
        json!({
            "op": "connect", "applicationId": "app", "restAPIKey": "the rest", "masterKey": "the master",
        })
    );
    own.send(json!({"op": "connected"})).await;
    own.subscribe().await;
    let third = asking.await??;
    let device = client.with_installation("device");
    let asking = tokio::spawn(Scored::objects().subscribe(&device).into_future());
    let mut of_device = server.accept().await;
    assert_eq!(of_device.read().await["installationId"], "device");
    of_device.send(json!({"op": "connected"})).await;
    of_device.subscribe().await;
    drop(asking.await??);
    assert_eq!(of_device.read().await, Value::Null);

    // the socket stays as long as anybody needs it
    drop(first);
    assert_eq!(shared.read().await["op"], "unsubscribe");
    shared.create(id, 7).await;
    assert_eq!(created(&mut second).await?, 7);
    drop(second);
    assert_eq!(shared.read().await, Value::Null);
    drop(third);
    assert_eq!(own.read().await, Value::Null);

    // and is opened again
    let (again, ..) = subscribed(&server, &client).await?;
    drop(again);
    assert!(server.is_alone().await);
    Ok(())
}

/// Nothing stays behind the last subscription.
#[tokio::test]
async fn the_last_subscription_takes_the_task_with_it() -> Outcome {
    let server = Scripted::start().await;
    let client = server.client();
    let tasks = || tokio::runtime::Handle::current().metrics().num_alive_tasks();
    // what the HTTP client itself keeps
    let (events, connection, _) = subscribed(&server, &client).await?;
    drop((events, connection));
    let before = idle(&tasks).await;
    for _ in 0..5 {
        let (events, mut connection, _) = subscribed(&server, &client).await?;
        assert!(tasks() > before);
        drop(events);
        assert_eq!(connection.read().await, Value::Null);
    }
    assert!(idle(&tasks).await <= before);
    Ok(())
}

/// How many tasks there are, when no more of them end.
async fn idle(tasks: &impl Fn() -> usize) -> usize {
    let mut count = tasks();
    for _ in 0..20 {
        tokio::time::sleep(Duration::from_millis(10)).await;
        count = count.min(tasks());
    }
    count
}

#[tokio::test]
async fn a_subscription_that_is_given_up_is_ended_on_the_server() -> Outcome {
    let server = Scripted::start().await;
    let client = server.client();
    let (kept, mut connection, _) = subscribed(&server, &client).await?;

    // given up while the server is at it: it would not find the subscription yet
    let asking = tokio::spawn(Scored::objects().subscribe(&client).into_future());
    let asked = connection.read().await;
    asking.abort();
    assert!(asking.await.is_err());
    let (other, _) = another(&mut connection, &client).await?;
    connection
        .send(json!({"op": "subscribed", "requestId": asked["requestId"]}))
        .await;
    assert_eq!(
        connection.read().await,
        json!({"op": "unsubscribe", "requestId": asked["requestId"]})
    );

    // ended, and waited for
    let ending = tokio::spawn(other.unsubscribe());
    let asked = connection.read().await;
    assert_eq!(asked["op"], "unsubscribe");
    assert!(!ending.is_finished());
    connection
        .send(json!({"op": "unsubscribed", "requestId": asked["requestId"]}))
        .await;
    ending.await?;

    // the last one is as well
    let ending = tokio::spawn(kept.unsubscribe());
    let asked = connection.read().await;
    assert_eq!(asked["op"], "unsubscribe");
    connection
        .send(json!({"op": "unsubscribed", "requestId": asked["requestId"]}))
        .await;
    ending.await?;
    assert_eq!(connection.read().await, Value::Null);
    Ok(())
}

/// A broken connection is made again, with the same subscriptions, and each is told of the gap once.
#[tokio::test]
async fn a_gap_stands_where_the_connection_broke() -> Outcome {
    let server = Scripted::start().await;
    let client = server.client();
    let session = client.with_session("r:token");
    let begun = Utc::now();
    let (mut one, mut connection, id) = subscribed(&server, &session).await?;
    let (mut two, other) = another(&mut connection, &client).await?;
    connection.create(id, 1).await;
    connection.create(other, 2).await;
    assert_eq!(created(&mut two).await?, 2);
    drop(connection);

    // broken off before and after the greeting, and before the answer
    drop(server.accept().await);
    drop(server.welcome().await);
    let mut connection = server.welcome().await;
    connection.read().await;
    drop(connection);

    let mut connection = server.welcome().await;
    let mut asked = Vec::new();
    for _ in 0..2 {
        let message = connection.read().await;
        asked.push((
            message["requestId"].as_u64(),
            message["sessionToken"].as_str().map(str::to_owned),
        ));
        // nobody is told before the server is listening
        assert!(two.next().now_or_never().is_none());
        connection
            .send(json!({"op": "subscribed", "requestId": message["requestId"]}))
            .await;
    }
    assert_eq!(
        asked,
        [(Some(id), Some("r:token".to_owned())), (Some(other), None)]
    );
    connection.create(id, 3).await;
    connection.create(other, 4).await;

    // what came before is before, what comes after is behind
    assert_eq!(created(&mut one).await?, 1);
    let first = gap(&mut one).await?;
    assert_eq!(first.reason, GapReason::Reconnected);
    assert!(first.since >= begun && first.since <= Utc::now());
    assert_eq!(created(&mut one).await?, 3);
    assert_eq!(gap(&mut two).await?.reason, GapReason::Reconnected);
    assert_eq!(created(&mut two).await?, 4);

    // several gaps that nobody was told of are one
    for _ in 0..3 {
        drop(connection);
        connection = server.welcome().await;
        for _ in 0..2 {
            connection.subscribe().await;
        }
    }
    connection.create(id, 5).await;
    connection.create(other, 6).await;
    while !matches!(next(&mut two).await?, LiveEvent::Create(_)) {}
    assert!(gap(&mut one).await?.since >= first.since);
    assert_eq!(created(&mut one).await?, 5);
    Ok(())
}

#[tokio::test]
async fn a_subscription_that_is_refused_after_a_gap_ends() -> Outcome {
    let server = Scripted::start().await;
    let client = server.client();
    let (mut events, mut connection, id) = subscribed(&server, &client).await?;
    connection.create(id, 1).await;
    drop(connection);
    let mut connection = server.welcome().await;
    connection.read().await;
    let refusal = json!({
        "op": "error", "requestId": id, "code": 119, "error": "Permission denied", "reconnect": false,
    });
    connection.send(refusal).await;
    assert_eq!(created(&mut events).await?, 1);
    let refused = next(&mut events).await.unwrap_err();
    assert_eq!(refused.code(), Some(ErrorCode::OperationForbidden));
    assert_eq!(
        refused.to_string(),
        "LiveQuery of Scored: Permission denied, code 119"
    );
    assert!(events.next().await.is_none());
    assert!(events.next().await.is_none());
    // with the last one the connection ends
    assert_eq!(connection.read().await, Value::Null);

    // and so do all of them, when the client itself is no longer wanted
    let (mut events, connection, _) = subscribed(&server, &client).await?;
    drop(connection);
    let mut connection = server.accept().await;
    connection.read().await;
    connection
        .send(json!({"op": "error", "code": 4, "error": "Key in request is not valid", "reconnect": true}))
        .await;
    let refused = next(&mut events).await.unwrap_err();
    assert_eq!(refused.code().map(ErrorCode::number), Some(4));
    assert!(events.next().await.is_none());
    Ok(())
}

/// Servers have different keys: each opens LiveQuery, and the rest of the API.
#[tokio::test]
async fn any_key_of_the_server_will_do() -> Outcome {
    let own = || {
        MockServer::builder()
            .rest_key("")
            .javascript_key("")
            .master_key("")
    };
    for (server, key) in [
        (own().rest_key("a key"), ClientBuilder::rest_key as fn(_, _) -> _),
        (own().javascript_key("a key"), ClientBuilder::javascript_key),
        (own().client_key("a key"), ClientBuilder::client_key),
    ] {
        let server = server.start().await?;
        let client = |text: &'static str| key(Client::builder(server.url()).app_id("app"), text).build();
        let right = client("a key")?;
        let mut events = Scored::objects().subscribe(&right).await?;
        Scored { score: 7 }.create(&right).await?;
        assert_eq!(created(&mut events).await?, 7);
        let refused = Scored::objects()
            .subscribe(&client("another")?)
            .await
            .unwrap_err();
        assert_eq!(refused.code().map(ErrorCode::number), Some(4));
    }
    Ok(())
}

#[tokio::test]
async fn what_stands_in_the_way_of_a_subscription_is_named() -> Outcome {
    // a wrong key
    let server = Scripted::start().await;
    let client = server.client();
    let asking = tokio::spawn(Scored::objects().subscribe(&client).into_future());
    let mut connection = server.accept().await;
    connection.read().await;
    connection
        .send(json!({"op": "error", "code": 4, "error": "Key in request is not valid", "reconnect": true}))
        .await;
    let refused = asking.await?.unwrap_err();
    assert_eq!(
        refused.to_string(),
        "LiveQuery of Scored: Key in request is not valid, code 4: build the client with a key that the server's \
         LiveQuery knows (its `keyPairs`), by `.rest_key(..)`, `.javascript_key(..)`, `.client_key(..)` or \
         `.master_key(..)`"
    );

    // an answer that names no request, where one answer is missing
    let asking = tokio::spawn(Scored::objects().subscribe(&client).into_future());
    let mut connection = server.welcome().await;
    connection.read().await;
    let unnamed = json!({
        "op": "error", "code": 1, "error": "Additional properties not allowed", "reconnect": true, "requestId": null,
    });
    connection.send(unnamed).await;
    let refused = asking.await?.unwrap_err();
    assert!(
        refused.to_string().contains("Additional properties not allowed"),
        "{refused}"
    );

    // no answer at all
    let hasty = server.builder().timeout(Duration::from_millis(50)).build()?;
    let asking = tokio::spawn(Scored::objects().subscribe(&hasty).into_future());
    let mut silent = Vec::new();
    for _ in 0..3 {
        silent.push(server.accept().await);
    }
    let refused = asking.await?.unwrap_err();
    assert!(
        matches!(problem(&refused), LiveProblem::Unanswered(_)),
        "{refused}"
    );

    // nobody there, tried as often as the policy says
    let address = server.url.clone();
    drop(server);
    let never = Client::builder(&address)
        .app_id("app")
        .retries(RetryPolicy::never())
        .build()?;
    let refused = Scored::objects().subscribe(&never).await.unwrap_err();
    assert!(
        matches!(problem(&refused), LiveProblem::Unreachable { .. }),
        "{refused}"
    );
    assert!(
        refused.to_string().contains("no connection to `ws://127.0.0.1:"),
        "{refused}"
    );

    // something else there
    let page = wiremock::MockServer::start().await;
    let elsewhere = Client::builder(page.uri()).app_id("app").build()?;
    let refused = Scored::objects().subscribe(&elsewhere).await.unwrap_err();
    assert!(
        matches!(problem(&refused), LiveProblem::NotAWebSocket { .. }),
        "{refused}"
    );
    assert!(
        refused.to_string().contains("`ClientBuilder::live_query_url`"),
        "{refused}"
    );
    Ok(())
}

/// A server that says nothing is asked for a sign of life, and then left.
#[tokio::test]
async fn a_silent_connection_is_made_again() -> Outcome {
    let server = Scripted::start().await;
    let client = server
        .builder()
        .live_query_idle_timeout(Duration::from_millis(200))
        // which is that of an answer, and not of the connection
        .timeout(Duration::from_secs(1))
        .build()?;
    let (mut events, mut connection, _) = subscribed(&server, &client).await?;
    assert!(matches!(connection.read_control().await, Message::Ping(_)));
    // it is not read from any more, and so not answered
    let mut fresh = server.welcome().await;
    let id = fresh.subscribe().await;
    assert_eq!(gap(&mut events).await?.reason, GapReason::Reconnected);
    fresh.create(id, 1).await;
    assert_eq!(created(&mut events).await?, 1);
    // who answers pings is kept, however long nothing happens
    let reading = tokio::spawn(async move { fresh.read().await });
    assert!(
        tokio::time::timeout(Duration::from_millis(1500), events.next())
            .await
            .is_err()
    );
    assert!(!reading.is_finished());
    drop(events);
    assert_eq!(reading.await?, Value::Null);
    Ok(())
}

/// What a slow consumer has no room for is counted, and others do not wait for it.
#[tokio::test]
async fn a_slow_consumer_is_told_how_much_it_missed() -> Outcome {
    let server = Scripted::start().await;
    let client = server.client();
    let (mut quick, mut connection, quick_id) = subscribed(&server, &client).await?;
    let asking = tokio::spawn(Scored::objects().subscribe(&client).capacity(3).into_future());
    let slow_id = connection.subscribe().await;
    let mut slow = asking.await??;

    for score in 0..1000 {
        connection.create(slow_id, score).await;
    }
    connection.create(quick_id, 7).await;
    assert_eq!(created(&mut quick).await?, 7);
    for score in 0..3 {
        assert_eq!(created(&mut slow).await?, score);
    }
    let missed = gap(&mut slow).await?;
    assert_eq!(missed.reason, GapReason::SlowConsumer { lost: 997 });
    // and then it goes on, once told
    connection.create(slow_id, 2000).await;
    assert_eq!(created(&mut slow).await?, 2000);

    // the gap stands where the lost ones would be, before what comes later
    for score in 0..5 {
        connection.create(slow_id, score).await;
    }
    connection.create(quick_id, 8).await;
    assert_eq!(created(&mut quick).await?, 8);
    assert_eq!(created(&mut slow).await?, 0);
    connection.create(slow_id, 5).await;
    connection.create(quick_id, 9).await;
    assert_eq!(created(&mut quick).await?, 9);
    assert_eq!((created(&mut slow).await?, created(&mut slow).await?), (1, 2));
    assert_eq!(gap(&mut slow).await?.reason, GapReason::SlowConsumer { lost: 2 });
    assert_eq!(created(&mut slow).await?, 5);
    Ok(())
}

/// What is wrong with one event is an error among the others.
#[tokio::test]
async fn an_event_that_cannot_be_read_does_not_end_the_stream() -> Outcome {
    let server = Scripted::start().await;
    let client = server.client();
    let (mut events, mut connection, id) = subscribed(&server, &client).await?;
    let mut odd = row(1);
    odd["score"] = "one".into();
    let update = |object: Value, original: Value| json!({"op": "update", "requestId": id, "object": object, "original": original});
    connection
        .send(json!({"op": "create", "requestId": id, "object": odd}))
        .await;
    connection.send(update(row(2), odd.clone())).await;
    connection.send(json!({"op": "create", "requestId": id})).await;
    let failed =
        json!({"op": "error", "requestId": id, "code": 141, "error": "afterEvent", "reconnect": false});
    connection.send(failed).await;
    connection.create(id, 3).await;

    for _ in 0..2 {
        let Err(Error::Decode(misfit)) = next(&mut events).await else {
            return Err("no error".into());
        };
        assert_eq!(misfit.id.as_ref().map(|id| id.as_str()), Some("id1"));
        assert_eq!(misfit.field.as_deref(), Some("score"));
    }
    assert!(matches!(next(&mut events).await, Err(Error::Decode(_))));
    let failed = next(&mut events).await.unwrap_err();
    assert_eq!(failed.code(), Some(ErrorCode::ScriptFailed));
    assert_eq!(created(&mut events).await?, 3);
    Ok(())
}

/// What no LiveQuery server says harms nobody.
#[tokio::test]
async fn messages_that_mean_nothing_are_passed_over() -> Outcome {
    let server = Scripted::start().await;
    let client = server.client();
    let (mut events, mut connection, id) = subscribed(&server, &client).await?;
    for text in [
        "",
        "{",
        "null",
        "[]",
        "7",
        "\"create\"",
        "{\"op\":7}",
        "{\"op\":\"create\"}",
        "{\"op\":\"result\",\"results\":[]}",
        "{\"op\":\"create\",\"requestId\":\"1\",\"object\":{}}",
        "{\"op\":\"subscribed\"}",
        "{\"op\":\"unsubscribed\",\"requestId\":999}",
        "{\"op\":\"error\"}",
        "{\"op\":\"create\",\"requestId\":999,\"object\":{}}",
        "\u{0}",
    ] {
        connection.send_text(text.into()).await;
    }
    connection.send_text("[".repeat(100_000)).await;
    connection.create(id, 1).await;
    assert_eq!(created(&mut events).await?, 1);
    Ok(())
}

/// Code 209 calls the application's hook, once for each session.
#[tokio::test]
async fn the_hook_is_told_of_a_session_that_is_not_valid() -> Outcome {
    let server = Scripted::start().await;
    let told = Arc::new(Mutex::new(Vec::new()));
    let sink = told.clone();
    let hook = move |token: &Secret| {
        if let Ok(mut told) = sink.lock() {
            told.push(token.clone());
        }
    };
    let client = server
        .builder()
        .on_invalid_session(hook)
        .build()?
        .with_session("r:ended");
    for _ in 0..2 {
        let asking = tokio::spawn(Scored::objects().subscribe(&client).into_future());
        let mut connection = server.welcome().await;
        let asked = connection.read().await;
        let refusal = json!({
            "op": "error", "requestId": asked["requestId"], "code": 209, "error": "Invalid session token", "reconnect": false,
        });
        connection.send(refusal).await;
        let refused = asking.await?.unwrap_err();
        assert_eq!(refused.code(), Some(ErrorCode::InvalidSessionToken));
    }
    assert_eq!(*told.lock().map_err(|_| "poisoned")?, [Secret::from("r:ended")]);
    Ok(())
}

/// A subscription whose runtime is gone says so, and another runtime can go on.
#[test]
fn a_runtime_that_is_shut_down_ends_its_subscriptions() -> Outcome {
    let first = tokio::runtime::Runtime::new()?;
    let (server, client, mut events) = first.block_on(async {
        let server = Scripted::start().await;
        let client = server.client();
        let (events, ..) = subscribed(&server, &client)
            .await
            .map_err(|error| error.to_string())?;
        Ok::<_, String>((server, client, events))
    })?;
    drop((first, server));
    let second = tokio::runtime::Runtime::new()?;
    second.block_on(async {
        let ended = next(&mut events).await.unwrap_err();
        assert!(matches!(problem(&ended), LiveProblem::Stopped), "{ended}");
        assert!(events.next().await.is_none());
        // its address is nobody's now, but it is asked
        let refused = Scored::objects().subscribe(&client).await.unwrap_err();
        assert!(
            matches!(problem(&refused), LiveProblem::Unreachable { .. }),
            "{refused}"
        );
        Ok(())
    })
}

/// It can be moved to, and waited for in, any task.
#[test]
fn a_subscription_goes_anywhere() {
    fn is_free<T: Send + Sync + Unpin + 'static>() {}
    is_free::<Events>();
    is_free::<LiveEvent<Object<Scored>>>();
}

/// Without a runtime there is nothing to run on.
#[test]
fn a_subscription_needs_a_runtime() -> Outcome {
    let client = Client::builder("http://127.0.0.1:1/parse")
        .app_id("app")
        .build()?;
    let asking = Scored::objects().subscribe(&client).into_future();
    let refused = asking.now_or_never().ok_or("at once")?.unwrap_err();
    assert!(
        refused.to_string().contains("within a Tokio runtime"),
        "{refused}"
    );
    Ok(())
}

#[test]
fn addresses_that_cannot_be_are_refused() {
    let built = |url: &str| {
        let builder = Client::builder("http://localhost:1337/parse").app_id("app");
        builder.live_query_url(url).build()
    };
    for url in [
        "ws://localhost:1337/parse",
        "https://localhost",
        "wss://live.example.com/",
    ] {
        assert!(built(url).is_ok(), "{url}");
    }
    for (url, reason) in [
        ("localhost:1337", "must begin with ws:// or wss://"),
        ("ftp://localhost", "must begin with ws:// or wss://"),
        ("//", "is not a URL"),
        (
            "ws://me:SECRET@localhost",
            "must not hold a user name or a password",
        ),
        ("ws://localhost/#a", "must not have a fragment"),
    ] {
        let refused = built(url).unwrap_err().to_string();
        assert!(
            refused.contains(reason) && !refused.contains("SECRET"),
            "{refused}"
        );
    }
}
