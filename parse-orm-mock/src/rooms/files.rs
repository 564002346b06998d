//! `/files`: upload, download and delete. Bodies are not JSON here, and a download asks for no key.

use std::hash::{BuildHasher, RandomState};

use axum::body::{Body, Bytes};
use axum::http::{HeaderMap, header};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use futures::TryStreamExt;
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use serde_json::{Map, Value, json};

use super::Answer;
use crate::cloud::{self, Info, Subject, Trigger};
use crate::files::rules::{check_directory, check_extension, check_name, not_saved};
use crate::files::{Contents, Kept, Spool, types};
use crate::keys::{Auth, authenticate};
use crate::options::Options;
use crate::refusal::{Refusal, code};
use crate::state::State;
use crate::store::schema::check_keywords;

/// What JavaScript's `encodeURIComponent` encodes.
const ENCODED: &AsciiSet = &NON_ALPHANUMERIC
    .remove(b'-')
    .remove(b'_')
    .remove(b'.')
    .remove(b'!')
    .remove(b'~')
    .remove(b'*')
    .remove(b'\'')
    .remove(b'(')
    .remove(b')');

/// A request below `/files`, without its body.
#[derive(Debug)]
pub(crate) struct FileCall<'a> {
    pub(crate) state: &'a State,
    pub(crate) method: &'a str,
    /// The decoded segments behind `files`.
    pub(crate) segments: &'a [String],
    pub(crate) headers: &'a HeaderMap,
}

/// What is answered.
#[derive(Debug)]
pub(crate) enum FileAnswer {
    Json(Answer),
    Contents(Served),
    Missing,
    Deleted,
}

/// Contents on their way out.
#[derive(Debug)]
pub(crate) struct Served {
    pub(crate) content_type: String,
    pub(crate) length: u64,
    /// `Content-Range`, where a part was asked for.
    pub(crate) range: Option<String>,
    pub(crate) body: Body,
}

pub(crate) async fn enter(call: &FileCall<'_>, body: Body) -> Result<FileAnswer, Refusal> {
    let segments: Vec<&str> = call.segments.iter().map(String::as_str).collect();
    match (call.method, segments.as_slice()) {
        ("POST", [name]) => upload(call, name, body).await.map(FileAnswer::Json),
        ("GET", [app_id, path @ ..]) if !path.is_empty() => download(call, app_id, path).await,
        ("DELETE", path) if !path.is_empty() => delete(call, &path.join("/")).await,
        ("POST", []) => Err(Refusal::new(code::INVALID_FILE_NAME, "Filename not provided.")),
        _ => Err(Refusal::no_route()),
    }
}

/// What an upload says beside its contents.
#[derive(Default)]
struct About {
    content_type: Option<String>,
    metadata: Map<String, Value>,
    tags: Map<String, Value>,
    directory: Option<String>,
}

async fn upload(call: &FileCall<'_>, name: &str, body: Body) -> Result<Answer, Refusal> {
    let FileCall { state, headers, .. } = call;
    let header = |name: &str| headers.get(name).and_then(|value| value.to_str().ok());
    let mut incoming = Incoming::new(body);
    let outcome = async {
        let limit = limit(&state.options, headers)?;
        if header("x-parse-upload-mode") == Some("stream") && header("x-parse-application-id").is_some() {
            let auth = authenticate(&state.options, headers, None)?.identified(state)?;
            check_upload(state, &auth, name, header("content-type"))?;
            let about = streamed(headers)?;
            check_place(&about, &auth)?;
            let contents = incoming.stream(limit).await?;
            check_keywords(&about.metadata)?;
            check_keywords(&about.tags)?;
            return Ok((contents, about, auth));
        }
        let bytes = incoming.buffer(limit).await?;
        let (auth, contents, about) = if header("x-parse-application-id").is_some() {
            let about = About {
                content_type: header("content-type").map(str::to_owned),
                ..About::default()
            };
            let auth = authenticate(&state.options, headers, None)?.identified(state)?;
            (auth, bytes, about)
        } else {
            let (auth, contents, about) = from_json(&state.options, headers, bytes).await?;
            (auth.identified(state)?, contents, about)
        };
        check_upload(state, &auth, name, about.content_type.as_deref())?;
        check_place(&about, &auth)?;
        if contents.len() == 0 {
            return Err(not_saved("Invalid file upload."));
        }
        check_keywords(&about.metadata)?;
        check_keywords(&about.tags)?;
        Ok((contents, about, auth))
    };
    match outcome.await {
        Ok((contents, about, auth)) => {
            let mut file = json!({"__type": "File", "name": name});
            let size = contents.len();
            trigger(call, &auth, Trigger::BeforeSave, &file, size).await?;
            let answer = keep(state, name, contents, about);
            file["name"] = answer.body["name"].clone();
            file["url"] = answer.body["url"].clone();
            trigger(call, &auth, Trigger::AfterSave, &file, size).await?;
            Ok(answer)
        }
        Err(refusal) => {
            incoming.drain().await;
            Err(refusal)
        }
    }
}

