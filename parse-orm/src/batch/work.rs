//! Sending many requests, in chunks, several at once. Untyped; every bulk operation goes through here.

use super::options::{How, Progress};
use crate::client::batch::{self, Item, Kind};
use crate::client::{Method, Path};
use crate::value::ObjectId;
use crate::{Client, Error, ErrorCode, Result};
use bytes::Bytes;
use futures::StreamExt as _;
use futures::future::{BoxFuture, Either, select};
use futures::stream::FuturesUnordered;
use std::ops::Range;
use std::pin::Pin;
use std::sync::Arc;

/// What is to be done to one object.
#[derive(Debug)]
pub(crate) struct Request {
    /// The object's place among the others, for the work itself.
    pub(crate) index: usize,
    pub(crate) method: Method,
    pub(crate) class_name: &'static str,
    /// None for an object that is created.
    pub(crate) id: Option<ObjectId>,
    /// JSON.
    /// Where it is among those of the others.
    pub(crate) body: Option<Range<usize>>,
}

/// Requests that are sent together.
#[derive(Debug, Default)]
pub(crate) struct Requests {
    pub(crate) list: Vec<Request>,
    /// JSON, one behind the other, or one for several.
    pub(crate) bodies: Vec<u8>,
}

impl Request {
    fn path(&self) -> Path<'_> {
        match &self.id {
            Some(id) => Path::Object(self.class_name, id.as_str()),
            None => Path::Class(self.class_name),
        }
    }

    /// Why it can be no part of a batch: one request without a route fails all of them.
    pub(crate) fn check(&self) -> Result<()> {
        self.path().check()
    }

    /// The server's refusal; code 101 about this very object, by its name.
    fn refused(&self, error: Error) -> Error {
        match (error.code(), &self.id) {
            (Some(ErrorCode::ObjectNotFound), Some(id)) => Error::DoesNotExist {
                class_name: self.class_name,
                id: Some(id.clone()),
            },
            _ => error,
        }
    }
}

/// Something to do to many objects.
pub(crate) trait Work: Send {
    /// The next requests, at most so many; none at all is the end.
    fn next(&mut self, most: usize) -> BoxFuture<'_, Result<Requests>>;
    /// Each request comes back exactly once. The error is [`Error::InDoubt`] or [`Error::Untouched`] where its
    /// batch was not answered as it should be.
    fn answered(&mut self, request: Request, answer: Result<Bytes>);
    fn progress(&self) -> Progress;
}

type Answers = Result<Vec<Result<Bytes>>>;

/// Does the work, as far as it goes. The error is what stopped it: no request was sent after that, and those
/// that were under way are answered.
pub(crate) async fn run(client: &Client, how: &How<'_>, work: &mut dyn Work) -> Option<Arc<Error>> {
    let mut flying = FuturesUnordered::new();
    let (mut ended, mut stopped, mut told) = (false, None, Progress::default());
    loop {
        let (mut landed, mut next) = (Vec::new(), None);
        if !ended && stopped.is_none() && flying.len() < how.concurrency {
            match meanwhile(work.next(how.chunk), &mut flying, &mut landed).await {
                Ok(requests) if requests.list.is_empty() => ended = true,
                Ok(requests) => next = Some(requests),
                Err(cause) => stopped = Some(Arc::new(cause)),
            }
        } else {
            match flying.next().await {
                Some(answered) => landed.push(answered),
                None => break,
            }
        }
        for (requests, answers) in landed {
            if let Some(cause) = settle(work, requests, answers) {
                stopped.get_or_insert(cause);
            }
        }
        match (next, &stopped) {
            (None, _) => {}
            (Some(requests), None) => flying.push(send(client, requests, Kind::Independent)),
            // it was stopped while these were looked for
            (Some(requests), Some(cause)) => untouched(work, requests.list, cause),
        }
        let progress = work.progress();
        if (progress.done, progress.failed) != (told.done, told.failed) {
            how.tell(progress);
            told = progress;
        }
    }
    if work.progress() != told {
        how.tell(work.progress());
    }
    stopped
}

/// Does all of these or none, in one request.
pub(crate) async fn transaction(
    client: &Client,
    how: &How<'_>,
    work: &mut dyn Work,
    requests: Requests,
) -> Result<()> {
    let number = requests.list.len();
    if number > 0 {
        let (requests, answers) = send(client, requests, Kind::Transaction).await;
        let answers = answers.map_err(|cause| undone(cause, number))?;
        settle(work, requests, Ok(answers));
    }
    how.tell(work.progress());
    Ok(())
}

/// Why a transaction failed. The server rolls back with status 500 and code 1, and no word about the cause.
fn undone(cause: Error, requests: usize) -> Error {
    match cause {
        Error::Server(server)
            if server.status == 500 && server.code == Some(ErrorCode::InternalServerError) =>
        {
            Error::RolledBack { requests, server }
        }
        cause if batch::nothing_done(&cause) => cause,
        cause => Error::InDoubt(Arc::new(cause)),
    }
}

async fn send(client: &Client, requests: Requests, kind: Kind) -> (Vec<Request>, Answers) {
    let Requests {
        list: requests,
        bodies,
    } = requests;
    let items: Vec<_> = requests
        .iter()
        .map(|request| Item {
            method: request.method,
            path: request.path(),
            body: request.body.clone().and_then(|place| bodies.get(place)),
        })
        .collect();
    let answers = batch::send(client, &items, kind).await;
    (requests, answers)
}

/// Waits for the next requests, while those under way go on.
async fn meanwhile<F>(
    next: BoxFuture<'_, Result<Requests>>,
    flying: &mut FuturesUnordered<F>,
    landed: &mut Vec<F::Output>,
) -> Result<Requests>
where
    F: Future<Output = (Vec<Request>, Answers)>,
{
    let mut next: Pin<_> = next;
    while !flying.is_empty() {
        match select(next, flying.next()).await {
            Either::Left((requests, _)) => return requests,
            Either::Right((answered, waiting)) => {
                landed.extend(answered);
                next = waiting;
            }
        }
    }
    next.await
}

fn untouched(work: &mut dyn Work, requests: Vec<Request>, cause: &Arc<Error>) {
    for request in requests {
        work.answered(request, Err(Error::Untouched(cause.clone())));
    }
}

/// Hands each request its answer, and returns what was wrong with all of them.
fn settle(work: &mut dyn Work, requests: Vec<Request>, answers: Answers) -> Option<Arc<Error>> {
    match answers {
        Ok(answers) => {
            for (request, answer) in requests.into_iter().zip(answers) {
                let answer = answer.map_err(|error| request.refused(error));
                work.answered(request, answer);
            }
            None
        }
        Err(cause) => {
            let cause = Arc::new(cause);
            for request in requests {
                work.answered(request, Err(batch::each(&cause)));
            }
            Some(cause)
        }
    }
}
