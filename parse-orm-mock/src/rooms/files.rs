//! `/files`: upload, download and delete. Bodies are not JSON here, and a download asks for no key.

use std::hash::{BuildHasher, RandomState};

use axum::body::Bytes;
use axum::http::{HeaderMap, header};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use serde_json::{Map, Value, json};

use super::Answer;
use crate::keys::{Auth, authenticate};
use crate::options::Options;
use crate::refusal::{Refusal, code};
use crate::state::State;

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
/// The longest name that a file may have.
const LONGEST_NAME: usize = 128;
/// Content types and the extensions that stand for them; a real server knows a thousand.
const TYPES: [(&str, &str); 12] = [
    ("application/json", "json"),
    ("application/pdf", "pdf"),
    ("application/xhtml+xml", "xhtml"),
    ("application/xml", "xml"),
    ("audio/mpeg", "mp3"),
    ("image/gif", "gif"),
    ("image/jpeg", "jpg"),
    ("image/png", "png"),
    ("image/svg+xml", "svg"),
    ("text/csv", "csv"),
    ("text/html", "html"),
    ("text/plain", "txt"),
];

/// A request below `/files`.
#[derive(Debug)]
pub(crate) struct FileCall<'a> {
    pub(crate) state: &'a State,
    pub(crate) method: &'a str,
    /// The decoded segments behind `files`.
    pub(crate) segments: &'a [String],
    pub(crate) headers: &'a HeaderMap,
    pub(crate) body: Bytes,
}

/// What is answered.
#[derive(Debug)]
pub(crate) enum FileAnswer {
    Json(Answer),
    Contents(String, Bytes),
    Missing,
    Deleted,
}

/// A file as it is kept.
#[derive(Debug, Clone)]
pub(crate) struct Kept {
    content_type: String,
    contents: Bytes,
}

#[allow(clippy::unused_async, reason = "triggers will be waited for here")]
pub(crate) async fn enter(call: FileCall<'_>) -> Result<FileAnswer, Refusal> {
    let segments: Vec<&str> = call.segments.iter().map(String::as_str).collect();
    match (call.method, segments.as_slice()) {
        ("POST", []) => Err(Refusal::new(code::INVALID_FILE_NAME, "Filename not provided.")),
        ("POST", [name]) => upload(call, name),
        ("GET", [app_id, path @ ..]) if !path.is_empty() => download(&call, app_id, path),
        ("DELETE", path) if !path.is_empty() => delete(&call, &path.join("/")),
        _ => Err(Refusal::no_route()),
    }
}

fn upload(call: FileCall<'_>, name: &str) -> Result<FileAnswer, Refusal> {
    let header = |name| call.headers.get(name).and_then(|value| value.to_str().ok());
    let mut content_type = header(header::CONTENT_TYPE.as_str()).map(str::to_owned);
    let (auth, contents) = if header("x-parse-application-id").is_some() {
        (authenticate(&call.state.options, call.headers, None)?, call.body)
    } else {
        // The JavaScript SDK sends keys and contents as JSON.
        let mut body: Map<String, Value> =
            serde_json::from_slice(&call.body).map_err(|_| Refusal::unauthorized())?;
        let text = |key: &str| body.get(key).and_then(Value::as_str).map(str::to_owned);
        let contents = text("base64").and_then(|text| STANDARD.decode(text).ok());
        content_type = text("_ContentType");
        let auth = authenticate(&call.state.options, call.headers, Some(&mut body))?;
        (auth, contents.unwrap_or_default().into())
    };
    let options = &call.state.options;
    if !auth.master && !options.public_file_upload {
        return Err(not_saved("File upload by public is disabled."));
    }
    check_name(name)?;
    let extension = name.rsplit_once('.').map(|(_, extension)| extension);
    if !auth.master {
        check_extension(extension, content_type.as_deref())?;
    }
    if contents.is_empty() {
        return Err(not_saved("Invalid file upload."));
    }
    let mut name = name.to_owned();
    match extension.filter(|extension| !extension.is_empty()) {
        // The extension says more than the header does.
        Some(extension) => content_type = type_of(extension).map(str::to_owned).or(content_type),
        None => {
            if let Some(extension) = content_type.as_deref().and_then(extension_of) {
                let dot = if name.ends_with('.') { "" } else { "." };
                name = format!("{name}{dot}{extension}");
            }
        }
    }
    let name = format!("{}_{name}", random());
    let url = url(options, &name);
    let content_type = content_type.unwrap_or_else(|| "application/octet-stream".to_owned());
    let kept = Kept {
        content_type,
        contents,
    };
    call.state.files().insert(name.clone(), kept);
    Ok(FileAnswer::Json(Answer {
        status: 201,
        body: json!({"url": url, "name": name}),
        location: Some(url),
    }))
}