fn keep(state: &State, name: &str, contents: Contents, about: About) -> Answer {
    let mut name = name.to_owned();
    let extension = name.rsplit_once('.').map(|(_, extension)| extension);
    if extension.is_none_or(str::is_empty)
        && let Some(extension) = about.content_type.as_deref().and_then(types::extension)
    {
        let dot = if name.ends_with('.') { "" } else { "." };
        name = format!("{name}{dot}{extension}");
    }
    name = format!("{}_{name}", random());
    if let Some(directory) = about.directory {
        name = format!("{directory}/{name}");
    }
    let url = url(&state.options, &name);
    let kept = Kept {
        contents,
        metadata: about.metadata,
    };
    state.files().insert(name.clone(), kept);
    Answer {
        status: 201,
        location: Some(url.clone()),
        ..Answer::ok(json!({"url": url, "name": name}))
    }
}

/// The largest upload, which the master key may set for itself.
fn limit(options: &Options, headers: &HeaderMap) -> Result<u64, Refusal> {
    let header = |name: &str| headers.get(name).and_then(|value| value.to_str().ok());
    let Some(own) = header("x-parse-file-max-upload-size") else {
        return Ok(options.max_upload_size);
    };
    if header("x-parse-application-id") != Some(&options.app_id)
        || header("x-parse-master-key") != Some(&options.master_key)
    {
        return Err(Refusal::bare(403, "Permission denied"));
    }
    bytes_of(own).ok_or_else(|| not_saved(format!("Invalid maxUploadSize override value: {own}")))
}

/// `20971520`, `20mb`, `1.5 gb`.
#[allow(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "sizes of files are exact in a double"
)]
fn bytes_of(size: &str) -> Option<u64> {
    let size = size.trim().to_ascii_lowercase();
    let number = size.trim_end_matches(|c: char| c.is_ascii_alphabetic());
    let factor = match &size[number.len()..] {
        "" | "b" => 1.0,
        "kb" => 1024.0,
        "mb" => 1024.0 * 1024.0,
        "gb" => 1024.0 * 1024.0 * 1024.0,
        _ => return None,
    };
    let number = number.trim_end();
    let plain = number.starts_with(|c: char| c.is_ascii_digit())
        && number.ends_with(|c: char| c.is_ascii_digit())
        && number.chars().all(|c| c.is_ascii_digit() || c == '.');
    let number: f64 = number.parse().ok().filter(|_| plain)?;
    Some((number * factor) as u64)
}

fn check_upload(state: &State, auth: &Auth, name: &str, content_type: Option<&str>) -> Result<(), Refusal> {
    let options = &state.options;
    if !auth.unrestricted() {
        let (allowed, who) = match &auth.user {
            None => (options.public_file_upload, "public"),
            Some(user) if is_anonymous(state, user) => (options.anonymous_file_upload, "anonymous user"),
            Some(_) => (options.authenticated_file_upload, "authenticated user"),
        };
        if !allowed {
            return Err(not_saved(format!("File upload by {who} is disabled.")));
        }
    }
    check_name(name)?;
    if auth.master {
        return Ok(());
    }
    check_extension(&options.file_extensions, name, content_type)
}

fn is_anonymous(state: &State, user: &str) -> bool {
    let store = state.store();
    let row = store.class("_User").and_then(|class| class.get(user));
    row.and_then(|row| row.get("authData")?.get("anonymous"))
        .is_some_and(|data| !data.is_null())
}

fn check_place(about: &About, auth: &Auth) -> Result<(), Refusal> {
    match &about.directory {
        None => Ok(()),
        Some(_) if !auth.master => Err(Refusal::new(
            code::OPERATION_FORBIDDEN,
            "Directory can only be set using the Master Key.",
        )),
        Some(directory) => check_directory(directory),
    }
}

