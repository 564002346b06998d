//! Files: uploaded before the object that holds them, once. With the master key: a server takes uploads from the
//! public only where it is told to.

use crate::backend::{Outcome, backend};
use parse_orm::Error;
use parse_orm::prelude::*;
use parse_orm_mock::MockServer;

#[derive(ParseObject, Debug, Clone)]
#[parse(class_name = "E2eAlbum")]
struct Album {
    run: String,
    cover: Option<File>,
    #[parse(default)]
    pages: Vec<File>,
    artist: Option<Pointer<Artist>>,
}

#[derive(ParseObject, Debug, Clone)]
#[parse(class_name = "E2eArtist")]
struct Artist {
    run: String,
    photo: File,
}

fn album(run: &str) -> Album {
    Album {
        run: run.into(),
        cover: None,
        pages: Vec::new(),
        artist: None,
    }
}

/// The contents of a file, and their type.
async fn download(file: &File, client: &Client) -> parse_orm::Result<(String, String)> {
    let mut chunks = file.download(client).stream().await?;
    let kind = chunks.content_type().unwrap_or_default().to_owned();
    let mut body = Vec::new();
    while let Some(chunk) = chunks.try_next().await? {
        body.extend_from_slice(&chunk);
    }
    Ok((kind, String::from_utf8_lossy(&body).into_owned()))
}

#[tokio::test]
async fn row_25_a_file_is_uploaded_before_the_object_that_holds_it() -> Outcome {
    let backend = backend().await;
    let (client, run) = (backend.master(), backend.run());
    let cover = File::new("cover.txt", "a drawing");
    assert!(!cover.is_uploaded() && cover.url().is_none());
    let stored = Album {
        cover: Some(cover.clone()),
        ..album(&run)
    }
    .create(client)
    .await?;
    assert!(cover.is_uploaded() && !stored.is_dirty());
    assert!(cover.name().ends_with("_cover.txt"), "{cover:?}");
    let read = Album::get(client, stored.id()).await?;
    let file = read.cover.as_ref().unwrap();
    assert_eq!(*file, cover);
    assert_eq!(file.url(), cover.url());
    let (kind, body) = download(file, client).await?;
    assert!(kind.starts_with("text/plain"), "{kind}");
    assert_eq!(body, "a drawing");
    Ok(())
}

#[tokio::test]
async fn files_of_new_objects_and_in_arrays() -> Outcome {
    let backend = backend().await;
    let (client, run) = (backend.master(), backend.run());
    let shared = File::new("shared.txt", "s");
    let mut stored = album(&run).create(client).await?;
    if let Some(server) = backend.server() {
        server.clear_requests();
    }
    stored.pages = (0..6)
        .map(|n| File::new(format!("{n}.txt"), format!("page {n}")))
        .collect();
    stored.pages.push(shared.clone());
    stored.cover = Some(shared.clone());
    stored.artist = Some(Pointer::new(Artist {
        run: run.clone(),
        photo: shared.clone(),
    }));
    stored.save(client).await?;
    if let Some(server) = backend.server() {
        let requests = server.requests();
        let (files, rest): (Vec<_>, Vec<_>) = requests
            .iter()
            .partition(|request| request.path.starts_with("/files/"));
        assert_eq!(files.len(), 7);
        let rest: Vec<_> = rest.iter().map(|request| request.method.as_str()).collect();
        assert_eq!(rest, ["POST", "PUT"]);
    }
    let read = query!(Album.filter(run = &run).select_related(artist))
        .get(client)
        .await?;
    assert_eq!(read.pages, stored.pages);
    assert_eq!(read.artist.as_ref().unwrap().get()?.photo, shared);
    let (_, body) = download(&stored.pages[5], client).await?;
    assert_eq!(body, "page 5");
    Ok(())
}

/// Uploaded, and then the object is refused: another try uploads nothing.
#[tokio::test]
async fn another_try_does_not_upload_again() -> Outcome {
    let backend = backend().await;
    let (client, run) = (backend.master(), backend.run());
    let mut stored = album(&run).create(client).await?;
    stored.clone().delete(client).await?;
    stored.cover = Some(File::new("cover.txt", "x"));
    assert!(matches!(
        stored.save(client).await,
        Err(Error::DoesNotExist { .. })
    ));
    let name = stored.cover.as_ref().unwrap().name().to_owned();
    assert!(name.ends_with("_cover.txt") && stored.is_dirty());
    assert!(matches!(
        stored.save(client).await,
        Err(Error::DoesNotExist { .. })
    ));
    assert_eq!(stored.cover.as_ref().unwrap().name(), name);
    let again = stored.into_inner().create(client).await?;
    assert_eq!(again.cover.as_ref().unwrap().name(), name);
    Ok(())
}

#[tokio::test]
async fn an_explicit_upload() -> Outcome {
    let backend = backend().await;
    let client = backend.master();
    let notes = File::new("my notes@home~1-2_3.txt", vec![104, 105]);
    let twin = notes.clone();
    futures::try_join!(notes.upload(client), twin.upload(client))?;
    assert_eq!(notes.name(), twin.name());
    let (_, body) = download(&notes, client).await?;
    assert_eq!(body, "hi");
    File::stored("there.txt").upload(client).await?;

    // the type decides where the name does not, and gives the name an extension
    let typed = File::builder("data").content_type("application/json").bytes("{}");
    typed.upload(client).await?;
    assert!(typed.name().ends_with("_data.json"), "{typed:?}");
    let (kind, body) = download(&typed, client).await?;
    assert!(kind.starts_with("application/json"), "{kind}");
    assert_eq!(body, "{}");
    Ok(())
}

