//! From the text of a file of cases to what a rig can run. Pure.

use std::collections::BTreeMap;
use std::ops::Range;
use std::path::Path;
use std::sync::Arc;

use jiff::Timestamp;
use jiff::civil::Date;
use jiff::tz::TimeZone;
use serde_json::{Map, Value as Json};
use toml::Spanned;
use toml::de::{DeTable, DeValue};

use super::authored;
use super::{Case, CaseContext, Expected, Fixture};
use crate::config::sections::{Section, kind_of, section, syntax_problems};
use crate::config::suggest::did_you_mean;
use crate::config::validated::{Problems, limits, settings_json, time_zone_of};
use crate::config::value::{all_or_none, parse, text, word};
use crate::config::{ConfigError, ConfigProblem};
use crate::model::{CheckName, LimitRequest, Reason, SourceName, Status};
use crate::source::{TableName, TablePattern};

/// What the source is called when nothing is said.
const SOURCE: &str = "local";

/// The cases of a file.
pub(super) fn cases(path: &Path, text: String) -> Result<Vec<Case>, ConfigError> {
    let text: Arc<str> = text.into();
    let invalid = |problems| ConfigError::invalid_file("file of cases", path, Arc::clone(&text), problems);
    let (document, errors) = DeTable::parse_recoverable(&text);
    if !errors.is_empty() {
        return Err(invalid(syntax_problems(&text, &errors)));
    }
    let mut document = document.into_inner();
    let mut problems = Vec::new();
    let items = document.remove("case");
    let parts = Parts::taken(&mut document);
    let root = Spanned::new(0..0, DeValue::Table(document));
    let file = section::<authored::File>(&root, &path.display().to_string(), &mut problems);
    let defaults = file.and_then(|file| Defaults::read(&file, &parts, path, &mut problems));
    let items = case_items(items.as_ref(), &mut problems);
    let read: Vec<_> = items.iter().map(|item| one(item, path, &text, defaults.as_ref(), &mut problems)).collect();
    names_are_unique(&read, &text, &mut problems);
    match read.into_iter().collect::<Option<Vec<Case>>>() {
        Some(cases) if problems.is_empty() => Ok(cases),
        Some(_) | None => Err(invalid(problems)),
    }
}

/// What is read on its own, for it stands both in the file and in its cases.
struct Parts<'a> {
    tables: Option<Spanned<DeValue<'a>>>,
    context: Option<Spanned<DeValue<'a>>>,
}

impl<'a> Parts<'a> {
    fn taken(table: &mut DeTable<'a>) -> Self {
        Self { tables: table.remove("tables"), context: table.remove("context") }
    }
}

/// What a file says for all of its cases.
struct Defaults {
    tables: BTreeMap<TableName, Fixture>,
    settings: Map<String, Json>,
    context: PartialContext,
    limits: Vec<LimitRequest>,
    grants: Option<Vec<TablePattern>>,
    source: SourceName,
}

impl Defaults {
    fn read(file: &Section<authored::File>, parts: &Parts<'_>, path: &Path, problems: &mut Problems) -> Option<Self> {
        let authored::File { settings, limits: asked, grants: granted, source } = &file.value;
        let tables = tables(parts.tables.as_ref(), path, problems);
        let context = PartialContext::read(parts.context.as_ref(), problems);
        let settings = settings_of(settings.as_ref(), problems);
        let limits = limits(asked.as_ref(), problems);
        let grants = grants(granted.as_ref(), problems);
        let source = match source {
            Some(source) => parse(source, "for example `source = \"warehouse\"`", problems),
            None => SOURCE.parse().ok(),
        };
        Some(Self {
            tables: tables?,
            settings: settings?,
            context: context?,
            limits: limits?,
            grants: grants?,
            source: source?,
        })
    }
}

/// The items of `[[case]]`.
fn case_items<'a, 'b>(
    items: Option<&'b Spanned<DeValue<'a>>>,
    problems: &mut Problems,
) -> Vec<&'b Spanned<DeValue<'a>>> {
    const EXAMPLE: &str = "begin each case with `[[case]]`, in double brackets, and give it `name` and `expect`";
    let found = match items {
        Some(items) => match items.get_ref().as_array() {
            Some(list) if !list.is_empty() => return list.iter().collect(),
            Some(_) => ConfigProblem::at(items.span(), "there are no cases"),
            None => {
                let found = kind_of(items.get_ref());
                ConfigProblem::at(items.span(), format!("`case` must be a list of cases, not {found}"))
            }
        },
        None => ConfigProblem::of_file("there are no cases"),
    };
    problems.push(found.hint(EXAMPLE));
    Vec::new()
}

