//! The statements: one that counts rows, one that compares phases, and one that shows some of what is missing.

use assay_sdk::{ColumnName, Context, Date, DateSpine, Error, Query, Row, query};

use crate::settings::{Filter, Phase, Scalar, Settings};

/// Writes the statements of a run.
pub(crate) struct Statements<'a> {
    context: &'a Context,
    source: &'a str,
    settings: &'a Settings,
    spine: DateSpine,
}

impl<'a> Statements<'a> {
    pub(crate) fn new(context: &'a Context, settings: &'a Settings) -> Result<Self, Error> {
        let source = context.source(settings.source.as_deref())?;
        Ok(Self { context, source, settings, spine: context.spine(settings.lookback_days) })
    }

    pub(crate) fn spine(&self) -> DateSpine {
        self.spine
    }

    /// A statement of the operator, or one that holds some.
    pub(crate) fn query(&self, sql: &str) -> Query {
        let (start, end) = (self.spine.start(), self.spine.end());
        query(self.source, sql).about(self.context).bind_if_named("start", start).bind_if_named("end", end)
    }

    /// For each phase its rows and those without a key, a day or a group, in one row.
    pub(crate) fn rows(&self) -> Result<Row, Error> {
        let counts = self.settings.phases.iter().enumerate().map(|(index, phase)| {
            let incomplete = incomplete(phase);
            format!(
                "(SELECT COUNT(*) AS rows_{index}, COUNTIF({incomplete}) AS nulls_{index} FROM assay_phase_{index}) \
                 AS c{index}"
            )
        });
        let counts = counts.collect::<Vec<_>>().join(" CROSS JOIN ");
        self.with(&self.phases(), &format!("SELECT * FROM {counts}")).fetch()?.only_row()
    }

    /// For each phase but the last, each day and each group how many keys it has, how many of them the next phase has,
    /// and how many others that one has.
    pub(crate) fn coverage(&self, groups: &[String]) -> Result<Vec<Row>, Error> {
        let sql = "SELECT pair, day, grp, COUNTIF(is_before) AS key_count, COUNTIF(is_before AND is_after) AS covered, \
                   COUNTIF(NOT is_before) AS surplus FROM assay_pairs GROUP BY pair, day, grp";
        self.over_pairs(sql, groups).fetch_whole()
    }

    /// Some keys that one of two phases has not, the latest first, for each group of some days: `pair`, `grp`, `day`,
    /// `is_before`, `k0`, `k1` and so on.
    pub(crate) fn samples(&self, groups: &[String], days: Vec<Date>) -> Query {
        let keys = self.keys("");
        let limit = self.settings.sample_rows;
        let sql = format!(
            "SELECT pair, grp, day, is_before, {keys} FROM (SELECT *, ROW_NUMBER() OVER (PARTITION BY pair, grp, \
             is_before ORDER BY day DESC, {keys}) AS place FROM assay_pairs WHERE is_before <> is_after \
             AND (is_before OR @exact) AND day IN UNNEST(@days)) AS p WHERE place <= {limit} \
             ORDER BY pair, grp, day DESC, {keys}"
        );
        self.over_pairs(&sql, groups).bind("days", days).bind("exact", self.settings.exact)
    }

    fn over_pairs(&self, select: &str, groups: &[String]) -> Query {
        let pairs = self.settings.phases.windows(2).enumerate().map(|(pair, phases)| self.pair(pair, phases));
        let pairs = pairs.collect::<Vec<_>>().join(" UNION ALL ");
        let mut tables = self.phases();
        tables.push(format!("assay_pairs AS ({pairs})"));
        self.with(&tables, select).bind_if_named("groups", groups.to_vec())
    }

    fn with(&self, tables: &[String], select: &str) -> Query {
        let statement = self.query(&format!("WITH {} {select}", tables.join(", ")));
        let filters = self.settings.phases.iter().enumerate().flat_map(|(phase, Phase { filter, .. })| {
            filter.iter().enumerate().map(move |(index, filter)| (format!("filter_{phase}_{index}"), filter))
        });
        filters.fold(statement, |statement, (name, filter)| {
            match filter.equals.as_ref().or(filter.not_equals.as_ref()) {
                None => statement,
                Some(Scalar::Boolean(value)) => statement.bind(&name, *value),
                Some(Scalar::Text(text)) => statement.bind(&name, text),
                Some(Scalar::Number(number)) => match number.as_i64() {
                    Some(whole) => statement.bind(&name, whole),
                    None => statement.bind(&name, number.as_f64().unwrap_or(f64::NAN)),
                },
            }
        })
    }

