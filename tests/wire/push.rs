//! The bodies of pushes.

use chrono::{NaiveDate, TimeZone, Utc};
use parse_orm::prelude::*;
use parse_orm::{Audience, Installation, Push};
use parse_orm_mock::MockServer;
use serde_json::{Value, json};
use std::time::Duration;

async fn sent(push: Push) -> Value {
    let server = MockServer::start().await;
    push.send(&server.master_client()).await.unwrap();
    let [request] = &server.requests()[..] else {
        panic!("one request");
    };
    assert_eq!((&*request.method, &*request.path), ("POST", "/push"));
    request.body.clone().unwrap()
}

#[tokio::test]
async fn to_whom() {
    assert_eq!(
        sent(Push::to_channels(["Giants", "Mets"]).alert("hi")).await,
        json!({"channels": ["Giants", "Mets"], "data": {"alert": "hi"}})
    );
    assert_eq!(
        sent(Push::to(query!(Installation.filter(device_type = "ios", badge__gte = 2))).alert("hi")).await,
        json!({"where": {"deviceType": "ios", "badge": {"$gte": 2}}, "data": {"alert": "hi"}})
    );
    assert_eq!(
        sent(Push::to(Installation::objects()).alert("hi")).await,
        json!({"where": {}, "data": {"alert": "hi"}})
    );

    let server = MockServer::start().await;
    let master = server.master_client();
    let ios = Audience::new("iOS", query!(Installation.filter(device_type = "ios"))).unwrap();
    let audience = ios.create(&master).await.unwrap();
    Push::to_audience(&audience)
        .alert("hi")
        .send(&master)
        .await
        .unwrap();
    let requests = server.requests();
    assert_eq!(
        requests[0].body,
        Some(json!({"name": "iOS", "query": r#"{"deviceType":"ios"}"#}))
    );
    assert_eq!(
        requests[1].body,
        Some(json!({
            "where": {"deviceType": "ios"}, "audience_id": audience.id().as_str(), "data": {"alert": "hi"},
        }))
    );
}

#[tokio::test]
async fn what() {
    let push = Push::to_channels(["a"])
        .alert("Hello")
        .alert_in("de", "Hallo")
        .title("Title")
        .title_in("de-AT", "Titel")
        .sound("x.caf")
        .badge(3)
        .category("NEWS")
        .silent()
        .data(&json!({"kind": {"of": "news"}, "sound": "y.caf"}));
    let expected = json!({
        "alert": "Hello", "alert-de": "Hallo", "title": "Title", "title-de-AT": "Titel", "sound": "y.caf",
        "badge": 3, "category": "NEWS", "content-available": 1, "kind": {"of": "news"},
    });
    assert_eq!(sent(push).await["data"], expected);
    let badge = |by| Push::to_channels(["a"]).increment_badge(by);
    assert_eq!(sent(badge(1)).await["data"], json!({"badge": "Increment"}));
    let amount = json!({"badge": {"__op": "Increment", "amount": -2}});
    assert_eq!(sent(badge(-2)).await["data"], amount);
}

#[tokio::test]
async fn when() {
    let push = || Push::to_channels(["a"]).alert("x");
    let time = Utc.with_ymd_and_hms(2099, 1, 2, 3, 4, 5).unwrap();
    let local = NaiveDate::from_ymd_opt(2099, 1, 2)
        .unwrap()
        .and_hms_opt(3, 4, 5)
        .unwrap();
    for (push, key, value) in [
        (push().at(time), "push_time", json!("2099-01-02T03:04:05.000Z")),
        (
            push().at_local(local),
            "push_time",
            json!("2099-01-02T03:04:05.000"),
        ),
        (
            push().expires_at(time),
            "expiration_time",
            json!("2099-01-02T03:04:05.000Z"),
        ),
        (
            push().expires_in(Duration::from_secs(90)),
            "expiration_interval",
            json!(90),
        ),
    ] {
        let expected = json!({"channels": ["a"], "data": {"alert": "x"}, key: value});
        assert_eq!(sent(push).await, expected);
    }
}
