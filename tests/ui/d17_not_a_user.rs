use parse_orm::prelude::*;
use parse_orm::{Role, Session};

#[derive(ParseObject, Clone)]
struct Player {
    name: String,
}

async fn signs_up(client: &Client, player: Player, role: &mut Object<Role>, stored: &Object<Player>) {
    let _ = player.sign_up(client, "secret").await;
    role.add_users([stored]);
    let _ = Acl::new().allow_read(Who::user(stored));
}

async fn is_logged_in(session: &Session<Player>) {
    let _ = Player::me(session).await;
}

async fn is_not_the_master(client: &Client) {
    let _ = parse_orm::User::log_in_as(client, "Ed1nuqPvcm").await;
}

async fn has_ended(client: &Client, session: Session<parse_orm::User>) -> parse_orm::Result<()> {
    session.log_out().await?;
    session.record().await?;
    let _ = client;
    Ok(())
}

fn main() {}
