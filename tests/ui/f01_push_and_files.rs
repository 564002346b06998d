use parse_orm::prelude::*;
use parse_orm::{Audience, Push};

#[derive(ParseObject, Clone)]
struct Player {
    name: String,
}

async fn to_players() {
    let _ = Push::to(query!(Player.filter(name = "Ann")));
    let _ = Audience::new("players", Player::objects());
}

async fn without_the_master_key(client: &Client, file: File, push: Push) {
    let _ = file.delete(client).await;
    let _ = push.send(client).await;
}

fn forgotten(client: &Client, file: &File) {
    file.download(client);
    Push::to_channels(["Giants"]).alert("hi");
}

fn main() {}
