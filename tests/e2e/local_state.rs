//! Fields that the server does not hold, and fields of serde types.

use crate::backend::backend;
use parse_orm::prelude::*;
use serde::{Deserialize, Serialize};

#[derive(Serialize, Deserialize, Clone, Debug, PartialEq)]
struct Settings {
    volume: u8,
}

#[derive(ParseObject, Clone, Debug)]
#[parse(class_name = "E2eLocalState")]
struct Profile {
    name: String,
    #[parse(json)]
    settings: Option<Settings>,
    #[parse(skip)]
    draft: String,
    photo: Option<File>,
}

#[tokio::test]
async fn a_field_that_is_not_stored_survives_saving_and_refreshing() {
    let backend = backend().await;
    let client = backend.client();
    let profile = Profile {
        name: "Ann".into(),
        settings: None,
        draft: "mine".into(),
        photo: None,
    };
    let mut profile = profile.create(client).await.unwrap();
    profile.draft = "still mine".into();
    assert!(!profile.is_dirty());
    profile.name = "Anna".into();
    profile.refresh(client, Unsaved::Keep).await.unwrap();
    assert_eq!(
        (profile.draft.as_str(), profile.name.as_str()),
        ("still mine", "Anna")
    );
    profile.refresh(client, Unsaved::Discard).await.unwrap();
    assert_eq!(
        (profile.draft.as_str(), profile.name.as_str()),
        ("still mine", "Ann")
    );
}

#[tokio::test]
async fn an_optional_serde_field_may_be_missing_and_is_deleted_by_none() {
    let backend = backend().await;
    let client = backend.client();
    let profile = Profile {
        name: "Bob".into(),
        settings: None,
        draft: String::new(),
        photo: None,
    };
    let mut profile = profile.create(client).await.unwrap();
    assert_eq!(Profile::get(client, profile.id()).await.unwrap().settings, None);
    profile.settings = Some(Settings { volume: 7 });
    profile.save(client).await.unwrap();
    assert_eq!(
        Profile::get(client, profile.id()).await.unwrap().settings,
        Some(Settings { volume: 7 })
    );
    profile.settings = None;
    assert_eq!(profile.dirty_fields(), ["settings"]);
    profile.save(client).await.unwrap();
    assert_eq!(Profile::get(client, profile.id()).await.unwrap().settings, None);
}

#[tokio::test]
async fn rows_without_a_file_or_a_serde_value_can_be_found() {
    let backend = backend().await;
    let client = backend.client();
    let name = backend.run();
    let plain = Profile {
        name: name.clone(),
        settings: None,
        draft: String::new(),
        photo: None,
    };
    let with_photo = Profile {
        photo: Some(File::stored("a.jpg")),
        ..plain.clone()
    };
    let with_settings = Profile {
        settings: Some(Settings { volume: 1 }),
        ..plain.clone()
    };
    for profile in [&plain, &with_photo, &with_settings] {
        profile.create(client).await.unwrap();
    }
    let all = query!(Profile.filter(name = &name));
    assert_eq!(
        query!(all.filter(photo__isnull = true))
            .count(client)
            .await
            .unwrap(),
        2
    );
    assert_eq!(
        query!(all.filter(photo__isnull = false))
            .count(client)
            .await
            .unwrap(),
        1
    );
    assert_eq!(
        query!(all.filter(settings__isnull = true))
            .count(client)
            .await
            .unwrap(),
        2
    );
    assert_eq!(
        query!(all.filter(settings__isnull = true, photo__isnull = true))
            .count(client)
            .await
            .unwrap(),
        1
    );
}
