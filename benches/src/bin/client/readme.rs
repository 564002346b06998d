//! The tables in the README.

use std::fs;

use parse_orm_benches::Result;

use crate::contender::here;

const BEGIN: &str = "<!-- client: begin -->\n";
const END: &str = "<!-- client: end -->";

/// Puts the text where the one of the last run is.
pub(crate) fn write(text: &str) -> Result<()> {
    let path = here().join("README.md");
    let readme = fs::read_to_string(&path)?;
    Ok(fs::write(
        path,
        replaced(&readme, text).ok_or("the README has no place for the tables")?,
    )?)
}

fn replaced(readme: &str, text: &str) -> Option<String> {
    let (before, rest) = readme.split_once(BEGIN)?;
    let (_, after) = rest.split_once(END)?;
    Some(format!("{before}{BEGIN}\n{}\n\n{END}{after}", text.trim()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_around_the_tables_stays() {
        let readme = format!("# Benchmarks\n\n{BEGIN}old\n{END}\n\nMore.\n");
        let once = replaced(&readme, "| a |\n").unwrap();
        assert_eq!(
            once,
            format!("# Benchmarks\n\n{BEGIN}\n| a |\n\n{END}\n\nMore.\n")
        );
        assert_eq!(replaced(&once, "| a |").unwrap(), once);
        assert_eq!(replaced("# Benchmarks", ""), None);
    }
}
