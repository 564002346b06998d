//! Reading a JSON body, and complaining about a bad one in V8's words.

use serde_json::Value;

use crate::refusal::Refusal;

/// Reads a body; as with Express only an object or an array will do. What is no UTF-8 in it becomes U+FFFD.
pub(crate) fn read(bytes: &[u8]) -> Result<Value, Refusal> {
    let text = String::from_utf8_lossy(bytes);
    let text = text.strip_prefix('\u{FEFF}').unwrap_or(&text);
    let first = text.trim_start().chars().next();
    if !matches!(first, Some('{' | '[') | None) {
        let token = first.unwrap_or(' ');
        let message = format!("Unexpected token '{token}', \"{text}\" is not valid JSON");
        return Err(Refusal::bare(400, message));
    }
    if let Ok(value) = serde_json::from_str(text) {
        return Ok(value);
    }
    let tame = tamed(text).map_err(|complaint| Refusal::bare(400, complaint))?;
    // deeper than the real server and its database can go, too
    serde_json::from_str(&tame).map_err(|_| Refusal::crash())
}

/// The last numbers before infinity, which JSON cannot spell.
const LARGEST: &str = "1.7976931348623157e308";
const LEAST: &str = "-1.7976931348623157e308";

/// A text that V8 reads and serde does not, with what has no place in a `Value` replaced: half a surrogate pair by
/// U+FFFD, as a database would, and a number beyond all numbers by the largest. Else what V8 says about it.
fn tamed(text: &str) -> Result<String, String> {
    let mut scan = Scan {
        text: text.chars().collect(),
        at: 0,
        wild: Vec::new(),
    };
    scan.whole()?;
    let mut tame = String::with_capacity(text.len());
    let mut from = 0;
    for (start, end, instead) in scan.wild {
        tame.extend(&scan.text[from..start]);
        tame.push_str(instead);
        from = end;
    }
    tame.extend(&scan.text[from..]);
    Ok(tame)
}

/// Goes through a text up to its first mistake.
struct Scan {
    text: Vec<char>,
    at: usize,
    /// From where to where something stands that has no place in a `Value`, and what is put there instead.
    wild: Vec<(usize, usize, &'static str)>,
}

impl Scan {
    fn peek(&self) -> Option<char> {
        self.text.get(self.at).copied()
    }

    fn next_token(&mut self) -> Option<char> {
        while matches!(self.peek(), Some(' ' | '\n' | '\r' | '\t')) {
            self.at += 1;
        }
        self.peek()
    }

    /// A complaint with the place, which JavaScript counts in UTF-16.
    fn place(&self, complaint: &str) -> String {
        let before = &self.text[..self.at.min(self.text.len())];
        let position: usize = before.iter().map(|letter| letter.len_utf16()).sum();
        format!("{complaint} in JSON at position {position}").replace("JSON in JSON", "JSON")
    }

    /// A character that cannot stand here, with ten others on each side of it.
    fn unexpected(&self) -> String {
        const AROUND: usize = 10;
        let Some(token) = self.peek() else {
            return "Unexpected end of JSON input".to_owned();
        };
        let (at, length) = (self.at, self.text.len());
        let part = |from: usize, to: usize| self.text[from..to].iter().collect::<String>();
        let shown = if length <= 2 * AROUND {
            format!("\"{}\"", part(0, length))
        } else if at < AROUND {
            format!("\"{}\"...", part(0, at + AROUND))
        } else if at < length - AROUND {
            format!("...\"{}\"...", part(at - AROUND, at + AROUND))
        } else {
            format!("...\"{}\"", part(at - AROUND, length))
        };
        format!("Unexpected token '{token}', {shown} is not valid JSON")
    }

    /// One value, and nothing behind it. Without recursion: a body may be nothing but brackets.
    fn whole(&mut self) -> Result<(), String> {
        let mut open = Vec::new();
        loop {
            self.value(&mut open)?;
            // behind a value
            loop {
                let next = self.next_token();
                let Some(end) = open.last().copied() else {
                    return match next {
                        None => Ok(()),
                        Some(_) => Err(self.place("Unexpected non-whitespace character after JSON")),
                    };
                };
                if next == Some(',') {
                    self.at += 1;
                    if end == '}' {
                        self.key("Expected double-quoted property name")?;
                    }
                    break;
                }
                if next != Some(end) {
                    return Err(self.place(if end == '}' {
                        "Expected ',' or '}' after property value"
                    } else {
                        "Expected ',' or ']' after array element"
                    }));
                }
                self.at += 1;
                open.pop();
            }
        }
    }

