//! What is stored.

use parse_orm::prelude::*;

/// Players who play together.
#[derive(ParseObject, Debug, Clone)]
pub struct Team {
    pub name: String,
}

/// Somebody who plays.
#[derive(ParseObject, Debug, Clone)]
pub struct Player {
    pub name: String,
    pub team: Option<Pointer<Team>>,
    pub friends: Relation<Player>,
}

/// A player's best result of a season: one row for each player and season.
#[derive(ParseObject, Debug, Clone)]
#[parse(class_name = "BoardEntry")]
pub struct Entry {
    pub season: i64,
    /// Always there, and `None` once the player was deleted.
    pub player: Option<Pointer<Player>>,
    /// The player's team at the time: a result stays with it.
    pub team: Option<Pointer<Team>>,
    pub points: i64,
    #[parse(default)]
    pub cheated: bool,
    #[parse(default)]
    pub closed: bool,
}

/// What a line of the board shows: only this is sent.
#[derive(ParseView, Debug, Clone)]
#[parse(model = Entry)]
pub struct Shown {
    pub points: i64,
    pub player: Option<Included<Name>>,
}

/// The part of a player that a line shows.
#[derive(ParseView, Debug, Clone)]
#[parse(model = Player)]
pub struct Name {
    pub name: String,
}
