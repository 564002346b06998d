//! Workers that do all that an application does, and compare each result with what must be true.

use crate::random::Random;
use crate::server::unique;
use crate::truth::{self, Change, Found, Sum, Told};
use parse_orm::Error;
use parse_orm::prelude::*;
use serde_json::{Value, json};
use std::collections::{BTreeMap, BTreeSet};

/// A row of one worker, and of nobody else.
#[derive(ParseObject, Debug, Clone)]
#[parse(class_name = "FaultRow")]
pub struct Row {
    pub run: String,
    pub worker: i64,
    /// The mark of its creation.
    pub name: String,
    /// The mark of its last change.
    pub last: String,
    pub value: i64,
    pub counter: i64,
    pub items: Vec<String>,
    pub part: Option<Pointer<Part>>,
}

/// What a row holds, and what is stored before it.
#[derive(ParseObject, Debug, Clone)]
#[parse(class_name = "FaultPart")]
pub struct Part {
    pub run: String,
    pub name: String,
}

/// What all workers add to.
#[derive(ParseObject, Debug, Clone)]
#[parse(class_name = "FaultCounter")]
pub struct Counter {
    pub run: String,
    pub last: String,
    pub total: i64,
    pub seen: Vec<String>,
}

/// Rows that come and go while others are streamed.
#[derive(ParseObject, Debug, Clone)]
#[parse(class_name = "FaultFeed")]
pub struct Feed {
    pub run: String,
    pub name: String,
    /// There from the beginning to the end.
    pub stays: bool,
}

/// What went wrong with the library.
pub type Checked<T = ()> = Result<T, String>;

/// A mark of a request that must not be sent twice, unless the server knows it again.
pub const ONCE: &str = "once-";

pub fn found(row: &Row) -> Found {
    Found {
        value: row.value,
        counter: row.counter,
        items: row.items.clone(),
    }
}

struct Mine {
    object: Object<Row>,
    truth: truth::Row,
}

/// Several writes of which all are done, or none.
pub type Group = Vec<String>;

pub struct Worker {
    client: Client,
    run: String,
    number: i64,
    random: Random,
    marks: u64,
    mine: Vec<Mine>,
    /// Rows that nothing is done to any more, by their names.
    pub buried: BTreeMap<String, truth::Row>,
    pub groups: Vec<Group>,
    /// What rows hold, by the marks.
    pub parts: BTreeMap<String, Told>,
    counter: Object<Counter>,
    pub total: Sum,
    pub seen: BTreeMap<String, Told>,
    feed: Vec<Object<Feed>>,
    pub fed: BTreeMap<String, Told>,
    stays: BTreeSet<String>,
    pub told: BTreeMap<&'static str, [usize; 3]>,
}

fn row(run: &str, worker: i64, name: String, value: i64) -> Row {
    Row {
        run: run.into(),
        worker,
        name,
        last: String::new(),
        value,
        counter: 0,
        items: Vec::new(),
        part: None,
    }
}

fn wrong(error: &Error) -> String {
    format!("{error}: {error:?}")
}

impl Worker {
    pub fn new(
        client: &Client,
        run: &str,
        number: usize,
        seed: u64,
        counter: &Object<Counter>,
        stays: &BTreeSet<String>,
    ) -> Self {
        Self {
            // the path keeps the order of what one worker asks by it
            client: client.with_installation(unique("worker")),
            run: run.into(),
            number: i64::try_from(number).unwrap_or_default(),
            random: Random::new(seed),
            marks: 0,
            mine: Vec::new(),
            buried: BTreeMap::new(),
            groups: Vec::new(),
            parts: BTreeMap::new(),
            counter: counter.clone(),
            total: Sum::default(),
            seen: BTreeMap::new(),
            feed: Vec::new(),
            fed: BTreeMap::new(),
            stays: stays.clone(),
            told: BTreeMap::new(),
        }
    }

