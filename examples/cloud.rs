//! Cloud Code: functions called with types, a job awaited, and the code itself in a test of an application.
//!
//! `cargo run --example cloud`

use parse_orm::prelude::*;
use parse_orm_mock::{CloudCode, CloudError, MockServer};
use serde_json::json;

#[derive(ParseObject, Debug, Clone)]
pub struct Review {
    pub movie: String,
    pub stars: i64,
    pub checked: Option<bool>,
}

/// What the function `statistics` takes, and what it returns.
#[derive(ParseValue, Debug, Clone)]
pub struct Asked {
    pub movie: String,
    pub since: Option<DateTime<Utc>>,
}

#[derive(ParseValue, Debug, Clone, PartialEq)]
pub struct Statistics {
    pub reviews: i64,
    pub best: Option<i64>,
}

/// The mean of a movie's reviews. The body is on the server.
#[cloud_function]
pub async fn average_stars(client: &Client, movie: &str) -> parse_orm::Result<f64>;

/// What the real server has in `cloud/main.js`, for tests.
fn cloud_code() -> CloudCode {
    CloudCode::new()
        .function("averageStars", |call| async move {
            let movie = call.params["movie"].as_str().ok_or("which movie?")?;
            let reviews = query!(Review.filter(movie = movie));
            let mean = reviews.aggregate(&call.client(), Review::F.stars.avg()).await?;
            Ok(mean.unwrap_or_default())
        })
        .function("statistics", |call| async move {
            let movie = call.params["movie"].as_str().ok_or("which movie?")?;
            let set = query!(Review.filter(movie = movie).order_by(-stars));
            let client = call.client();
            let best = set.first(&client).await?.map(|review| review.stars);
            Ok(json!({"reviews": set.count(&client).await?, "best": best}))
        })
        .before_save("Review", |save| async move {
            if save.get("stars").as_i64() > Some(5) {
                return Err(CloudError::new(4242, "five stars are the most"));
            }
            save.set("checked", true);
            Ok(())
        })
        .job("forget", |job| async move {
            job.message("at it");
            let old = query!(Review.filter(stars__lt = 3).delete())
                .run(&job.client())
                .await?;
            Ok(format!("{} forgotten", old.deleted))
        })
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let server = MockServer::builder().cloud_code(cloud_code()).start().await?;
    let (client, master) = (server.client(), server.master_client());

    // a trigger changes what is stored, and the object here knows
    for stars in [5, 4, 1] {
        let review = Review {
            movie: "The Matrix".into(),
            stars,
            checked: None,
        };
        assert_eq!(review.create(&client).await?.checked, Some(true));
    }
    // or it refuses
    let six = Review {
        movie: "The Matrix".into(),
        stars: 6,
        checked: None,
    };
    let refused = six.create(&client).await.unwrap_err();
    println!("{refused}");
    assert_eq!(refused.code(), Some(ErrorCode::Other(4242)));

    // a declared function is a Rust function
    let mean = average_stars(&client, "The Matrix").await?;
    println!("{mean:.2} stars");
    assert!((mean - 10.0 / 3.0).abs() < 1e-9);

    // any function by its name
    let asked = Asked {
        movie: "The Matrix".into(),
        since: None,
    };
    let statistics: Statistics = client.call("statistics", &asked).await?;
    println!("{statistics:?}");
    assert_eq!(
        statistics,
        Statistics {
            reviews: 3,
            best: Some(5)
        }
    );

    // what a function throws is an error with its code and its words
    let unknown = client.call::<f64>("averageStars", json!({})).await.unwrap_err();
    assert_eq!(unknown.code(), Some(ErrorCode::ScriptFailed));

    // a job goes on behind the answer, and can be awaited
    let job = master.start_job("forget", ()).await?;
    let status = job.finished().await?;
    println!("{} is done: {:?}", status.job_name, status.message);
    assert_eq!(status.message.as_deref(), Some("1 forgotten"));
    assert_eq!(Review::objects().count(&client).await?, 2);

    // what triggers and functions are told besides: `request.context`
    let quiet = client.with_context(json!({"notify": false}))?;
    average_stars(&quiet, "The Matrix").await?;
    let requests = server.requests();
    let told = requests
        .iter()
        .find_map(|asked| asked.header("x-parse-cloud-context"));
    assert_eq!(told, Some(r#"{"notify":false}"#));
    Ok(())
}
