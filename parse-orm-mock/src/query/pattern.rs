//! Regular expressions: MongoDB's PCRE spelling, which clients quote with `\Q..\E`, turned into Rust's.

use std::fmt::Write as _;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use fancy_regex::{Regex, RegexBuilder};

use crate::refusal::Refusal;

/// How many texts one is given up on before it is given up altogether: others wait for the store meanwhile.
const GIVEN_UP: usize = 3;
/// How large, in bytes, the machine of one may grow: `((a{1,99}){1,99}){1,99}` is small in letters only.
const LARGEST: usize = 1 << 20;

/// A regular expression, ready to be asked.
#[derive(Debug, Clone)]
pub(crate) struct Pattern {
    regex: Regex,
    given_up: Arc<AtomicUsize>,
}

impl Pattern {
    /// In Rust's words.
    pub(crate) fn new(source: &str) -> Result<Self, fancy_regex::Error> {
        let regex = RegexBuilder::new(source).delegate_size_limit(LARGEST).build()?;
        Ok(Self {
            regex,
            given_up: Arc::default(),
        })
    }

    /// Whether it is found in the text. One that backtracks beyond all bounds is not.
    pub(crate) fn finds(&self, text: &str) -> bool {
        if self.given_up.load(Ordering::Relaxed) >= GIVEN_UP {
            return false;
        }
        self.regex.is_match(text).unwrap_or_else(|_| {
            self.given_up.fetch_add(1, Ordering::Relaxed);
            false
        })
    }
}

/// Compiles `$regex` with its `$options`.
pub(crate) fn compile(pattern: &str, options: &str) -> Result<Pattern, Refusal> {
    let mut flags: String = options
        .chars()
        .filter(|option| "imsx".contains(*option))
        .collect();
    if !flags.is_empty() {
        flags = format!("(?{flags})");
    }
    let translated = translate(pattern, options.contains('m'));
    Pattern::new(&format!("{flags}{translated}")).map_err(|_| Refusal::database())
}

/// Whether the pattern searches a quoted prefix, the only kind that `$all` takes.
pub(crate) fn is_starts_with(pattern: &str) -> bool {
    pattern
        .find("^\\Q")
        .is_some_and(|start| pattern[start..].contains("\\E"))
}

/// Rewrites what PCRE and Rust read differently.
fn translate(pattern: &str, multi_line: bool) -> String {
    let mut out = String::with_capacity(pattern.len() + 8);
    let mut rest = pattern;
    let mut in_class = false;
    while let Some(first) = rest.chars().next() {
        if let Some(quoted) = rest.strip_prefix("\\Q") {
            // Without an end the quote runs to the end of the pattern.
            let (literal, after) = quoted.split_once("\\E").unwrap_or((quoted, ""));
            literal.chars().for_each(|c| escape(c, &mut out));
            rest = after;
            continue;
        }
        if let Some(after) = rest.strip_prefix("\\E") {
            // An end without a beginning means nothing.
            rest = after;
            continue;
        }
        let mut taken = first.len_utf8();
        match first {
            '\\' => {
                out.push('\\');
                if let Some(escaped) = rest[taken..].chars().next() {
                    out.push(escaped);
                    taken += escaped.len_utf8();
                }
            }
            // PCRE's `$` also matches before a final line break. At the end of the pattern that needs no look ahead, with
            // which the engine would backtrack.
            '$' if !in_class && !multi_line && rest[1..].chars().all(|c| c == ')') => out.push_str("\\n?\\z"),
            '$' if !in_class && !multi_line => out.push_str("(?=\\n?\\z)"),
            '[' if in_class => out.push_str(if rest.starts_with("[:") { "[" } else { "\\[" }),
            '[' => {
                in_class = true;
                out.push('[');
                // A bracket right after the opening is a member of the class.
                let inner = &rest[1..];
                let negated = inner.starts_with('^');
                if negated {
                    out.push('^');
                    taken += 1;
                }
                if inner[usize::from(negated)..].starts_with(']') {
                    out.push_str("\\]");
                    taken += 1;
                }
            }
            ']' => {
                // `[:alpha:]` closes itself first.
                in_class = in_class && out.ends_with(':');
                out.push(']');
            }
            // Rust reads `&&`, `--` and `~~` in a class as set operations.
            '&' | '~' if in_class => escape(first, &mut out),
            other => out.push(other),
        }
        rest = &rest[taken..];
    }
    out
}

/// Writes one character that stands for itself, also inside a class and under the `x` option.
fn escape(c: char, out: &mut String) {
    if c.is_alphanumeric() {
        out.push(c);
    } else {
        // Writing to a string cannot fail.
        let _ = write!(out, "\\x{{{:X}}}", u32::from(c));
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn matches(pattern: &str, options: &str, text: &str) -> bool {
        compile(pattern, options).unwrap().finds(text)
    }

    #[test]
    fn quoting() {
        assert!(matches("^\\Qa.b\\E", "", "a.bc"));
        assert!(!matches("^\\Qa.b\\E", "", "axb"));
        assert!(matches("\\Q(?\\E$", "", "what(?"));
        assert!(matches("^\\Qa\\E\\\\E\\Qb\\E", "", "a\\Eb"));
        assert!(matches("\\Q a b\\E", "x", "x a b"));
        assert!(matches("^name[12]$", "", "name2"));
        assert!(matches("NAME 1", "ix", "name1"));
        assert!(matches("[]a]+[^]]", "", "]b"));
        assert!(matches("end$", "", "end\n"));
        assert!(matches("(an|end$)", "", "end\n"));
        assert!(!matches("(an|end$)", "", "end\n\n"));
        assert!(matches("end$\n", "", "end\n"));
        assert!(matches("[[:digit:]]x[$]", "", "7x$"));
        assert!(compile("[", "").is_err());
    }

    proptest! {
        /// Whatever the text, quoting it as the clients do finds it and nothing shorter.
        #[test]
        fn a_quoted_text_matches_itself(text in any::<String>(), options in "[imsx]{0,4}") {
            let prefix = |text: &str| format!("^\\Q{}\\E", text.replace("\\E", "\\E\\\\E\\Q"));
            prop_assert!(matches(&prefix(&text), &options, &text));
            let pattern = prefix(&format!("{text}!"));
            prop_assert!(!matches(&pattern, &options, &text));
        }
    }
}
