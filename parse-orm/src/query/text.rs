//! Patterns for the text lookups, in which the user's text stands for itself whatever it holds.

/// Where the text must stand.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Anchor {
    None,
    Start,
    End,
}

/// The regular expression that finds exactly this text.
///
/// `\Q..\E` is the quoting that every part of the server understands (and by which MongoDB recognises a
/// prefix that an index can serve). The text's own `\E` would end it: that is written as a quoted backslash
/// outside of the quotes.
pub(super) fn pattern(anchor: Anchor, text: &str) -> String {
    let quoted = text.replace("\\E", "\\E\\\\E\\Q");
    let (start, end) = (anchor == Anchor::Start, anchor == Anchor::End);
    format!(
        "{}\\Q{quoted}\\E{}",
        if start { "^" } else { "" },
        if end { "$" } else { "" }
    )
}
