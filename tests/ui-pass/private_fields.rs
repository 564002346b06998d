//! Private fields of private types in a public struct, without a warning.
#![deny(warnings, missing_docs, missing_debug_implementations, unreachable_pub)]

/// The models.
pub mod model {
    use parse_orm::prelude::*;

    #[derive(ParseValue, Clone, Copy, Debug, PartialEq)]
    enum Level {
        Easy,
        Hard,
    }

    #[derive(ParseValue, Clone, Debug)]
    struct Settings {
        level: Level,
        #[parse(default)]
        volume: u8,
    }

    #[derive(ParseObject, Clone, Debug)]
    struct Secret {
        text: String,
    }

    #[derive(serde::Serialize, serde::Deserialize, Clone, Debug, Default)]
    struct Extra {
        note: String,
    }

    /// One game.
    #[derive(ParseObject, Clone, Debug)]
    pub struct Game {
        settings: Settings,
        level: Option<Level>,
        secret: Option<Pointer<Secret>>,
        secrets: Relation<Secret>,
        levels: Vec<Level>,
        #[parse(json, default)]
        extra: Extra,
        #[parse(skip)]
        cache: Option<Extra>,
        /// Its name.
        pub name: String,
    }

    impl Game {
        /// A new game.
        pub fn new(name: &str) -> Self {
            Self {
                settings: Settings { level: Level::Easy, volume: 3 },
                level: Some(Level::Hard),
                secret: None,
                secrets: Relation::new(),
                levels: vec![Level::Easy],
                extra: Extra { note: "none".into() },
                cache: None,
                name: name.into(),
            }
        }

        /// The hard ones.
        pub fn hard() -> QuerySet<Self> {
            query!(Self.filter(settings.level = Level::Hard, secret.text__isnull = false, level__ne = Level::Easy))
        }

        /// What is only read here.
        pub fn summary(&self) -> String {
            format!("{:?} {:?} {:?}", self.settings.volume, self.cache, self.extra.note)
        }

        /// Where the secret is.
        pub fn secret(text: &str) -> impl Sized + use<> {
            let Secret { text } = Secret { text: text.into() };
            text
        }
    }
}

fn main() {
    let game = model::Game::new("Go");
    assert_eq!(game.name, "Go");
    assert_eq!(game.summary(), r#"3 None "none""#);
    let _ = model::Game::secret("x");
    assert_eq!(
        serde_json::to_string(&model::Game::hard()).unwrap(),
        r#"{"where":{"settings.level":"Hard","secret":{"$inQuery":{"where":{"text":{"$ne":null}},"className":"Secret"}},"level":{"$ne":"Easy"}}}"#
    );
}
