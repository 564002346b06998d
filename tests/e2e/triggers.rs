//! Triggers of an application under test: closures within the mock.

use crate::backend::Outcome;
use parse_orm::prelude::*;
use parse_orm::{JobState, User};
use parse_orm_mock::{CloudCode, CloudError, MockServer, Validator};
use serde_json::json;
use std::sync::{Arc, Mutex};

#[derive(ParseObject, Debug, Clone, PartialEq)]
struct Score {
    name: String,
    points: i64,
    rank: Option<String>,
}

fn score(name: &str, points: i64) -> Score {
    let (name, rank) = (name.into(), None);
    Score { name, points, rank }
}

/// What happened, in order.
#[derive(Clone, Default)]
struct Log(Arc<Mutex<Vec<String>>>);

impl Log {
    fn add(&self, text: impl Into<String>) {
        self.0.lock().expect("a log").push(text.into());
    }

    fn take(&self) -> Vec<String> {
        std::mem::take(&mut *self.0.lock().expect("a log"))
    }
}

async fn server(code: CloudCode) -> MockServer {
    let server = MockServer::builder().cloud_code(code).public_file_upload(true);
    server.start().await.expect("a mock server")
}

#[tokio::test]
async fn a_save_is_seen_changed_and_refused() -> Outcome {
    let log = Log::default();
    let (before, after) = (log.clone(), log.clone());
    let code = CloudCode::new()
        .before_save("Score", move |save| {
            let log = before.clone();
            async move {
                let was = save.original().map(|was| was["points"].clone());
                log.add(format!(
                    "{:?} {} was {was:?}, changed {:?}",
                    save.id().is_some(),
                    save.get("points"),
                    save.changed()
                ));
                if save.get("points").as_i64() < Some(0) {
                    return Err(CloudError::new(4242, "a score is not negative"));
                }
                save.set(
                    "rank",
                    if save.get("points").as_i64() > Some(100) {
                        "gold"
                    } else {
                        "tin"
                    },
                );
                save.set_context("seen", true);
                Ok(())
            }
        })
        .after_save("Score", move |save| {
            let log = after.clone();
            async move {
                log.add(format!(
                    "after: {}, {}",
                    save.get("rank"),
                    json!(save.caller.context)
                ));
                Err("too late to matter".into())
            }
        });
    let server = server(code).await;
    let client = server.client();
    let refused = score("Ann", -1).create(&client).await.unwrap_err();
    assert_eq!(refused.code(), Some(ErrorCode::Other(4242)));
    assert_eq!(server.count("Score"), 0);
    log.take();

    let mut ann = score("Ann", 7)
        .create(&client.with_context(json!({"from": "test"}))?)
        .await?;
    assert_eq!(ann.rank.as_deref(), Some("tin"));
    ann.increment_points(100);
    ann.save(&client).await?;
    assert_eq!((ann.points, ann.rank.as_deref()), (107, Some("gold")));
    assert_eq!(
        log.take(),
        [
            r#"false 7 was None, changed ["name", "points"]"#,
            r#"after: "tin", {"from":"test","seen":true}"#,
            r#"true 107 was Some(Number(7)), changed ["points"]"#,
            r#"after: "gold", {"seen":true}"#,
        ]
    );
    // all of a transaction, or nothing
    let both = client
        .create_all(&[score("Bob", 1), score("Cid", -1)])
        .atomic()
        .await;
    assert!(both.is_err());
    assert_eq!(server.count("Score"), 1);
    Ok(())
}

#[tokio::test]
async fn a_trigger_does_work_of_its_own() -> Outcome {
    #[derive(ParseObject, Debug, Clone)]
    struct Total {
        points: i64,
    }
    let code = CloudCode::new()
        .after_save("Score", |save| async move {
            let points = save.get("points").as_i64().unwrap_or_default();
            Total { points }.create(&save.client()).await?;
            Ok(())
        })
        .after_delete("Score", |delete| async move {
            let _ = query!(Total.filter(points__gte = 0).delete())
                .run(&delete.client())
                .await?;
            Ok(())
        })
        .before_delete("Score", |delete| async move {
            if delete.get("name") == "kept" {
                Err("this one stays".into())
            } else {
                Ok(())
            }
        });
    let server = server(code).await;
    let client = server.client();
    let ann = score("Ann", 7).create(&client).await?;
    assert_eq!(server.count("Total"), 1);
    ann.delete(&client).await?;
    assert_eq!((server.count("Score"), server.count("Total")), (0, 0));
    let kept = score("kept", 7).create(&client).await?;
    let refused = kept.delete(&client).await.unwrap_err();
    assert!(
        refused.code() == Some(ErrorCode::ScriptFailed) && refused.to_string().contains("this one stays")
    );
    assert_eq!(server.count("Score"), 1);
    Ok(())
}

#[tokio::test]
async fn a_find_is_narrowed_and_its_rows_are_changed() -> Outcome {
    let code = CloudCode::new()
        .before_find("Score", |find| async move {
            if !find.caller.master {
                find.set_query(
                    "where",
                    json!({"$and": [find.query()["where"], {"points": {"$lt": 100}}]}),
                );
            }
            Ok(())
        })
        .after_find("Score", |find| async move {
            let mut rows = find.objects();
            rows.iter_mut().for_each(|row| row["rank"] = json!("shown"));
            find.set_objects(rows);
            Ok(())
        });
    let server = server(code).await;
    let (client, master) = (server.client(), server.master_client());
    let low = score("low", 1).create(&client).await?;
    let high = score("high", 1000).create(&client).await?;
    let found = Score::objects().all(&client).await?;
    assert_eq!(
        (found.len(), &*found[0].name, found[0].rank.as_deref()),
        (1, "low", Some("shown"))
    );
    assert_eq!(Score::objects().all(&master).await?.len(), 2);
    assert_eq!(
        Score::objects()
            .get_by_id(&client, low.id())
            .await?
            .rank
            .as_deref(),
        Some("shown")
    );
    assert!(
        Score::objects()
            .get_by_id(&client, high.id())
            .await
            .unwrap_err()
            .is_not_found()
    );
    Ok(())
}

