//! The rows, as the JSON of pages.

use std::fmt::Write;
use std::sync::atomic::{AtomicUsize, Ordering};

use bytes::{Bytes, BytesMut};

/// How many rows a class has, unless the path says otherwise.
pub const ROWS: usize = 100_000;

/// The rows of a page that lies ready.
const PAGE: usize = 1_000;

/// What every row begins with, before the digits of its id.
const BEGIN: &str = r#"{"objectId":"r"#;
const DIGITS: usize = 9;

/// The id of a row. Ids have the order of the rows.
pub fn id(row: usize) -> String {
    format!("r{row:0DIGITS$}")
}

/// The row that an id is of.
pub(super) fn row_of(id: &str) -> Option<usize> {
    let digits = id.strip_prefix('r')?;
    if digits.len() == DIGITS {
        digits.parse().ok()
    } else {
        None
    }
}

/// Rows that were prepared, and others that are the same with other ids.
#[derive(Debug)]
pub(super) struct Rows {
    /// Every row, with commas in between.
    text: Bytes,
    /// Where each begins and ends.
    places: Vec<(usize, usize)>,
    pages: Vec<Bytes>,
    /// How many were created since.
    created: AtomicUsize,
}

impl Rows {
    pub(super) fn prepare(rows: usize) -> Self {
        let mut random = Random(0x9E37_79B9_7F4A_7C15);
        let mut text = String::with_capacity(rows * 460);
        let mut places = Vec::with_capacity(rows);
        for row in 0..rows {
            if row > 0 {
                text.push(',');
            }
            let begin = text.len();
            random.row(row, &mut text);
            places.push((begin, text.len()));
        }
        let mut rows = Self {
            text: text.into(),
            places,
            pages: Vec::new(),
            created: AtomicUsize::new(0),
        };
        rows.pages = (0..rows.prepared() / PAGE)
            .map(|page| rows.joined(page * PAGE, PAGE))
            .collect();
        rows
    }

    /// How many there are without repeating any.
    pub(super) fn prepared(&self) -> usize {
        self.places.len()
    }

    /// The id of a new row, which is not kept.
    pub(super) fn new_id(&self) -> String {
        format!("n{:0DIGITS$}", self.created.fetch_add(1, Ordering::Relaxed))
    }

    /// One row.
    pub(super) fn one(&self, row: usize) -> Bytes {
        let (begin, end) = self.places[row % self.prepared()];
        let text = self.text.slice(begin..end);
        if row < self.prepared() {
            text
        } else {
            renamed(&text, row)
        }
    }

    /// The answer with so many rows, from the first on.
    pub(super) fn page(&self, first: usize, count: usize) -> Bytes {
        let round = first - first % self.prepared();
        match self.pages.get((first - round) / PAGE) {
            Some(page) if first.is_multiple_of(PAGE) && count == PAGE => {
                if round == 0 {
                    page.clone()
                } else {
                    renamed(page, first)
                }
            }
            _ => self.joined(first, count),
        }
    }

