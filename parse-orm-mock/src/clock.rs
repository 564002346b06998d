//! Instants: the server's clock, and the one spelling of a date that the store keeps.

use chrono::{DateTime, NaiveDate, NaiveDateTime, SecondsFormat, Utc};

/// Now, in the spelling of the protocol.
pub(crate) fn now() -> String {
    spell(Utc::now())
}

/// `YYYY-MM-DDTHH:MM:SS.mmmZ`: instants compare as their spellings do.
pub(crate) fn spell(instant: DateTime<Utc>) -> String {
    instant.to_rfc3339_opts(SecondsFormat::Millis, true)
}

/// So many milliseconds after 1970.
pub(crate) fn from_millis(millis: i64) -> Option<DateTime<Utc>> {
    DateTime::from_timestamp_millis(millis)
}

/// Reads what JavaScript's `new Date(text)` reads of ISO dates.
pub(crate) fn read(text: &str) -> Option<DateTime<Utc>> {
    let text = text.trim();
    if let Ok(instant) = DateTime::parse_from_rfc3339(text) {
        return Some(instant.to_utc());
    }
    if let Ok(day) = NaiveDate::parse_from_str(text, "%Y-%m-%d") {
        return day.and_hms_opt(0, 0, 0).map(|naive| naive.and_utc());
    }
    let local = text.strip_suffix('Z').unwrap_or(text);
    ["%Y-%m-%dT%H:%M:%S%.f", "%Y-%m-%dT%H:%M"]
        .iter()
        .find_map(|form| NaiveDateTime::parse_from_str(local, form).ok())
        .map(|naive| naive.and_utc())
}

/// The kept spelling of a date that a client wrote.
pub(crate) fn respell(text: &str) -> Option<String> {
    read(text).map(spell)
}

/// Resolves `$relativeTime` (`now`, `2 days ago`, `in 1 hour 5 mins`); the error is the server's explanation.
pub(crate) fn relative(text: &str, now: DateTime<Utc>) -> Result<DateTime<Utc>, String> {
    let text = text.to_lowercase();
    let mut parts: Vec<&str> = text.split(' ').filter(|part| !part.is_empty()).collect();
    let future = parts.first() == Some(&"in");
    let past = parts.last() == Some(&"ago");
    if text == "now" {
        return Ok(now);
    }
    if !future && !past {
        return Err("Time should either start with 'in' or end with 'ago'".to_owned());
    }
    if future && past {
        return Err("Time cannot have both 'in' and 'ago'".to_owned());
    }
    if future {
        parts.remove(0);
    } else {
        parts.pop();
    }
    if !parts.len().is_multiple_of(2) {
        return Err("Invalid time string. Dangling unit or number.".to_owned());
    }
    let mut seconds: i64 = 0;
    for pair in parts.chunks_exact(2) {
        let count: i64 = pair[0]
            .parse()
            .map_err(|_| format!("'{}' is not an integer.", pair[0]))?;
        let unit = match pair[1] {
            "yr" | "yrs" | "year" | "years" => 31_536_000,
            "wk" | "wks" | "week" | "weeks" => 604_800,
            "d" | "day" | "days" => 86_400,
            "hr" | "hrs" | "hour" | "hours" => 3_600,
            "min" | "mins" | "minute" | "minutes" => 60,
            "sec" | "secs" | "second" | "seconds" => 1,
            other => return Err(format!("Invalid interval: '{other}'")),
        };
        seconds = seconds.saturating_add(count.saturating_mul(unit));
    }
    let offset = chrono::Duration::try_seconds(if future { seconds } else { -seconds });
    offset
        .and_then(|offset| now.checked_add_signed(offset))
        .ok_or_else(|| "Invalid time string.".to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn respells_dates() {
        assert_eq!(respell("2020-01-01").as_deref(), Some("2020-01-01T00:00:00.000Z"));
        assert_eq!(
            respell("2020-01-01T01:02:03+01:00").as_deref(),
            Some("2020-01-01T00:02:03.000Z")
        );
        assert_eq!(
            respell("2020-01-01T01:02:03.4567Z").as_deref(),
            Some("2020-01-01T01:02:03.456Z")
        );
        assert_eq!(respell("nope"), None);
    }

    #[test]
    fn relative_times() {
        let noon = read("2020-01-02T12:00:00Z").unwrap();
        let at = |text| relative(text, noon).map(spell);
        assert_eq!(at("1 day ago").unwrap(), "2020-01-01T12:00:00.000Z");
        assert_eq!(at("in 1 hour 5 mins").unwrap(), "2020-01-02T13:05:00.000Z");
        assert_eq!(at("now").unwrap(), "2020-01-02T12:00:00.000Z");
        assert!(at("bananas").unwrap_err().starts_with("Time should either"));
        assert_eq!(
            at("2 fortnights ago").unwrap_err(),
            "Invalid interval: 'fortnights'"
        );
        assert_eq!(at("x days ago").unwrap_err(), "'x' is not an integer.");
    }
}
