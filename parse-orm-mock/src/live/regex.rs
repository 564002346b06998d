//! Regular expressions: LiveQuery's are JavaScript's, other than those of queries.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc;
use std::thread;
use std::time::Duration;

use regress::{Flags, Regex};
use serde_json::Value;

use crate::number::{to_text, truthy};

/// How long one is searched for; then it is not found. The real server gives up after 100 ms (`liveQuery.regexTimeout`),
/// but a machine that runs tests may be busy.
const PATIENCE: Duration = Duration::from_secs(1);

/// A regular expression, ready to be asked.
#[derive(Debug, Clone)]
pub(super) struct Pattern {
    regex: Regex,
    /// A search goes on, perhaps one that nobody waits for any more: there is one at most.
    searching: Arc<AtomicBool>,
    /// No search takes longer than the text is long.
    quick: bool,
    /// The flag `u`: surrogate pairs are one character.
    unicode: bool,
    /// The flag `y`: a match begins where the text does.
    sticky: bool,
}

impl Pattern {
    /// `new RegExp(source, flags)`; the error is V8's message.
    pub(super) fn new(source: &str, flags: &str) -> Result<Self, String> {
        let twice = |(place, flag)| flags[..place].contains::<char>(flag);
        let unicode = flags.contains('u');
        if flags.chars().any(|flag| !"dgimsuvy".contains(flag))
            || flags.char_indices().any(twice)
            || unicode && flags.contains('v')
        {
            return Err(format!("Invalid flags supplied to RegExp constructor '{flags}'"));
        }
        let regex = Regex::with_flags(source, Flags::from(flags)).map_err(|error| {
            format!(
                "Invalid regular expression: /{source}/{flags}: {}",
                reason(source, &error.text)
            )
        })?;
        Ok(Self {
            regex,
            searching: Arc::default(),
            quick: !source.contains(['*', '+', '?', '{', '|']),
            unicode: unicode || flags.contains('v'),
            sticky: flags.contains('y'),
        })
    }

    /// `regex.test(text)`, which is false when it takes too long.
    pub(super) fn finds(&self, text: &str) -> bool {
        let units: Vec<u16> = text.encode_utf16().collect();
        if self.quick {
            return self.searches(&units);
        }
        if self.searching.swap(true, Ordering::AcqRel) {
            return false;
        }
        let (tell, told) = mpsc::sync_channel(1);
        let pattern = self.clone();
        // the engine has no limit of its own, and the store waits
        let search = move || {
            let found = pattern.searches(&units);
            pattern.searching.store(false, Ordering::Release);
            // who gave up waiting has no more questions
            let _ = tell.send(found);
        };
        if thread::Builder::new().spawn(search).is_err() {
            self.searching.store(false, Ordering::Release);
        }
        told.recv_timeout(PATIENCE).unwrap_or(false)
    }

    fn searches(&self, units: &[u16]) -> bool {
        let found = if self.unicode {
            self.regex.find_from_utf16(units, 0).next()
        } else {
            self.regex.find_from_ucs2(units, 0).next()
        };
        found.is_some_and(|found| !self.sticky || found.start() == 0)
    }
}

/// What V8 says of a mistake; the engine here has words of its own for the rarer ones.
fn reason<'a>(source: &str, error: &'a str) -> &'a str {
    match error {
        "Unbalanced parenthesis" if source.contains('(') => "Unterminated group",
        "Unbalanced parenthesis" => "Unmatched ')'",
        "Unbalanced bracket" => "Unterminated character class",
        "Quantifier not allowed here" | "Invalid atom character" => "Nothing to repeat",
        "Incomplete escape" => "\\ at end of pattern",
        "Invalid quantifier" => "numbers out of order in {} quantifier",
        error if error.starts_with("Range values reversed") => "Range out of order in character class",
        "Invalid group modifier" => "Invalid group",
        "Invalid token at named capture group identifier" => "Invalid capture group name",
        "Invalid character escape" => "Invalid escape",
        other => other,
    }
}

/// `$options`, of whatever type.
pub(super) fn flags_of(options: Option<&Value>) -> String {
    options
        .filter(|options| truthy(options))
        .map(to_text)
        .unwrap_or_default()
}

/// The pattern that `$regex` is searched with: what stands between `\Q` and `\E` for itself, as JavaScript knows no
/// such quotes. None for a quote without an end, on which the real server never comes back.
pub(super) fn unquoted(source: &str) -> Option<String> {
    let mut out = String::new();
    let mut rest = source;
    while let Some((before, quoted)) = rest.split_once("\\Q") {
        let (literal, after) = quoted.split_once("\\E")?;
        out.push_str(before);
        for character in literal.chars() {
            if !character.is_ascii_alphanumeric() && character != '_' {
                out.push('\\');
            }
            out.push(character);
        }
        rest = after;
    }
    Some(out + rest)
}
