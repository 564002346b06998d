//! Regular expressions: LiveQuery's are JavaScript's, other than those of queries.

use std::fmt::{Arguments, Write as _};

use regress::{Flags, Regex};
use serde_json::Value;

use crate::number::{to_text, truthy};
use crate::query::pattern;

/// How many steps the engine that is JavaScript's may need. It knows no limit of its own, and everybody waits. (The
/// real server gives up after 100 ms, its `liveQuery.regexTimeout`.)
const AFFORDABLE: f64 = 1e6;
/// Up to which length a text cannot make it explode.
const SHORT: usize = 10;

/// A regular expression, ready to be asked.
#[derive(Debug, Clone)]
pub(super) struct Pattern {
    regex: Regex,
    /// The flag `u`: surrogate pairs are one character.
    unicode: bool,
    /// The flag `y`: a match begins where the text does.
    sticky: bool,
    branches: Branches,
    /// The same for an engine that always comes to an end: for texts of ASCII, and for others.
    bounded: [Option<pattern::Pattern>; 2],
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
        let branches = Branches::of(source);
        let bounded = |ascii| {
            let source = translated(source, flags, ascii).filter(|_| branches.number > 0)?;
            pattern::Pattern::new(&source).ok()
        };
        Ok(Self {
            regex,
            unicode: unicode || flags.contains('v'),
            sticky: flags.contains('y'),
            branches,
            bounded: [bounded(true), bounded(false)],
        })
    }

    /// `regex.test(text)`; false where that might take too long, and nobody else can say.
    pub(super) fn finds(&self, text: &str) -> bool {
        let units: Vec<u16> = text.encode_utf16().collect();
        if self.branches.are_affordable(units.len()) {
            return self.searches(&units);
        }
        let [ascii, wide] = &self.bounded;
        let bounded = if text.is_ascii() { ascii } else { wide };
        bounded.as_ref().is_some_and(|pattern| pattern.finds(text))
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

/// Where a search has to choose.
#[derive(Debug, Clone, Copy, Default)]
struct Branches {
    number: u32,
    /// A group that is repeated has others in it: then each letter of the text doubles the ways.
    nested: bool,
}

impl Branches {
    fn of(source: &str) -> Self {
        let mut branches = Self::default();
        // for each group that is open: what was there before it
        let mut open = Vec::new();
        let mut in_class = false;
        // the group that has just ended has branches
        let mut ended = false;
        let mut letters = source.chars().peekable();
        while let Some(letter) = letters.next() {
            match letter {
                '\\' => {
                    letters.next();
                }
                ']' => in_class = false,
                _ if in_class => continue,
                '[' => in_class = true,
                '(' => {
                    open.push(branches.number);
                    // what follows is no branch: `(?:`
                    letters.next_if_eq(&'?');
                }
                ')' => {
                    ended = open.pop().is_some_and(|before| branches.number > before);
                    continue;
                }
                '*' | '+' | '?' | '{' => {
                    branches.number += 1;
                    branches.nested |= ended;
                }
                '|' => branches.number += 1,
                _ => {}
            }
            ended = false;
        }
        branches
    }

    #[expect(clippy::cast_precision_loss, reason = "a text is shorter than 2^53")]
    fn are_affordable(self, length: usize) -> bool {
        let steps = |ways: u32| (length as f64).powi(i32::try_from(ways).unwrap_or(i32::MAX));
        self.number == 0 || (!self.nested || length <= SHORT) && steps(self.number + 1) <= AFFORDABLE
    }
}

/// The letters that JavaScript takes for words, digits and spaces, where Rust takes more.
const WORD: &str = "0-9A-Za-z_";
const SPACE: &str = "\\t\\n\\x0B\\x0C\\r \\u{a0}\\u{1680}\\u{2000}-\\u{200a}\\u{2028}\\u{2029}\\u{202f}\\u{205f}\\u{3000}\\u{feff}";
const LINE_END: &str = "\\n\\r\\u{2028}\\u{2029}";

/// An expression in Rust's words, if it holds nothing that Rust's engines do not have or read in another way. For texts
/// of ASCII it may mean more, of what they cannot hold.
fn translated(source: &str, flags: &str, ascii: bool) -> Option<String> {
    if flags.contains('v') {
        return None;
    }
    let mut out = String::from(if flags.contains('i') { "(?i)" } else { "" });
    if flags.contains('y') {
        out.push_str("\\A");
    }
    out.push_str("(?:");
    let many_lines = flags.contains('m');
    let mut rest = source;
    let mut in_class = false;
    while let Some(first) = rest.chars().next() {
        rest = &rest[first.len_utf8()..];
        match first {
            '\\' => {
                let escaped = rest.chars().next()?;
                rest = &rest[escaped.len_utf8()..];
                match escaped {
                    'd' => out.push_str(if in_class { "0-9" } else { "[0-9]" }),
                    'D' if !in_class => out.push_str("[^0-9]"),
                    'w' if in_class => out.push_str(WORD),
                    's' if in_class => out.push_str(SPACE),
                    'w' => put(&mut out, format_args!("[{WORD}]")),
                    'W' if !in_class => put(&mut out, format_args!("[^{WORD}]")),
                    's' => put(&mut out, format_args!("[{SPACE}]")),
                    'S' if !in_class => put(&mut out, format_args!("[^{SPACE}]")),
                    'b' | 'B' if !in_class && ascii => out.extend(['\\', escaped]),
                    'b' if !in_class => put(
                        &mut out,
                        format_args!("(?:(?<=[{WORD}])(?![{WORD}])|(?<![{WORD}])(?=[{WORD}]))"),
                    ),
                    'B' if !in_class => put(
                        &mut out,
                        format_args!("(?:(?<=[{WORD}])(?=[{WORD}])|(?<![{WORD}])(?![{WORD}]))"),
                    ),
                    'n' | 'r' | 't' | 'f' | 'v' => out.extend(['\\', escaped]),
                    other if other.is_ascii_punctuation() => literal(&mut out, other),
                    _ => return None,
                }
            }
            // an empty class, or one that begins with its end
            '[' if !in_class && !rest.trim_start_matches('^').starts_with(']') => {
                in_class = true;
                out.push('[');
                if let Some(after) = rest.strip_prefix('^') {
                    out.push('^');
                    rest = after;
                }
            }
            '[' if !in_class => return None,
            ']' if in_class => {
                in_class = false;
                out.push(']');
            }
            // beside another one, or a class of letters, it is no range
            '-' if in_class => {
                if rest.starts_with(['-', '\\']) || out.ends_with(['9', '_', '}']) {
                    return None;
                }
                out.push('-');
            }
            other if in_class => literal(&mut out, other),
            '.' if flags.contains('s') => out.push_str("(?s:.)"),
            '.' => put(&mut out, format_args!("[^{LINE_END}]")),
            '^' if many_lines => put(&mut out, format_args!("(?:\\A|(?<=[{LINE_END}]))")),
            '^' => out.push_str("\\A"),
            '$' if many_lines => put(&mut out, format_args!("(?:\\z|(?=[{LINE_END}]))")),
            '$' => out.push_str("\\z"),
            '(' => {
                out.push('(');
                if rest.starts_with('?') {
                    let kind = ["?:", "?=", "?!", "?<=", "?<!"]
                        .iter()
                        .find(|kind| rest.starts_with(**kind))?;
                    out.push_str(kind);
                    rest = &rest[kind.len()..];
                }
            }
            '{' => {
                let (count, after) = rest.split_once('}')?;
                let (least, most) = count.split_once(',').unwrap_or((count, ""));
                let digits = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
                if least.is_empty() || !digits(least) || !digits(most) {
                    return None;
                }
                put(&mut out, format_args!("{{{count}}}"));
                rest = after;
            }
            '}' | ']' => return None,
            ')' | '*' | '+' | '?' | '|' => out.push(first),
            other => literal(&mut out, other),
        }
    }
    Some(out + ")")
}

fn put(out: &mut String, what: Arguments<'_>) {
    // writing to a string cannot fail
    let _ = out.write_fmt(what);
}

/// A character that stands for itself.
fn literal(out: &mut String, character: char) {
    if character.is_ascii_punctuation() {
        put(out, format_args!("\\x{:02X}", u32::from(character)));
    } else {
        out.push(character);
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

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn an_expression_that_explodes_comes_to_an_end() {
        for text in [
            format!("{}!", "a".repeat(5_000)),
            format!("{}\u{1F600}", "a".repeat(5_000)),
        ] {
            for source in [
                "(a+)+$",
                "^(a|aa)+$",
                "(a*)*b",
                "^(([a-z])+.)+[A-Z]([a-z])+$",
                "(.*.*)*=",
                "^(a|a|a)*?$",
                "(a*)*\\1b",
                "(?=(a+)+$)b",
                "(?<=(a+)+)b",
                "a*a*a*a*a*b",
                "(?:(a+)+\\1)+$",
                "(\\w+\\b)+\\B\\b$",
                "((a{1,100}){1,100}){1,100}$",
            ] {
                assert!(!Pattern::new(source, "").unwrap().finds(&text), "{source}");
            }
            assert!(Pattern::new("(a+)+", "").unwrap().finds(&text));
        }
        let words = Pattern::new("^(?=a)(\\w+\\s?)+(?<!\\w)$", "i").unwrap();
        assert!(words.finds(&"Aa ".repeat(500)) && !words.finds(&"Aa ".repeat(500).replace(" A", "!A")));
    }

    #[test]
    fn what_only_javascript_reads_is_left_to_its_engine() {
        for source in [
            "(a)\\1+", "a{,3}", "[]a]+", "x*\\cJ", "]*", "[\\b]+", "(?<n>a)+", "[\\d-x]+", "[\\w-x]+",
            "[\\s-x]+", "\\u0061*",
        ] {
            assert_eq!(translated(source, "", true), None, "{source}");
            assert!(Pattern::new(source, "").is_ok(), "{source}");
        }
    }

    proptest! {
        #[test]
        fn both_engines_say_the_same(
            source in prop::collection::vec(
                prop::sample::select(vec![
                    "a", "b", "A", ".", "\n", " ", "1", "^", "$", "*", "+", "?", "|", "(", "(?:", ")", "[", "[^", "]", "-",
                    "{2}", "{1,}", "{0,2}", "\\d", "\\W", "\\s", "\\b", "\\B", "\\.", "\\/", "\\-", "&", "_", "é", "#", "~",
                    "(?=", "(?!", "(?<=", "(?<!",
                ]),
                1..9,
            ),
            flags in prop::sample::select(vec!["", "i", "s", "m", "y", "im", "u"]),
            text in "[aAbé1_ .&\n\r/-]{0,6}",
        ) {
            let source = source.concat();
            if let Ok(pattern) = Pattern::new(&source, flags) {
                let units: Vec<u16> = text.encode_utf16().collect();
                let exact = pattern.searches(&units);
                let [ascii, wide] = &pattern.bounded;
                if let Some(bounded) = ascii.as_ref().filter(|_| text.is_ascii()) {
                    prop_assert_eq!(bounded.finds(&text), exact, "/{}/{} of {:?}", source, flags, text);
                }
                if let Some(bounded) = wide {
                    prop_assert_eq!(bounded.finds(&text), exact, "/{}/{} of {:?}", source, flags, text);
                }
            }
        }
    }
}
