//! What a server says about itself: its health, its release and features, its security.

use crate::client::{MasterKey, NoParams, Path, unexpected};
use crate::{Client, Result};
use futures::future::BoxFuture;
use serde::Deserialize;
use serde::de::DeserializeOwned;
use std::collections::BTreeMap;

impl Client {
    /// Whether the server is ready to work: `Ok` when it is. One GET of `/health`, which looks at no key.
    ///
    /// A server that is starting says so with status 503 and is asked again, as the
    /// [`RetryPolicy`](crate::RetryPolicy) has it.
    ///
    /// ```
    /// # use parse_orm_mock::MockServer;
    /// # #[tokio::main(flavor = "current_thread")] async fn main() -> parse_orm::Result<()> {
    /// # let server = MockServer::start().await; let client = server.client();
    /// client.health().await?;
    /// drop(server);
    /// assert!(client.health().await.is_err());
    /// # Ok(()) }
    /// ```
    ///
    /// # Errors
    /// [`Error::UnexpectedAnswer`](crate::Error::UnexpectedAnswer) when the server is there and not ready, [`Error::Connection`](crate::Error::Connection) when it is not there.
    pub async fn health(&self) -> Result<()> {
        #[derive(Deserialize)]
        struct Health {
            status: String,
        }
        let answer = self.read(Path::Plain("/health"), &NoParams {}).await?;
        match serde_json::from_slice(&answer) {
            Ok(Health { status }) if status == "ok" => Ok(()),
            _ => Err(unexpected(200, &answer)),
        }
    }
}

/// A server's release and what it can do. Wire form: `GET /serverInfo`, with the master key.
///
/// ```
/// # use parse_orm_mock::MockServer;
/// # #[tokio::main(flavor = "current_thread")] async fn main() -> parse_orm::Result<()> {
/// # let server = MockServer::start().await; let master = server.master_client();
/// use parse_orm::ServerInfo;
///
/// let info = ServerInfo::read(&master).await?;
/// assert_eq!(info.version, "9.10.0");
/// assert!(info.has("push", "scheduledPush") && !info.has("schemas", "exportClass"));
/// # Ok(()) }
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[non_exhaustive]
pub struct ServerInfo {
    /// The release of Parse Server: `9.10.0`.
    #[serde(rename = "parseServerVersion")]
    pub version: String,
    /// By area, what is there: `push`, `immediatePush`, true.
    #[serde(default)]
    pub features: BTreeMap<String, BTreeMap<String, bool>>,
}

impl ServerInfo {
    /// Asks the server. One GET.
    ///
    /// # Errors
    /// What the server answers: status 403 for a wrong master key, or an address that may not use it.
    pub fn read(master: &impl MasterKey) -> BoxFuture<'_, Result<Self>> {
        let client = master.client();
        Box::pin(async { read(client, "/serverInfo").await })
    }

    /// Whether the server has this feature of the area. What it says nothing of, it has not.
    pub fn has(&self, area: &str, feature: &str) -> bool {
        let area = self.features.get(area);
        area.and_then(|area| area.get(feature)).is_some_and(|has| *has)
    }
}

/// What a server finds wrong with its own configuration. Wire form: `GET /security`, with the master key; the server's
/// option `security.enableCheck` must be on.
///
/// ```
/// # use parse_orm_mock::MockServer;
/// # #[tokio::main(flavor = "current_thread")] async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// # let server = MockServer::builder().security_check(true).start().await?; let master = server.master_client();
/// use parse_orm::SecurityReport;
///
/// let report = SecurityReport::read(&master).await?;
/// let failed: Vec<_> = report.failed().map(|check| &*check.title).collect();
/// assert!(failed.contains(&"Client class creation disabled"));
/// # Ok(()) }
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[non_exhaustive]
pub struct SecurityReport {
    /// The areas that were looked at.
    pub groups: Vec<SecurityGroup>,
}

/// One area of a [`SecurityReport`].
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[non_exhaustive]
pub struct SecurityGroup {
    /// Its name: `Database`.
    pub name: String,
    /// What was looked at.
    pub checks: Vec<SecurityCheck>,
}

/// One check of a [`SecurityReport`].
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[non_exhaustive]
pub struct SecurityCheck {
    /// What should be: `Secure master key`.
    pub title: String,
    /// `success` or `fail`, `none` where it was not looked at.
    pub state: String,
    /// Why it matters, where it failed.
    pub warning: Option<String>,
    /// What to do about it, where it failed.
    pub solution: Option<String>,
}

impl SecurityReport {
    /// Asks the server. One GET.
    ///
    /// # Errors
    /// What the server answers: status 403 for a wrong master key, 409 where the check is not enabled.
    pub fn read(master: &impl MasterKey) -> BoxFuture<'_, Result<Self>> {
        #[derive(Deserialize)]
        struct Answer {
            report: SecurityReport,
        }
        let client = master.client();
        Box::pin(async {
            let Answer { report } = read(client, "/security").await?;
            Ok(report)
        })
    }

    /// The checks that failed.
    pub fn failed(&self) -> impl Iterator<Item = &SecurityCheck> {
        let checks = self.groups.iter().flat_map(|group| &group.checks);
        checks.filter(|check| check.state == "fail")
    }
}

async fn read<T: DeserializeOwned>(client: &Client, path: &'static str) -> Result<T> {
    let answer = client.read(Path::Plain(path), &NoParams {}).await?;
    serde_json::from_slice(&answer).map_err(|_| unexpected(200, &answer))
}
