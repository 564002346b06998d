//! A strict user's crate: it renamed `parse-orm`, and denies every lint that it can.

#![deny(
    missing_docs,
    warnings,
    clippy::all,
    clippy::pedantic,
    unreachable_pub,
    unused_qualifications
)]
#![deny(missing_debug_implementations, missing_copy_implementations, rust_2018_idioms)]
#![forbid(unsafe_code)]

/// The models, in a module of their own.
pub mod models {
    use orm::prelude::*;

    /// Somebody who plays.
    #[allow(non_snake_case)]
    #[derive(ParseObject, Debug, Clone)]
    #[parse(crate = orm)]
    pub struct Player {
        /// What they are called.
        pub name: String,
        /// Where they live.
        pub home: Option<Address>,
        /// Who brought them.
        pub friend: Option<Pointer<Player>>,
        /// A keyword as a name.
        pub r#type: Option<Level>,
        /// A method's name.
        pub save: bool,
        /// Another one.
        #[parse(default)]
        pub filter: Vec<i32>,
        secret: Option<Hidden>,
        /// What it was called once.
        #[deprecated(note = "it is `name` now")]
        pub nickname: Option<String>,
        /// As another language has it.
        pub teamID: Option<String>,
    }

    impl Player {
        /// A player of this name.
        #[must_use]
        pub fn new(name: &str) -> Self {
            Self {
                name: name.into(),
                home: None,
                friend: None,
                r#type: None,
                save: false,
                filter: Vec::new(),
                secret: Some(Hidden { code: 1 }),
                #[allow(deprecated)]
                nickname: None,
                teamID: None,
            }
        }

        /// Players who know the code.
        pub fn knowing(code: i64) -> QuerySet<Self> {
            orm::query!(Player.filter(secret.code = code))
        }
    }

    #[derive(ParseValue, Debug, Clone)]
    #[parse(crate = orm)]
    struct Hidden {
        code: i64,
    }

    /// A place.
    #[derive(ParseValue, Debug, Clone)]
    #[parse(crate = orm)]
    pub struct Address {
        /// The city.
        pub city: String,
    }

    /// How hard it is.
    #[derive(ParseValue, Debug, Clone, Copy, PartialEq, Eq)]
    #[parse(crate = orm, rename_all = "lowercase")]
    pub enum Level {
        /// For beginners.
        Easy,
        /// For the others.
        Hard,
    }

    /// One finished game, for this crate only.
    #[derive(ParseObject, Debug, Clone)]
    #[parse(crate = orm)]
    pub(crate) struct Game {
        pub(crate) score: i64,
        pub(crate) players: Relation<Player>,
        pub(crate) winner: Option<Pointer<Player>>,
    }
}

use crate::models::{Game, GameAccessors as _, Level, Player, PlayerAccessors as _};
use orm::prelude::*;

/// Players of a city and a level.
pub fn won_in(city: &str, level: Level) -> QuerySet<Player> {
    let _: QuerySet<Game> = query!(
        Game.filter(winner.home.city = city, score__gte = 10)
            .order_by(-score)
    );
    query!(
        Player
            .filter(home.city = city, r#type = level, save = true)
            .exclude(name__startswith = "Bot")
    )
}

/// Changes an object by its accessors.
///
/// # Errors
/// Whatever the server answers.
pub async fn promote(client: &Client, player: &mut Object<Player>) -> orm::Result<()> {
    player.set_type(Level::Hard);
    player.set_save(true);
    player.add_unique_filter([1, 2]);
    let mut game = Game {
        score: 1,
        players: Relation::new(),
        winner: Some(player.pointer()),
    }
    .create(client)
    .await?;
    game.increment_score(2);
    game.add_to_players([&*player]);
    game.save(client).await?;
    player.save(client).await
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_renamed_dependency_and_private_models_compile_to_queries() {
        let text = serde_json::to_string(&won_in("Bern", Level::Hard)).unwrap();
        assert!(
            text.starts_with(r#"{"where":{"home.city":"Bern","type":"hard","save":true,"#),
            "{text}"
        );
        let text = serde_json::to_string(&Player::knowing(7)).unwrap();
        assert_eq!(text, r#"{"where":{"secret.code":7}}"#);
        assert_eq!(Player::new("Ann").name, "Ann");
    }
}