fn one(
    item: &Spanned<DeValue<'_>>,
    path: &Path,
    text_of_file: &str,
    defaults: Option<&Defaults>,
    problems: &mut Problems,
) -> Option<Case> {
    let mut item = item.clone();
    let parts = match item.get_mut() {
        DeValue::Table(table) => Parts::taken(table),
        _ => Parts { tables: None, context: None },
    };
    let section: Section<authored::Case> = section(&item, "[[case]]", problems)?;
    let authored::Case { name, about, expect, reason, settings, limits: asked, grants: granted } = &section.value;
    let name = section.required("name", name.as_ref(), problems);
    let name: Option<CheckName> = name.and_then(|name| parse(name, "for example `three-days-missing`", problems));
    let about = about.as_ref().map(|about| text(about, "`about`", problems));
    let expect = section.required("expect", expect.as_ref(), problems);
    let status =
        expect.and_then(|expect| word(expect, "status", Status::ALL.map(|status| (status.as_str(), status)), problems));
    let reason = all_or_none(reason.as_ref().map(|reason| reason_of(reason, status, problems)));
    let own_tables = tables(parts.tables.as_ref(), path, problems);
    let own_context = PartialContext::read(parts.context.as_ref(), problems);
    let own_settings = settings_of(settings.as_ref(), problems);
    let own_limits = limits(asked.as_ref(), problems);
    let own_grants = grants(granted.as_ref(), problems);
    let defaults = defaults?;
    let context = own_context?.over(&defaults.context, item.span(), problems);
    let mut tables = defaults.tables.clone();
    tables.extend(own_tables?);
    let mut settings = defaults.settings.clone();
    settings.extend(own_settings?);
    let grants = own_grants?.or_else(|| defaults.grants.clone());
    let grants = grants.unwrap_or_else(|| tables.keys().filter_map(|table| table.to_string().parse().ok()).collect());
    let name = name?;
    let stem = path.file_stem().unwrap_or_default().to_string_lossy();
    Some(Case {
        id: format!("{stem}/{name}"),
        name: name.to_string(),
        about: all_or_none(about)?,
        file: path.to_owned(),
        line: line_of(text_of_file, item.span().start),
        expect: Expected { status: status?, reason: reason? },
        tables: tables.into_iter().collect(),
        settings: Json::Object(settings).to_string(),
        context: context?,
        limits: defaults.limits.iter().copied().chain(own_limits?).collect(),
        grants,
        source: defaults.source.clone(),
    })
}

fn line_of(text: &str, at: usize) -> usize {
    text.bytes().take(at).filter(|byte| *byte == b'\n').count() + 1
}

fn reason_of(reason: &Spanned<String>, status: Option<Status>, problems: &mut Problems) -> Option<Reason> {
    let found = word(reason, "reason", Reason::ALL.map(|reason| (reason.as_str(), reason)), problems);
    if status.is_some_and(|status| status != Status::Error) {
        problems.push(
            ConfigProblem::at(reason.span(), "only an error has a reason")
                .hint("leave it out, or write `expect = \"error\"`"),
        );
    }
    found
}

fn names_are_unique(cases: &[Option<Case>], text: &str, problems: &mut Problems) {
    let mut seen: BTreeMap<&str, usize> = BTreeMap::new();
    for case in cases.iter().flatten() {
        if let Some(first) = seen.insert(&case.name, case.line) {
            let start = text.split_inclusive('\n').take(case.line - 1).map(str::len).sum::<usize>();
            let message = format!("there is already a case `{}` (line {first})", case.name);
            problems.push(ConfigProblem::at(start..start, message).hint("give each case a name of its own"));
        }
    }
}