    /// A value, or the beginning of one up to a value within it.
    fn value(&mut self, open: &mut Vec<char>) -> Result<(), String> {
        loop {
            match self.next_token() {
                Some('{') => {
                    self.at += 1;
                    if self.next_token() == Some('}') {
                        self.at += 1;
                        return Ok(());
                    }
                    self.key("Expected property name or '}'")?;
                    open.push('}');
                }
                Some('[') => {
                    self.at += 1;
                    if self.next_token() == Some(']') {
                        self.at += 1;
                        return Ok(());
                    }
                    open.push(']');
                }
                Some('"') => return self.string(),
                Some('-' | '0'..='9') => return self.number(),
                Some('t') => return self.word("true"),
                Some('f') => return self.word("false"),
                Some('n') => return self.word("null"),
                _ => return Err(self.unexpected()),
            }
        }
    }

    fn key(&mut self, expected: &str) -> Result<(), String> {
        if self.next_token() != Some('"') {
            return Err(self.place(expected));
        }
        self.string()?;
        if self.next_token() != Some(':') {
            return Err(self.place("Expected ':' after property name"));
        }
        self.at += 1;
        Ok(())
    }

    fn string(&mut self) -> Result<(), String> {
        self.at += 1;
        // where the first half of a surrogate pair ended
        let mut high: Option<usize> = None;
        loop {
            high = high.filter(|end| *end == self.at);
            match self.peek() {
                None => return Err(self.place("Unterminated string")),
                Some('"') => {
                    self.at += 1;
                    return Ok(());
                }
                Some('\\') => {
                    self.at += 1;
                    match self.peek() {
                        Some('u') => {
                            let unit = self.unit()?;
                            match (high, unit) {
                                (Some(_), 0xDC00..=0xDFFF) => {
                                    high = None;
                                    self.wild.pop();
                                }
                                (_, 0xD800..=0xDFFF) => {
                                    self.wild.push((self.at - 5, self.at + 1, "\\ufffd"));
                                    high = (unit < 0xDC00).then_some(self.at + 1);
                                }
                                _ => {}
                            }
                        }
                        Some('"' | '\\' | '/' | 'b' | 'f' | 'n' | 'r' | 't') => {}
                        None => return Err(self.place("Unterminated string")),
                        Some(_) => return Err(self.place("Bad escaped character")),
                    }
                }
                Some('\0'..='\u{1f}') => return Err(self.place("Bad control character in string literal")),
                Some(_) => {}
            }
            self.at += 1;
        }
    }

    /// The four digits of an escape.
    fn unit(&mut self) -> Result<u32, String> {
        let mut unit = 0;
        for _ in 0..4 {
            self.at += 1;
            let digit = self.peek().and_then(|digit| digit.to_digit(16));
            unit = unit * 16 + digit.ok_or_else(|| self.place("Bad Unicode escape"))?;
        }
        Ok(unit)
    }

    fn number(&mut self) -> Result<(), String> {
        let start = self.at;
        if self.peek() == Some('-') {
            self.at += 1;
            if !self.is_digit() {
                return Err(self.place("No number after minus sign"));
            }
        }
        let zero = self.peek() == Some('0');
        self.at += 1;
        if zero && self.is_digit() {
            return Err(self.place("Unexpected number"));
        }
        self.digits();
        if self.peek() == Some('.') {
            self.at += 1;
            if !self.is_digit() {
                return Err(self.place("Unterminated fractional number"));
            }
            self.digits();
        }
        if matches!(self.peek(), Some('e' | 'E')) {
            self.at += 1;
            if matches!(self.peek(), Some('+' | '-')) {
                self.at += 1;
            }
            if !self.is_digit() {
                return Err(self.place("Exponent part is missing a number"));
            }
            self.digits();
        }
        let spelled: String = self.text[start..self.at].iter().collect();
        if spelled.parse::<f64>().is_ok_and(f64::is_infinite) {
            let largest = if spelled.starts_with('-') { LEAST } else { LARGEST };
            self.wild.push((start, self.at, largest));
        }
        Ok(())
    }