    /// The rows of each phase in the window, and those without a day: what cannot be placed is not passed over.
    fn phases(&self) -> Vec<String> {
        let phase = |(index, phase): (usize, &Phase)| {
            let day = &phase.date_column;
            let group = phase.group_column.as_ref().map_or(String::new(), group_sql);
            let keys = phase.key_columns.iter().enumerate().map(|(key, column)| format!(", {column} AS k{key}"));
            let from = match (&phase.table, &phase.keys_sql) {
                (Some(table), _) => table.to_string(),
                (None, sql) => format!("(\n{}\n) AS s", sql.as_deref().unwrap_or_default()),
            };
            let filters = phase.filter.iter().enumerate();
            let filters =
                filters.map(|(at, filter)| format!(" AND {}", condition(filter, &format!("filter_{index}_{at}"))));
            format!(
                "assay_phase_{index} AS (SELECT CAST({day} AS DATE) AS day{group}{} FROM {from} \
                 WHERE (CAST({day} AS DATE) BETWEEN @start AND @end OR {day} IS NULL){})",
                keys.collect::<String>(),
                filters.collect::<String>()
            )
        };
        self.settings.phases.iter().enumerate().map(phase).collect()
    }

    /// Each key of two phases, and which of them have it.
    fn pair(&self, pair: usize, phases: &[Phase]) -> String {
        let [before, after] = [&phases[0], &phases[1]];
        let is_grouped = after.group_column.is_some();
        let keys = self.keys("");
        let group = if is_grouped { "grp, " } else { "" };
        let crossed = match before.group_column {
            None if is_grouped => " CROSS JOIN UNNEST(@groups) AS grp",
            _ => "",
        };
        let distinct = |index: usize, phase: &Phase, crossed: &str| {
            format!(
                "SELECT DISTINCT day, {group}{keys} FROM assay_phase_{index}{crossed} WHERE NOT ({})",
                incomplete(phase)
            )
        };
        let same = self.each(" AND ", |key| format!("a.{key} = b.{key}"));
        let same_group = if is_grouped { " AND a.grp = b.grp" } else { "" };
        let told_group = if is_grouped { "COALESCE(a.grp, b.grp)" } else { "CAST(NULL AS STRING)" };
        let told_keys = self.each(", ", |key| format!("COALESCE(a.{key}, b.{key}) AS {key}"));
        format!(
            "SELECT {pair} AS pair, COALESCE(a.day, b.day) AS day, {told_group} AS grp, {told_keys}, \
             a.day IS NOT NULL AS is_before, b.day IS NOT NULL AS is_after \
             FROM ({}) AS a FULL JOIN ({}) AS b ON a.day = b.day AND {same}{same_group}",
            distinct(pair, before, crossed),
            distinct(pair + 1, after, "")
        )
    }

    /// The columns of a key by their short names, of a table.
    fn keys(&self, table: &str) -> String {
        self.each(", ", |key| format!("{table}{key}"))
    }

    /// Something for each column of a key, joined.
    fn each(&self, separator: &str, write: impl Fn(&str) -> String) -> String {
        let count = self.settings.phases.first().map_or(0, |phase| phase.key_columns.len());
        (0..count).map(|index| write(&format!("k{index}"))).collect::<Vec<_>>().join(separator)
    }
}

fn group_sql(column: &ColumnName) -> String {
    format!(", CAST({column} AS STRING) AS grp")
}

/// When a row of a phase has no day, no group or no key.
fn incomplete(phase: &Phase) -> String {
    let keys = (0..phase.key_columns.len()).map(|index| format!(" OR k{index} IS NULL"));
    let group = if phase.group_column.is_some() { " OR grp IS NULL" } else { "" };
    format!("day IS NULL{group}{}", keys.collect::<String>())
}

fn condition(filter: &Filter, parameter: &str) -> String {
    let Filter { column, equals, not_equals, is_null, is_not_null: _ } = filter;
    if equals.is_some() {
        format!("{column} = @{parameter}")
    } else if not_equals.is_some() {
        format!("({column} <> @{parameter} OR {column} IS NULL)")
    } else if *is_null {
        format!("{column} IS NULL")
    } else {
        format!("{column} IS NOT NULL")
    }
}
