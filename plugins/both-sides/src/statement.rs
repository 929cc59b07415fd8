//! The statements: one that counts what is wrong, and one that shows some of it.

use assay_sdk::{Context, Error, Query, Row, Scope, query};

use crate::settings::{Mirror, Settings};

/// A thing that can be wrong with a group or one of its sides.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Problem {
    /// Code of its finding.
    pub code: &'static str,
    /// Which mirror rule is broken, if it is one.
    pub rule: Option<usize>,
}

impl Problem {
    /// Whether it is a matter of one side and the other, and not of the group as a whole.
    fn is_of_sides(self) -> bool {
        self.rule.is_some() || self.code == "opponent_mismatch"
    }

    /// The name under which it is counted.
    pub(crate) fn name(self) -> String {
        self.rule.map_or_else(|| self.code.to_owned(), |rule| format!("{}_{rule}", self.code))
    }
}

/// Everything that can be wrong by the settings.
pub(crate) fn problems(settings: &Settings) -> Vec<Problem> {
    let plain = |code| Problem { code, rule: None };
    let mut problems = vec![plain("missing_side"), plain("surplus_side"), plain("duplicate_side")];
    if settings.expected_sql.is_some() {
        problems.push(plain("missing_group"));
    }
    if settings.opponent_column.is_some() {
        problems.push(plain("opponent_mismatch"));
    }
    for (index, mirror) in settings.mirror.iter().enumerate() {
        let rule = Some(index);
        problems.extend(["mirror_mismatch", "mirror_null"].map(|code| Problem { code, rule }));
        if mirror.mirror_table.is_some() {
            problems.push(Problem { code: "mirror_missing", rule });
        }
    }
    problems
}

/// Writes the statements of a run.
pub(crate) struct Statements<'a> {
    context: &'a Context,
    source: &'a str,
    settings: &'a Settings,
    scope: &'a Scope,
}

impl<'a> Statements<'a> {
    /// Of the rows of a scope.
    pub(crate) fn new(context: &'a Context, settings: &'a Settings, scope: &'a Scope) -> Result<Self, Error> {
        let source = context.source(settings.source.as_deref())?;
        Ok(Self { context, source, settings, scope })
    }

    /// Everything that is counted, in one row.
    pub(crate) fn counts(&self) -> Result<Row, Error> {
        let incomplete = self.each(" OR ", |key| format!("{key} IS NULL"));
        let keys = self.keys("");
        let sides = self.side_problems();
        let totals = sides.iter().map(|(name, ..)| format!(", COALESCE(SUM({name}), 0) AS {name}"));
        let is_wrong: String = sides.iter().map(|(name, ..)| format!(" OR {name} > 0")).collect();
        let group = GROUP_PROBLEMS.map(|(name, condition)| format!(", COUNTIF({condition}) AS {name}"));
        let wrong = GROUP_PROBLEMS.map(|(_, condition)| condition).join(" OR ");
        let mut parts = vec![
            format!("SELECT COUNT(*) AS all_rows, COUNTIF({incomplete} OR side IS NULL) AS null_rows FROM assay_rows"),
            format!(
                "SELECT COUNT(*) AS all_groups, COUNTIF({wrong}{is_wrong}) AS wrong_groups{}{} FROM assay_groups",
                group.concat(),
                totals.collect::<String>()
            ),
        ];
        if self.settings.expected_sql.is_some() {
            parts.push(format!(
                "SELECT COUNT(*) AS expected_rows, COUNTIF({incomplete}) AS expected_nulls FROM assay_expected"
            ));
            parts.push(format!(
                "SELECT COUNT(*) AS expected_groups FROM (SELECT DISTINCT {keys} FROM assay_expected) AS d"
            ));
            parts.push(format!("SELECT COUNT(*) AS missing_group FROM ({}) AS m", self.missing_groups()));
        }
        let parts = parts.iter().enumerate().map(|(index, part)| format!("({part}) AS part_{index}"));
        let parts = parts.collect::<Vec<_>>().join(" CROSS JOIN ");
        self.query(&format!("SELECT * FROM {parts}")).fetch()?.only_row()
    }