    /// Does this many things. What it knows in the end is in its fields.
    pub async fn work(&mut self, operations: usize) -> Checked {
        for _ in 0..operations {
            let what = self.random.below(100);
            let done = match what {
                0..13 => self.create().await,
                13..16 => self.find_or_create().await,
                16..20 => self.create_with_part().await,
                20..47 => self.change().await,
                47..50 => self.update().await,
                50..56 => self.delete().await,
                56..63 => self.read().await,
                63..66 => self.find().await,
                66..69 => self.count().await,
                69..72 => self.create_all().await,
                72..75 => self.save_all(false).await,
                75..77 => self.save_all(true).await,
                77..78 => self.delete_all().await,
                78..79 => self.create_together().await,
                79..87 => self.add_to_the_counter().await,
                87..92 => self.call().await,
                92..97 => self.churn().await,
                97..98 => self.stream().await,
                _ => self.refuse().await,
            };
            done.map_err(|reason| format!("worker {}, operation {what}: {reason}", self.number))?;
        }
        for Mine { object, truth } in std::mem::take(&mut self.mine) {
            self.bury(&object, truth);
        }
        Ok(())
    }

    fn mark(&mut self, prefix: &str) -> String {
        self.marks += 1;
        format!("{prefix}{}w{}n{}", self.run, self.number, self.marks)
    }

    fn note(&mut self, what: &'static str, told: Told) {
        self.told.entry(what).or_default()[told as usize] += 1;
    }

    fn told<T>(&mut self, what: &'static str, result: &Result<T, Error>) -> Told {
        let told = Told::of(result);
        self.note(what, told);
        told
    }

    fn bury(&mut self, object: &Object<Row>, truth: truth::Row) {
        self.buried.insert(object.name.clone(), truth);
    }

    fn pick(&mut self) -> Option<Mine> {
        if self.mine.is_empty() {
            return None;
        }
        let at = self.random.below(self.mine.len());
        Some(self.mine.swap_remove(at))
    }

    fn number(&mut self) -> i64 {
        i64::try_from(self.random.below(1000)).unwrap_or_default()
    }

    fn value(&mut self) -> Row {
        let name = self.mark(ONCE);
        let value = self.number();
        row(&self.run, self.number, name, value)
    }

    fn born(&mut self, what: &'static str, value: &Row, result: Result<Object<Row>, Error>) -> Told {
        let told = self.told(what, &result);
        let truth = truth::Row::new(told, value.value);
        match result {
            Ok(object) => self.mine.push(Mine { object, truth }),
            Err(_) => drop(self.buried.insert(value.name.clone(), truth)),
        }
        told
    }

    async fn create(&mut self) -> Checked {
        let value = self.value();
        let result = value.clone().create(&self.client).await;
        self.born("create", &value, result);
        Ok(())
    }

    /// Looks for it first, and then after a create whose answer is lost.
    async fn find_or_create(&mut self) -> Checked {
        let value = self.value();
        let mine = query!(Row.filter(name = &value.name));
        let result = mine.get_or_create(&self.client, || value.clone()).await;
        let result = match result {
            Ok((_, false)) => return Err(format!("{} was there", value.name)),
            result => result.map(|(object, _)| object),
        };
        self.born("find or create", &value, result);
        Ok(())
    }

    /// A row that holds a new object, which is stored before it, and once.
    async fn create_with_part(&mut self) -> Checked {
        let mut value = self.value();
        let mut mark = self.mark(ONCE);
        for _ in 0..3 {
            let part = Pointer::new(Part {
                run: self.run.clone(),
                name: mark.clone(),
            });
            value.part = Some(part.clone());
            // as often as its part is not stored
            let (told, result) = loop {
                let result = value.clone().create(&self.client).await;
                match &result {
                    Err(Error::Dependency(cause)) => {
                        let told = Told::by(&cause.error);
                        self.note("create of a part", told);
                        if told != Told::NotDone {
                            break (told, result);
                        }
                    }
                    _ => break (Told::Done, result),
                }
            };
            self.parts.insert(mark.clone(), told);
            if !matches!(result, Err(Error::Dependency(_))) {
                if part.id().is_none() {
                    return Err("a part that is stored has no id".into());
                }
                self.born("create with a part", &value, result);
                return Ok(());
            }
            // this part is in doubt: another one
            mark = self.mark(ONCE);
        }
        Ok(())
    }