    fn joined(&self, first: usize, count: usize) -> Bytes {
        let mut body = BytesMut::from(&br#"{"results":["#[..]);
        for row in first..first + count {
            if row > first {
                body.extend_from_slice(b",");
            }
            body.extend_from_slice(&self.one(row));
        }
        body.extend_from_slice(b"]}");
        body.freeze()
    }
}

/// The same rows with the ids from this one on.
fn renamed(text: &Bytes, first: usize) -> Bytes {
    let mut text = BytesMut::from(&text[..]);
    let mut row = first;
    let mut from = 0;
    while let Some(at) = find(&text[from..]) {
        let begin = from + at + BEGIN.len();
        text[begin..begin + DIGITS].copy_from_slice(&id(row).as_bytes()[1..]);
        row += 1;
        // the next is not nearer
        from = (begin + 300).min(text.len());
    }
    text.freeze()
}

/// Where the next row begins.
fn find(text: &[u8]) -> Option<usize> {
    text.windows(BEGIN.len())
        .position(|window| window == BEGIN.as_bytes())
}

/// Numbers that are the same in every run.
struct Random(u64);

const FIRST_NAMES: [&str; 12] = [
    "Sean", "Anna", "Søren", "Zoë", "Li", "Maria", "José", "Omar", "Ivan", "Priya", "Tom", "Aiko",
];
const LAST_NAMES: [&str; 12] = [
    "Plott",
    "Smith",
    "Ødegård",
    "García",
    "Wang",
    "Novak",
    "Okafor",
    "Tanaka",
    "Brown",
    "O'Neil",
    "Jones",
    "Kumar",
];
const SKILLS: [&str; 12] = [
    "pwnage", "flying", "jumping", "running", "stealth", "archery", "alchemy", "swimming", "climbing",
    "healing", "smithing", "barter",
];

impl Random {
    /// A number below this one (xorshift).
    fn below(&mut self, end: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        usize::try_from(self.0 >> 33).unwrap_or_default() % end
    }

    fn one<'a>(&mut self, of: &[&'a str]) -> &'a str {
        of[self.below(of.len())]
    }

    fn date(&mut self) -> String {
        let (year, month, day) = (2018 + self.below(8), 1 + self.below(12), 1 + self.below(28));
        let (hour, minute, second, milli) =
            (self.below(24), self.below(60), self.below(60), self.below(1000));
        format!("{year}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}.{milli:03}Z")
    }

    /// A number of degrees up to this one, with six places.
    fn degrees(&mut self, most: usize) -> String {
        let sign = if self.below(2) == 0 { "" } else { "-" };
        format!("{sign}{}.{:06}", self.below(most), 1 + self.below(999_999))
    }

    fn row(&mut self, row: usize, to: &mut String) {
        // writing to a String cannot fail
        let _ = write!(
            to,
            r#"{{"objectId":"{}","score":{},"playerName":"{} {}","cheatMode":{},"skills":["{}","{}","{}"],"location":{{"__type":"GeoPoint","latitude":{},"longitude":{}}},"playedAt":{{"__type":"Date","iso":"{}"}},"player":{{"__type":"Pointer","className":"_User","objectId":"u{:09}"}},"createdAt":"{}","updatedAt":"{}"}}"#,
            id(row),
            row * 7 % 10_000,
            self.one(&FIRST_NAMES),
            self.one(&LAST_NAMES),
            self.below(2) == 1,
            self.one(&SKILLS),
            self.one(&SKILLS),
            self.one(&SKILLS),
            self.degrees(90),
            self.degrees(180),
            self.date(),
            self.below(1_000_000_000),
            self.date(),
            self.date(),
        );
    }
}

#[cfg(test)]
mod tests {
    use serde_json::Value;

    use super::*;

    fn ids(page: &[u8]) -> Vec<String> {
        let page: Value = serde_json::from_slice(page).unwrap();
        let rows = page["results"].as_array().unwrap();
        rows.iter()
            .map(|row| row["objectId"].as_str().unwrap().to_owned())
            .collect()
    }

    #[test]
    fn pages_that_lie_ready_are_those_that_are_joined() {
        let rows = Rows::prepare(2_000);
        for first in [0, 1_000, 2_000, 5_000] {
            let page = rows.page(first, 1_000);
            assert_eq!(page, rows.joined(first, 1_000));
            assert_eq!(ids(&page), (first..first + 1_000).map(id).collect::<Vec<_>>());
        }
        assert_eq!(ids(&rows.page(1_999, 3)), [1_999, 2_000, 2_001].map(id));
    }

    #[test]
    fn ids_have_the_order_of_their_rows() {
        assert!(id(9) < id(10) && id(99_999) < id(100_000));
        assert_eq!(row_of(&id(123_456)), Some(123_456));
        assert_eq!(row_of("r1"), None);
        assert_eq!(row_of("n000000001"), None);
    }
}
