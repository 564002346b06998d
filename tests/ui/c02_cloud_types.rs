use parse_orm::Result;
use parse_orm::prelude::*;

#[derive(ParseObject, Clone)]
struct Movie {
    title: String,
}

struct Opaque;

#[cloud_function]
async fn opaque_parameter(client: &Client, opaque: Opaque) -> Result<f64>;

#[cloud_function]
async fn opaque_result(client: &Client) -> Result<Opaque>;

async fn calls(client: &Client, movie: Object<Movie>) -> Result<()> {
    let _: f64 = client.call("averageStars", &movie).await?;
    let _: f64 = client.call("averageStars", &Opaque).await?;
    let _: Opaque = client.call("averageStars", &()).await?;
    Ok(())
}

async fn unused(master: &MasterClient) {
    master.hooks();
    let job = master.job("abc");
    job.finished();
}

fn main() {}
