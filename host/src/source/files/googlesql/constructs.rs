//! What of GoogleSQL's syntax is supported, besides functions, and what is not.

/// Something that is written in a way of its own.
#[derive(Debug)]
pub(super) struct Construct {
    /// What it is called, in upper case.
    pub(super) name: &'static str,
    /// How it is written.
    pub(super) syntax: &'static str,
    /// What differs from BigQuery or is not obvious; empty for nothing.
    pub(super) note: &'static str,
}

const fn plain(name: &'static str, syntax: &'static str) -> Construct {
    Construct { name, syntax, note: "" }
}

const fn noted(name: &'static str, syntax: &'static str, note: &'static str) -> Construct {
    Construct { name, syntax, note }
}

/// Constructs under the heading of their chapter.
pub(super) const CHAPTERS: &[(&str, &[Construct])] = &[
    ("Queries", QUERIES),
    ("Relations", RELATIONS),
    ("Operators", OPERATORS),
    ("Expressions", EXPRESSIONS),
    ("Literals and parameters", LITERALS),
];

const QUERIES: &[Construct] = &[
    plain("SELECT *", "SELECT *, SELECT t.*"),
    plain("SELECT * EXCEPT", "SELECT * EXCEPT (a, b)"),
    plain("SELECT * REPLACE", "SELECT * REPLACE (x AS a)"),
    plain("SELECT DISTINCT", "SELECT DISTINCT a, b"),
    plain("SELECT AS STRUCT", "SELECT AS STRUCT a, b"),
    noted("SELECT AS VALUE", "SELECT AS VALUE STRUCT(a AS x)", "Outermost, the fields are the columns."),
    noted("ANONYMOUS COLUMNS", "SELECT COUNT(*), x + 1", "Columns without a name are called `f0_`, `f1_`..."),
    noted("CASE INSENSITIVITY", "SELECT Id FROM t", "Names of columns and aliases have no case; names of tables have."),
    noted(
        "WITH",
        "WITH a AS (...), b AS (...) SELECT ...",
        "A name is written as where it is defined, and defined once.",
    ),
    plain("WITH RECURSIVE", "WITH RECURSIVE n AS (... UNION ALL ...) SELECT ..."),
    plain("WHERE", "WHERE condition"),
    plain("GROUP BY", "GROUP BY a, 2, alias"),
    plain("GROUP BY ALL", "GROUP BY ALL"),
    plain("ROLLUP", "GROUP BY ROLLUP (a, b)"),
    plain("CUBE", "GROUP BY CUBE (a, b)"),
    plain("GROUPING SETS", "GROUP BY GROUPING SETS (a, (a, b), ())"),
    plain("HAVING", "HAVING COUNT(*) > 1"),
    plain("QUALIFY", "QUALIFY ROW_NUMBER() OVER (...) = 1"),
    plain("WINDOW", "WINDOW w AS (PARTITION BY a), v AS (w ORDER BY b)"),
    plain("WINDOW FRAME", "ROWS BETWEEN 2 PRECEDING AND CURRENT ROW, RANGE ..."),
    plain("ORDER BY", "ORDER BY a DESC, 2"),
    plain("NULLS FIRST", "ORDER BY a NULLS FIRST"),
    plain("NULLS LAST", "ORDER BY a NULLS LAST"),
    plain("LIMIT", "LIMIT 10"),
    plain("OFFSET", "LIMIT 10 OFFSET 5"),
    plain("UNION ALL", "... UNION ALL ..."),
    plain("UNION DISTINCT", "... UNION DISTINCT ..."),
    plain("EXCEPT DISTINCT", "... EXCEPT DISTINCT ..."),
    plain("INTERSECT DISTINCT", "... INTERSECT DISTINCT ..."),
];

