//! Keys and tokens go to the server, and to nobody that an answer points to.

use crate::backend::Outcome;
use crate::models::{Team, team};
use parse_orm::prelude::*;
use parse_orm::{ClientBuilder, Error, LiveProblem, RetryPolicy};
use serde_json::json;
use wiremock::matchers::any;
use wiremock::{Mock, MockServer, ResponseTemplate};

const STATUSES: [u16; 5] = [301, 302, 303, 307, 308];

/// A server that sends everybody elsewhere: to another port, and to another name.
async fn pointing(to: &str, status: u16) -> MockServer {
    let server = MockServer::start().await;
    let away = ResponseTemplate::new(status).insert_header("location", to);
    Mock::given(any()).respond_with(away).mount(&server).await;
    server
}

async fn elsewhere() -> MockServer {
    let server = MockServer::start().await;
    let anything = ResponseTemplate::new(200).set_body_string("{\"results\":[],\"objectId\":\"x\"}");
    Mock::given(any()).respond_with(anything).mount(&server).await;
    server
}

fn of(server: &MockServer) -> ClientBuilder {
    let client = Client::builder(server.uri()).app_id("app").rest_key("rest");
    client.retries(RetryPolicy::never())
}

async fn requests(server: &MockServer) -> Vec<wiremock::Request> {
    server.received_requests().await.unwrap_or_default()
}

#[tokio::test]
async fn a_redirect_is_an_error() -> Outcome {
    let elsewhere = elsewhere().await;
    let by_name = elsewhere.uri().replace("127.0.0.1", "localhost");
    for to in [elsewhere.uri(), by_name, "//127.0.0.2:1/".into()] {
        for status in STATUSES {
            let server = pointing(&to, status).await;
            let client = of(&server).build()?;
            let stored = |id: &str| Pointer::<Team>::to(id);
            for asker in [
                client.with_session("r:token"),
                client.master("master").as_ref().clone(),
            ] {
                let errors = [
                    Team::objects().all(&asker).await.unwrap_err(),
                    Team::get(&asker, "one").await.unwrap_err(),
                    team("r", "Red").create(&asker).await.unwrap_err(),
                    asker.call::<i64>("hello", ()).await.unwrap_err(),
                    File::new("a.txt", "x").upload(&asker).await.unwrap_err(),
                    stored("one").fetch(&asker).await.unwrap_err(),
                ];
                for error in errors {
                    let text = format!("{error} {error:?}");
                    assert!(text.contains(&status.to_string()), "{text}");
                    assert!(!text.contains("r:token") && !text.contains("master\""), "{text}");
                }
            }
            assert!(requests(&server).await.len() >= 12);
        }
    }
    assert!(requests(&elsewhere).await.is_empty());
    Ok(())
}

#[tokio::test]
async fn a_redirected_live_query_is_an_error() -> Outcome {
    let elsewhere = elsewhere().await;
    for status in STATUSES {
        let server = pointing(&elsewhere.uri(), status).await;
        let client = of(&server).build()?;
        for asker in [
            client.with_session("r:token"),
            client.master("master").as_ref().clone(),
        ] {
            let error = Team::objects().subscribe(&asker).await.unwrap_err();
            let Error::Live(error) = &error else {
                return Err(error.into());
            };
            let expected = matches!(&error.problem, LiveProblem::NotAWebSocket { status: found, .. } if *found == status);
            assert!(expected, "{error:?}");
        }
        // nor does the server see a key before it has agreed to the socket
        for request in requests(&server).await {
            let keys = request
                .headers
                .keys()
                .filter(|name| name.as_str().starts_with("x-parse"));
            assert_eq!(keys.count(), 0, "{:?}", request.headers);
        }
    }
    assert!(requests(&elsewhere).await.is_empty());
    Ok(())
}

/// Where a row says that a file lies, and where that place sends the client on.
#[tokio::test]
async fn a_file_of_another_host_gets_no_keys() -> Outcome {
    #[derive(ParseObject, Debug, Clone)]
    struct Photo {
        picture: File,
    }
    let (elsewhere, server) = (elsewhere().await, MockServer::start().await);
    let client = of(&server).build()?;
    let url = format!("{}/a.txt", elsewhere.uri().replace("127.0.0.1", "localhost"));
    let file = async |url: &str| {
        let row = json!({
            "objectId": "x", "createdAt": "2026-01-01T00:00:00.000Z", "updatedAt": "2026-01-01T00:00:00.000Z",
            "picture": {"__type": "File", "name": "a.txt", "url": url},
        });
        let rows = ResponseTemplate::new(200).set_body_json(json!({"results": [row]}));
        server.reset().await;
        Mock::given(any()).respond_with(rows).mount(&server).await;
        let photo = Photo::objects().first(&client).await?.ok_or("a row")?;
        server.reset().await;
        Ok::<File, Box<dyn std::error::Error>>(photo.picture.clone())
    };
    let askers = [
        client.with_session("r:token"),
        client.master("master").as_ref().clone(),
    ];
    let picture = file(&url).await?;
    for asker in &askers {
        picture.download(asker).await?;
    }
    let asked = requests(&elsewhere).await;
    assert_eq!(asked.len(), askers.len());
    for request in asked {
        let headers = format!("{:?} {}", request.headers, request.url);
        for secret in ["x-parse", "authorization", "cookie", "r:token", "master", "rest"] {
            assert!(!headers.contains(secret), "{secret} in {headers}");
        }
    }
    assert!(requests(&server).await.is_empty());

    let pointing = pointing(&url, 302).await;
    let away = file(&format!("{}/b.txt", pointing.uri())).await?;
    assert!(away.download(&askers[1]).await.is_err());
    assert_eq!(requests(&elsewhere).await.len(), askers.len());
    Ok(())
}
