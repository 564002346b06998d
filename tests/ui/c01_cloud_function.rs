use parse_orm::Result;
use parse_orm::prelude::*;

#[cloud_function]
async fn with_a_body(client: &Client) -> Result<f64> {
    Ok(1.0)
}

#[cloud_function]
fn not_async(client: &Client) -> Result<f64>;

#[cloud_function]
async fn no_result(client: &Client);

#[cloud_function]
async fn no_client() -> Result<f64>;

#[cloud_function]
async fn client_not_first(movie: &str, client: &Client) -> Result<f64>;

#[cloud_function]
async fn method(&self, movie: &str) -> Result<f64>;

#[cloud_function(nam = "averageStars")]
async fn unknown_key(client: &Client) -> Result<f64>;

#[cloud_function(name = average)]
async fn not_a_text(client: &Client) -> Result<f64>;

#[cloud_function(name = "")]
async fn empty(client: &Client) -> Result<f64>;

#[cloud_function]
async fn pattern(client: &Client, (a, b): (i64, i64)) -> Result<f64>;

#[cloud_function]
async fn same_name(client: &Client, a_b: i64, #[parse(rename = "aB")] other: i64) -> Result<f64>;

#[cloud_function]
async fn unknown_rename(client: &Client, #[parse(renam = "x")] other: i64) -> Result<f64>;

#[cloud_function]
struct NotAFunction;

fn main() {}
