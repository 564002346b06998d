//! Which files are taken: names, directories, extensions.

use fancy_regex::Regex;

use super::types;
use crate::refusal::{Refusal, code};

/// The longest name that a file may have.
const LONGEST_NAME: usize = 128;
const LONGEST_DIRECTORY: usize = 256;

/// The default of `fileUpload.fileExtensions`: what a browser would run is refused.
pub(crate) const EXTENSIONS: &str = r"^(?!([xXsS]?[hH][tT][mM][lL]?(\+[xX][mM][lL])?|[xX][hH][tT]|[sS][vV][gG]([zZ]|\+[xX][mM][lL])?|[xX][mM][lL]|[xX][sS][lL][tT]?(\+[xX][mM][lL])?|[xX][sS][dD]|[rR][nN][gG]|[rR][dD][fF](\+[xX][mM][lL])?|[oO][wW][lL]|[mM][aA][tT][hH][mM][lL](\+[xX][mM][lL])?)$)";

pub(crate) fn not_saved(message: impl Into<std::borrow::Cow<'static, str>>) -> Refusal {
    Refusal::new(code::FILE_SAVE_ERROR, message)
}

/// `^[_a-zA-Z0-9][a-zA-Z0-9@. ~_-]*$`
pub(crate) fn check_name(name: &str) -> Result<(), Refusal> {
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

pub(crate) fn check_directory(directory: &str) -> Result<(), Refusal> {
    let invalid = |message: &'static str| Err(Refusal::new(code::INVALID_FILE_NAME, message));
    if directory.len() > LONGEST_DIRECTORY {
        return invalid("Directory path is too long.");
    }
    if directory.contains("..") {
        return invalid("Directory must not contain \"..\".");
    }
    if directory.starts_with('/') || directory.ends_with('/') {
        return invalid("Directory must not start or end with \"/\".");
    }
    if directory.contains("//") {
        return invalid("Directory must not contain consecutive slashes.");
    }
    if directory.split('/').next() == Some("metadata") {
        return invalid("Directory must not start with reserved segment \"metadata\".");
    }
    let first = directory.starts_with(|c: char| c.is_ascii_alphanumeric());
    let other = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '-' | '/');
    if !first || !directory.chars().all(other) {
        return invalid("Directory contains invalid characters.");
    }
    Ok(())
}

/// `fileUpload.fileExtensions`: the extension of the name, and the content type where the name has none that the
/// server knows.
pub(crate) fn check_extension(
    allowed: &[String],
    name: &str,
    content_type: Option<&str>,
) -> Result<(), Refusal> {
    let all = allowed.iter().any(|pattern| pattern == "*");
    let valid = |extension: &str| {
        all || allowed
            .iter()
            .any(|pattern| Regex::new(pattern).is_ok_and(|regex| regex.is_match(extension).unwrap_or(false)))
    };
    let refuse = |name: &str| Err(not_saved(format!("File upload of extension {name} is disabled.")));
    let bare = |text: &str| text.split_whitespace().collect::<String>();
    let extension = name.rsplit_once('.').map(|(_, extension)| bare(extension));
    let extension = extension.filter(|extension| !extension.is_empty());
    if let Some(extension) = &extension
        && !valid(extension)
    {
        return refuse(extension);
    }
    let known = extension.is_some() && types::of_name(name).is_some();
    let Some(content_type) = content_type.filter(|_| !known && !all) else {
        return Ok(());
    };
    let essence = content_type.split(';').next().unwrap_or_default();
    let (kind, subtype) = essence.split_once('/').unwrap_or((essence, ""));
    let (kind, subtype) = (kind.trim(), subtype.trim());
    let token = |text: &str| {
        let other = |c: char| c.is_ascii_alphanumeric() || "!#$%&'*+-.^_`|~".contains(c);
        !text.is_empty() && text.chars().all(other)
    };
    if !token(kind) || !token(subtype) {
        let kind = bare(kind);
        if !kind.is_empty() && !valid(&kind) {
            return refuse(&kind);
        }
        return Err(not_saved("Invalid Content-Type."));
    }
    if valid(subtype) { Ok(()) } else { refuse(subtype) }
}