fn settings_of(table: Option<&Spanned<toml::Table>>, problems: &mut Problems) -> Option<Map<String, Json>> {
    let Some(table) = table else { return Some(Map::new()) };
    match settings_json(table.get_ref(), |_| table.span(), problems)? {
        Json::Object(settings) => Some(settings),
        _ => None,
    }
}

fn grants(
    granted: Option<&Spanned<Vec<Spanned<String>>>>,
    problems: &mut Problems,
) -> Option<Option<Vec<TablePattern>>> {
    let Some(granted) = granted else { return Some(None) };
    let hint = "for example `orders`, `player_*` or `analytics.*`";
    let patterns: Vec<_> = granted.get_ref().iter().map(|pattern| parse(pattern, hint, problems)).collect();
    patterns.into_iter().collect::<Option<Vec<_>>>().map(Some)
}

fn tables(
    written: Option<&Spanned<DeValue<'_>>>,
    path: &Path,
    problems: &mut Problems,
) -> Option<BTreeMap<TableName, Fixture>> {
    let Some(written) = written else { return Some(BTreeMap::new()) };
    let Some(table) = written.get_ref().as_table() else {
        let message = format!("`tables` must be a table of tables, not {}", kind_of(written.get_ref()));
        problems.push(
            ConfigProblem::at(written.span(), message)
                .hint("for example `tables = { orders = \"fixtures/orders.csv\" }`"),
        );
        return None;
    };
    let read: Vec<_> = table
        .iter()
        .map(|(key, value)| {
            // A table of a dataset has both names in its key: `"league.games" = …`.
            let name = TableName::new(key.get_ref().split('.').map(str::to_owned).collect());
            Some((name.clone(), fixture(&name, key.span(), value, path, problems)?))
        })
        .collect();
    read.into_iter().collect()
}

fn fixture(
    name: &TableName,
    place: Range<usize>,
    value: &Spanned<DeValue<'_>>,
    path: &Path,
    problems: &mut Problems,
) -> Option<Fixture> {
    let relative = |file: &str| path.parent().unwrap_or_else(|| Path::new(".")).join(file);
    if let Some(file) = value.get_ref().as_str() {
        return existing(file, value.span(), relative, problems);
    }
    let heading = format!("tables.{name}");
    let section: Section<authored::Table> = section(value, &heading, problems)?;
    let authored::Table { file, csv, ndjson, sql, columns, values } = section.value;
    match (file, csv, ndjson, sql, columns, values) {
        (Some(file), None, None, None, None, None) => existing(file.get_ref(), file.span(), relative, problems),
        (None, Some(csv), None, None, None, None) => Some(Fixture::Csv(csv.into_inner())),
        (None, None, Some(ndjson), None, None, None) => Some(Fixture::Ndjson(ndjson.into_inner())),
        (None, None, None, Some(sql), None, None) => Some(Fixture::Sql(sql.into_inner())),
        (None, None, None, None, Some(columns), Some(values)) => {
            let columns: Vec<_> = columns.get_ref().iter().map(|column| column.get_ref().as_str()).collect();
            Some(Fixture::Sql(rows(&columns, values.get_ref().trim())))
        }
        _ => {
            problems.push(
                ConfigProblem::at(place, format!("`{heading}` does not say in one way where its rows come from"))
                    .hint("give it one of `file`, `csv`, `ndjson` and `sql`, or both `columns` and `values`"),
            );
            None
        }
    }
}

/// A statement whose answer are the rows of `values`.
fn rows(columns: &[&str], values: &str) -> String {
    match columns {
        // `(1)` is no STRUCT of one field, but a number.
        [only] if only.contains(' ') => {
            let (name, kind) = only.split_once(' ').unwrap_or_default();
            format!("SELECT {name} FROM UNNEST(ARRAY<{kind}>[{values}]) AS {name}")
        }
        columns => format!("SELECT * FROM UNNEST(ARRAY<STRUCT<{}>>[{values}])", columns.join(", ")),
    }
}

