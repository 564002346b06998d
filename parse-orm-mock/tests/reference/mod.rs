//! The Cloud Code of the real server of the tests, `tests/parse-server/index.mjs`, for the mock.

use std::time::Duration;

use parse_orm::prelude::*;
use parse_orm_mock::{CloudCode, CloudError, Validator};
use serde_json::{Value, json};

#[derive(ParseObject, Debug, Clone)]
struct Review {
    movie: String,
    stars: f64,
}

#[derive(ParseObject, Debug, Clone)]
struct CloudMade {
    x: i64,
    when: DateTime<Utc>,
}

/// All of it.
pub(crate) fn cloud_code() -> CloudCode {
    functions(CloudCode::new())
        .before_save("Modified", |save| async move {
            save.set("touched", true);
            let name = save.get("name");
            save.set("name", name.as_str().unwrap_or_default().trim());
            Ok(())
        })
        .before_save("Rejected", |save| async move {
            if save.get("ok") == true {
                Ok(())
            } else {
                Err("rejected by beforeSave".into())
            }
        })
        .before_delete("Rejected", |_| async {
            Err(CloudError::new(4243, "rejected by beforeDelete"))
        })
        .after_save("Modified", |_| async { Ok(()) })
        .job("goodJob", |job| async move {
            job.message("working");
            tokio::time::sleep(Duration::from_millis(100)).await;
            Ok("done")
        })
        .job("badJob", |_| async { Err::<(), _>("job failed".into()) })
}

fn functions(code: CloudCode) -> CloudCode {
    code.function("hello", |_| async { Ok("Hello world!") })
        .function("echo", |call| async move {
            Ok(json!({
                "params": call.params,
                "user": call.caller.user_id(),
                "master": call.caller.master,
                "installationId": call.caller.installation_id,
            }))
        })
        .function("averageStars", |call| async move {
            let movie = call.params["movie"].as_str().unwrap_or_default();
            let reviews = query!(Review.filter(movie = movie)).all(&call.client()).await?;
            let count = u32::try_from(reviews.len()).unwrap_or(u32::MAX);
            let sum = reviews.iter().fold(0.0, |sum, review| sum + review.stars);
            Ok(sum / f64::from(count.max(1)))
        })
        .function("failPlain", |_| async { Err::<(), _>("plain failure".into()) })
        .function("failString", |_| async { Err::<(), _>("string failure".into()) })
        .function("failCode", |_| async {
            Err::<(), _>(CloudError::new(4242, "custom failure"))
        })
        .function("needsUser", |call| async move {
            Ok(call.caller.user_id().map(str::to_owned))
        })
        .validate("needsUser", Validator::new().require_user())
        .function("needsParam", |call| async move { Ok(call.params["n"].clone()) })
        .validate("needsParam", Validator::new().field_of("n", "number"))
        .function("returnsObject", |call| async move {
            let when = DateTime::UNIX_EPOCH;
            let made = CloudMade { x: 1, when }.create(&call.client()).await?;
            Ok(made.to_json()?)
        })
        .function("returnsTypes", |_| async {
            Ok(json!({
                "d": {"__type": "Date", "iso": "1970-01-01T00:00:00.000Z"},
                "n": null,
                "a": [1, "x", {"y": 2}],
                "g": {"__type": "GeoPoint", "latitude": 1, "longitude": 2},
            }))
        })
        .function("sleep", |call| async move {
            let ms = call.params["ms"].as_u64().unwrap_or_default();
            tokio::time::sleep(Duration::from_millis(ms)).await;
            Ok(Value::from("slept"))
        })
}
