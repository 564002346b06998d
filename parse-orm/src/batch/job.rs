//! What one object contributes to a batch.

use super::options::{How, Progress};
use super::outcome::Outcome;
use super::work::{Request, Requests, Work, run, transaction};
use crate::client::Method;
use crate::error::BatchFailure;
use crate::object::{New, Object, ParseObject, graph};
use crate::value::{Holder, ObjectId, Unstored};
use crate::{Client, Error, Result};
use bytes::Bytes;
use futures::future::{BoxFuture, FutureExt as _, ready};
use std::sync::Arc;

/// One object, and what is done to it.
#[doc(hidden)]
pub trait Job: Send {
    fn class_name(&self) -> &'static str;
    /// None for an object that is to be created.
    fn stored_id(&self) -> Option<&ObjectId>;
    /// What may hold new objects and files, which are stored before.
    fn holder(&self) -> Option<&dyn Holder>;
    /// Writes the body behind others. A create without an ACL of its own takes the client's.
    fn body(&self, client: &Client, to: &mut Vec<u8>) -> Result<Payload>;
    /// Takes over the server's answer.
    fn done(&mut self, answer: &[u8], client: &Client) -> Result<()>;
}

/// What a job sends.
#[doc(hidden)]
#[derive(Debug)]
pub enum Payload {
    /// The fields of a new object, or the changes of a stored one, as they were written.
    Body,
    Deletion,
    /// No request.
    Nothing,
}

/// A save.
impl<T: ParseObject> Job for Object<T> {
    fn class_name(&self) -> &'static str {
        T::CLASS_NAME
    }
    fn stored_id(&self) -> Option<&ObjectId> {
        Some(self.id())
    }
    fn holder(&self) -> Option<&dyn Holder> {
        Some(self)
    }
    fn body(&self, _: &Client, to: &mut Vec<u8>) -> Result<Payload> {
        Ok(if self.write_changes(to)? {
            Payload::Body
        } else {
            Payload::Nothing
        })
    }
    fn done(&mut self, answer: &[u8], _: &Client) -> Result<()> {
        self.saved(answer)
    }
}

/// A create.
#[doc(hidden)]
pub struct Creation<'a, T> {
    new: New<'a, T>,
    made: Option<Object<T>>,
}

impl<T: ParseObject> Job for Creation<'_, T> {
    fn class_name(&self) -> &'static str {
        T::CLASS_NAME
    }
    fn stored_id(&self) -> Option<&ObjectId> {
        None
    }
    fn holder(&self) -> Option<&dyn Holder> {
        Some(&self.new)
    }
    fn body(&self, client: &Client, to: &mut Vec<u8>) -> Result<Payload> {
        self.new.write(client.acl_of_new(T::CLASS_NAME), to)?;
        Ok(Payload::Body)
    }
    fn done(&mut self, answer: &[u8], client: &Client) -> Result<()> {
        let default = client.acl_of_new(T::CLASS_NAME);
        self.made = Some(self.new.created(answer, default)?);
        Ok(())
    }
}

impl<T> std::fmt::Debug for Creation<'_, T> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Creation")
    }
}

impl<'a, T: ParseObject> Creation<'a, T> {
    pub(crate) fn new(new: New<'a, T>) -> Self {
        Self { new, made: None }
    }

    /// The object, after the server confirmed it.
    pub(crate) fn made(self, index: usize) -> Result<Object<T>, BatchFailure> {
        self.made.ok_or_else(|| BatchFailure {
            index,
            class_name: T::CLASS_NAME,
            id: None,
            error: Error::UnexpectedAnswer {
                status: 200,
                excerpt: "a create was not answered".into(),
            },
        })
    }
}

/// A delete.
#[doc(hidden)]
#[derive(Debug)]
pub struct Deletion {
    pub(crate) class_name: &'static str,
    /// None for a pointer to what is not stored.
    pub(crate) id: Option<ObjectId>,
}

impl Job for Deletion {
    fn class_name(&self) -> &'static str {
        self.class_name
    }
    fn stored_id(&self) -> Option<&ObjectId> {
        self.id.as_ref()
    }
    fn holder(&self) -> Option<&dyn Holder> {
        None
    }
    fn body(&self, _: &Client, _: &mut Vec<u8>) -> Result<Payload> {
        if self.id.is_some() {
            return Ok(Payload::Deletion);
        }
        let message = "the pointer's object is not stored yet: there is nothing to delete";
        Err(Error::invalid(self.class_name, None, message))
    }
    fn done(&mut self, _: &[u8], _: &Client) -> Result<()> {
        Ok(())
    }
}

/// The jobs of one batch, with their results.
struct Jobs<'a> {
    client: Client,
    all: Vec<&'a mut dyn Job>,
    /// How many of the jobs were handed out or needed no request.
    taken: usize,
    failed: Vec<Option<Error>>,
    progress: Progress,
}

impl<'a> Jobs<'a> {
    fn new(client: &Client, jobs: Vec<&'a mut dyn Job>) -> Self {
        let mut failed = Vec::new();
        failed.resize_with(jobs.len(), || None);
        let progress = Progress {
            total: Some(jobs.len() as u64),
            ..Progress::default()
        };
        Self {
            client: client.clone(),
            all: jobs,
            taken: 0,
            failed,
            progress,
        }
    }

