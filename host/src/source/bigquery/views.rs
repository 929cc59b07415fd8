//! Tables that a statement reads without naming them, because a view does.

use tokio::time::Instant;

use super::names::Names;
use crate::bigquery::{Connection, Error, TableReference};

/// Which of the tables that BigQuery says a query reads are neither named by the statement nor by a view that it reads,
/// directly or through another view.
///
/// A view names a table when its query holds the table's name as a word: views may use what the gate would refuse, and
/// are written by those who own the data. Only when a statement reads what it does not name are its tables looked at.
///
/// # Errors
/// When a table cannot be looked at.
///
/// # Cancel safety
/// Nothing is left behind.
pub(super) async fn unnamed(
    connection: &dyn Connection,
    names: &Names,
    named: Vec<TableReference>,
    read: &[TableReference],
    until: Instant,
) -> Result<Vec<String>, Error> {
    let mut outside: Vec<&TableReference> = read.iter().filter(|table| !named.contains(table)).collect();
    let mut open = named;
    while let (Some(table), false) = (open.pop(), outside.is_empty()) {
        let found = connection.table(&table, until).await?;
        let Some(query) = found.view.or(found.materialized_view).map(|view| view.query) else { continue };
        outside.retain(|other| {
            let is_named = holds_word(&query, &other.table_id);
            if is_named {
                open.push((*other).clone());
            }
            !is_named
        });
    }
    Ok(outside.into_iter().map(|table| names.own(table).to_string()).collect())
}

fn holds_word(text: &str, word: &str) -> bool {
    let part_of_word = |c: char| c.is_alphanumeric() || c == '_';
    text.match_indices(word).any(|(at, _)| {
        let before = text.get(..at).and_then(|text| text.chars().next_back());
        let after = text.get(at + word.len()..).and_then(|text| text.chars().next());
        !before.is_some_and(part_of_word) && !after.is_some_and(part_of_word)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_within_another_is_none() {
        for (text, holds) in [
            ("SELECT * FROM `p.raw.games`", true),
            ("SELECT * FROM raw.games g", true),
            ("SELECT * FROM raw.games_2", false),
            ("SELECT * FROM raw.my_games", false),
            ("", false),
        ] {
            assert_eq!(holds_word(text, "games"), holds, "{text}");
        }
    }
}