/// A path to something that is there.
fn existing(
    file: &str,
    place: Range<usize>,
    relative: impl Fn(&str) -> std::path::PathBuf,
    problems: &mut Problems,
) -> Option<Fixture> {
    let path = relative(file);
    if path.exists() {
        return Some(Fixture::Path(path));
    }
    let folder = path.parent().unwrap_or_else(|| Path::new("."));
    let beside: Vec<String> = fs_err::read_dir(folder)
        .map(|entries| entries.flatten().map(|entry| entry.file_name().to_string_lossy().into_owned()).collect())
        .unwrap_or_default();
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    let hint = match beside.is_empty() {
        true => "paths are relative to the folder of this file".to_owned(),
        false => did_you_mean(&name, "beside it there are", beside.iter().map(String::as_str)),
    };
    problems.push(ConfigProblem::at(place, format!("there is no `{}`", path.display())).hint(hint));
    None
}

/// Time and place, as far as they are written.
#[derive(Default, Clone)]
struct PartialContext {
    date: Option<Date>,
    time_zone: Option<TimeZone>,
    scheduled_for: Option<Timestamp>,
    attempt: Option<u32>,
    seed: Option<u64>,
}

impl PartialContext {
    fn read(written: Option<&Spanned<DeValue<'_>>>, problems: &mut Problems) -> Option<Self> {
        let Some(written) = written else { return Some(Self::default()) };
        let section: Section<authored::Context> = section(written, "[context]", problems)?;
        let authored::Context { date, timezone, scheduled_for, attempt, seed } = section.value;
        let date = date.map(|date| instant_like(&date, "a day", "for example `date = \"2026-01-30\"`", problems));
        let time_zone = timezone.map(|zone| time_zone_of(&zone, problems));
        let scheduled_for = scheduled_for.map(|instant| {
            let hint = "with an offset, for example `scheduled_for = \"2026-01-31T06:00:00Z\"`";
            instant_like(&instant, "an instant", hint, problems)
        });
        let attempt = attempt.map(|attempt| match *attempt.get_ref() {
            0 => {
                problems.push(ConfigProblem::at(attempt.span(), "attempts begin with 1").hint("leave it out for 1"));
                None
            }
            attempt => Some(attempt),
        });
        Some(Self {
            date: all_or_none(date)?,
            time_zone: all_or_none(time_zone)?,
            scheduled_for: all_or_none(scheduled_for)?,
            attempt: all_or_none(attempt)?,
            seed: seed.map(Spanned::into_inner),
        })
    }

    fn over(self, defaults: &Self, case: Range<usize>, problems: &mut Problems) -> Option<CaseContext> {
        let defaults = defaults.clone();
        let Some(date) = self.date.or(defaults.date) else {
            problems.push(
                ConfigProblem::at(
                    case,
                    "the case says for which day it runs neither itself nor at the top of the file",
                )
                .hint("add `[context]` with `date = \"2026-01-30\"`: a check never asks for today"),
            );
            return None;
        };
        Some(CaseContext {
            date,
            time_zone: self.time_zone.or(defaults.time_zone).unwrap_or(TimeZone::UTC),
            scheduled_for: self.scheduled_for.or(defaults.scheduled_for),
            attempt: self.attempt.or(defaults.attempt).unwrap_or(1),
            seed: self.seed.or(defaults.seed).unwrap_or(0),
        })
    }
}

