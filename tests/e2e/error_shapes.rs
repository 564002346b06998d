//! Every shape that an error has on the wire, staged.

use crate::backend::Outcome;
use crate::models::{Team, team};
use parse_orm::prelude::*;
use parse_orm::{Error, ServerError};
use serde_json::json;
use wiremock::matchers::any;
use wiremock::{Mock, ResponseTemplate};

/// What a query, a get and a create make of this answer.
async fn errors(status: u16, body: &str) -> Result<[Error; 3], Error> {
    let server = wiremock::MockServer::start().await;
    let answer = ResponseTemplate::new(status).set_body_string(body);
    Mock::given(any()).respond_with(answer).mount(&server).await;
    let client = Client::builder(server.uri()).app_id("app").build()?;
    Ok([
        Team::objects().all(&client).await.expect_err("a query"),
        Team::get(&client, "abc").await.expect_err("a get"),
        team("r", "Red").create(&client).await.expect_err("a create"),
    ])
}

async fn refusals(status: u16, body: &str) -> Result<Vec<ServerError>, Error> {
    let server_error = |error| match error {
        Error::Server(error) => {
            assert_eq!(error.status, status);
            *error
        }
        other => panic!("expected the server's error, got {other:?}"),
    };
    Ok(errors(status, body).await?.map(server_error).into())
}

async fn unexpected(status: u16, body: &str) -> Result<Vec<String>, Error> {
    let excerpt = |error| match error {
        Error::UnexpectedAnswer {
            status: given,
            excerpt,
        } => {
            assert_eq!(given / 100, status / 100);
            excerpt
        }
        other => panic!("expected an answer that is not Parse's, got {other:?}"),
    };
    Ok(errors(status, body).await?.map(excerpt).into())
}

#[tokio::test]
async fn code_and_error() -> Outcome {
    for error in refusals(400, r#"{"code":137,"error":"A duplicate value"}"#).await? {
        assert_eq!(error.code, Some(ErrorCode::DuplicateValue));
        assert_eq!(
            (error.message.as_str(), error.details),
            ("A duplicate value", None)
        );
    }
    Ok(())
}

#[tokio::test]
async fn row_60_error_without_code() -> Outcome {
    for error in refusals(403, r#"{"error":"unauthorized"}"#).await? {
        assert_eq!((error.code, error.message.as_str()), (None, "unauthorized"));
        assert!(!error.to_string().contains("code"), "{error}");
    }
    Ok(())
}

#[tokio::test]
async fn code_and_message() -> Outcome {
    for error in refusals(500, r#"{"code":1,"message":"Internal server error."}"#).await? {
        assert_eq!(error.code, Some(ErrorCode::InternalServerError));
        assert_eq!(error.message, "Internal server error.");
    }
    Ok(())
}

#[tokio::test]
async fn error_is_an_object() -> Outcome {
    let body = r#"{"code":143,"error":{"code":777,"message":"webhook says no","extra":[1]}}"#;
    for error in refusals(400, body).await? {
        assert_eq!(
            (error.code, error.message.as_str()),
            (Some(ErrorCode::WebhookError), "webhook says no")
        );
        assert_eq!(error.details.unwrap()["extra"], json!([1]));
    }
    for error in refusals(400, r#"{"error":{"code":4242,"error":"inside"}}"#).await? {
        assert_eq!(
            (error.code, error.message.as_str()),
            (Some(ErrorCode::Other(4242)), "inside")
        );
    }
    for error in refusals(400, r#"{"code":141,"error":{"reason":"odd"}}"#).await? {
        assert_eq!(error.code, Some(ErrorCode::ScriptFailed));
        assert!(!error.message.is_empty());
        assert_eq!(error.details, Some(json!({"reason": "odd"})));
    }
    Ok(())
}

