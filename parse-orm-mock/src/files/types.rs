//! Content types and the extensions that stand for them.

/// Extensions that are preferred to others of the same type, as the real server's table has them.
const PREFERRED: [(&str, &str); 8] = [
    ("application/octet-stream", "bin"),
    ("audio/mpeg", "mpga"),
    ("image/jpeg", "jpg"),
    ("image/svg+xml", "svg"),
    ("image/tiff", "tif"),
    ("text/javascript", "js"),
    ("text/plain", "txt"),
    ("video/quicktime", "qt"),
];

/// The content type that the extension of a name stands for.
pub(crate) fn of_name(name: &str) -> Option<&'static str> {
    let (_, extension) = name.rsplit_once('.')?;
    mime_guess::from_ext(extension).first_raw()
}

/// The extension that stands for a content type.
pub(crate) fn extension(content_type: &str) -> Option<&'static str> {
    let kind = content_type.split(';').next().unwrap_or_default().trim();
    let kind = kind.to_ascii_lowercase();
    if let Some((_, extension)) = PREFERRED.iter().find(|(known, _)| *known == kind) {
        return Some(extension);
    }
    let known = mime_guess::get_mime_extensions_str(&kind)?;
    let (_, subtype) = kind.split_once('/')?;
    known
        .iter()
        .find(|extension| **extension == subtype)
        .or(known.first())
        .copied()
}
