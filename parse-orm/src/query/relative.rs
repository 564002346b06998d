//! Times that the server computes when it looks: `ago("2 weeks")`, `from_now("3 days")`.

use super::operand::{BoundOf, Operand, kind};
use serde_json::json;

/// A time relative to the server's clock: what [`ago`] and [`from_now`] return.
///
/// Dates are compared with it by the lookups `gt`, `gte`, `lt`, `lte` and `range`. On the wire
/// `{"$relativeTime": "2 weeks ago"}` and `{"$relativeTime": "in 3 days"}`.
#[derive(Debug, Clone, PartialEq, Eq)]
#[must_use = "a relative time does nothing until a date is compared with it"]
pub struct Relative(Result<String, String>);

/// So long before now, on the server's clock: `created_at__gt = ago("2 weeks")`.
///
/// The text is a row of whole numbers with units: `"1 hour 30 mins"`. The units are second, minute, hour, day
/// (24 hours), week and year (365 days); their plurals; and sec, min, hr, d, wk, yr. Anything else is refused before
/// the query is sent.
///
/// ```
/// # use parse_orm::prelude::*;
/// # #[derive(ParseObject, Clone, Debug)] struct GameScore { score: i64 }
/// let fresh = query!(GameScore.filter(created_at__gt = ago("2 weeks"), updated_at__lte = ago("1 hour 30 mins")));
/// assert_eq!(
///     serde_json::to_value(&fresh).unwrap()["where"],
///     serde_json::json!({
///         "createdAt": {"$gt": {"$relativeTime": "2 weeks ago"}},
///         "updatedAt": {"$lte": {"$relativeTime": "1 hour 30 mins ago"}},
///     })
/// );
/// ```
pub fn ago(time: impl AsRef<str>) -> Relative {
    Relative(read("ago", time.as_ref()).map(|time| format!("{time} ago")))
}

/// So long after now, on the server's clock: `starts_at__lt = from_now("3 days")`. The text is as in [`ago`].
pub fn from_now(time: impl AsRef<str>) -> Relative {
    Relative(read("from_now", time.as_ref()).map(|time| format!("in {time}")))
}

/// The longest time that a date can be away, in seconds.
const LONGEST: u64 = 8_000_000_000_000;

/// The text with single spaces, if the server can read it.
fn read(function: &str, time: &str) -> Result<String, String> {
    let refuse = |reason: &str| {
        Err(format!(
            "{time:?} is not a time: {reason}; write `{function}(\"2 weeks\")` or `{function}(\"1 hour 30 mins\")`"
        ))
    };
    let parts: Vec<&str> = time.split_whitespace().collect();
    if parts.is_empty() || !parts.len().is_multiple_of(2) {
        return refuse("it is not a row of numbers, each with its unit");
    }
    let mut total = 0_u64;
    for pair in parts.chunks(2) {
        let [number, unit] = pair else { continue };
        let Ok(number) = number.parse::<u64>() else {
            return refuse(&format!("`{number}` is not a whole number"));
        };
        let unit = match &*unit.to_lowercase() {
            "yr" | "yrs" | "year" | "years" => 31_536_000,
            "wk" | "wks" | "week" | "weeks" => 604_800,
            "d" | "day" | "days" => 86_400,
            "hr" | "hrs" | "hour" | "hours" => 3_600,
            "min" | "mins" | "minute" | "minutes" => 60,
            "sec" | "secs" | "second" | "seconds" => 1,
            other => {
                return refuse(&format!(
                    "`{other}` is none of seconds, minutes, hours, days, weeks and years"
                ));
            }
        };
        total = total.saturating_add(number.saturating_mul(unit));
    }
    if total > LONGEST {
        return refuse("no date is as far away");
    }
    Ok(parts.join(" "))
}

impl Relative {
    fn operand(self) -> Operand {
        Operand::tried(self.0.map(|time| json!({ "$relativeTime": time })))
    }
}

impl BoundOf<kind::Instant> for Relative {
    fn bound(self) -> Operand {
        self.operand()
    }
}

impl BoundOf<kind::Instant> for &Relative {
    fn bound(self) -> Operand {
        self.clone().operand()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_the_server_can_read_is_taken() {
        for (time, sent) in [
            ("2 weeks", "2 weeks ago"),
            (" 1  hour 30 MINS ", "1 hour 30 MINS ago"),
            (
                "1 yr 2 wks 3 d 4 hrs 5 min 6 sec",
                "1 yr 2 wks 3 d 4 hrs 5 min 6 sec ago",
            ),
            ("0 days", "0 days ago"),
        ] {
            assert_eq!(ago(time).0.as_deref(), Ok(sent));
        }
        assert_eq!(from_now("3 days").0.as_deref(), Ok("in 3 days"));
    }

    #[test]
    fn what_it_cannot_read_is_refused() {
        for time in [
            "",
            "2",
            "weeks",
            "2 fortnights",
            "two weeks",
            "-2 weeks",
            "1.5 hours",
            "2 weeks ago",
            "in 2 weeks",
            "2 weeks 3",
            "1e3 days",
            "999999999999 years",
        ] {
            let reason = ago(time).0.unwrap_err();
            assert!(reason.contains("`ago(\"2 weeks\")`"), "{reason}");
        }
    }
}
