//! Installations: registered once, by whichever of their names the server knows them.

use crate::backend::{Outcome, backend, unique};
use parse_orm::prelude::*;
use parse_orm::{Installation, Registered};

/// An application's own.
#[derive(ParseObject, Debug, Clone)]
#[parse(class_name = "_Installation")]
struct Device {
    device_type: String,
    installation_id: Option<String>,
    device_token: Option<String>,
    #[parse(default)]
    channels: Vec<String>,
    badge: Option<i64>,
}

fn device(installation_id: Option<&str>, device_token: Option<&str>) -> Device {
    Device {
        device_type: "web".into(),
        installation_id: installation_id.map(Into::into),
        device_token: device_token.map(Into::into),
        channels: Vec::new(),
        badge: None,
    }
}

fn created<T: ParseObject>(registered: Registered<T>) -> Object<T> {
    match registered {
        Registered::Created(object) => object,
        Registered::Updated => panic!("it is known"),
    }
}

#[tokio::test]
async fn registered_changed_and_found() -> Outcome {
    let backend = backend().await;
    let (client, master) = (backend.client(), backend.master());
    let channel = unique("channel");
    let mut value = Installation::new("android");
    value.installation_id = Some(unique("Device"));
    value.device_token = Some(unique("token"));
    value.channels = vec![channel.clone()];
    value.gcm_sender_id = Some("56712320625545".into());
    value.time_zone = Some("Europe/Prague".into());
    value.app_version = Some("1.2".into());
    let mut stored = created(value.register(client).await?);
    stored.add_unique_channels(["news"]);
    stored.badge = Some(3);
    stored.save(client).await?;

    let here = query!(Installation.filter(channels__in = [&channel]));
    let found = here.get(master).await?;
    assert_eq!(found.id(), stored.id());
    // the server writes it in lower case
    let id = value.installation_id.as_ref().map(|id| id.to_lowercase());
    assert_eq!(found.installation_id, id);
    assert_eq!(found.gcm_sender_id, value.gcm_sender_id);
    assert_eq!((found.channels.len(), found.badge), (2, Some(3)));

    // others may neither look for installations nor delete them
    let error = here.all(client).await.unwrap_err();
    assert_eq!(error.code(), Some(ErrorCode::OperationForbidden), "{error}");
    let error = stored.clone().delete(client).await.unwrap_err();
    assert_eq!(error.code(), Some(ErrorCode::OperationForbidden), "{error}");
    stored.delete(master).await?;
    assert_eq!(here.count(master).await?, 0);
    Ok(())
}

#[tokio::test]
async fn the_same_installation_is_not_registered_twice() -> Outcome {
    let backend = backend().await;
    let (client, master) = (backend.client(), backend.master());
    let (id, token) = (unique("id"), unique("token"));
    let first = created(device(Some(&id), Some(&token)).register(client).await?);
    // by its id, with a new token
    let new_token = unique("token");
    let again = device(Some(&id), Some(&new_token));
    assert!(matches!(again.register(client).await?, Registered::Updated));
    let known = Device::get(master, first.id()).await?;
    assert_eq!(known.device_token.as_deref(), Some(&*new_token));
    // by its token alone
    let mut value = device(None, Some(&new_token));
    value.badge = Some(7);
    assert!(matches!(value.register(client).await?, Registered::Updated));
    assert_eq!(Device::get(master, first.id()).await?.badge, Some(7));

    // a plain create cannot say which object it is
    let error = again.create(client).await.unwrap_err();
    assert!(error.to_string().contains("use `register`"), "{error}");

    // a token belongs to one device: another one takes it over
    let other = created(
        device(Some(&unique("id")), Some(&new_token))
            .register(client)
            .await?,
    );
    let with_token = query!(Device.filter(device_token = &new_token));
    assert_eq!(with_token.get(master).await?.id(), other.id());
    Ok(())
}

/// The client says which device it is.
#[tokio::test]
async fn a_client_of_an_installation() -> Outcome {
    let backend = backend().await;
    let (client, master) = (backend.client(), backend.master());
    let id = unique("id");
    let own = client.with_installation(&*id);
    let stored = created(device(Some(&id), None).register(&own).await?);
    let mut value = device(None, None);
    value.badge = Some(5);
    assert!(matches!(value.register(&own).await?, Registered::Updated));
    assert_eq!(Device::get(master, stored.id()).await?.badge, Some(5));
    if let Some(server) = backend.server() {
        let requests = server.requests();
        assert_eq!(requests[0].header("x-parse-installation-id"), Some(&*id));
        assert_eq!(requests[2].header("x-parse-installation-id"), None);
    }
    let error = device(Some("x"), None)
        .register(&client.with_installation("a\nb"))
        .await
        .unwrap_err();
    assert!(error.to_string().contains("installation id"), "{error}");
    Ok(())
}

#[tokio::test]
async fn installations_that_the_server_refuses() -> Outcome {
    let backend = backend().await;
    let client = backend.client();
    let code = |error: parse_orm::Error| error.code().map(ErrorCode::number);
    let before = backend.server().map(|server| server.requests().len());
    for nameless in [device(None, None), device(Some(""), Some(""))] {
        let error = nameless.register(client).await.unwrap_err();
        assert!(matches!(error, Error::Invalid(_)), "{error}");
        let expected = "by its installation id or its device token";
        assert!(error.to_string().contains(expected), "{error}");
    }
    let after = backend.server().map(|server| server.requests().len());
    assert_eq!(before, after);

    #[derive(ParseObject, Debug, Clone)]
    #[parse(class_name = "_Installation")]
    struct Bare {
        installation_id: Option<String>,
        device_type: Option<String>,
    }
    let bare = Bare {
        installation_id: Some(unique("id")),
        device_type: None,
    };
    assert_eq!(code(bare.register(client).await.unwrap_err()), Some(135));

    let mut stored = created(device(Some(&unique("id")), None).register(client).await?);
    stored.device_type = "ios".into();
    assert_eq!(code(stored.save(client).await.unwrap_err()), Some(136));
    stored.revert();
    stored.installation_id = Some(unique("other"));
    assert_eq!(code(stored.save(client).await.unwrap_err()), Some(136));

    let mut by_token = created(device(None, Some(&unique("token"))).register(client).await?);
    by_token.device_token = Some(unique("other"));
    assert_eq!(code(by_token.save(client).await.unwrap_err()), Some(136));
    Ok(())
}
