//! Reading a JSON body, and complaining about a bad one in V8's words.

use serde_json::Value;

use crate::refusal::Refusal;

/// Reads a body; as with Express only an object or an array will do.
pub(crate) fn read(bytes: &[u8]) -> Result<Value, Refusal> {
    let text = String::from_utf8_lossy(bytes);
    let first = text.trim_start().chars().next();
    if !matches!(first, Some('{' | '[') | None) {
        let token = first.unwrap_or(' ');
        let message = format!("Unexpected token '{token}', \"{text}\" is not valid JSON");
        return Err(Refusal::bare(400, message));
    }
    serde_json::from_slice(bytes).map_err(|_| Refusal::bare(400, complaint(&text)))
}

/// What V8 says about a text that is no JSON.
fn complaint(text: &str) -> String {
    let mut scan = Scan {
        text: text.chars().collect(),
        at: 0,
    };
    let rest = scan.value().and_then(|()| match scan.next_token() {
        None => Ok(()),
        Some(_) => Err(scan.place("Unexpected non-whitespace character after JSON")),
    });
    rest.err()
        .unwrap_or_else(|| "Unexpected end of JSON input".to_owned())
}

/// Goes through a text up to its first mistake.
struct Scan {
    text: Vec<char>,
    at: usize,
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

    fn value(&mut self) -> Result<(), String> {
        match self.next_token() {
            Some('{') => self.object(),
            Some('[') => self.array(),
            Some('"') => self.string(),
            Some('-' | '0'..='9') => self.number(),
            Some('t') => self.word("true"),
            Some('f') => self.word("false"),
            Some('n') => self.word("null"),
            _ => Err(self.unexpected()),
        }
    }

    fn object(&mut self) -> Result<(), String> {
        self.at += 1;
        if self.next_token() == Some('}') {
            self.at += 1;
            return Ok(());
        }
        let mut expected = "Expected property name or '}'";
        loop {
            if self.next_token() != Some('"') {
                return Err(self.place(expected));
            }
            self.string()?;
            if self.next_token() != Some(':') {
                return Err(self.place("Expected ':' after property name"));
            }
            self.at += 1;
            self.value()?;
            let next = self.next_token();
            if !matches!(next, Some(',' | '}')) {
                return Err(self.place("Expected ',' or '}' after property value"));
            }
            self.at += 1;
            if next == Some('}') {
                return Ok(());
            }
            expected = "Expected double-quoted property name";
        }
    }

    fn array(&mut self) -> Result<(), String> {
        self.at += 1;
        if self.next_token() == Some(']') {
            self.at += 1;
            return Ok(());
        }
        loop {
            self.value()?;
            let next = self.next_token();
            if !matches!(next, Some(',' | ']')) {
                return Err(self.place("Expected ',' or ']' after array element"));
            }
            self.at += 1;
            if next == Some(']') {
                return Ok(());
            }
        }
    }

    fn string(&mut self) -> Result<(), String> {
        self.at += 1;
        loop {
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
                            for _ in 0..4 {
                                self.at += 1;
                                if !self.peek().is_some_and(|digit| digit.is_ascii_hexdigit()) {
                                    return Err(self.place("Bad Unicode escape"));
                                }
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

    fn number(&mut self) -> Result<(), String> {
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
    use super::complaint;

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
            assert_eq!(complaint(text), expected, "{text}");
        }
    }
}