/// What the server would refuse, said before anything is sent.
#[tokio::test]
async fn names_and_contents_that_cannot_be_uploaded() -> Outcome {
    let backend = backend().await;
    let (client, run) = (backend.master(), backend.run());
    let long = "x".repeat(129);
    for name in ["", ".hidden", "a/b.txt", "é.txt", "a?b", "-a", " a", &long] {
        let error = File::new(name, "x").upload(client).await.unwrap_err();
        assert!(matches!(error, Error::Invalid(_)), "{name}: {error}");
        assert!(error.to_string().contains(&format!("`{name}`")), "{error}");
    }
    let error = File::new("a.txt", "").upload(client).await.unwrap_err();
    assert!(error.to_string().contains("stores no empty file"), "{error}");
    let error = File::builder("a")
        .content_type("text\n/plain")
        .bytes("x")
        .upload(client)
        .await
        .unwrap_err();
    assert!(matches!(error, Error::Invalid(_)), "{error}");

    let value = Album {
        cover: Some(File::new("good.txt", "x")),
        artist: Some(Pointer::new(Artist {
            run: run.clone(),
            photo: File::new("b/d.txt", "x"),
        })),
        ..album(&run)
    };
    let Error::Dependency(error) = value.create(client).await.unwrap_err() else {
        panic!("the artist's photo has no valid name");
    };
    assert_eq!(
        (error.class_name, error.field, error.held),
        ("E2eAlbum", "artist", "E2eArtist")
    );
    assert!(
        error
            .to_string()
            .contains("E2eArtist, field `photo`: the new File"),
        "{error}"
    );
    assert!(!value.cover.as_ref().unwrap().is_uploaded());
    if let Some(server) = backend.server() {
        assert!(server.requests().is_empty());
    }
    Ok(())
}

/// A file that is refused fails the object which holds it.
#[tokio::test]
async fn uploads_by_the_public() -> Outcome {
    let server = MockServer::start().await;
    let client = server.client();
    let mut value = album("r");
    value.cover = Some(File::new("a.txt", "x"));
    let error = value.create(&client).await.unwrap_err();
    assert_eq!(error.code(), Some(ErrorCode::FileSaveError));
    assert!(
        error
            .to_string()
            .contains("E2eAlbum, field `cover`: the new File"),
        "{error}"
    );
    // the same file may go with another right
    value.create(&server.master_client()).await?;

    let open = MockServer::builder().public_file_upload(true).start().await?;
    File::new("a.txt", "x").upload(&open.client()).await?;
    // what a browser would run is refused even then
    let page = File::new("a.html", "<b>")
        .upload(&open.client())
        .await
        .unwrap_err();
    assert_eq!(page.code(), Some(ErrorCode::FileSaveError));
    Ok(())
}

#[tokio::test]
async fn kept_with_its_new_file() -> Outcome {
    let backend = backend().await;
    let (client, run) = (backend.master(), backend.run());
    let mut stored = album(&run).create(client).await?;
    stored.cover = Some(
        File::builder("cover")
            .content_type("text/plain")
            .bytes(vec![0, 255, 7]),
    );
    stored.pages = vec![File::stored("old.txt")];
    let mut later: Object<Album> = serde_json::from_str(&serde_json::to_string(&stored)?)?;
    let cover = later.cover.clone().unwrap();
    assert!(!cover.is_uploaded() && later.pages[0].is_uploaded());
    assert_eq!(format!("{cover:?}"), r#"File { name: "cover", new_bytes: 3 }"#);
    later.save(client).await?;
    assert!(cover.name().ends_with("_cover.txt"), "{cover:?}");

    // an array of operations has no place for it
    later.add_pages([File::new("x.txt", "x")]);
    assert!(matches!(later.save(client).await, Err(Error::Invalid(_))));
    Ok(())
}

/// Who is logged in may upload; who is only anonymously so may not.
#[tokio::test]
async fn uploads_by_users() -> Outcome {
    let server = MockServer::start().await;
    let client = server.client();
    let file = || File::new("a.txt", "x");
    let ann = parse_orm::User::new("ann").sign_up(&client, "secret").await?;
    file().upload(&ann).await?;
    let nobody = parse_orm::User::default().log_in_anonymously(&client).await?;
    let error = file().upload(&nobody).await.unwrap_err();
    assert_eq!(error.code(), Some(ErrorCode::FileSaveError), "{error}");
    assert!(
        error.to_string().contains("anonymous user is disabled"),
        "{error}"
    );

    let other = MockServer::builder()
        .anonymous_file_upload(true)
        .authenticated_file_upload(false)
        .start()
        .await?;
    let client = other.client();
    let ann = parse_orm::User::new("ann").sign_up(&client, "secret").await?;
    assert!(file().upload(&ann).await.is_err());
    let nobody = parse_orm::User::default().log_in_anonymously(&client).await?;
    file().upload(&nobody).await?;
    Ok(())
}
