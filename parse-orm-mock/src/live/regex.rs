//! Regular expressions: LiveQuery's are JavaScript's, other than those of queries.

use regress::{Flags, Regex};
use serde_json::Value;

use crate::number::{to_text, truthy};

/// A regular expression, ready to be asked.
#[derive(Debug, Clone)]
pub(super) struct Pattern {
    regex: Regex,
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
            unicode: unicode || flags.contains('v'),
            sticky: flags.contains('y'),
        })
    }

    /// `regex.test(text)`
    pub(super) fn finds(&self, text: &str) -> bool {
        let units: Vec<u16> = text.encode_utf16().collect();
        let found = if self.unicode {
            self.regex.find_from_utf16(&units, 0).next()
        } else {
            self.regex.find_from_ucs2(&units, 0).next()
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
