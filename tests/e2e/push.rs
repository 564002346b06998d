//! Pushes: who gets them, what is noted of them, and what is refused before it is sent.

use crate::backend::{Backend, Outcome, backend, unique};
use chrono::{NaiveDate, TimeDelta, TimeZone};
use parse_orm::prelude::*;
use parse_orm::{Audience, Error, Installation, Push, PushStatus, Registered};
use parse_orm_mock::MockServer;
use serde_json::json;
use std::time::Duration;

/// A device that can be reached, in this channel.
async fn device(client: &Client, device_type: &str, channel: &str, locale: Option<&str>) -> Outcome {
    let mut device = Installation::new(device_type);
    device.device_token = Some(unique("token"));
    device.channels = vec![channel.into()];
    device.locale_identifier = locale.map(Into::into);
    assert!(matches!(device.register(client).await?, Registered::Created(_)));
    Ok(())
}

/// The status once the server is done with it.
async fn done(push: &Pointer<PushStatus>, backend: &Backend) -> parse_orm::Result<Object<PushStatus>> {
    loop {
        let status = push.fetch(backend.master()).await?;
        if status.is_done() {
            return Ok(status);
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

#[tokio::test]
async fn to_channels() -> Outcome {
    let backend = backend().await;
    let (client, master) = (backend.client(), backend.master());
    let (giants, mets) = (unique("Giants"), unique("Mets"));
    device(client, "ios", &giants, None).await?;
    device(client, "android", &mets, None).await?;
    device(client, "android", &unique("Cubs"), None).await?;
    let push = Push::to_channels([&giants, &mets])
        .alert("It rains")
        .title("Weather")
        .sound("rain.caf")
        .category("NEWS")
        .increment_badge(1)
        .expires_in(Duration::from_secs(3600))
        .send(master)
        .await?;
    let status = done(&push, &backend).await?;
    assert_eq!(
        (&*status.status, status.num_sent, status.num_failed),
        ("succeeded", 2, 0)
    );
    let per_type = |device_type: &str| status.sent_per_type.get(device_type).copied();
    assert_eq!((per_type("ios"), per_type("android")), (Some(1), Some(1)));
    assert_eq!(status.expiration_interval, Some(3600));
    assert!(status.expiry.is_some() && status.count.is_none() && status.error_message.is_none());
    let payload: serde_json::Value = serde_json::from_str(&status.payload)?;
    let expected = json!({
        "alert": "It rains", "title": "Weather", "sound": "rain.caf", "category": "NEWS", "badge": "Increment",
    });
    assert_eq!(payload, expected);
    let query: serde_json::Value = serde_json::from_str(&status.query)?;
    assert_eq!(query, json!({"channels": {"$in": [giants, mets]}}));

    // the badge is kept in the installations
    let fan = query!(Installation.filter(channels__in = [&giants]))
        .get(master)
        .await?;
    assert_eq!(fan.badge, Some(1));

    // only the master key sees what was sent
    let error = push.fetch(client).await.unwrap_err();
    assert_eq!(error.code(), Some(ErrorCode::OperationForbidden), "{error}");
    Ok(())
}

#[tokio::test]
async fn to_the_installations_of_a_query() -> Outcome {
    let backend = backend().await;
    let (client, master) = (backend.client(), backend.master());
    let (channel, time_zone) = (unique("channel"), unique("Europe/"));
    for device_type in ["ios", "ios", "android"] {
        let mut device = Installation::new(device_type);
        device.device_token = Some(unique("token"));
        device.channels = vec![channel.clone()];
        device.time_zone = Some(time_zone.clone());
        device.register(client).await?;
    }
    // without a device token there is no way to it
    let mut mute = Installation::new("ios");
    mute.installation_id = Some(unique("id"));
    mute.time_zone = Some(time_zone.clone());
    mute.register(client).await?;

    let ios = query!(Installation.filter(device_type = "ios", time_zone = &time_zone));
    let push = Push::to(&ios).silent().badge(7).send(master).await?;
    assert_eq!(done(&push, &backend).await?.num_sent, 2);
    let mut badges: Vec<_> = ios.all(master).await?.iter().map(|device| device.badge).collect();
    badges.sort();
    assert_eq!(badges, [None, Some(7), Some(7)]);

    let nobody = query!(ios.filter(device_type__ne = "ios", app_name = "none"));
    let error = Push::to(&nobody).alert("x").send(master).await.unwrap_err();
    assert!(matches!(error, Error::Invalid(_)), "a contradiction: {error}");
    let nobody = query!(Installation.filter(app_name = unique("none")));
    let status = done(&Push::to(&nobody).alert("x").send(master).await?, &backend).await?;
    assert_eq!((&*status.status, status.num_sent), ("succeeded", 0));
    Ok(())
}

#[tokio::test]
async fn at_another_time() -> Outcome {
    let backend = backend().await;
    let master = backend.master();
    let nobody = query!(Installation.filter(app_name = unique("none")));
    let time = Utc.with_ymd_and_hms(2099, 1, 1, 10, 0, 0).unwrap();
    let push = Push::to(&nobody)
        .alert("later")
        .at(time)
        .expires_at(time + TimeDelta::hours(1))
        .send(master)
        .await?;
    let status = push.fetch(master).await?;
    assert_eq!(
        (
            &*status.status,
            &*status.push_time,
            status.expiry,
            status.is_done()
        ),
        (
            "scheduled",
            "2099-01-01T10:00:00.000Z",
            Some(4_070_948_400_000),
            false
        )
    );
    let local = NaiveDate::from_ymd_opt(2099, 1, 1)
        .unwrap()
        .and_hms_opt(10, 0, 0)
        .unwrap();
    let push = Push::to(&nobody)
        .alert("later")
        .at_local(local)
        .send(master)
        .await?;
    assert_eq!(push.fetch(master).await?.push_time, "2099-01-01T10:00:00.000");
    Ok(())
}

#[tokio::test]
async fn to_an_audience() -> Outcome {
    let backend = backend().await;
    let (client, master) = (backend.client(), backend.master());
    let channel = unique("channel");
    device(client, "ios", &channel, None).await?;
    let fans = query!(Installation.filter(channels__in = [&channel]));
    let name = unique("Fans");
    let mut audience = Audience::new(&name, &fans)?.create(master).await?;
    assert_eq!((audience.times_used, audience.last_used), (0, None));
    for times in 1..=2 {
        let push = Push::to_audience(&audience).alert("hi").send(master).await?;
        assert_eq!(done(&push, &backend).await?.num_sent, 1);
        while audience.times_used < times {
            audience.refresh(master, Unsaved::Keep).await?;
        }
        assert_eq!(audience.times_used, times);
    }
    assert!(audience.last_used.is_some());
    audience.name = format!("{name} 2");
    audience.save(master).await?;
    let named = query!(Audience.filter(name = format!("{name} 2")));
    assert_eq!(named.get(master).await?.query, audience.query);
    assert_eq!(
        named.all(client).await.unwrap_err().code(),
        Some(ErrorCode::OperationForbidden)
    );

    // what an application wrote into it by hand
    audience.query = "ios".into();
    let error = Push::to_audience(&audience)
        .alert("hi")
        .send(master)
        .await
        .unwrap_err();
    assert!(error.to_string().contains("is not JSON"), "{error}");
    audience.delete(master).await?;
    assert_eq!(named.count(master).await?, 0);
    Ok(())
}

/// What only a witness can tell: what each device was shown.
#[tokio::test]
async fn each_device_in_its_language_and_with_its_badge() -> Outcome {
    let server = MockServer::start().await;
    let (client, master) = (server.client(), server.master_client());
    for (locale, count) in [(Some("de-AT"), 2), (Some("fr"), 1), (None, 1)] {
        for _ in 0..count {
            device(&client, "ios", "all", locale).await?;
        }
    }
    let push = Push::to_channels(["all"])
        .alert("Hello")
        .alert_in("de", "Hallo")
        .title_in("fr", "Titre")
        .data(&json!({"kind": "greeting"}))
        .send(&master)
        .await?;
    let mut shown: Vec<_> = server
        .pushes()
        .into_iter()
        .map(|sent| (sent.installations.len(), sent.data))
        .collect();
    shown.sort_by_key(|(count, data)| (*count, data.to_string()));
    assert_eq!(
        shown,
        [
            (1, json!({"alert": "Hello", "kind": "greeting", "title": "Titre"})),
            (1, json!({"alert": "Hello", "kind": "greeting"})),
            (2, json!({"alert": "Hallo", "kind": "greeting"})),
        ]
    );
    assert!(
        server
            .pushes()
            .iter()
            .all(|sent| push.id().is_some_and(|id| sent.status_id == id.as_str()))
    );
    assert_eq!(push.fetch(&master).await?.num_sent, 4);

    // badges count up, of each its own
    server.reset();
    for badge in [0, 5] {
        let mut device = Installation::new("ios");
        device.device_token = Some(unique("token"));
        device.badge = Some(badge);
        device.register(&client).await?;
    }
    Push::to(Installation::objects())
        .increment_badge(2)
        .send(&master)
        .await?;
    let mut badges: Vec<_> = server
        .pushes()
        .iter()
        .map(|sent| sent.data["badge"].clone())
        .collect();
    badges.sort_by_key(serde_json::Value::as_i64);
    assert_eq!(badges, [json!(2), json!(7)]);
    Ok(())
}

/// Refused before anything is sent.
#[tokio::test]
async fn pushes_that_cannot_be() -> Outcome {
    let backend = backend().await;
    let master = backend.master();
    let everyone = Installation::objects;
    let hello = || Push::to(everyone()).alert("x");
    let now = Utc::now();
    let past = NaiveDate::from_ymd_opt(2001, 1, 1)
        .unwrap()
        .and_hms_opt(0, 0, 0)
        .unwrap();
    let hour = Duration::from_secs(3600);
    for (push, expected) in [
        (
            Push::to_channels([""; 0]).alert("x"),
            "a push to no channels goes nowhere",
        ),
        (Push::to(everyone()), "there is nothing in the push"),
        (
            Push::to(everyone().limit(5)).alert("x"),
            "`limit` of the query set cannot be part of a push",
        ),
        (
            Push::to(query!(Installation.order_by(badge))).alert("x"),
            "`order_by` of the query set cannot be part of a push",
        ),
        (
            hello().data(&[1, 2]),
            "the data of a push is an object, and `[1,2]` is none",
        ),
        (
            hello().alert_in("", "x"),
            "`alert_in` wants a locale such as `de`",
        ),
        (hello().increment_badge(0), "changes no badge"),
        (
            hello().at(now - TimeDelta::minutes(1)),
            "the time to send it at is in the past",
        ),
        (hello().at_local(past), "the time to send it at is in the past"),
        (
            hello().expires_at(now - TimeDelta::minutes(1)),
            "it expires before it is sent",
        ),
        (
            hello()
                .at(now + TimeDelta::hours(2))
                .expires_at(now + TimeDelta::hours(1)),
            "it expires before it is sent",
        ),
        (
            hello().expires_in(Duration::from_millis(10)),
            "the least is a second",
        ),
        (
            hello().expires_in(Duration::MAX),
            "`expiration_interval`: the date is outside the years 0 to 9999",
        ),
        (
            hello().expires_in(Duration::from_secs(300_000_000_000)),
            "outside the years 0 to 9999",
        ),
        (
            hello().expires_in(hour).expires_at(now + TimeDelta::hours(1)),
            "it expires once: by `expires_at` or by `expires_in`",
        ),
        (
            hello().at(chrono::DateTime::<Utc>::MAX_UTC),
            "outside the years 0 to 9999",
        ),
    ] {
        let error = push.send(master).await.unwrap_err();
        assert!(matches!(error, Error::Invalid(_)), "{error}");
        assert!(error.to_string().contains(expected), "{error}");
    }
    let error = Audience::new("x", everyone().limit(5)).unwrap_err();
    assert!(
        error.to_string().contains("cannot be part of an audience"),
        "{error}"
    );
    if let Some(server) = backend.server() {
        assert!(server.requests().is_empty());
    }
    Ok(())
}