#[tokio::test]
async fn log_ins_and_files_have_their_triggers() -> Outcome {
    let log = Log::default();
    let logs = [(); 5].map(|()| log.clone());
    let [login, after, logout, file, gone] = logs;
    let code = CloudCode::new()
        .before_login(move |call| {
            login.add("before login");
            async move {
                let name = call.get("username");
                if name.as_str().is_some_and(|name| name.starts_with("banned")) {
                    Err("banned".into())
                } else {
                    Ok(())
                }
            }
        })
        .after_login(move |call| {
            after.add(format!(
                "after login, token: {}",
                call.caller
                    .user
                    .as_ref()
                    .is_some_and(|user| user.get("sessionToken").is_some())
            ));
            async { Ok(()) }
        })
        .after_logout(move |call| {
            logout.add(format!("after logout of {}", call.class));
            async { Ok(()) }
        })
        .before_save_file(move |call| {
            file.add(format!("file {}", call.get("file")["name"]));
            async move {
                if call.get("fileSize").as_i64() > Some(3) {
                    Err("too long".into())
                } else {
                    Ok(())
                }
            }
        })
        .after_delete_file(move |_| {
            gone.add("file deleted");
            async { Ok(()) }
        });
    let server = server(code).await;
    let client = server.client();
    for name in ["ann", "banned"] {
        User::new(name).sign_up(&client, "a secret").await?;
    }
    let session = User::log_in(&client, "ann", "a secret").await?;
    session.log_out().await?;
    assert_eq!(
        log.take(),
        [
            "before login",
            "after login, token: true",
            "after logout of _Session"
        ]
    );
    let refused = User::log_in(&client, "banned", "a secret").await.unwrap_err();
    assert!(refused.to_string().contains("banned"), "{refused}");
    log.take();

    // by a proof of another service: what is before is asked, what is after is not told
    let id = json!({"id": "1"});
    let ben = User::new("ben").log_in_with(&client, "anonymous", &id).await?;
    assert!(ben.is_new() && log.take().is_empty());
    let again = User::default().log_in_with(&client, "anonymous", &id).await?;
    assert_eq!(
        (again.user().id(), log.take()),
        (ben.user().id(), vec!["before login".to_owned()])
    );
    let other = json!({"id": "2"});
    let banned = User::new("banned, too")
        .log_in_with(&client, "anonymous", &other)
        .await?;
    let sessions = server.count("_Session");
    let refused = User::default()
        .log_in_with(&client, "anonymous", &other)
        .await
        .unwrap_err();
    assert!(refused.to_string().contains("banned"), "{refused}");
    assert_eq!(server.count("_Session"), sessions);
    log.take();
    // as the operator, whoever it is
    let as_banned = User::log_in_as(&server.master_client(), banned.user().id()).await?;
    assert_eq!(as_banned.user().id(), banned.user().id());
    assert!(log.take().is_empty());

    let file = File::new("a.txt", "abc");
    file.upload(&client).await?;
    let refused = File::new("b.txt", "abcd").upload(&client).await.unwrap_err();
    assert_eq!(refused.code(), Some(ErrorCode::FileSaveError), "{refused}");
    file.delete(&server.master_client()).await?;
    assert_eq!(log.take(), [r#"file "a.txt""#, r#"file "b.txt""#, "file deleted"]);
    Ok(())
}

#[tokio::test]
async fn functions_can_be_added_and_validated_and_fail_with_objects() -> Outcome {
    let server = MockServer::start().await;
    let (client, master) = (server.client(), server.master_client());
    assert!(client.call::<i64>("n", ()).await.is_err());
    server.add_cloud_code(
        CloudCode::new()
            .function("n", |call| async move { Ok(call.params["n"].clone()) })
            .validate("n", Validator::new().require_master().field("n"))
            .function("object", |_| async {
                Err::<(), _>(CloudError::details(json!({"left": 0, "code": 7})))
            })
            .job("count", |job| async move {
                job.message("at it");
                let rows = Score::objects().count(&job.client()).await?;
                Ok(format!("{rows} rows"))
            }),
    );
    let refused = client.call::<i64>("n", json!({"n": 1})).await.unwrap_err();
    assert_eq!(refused.code(), Some(ErrorCode::ValidationFailed));
    assert_eq!(master.call::<i64>("n", json!({"n": 1})).await?, 1);
    let Error::Server(refused) = client.call::<()>("object", ()).await.unwrap_err() else {
        return Err("a refusal".into());
    };
    assert_eq!(refused.code, Some(ErrorCode::ScriptFailed));
    assert_eq!(refused.details, Some(json!({"left": 0, "code": 7})));
    let done = master.start_job("count", ()).await?.finished().await?;
    assert_eq!(
        (done.status, done.message.as_deref()),
        (JobState::Succeeded, Some("0 rows"))
    );
    server.reset();
    assert!(client.call::<()>("object", ()).await.is_err());
    Ok(())
}