    /// The same change to several rows, by a query.
    async fn update(&mut self) -> Checked {
        let mut picked: Vec<Mine> = (0..4).filter_map(|_| self.pick()).collect();
        let names: Vec<&str> = picked.iter().map(|mine| mine.object.name.as_str()).collect();
        let change = Change {
            counter: 1 + self.number(),
            ..Change::default()
        };
        // many requests have the same one
        let mark = self.mark("free-");
        let update = query!(
            Row.filter(name__in = names)
                .update(counter += change.counter, last = &mark)
        );
        let result = update.chunk_size(2).run(&self.client).await;
        self.told("update", &result);
        let told = |id: &ObjectId| match &result {
            Ok(updated) if updated.failed.iter().any(|failure| failure.id == *id) => Told::NotDone,
            Ok(_) => Told::Done,
            Err(Error::Interrupted(stopped)) if stopped.in_doubt.contains(id) => Told::InDoubt,
            Err(Error::Interrupted(stopped)) if stopped.untouched.contains(id) => Told::NotDone,
            Err(Error::Interrupted(stopped)) if stopped.failed.iter().any(|failure| failure.id == *id) => {
                Told::NotDone
            }
            // not all were looked at
            Err(Error::Interrupted(stopped)) if stopped.unread => Told::InDoubt,
            Err(Error::Interrupted(_)) => Told::Done,
            // they could not be read
            Err(_) => Told::NotDone,
        };
        for mine in &mut picked {
            let told = told(mine.object.id());
            mine.truth.changed(&change, told);
        }
        for Mine { object, truth } in picked {
            self.settle(object, truth).await?;
        }
        Ok(())
    }

    async fn create_all(&mut self) -> Checked {
        let values: Vec<Row> = (0..6).map(|_| self.value()).collect();
        let outcome = self.client.create_all(&values).chunk_size(4).await;
        if outcome.len() != values.len() {
            return Err(format!("{} results of {}", outcome.len(), values.len()));
        }
        for (value, result) in values.iter().zip(outcome) {
            self.born("create in a batch", value, result);
        }
        Ok(())
    }

    async fn create_together(&mut self) -> Checked {
        let values: Vec<Row> = (0..3).map(|_| self.value()).collect();
        let result = self.client.create_all(&values).atomic().await;
        let told = self.told("create in a transaction", &result);
        match result {
            Ok(objects) => {
                for (object, value) in objects.into_iter().zip(&values) {
                    let truth = truth::Row::new(Told::Done, value.value);
                    self.mine.push(Mine { object, truth });
                }
            }
            Err(_) => {
                for value in &values {
                    let truth = truth::Row::new(told, value.value);
                    self.buried.insert(value.name.clone(), truth);
                }
                self.groups
                    .push(values.into_iter().map(|value| value.name).collect());
            }
        }
        Ok(())
    }

    /// Changes the object here, in one, two or three ways.
    fn edit(&mut self, object: &mut Object<Row>) -> Change {
        let mut change = Change::default();
        let ways = self.random.below(7) + 1;
        if ways & 1 != 0 {
            // not the one that it has, which would be no change
            let value = object.value + 1 + self.number();
            object.value = value;
            change.value = Some(value);
        }
        if ways & 2 != 0 {
            change.counter = 1 + self.number();
            object.increment_counter(change.counter);
        }
        if ways & 4 != 0 {
            let item = self.mark("item-");
            object.add_items([item.clone()]);
            change.item = Some(item);
        }
        object.last = self.last(&change);
        change
    }

    fn last(&mut self, change: &Change) -> String {
        let adds = change.counter != 0 || change.item.is_some();
        self.mark(if adds { ONCE } else { "free-" })
    }