    /// Stores what the objects hold, all of it together. An object whose part cannot be stored has failed.
    async fn store_held(&mut self) {
        let holders = self.all.iter().enumerate();
        let (places, holders): (Vec<usize>, Vec<&dyn Holder>) = holders
            .filter_map(|(index, job)| Some((index, job.holder()?)))
            .unzip();
        let results = graph::store(&self.client, &holders).await;
        for (index, result) in places.into_iter().zip(results) {
            if result.is_err() {
                self.settle(index, result);
            }
        }
    }

    /// Refuses what would have to be stored before, and so outside of the transaction.
    fn refuse_held(&self) -> Result<()> {
        for holder in self.all.iter().filter_map(|job| job.holder()) {
            let mut held = None;
            holder.unstored(&mut |field, new| held = Some((field, new)));
            if let Some((field, new)) = held {
                let what = match new {
                    Unstored::Object(_) => {
                        "a new object, which a transaction cannot store before: create it first"
                    }
                    Unstored::File(_) => {
                        "a new file, which a transaction cannot store before: upload it first"
                    }
                };
                let message = format!("the field holds {what}");
                return Err(Error::invalid(
                    holder.class_name(),
                    Some(holder.field_name(field)),
                    message,
                ));
            }
        }
        Ok(())
    }

    fn settle(&mut self, index: usize, result: Result<()>) {
        match result {
            Ok(()) => self.progress.done += 1,
            Err(error) => {
                self.progress.failed += 1;
                self.failed[index] = Some(error);
            }
        }
    }

    fn request(&self, index: usize, bodies: &mut Vec<u8>) -> Result<Option<Request>> {
        let job = &self.all[index];
        let id = job.stored_id().cloned();
        let before = bodies.len();
        let (method, body) = match (job.body(&self.client, bodies)?, &id) {
            (Payload::Nothing, _) => return Ok(None),
            (Payload::Deletion, _) => (Method::Delete, None),
            (Payload::Body, Some(_)) => (Method::Put, Some(before..bodies.len())),
            (Payload::Body, None) => (Method::Post, Some(before..bodies.len())),
        };
        let request = Request {
            index,
            method,
            class_name: job.class_name(),
            id,
            body,
        };
        request.check()?;
        Ok(Some(request))
    }

    fn take(&mut self, most: usize) -> Requests {
        let mut requests = Requests::default();
        while self.taken < self.all.len() && requests.list.len() < most {
            let index = self.taken;
            self.taken += 1;
            if self.failed[index].is_some() {
                continue;
            }
            match self.request(index, &mut requests.bodies) {
                Ok(Some(request)) => requests.list.push(request),
                Ok(None) => self.settle(index, Ok(())),
                Err(error) => self.settle(index, Err(error)),
            }
        }
        requests
    }

    /// The outcome of each job; what was not sent is untouched, for the reason that stopped the others.
    fn finish(mut self, stopped: Option<&Arc<Error>>) -> Outcome<()> {
        if let Some(cause) = stopped {
            for failed in &mut self.failed[self.taken..] {
                failed.get_or_insert_with(|| Error::Untouched(cause.clone()));
            }
        }
        let failed = self.failed.into_iter().zip(&self.all).enumerate();
        let results = failed.map(|(index, (error, job))| match error {
            None => Ok(()),
            Some(error) => Err(BatchFailure {
                index,
                class_name: job.class_name(),
                id: job.stored_id().cloned(),
                error,
            }),
        });
        Outcome::new(results.collect())
    }
}

impl Work for Jobs<'_> {
    fn next(&mut self, most: usize) -> BoxFuture<'_, Result<Requests>> {
        ready(Ok(self.take(most))).boxed()
    }

    fn answered(&mut self, request: Request, answer: Result<Bytes>) {
        let result = answer.and_then(|answer| self.all[request.index].done(&answer, &self.client));
        self.settle(request.index, result);
    }

    fn progress(&self) -> Progress {
        self.progress
    }
}

/// Does the jobs, each on its own.
pub(crate) async fn each(client: &Client, how: &How<'_>, jobs: Vec<&mut dyn Job>) -> Outcome<()> {
    let mut jobs = Jobs::new(client, jobs);
    jobs.store_held().await;
    let stopped = run(client, how, &mut jobs).await;
    jobs.finish(stopped.as_ref())
}

/// Does all of the jobs or none.
pub(crate) async fn together(client: &Client, how: &How<'_>, jobs: Vec<&mut dyn Job>) -> Result<()> {
    let mut jobs = Jobs::new(client, jobs);
    jobs.refuse_held()?;
    let requests = jobs.take(usize::MAX);
    if let Some(error) = jobs.failed.iter_mut().find_map(Option::take) {
        return Err(error);
    }
    transaction(client, how, &mut jobs, requests).await?;
    // done as they are: what is left to fail is an answer that cannot be read
    jobs.finish(None).into_result().map(drop)
}