/// A code that no catalogue knows is kept, and so are the other keys' absence.
#[tokio::test]
async fn codes_of_ones_own() -> Outcome {
    for error in refusals(400, r#"{"code":987654,"error":"mine","more":true}"#).await? {
        assert_eq!(error.code, Some(ErrorCode::Other(987_654)));
        assert_eq!(error.code.map(ErrorCode::number), Some(987_654));
    }
    for error in refusals(400, r#"{"code":-1,"error":null}"#).await? {
        assert_eq!(error.code, Some(ErrorCode::OtherCause));
        assert!(!error.message.is_empty());
    }
    for error in refusals(429, r#"{"code":155,"error":"slow down"}"#).await? {
        assert_eq!(error.code, Some(ErrorCode::RequestLimitExceeded));
    }
    Ok(())
}

/// 101 is "not found" only where an object was asked for by its id.
#[tokio::test]
async fn not_found() -> Outcome {
    let [query, get, create] = errors(404, r#"{"code":101,"error":"Object not found."}"#).await?;
    assert!(matches!(query, Error::Server(_)) && query.is_not_found());
    assert!(matches!(get, Error::DoesNotExist { class_name: "E2eTeam", id: Some(id) } if id == "abc"));
    assert!(matches!(create, Error::Server(_)));
    Ok(())
}

#[tokio::test]
async fn html_pages() -> Outcome {
    let page = "<!DOCTYPE html>\n<html>\n<body>\n<pre>Cannot GET /parse</pre>\n</body></html>";
    for excerpt in unexpected(404, page).await? {
        assert!(excerpt.contains("<pre>Cannot GET /parse</pre>"), "{excerpt}");
    }
    for excerpt in unexpected(502, "<html><h1>502 Bad Gateway</h1></html>").await? {
        assert!(excerpt.contains("502 Bad Gateway"), "{excerpt}");
    }
    // only the beginning of a large page
    for excerpt in unexpected(503, &"ü".repeat(100_000)).await? {
        assert!(excerpt.chars().count() <= 200);
    }
    Ok(())
}

#[tokio::test]
async fn json_that_is_not_parses() -> Outcome {
    for body in ["{}", "[]", "null", "{\"status\":\"down\"}", "17", "\"text\""] {
        for excerpt in unexpected(500, body).await? {
            assert_eq!(excerpt, body);
        }
    }
    Ok(())
}

/// A success that is none: a login page, an empty body, half of an answer.
#[tokio::test]
async fn a_success_that_is_none() -> Outcome {
    for excerpt in unexpected(200, "<html>Please log in</html>").await? {
        assert!(excerpt.contains("Please log in"));
    }
    for excerpt in unexpected(200, "").await? {
        assert_eq!(excerpt, "(empty)");
    }
    for excerpt in unexpected(200, "{\"results\":[{\"objectId\":\"a\"").await? {
        assert!(excerpt.contains("results"));
    }
    Ok(())
}

/// An answer of valid JSON that lacks what every answer has.
#[tokio::test]
async fn answers_that_lack_something() -> Outcome {
    let [query, get, create] = errors(200, "{}").await?;
    assert!(
        matches!(query, Error::UnexpectedAnswer { status: 200, .. }),
        "{query:?}"
    );
    assert!(matches!(get, Error::Decode(error) if error.field.as_deref() == Some("objectId")));
    assert!(
        matches!(&create, Error::UnexpectedAnswer { excerpt, .. } if excerpt.contains("objectId")),
        "{create:?}"
    );
    let [_, _, create] = errors(201, r#"{"objectId":"abc"}"#).await?;
    assert!(
        matches!(&create, Error::UnexpectedAnswer { excerpt, .. } if excerpt.contains("createdAt")),
        "{create:?}"
    );
    let [query, ..] = errors(200, r#"{"results":{}}"#).await?;
    assert!(matches!(query, Error::UnexpectedAnswer { .. }), "{query:?}");
    Ok(())
}

/// A count that has no count.
#[tokio::test]
async fn a_count_without_a_count() -> Outcome {
    let server = wiremock::MockServer::start().await;
    let answer = ResponseTemplate::new(200).set_body_string("{\"results\":[]}");
    Mock::given(any()).respond_with(answer).mount(&server).await;
    let client = Client::builder(server.uri()).app_id("app").build()?;
    let error = Team::objects().count(&client).await.unwrap_err();
    assert!(
        matches!(&error, Error::UnexpectedAnswer { excerpt, .. } if excerpt.contains("count")),
        "{error:?}"
    );
    Ok(())
}
