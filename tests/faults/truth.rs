//! What must be true, by what the client was told.

use parse_orm::Error;
use std::collections::{BTreeMap, BTreeSet};
use std::ops::RangeInclusive;

/// What a program knows of a write from its result.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Told {
    Done,
    NotDone,
    InDoubt,
}

impl Told {
    /// By the documentation of [`Error`].
    pub fn of<T>(result: &Result<T, Error>) -> Self {
        match result {
            Ok(_) => Self::Done,
            Err(error) => Self::by(error),
        }
    }

    pub fn by(error: &Error) -> Self {
        match error {
            Error::AlreadyApplied(_) => Self::Done,
            Error::Invalid(_) | Error::Untouched(_) | Error::RolledBack { .. } => Self::NotDone,
            Error::DoesNotExist { .. } | Error::Dependency(_) => Self::NotDone,
            Error::Connection(failed) if failed.is_connect() => Self::NotDone,
            Error::UnexpectedAnswer { status: 429, .. } => Self::NotDone,
            Error::Server(refused) if refused.status < 500 => Self::NotDone,
            _ => Self::InDoubt,
        }
    }
}

/// One row of one worker, as far as that knows.
#[derive(Debug, Clone)]
pub struct Row {
    /// Whether it is there.
    pub there: Told,
    /// One of these.
    pub values: BTreeSet<i64>,
    /// Within these.
    pub counter: RangeInclusive<i64>,
    /// Whether each was added.
    pub items: BTreeMap<String, Told>,
}

/// What a row really holds.
#[derive(Debug, Clone, PartialEq)]
pub struct Found {
    pub value: i64,
    pub counter: i64,
    pub items: Vec<String>,
}

/// What one save does.
#[derive(Debug, Clone, Default)]
pub struct Change {
    pub value: Option<i64>,
    pub counter: i64,
    pub item: Option<String>,
}

impl Row {
    pub fn new(there: Told, value: i64) -> Self {
        Self {
            there,
            values: [value].into(),
            counter: 0..=0,
            items: BTreeMap::new(),
        }
    }

    /// What a save that ended like this says.
    pub fn changed(&mut self, change: &Change, told: Told) {
        let (least, most) = (*self.counter.start(), *self.counter.end());
        match told {
            Told::NotDone => {}
            Told::Done => self.counter = least + change.counter..=most + change.counter,
            Told::InDoubt => self.counter = least..=most + change.counter,
        }
        match (change.value, told) {
            (Some(value), Told::Done) => self.values = [value].into(),
            (Some(value), Told::InDoubt) => drop(self.values.insert(value)),
            _ => {}
        }
        if let Some(item) = &change.item {
            self.items.insert(item.clone(), told);
        }
    }

    /// That the row holds what it must, and nothing else.
    pub fn check(&self, found: &Found) -> Result<(), String> {
        if !self.values.contains(&found.value) {
            return Err(format!("the value {} is none of {:?}", found.value, self.values));
        }
        if !self.counter.contains(&found.counter) {
            return Err(format!(
                "the counter {} is not within {:?}",
                found.counter, self.counter
            ));
        }
        for item in &found.items {
            if !matches!(self.items.get(item), Some(Told::Done | Told::InDoubt)) {
                return Err(format!("the item {item} was not added"));
            }
        }
        for (item, told) in &self.items {
            match found.items.iter().filter(|other| *other == item).count() {
                0 if *told == Told::Done => return Err(format!("the item {item} is lost")),
                0 | 1 => {}
                times => return Err(format!("the item {item} is there {times} times")),
            }
        }
        Ok(())
    }

    /// It was read: there is no doubt left.
    pub fn read(&mut self, found: &Found) {
        self.values = [found.value].into();
        self.counter = found.counter..=found.counter;
        for (item, told) in &mut self.items {
            *told = if found.items.contains(item) {
                Told::Done
            } else {
                Told::NotDone
            };
        }
    }
}

/// A number that many workers add to.
#[derive(Debug, Clone, Default)]
pub struct Sum {
    pub acknowledged: i64,
    pub in_doubt: i64,
}

impl Sum {
    pub fn add(&mut self, amount: i64, told: Told) {
        match told {
            Told::Done => self.acknowledged += amount,
            Told::InDoubt => self.in_doubt += amount,
            Told::NotDone => {}
        }
    }

    pub fn range(&self) -> RangeInclusive<i64> {
        self.acknowledged..=self.acknowledged + self.in_doubt
    }
}