/// A day or an instant, as text or as TOML's own.
fn instant_like<T: std::str::FromStr>(
    written: &Spanned<toml::Value>,
    what: &str,
    hint: &str,
    problems: &mut Problems,
) -> Option<T> {
    let text = match written.get_ref() {
        toml::Value::String(text) => text.clone(),
        other => other.to_string(),
    };
    let parsed = text.parse().ok();
    if parsed.is_none() {
        problems.push(ConfigProblem::at(written.span(), format!("`{text}` is not {what}")).hint(hint));
    }
    parsed
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Result<Vec<Case>, Vec<String>> {
        cases(Path::new("tests/gaps.toml"), text.to_owned()).map_err(|error| match error {
            ConfigError::Invalid { problems, .. } => {
                problems.iter().map(|p| format!("{} | {}", p.message(), p.advice().unwrap_or_default())).collect()
            }
            other => vec![other.to_string()],
        })
    }

    const DEFAULTS: &str = r#"
[settings]
table = "events"
days = 7
[context]
date = 2026-01-30
timezone = "America/New_York"
[limits]
queries = 2
[tables.events]
csv = "id\n1\n"
"#;

    #[test]
    fn a_case_adds_to_the_file_and_wins() {
        let text = format!(
            "{DEFAULTS}[[case]]\nname = \"plain\"\nexpect = \"pass\"\n[[case]]\nname = \"other\"\nexpect = \"error\"\nreason = \"denied\"\n\
             settings.days = 3\ntables.\"league.games\".ndjson = '{{}}'\ntables.two.columns = [\"id INT64\"]\ntables.two.values = \"(1), (2)\"\n\
             context.date = \"2026-02-01\"\nlimits.queries = 9\ngrants = [\"league.*\"]\n"
        );
        let cases = read(&text).unwrap();
        let [plain, other] = cases.as_slice() else { panic!("{cases:?}") };
        assert_eq!((plain.id.as_str(), plain.line), ("gaps/plain", 12));
        assert_eq!(plain.settings, r#"{"days":7,"table":"events"}"#);
        assert_eq!(plain.tables, [(TableName::new(vec!["events".to_owned()]), Fixture::Csv("id\n1\n".to_owned()))]);
        assert_eq!(plain.grants.iter().map(ToString::to_string).collect::<Vec<_>>(), ["events"]);
        assert_eq!(plain.context.time_zone.iana_name(), Some("America/New_York"));
        assert_eq!(other.settings, r#"{"days":3,"table":"events"}"#);
        assert_eq!(other.expect, Expected { status: Status::Error, reason: Some(Reason::Denied) });
        assert_eq!(other.context.date, jiff::civil::date(2026, 2, 1));
        assert_eq!(other.limits.iter().map(|limit| limit.value).collect::<Vec<_>>(), [2, 9], "the last one holds");
        let tables: Vec<_> = other.tables.iter().map(|(name, fixture)| (name.to_string(), fixture.clone())).collect();
        let values = Fixture::Sql("SELECT id FROM UNNEST(ARRAY<INT64>[(1), (2)]) AS id".to_owned());
        assert_eq!(
            tables,
            [
                ("events".to_owned(), Fixture::Csv("id\n1\n".to_owned())),
                ("league.games".to_owned(), Fixture::Ndjson("{}".to_owned())),
                ("two".to_owned(), values),
            ]
        );
        assert_eq!(other.grants.iter().map(ToString::to_string).collect::<Vec<_>>(), ["league.*"]);
    }

    #[test]
    fn everything_that_is_wrong_is_told_at_once() {
        let told = read(
            "[tables]\na = \"fixtures/nothing.csv\"\nb = { csv = \"x\", sql = \"SELECT 1\" }\n[settings]\nx = inf\n\
             [[case]]\nname = \"one\"\nexpct = \"pass\"\n[[case]]\nname = \"two\"\nexpect = \"green\"\nreason = \"denid\"\n",
        )
        .unwrap_err();
        for part in [
            "there is no `tests/fixtures/nothing.csv`",
            "`tables.b` does not say in one way where its rows come from | give it one of",
            "`inf` is not a number that a plugin can read",
            "unknown key `expct` in `[[case]]` | did you mean `expect`?",
            "there is no status `green`",
            "there is no reason `denid` | did you mean `denied`?",
        ] {
            assert!(told.iter().any(|line| line.contains(part)), "{part}: {told:#?}");
        }
    }

    #[test]
    fn a_case_has_a_day_and_a_name_of_its_own() {
        let told = read("[[case]]\nname = \"a\"\nexpect = \"pass\"\n").unwrap_err();
        assert!(told[0].contains("for which day it runs") && told[0].contains("never asks for today"), "{told:?}");
        let twice = format!("{DEFAULTS}{0}{0}", "[[case]]\nname = \"a\"\nexpect = \"pass\"\n");
        assert_eq!(
            read(&twice).unwrap_err(),
            ["there is already a case `a` (line 12) | give each case a name of its own"]
        );
        let none = read("[settings]\n").unwrap_err();
        assert!(none[0].starts_with("there are no cases | begin each case with `[[case]]`"), "{none:?}");
        let contradiction = format!("{DEFAULTS}[[case]]\nname = \"a\"\nexpect = \"pass\"\nreason = \"denied\"\n");
        assert!(read(&contradiction).unwrap_err()[0].starts_with("only an error has a reason"));
    }
}
