//! Jobs: work of the server that goes on after the answer, and how far it is.

use crate::client::{Call, Method, Path, unexpected};
use crate::{
    Client, Error, FunctionParams, JobError, MasterClient, Object, ObjectId, ParseObject, ParseValue,
    Pointer, Result,
};
use chrono::{DateTime, Utc};
use futures::future::BoxFuture;
use std::time::Duration;

/// How far a job is: a row of the class `_JobStatus`, which the master key reads.
///
/// ```
/// # use parse_orm::prelude::*; use parse_orm::{JobState, JobStatus}; use parse_orm_mock::MockServer;
/// # #[tokio::main(flavor = "current_thread")] async fn main() -> parse_orm::Result<()> {
/// # let server = MockServer::start().await; let master = server.master_client();
/// let failed = query!(JobStatus.filter(status = JobState::Failed).order_by(-created_at)[..10]).all(&master).await?;
/// # assert!(failed.is_empty());
/// # Ok(()) }
/// ```
#[derive(ParseObject, Debug, Clone, PartialEq)]
#[parse(class_name = "_JobStatus", crate = crate)]
#[non_exhaustive]
pub struct JobStatus {
    /// The job's name.
    #[parse(read_only)]
    pub job_name: String,
    /// Who started it: `api`.
    #[parse(read_only)]
    pub source: Option<String>,
    /// Whether it is done.
    #[parse(read_only)]
    pub status: JobState,
    /// The last thing that it said; when it is done, what it returned, or why it failed.
    #[parse(read_only)]
    pub message: Option<String>,
    /// When it was done.
    #[parse(read_only)]
    pub finished_at: Option<DateTime<Utc>>,
}

/// Whether a job is done.
#[derive(ParseValue, Debug, Clone, Copy, PartialEq, Eq)]
#[parse(rename_all = "lowercase", crate = crate)]
#[non_exhaustive]
pub enum JobState {
    /// At work, or lost with a server that was stopped.
    Running,
    /// Done.
    Succeeded,
    /// Given up.
    Failed,
}

impl MasterClient {
    /// Starts a job. One POST: `POST /jobs/cleanUp` with the parameters, answered by the header
    /// `X-Parse-Job-Status-Id` as soon as the job is started. The parameters are those of [`Client::call`].
    ///
    /// ```
    /// # use parse_orm::prelude::*; use parse_orm_mock::MockServer;
    /// # #[tokio::main(flavor = "current_thread")] async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let code = parse_orm_mock::CloudCode::new()
    /// #     .job("cleanUp", |job| async move { job.message("counting"); Ok(format!("{} removed", job.params["days"])) });
    /// # let server = MockServer::builder().cloud_code(code).start().await?;
    /// # let master = server.master_client();
    /// let job = master.start_job("cleanUp", serde_json::json!({"days": 30})).await?;
    /// let status = job.finished().await?; // asks again and again until it is done
    /// assert_eq!(status.message.as_deref(), Some("30 removed"));
    /// # Ok(()) }
    /// ```
    ///
    /// # Errors
    /// [`Error::Invalid`] when the parameters have no wire form, [`Error::Server`] with code 141
    /// ([`ScriptFailed`](crate::ErrorCode::ScriptFailed)) when no job has the name.
    pub fn start_job<'a>(&'a self, name: &'a str, params: impl FunctionParams) -> BoxFuture<'a, Result<Job>> {
        let body = params.json();
        Box::pin(async move {
            let body = body.map_err(|message| Error::invalid(name, None, message))?;
            start(self, name, body).await
        })
    }

    /// A job that was started before, by the id of its status.
    pub fn job(&self, id: impl Into<ObjectId>) -> Job {
        Job {
            master: self.clone(),
            id: id.into(),
        }
    }
}

async fn start(master: &MasterClient, name: &str, body: Vec<u8>) -> Result<Job> {
    let call = Call {
        method: Method::Post,
        path: Path::Named("/jobs", name),
        body: Some(body),
    };
    let answer = master.exchange(call).await?;
    let id = answer.headers.get("x-parse-job-status-id");
    let id = id.and_then(|id| id.to_str().ok()).filter(|id| !id.is_empty());
    let id = id.ok_or_else(|| unexpected(answer.status, b"no header X-Parse-Job-Status-Id"))?;
    Ok(master.job(id))
}

/// A job that was started.
#[derive(Debug, Clone)]
#[must_use = "the job runs; this is the way to learn how it ends"]
pub struct Job {
    master: MasterClient,
    id: ObjectId,
}

impl Job {
    /// The id of its status, in the class `_JobStatus`.
    pub fn id(&self) -> &ObjectId {
        &self.id
    }

    /// How far it is. One GET.
    ///
    /// # Errors
    /// [`Error::DoesNotExist`] when the server has no such status.
    pub async fn status(&self) -> Result<Object<JobStatus>> {
        let client: &Client = &self.master;
        Pointer::to(&self.id).fetch(client).await
    }

    /// Waits until it is done: asks for the status twice a second, as long as it takes, unless told otherwise by
    /// [`every`](Finished::every) and [`within`](Finished::within).
    ///
    /// The future ends with the status of a job that succeeded.
    ///
    /// # Errors
    /// [`Error::Job`] with the job's last words when it failed, or is not done in the time given; whatever the server
    /// answers.
    pub fn finished(&self) -> Finished<'_> {
        Finished {
            job: self,
            every: Duration::from_millis(500),
            within: None,
        }
    }
}

/// Waits for a job: see [`Job::finished`].
///
/// ```no_run
/// # async fn f(job: parse_orm::Job) -> parse_orm::Result<()> {
/// use std::time::Duration;
/// let status = job.finished().every(Duration::from_secs(5)).within(Duration::from_secs(600)).await?;
/// # Ok(()) }
/// ```
#[derive(Debug)]
#[must_use = "nothing is asked before `.await`"]
pub struct Finished<'a> {
    job: &'a Job,
    every: Duration,
    within: Option<Duration>,
}

impl Finished<'_> {
    /// How long to wait before the status is asked for again.
    pub fn every(mut self, pause: Duration) -> Self {
        self.every = pause;
        self
    }

    /// Gives up after this time, at the end of which it asks a last time. The job itself goes on.
    pub fn within(mut self, time: Duration) -> Self {
        self.within = Some(time);
        self
    }

    async fn wait(self) -> Result<Object<JobStatus>> {
        let started = tokio::time::Instant::now();
        loop {
            let status = self.job.status().await?;
            let left = self.within.map(|time| time.saturating_sub(started.elapsed()));
            let failed = match status.status {
                JobState::Succeeded => return Ok(status),
                JobState::Failed => true,
                JobState::Running if left == Some(Duration::ZERO) => false,
                JobState::Running => {
                    let pause = tokio::time::sleep(left.map_or(self.every, |left| left.min(self.every)));
                    self.job
                        .master
                        .in_time(|| format!("the wait for the job `{}`", self.job.id), pause)
                        .await?;
                    continue;
                }
            };
            let id = status.id().clone();
            let JobStatus {
                job_name, message, ..
            } = status.into_inner();
            return Err(Error::Job(Box::new(JobError {
                job: job_name,
                id,
                failed,
                message,
            })));
        }
    }
}

impl<'a> IntoFuture for Finished<'a> {
    type Output = Result<Object<JobStatus>>;
    type IntoFuture = BoxFuture<'a, Self::Output>;

    fn into_future(self) -> Self::IntoFuture {
        Box::pin(self.wait())
    }
}