    async fn change(&mut self) -> Checked {
        let Some(Mine {
            mut object,
            mut truth,
        }) = self.pick()
        else {
            return self.create().await;
        };
        let change = self.edit(&mut object);
        let (here, fields) = (found(&object), object.dirty_fields().len());
        for tries in 1.. {
            let result = object.save(&self.client).await;
            let told = self.told("change", &result);
            truth.changed(&change, told);
            let Err(error) = result else {
                if object.is_dirty() {
                    return Err(format!("{:?} are unsaved after a save", object.dirty_fields()));
                }
                // nobody else changes it
                truth
                    .check(&found(&object))
                    .map_err(|reason| format!("after a save, here: {reason}"))?;
                self.mine.push(Mine { object, truth });
                return Ok(());
            };
            if matches!(error, Error::DoesNotExist { .. }) {
                return Err(wrong(&error));
            }
            if found(&object) != here || object.dirty_fields().len() != fields {
                return Err(format!(
                    "a save that failed changed the object: {}",
                    wrong(&error)
                ));
            }
            // to set a value once more does no harm, to add to one might
            let again = told == Told::NotDone
                || (told == Told::InDoubt && change.counter == 0 && change.item.is_none());
            if again && tries < 5 {
                object.last = self.last(&change);
                continue;
            }
            if told == Told::NotDone {
                object.revert();
                self.mine.push(Mine { object, truth });
                return Ok(());
            }
            return self.settle(object, truth).await;
        }
        Ok(())
    }

    /// Looks what became of it.
    async fn settle(&mut self, mut object: Object<Row>, mut truth: truth::Row) -> Checked {
        for _ in 0..6 {
            match object.refresh(&self.client, Unsaved::Discard).await {
                Ok(()) => {
                    truth.check(&found(&object))?;
                    truth.read(&found(&object));
                    self.mine.push(Mine { object, truth });
                    return Ok(());
                }
                Err(error @ Error::DoesNotExist { .. }) => return Err(wrong(&error)),
                Err(_) => {}
            }
        }
        self.bury(&object, truth);
        Ok(())
    }

    async fn save_all(&mut self, together: bool) -> Checked {
        let wanted = 1 + self.random.below(5);
        let mut picked: Vec<Mine> = (0..wanted).filter_map(|_| self.pick()).collect();
        let changes: Vec<Change> = picked
            .iter_mut()
            .map(|mine| self.edit(&mut mine.object))
            .collect();
        let objects = picked.iter_mut().map(|mine| &mut mine.object);
        let all = self.client.save_all(objects).chunk_size(3);
        let results: Vec<Result<(), Error>> = if together {
            let result = all.atomic().await;
            let told = self.told("change in a transaction", &result);
            for (mine, change) in picked.iter_mut().zip(&changes) {
                mine.truth.changed(change, told);
            }
            if result.is_err() {
                return self.settle_together(picked).await;
            }
            picked.iter().map(|_| Ok(())).collect()
        } else {
            let outcome: Vec<_> = all.await.into_iter().collect();
            for ((mine, change), result) in picked.iter_mut().zip(&changes).zip(&outcome) {
                let told = self.told("change in a batch", result);
                mine.truth.changed(change, told);
            }
            outcome
        };
        if results.len() != picked.len() {
            return Err(format!("{} results of {}", results.len(), picked.len()));
        }
        for (Mine { mut object, truth }, result) in picked.into_iter().zip(results) {
            match result {
                Ok(()) if object.is_dirty() => return Err("unsaved after a save".into()),
                Ok(()) => {
                    truth.check(&found(&object))?;
                    self.mine.push(Mine { object, truth });
                }
                Err(error) if !object.is_dirty() => {
                    return Err(format!(
                        "nothing is left of changes that failed: {}",
                        wrong(&error)
                    ));
                }
                Err(error) if Told::by(&error) == Told::NotDone => {
                    object.revert();
                    self.mine.push(Mine { object, truth });
                }
                Err(_) => self.settle(object, truth).await?,
            }
        }
        Ok(())
    }

    /// Looks what became of a transaction: all of it is done, or nothing.
    async fn settle_together(&mut self, picked: Vec<Mine>) -> Checked {
        let mut became = BTreeSet::new();
        for Mine { object, truth } in picked {
            if !object.is_dirty() {
                return Err("nothing is left of changes that were rolled back".into());
            }
            let (name, mark) = (object.name.clone(), object.last.clone());
            self.settle(object, truth).await?;
            if let Some(mine) = self.mine.last().filter(|mine| mine.object.name == name) {
                became.insert(mine.object.last == mark);
            }
        }
        if became.len() > 1 {
            return Err("a transaction was done in part".into());
        }
        Ok(())
    }

