//! The server's configuration: settings that programs read at their start, and that change without a new release.
//!
//! `cargo run --example config`

use parse_orm::Config;
use parse_orm::prelude::*;
use parse_orm_mock::MockServer;

/// The settings of the game. A parameter `welcomeText` is the field `welcome_text`.
#[derive(ParseValue, Debug, Clone, PartialEq)]
pub struct Settings {
    pub welcome_text: String,
    #[parse(default)]
    pub max_players: i64,
    pub opened_at: Option<DateTime<Utc>>,
    pub arena: Option<GeoPoint>,
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let server = MockServer::start().await;
    let (client, master) = (server.client(), server.master_client());

    // the application's administrator writes
    Config::change()
        .set("welcomeText", "Good luck!")
        .set("maxPlayers", 8)
        .set("openedAt", "2026-01-31T12:00:00Z".parse::<DateTime<Utc>>()?)
        .set("arena", GeoPoint::new(47.37, 8.54)?)
        .set_master_only("dailyBudget", 250)
        .save(&master)
        .await?;

    // every program reads, as one value
    let config = client.config().await?;
    let settings: Settings = config.read()?;
    println!("{settings:?}");
    assert_eq!((&*settings.welcome_text, settings.max_players), ("Good luck!", 8));

    // or one by one; what is for the master key is not there for others
    assert_eq!(config.get::<i64>("maxPlayers")?, Some(8));
    assert_eq!(config.get::<i64>("dailyBudget")?, None);
    assert_eq!(master.config().await?.get("dailyBudget")?, Some(250));

    // one parameter changes; who sees what stays as it was
    Config::change()
        .set("dailyBudget", 300)
        .delete("arena")
        .save(&master)
        .await?;
    let config = client.config().await?;
    assert_eq!(config.read::<Settings>()?.arena, None);
    assert_eq!(config.get::<i64>("dailyBudget")?, None);
    assert!(master.config().await?.is_master_only("dailyBudget"));

    // a mistake is a typed error
    let wrong = config.get::<i64>("welcomeText").unwrap_err();
    println!("{wrong}");
    assert!(matches!(wrong, Error::Decode(_)));
    Ok(())
}
