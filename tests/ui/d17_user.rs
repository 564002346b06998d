use parse_orm::prelude::*;

#[derive(ParseObject, Clone)]
#[parse(class_name = "_User")]
struct Nameless {
    email: Option<String>,
}

#[derive(ParseObject, Clone)]
#[parse(class_name = "_User")]
struct Secretive {
    username: String,
    password: String,
    #[parse(rename = "authData")]
    proofs: serde_json::Value,
    session_token: Option<String>,
}

#[derive(ParseObject, Clone)]
#[parse(class_name = "_User")]
struct Numbered {
    username: i64,
    email: Vec<String>,
}

// what is right
#[derive(ParseObject, Clone)]
#[parse(class_name = "_User")]
struct Member {
    #[parse(rename = "username")]
    name: Option<String>,
    password_hint: Option<String>,
}

async fn the_rest_goes_on(client: &Client) -> parse_orm::Result<()> {
    let value = Nameless { email: None };
    value.sign_up(client, "secret").await?;
    Member::log_in(client, "ann", "secret").await?;
    Ok(())
}

fn main() {}