    fn is_digit(&self) -> bool {
        self.peek().is_some_and(|letter| letter.is_ascii_digit())
    }

    fn digits(&mut self) {
        while self.is_digit() {
            self.at += 1;
        }
    }

    fn word(&mut self, word: &str) -> Result<(), String> {
        for letter in word.chars() {
            if self.peek() != Some(letter) {
                return Err(self.unexpected());
            }
            self.at += 1;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::{read, tamed};

    #[test]
    fn mistakes_are_named_as_v8_names_them() {
        for (text, expected) in [
            (
                "{\"a\":1",
                "Expected ',' or '}' after property value in JSON at position 6",
            ),
            ("{\"a\"", "Expected ':' after property name in JSON at position 4"),
            ("{\"a\":", "Unexpected end of JSON input"),
            ("{", "Expected property name or '}' in JSON at position 1"),
            (
                "[1",
                "Expected ',' or ']' after array element in JSON at position 2",
            ),
            (
                "{\"a\":1,",
                "Expected double-quoted property name in JSON at position 7",
            ),
            ("{\"ä\":\"x", "Unterminated string in JSON at position 7"),
            ("{\"a\":tru", "Unexpected end of JSON input"),
            (
                "{\"a\":1.",
                "Unterminated fractional number in JSON at position 7",
            ),
            ("{\"a\":-", "No number after minus sign in JSON at position 6"),
            (
                "{\"a\":1e",
                "Exponent part is missing a number in JSON at position 7",
            ),
            ("{\"a\":\"\\u12", "Bad Unicode escape in JSON at position 10"),
            (
                "{\"a\":1}}",
                "Unexpected non-whitespace character after JSON at position 7",
            ),
            ("{\"a\":01}", "Unexpected number in JSON at position 6"),
            ("[1,]", "Unexpected token ']', \"[1,]\" is not valid JSON"),
            (
                "{\"a\":tx}",
                "Unexpected token 'x', \"{\"a\":tx}\" is not valid JSON",
            ),
            (
                "{\"a\":1,\"bbbbbbbbbb\":x,\"c\":1,\"dddd\":2}",
                "Unexpected token 'x', ...\"bbbbbbbb\":x,\"c\":1,\"d\"... is not valid JSON",
            ),
        ] {
            assert_eq!(tamed(text), Err(expected.to_owned()), "{text}");
        }
    }

    #[test]
    fn what_v8_reads_is_read() {
        for (text, expected) in [
            (&br#"{"a":"\ud800"}"#[..], json!({"a": "\u{FFFD}"})),
            (
                br#"{"a":"\udc00\ud83d\ude00\ud83d x\ude00"}"#,
                json!({"a": "\u{FFFD}\u{1F600}\u{FFFD} x\u{FFFD}"}),
            ),
            (
                br#"{"a":"\ud83d\ud83d\ude00"}"#,
                json!({"a": "\u{FFFD}\u{1F600}"}),
            ),
            (
                br#"{"\ud83d":[1e400,-1e400]}"#,
                json!({"\u{FFFD}": [f64::MAX, f64::MIN]}),
            ),
            (b"{\"a\":\"b\xff\"}", json!({"a": "b\u{FFFD}"})),
            (b"\xef\xbb\xbf[]", json!([])),
        ] {
            let read = read(text);
            assert_eq!(read, Ok(expected), "{}", String::from_utf8_lossy(text));
        }
    }

    #[test]
    fn what_is_too_deep_is_refused() {
        for (open, close) in [("[", "]"), ("{\"a\":", "}")] {
            let cut = open.repeat(100_000);
            let refusal = read(cut.as_bytes()).unwrap_err();
            assert_eq!(
                (refusal.status, &*refusal.message),
                (400, "Unexpected end of JSON input")
            );
            let whole = format!("{cut}1{}", close.repeat(100_000));
            assert_eq!(read(whole.as_bytes()).unwrap_err().status, 500);
        }
    }
}