    async fn delete(&mut self) -> Checked {
        let Some(Mine { object, mut truth }) = self.pick() else {
            return Ok(());
        };
        let result = object.clone().delete(&self.client).await.map(drop);
        let told = self.told("delete", &result);
        self.deleted(object, &mut truth, &result, told);
        Ok(())
    }

    fn deleted(
        &mut self,
        object: Object<Row>,
        truth: &mut truth::Row,
        result: &Result<(), Error>,
        told: Told,
    ) {
        let gone = matches!(result, Err(Error::DoesNotExist { .. }));
        truth.there = match told {
            Told::Done => Told::NotDone,
            Told::NotDone if gone => Told::NotDone,
            Told::NotDone => {
                let truth = truth.clone();
                return self.mine.push(Mine { object, truth });
            }
            Told::InDoubt => Told::InDoubt,
        };
        self.bury(&object, truth.clone());
    }

    async fn delete_all(&mut self) -> Checked {
        let picked: Vec<Mine> = (0..5).filter_map(|_| self.pick()).collect();
        let objects = picked.iter().map(|mine| &mine.object);
        let outcome: Vec<_> = self
            .client
            .delete_all(objects)
            .chunk_size(3)
            .await
            .into_iter()
            .collect();
        for (Mine { object, mut truth }, result) in picked.into_iter().zip(outcome) {
            let told = self.told("delete in a batch", &result);
            self.deleted(object, &mut truth, &result, told);
        }
        Ok(())
    }

    async fn read(&mut self) -> Checked {
        let Some(Mine { object, mut truth }) = self.pick() else {
            return Ok(());
        };
        let result = Row::get(&self.client, object.id()).await;
        self.told("get", &result);
        match result {
            Ok(read) => {
                truth.check(&found(&read))?;
                truth.read(&found(&read));
                self.mine.push(Mine { object: read, truth });
            }
            Err(error @ Error::DoesNotExist { .. }) => return Err(wrong(&error)),
            Err(_) => self.mine.push(Mine { object, truth }),
        }
        Ok(())
    }

    async fn find(&mut self) -> Checked {
        let names: Vec<&String> = self.buried.keys().collect();
        let (name, truth) = if !names.is_empty() && self.random.percent(50) {
            let name = names[self.random.below(names.len())].clone();
            let truth = self.buried[&name].clone();
            (name, truth)
        } else if let Some(mine) = self.mine.first() {
            (mine.object.name.clone(), mine.truth.clone())
        } else {
            return Ok(());
        };
        let mut set = query!(Row.filter(name = &name));
        if self.random.percent(30) {
            // too long for a URL
            set = query!(set.exclude(last = "x".repeat(2500)));
        }
        let result = set.all(&self.client).await;
        self.told("find", &result);
        match result {
            Ok(rows) => check_row(&name, &truth, rows.iter().map(|row| found(row))),
            Err(_) => Ok(()),
        }
    }

    async fn count(&mut self) -> Checked {
        let result = query!(Row.filter(run = &self.run, worker = self.number))
            .count(&self.client)
            .await;
        self.told("count", &result);
        let Ok(count) = result else { return Ok(()) };
        let buried = |told| self.buried.values().filter(|row| row.there == told).count();
        let least = self.mine.len() + buried(Told::Done);
        let most = least + buried(Told::InDoubt);
        let count = usize::try_from(count).unwrap_or_default();
        if (least..=most).contains(&count) {
            return Ok(());
        }
        Err(format!("{count} rows, and not {least} to {most}"))
    }

    async fn add_to_the_counter(&mut self) -> Checked {
        let amount = 1 + self.number();
        let item = self.mark("item-");
        self.counter.last = self.mark(ONCE);
        self.counter.increment_total(amount);
        self.counter.add_unique_seen([item.clone()]);
        let result = self.counter.save(&self.client).await;
        let told = self.told("change of what is shared", &result);
        self.total.add(amount, told);
        self.seen.insert(item, told);
        match (result, told) {
            (Ok(()), _) if self.counter.is_dirty() => return Err("unsaved after a save".into()),
            (Ok(()), _) => {}
            (Err(error), _) if matches!(error, Error::DoesNotExist { .. }) => return Err(wrong(&error)),
            (Err(error), Told::InDoubt | Told::NotDone) if !self.counter.is_dirty() => {
                return Err(format!(
                    "nothing is left of changes that failed: {}",
                    wrong(&error)
                ));
            }
            // what is in doubt is not done again
            (Err(_), _) => self.counter.revert(),
        }
        Ok(())
    }

