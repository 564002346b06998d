//! A model in one module, used in another; public, crate-visible and private ones.
#![deny(warnings)]

mod model {
    use parse_orm::prelude::*;

    #[derive(ParseObject, Clone, Debug)]
    pub struct Player {
        pub name: String,
        pub friends: Relation<Player>,
    }

    #[derive(ParseObject, Clone, Debug)]
    pub(crate) struct Team {
        pub(crate) name: String,
        pub(super) captain: Option<Pointer<Player>>,
    }

    #[derive(ParseValue, Clone, Debug)]
    pub(crate) struct Address {
        pub(crate) city: String,
    }

    pub mod inner {
        use parse_orm::prelude::*;

        #[derive(ParseObject, Clone, Debug)]
        pub(in crate::model) struct Hidden {
            pub(in crate::model) score: i64,
        }
    }

    pub fn hidden() -> String {
        serde_json::to_string(&query!(inner::Hidden.filter(score__gt = 1))).unwrap()
    }
}

mod user {
    use super::model::{self, Address, Team};
    use parse_orm::prelude::*;

    #[derive(ParseObject, Clone, Debug)]
    struct Stadium {
        address: Address,
        home_of: Pointer<Team>,
    }

    pub fn queries() -> Vec<String> {
        let stadiums = query!(Stadium
            .filter(address.city = "Bern", home_of.captain.name__startswith = "A")
            .select_related(home_of.captain));
        let players = query!(model::Player.order_by(-name));
        vec![
            serde_json::to_string(&stadiums).unwrap(),
            serde_json::to_string(&players).unwrap(),
            model::hidden(),
        ]
    }

    pub async fn change(client: &Client) -> parse_orm::Result<()> {
        use super::model::{PlayerAccessors, TeamAccessors};
        let mut player = model::Player { name: "Ann".into(), friends: Relation::new() }.create(client).await?;
        player.set_name("Bea");
        let _ = player.friends();
        let mut team = Team { name: "Red".into(), captain: Some((&player).into()) }.create(client).await?;
        team.set_name("Blue");
        team.unset_captain();
        let pointer = team.pointer();
        let mut stadium = Stadium { address: Address { city: "Bern".into() }, home_of: pointer }.create(client).await?;
        stadium.set_address(Address { city: "Basel".into() });
        player.save(client).await
    }
}

fn main() {
    assert_eq!(
        user::queries(),
        [
            r#"{"where":{"address.city":"Bern","homeOf":{"$inQuery":{"where":{"captain":{"$inQuery":{"where":{"name":{"$regex":"^\\QA\\E"}},"className":"Player"}}},"className":"Team"}}},"include":"homeOf.captain"}"#,
            r#"{"order":"-name"}"#,
            r#"{"where":{"score":{"$gt":1}}}"#,
        ]
    );
    let _ = user::change;
}
