//! What a leaderboard does: the part that an application would have.

use crate::models::{Entry, Player, PlayerAccessors, Shown, Team};
use parse_orm::prelude::*;
use parse_orm::{MasterClient, Result};
use std::collections::HashMap;

const F: <Entry as ParseObject>::Fields = Entry::F;

/// The board of one season, as one client sees it.
pub struct Board {
    client: Client,
    season: i64,
}

/// A line of the board.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Line {
    /// From 1; players with the same points share one.
    pub rank: u64,
    pub name: String,
    pub points: i64,
}

impl Board {
    pub fn new(client: &Client, season: i64) -> Self {
        Self {
            client: client.clone(),
            season,
        }
    }

    /// Everything that counts. A query set is a value: every question starts from this one.
    fn fair(&self) -> QuerySet<Entry> {
        query!(Entry.filter(season = self.season, cheated = false, closed = false))
    }

    /// Best first; of equal results the one that was there first.
    fn ranked(&self) -> QuerySet<Entry> {
        query!(self.fair().order_by(-points, created_at, object_id))
    }

    async fn entry_of(&self, player: &Object<Player>) -> Result<Option<Object<Entry>>> {
        query!(self.fair().filter(player = player))
            .first(&self.client)
            .await
    }

    /// Keeps the result if it is the player's best. True when it is.
    pub async fn submit(&self, player: &Object<Player>, points: i64) -> Result<bool> {
        let mut better = false;
        let raise = |entry: &mut Object<Entry>| {
            better = points > entry.points;
            // an equal or lower result changes nothing, and then nothing is sent
            entry.points = entry.points.max(points);
        };
        let first = || Entry {
            season: self.season,
            player: Some(player.pointer()),
            team: player.team.clone(),
            points,
            cheated: false,
            closed: false,
        };
        let own = query!(Entry.filter(season = self.season, player = player));
        let (_, created) = own.update_or_create(&self.client, raise, first).await?;
        Ok(created || better)
    }

    /// The first lines.
    pub async fn top(&self, lines: u64) -> Result<Vec<Line>> {
        let shown: Vec<Shown> = query!(self.ranked()[..lines]).values(&self.client).await?;
        Ok(numbered(&shown, 0))
    }

    /// The player's rank, `None` without a result: one count of those who are better.
    pub async fn rank(&self, player: &Object<Player>) -> Result<Option<u64>> {
        let Some(own) = self.entry_of(player).await? else {
            return Ok(None);
        };
        let better = query!(self.fair().filter(points__gt = own.points));
        Ok(Some(better.count(&self.client).await? + 1))
    }

    /// The player's line with so many before and after it.
    pub async fn around(&self, player: &Object<Player>, lines: u64) -> Result<Vec<Line>> {
        let Some(own) = self.entry_of(player).await? else {
            return Ok(Vec::new());
        };
        let (points, since) = (own.points, own.created_at());
        // by conditions on the sort keys, so that the millionth player costs what the first does
        let better = query!(
            self.fair()
                .filter(Q(points__gt = points) | Q(points = points, created_at__lt = since))
        );
        let rest = query!(
            self.ranked()
                .filter(Q(points__lt = points) | Q(points = points, created_at__gte = since))
        );
        let nearest = query!(better.order_by(points, -created_at, -object_id)[..lines]);
        let mut shown: Vec<Shown> = nearest.values(&self.client).await?;
        shown.reverse();
        shown.extend(query!(rest[..=lines]).values::<Shown>(&self.client).await?);
        // the first of these lines may share its rank with lines above it
        let first = shown.first().map_or(points, |line| line.points);
        let above = query!(self.fair().filter(points__gt = first))
            .count(&self.client)
            .await?;
        Ok(numbered(&shown, above))
    }

    /// The player's friends and the player, best first: the same few requests, however many friends.
    pub async fn among_friends(&self, player: &Object<Player>) -> Result<Vec<Line>> {
        let mut players = player.friends().all(&self.client).await?;
        players.push(player.clone());
        let entries = self
            .ranked()
            .prefetch_related(F.player, &players)
            .all(&self.client)
            .await?;
        let mut lines: Vec<_> = players
            .iter()
            .filter_map(|player| Some((player.name.clone(), entries.of(player).first()?.points)))
            .collect();
        lines.sort_by_key(|(_, points)| std::cmp::Reverse(*points));
        Ok(ranks(lines, 0))
    }

    /// Each team's sum, best first. Sums are computed by the server, for the master key only.
    pub async fn teams(&self, master: &MasterClient, teams: u64) -> Result<Vec<(String, i64)>> {
        let sums = query!(self.fair().filter(team__isnull = false))
            .group_by(F.team)
            .order_by(F.points.sum().desc())
            .limit(teams)
            .aggregate(master, F.points.sum())
            .await?;
        let ids = sums.iter().filter_map(|(team, _)| team.as_ref()?.id().cloned());
        let names = Team::objects().in_bulk(&self.client, ids).await?;
        let name = |team: Option<Pointer<Team>>| Some(names.get(team?.id()?)?.name.clone());
        Ok(sums
            .into_iter()
            .filter_map(|(team, points)| Some((name(team)?, points)))
            .collect())
    }

    /// Takes a cheater off the board, of this and every other season.
    pub async fn ban(&self, player: &Object<Player>) -> Result<u64> {
        let all = query!(Entry.filter(player = player));
        Ok(query!(all.update(cheated = true))
            .run(&self.client)
            .await?
            .updated)
    }

    /// Ends the season: nothing of it counts any longer. The best lines, and how many there were.
    pub async fn close(self) -> Result<(Vec<Line>, u64)> {
        let winners = self.top(3).await?;
        let closed = query!(self.fair().update(closed = true))
            .run(&self.client)
            .await?;
        Ok((winners, closed.updated))
    }
}

fn numbered(shown: &[Shown], above: u64) -> Vec<Line> {
    let name = |line: &Shown| {
        line.player
            .as_ref()
            .map_or("(gone)", |player| &player.name)
            .to_owned()
    };
    let lines = shown.iter().map(|line| (name(line), line.points));
    ranks(lines, above)
}

/// Numbers lines that come best first, behind so many others; equal points share a rank.
fn ranks(lines: impl IntoIterator<Item = (String, i64)>, above: u64) -> Vec<Line> {
    let mut first: HashMap<i64, u64> = HashMap::new();
    (above + 1..)
        .zip(lines)
        .map(|(number, (name, points))| Line {
            rank: *first.entry(points).or_insert(number),
            name,
            points,
        })
        .collect()
}