    async fn call(&mut self) -> Checked {
        let mark = self.mark(ONCE);
        let params = json!({"mark": mark, "deep": [1, {"a": null}]});
        let result = self.client.call::<Value>("echo", &params).await;
        self.told("function", &result);
        match result {
            Ok(answer) if answer["params"] != params => Err(format!("{params} came back as {answer}")),
            Err(error @ Error::Returned(_)) => Err(wrong(&error)),
            _ => Ok(()),
        }
    }

    /// Makes the feed change.
    async fn churn(&mut self) -> Checked {
        if self.feed.len() > 5 {
            let at = self.random.below(self.feed.len());
            let feed = self.feed.swap_remove(at);
            let name = feed.name.clone();
            let result = feed.delete(&self.client).await;
            let told = self.told("delete", &result);
            let gone = matches!(result, Err(Error::DoesNotExist { .. }));
            match told {
                Told::Done => drop(self.fed.insert(name, Told::NotDone)),
                Told::NotDone if gone => drop(self.fed.insert(name, Told::NotDone)),
                Told::NotDone => {}
                Told::InDoubt => drop(self.fed.insert(name, Told::InDoubt)),
            }
            return Ok(());
        }
        let feed = Feed {
            run: self.run.clone(),
            name: self.mark(ONCE),
            stays: false,
        };
        let name = feed.name.clone();
        let result = feed.create(&self.client).await;
        let told = self.told("create", &result);
        self.fed.insert(name, told);
        self.feed.extend(result);
        Ok(())
    }

    /// Every row that was there all the time comes, and none comes twice, whatever happens on the way.
    async fn stream(&mut self) -> Checked {
        let mut set = query!(Feed.filter(run = &self.run));
        if self.random.percent(50) {
            set = query!(set.order_by(-name));
        }
        let set = set.page_size(20);
        let mut rows = set.stream(&self.client);
        let (mut ids, mut stays) = (BTreeSet::new(), BTreeSet::new());
        for _ in 0..50 {
            loop {
                match rows.try_next().await {
                    Ok(Some(row)) => {
                        if !ids.insert(row.id().clone()) {
                            return Err(format!("the row {} came twice", row.name));
                        }
                        if row.stays {
                            stays.insert(row.name.clone());
                        }
                    }
                    Ok(None) => {
                        self.note("stream", Told::Done);
                        let lost: Vec<_> = self.stays.difference(&stays).collect();
                        if lost.is_empty() {
                            return Ok(());
                        }
                        return Err(format!("{lost:?} did not come"));
                    }
                    Err(_) => break,
                }
            }
            self.note("stream", Told::InDoubt);
            let cursor = rows.cursor().map_err(|error| wrong(&error))?;
            rows = set.after(&cursor).stream(&self.client);
        }
        Ok(())
    }

    /// What cannot be stored is not sent.
    async fn refuse(&mut self) -> Checked {
        let mut value = self.value();
        value.value = 1 << 60;
        let result = value.clone().create(&self.client).await;
        match &result {
            Err(Error::Invalid(_)) => {}
            other => return Err(format!("{other:?}")),
        }
        self.born("refused", &value, result);
        Ok(())
    }
}

/// That a row is there as often as it must, with what it must hold.
pub fn check_row(name: &str, truth: &truth::Row, rows: impl IntoIterator<Item = Found>) -> Checked {
    let rows: Vec<Found> = rows.into_iter().collect();
    match (truth.there, rows.as_slice()) {
        (Told::Done | Told::InDoubt, [row]) => {
            let checked = truth.check(row);
            checked.map_err(|reason| format!("the row {name}: {reason}"))
        }
        (Told::NotDone | Told::InDoubt, []) => Ok(()),
        (told, rows) => Err(format!(
            "the row {name} is there {} times, and that is {told:?}",
            rows.len()
        )),
    }
}
