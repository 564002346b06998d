//! The server's configuration: read typed, written with the master key.

use crate::backend::{Outcome, backend, unique};
use parse_orm::prelude::*;
use parse_orm::{Config, DecodeError};
use parse_orm_mock::MockServer;
use serde::Deserialize;

/// A name that no parameter has had.
fn fresh(name: &str) -> String {
    unique(name).replace('-', "_")
}

#[tokio::test]
async fn parameters_of_every_type() -> Outcome {
    let backend = backend().await;
    let (client, master) = (backend.client(), backend.master());
    let name = |kind: &str| fresh(kind);
    let names: Vec<String> = [
        "text", "n", "flag", "when", "place", "list", "map", "bytes", "file", "who",
    ]
    .map(name)
    .into();
    let when = "2026-01-31T12:00:00.250Z".parse::<DateTime<Utc>>()?;
    let place = GeoPoint::new(1.5, -2.0)?;
    let map = serde_json::json!({"a": [1, {"b": null}]});
    let bytes = Bytes::from(vec![1, 2, 3]);
    #[derive(ParseObject, Debug, Clone)]
    #[parse(class_name = "E2ePlayer")]
    struct Who {
        name: String,
    }
    let who = Pointer::<Who>::to("Ed1nuqPvcm");
    Config::change()
        .set(&names[0], "hi")
        .set(&names[1], 5.5)
        .set(&names[2], false)
        .set(&names[3], when)
        .set(&names[4], place)
        .set(&names[5], vec![1, 2])
        .set(&names[6], map.clone())
        .set(&names[7], bytes.clone())
        .set(&names[8], File::stored("a_photo.jpg"))
        .set(&names[9], who.clone())
        .save(master)
        .await?;
    let config = client.config().await?;
    assert_eq!(config.get::<String>(&names[0])?.as_deref(), Some("hi"));
    assert_eq!(config.get(&names[1])?, Some(5.5));
    assert_eq!(config.get(&names[2])?, Some(false));
    assert_eq!(config.get(&names[3])?, Some(when));
    assert_eq!(config.get(&names[4])?, Some(place));
    assert_eq!(config.get(&names[5])?, Some(vec![1, 2]));
    assert_eq!(config.get(&names[6])?, Some(map));
    assert_eq!(config.get(&names[7])?, Some(bytes));
    let file = config.get::<File>(&names[8])?.ok_or("a file")?;
    assert_eq!(file.name(), "a_photo.jpg");
    assert_eq!(config.get::<Pointer<Who>>(&names[9])?, Some(who));
    assert!(names.iter().all(|name| config.names().any(|known| known == name)));
    assert!(config.json(&names[0]).is_some_and(serde_json::Value::is_string));

    let gone = names
        .iter()
        .fold(Config::change(), |change, name| change.delete(name));
    gone.save(master).await?;
    let config = client.config().await?;
    assert_eq!(config.get::<String>(&names[0])?, None);
    // once more is no error
    gone.save(master).await?;
    Ok(())
}

#[tokio::test]
async fn what_only_the_master_key_sees_stays_so() -> Outcome {
    let backend = backend().await;
    let (client, master) = (backend.client(), backend.master());
    let (secret, open) = (fresh("secret"), fresh("open"));
    Config::change()
        .set_master_only(&secret, 1)
        .set(&open, 1)
        .save(master)
        .await?;
    let sees = async |name: &str| -> parse_orm::Result<(Option<i64>, Option<i64>)> {
        Ok((
            client.config().await?.get(name)?,
            master.config().await?.get(name)?,
        ))
    };
    assert_eq!(sees(&secret).await?, (None, Some(1)));
    assert_eq!(sees(&open).await?, (Some(1), Some(1)));

    // written anew, and beside others, it stays what it is
    Config::change()
        .set(&secret, 2)
        .set(&open, 2)
        .save(master)
        .await?;
    assert_eq!(sees(&secret).await?, (None, Some(2)));
    assert_eq!(sees(&open).await?, (Some(2), Some(2)));
    let config = master.config().await?;
    assert!(config.is_master_only(&secret) && !config.is_master_only(&open));

    Config::change()
        .set_public(&secret, 3)
        .set_master_only(&open, 3)
        .save(master)
        .await?;
    assert_eq!(sees(&secret).await?, (Some(3), Some(3)));
    assert_eq!(sees(&open).await?, (None, Some(3)));
    Config::change()
        .delete(&secret)
        .delete(&open)
        .save(master)
        .await?;
    assert_eq!(sees(&open).await?, (None, None));
    Ok(())
}