    /// Some of what is wrong, as the name of the problem, `k0`, `k1` and so on, and `detail`.
    pub(crate) fn samples(&self) -> Query {
        let keys = self.keys("");
        let limit = self.settings.sample_rows;
        let told = |problems: Vec<(String, String, String)>| {
            let structs = problems.into_iter().map(|(name, condition, detail)| {
                format!("STRUCT('{name}' AS problem, {condition} AS is_wrong, {detail} AS detail)")
            });
            structs.collect::<Vec<_>>().join(", ")
        };
        let groups = GROUP_PROBLEMS.map(|(name, condition)| (name.to_owned(), condition.to_owned(), "seen".to_owned()));
        let of = |from: &str, structs: String| {
            format!("SELECT problem, {keys}, detail FROM {from}, UNNEST([{structs}]) AS found WHERE is_wrong")
        };
        let mut rows = vec![of("assay_groups", told(groups.to_vec()))];
        let sides = self.side_problems();
        if !sides.is_empty() {
            rows.push(of("assay_sides", told(sides)));
        }
        if self.settings.expected_sql.is_some() {
            let missing = self.missing_groups();
            rows.push(format!("SELECT 'missing_group' AS problem, {keys}, '' AS detail FROM ({missing}) AS m"));
        }
        let rows = rows.join(" UNION ALL ");
        self.query(&format!(
            "SELECT problem, {keys}, detail FROM (SELECT *, ROW_NUMBER() OVER (PARTITION BY problem ORDER BY {keys}, \
             detail) AS place FROM ({rows}) AS w) AS p WHERE place <= {limit} ORDER BY problem, {keys}, detail"
        ))
    }

    fn query(&self, select: &str) -> Query {
        let context = self.context;
        let sql = format!("WITH {} {select}", self.tables().join(", "));
        let statement = query(self.source, sql).bind("sides", self.settings.sides).about(context);
        let statement = match self.settings.lookback_days.map(|days| context.last_days(days)) {
            Some((start, end)) => statement.bind_if_named("start", start).bind_if_named("end", end),
            None => statement,
        };
        let tolerances = self.settings.mirror.iter().enumerate();
        tolerances
            .fold(statement, |statement, (rule, mirror)| statement.bind(&format!("tolerance_{rule}"), mirror.tolerance))
    }

    /// What the statements are made of. The operator's own statement comes first: it sees none of the others.
    fn tables(&self) -> Vec<String> {
        let keys = self.keys("");
        let mut tables = Vec::new();
        if let Some(sql) = &self.settings.expected_sql {
            let columns = self.group_columns();
            tables.push(format!("assay_expected AS (SELECT {columns} FROM (\n{sql}\n) AS e)"));
        }
        tables.push(format!("assay_rows AS (SELECT {} FROM {})", self.columns(), self.scope.rows()));
        tables.push(format!("assay_sides AS ({})", self.sides()));
        let sides = self.side_problems();
        let counts = sides.iter().map(|(name, condition, _)| format!(", COUNTIF({condition}) AS {name}"));
        tables.push(format!(
            "assay_groups AS (SELECT {keys}, COUNT(*) AS row_count, COUNT(DISTINCT side) AS side_count, \
             STRING_AGG(CAST(side AS STRING), ', ' ORDER BY CAST(side AS STRING) LIMIT 8) AS seen{} \
             FROM assay_sides GROUP BY {keys})",
            counts.collect::<String>()
        ));
        tables
    }

    /// The columns that are needed, under names that do not clash.
    fn columns(&self) -> String {
        let mut columns = vec![self.group_columns(), format!("{} AS side", self.settings.side_column)];
        columns.extend(self.settings.opponent_column.iter().map(|column| format!("{column} AS opponent")));
        for (rule, Mirror { column, opponent_column, mirror_table, .. }) in self.settings.mirror.iter().enumerate() {
            columns.push(format!("{column} AS own_{rule}"));
            if mirror_table.is_none() {
                columns.push(format!("{opponent_column} AS against_{rule}"));
            }
        }
        columns.join(", ")
    }

    /// Each row that names a group and a side, with what the other side of its group says: its number, here or in
    /// another table, as the least and the greatest of `count_n` values.
    fn sides(&self) -> String {
        let keys = self.keys("");
        let complete = self.each(" AND ", |key| format!("{key} IS NOT NULL"));
        let (mut here, mut elsewhere, mut joins) = (String::new(), String::new(), String::new());
        for (rule, mirror) in self.settings.mirror.iter().enumerate() {
            let Some(table) = &mirror.mirror_table else {
                here += &format!(
                    ", IF(ROW_NUMBER() OVER o = 1, LEAD(against_{rule}) OVER o, LAG(against_{rule}) OVER o) \
                     AS facing_{rule}"
                );
                continue;
            };
            let (groups, side, column) = (self.group_columns(), &self.settings.side_column, &mirror.opponent_column);
            let same = self.each(" AND ", |key| format!("m{rule}.{key} = s.{key}"));
            elsewhere += &format!(
                ", m{rule}.least AS least_{rule}, m{rule}.greatest AS greatest_{rule}, \
                 m{rule}.row_count AS rows_{rule}, m{rule}.value_count AS values_{rule}"
            );
            joins += &format!(
                " LEFT JOIN (SELECT {keys}, side, MIN(facing) AS least, MAX(facing) AS greatest, \
                 COUNT(*) AS row_count, COUNT(facing) AS value_count \
                 FROM (SELECT {groups}, {side} AS side, {column} AS facing FROM {table}) AS f \
                 GROUP BY {keys}, side) AS m{rule} ON {same} AND m{rule}.side = s.opposite"
            );
        }
        format!(
            "SELECT s.*{elsewhere} FROM (SELECT *, \
             COUNT(*) OVER g = 2 AND MIN(side) OVER g <> MAX(side) OVER g AS is_pair, \
             IF(side = MIN(side) OVER g, MAX(side) OVER g, MIN(side) OVER g) AS opposite{here} \
             FROM assay_rows WHERE {complete} AND side IS NOT NULL \
             WINDOW g AS (PARTITION BY {keys}), o AS (PARTITION BY {keys} ORDER BY side)) AS s{joins}"
        )
    }

