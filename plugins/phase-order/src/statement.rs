//! The statements: one that counts what is wrong, and one that shows some of it.

use assay_sdk::{Context, Error, Query, Row, Scope, query};

use crate::settings::{Judge, Placeholder, Scalar, Settings};

/// What can be wrong with a key, and when it is so.
pub(crate) const PROBLEMS: [(&str, &str); 3] = [
    ("written_before_upstream", "COALESCE(lag > @max_lag, FALSE)"),
    ("placeholder_upstream", "COALESCE(placeholders, 0) > 0"),
    ("missing_upstream", "NOT has_upstream AND @require_upstream"),
];

/// Writes the statements of a run.
pub(crate) struct Statements<'a> {
    context: &'a Context,
    source: &'a str,
    settings: &'a Settings,
    upstream: Scope,
    downstream: Scope,
}

impl<'a> Statements<'a> {
    pub(crate) fn new(context: &'a Context, settings: &'a Settings) -> Result<Self, Error> {
        let named = settings.source.as_deref();
        let scope = |side: &crate::settings::Side| {
            Scope::new(context, named, &side.table, side.date_column.as_ref().zip(settings.lookback_days))
        };
        let (upstream, downstream) = (scope(&settings.upstream)?, scope(&settings.downstream)?);
        Ok(Self { context, source: context.source(named)?, settings, upstream, downstream })
    }

    pub(crate) fn upstream(&self) -> &Scope {
        &self.upstream
    }

    pub(crate) fn downstream(&self) -> &Scope {
        &self.downstream
    }

    /// Everything that is counted, in one row.
    pub(crate) fn counts(&self) -> Result<Row, Error> {
        let incomplete = self.each(" OR ", |key| format!("{key} IS NULL"));
        let of_rows = |name: &str| {
            format!(
                "SELECT COUNT(*) AS {name}_rows, COUNTIF({incomplete}) AS {name}_null_keys, \
                 COUNTIF(written_at IS NULL) AS {name}_null_times, MAX(written_at) AS {name}_newest FROM assay_{name}"
            )
        };
        let problems = PROBLEMS.map(|(name, condition)| {
            format!(", COUNTIF({condition}) AS {name}, COALESCE(SUM(IF({condition}, row_count, 0)), 0) AS {name}_rows")
        });
        let of_keys = format!(
            "SELECT COUNT(*) AS all_keys, COUNTIF(lag IS NOT NULL) AS compared_keys, \
             COALESCE(MAX(lag), 0) AS max_lag_micros{} FROM assay_keys",
            problems.concat()
        );
        let sql = format!(
            "SELECT * FROM ({}) AS u CROSS JOIN ({}) AS d CROSS JOIN ({of_keys}) AS k",
            of_rows("upstream"),
            of_rows("downstream")
        );
        self.query(&sql).fetch()?.only_row()
    }

    /// Some keys for each thing that is wrong: `problem`, `k0`, `k1` and so on, both times, and minutes.
    pub(crate) fn samples(&self) -> Query {
        let keys = self.keys("");
        let limit = self.settings.sample_rows;
        let problems =
            PROBLEMS.map(|(name, condition)| format!("STRUCT('{name}' AS problem, {condition} AS is_wrong)"));
        self.query(&format!(
            "SELECT problem, {keys}, upstream_at, downstream_at, row_count FROM (SELECT *, ROW_NUMBER() OVER (\
             PARTITION BY problem ORDER BY lag DESC, {keys}) AS place FROM assay_keys, UNNEST([{}]) AS found \
             WHERE is_wrong) AS p WHERE place <= {limit} ORDER BY problem, lag DESC, {keys}",
            problems.join(", ")
        ))
    }

    fn query(&self, select: &str) -> Query {
        let sql = format!("WITH {} {select}", self.tables().join(", "));
        let mut statement = query(self.source, sql)
            .bind("max_lag", self.max_lag_micros())
            .bind("require_upstream", self.settings.require_upstream);
        if let Some((start, end)) = self.settings.lookback_days.map(|days| self.context.last_days(days)) {
            statement = statement.bind_if_named("start", start).bind_if_named("end", end);
        }
        for (index, Placeholder { equals, .. }) in self.settings.placeholder.iter().enumerate() {
            let name = format!("placeholder_{index}");
            statement = match equals {
                Scalar::Boolean(value) => statement.bind(&name, *value),
                Scalar::Text(text) => statement.bind(&name, text),
                Scalar::Number(number) => match number.as_i64() {
                    Some(whole) => statement.bind(&name, whole),
                    None => statement.bind(&name, number.as_f64().unwrap_or(f64::NAN)),
                },
            };
        }
        statement
    }

    /// The tolerance, to the microsecond.
    #[expect(clippy::cast_possible_truncation, reason = "the schema keeps it below 10^6 minutes")]
    fn max_lag_micros(&self) -> i64 {
        (self.settings.max_lag_minutes * 60e6).round() as i64
    }

    /// What the statements are made of: the rows of both tables, and the keys of the later one.
    fn tables(&self) -> [String; 3] {
        let Settings { upstream, downstream, judge, placeholder, .. } = self.settings;
        let columns = |side: &crate::settings::Side| {
            let keys = side.key_columns.iter().enumerate().map(|(index, column)| format!("{column} AS k{index}"));
            format!("{}, {} AS written_at", keys.collect::<Vec<_>>().join(", "), side.time_column)
        };
        let rules = placeholder.iter().enumerate();
        let rules = rules.map(|(index, rule)| format!("{} = @placeholder_{index}", rule.column)).collect::<Vec<_>>();
        let is_placeholder = if rules.is_empty() { "FALSE".to_owned() } else { rules.join(" AND ") };
        let complete = self.each(" AND ", |key| format!("{key} IS NOT NULL"));
        let keys = self.keys("");
        let written = match judge {
            Judge::LatestWrite => "MAX(written_at)",
            Judge::AnyWrite => "MIN(written_at)",
        };
        let same = self.each(" AND ", |key| format!("u.{key} = d.{key}"));
        [
            format!(
                "assay_upstream AS (SELECT {}, {is_placeholder} AS is_placeholder FROM {})",
                columns(upstream),
                self.upstream.rows()
            ),
            format!("assay_downstream AS (SELECT {} FROM {})", columns(downstream), self.downstream.rows()),
            format!(
                "assay_keys AS (SELECT d.*, u.written_at AS upstream_at, u.k0 IS NOT NULL AS has_upstream, \
                 u.placeholders, TIMESTAMP_DIFF(CAST(u.written_at AS TIMESTAMP), CAST(d.downstream_at AS TIMESTAMP), \
                 MICROSECOND) AS lag FROM (SELECT {keys}, {written} AS downstream_at, COUNT(*) AS row_count \
                 FROM assay_downstream WHERE {complete} GROUP BY {keys}) AS d \
                 LEFT JOIN (SELECT {keys}, MAX(written_at) AS written_at, COUNTIF(is_placeholder) AS placeholders \
                 FROM assay_upstream WHERE {complete} GROUP BY {keys}) AS u ON {same})"
            ),
        ]
    }

    /// The columns of a key by their short names, of a table.
    fn keys(&self, table: &str) -> String {
        self.each(", ", |key| format!("{table}{key}"))
    }

    /// Something for each column of a key, joined.
    fn each(&self, separator: &str, write: impl Fn(&str) -> String) -> String {
        let keys = (0..self.settings.downstream.key_columns.len()).map(|index| write(&format!("k{index}")));
        keys.collect::<Vec<_>>().join(separator)
    }
}
