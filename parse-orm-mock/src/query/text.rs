//! `$text`: a small full-text search; any of the words, with a crude English stem.

use serde_json::Value;

use crate::number::truthy;
use crate::refusal::Refusal;

/// A search in one field.
#[derive(Debug, Clone)]
pub(crate) struct TextSearch {
    wanted: Vec<String>,
    unwanted: Vec<String>,
    phrases: Vec<String>,
    case_sensitive: bool,
    diacritic_sensitive: bool,
}

impl TextSearch {
    /// Reads `{"$search":{"$term":..}}`.
    pub(crate) fn read(constraint: &Value) -> Result<Self, Refusal> {
        let bad = |what: &str, kind: &str| Refusal::json(format!("bad $text: {what}, should be {kind}"));
        let search = constraint
            .get("$search")
            .ok_or_else(|| bad("$search", "object"))?;
        let search = search.as_object().ok_or_else(|| bad("$search", "object"))?;
        let term = search
            .get("$term")
            .and_then(Value::as_str)
            .filter(|term| !term.is_empty());
        let term = term.ok_or_else(|| bad("$term", "string"))?;
        if search
            .get("$language")
            .is_some_and(|language| truthy(language) && !language.is_string())
        {
            return Err(bad("$language", "string"));
        }
        for key in ["$caseSensitive", "$diacriticSensitive"] {
            if search
                .get(key)
                .is_some_and(|flag| truthy(flag) && !flag.is_boolean())
            {
                return Err(bad(key, "boolean"));
            }
        }
        let set = |key: &str| search.get(key) == Some(&Value::Bool(true));
        let mut read = Self {
            wanted: Vec::new(),
            unwanted: Vec::new(),
            phrases: Vec::new(),
            case_sensitive: set("$caseSensitive"),
            diacritic_sensitive: set("$diacriticSensitive"),
        };
        for (place, part) in term.split('"').enumerate() {
            if place % 2 == 1 {
                read.phrases.push(read.fold(part));
            }
            for word in part.split_whitespace() {
                match word.strip_prefix('-') {
                    Some(word) if place % 2 == 0 => read.unwanted.extend(read.stems(word)),
                    _ => read.wanted.extend(read.stems(word)),
                }
            }
        }
        Ok(read)
    }

    /// How well the text matches; `None` when it does not.
    pub(crate) fn score(&self, text: &str) -> Option<f64> {
        let stems = self.stems(text);
        let folded = self.fold(text);
        if self.unwanted.iter().any(|word| stems.contains(word))
            || !self.phrases.iter().all(|phrase| folded.contains(phrase.as_str()))
        {
            return None;
        }
        let hits = stems.iter().filter(|stem| self.wanted.contains(stem)).count();
        // MongoDB's weight of a field falls with its length; only the order of scores can be relied on.
        #[expect(clippy::cast_precision_loss, reason = "word counts are small")]
        (hits > 0).then(|| hits as f64 * (0.5 + 0.5 / stems.len() as f64))
    }

    fn fold(&self, text: &str) -> String {
        let text = if self.case_sensitive {
            text.to_owned()
        } else {
            text.to_lowercase()
        };
        if self.diacritic_sensitive {
            text
        } else {
            text.chars().map(plain_letter).collect()
        }
    }

    fn stems(&self, text: &str) -> Vec<String> {
        let folded = self.fold(text);
        folded
            .split(|c: char| !c.is_alphanumeric())
            .filter(|word| !word.is_empty())
            .map(stem)
            .collect()
    }
}

/// A letter of the European languages without what stands above or below it.
fn plain_letter(letter: char) -> char {
    const FAMILIES: [&str; 14] = [
        "aàáâãäåāăą",
        "cçćč",
        "dďđ",
        "eèéêëēėęě",
        "gğģ",
        "iìíîïīį",
        "lłľļ",
        "nñńňņ",
        "oòóôõöøōő",
        "rřŕ",
        "sśšş",
        "tťţ",
        "uùúûüūůűų",
        "yýÿ",
    ];
    let small: char = letter.to_lowercase().next().unwrap_or(letter);
    let family = FAMILIES
        .iter()
        .find(|family| small.is_alphabetic() && !small.is_ascii() && family.contains(small));
    let plain = family.and_then(|family| family.chars().next());
    match plain {
        Some(plain) if letter.is_uppercase() => plain.to_ascii_uppercase(),
        Some(plain) => plain,
        None => letter,
    }
}

fn stem(word: &str) -> String {
    for ending in ["ing", "es", "ed", "s", "e"] {
        if let Some(stem) = word.strip_suffix(ending).filter(|stem| stem.chars().count() >= 3) {
            return stem.trim_end_matches('e').to_owned();
        }
    }
    word.to_owned()
}