    /// What can be wrong with a side of a group that has both: its name, when it is so, and what shows it.
    fn side_problems(&self) -> Vec<(String, String, String)> {
        let mut found = Vec::new();
        for problem in problems(self.settings).into_iter().filter(|problem| problem.is_of_sides()) {
            let (condition, detail) = match problem.rule {
                None => (
                    "NOT COALESCE(opponent = opposite, FALSE)".to_owned(),
                    format!("CONCAT({}, ' names ', {})", told("side"), told("opponent")),
                ),
                Some(rule) => {
                    let is_elsewhere = self.settings.mirror.get(rule).is_some_and(|rule| rule.mirror_table.is_some());
                    mirror_problem(problem.code, rule, is_elsewhere)
                }
            };
            found.push((problem.name(), format!("is_pair AND {condition}"), detail));
        }
        found
    }

    /// Groups that must be there, and are not.
    fn missing_groups(&self) -> String {
        let same = self.each(" AND ", |key| format!("e.{key} = g.{key}"));
        let keys = self.keys("e.");
        format!("SELECT {keys} FROM assay_expected AS e LEFT JOIN assay_groups AS g ON {same} WHERE g.k0 IS NULL")
    }

    /// The columns of a group as `k0`, `k1` and so on.
    fn group_columns(&self) -> String {
        let columns = self.settings.group_columns.iter().enumerate();
        columns.map(|(index, column)| format!("{column} AS k{index}")).collect::<Vec<_>>().join(", ")
    }

    /// The columns of a group by their short names, of a table.
    fn keys(&self, table: &str) -> String {
        self.each(", ", |key| format!("{table}{key}"))
    }

    /// Something for each column of a group, joined.
    fn each(&self, separator: &str, write: impl Fn(&str) -> String) -> String {
        let keys = (0..self.settings.group_columns.len()).map(|index| write(&format!("k{index}")));
        keys.collect::<Vec<_>>().join(separator)
    }
}

/// What can be wrong with a group as a whole, and when it is so.
const GROUP_PROBLEMS: [(&str, &str); 3] = [
    ("missing_side", "side_count < @sides"),
    ("surplus_side", "side_count > @sides"),
    ("duplicate_side", "row_count > side_count"),
];

/// When a mirror rule is broken in one of its ways, and what shows it.
fn mirror_problem(code: &str, rule: usize, is_elsewhere: bool) -> (String, String) {
    let own = format!("own_{rule}");
    let (least, greatest) = if is_elsewhere {
        (format!("least_{rule}"), format!("greatest_{rule}"))
    } else {
        (format!("facing_{rule}"), format!("facing_{rule}"))
    };
    let detail = format!("CONCAT({}, ': ', {}, ' and ', {})", told("side"), told(&own), told(&greatest));
    let is_null = if is_elsewhere {
        // Without a row it is another matter.
        format!("rows_{rule} IS NOT NULL AND ({own} IS NULL OR values_{rule} < rows_{rule})")
    } else {
        format!("({own} IS NULL OR {greatest} IS NULL)")
    };
    let condition = match code {
        "mirror_missing" => format!("rows_{rule} IS NULL"),
        "mirror_null" => is_null,
        // Not a number is at no distance, which is not near. What is null is told as such.
        _ => format!(
            "NOT COALESCE(ABS({own} - {least}) <= @tolerance_{rule} \
             AND ABS({own} - {greatest}) <= @tolerance_{rule}, TRUE)"
        ),
    };
    (condition, detail)
}

/// A value as text, also where there is none.
fn told(value: &str) -> String {
    format!("COALESCE(CAST({value} AS STRING), 'null')")
}