const RELATIONS: &[Construct] = &[
    plain("JOIN", "a JOIN b ON ..."),
    plain("LEFT JOIN", "a LEFT JOIN b ON ..."),
    plain("RIGHT JOIN", "a RIGHT JOIN b ON ..."),
    plain("FULL JOIN", "a FULL JOIN b ON ..."),
    plain("CROSS JOIN", "a CROSS JOIN b, also `a, b`"),
    noted("USING", "a JOIN b USING (id)", "With RIGHT and FULL JOIN name the columns: `SELECT *` is an error."),
    noted("UNNEST", "FROM UNNEST([1, 2]) AS x", "Of structs, the fields are columns."),
    plain("WITH OFFSET", "FROM UNNEST(array) AS x WITH OFFSET AS at"),
    noted(
        "CORRELATED UNNEST",
        "FROM t, UNNEST(t.items) AS item; LEFT JOIN UNNEST(t.items) AS item",
        "In FROM. A subquery over an array of the query around it is refused.",
    ),
    plain("IMPLICIT UNNEST", "FROM t, t.items AS item"),
    plain("QUOTED IDENTIFIERS", "`project.dataset.table`, `a column`"),
];

const OPERATORS: &[Construct] = &[
    noted("+", "x + y, date + 1, timestamp + INTERVAL 1 HOUR", "A result beyond its type is an error."),
    plain("-", "x - y, date - 1, timestamp - INTERVAL 1 HOUR, -x"),
    plain("*", "x * y"),
    noted("/", "x / y", "Of integers it is a FLOAT64; by zero it is an error."),
    plain("||", "text || text, bytes || bytes, array || array"),
    plain("&", "x & y"),
    plain("|", "x | y"),
    plain("^", "x ^ y"),
    plain("~", "~x"),
    plain("<<", "x << n"),
    plain(">>", "x >> n"),
    noted("=", "x = y", "What is not a number is equal to nothing."),
    plain("!=", "x != y, x <> y"),
    plain("<", "x < y, x <= y"),
    plain(">", "x > y, x >= y"),
    plain("AND", "a AND b"),
    plain("OR", "a OR b"),
    plain("NOT", "NOT a"),
    plain("IS NULL", "x IS [NOT] NULL"),
    plain("IS TRUE", "a IS [NOT] TRUE"),
    plain("IS FALSE", "a IS [NOT] FALSE"),
    plain("IS DISTINCT FROM", "x IS [NOT] DISTINCT FROM y"),
    plain("BETWEEN", "x [NOT] BETWEEN y AND z"),
    plain("LIKE", "text [NOT] LIKE 'a%'"),
    plain("LIKE ANY", "text LIKE ANY ('a%', 'b%')"),
    plain("IN", "x [NOT] IN (1, 2)"),
    plain("IN UNNEST", "x [NOT] IN UNNEST(array)"),
    plain("IN SUBQUERY", "x [NOT] IN (SELECT ...)"),
    plain("EXISTS", "EXISTS (SELECT ...)"),
];

const EXPRESSIONS: &[Construct] = &[
    plain("CASE", "CASE WHEN a THEN x ELSE y END, CASE x WHEN 1 THEN ... END"),
    plain("IF", "IF(condition, x, y)"),
    plain("IFNULL", "IFNULL(x, y)"),
    plain("NULLIF", "NULLIF(x, y)"),
    plain("COALESCE", "COALESCE(x, y, ...)"),
    noted("CAST", "CAST(x AS type)", "Without FORMAT; of arrays and structs only literals."),
    plain("SAFE_CAST", "SAFE_CAST(x AS type)"),
    noted("SAFE.", "SAFE.PARSE_DATE(...)", "NULL in the place of an error of a value, for every function of a row."),
    plain("EXTRACT", "EXTRACT(part FROM x)"),
    noted("AT TIME ZONE", "EXTRACT(part FROM timestamp AT TIME ZONE 'Asia/Tokyo')", "Only there."),
    noted("INTERVAL", "INTERVAL 1 DAY", "As an argument, or behind `+` and `-`; not as a value."),
    plain("ERROR", "ERROR(message)"),
    plain("ARRAY LITERAL", "[1, 2], ARRAY<INT64>[]"),
    plain("ARRAY SUBSCRIPT", "array[OFFSET(0)], [SAFE_OFFSET(0)], [ORDINAL(1)], [SAFE_ORDINAL(1)]"),
    plain("ARRAY SUBQUERY", "ARRAY(SELECT x FROM ... ORDER BY ...)"),
    noted("STRUCT", "STRUCT(x AS a), STRUCT<a INT64>(1), s.a", "`s.*` is refused."),
    plain("SCALAR SUBQUERY", "(SELECT MAX(x) FROM t)"),
    noted(
        "CORRELATED SUBQUERY",
        "(SELECT MAX(x) FROM t WHERE t.id = u.id)",
        "By equality, as far as it can be made a join.",
    ),
];