/// What the headers of a streamed upload say.
fn streamed(headers: &HeaderMap) -> Result<About, Refusal> {
    let header = |name: &str| {
        let value = headers.get(name).and_then(|value| value.to_str().ok());
        value.filter(|value| !value.is_empty())
    };
    let object = |short: &str| {
        let name = format!("X-Parse-File-{short}");
        match header(&name).map(serde_json::from_str) {
            None => Ok(Map::new()),
            Some(Ok(Value::Object(map))) => Ok(map),
            Some(_) => Err(Refusal::json(format!("Invalid JSON in {name} header."))),
        }
    };
    Ok(About {
        content_type: header("content-type").map(str::to_owned),
        metadata: object("Metadata")?,
        tags: object("Tags")?,
        directory: header("x-parse-file-directory").map(str::to_owned),
    })
}

/// The JavaScript SDK sends keys, contents and what belongs to them as JSON.
async fn from_json(
    options: &Options,
    headers: &HeaderMap,
    contents: Contents,
) -> Result<(Auth, Contents, About), Refusal> {
    let failed = |_| Refusal::crash();
    let body = contents.body(0, contents.len()).await.map_err(failed)?;
    let bytes = axum::body::to_bytes(body, usize::MAX)
        .await
        .map_err(|_| Refusal::crash())?;
    let mut body: Map<String, Value> = serde_json::from_slice(&bytes).map_err(|_| Refusal::unauthorized())?;
    let text = |key: &str| body.get(key).and_then(Value::as_str).map(str::to_owned);
    let contents = text("base64").and_then(|text| STANDARD.decode(text).ok());
    let object = |key: &str| {
        let value = body.get("fileData").and_then(|data| data.get(key));
        value.and_then(Value::as_object).cloned().unwrap_or_default()
    };
    let directory = body.get("fileData").and_then(|data| data.get("directory"));
    let about = About {
        content_type: text("_ContentType"),
        metadata: object("metadata"),
        tags: object("tags"),
        directory: directory.and_then(Value::as_str).map(str::to_owned),
    };
    let auth = authenticate(options, headers, Some(&mut body))?;
    let contents = Contents::Memory(contents.unwrap_or_default().into());
    Ok((auth, contents, about))
}

/// A body that is read piece by piece.
struct Incoming(axum::body::BodyDataStream);

impl Incoming {
    fn new(body: Body) -> Self {
        Self(body.into_data_stream())
    }

    async fn next(&mut self) -> Result<Option<Bytes>, Refusal> {
        // a client that went away reads no answer, whatever it is
        self.0.try_next().await.map_err(|_| Refusal::crash())
    }

    /// At most so many bytes, said as Express says it.
    async fn buffer(&mut self, limit: u64) -> Result<Contents, Refusal> {
        self.spool(limit, || Refusal::bare(413, "request entity too large"))
            .await
    }

    /// At most so many bytes, said as Parse says it.
    async fn stream(&mut self, limit: u64) -> Result<Contents, Refusal> {
        self.spool(limit, || {
            not_saved(format!("File size exceeds maximum allowed: {limit} bytes."))
        })
        .await
    }

    async fn spool(&mut self, limit: u64, too_large: impl Fn() -> Refusal) -> Result<Contents, Refusal> {
        let disk = |error: std::io::Error| not_saved(format!("Could not store file: {error}"));
        let mut spool = Spool::default();
        while let Some(chunk) = self.next().await? {
            if spool.len() + chunk.len() as u64 > limit {
                return Err(too_large());
            }
            spool.push(&chunk).await.map_err(disk)?;
        }
        spool.whole().await.map_err(disk)
    }

    async fn drain(mut self) {
        while let Ok(Some(_)) = self.next().await {}
    }
}

/// Reads what nobody wants: a client that is still sending would not read the answer.
pub(crate) async fn drain(body: Body) {
    Incoming::new(body).drain().await;
}

