//! The contents of files on their way: from paths and streams, with progress and limits, and back.

use crate::backend::{Outcome, backend, unique};
use futures::stream;
use parse_orm::prelude::*;
use parse_orm::{FileError, FileProblem, Transferred};
use parse_orm_mock::MockServer;
use std::convert::Infallible;
use std::io;
use std::path::PathBuf;
use std::sync::{Arc, Mutex};
use std::time::Duration;

/// More than the mock keeps in memory.
const LARGE: usize = 5 * 1024 * 1024 + 17;

/// A folder of the test's own, gone with it.
struct Folder(PathBuf);

impl Folder {
    fn new() -> io::Result<Self> {
        let path = std::env::temp_dir().join(unique("parse-orm"));
        std::fs::create_dir_all(&path)?;
        Ok(Self(path))
    }

    fn file(&self, name: &str, contents: &[u8]) -> io::Result<PathBuf> {
        let path = self.0.join(name);
        std::fs::write(&path, contents)?;
        Ok(path)
    }

    fn names(&self) -> io::Result<Vec<String>> {
        let entries = std::fs::read_dir(&self.0)?;
        entries
            .map(|entry| Ok(entry?.file_name().to_string_lossy().into_owned()))
            .collect()
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

fn contents(length: usize) -> Vec<u8> {
    (0..length).map(|n| (n % 251) as u8).collect()
}

fn pieces(contents: &[u8]) -> impl futures::Stream<Item = Result<Vec<u8>, Infallible>> + Send + 'static {
    let pieces: Vec<_> = contents.chunks(100_000).map(|piece| Ok(piece.to_vec())).collect();
    stream::iter(pieces)
}

fn problem(error: parse_orm::Error) -> FileError {
    match error {
        parse_orm::Error::File(error) => *error,
        other => panic!("{other}"),
    }
}

#[tokio::test]
async fn from_a_path_and_back_to_one() -> Outcome {
    let backend = backend().await;
    let (client, folder) = (backend.master(), Folder::new()?);
    let path = folder.file("large.bin", &contents(LARGE))?;
    let file = File::from_path(&path);
    assert_eq!((file.name(), file.is_uploaded()), ("large.bin", false));
    file.upload(client).await?;
    assert!(file.name().ends_with("_large.bin"), "{file:?}");

    let back = folder.file("back.bin", b"what was there")?;
    let written = file.download(client).to_path(&back).await?;
    assert_eq!(written, LARGE as u64);
    assert!(std::fs::read(&back)? == contents(LARGE));
    let mut names = folder.names()?;
    names.sort();
    assert_eq!(names, ["back.bin", "large.bin"]);
    Ok(())
}

/// Two tasks that fetch one file to one place do not write into each other's contents.
#[tokio::test]
async fn to_one_path_at_the_same_time() -> Outcome {
    let backend = backend().await;
    let (client, folder) = (backend.master(), Folder::new()?);
    let (short, long) = (
        File::new("short.bin", contents(10)),
        File::new("long.bin", contents(LARGE)),
    );
    short.upload(client).await?;
    long.upload(client).await?;
    // what looks like one is not touched
    let place = folder.file("place.bin", b"what was there")?;
    let own = folder.file("place.bin.part", b"somebody's own")?;
    let mut first = std::pin::pin!(long.download(client).to_path(&place));
    let mut begun = false;
    // as soon as the first has begun to write, the second comes
    while !begun {
        assert!(futures::poll!(&mut first).is_pending());
        tokio::time::sleep(std::time::Duration::from_millis(1)).await;
        begun = folder.names()?.len() > 2;
    }
    assert_eq!(short.download(client).to_path(&place).await?, 10);
    assert!(std::fs::read(&place)? == contents(10));
    assert_eq!(first.await?, LARGE as u64);
    assert!(std::fs::read(&place)? == contents(LARGE));
    assert_eq!(std::fs::read(own)?, b"somebody's own");
    assert_eq!(folder.names()?.len(), 2);
    Ok(())
}

#[tokio::test]
async fn from_streams_of_a_known_and_of_an_unknown_length() -> Outcome {
    let backend = backend().await;
    let client = backend.master();
    let all = contents(LARGE);
    for length in [Some(LARGE as u64), None] {
        let file = File::builder("stream.bin").stream(length, pieces(&all));
        file.upload(client).await?;
        assert!(file.download(client).await? == all, "{length:?}");
    }
    Ok(())
}

#[derive(ParseObject, Debug, Clone)]
#[parse(class_name = "E2eRecording")]
struct Recording {
    run: String,
    sound: File,
}

#[tokio::test]
async fn row_25_a_file_from_a_path_is_uploaded_before_its_object() -> Outcome {
    let backend = backend().await;
    let (client, folder) = (backend.master(), Folder::new()?);
    let run = backend.run();
    let sound = File::from_path(folder.file("song.mp3", b"la la")?);
    let value = Recording { run, sound };
    let stored = value.create(client).await?;
    let read = Recording::get(client, stored.id()).await?;
    assert_eq!(read.sound.download(client).await?, b"la la");

    // what has no contents in memory cannot be kept
    let mut stored = stored;
    stored.sound = File::from_path("song.mp3");
    let error = serde_json::to_string(&stored).unwrap_err();
    assert!(
        error.to_string().contains("`song.mp3` is not uploaded yet"),
        "{error}"
    );

    // what cannot be read fails the object that holds it
    let parse_orm::Error::Dependency(error) = stored.save(client).await.unwrap_err() else {
        panic!("there is no such file");
    };
    assert_eq!((error.field, error.held), ("sound", "File"));
    assert!(
        error
            .to_string()
            .contains("the file `song.mp3` could not be read"),
        "{error}"
    );
    Ok(())
}

#[tokio::test]
async fn progress_up_and_down() -> Outcome {
    let backend = backend().await;
    let client = backend.master();
    let seen: Arc<Mutex<Vec<Transferred>>> = Arc::default();
    let listener = || {
        let seen = seen.clone();
        move |now| seen.lock().unwrap().push(now)
    };
    let check = |total| {
        let seen = std::mem::take(&mut *seen.lock().unwrap());
        assert!(
            seen.len() > 1 && seen.is_sorted_by_key(|now| now.bytes),
            "{seen:?}"
        );
        let last = seen.last().unwrap();
        assert_eq!((last.bytes, last.total), (LARGE as u64, total));
    };
    let all = contents(LARGE);
    let file = File::builder("a.bin").on_progress(listener()).bytes(all.clone());
    file.upload(client).await?;
    check(Some(LARGE as u64));
    let file = File::builder("b.bin")
        .on_progress(listener())
        .stream(None, pieces(&all));
    file.upload(client).await?;
    check(None);
    file.download(client).on_progress(listener()).await?;
    check(Some(LARGE as u64));
    Ok(())
}

#[tokio::test]
async fn a_download_with_a_limit() -> Outcome {
    let backend = backend().await;
    let (client, folder) = (backend.master(), Folder::new()?);
    let file = File::new("ten.txt", "0123456789");
    file.upload(client).await?;
    assert_eq!(file.download(client).limit(10).await?, b"0123456789");
    let error = problem(file.download(client).limit(9).await.unwrap_err());
    assert!(
        matches!(error.problem, FileProblem::TooLarge { limit: 9 }),
        "{error}"
    );
    assert_eq!(error.name, file.name());
    let path = folder.0.join("ten.txt");
    let error = file.download(client).limit(9).to_path(&path).await.unwrap_err();
    assert!(matches!(problem(error).problem, FileProblem::TooLarge { .. }));
    assert!(folder.names()?.is_empty());
    Ok(())
}

#[tokio::test]
async fn deleted_and_never_uploaded() -> Outcome {
    let backend = backend().await;
    let (client, master) = (backend.client(), backend.master());
    let file = File::new("gone.txt", "x");
    for error in [
        file.delete(master).await.unwrap_err(),
        file.download(client).await.unwrap_err(),
        file.metadata(client).await.unwrap_err(),
    ] {
        assert!(matches!(error, parse_orm::Error::Invalid(_)), "{error}");
        assert!(
            error.to_string().contains("`gone.txt` is not uploaded yet"),
            "{error}"
        );
    }
    file.upload(master).await?;
    // by its name alone, as a row that was written long ago says it
    let named = File::stored(file.name());
    assert_eq!(named.download(client).await?, b"x");
    named.delete(master).await?;
    let error = problem(file.download(client).await.unwrap_err());
    assert!(matches!(error.problem, FileProblem::Missing), "{error}");
    assert!(
        error.to_string().ends_with("_gone.txt` is not on the server"),
        "{error}"
    );
    let error = file.delete(master).await.unwrap_err();
    assert_eq!(error.code(), Some(ErrorCode::FileDeleteError), "{error}");
    Ok(())
}

#[tokio::test]
async fn larger_than_the_server_takes() -> Outcome {
    let backend = backend().await;
    let (client, folder) = (backend.master(), Folder::new()?);
    let path = folder.file("large.bin", &contents(LARGE))?;
    let small = |name: &str| File::builder(name).max_upload_size(1000);
    for file in [
        small("large.bin").bytes(contents(LARGE)),
        small("large.bin").path(&path),
        small("large.bin").stream(None, pieces(&contents(LARGE))),
    ] {
        let error = problem(file.upload(client).await.unwrap_err());
        let FileProblem::TooLargeForServer { limit } = error.problem else {
            panic!("{error}");
        };
        assert!(limit.is_none_or(|limit| limit == 1000));
        assert!(
            error
                .to_string()
                .starts_with("the file `large.bin` is larger than the server takes"),
            "{error}"
        );
    }
    // only the master key chooses
    let error = small("a.bin")
        .bytes("x")
        .upload(backend.client())
        .await
        .unwrap_err();
    assert!(
        matches!(&error, parse_orm::Error::Server(refused) if refused.status == 403),
        "{error}"
    );
    Ok(())
}

#[tokio::test]
async fn a_server_that_takes_more_or_other_files() -> Outcome {
    let server = MockServer::builder()
        .max_upload_size(1000)
        .public_file_upload(true)
        .file_extensions(["^txt$"])
        .start()
        .await?;
    let file = File::new("a.txt", contents(1001));
    let error = problem(file.upload(&server.client()).await.unwrap_err());
    assert!(
        matches!(error.problem, FileProblem::TooLargeForServer { .. }),
        "{error}"
    );
    let allowed = File::builder("a.txt").max_upload_size(2000).bytes(contents(1001));
    allowed.upload(&server.master_client()).await?;
    assert_eq!(server.file_names(), [allowed.name()]);

    let error = File::new("a.png", "x")
        .upload(&server.client())
        .await
        .unwrap_err();
    assert_eq!(error.code(), Some(ErrorCode::FileSaveError), "{error}");
    File::new("a.txt", "x").upload(&server.client()).await?;
    Ok(())
}

#[tokio::test]
async fn contents_that_break_off() -> Outcome {
    let backend = backend().await;
    let client = backend.master();
    let broken = || {
        let pieces = [Ok("abc".to_owned()), Err(io::Error::other("the disk is on fire"))];
        stream::iter(pieces)
    };
    let file = File::builder("a.txt").stream(None, broken());
    let error = problem(file.upload(client).await.unwrap_err());
    assert!(matches!(error.problem, FileProblem::Unread(_)));
    assert!(
        error
            .to_string()
            .ends_with("could not be read: the disk is on fire"),
        "{error}"
    );
    // a stream is read once
    let error = problem(file.upload(client).await.unwrap_err());
    assert!(matches!(error.problem, FileProblem::UsedUp), "{error}");

    for (length, expected) in [
        (Some(5), "holds more than the 5 bytes"),
        (Some(7), "holds less than the 7 bytes"),
    ] {
        let whole = stream::iter([Ok::<_, Infallible>("abcdef".to_owned())]);
        let file = File::builder("a.txt").stream(length, whole);
        let error = problem(file.upload(client).await.unwrap_err());
        assert!(error.to_string().contains(expected), "{error}");
    }
    let nothing = stream::empty::<Result<Vec<u8>, Infallible>>();
    let file = File::builder("a.txt").stream(None, nothing);
    let error = file.upload(client).await.unwrap_err();
    assert!(error.to_string().contains("no contents"), "{error}");

    let folder = Folder::new()?;
    let error = File::from_path(folder.file("empty.txt", b"")?)
        .upload(client)
        .await
        .unwrap_err();
    assert!(
        error.to_string().contains("`empty.txt` has no contents"),
        "{error}"
    );
    let error = problem(
        File::from_path(folder.0.join("none.txt"))
            .upload(client)
            .await
            .unwrap_err(),
    );
    assert!(matches!(error.problem, FileProblem::Unread(_)), "{error}");
    let path = folder.0.join("none").join("a.txt");
    let file = File::new("a.txt", "x");
    file.upload(client).await?;
    let error = problem(file.download(client).to_path(path).await.unwrap_err());
    assert!(matches!(error.problem, FileProblem::Unwritten(_)), "{error}");
    if let Some(server) = backend.server() {
        assert_eq!(server.file_names().len(), 1);
    }
    Ok(())
}

#[tokio::test]
async fn a_transfer_that_is_dropped_or_stuck() -> Outcome {
    let server = MockServer::start().await;
    let client = |timeout| -> parse_orm::Result<MasterClient> {
        Client::builder(server.url())
            .app_id(server.app_id())
            .master_key(server.master_key())
            .timeout(timeout)
            .build_master()
    };
    let stuck = || {
        let first = stream::iter([Ok::<_, Infallible>(contents(100_000))]);
        File::builder("a.bin").stream(None, first.chain(stream::pending()))
    };
    let file = stuck();
    let patient: MasterClient = client(Duration::from_secs(60))?;
    let hasty: MasterClient = client(Duration::from_millis(200))?;
    let usual: MasterClient = client(Duration::from_millis(2500))?;
    tokio::select! {
        _ = file.upload(&patient) => panic!("it never ends"),
        () = tokio::time::sleep(Duration::from_millis(200)) => {}
    }
    assert!(!file.is_uploaded());
    let error = problem(stuck().upload(&hasty).await.unwrap_err());
    assert!(matches!(error.problem, FileProblem::Stalled(_)), "{error}");
    assert!(
        error.to_string().ends_with("did not move for 0.2 seconds"),
        "{error}"
    );
    assert!(server.file_names().is_empty());

    // slow is not stuck: in all it takes longer than the client waits for anything else
    let slow = stream::iter(0..6).then(|n| async move {
        tokio::time::sleep(Duration::from_millis(500)).await;
        Ok::<_, Infallible>(format!("{n}"))
    });
    let file = File::builder("slow.txt").stream(None, slow);
    file.upload(&usual).await?;
    assert_eq!(file.download(&patient).await?, b"012345");
    Ok(())
}

/// Rule: the address of a file may be anybody's, and gets neither keys nor a session.
#[tokio::test]
async fn a_download_carries_no_keys() -> Outcome {
    let server = MockServer::start().await;
    let master = server.master_client();
    let file = File::builder("a.txt").metadata("by", "Ann").bytes("x");
    file.upload(&master).await?;
    server.clear_requests();
    for client in [&server.client(), &master, &server.client().with_session("r:0123")] {
        file.download(client).await?;
        file.metadata(client).await?;
    }
    let requests = server.requests();
    assert_eq!(requests.len(), 6);
    for request in requests {
        let keys = request
            .headers
            .iter()
            .filter(|(name, _)| name.starts_with("x-parse"));
        assert_eq!(keys.count(), 0, "{request:?}");
        assert_eq!(request.header("authorization"), None);
    }
    Ok(())
}

#[tokio::test]
async fn metadata_tags_and_a_directory() -> Outcome {
    let server = MockServer::start().await;
    let master = server.master_client();
    let builder = || {
        File::builder("notes.txt")
            .metadata("author", "Zoë 🎵")
            .metadata("pages", 3)
            .tag("year", "2026")
    };
    let file = builder().directory("reports/2026").bytes("x");
    file.upload(&master).await?;
    assert!(file.name().starts_with("reports/2026/") && file.name().ends_with("_notes.txt"));
    let expected = serde_json::json!({"author": "Zoë 🎵", "pages": 3});
    assert_eq!(serde_json::Value::from(file.metadata(&master).await?), expected);
    assert_eq!(file.download(&master).await?, b"x");
    // also where a row says the name only
    let named = File::stored(file.name());
    assert_eq!(named.download(&master).await?, b"x");
    assert_eq!(named.metadata(&master).await?.len(), 2);
    named.delete(&master).await?;
    assert!(server.file_names().is_empty() && file.metadata(&master).await?.is_empty());

    // a file that is kept for later keeps what belongs to it
    let album = Recording {
        run: "r".into(),
        sound: File::new("a.txt", "x"),
    };
    let mut stored = album.create(&master).await?;
    stored.sound = builder().bytes("later");
    let mut later: Object<Recording> = serde_json::from_str(&serde_json::to_string(&stored)?)?;
    later.save(&master).await?;
    assert_eq!(later.sound.metadata(&master).await?["pages"], 3);

    let open = MockServer::builder().public_file_upload(true).start().await?;
    let error = builder()
        .directory("a")
        .bytes("x")
        .upload(&open.client())
        .await
        .unwrap_err();
    assert_eq!(error.code(), Some(ErrorCode::OperationForbidden), "{error}");
    builder().bytes("x").upload(&open.client()).await?;
    Ok(())
}

/// What the server would refuse, said before anything is sent.
#[tokio::test]
async fn directories_that_cannot_be() -> Outcome {
    let backend = backend().await;
    let long = "x".repeat(257);
    for directory in [
        "",
        "/a",
        "a/",
        "a//b",
        "../a",
        "a.b",
        "_a",
        "é",
        "metadata/x",
        &long,
    ] {
        let file = File::builder("a.txt").directory(directory).bytes("x");
        let error = file.upload(backend.master()).await.unwrap_err();
        assert!(
            matches!(error, parse_orm::Error::Invalid(_)),
            "{directory}: {error}"
        );
        assert!(error.to_string().contains("`a.txt`"), "{error}");
    }
    if let Some(server) = backend.server() {
        assert!(server.requests().is_empty());
    }
    Ok(())
}