const LITERALS: &[Construct] = &[
    noted(
        "STRING LITERAL",
        "'text', \"text\", '''text''', r'\\d'",
        "A raw text with a backslash before a quote is refused.",
    ),
    plain("BYTES LITERAL", "b'bytes', rb'\\d'"),
    plain("FLOAT64 LITERAL", "1.5, .5, 1e10"),
    plain("DATE LITERAL", "DATE '2026-01-31'"),
    plain("DATETIME LITERAL", "DATETIME '2026-01-31 10:00:00'"),
    plain("TIME LITERAL", "TIME '10:00:00'"),
    plain("TIMESTAMP LITERAL", "TIMESTAMP '2026-01-31 10:00:00 Europe/Berlin'"),
    plain("NUMERIC", "NUMERIC '1.5'"),
    noted("BIGNUMERIC", "BIGNUMERIC '1.5'", "Of at most 38 digits before the point."),
    noted(
        "NAMED PARAMETER",
        "@name",
        "INT64, FLOAT64, NUMERIC, STRING, BOOL, BYTES, DATE, DATETIME, TIMESTAMP and arrays.",
    ),
];

/// What is refused, and what to write in its place.
pub(super) const REFUSED: &[(&str, &str)] = &[
    ("`PIVOT`", "`COUNTIF(...)` or `SUM(IF(...))` for each column"),
    ("`UNPIVOT`", "`UNION ALL`"),
    ("`TABLESAMPLE`", "a filter: `MOD(id, 100) = 0`"),
    ("`FOR SYSTEM_TIME AS OF`", "nothing: a folder has no history"),
    ("wildcard tables, `_TABLE_SUFFIX`", "a folder partitioned by `key=value` is one table"),
    ("`INFORMATION_SCHEMA`", "`assay sources` lists the tables"),
    ("pipe syntax (`|>`)", "`SELECT ... FROM ...`"),
    ("functions that give another value at every call, such as `CURRENT_DATE()`", "the run's context as parameters"),
    ("`EXCEPT ALL`, `INTERSECT ALL`", "`ROW_NUMBER()` to tell equal rows apart"),
    ("a whole row as a value (`TO_JSON_STRING(t)`)", "`STRUCT(...)` of its columns"),
    ("all fields of a value (`s.*`)", "the fields by their names"),
    ("a subquery over an array of the query around it", "`FROM t, UNNEST(t.items) AS item ... GROUP BY`"),
    ("`ARRAY_AGG` and `STRING_AGG` with `OVER`", "a `GROUP BY` in a subquery"),
    ("`FILTER`, `WITHIN GROUP`", "the condition in the argument: `SUM(IF(condition, x, NULL))`"),
    (
        "`JSON`, `GEOGRAPHY`, `RANGE` and `INTERVAL` as types of values",
        "`STRING` with `JSON_VALUE`; dates with `DATE_DIFF`",
    ),
    ("user-defined functions, scripts and every other statement", "one `SELECT` or `WITH ... SELECT`"),
];