#[tokio::test]
async fn the_whole_configuration_as_one_value() -> Outcome {
    #[derive(ParseValue, Debug, Clone, PartialEq)]
    struct Settings {
        welcome_text: String,
        opened_at: Option<DateTime<Utc>>,
        max_players: i64,
    }
    #[derive(Deserialize, serde::Serialize, Debug, Clone, PartialEq)]
    #[serde(rename_all = "camelCase")]
    struct Plain {
        welcome_text: String,
    }
    let server = MockServer::start().await;
    let (client, master) = (server.client(), server.master_client());
    assert_eq!(client.config().await?.names().count(), 0);
    let wrong = client.config().await?.read::<Settings>().unwrap_err();
    assert!(matches!(wrong, Error::Decode(_)), "{wrong}");

    Config::change()
        .set_public("welcomeText", "hello".to_owned())
        .set_public("maxPlayers", 8)
        .set_public("unknown", true)
        .save(&master)
        .await?;
    let config = client.config().await?;
    let settings: Settings = config.read()?;
    assert_eq!((&*settings.welcome_text, settings.max_players), ("hello", 8));
    let Json(plain) = config.read::<Json<Plain>>()?;
    assert_eq!(plain.welcome_text, "hello");

    let wrong = config.get::<i64>("welcomeText").unwrap_err();
    let Error::Decode(error) = &wrong else {
        return Err(wrong.into());
    };
    let DecodeError { field, expected, .. } = &**error;
    assert_eq!(
        (field.as_deref(), &**expected),
        (Some("welcomeText"), "Number"),
        "{wrong}"
    );
    // the value may be a secret of the server
    assert!(!format!("{wrong} {wrong:?}").contains("hello"), "{wrong:?}");

    // a parameter may be a secret: it is not printed
    assert!(!format!("{config:?} {:?}", Config::change().set("a", "hello".to_owned())).contains("hello"));
    Ok(())
}

#[tokio::test]
async fn what_cannot_be_a_parameter_is_not_sent() -> Outcome {
    let server = MockServer::start().await;
    let master = server.master_client();
    for (change, reason) in [
        (Config::change().set("", 1), "a parameter's name is not empty"),
        (Config::change().set("a.b", 1), "holds neither `.` nor `$`"),
        (Config::change().delete("$a"), "holds neither `.` nor `$`"),
        (Config::change().set("a", f64::NAN), "a"),
        (
            Config::change().set("a", None::<i64>),
            "`delete` takes the parameter away",
        ),
        (Config::change().set("a", File::new("a.txt", "new")), "a"),
    ] {
        let refused = change.save(&master).await.unwrap_err();
        let Error::Invalid(error) = &refused else {
            return Err(refused.into());
        };
        assert!(error.message.contains(reason), "{refused}");
    }
    // nothing to write is nothing to send
    Config::change().save(&master).await?;
    assert!(server.requests().is_empty());

    // where everything is said, one request does
    Config::change()
        .set_public("a", 1)
        .delete("b")
        .save(&master)
        .await?;
    Config::change().set("a", 2).save(&master).await?;
    let sent: Vec<_> = server
        .requests()
        .into_iter()
        .map(|request| (request.method, request.body))
        .collect();
    let bodies = serde_json::json!([
        {"params": {"a": 1, "b": {"__op": "Delete"}}, "masterKeyOnly": {}},
        null,
        {"params": {"a": 2}, "masterKeyOnly": {}},
    ]);
    assert_eq!(
        sent.iter().map(|(method, _)| method.as_str()).collect::<Vec<_>>(),
        ["PUT", "GET", "PUT"]
    );
    assert_eq!(
        serde_json::to_value(sent.iter().map(|(_, body)| body).collect::<Vec<_>>())?,
        bodies
    );
    Ok(())
}