fn download(call: &FileCall<'_>, app_id: &str, path: &[&str]) -> Result<FileAnswer, Refusal> {
    if app_id != call.state.options.app_id {
        return Err(Refusal::bare(403, "Permission denied"));
    }
    if let ["metadata", _, ..] = path {
        return Ok(FileAnswer::Json(Answer::ok(json!({}))));
    }
    Ok(match call.state.files().get(&path.join("/")) {
        None => FileAnswer::Missing,
        Some(Kept {
            content_type,
            contents,
        }) => {
            let charset = if content_type.starts_with("text/") && !content_type.contains("charset") {
                "; charset=utf-8"
            } else {
                ""
            };
            FileAnswer::Contents(format!("{content_type}{charset}"), contents.clone())
        }
    })
}

fn delete(call: &FileCall<'_>, name: &str) -> Result<FileAnswer, Refusal> {
    let Auth { master, .. } = authenticate(&call.state.options, call.headers, None)?;
    if !master {
        return Err(Refusal::bare(403, "Permission denied"));
    }
    match call.state.files().remove(name) {
        Some(_) => Ok(FileAnswer::Deleted),
        None => Err(Refusal::new(code::FILE_DELETE_ERROR, "FileNotFound")),
    }
}

/// A file's address, which a row does not keep.
pub(crate) fn url(options: &Options, name: &str) -> String {
    let Options { url, app_id, .. } = options;
    format!("{url}/files/{app_id}/{}", utf8_percent_encode(name, ENCODED))
}

fn not_saved(message: impl Into<std::borrow::Cow<'static, str>>) -> Refusal {
    Refusal::new(code::FILE_SAVE_ERROR, message)
}

/// `^[_a-zA-Z0-9][a-zA-Z0-9@. ~_-]*$`
fn check_name(name: &str) -> Result<(), Refusal> {
    let first = |c: char| c.is_ascii_alphanumeric() || c == '_';
    let other = |c: char| first(c) || matches!(c, '@' | '.' | ' ' | '~' | '-');
    let invalid = |message| Err(Refusal::new(code::INVALID_FILE_NAME, message));
    if name.len() > LONGEST_NAME {
        return invalid("Filename too long.");
    }
    if !name.starts_with(first) || !name.chars().all(other) {
        return invalid("Filename contains invalid characters.");
    }
    Ok(())
}

/// The default of `fileExtensions`: what a browser would run is refused.
fn check_extension(extension: Option<&str>, content_type: Option<&str>) -> Result<(), Refusal> {
    const RUN: [&str; 21] = [
        "htm",
        "html",
        "shtml",
        "xhtml",
        "xhtml+xml",
        "xht",
        "svg",
        "svgz",
        "svg+xml",
        "xml",
        "xsl",
        "xslt",
        "xslt+xml",
        "xsd",
        "rng",
        "rdf",
        "rdf+xml",
        "owl",
        "mathml",
        "mathml+xml",
        "html+xml",
    ];
    let runs = |name: &str| RUN.contains(&name.to_ascii_lowercase().as_str());
    let refuse = |name: &str| Err(not_saved(format!("File upload of extension {name} is disabled.")));
    if let Some(extension) = extension.filter(|extension| runs(extension)) {
        return refuse(extension);
    }
    let known = extension.and_then(type_of).is_some();
    match content_type.and_then(|kind| kind.split(';').next()?.split_once('/')) {
        Some((_, subtype)) if !known && runs(subtype.trim()) => refuse(subtype.trim()),
        _ => Ok(()),
    }
}

fn type_of(extension: &str) -> Option<&'static str> {
    let extension = extension.to_ascii_lowercase();
    let extension = if extension == "jpeg" { "jpg" } else { &extension };
    TYPES
        .iter()
        .find(|(_, known)| *known == extension)
        .map(|(kind, _)| *kind)
}

fn extension_of(content_type: &str) -> Option<&'static str> {
    let kind = content_type.split(';').next().unwrap_or_default().trim();
    TYPES
        .iter()
        .find(|(known, _)| *known == kind)
        .map(|(_, extension)| *extension)
}

/// Thirty-two hexadecimal digits that no other file has.
fn random() -> String {
    let half = || RandomState::new().hash_one(0_u8);
    format!("{:016x}{:016x}", half(), half())
}