async fn download(call: &FileCall<'_>, app_id: &str, path: &[&str]) -> Result<FileAnswer, Refusal> {
    if let ["metadata", name @ ..] = path
        && !name.is_empty()
    {
        let known = (app_id == call.state.options.app_id)
            .then(|| call.state.files().get(&name.join("/")).cloned())
            .flatten();
        let about = known.map_or_else(|| json!({}), |kept| json!({"metadata": kept.metadata}));
        return Ok(FileAnswer::Json(Answer::ok(about)));
    }
    if app_id != call.state.options.app_id {
        return Err(Refusal::bare(403, "Permission denied"));
    }
    let name = path.join("/");
    let kept = call.state.files().get(&name).cloned();
    let Some(Kept { contents, .. }) = kept else {
        return Ok(FileAnswer::Missing);
    };
    let length = contents.len();
    let range = call
        .headers
        .get(header::RANGE)
        .and_then(|range| range.to_str().ok());
    let part = range.and_then(|range| part(range, length));
    let (start, end) = part.unwrap_or((0, length));
    let body = contents.body(start, end).await.map_err(|_| Refusal::crash())?;
    // Express has this word for a type that nobody knows
    let content_type = types::of_name(&name).unwrap_or("false");
    let charset = if content_type.starts_with("text/") || content_type == "application/json" {
        "; charset=utf-8"
    } else {
        ""
    };
    Ok(FileAnswer::Contents(Served {
        content_type: format!("{content_type}{charset}"),
        length: end - start,
        range: part.map(|(start, end)| format!("bytes {start}-{end}/{length}")),
        body,
    }))
}

/// The part that a `Range` asks for, as the real server reads it: from the first to before the second.
fn part(range: &str, length: u64) -> Option<(u64, u64)> {
    let number = |text: &str| text.trim().parse::<u64>().ok();
    let (first, last) = range.replace("bytes=", "").split_once('-').map(|(first, last)| {
        let last = if last.is_empty() {
            Some(length)
        } else {
            number(last)
        };
        (number(first), last)
    })?;
    let last = last?;
    let (start, end) = match first {
        Some(first) => (first.min(last), first.max(last).saturating_add(1)),
        None => (length.saturating_sub(last), length),
    };
    let end = end.min(length);
    Some((start.min(end), end))
}

/// Runs a trigger that is about a file.
async fn trigger(
    call: &FileCall<'_>,
    auth: &Auth,
    trigger: Trigger,
    file: &Value,
    size: u64,
) -> Result<(), Refusal> {
    let mut subject = Map::new();
    subject.insert("file".to_owned(), file.clone());
    subject.insert("fileSize".to_owned(), json!(size));
    let info = Info::read(call.headers, None)?;
    let moment = (trigger, "@File");
    let made = cloud::run(call.state, auth, &info, moment, Subject::shown(subject)).await;
    made.map(drop).map_err(|refusal| match (refusal.code, trigger) {
        // a text that is thrown
        (Some(code::SCRIPT_FAILED), Trigger::BeforeSave | Trigger::AfterSave) => not_saved(refusal.message),
        (Some(code::SCRIPT_FAILED), _) => Refusal::new(code::FILE_DELETE_ERROR, refusal.message),
        _ => refusal,
    })
}

async fn delete(call: &FileCall<'_>, name: &str) -> Result<FileAnswer, Refusal> {
    let auth = authenticate(&call.state.options, call.headers, None)?;
    auth.require_master(&call.state.options)?;
    if auth.read_only {
        return Err(Refusal::bare(403, "Permission denied"));
    }
    let url = url(&call.state.options, name);
    let file = json!({"__type": "File", "name": name, "url": url});
    trigger(call, &auth, Trigger::BeforeDelete, &file, 0).await?;
    let gone = call.state.files().remove(name);
    match gone {
        Some(_) => {
            trigger(call, &auth, Trigger::AfterDelete, &file, 0).await?;
            Ok(FileAnswer::Deleted)
        }
        None => Err(Refusal::new(code::FILE_DELETE_ERROR, "FileNotFound")),
    }
}

/// A file's address, which a row does not keep.
pub(crate) fn url(options: &Options, name: &str) -> String {
    let Options { url, app_id, .. } = options;
    let parts = name
        .split('/')
        .map(|part| utf8_percent_encode(part, ENCODED).to_string());
    format!("{url}/files/{app_id}/{}", parts.collect::<Vec<_>>().join("/"))
}

/// Thirty-two hexadecimal digits that no other file has.
fn random() -> String {
    let half = || RandomState::new().hash_one(0_u8);
    format!("{:016x}{:016x}", half(), half())
}
