//! Push notifications: devices register themselves, the application's server sends to channels, to a query, to an
//! audience, and looks at what became of it.
//!
//! `cargo run --example push`

use parse_orm::prelude::*;
use parse_orm::{Audience, Installation, Push, PushStatus, Registered};
use parse_orm_mock::MockServer;
use std::time::Duration;

/// On the device: without special rights.
async fn start_of_the_app(client: &Client, id: &str, kind: &str, locale: &str) -> parse_orm::Result<()> {
    let mut device = Installation::new(kind);
    device.installation_id = Some(id.into()); // made up once, and kept on the device
    device.device_token = Some(format!("token of {id}")); // Apple's or Google's
    device.locale_identifier = Some(locale.into());
    device.channels = vec!["Giants".into()];
    match device.register(client).await? {
        Registered::Created(stored) => println!("new: {}", stored.id()),
        Registered::Updated => println!("{id} was known"),
    }
    Ok(())
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let server = MockServer::start().await;
    let client = server.client();
    for (id, kind, locale) in [
        ("ann", "ios", "en-US"),
        ("ben", "android", "de-AT"),
        ("ann", "ios", "en-US"),
    ] {
        start_of_the_app(&client, id, kind, locale).await?;
    }

    // on the application's server: with the master key
    let master = server.master_client();
    let push = Push::to_channels(["Giants", "Mets"])
        .title("Baseball")
        .alert("The Giants won!")
        .alert_in("de", "Die Giants haben gewonnen!")
        .increment_badge(1)
        .expires_in(Duration::from_secs(3600))
        .send(&master)
        .await?;
    let status = push.fetch(&master).await?;
    println!("{}: sent to {}", status.status, status.num_sent);
    assert_eq!((status.is_done(), status.num_sent), (true, 2));

    // the devices of a query; this one wakes the application up and shows nothing
    let ios = query!(Installation.filter(device_type = "ios", badge__gte = 1));
    Push::to(&ios)
        .silent()
        .data(&serde_json::json!({"refresh": "scores"}))
        .send(&master)
        .await?;

    // a query under a name
    let audience = Audience::new("Fans with iOS", query!(Installation.filter(device_type = "ios")))?;
    let mut audience = audience.create(&master).await?;
    Push::to_audience(&audience)
        .alert("For you")
        .send(&master)
        .await?;
    audience.refresh(&master, Unsaved::Keep).await?;
    assert_eq!(audience.times_used, 1);

    // what was sent, newest first
    let sent = query!(PushStatus.filter(status = "succeeded").order_by(-created_at));
    assert_eq!(sent.count(&master).await?, 3);

    // a mistake is told before anything is sent
    let twice = Push::to(Installation::objects())
        .alert("Soon")
        .expires_in(Duration::from_secs(60))
        .expires_at("2099-01-01T00:00:00Z".parse()?);
    println!("{}", twice.send(&master).await.err().ok_or("it expires twice")?);

    // the mock delivers nothing: it tells what each device would have been shown
    let german = server
        .pushes()
        .into_iter()
        .find(|sent| sent.data["alert"] == "Die Giants haben gewonnen!");
    assert_eq!(german.map(|sent| sent.installations.len()), Some(1));
    Ok(())
}
