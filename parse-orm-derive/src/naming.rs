//! Names: cases, the server's rules, and what was probably meant.

use syn::ext::IdentExt;

/// How a Rust name is stored.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Case {
    /// As it is written.
    Verbatim,
    Camel,
    Snake,
    Pascal,
    ScreamingSnake,
    Lower,
}

impl Case {
    pub(crate) const NAMES: [&'static str; 5] = [
        "camelCase",
        "snake_case",
        "PascalCase",
        "SCREAMING_SNAKE_CASE",
        "lowercase",
    ];

    pub(crate) fn parse(name: &str) -> Option<Self> {
        Some(match name {
            "camelCase" => Self::Camel,
            "snake_case" => Self::Snake,
            "PascalCase" => Self::Pascal,
            "SCREAMING_SNAKE_CASE" => Self::ScreamingSnake,
            "lowercase" => Self::Lower,
            _ => return None,
        })
    }

    pub(crate) fn apply(self, ident: &syn::Ident) -> String {
        let name = ident.unraw().to_string();
        let words = words(&name);
        let capital = |word: &String| {
            let mut letters = word.chars();
            letters
                .next()
                .map(|first| first.to_uppercase().chain(letters).collect::<String>())
                .unwrap_or_default()
        };
        match self {
            Self::Verbatim => name,
            Self::Snake => words.join("_"),
            Self::ScreamingSnake => words.join("_").to_uppercase(),
            Self::Lower => words.concat(),
            Self::Pascal => words.iter().map(capital).collect(),
            Self::Camel => {
                let rest = words.iter().skip(1).map(capital);
                words.first().cloned().into_iter().chain(rest).collect()
            }
        }
    }
}

/// The lower-case words of a `snake_case` or `PascalCase` name.
fn words(name: &str) -> Vec<String> {
    let mut words = vec![String::new()];
    let mut previous_lower = false;
    for letter in name.chars() {
        if letter == '_' || (letter.is_uppercase() && previous_lower) {
            words.push(String::new());
        }
        if letter != '_'
            && let Some(word) = words.last_mut()
        {
            word.extend(letter.to_lowercase());
        }
        previous_lower = letter.is_lowercase() || letter.is_ascii_digit();
    }
    words.retain(|word| !word.is_empty());
    words
}

/// `^[A-Za-z][0-9A-Za-z_]*$`, the server's rule for fields and classes.
pub(crate) fn is_valid(name: &str) -> bool {
    name.starts_with(|first: char| first.is_ascii_alphabetic())
        && name
            .chars()
            .all(|letter| letter.is_ascii_alphanumeric() || letter == '_')
}

/// The known name that is nearest, if one is near.
pub(crate) fn nearest<'a>(name: &str, known: &[&'a str]) -> Option<&'a str> {
    known
        .iter()
        .map(|other| (strsim::damerau_levenshtein(name, other), *other))
        .filter(|(distance, other)| *distance <= 2.min(other.len().max(name.len()) / 2))
        .min_by_key(|(distance, _)| *distance)
        .map(|(_, other)| other)
}

/// `; did you mean `x`?`, or nothing.
pub(crate) fn did_you_mean(name: &str, known: &[&str]) -> String {
    nearest(name, known)
        .map(|name| format!("; did you mean `{name}`?"))
        .unwrap_or_default()
}

/// `` `a`, `b`, `c` ``
pub(crate) fn list(names: &[&str]) -> String {
    names
        .iter()
        .map(|name| format!("`{name}`"))
        .collect::<Vec<_>>()
        .join(", ")
}
