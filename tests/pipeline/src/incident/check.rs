//! From what is written to what can be applied; everything that is wrong is told, not the first of it.

use std::collections::BTreeMap;

use jiff::civil::Date;
use jiff::{SignedDuration, Timestamp};
use serde_json::Value as Json;

use super::authored::{self, Authored};
use super::{Amount, Assign, Change, Incident, Insertion, Problem, Selection, Start, Test, What};
use crate::profile::Profile;
use crate::schema::Table;
use crate::value::{ColumnType, Value};

/// Stands for every table that has the columns a change names.
const EVERY_TABLE: &str = "*";
/// A name is offered as a hint when it is at least this similar.
const SIMILAR: f64 = 0.75;

/// The most similar of some names.
pub(super) fn nearest<'a>(name: &str, names: impl Iterator<Item = &'a str>) -> Option<String> {
    names
        .map(|other| (strsim::jaro_winkler(name, other), other))
        .filter(|(similarity, _)| *similarity >= SIMILAR)
        .max_by(|one, other| one.0.total_cmp(&other.0))
        .map(|(_, name)| name.to_owned())
}

pub(super) fn check(authored: Authored, tables: &[Table]) -> Result<Incident, Vec<Problem>> {
    let Authored { name, reference, about, original, profile, since, until, changes, expect } = authored;
    let mut checker = Checker { tables, problems: Vec::new() };
    let profile = checker.profile(&profile);
    let since = checker.instant("since", &since);
    let until = until.and_then(|until| checker.instant("until", &until));
    if let (Some(since), Some(until)) = (since, until)
        && until < since
    {
        checker.problem("until", "is before 'since'", None);
    }
    let changes: Vec<Change> = changes
        .into_iter()
        .enumerate()
        .flat_map(|(number, change)| checker.change(&format!("changes[{number}]"), change))
        .collect();
    match (profile, since) {
        (Some(profile), Some(since)) if checker.problems.is_empty() => {
            Ok(Incident { name, reference, about, original, profile, since, until, changes, expect })
        }
        _ => Err(checker.problems),
    }
}

struct Checker<'a> {
    tables: &'a [Table],
    problems: Vec<Problem>,
}

impl<'a> Checker<'a> {
    fn problem(&mut self, place: &str, problem: impl Into<String>, hint: Option<String>) {
        self.problems.push(Problem { place: place.to_owned(), problem: problem.into(), hint });
    }

    fn profile(&mut self, name: &str) -> Option<Profile> {
        let found = Profile::named(name);
        if found.is_none() {
            let known: Vec<&str> = Profile::ALL.iter().map(|profile| profile.name()).collect();
            self.problem("profile", format!("no profile '{name}'"), Some(format!("one of {}", known.join(", "))));
        }
        found
    }

    fn instant(&mut self, place: &str, text: &str) -> Option<Timestamp> {
        text.parse().map_err(|_| self.problem(place, format!("'{text}' is no instant"), Some(an_instant()))).ok()
    }

    fn duration(&mut self, place: &str, text: &str) -> Option<SignedDuration> {
        let wrong = |_| {
            self.problem(place, format!("'{text}' is no duration"), Some("such as 92m, -48h or 9m 44s".to_owned()));
        };
        text.parse().map_err(wrong).ok()
    }

    fn table(&mut self, place: &str, name: &str) -> Option<(usize, &'a Table)> {
        let found = self.tables.iter().enumerate().find(|(_, table)| table.name == name);
        if found.is_none() {
            let hint = nearest(name, self.tables.iter().map(|table| table.name.as_str()));
            self.problem(&format!("{place}.table"), format!("no table '{name}'"), hint.map(|name| did_you_mean(&name)));
        }
        found
    }

    fn column(&mut self, place: &str, table: &Table, name: &str) -> Option<usize> {
        let found = table.position(name);
        if found.is_none() {
            let hint = nearest(name, table.columns.iter().map(|column| column.name.as_str()));
            let problem = format!("no column '{name}' in '{}'", table.name);
            self.problem(place, problem, hint.map(|name| did_you_mean(&name)));
        }
        found
    }

    fn columns(&mut self, place: &str, table: &Table, names: &[String]) -> Vec<usize> {
        names.iter().filter_map(|name| self.column(place, table, name)).collect()
    }

    fn value(&mut self, place: &str, column_type: ColumnType, json: &Json) -> Option<Value> {
        let value = typed(column_type, json);
        if value.is_none() {
            self.problem(place, format!("{json} is no {}", column_type.name()), Some(example(column_type)));
        }
        value
    }

    /// The change for its table; for each table that has the columns when it names all of them.
    fn change(&mut self, place: &str, change: authored::Change) -> Vec<Change> {
        let (word, edit) = match change {
            authored::Change::Drop(edit) => ("drop", edit),
            authored::Change::Set(edit) => ("set", edit),
            authored::Change::Duplicate(edit) => ("duplicate", edit),
            authored::Change::Insert(insert) => {
                return self.insert(&format!("{place}.insert"), insert).into_iter().collect();
            }
            authored::Change::DropTable(drop) => {
                let table = self.table(&format!("{place}.drop_table"), &drop.table);
                return table.map(|(table, _)| Change { table, what: What::DropTable }).into_iter().collect();
            }
            authored::Change::RenameColumn(rename) => return self.rename(place, rename).into_iter().collect(),
            authored::Change::CastColumn(cast) => return self.cast(place, &cast).into_iter().collect(),
        };
        let place = format!("{place}.{word}");
        let tables: Vec<(usize, &Table)> = if edit.table == EVERY_TABLE {
            let named = |table: &&Table| {
                let mut names = edit.conditions.iter().map(|condition| &condition.column).chain(edit.values.keys());
                names.all(|name| table.position(name).is_some())
            };
            self.tables.iter().enumerate().filter(|(_, table)| named(table)).collect()
        } else {
            self.table(&place, &edit.table).into_iter().collect()
        };
        let changed = |(table, declared)| Some(Change { table, what: self.edit(word, &place, declared, &edit)? });
        tables.into_iter().filter_map(changed).collect()
    }

    fn edit(&mut self, word: &str, place: &str, table: &Table, edit: &authored::Edit) -> Option<What> {
        let selection = self.selection(place, table, edit);
        let values = self.values(&format!("{place}.values"), table, &edit.values, false);
        let selection = selection?;
        match word {
            "drop" if !edit.values.is_empty() => {
                self.problem(&format!("{place}.values"), "dropped rows have no values", Some("use 'set'".to_owned()));
                None
            }
            "drop" => Some(What::Drop(selection)),
            "set" if edit.values.is_empty() => {
                self.problem(
                    place,
                    "sets nothing",
                    Some("add 'values', such as { points: { constant: 0 } }".to_owned()),
                );
                None
            }
            "set" => Some(What::Set(selection, values)),
            _ => Some(What::Duplicate(selection, values)),
        }
    }

    fn selection(&mut self, place: &str, table: &Table, edit: &authored::Edit) -> Option<Selection> {
        let before = self.problems.len();
        let conditions = edit
            .conditions
            .iter()
            .enumerate()
            .filter_map(|(number, condition)| self.condition(&format!("{place}.where[{number}]"), table, condition))
            .collect();
        let groups = edit
            .groups
            .as_ref()
            .map(|groups| (self.columns(&format!("{place}.groups.by"), table, &groups.by), groups.count));
        let per = self.columns(&format!("{place}.per"), table, &edit.per);
        let amount = match (edit.share, edit.count) {
            (None, None) => Amount::All,
            (Some(share), None) if (0.0..=1.0).contains(&share) => Amount::Share(share),
            (Some(_), None) => {
                self.problem(&format!("{place}.share"), "is not between 0 and 1", None);
                Amount::All
            }
            (None, Some(count)) => Amount::Count(count),
            (Some(_), Some(_)) => {
                self.problem(place, "has both 'share' and 'count'", Some("keep one of them".to_owned()));
                Amount::All
            }
        };
        if !edit.per.is_empty() && matches!(amount, Amount::All) {
            self.problem(&format!("{place}.per"), "says of what each group has all", Some("add 'count'".to_owned()));
        }
        (self.problems.len() == before).then_some(Selection { conditions, groups, amount, per })
    }

    fn condition(&mut self, place: &str, table: &Table, condition: &authored::Condition) -> Option<(usize, Test)> {
        let authored::Condition { column, is, one_of, from, to, is_null } = condition;
        let position = self.column(&format!("{place}.column"), table, column)?;
        let column_type = table.columns[position].column_type;
        let mut value = |name: &str, json: &Json| self.value(&format!("{place}.{name}"), column_type, json);
        let test = match (is, one_of, from.is_some() || to.is_some(), is_null) {
            (Some(is), None, false, None) => Test::OneOf(vec![value("is", is)?]),
            (None, Some(values), false, None) => {
                Test::OneOf(values.iter().map(|json| value("in", json)).collect::<Option<_>>()?)
            }
            (None, None, true, None) => {
                let low = from.as_ref().map(|json| value("from", json).ok_or(()));
                let high = to.as_ref().map(|json| value("to", json).ok_or(()));
                Test::Between(low.transpose().ok()?, high.transpose().ok()?)
            }
            (None, None, false, Some(is_null)) => Test::Null(*is_null),
            _ => {
                let hint = "give one of 'is', 'in', 'from' and 'to', 'is_null'".to_owned();
                self.problem(place, "does not say one thing", Some(hint));
                return None;
            }
        };
        Some((position, test))
    }

    fn values(
        &mut self,
        place: &str,
        table: &Table,
        values: &BTreeMap<String, Option<authored::Assign>>,
        inserted: bool,
    ) -> Vec<(usize, Assign)> {
        let mut checked = Vec::new();
        for (name, assign) in values {
            let place = format!("{place}.{name}");
            let Some(position) = self.column(&place, table, name) else { continue };
            let assign = match assign {
                None => Some(Assign::of(Start::Constant(Value::Null))),
                Some(assign) => self.assign(&place, table, position, assign, inserted),
            };
            checked.extend(assign.map(|assign| (position, assign)));
        }
        checked
    }

    fn assign(
        &mut self,
        place: &str,
        table: &Table,
        position: usize,
        assign: &authored::Assign,
        inserted: bool,
    ) -> Option<Assign> {
        let authored::Assign { constant, uniform, column, scale, plus, shift, prefix, tick, day } = assign;
        let column_type = table.columns[position].column_type;
        let numeric = matches!(column_type, ColumnType::Int64 | ColumnType::Float64);
        let temporal = matches!(column_type, ColumnType::Date | ColumnType::Timestamp);
        if !numeric && (uniform.is_some() || scale.is_some() || plus.is_some()) {
            let problem = format!("'uniform', 'scale' and 'plus' are for numbers, this is {}", column_type.name());
            self.problem(place, problem, None);
            return None;
        }
        if !temporal && shift.is_some() {
            self.problem(place, format!("'shift' is for days and instants, this is {}", column_type.name()), None);
            return None;
        }
        if column_type != ColumnType::String && prefix.is_some() {
            self.problem(place, format!("'prefix' is for texts, this is {}", column_type.name()), None);
            return None;
        }
        if !inserted && (tick.is_some() || day.is_some()) {
            self.problem(place, "'tick' and 'day' are for rows that are inserted", None);
            return None;
        }
        let start = match (constant, uniform, column, tick, day) {
            (Some(json), None, None, None, None) => Start::Constant(self.value(place, column_type, json)?),
            (None, Some(range), None, None, None) => Start::Uniform(*range),
            (None, None, Some(name), None, None) if !inserted => {
                let other = self.column(&format!("{place}.column"), table, name)?;
                let other_type = table.columns[other].column_type;
                if other_type != column_type {
                    let problem = format!("'{name}' is {}, not {}", other_type.name(), column_type.name());
                    self.problem(&format!("{place}.column"), problem, None);
                    return None;
                }
                Start::Column(other)
            }
            (None, None, None, Some(after), None) if column_type == ColumnType::Timestamp => {
                Start::Tick(self.duration(&format!("{place}.tick"), after)?)
            }
            (None, None, None, None, Some(true)) if column_type == ColumnType::Date => Start::Day,
            (None, None, None, None, None)
                if scale.is_some() || plus.is_some() || shift.is_some() || prefix.is_some() =>
            {
                Start::Itself
            }
            _ => {
                let hint = if inserted {
                    "'constant', 'uniform', 'tick' for an instant, 'day: true' for a day"
                } else {
                    "'constant', 'uniform' or 'column', or 'scale', 'plus', 'shift' or 'prefix' of what is there"
                };
                self.problem(place, "does not say one thing", Some(hint.to_owned()));
                return None;
            }
        };
        let shift = match shift {
            Some(text) => Some(self.duration(&format!("{place}.shift"), text)?),
            None => None,
        };
        Some(Assign { start, scale: *scale, plus: *plus, shift, prefix: prefix.clone() })
    }

    fn insert(&mut self, place: &str, insert: authored::Insert) -> Option<Change> {
        let authored::Insert { table, at, every, count, values } = insert;
        let (table, declared) = self.table(place, &table)?;
        let at = self.instant(&format!("{place}.at"), &at);
        let every = match every {
            Some(every) => self.duration(&format!("{place}.every"), &every),
            None if count <= 1 => Some(SignedDuration::ZERO),
            None => {
                self.problem(place, "inserts several rows at one instant", Some("add 'every: 10m'".to_owned()));
                None
            }
        };
        let values = self.values(&format!("{place}.values"), declared, &values, true);
        for (position, column) in declared.columns.iter().enumerate() {
            if !column.nullable && !values.iter().any(|(given, _)| *given == position) {
                let name = format!("{place}.values.{}", column.name);
                if !self.problems.iter().any(|problem| problem.place.starts_with(&name)) {
                    self.problem(&name, "is missing, and may not be NULL", Some(example(column.column_type)));
                }
            }
        }
        Some(Change { table, what: What::Insert(Insertion { at: at?, every: every?, count, values }) })
    }

    fn rename(&mut self, place: &str, rename: authored::RenameColumn) -> Option<Change> {
        let place = format!("{place}.rename_column");
        let (table, declared) = self.table(&place, &rename.table)?;
        let column = self.column(&format!("{place}.column"), declared, &rename.column)?;
        if declared.position(&rename.to).is_some() {
            self.problem(&format!("{place}.to"), format!("there is a column '{}' already", rename.to), None);
            return None;
        }
        Some(Change { table, what: What::RenameColumn { column, to: rename.to } })
    }

    fn cast(&mut self, place: &str, cast: &authored::CastColumn) -> Option<Change> {
        let place = format!("{place}.cast_column");
        let (table, declared) = self.table(&place, &cast.table)?;
        let column = self.column(&format!("{place}.column"), declared, &cast.column)?;
        let from = declared.columns[column].column_type;
        let numbers = [ColumnType::Int64, ColumnType::Float64];
        if from == cast.to
            || !(cast.to == ColumnType::String || (numbers.contains(&from) && numbers.contains(&cast.to)))
        {
            let problem = format!("{} does not become {}", from.name(), cast.to.name());
            self.problem(&format!("{place}.to"), problem, Some("anything becomes STRING".to_owned()));
            return None;
        }
        Some(Change { table, what: What::CastColumn { column, to: cast.to } })
    }
}

impl Assign {
    fn of(start: Start) -> Self {
        Self { start, scale: None, plus: None, shift: None, prefix: None }
    }
}

fn did_you_mean(name: &str) -> String {
    format!("did you mean '{name}'?")
}

fn an_instant() -> String {
    "such as 2026-01-28T07:00:00-05:00".to_owned()
}

fn example(column_type: ColumnType) -> String {
    match column_type {
        ColumnType::String => "text in quotes".to_owned(),
        ColumnType::Int64 => "such as 20".to_owned(),
        ColumnType::Float64 => "such as 20.5, or \"Infinity\" in quotes".to_owned(),
        ColumnType::Bool => "true or false".to_owned(),
        ColumnType::Date => "such as 2026-01-28".to_owned(),
        ColumnType::Timestamp => an_instant(),
    }
}

fn typed(column_type: ColumnType, json: &Json) -> Option<Value> {
    match (column_type, json) {
        (ColumnType::String, Json::String(text)) => Some(text.as_str().into()),
        (ColumnType::Int64, Json::Number(number)) => number.as_i64().map(Value::Int),
        (ColumnType::Float64, Json::Number(number)) => number.as_f64().map(Value::Float),
        (ColumnType::Float64, Json::String(text)) => match text.as_str() {
            "Infinity" => Some(Value::Float(f64::INFINITY)),
            "-Infinity" => Some(Value::Float(f64::NEG_INFINITY)),
            "NaN" => Some(Value::Float(f64::NAN)),
            _ => None,
        },
        (ColumnType::Bool, Json::Bool(truth)) => Some(Value::Bool(*truth)),
        (ColumnType::Date, Json::String(text)) => text.parse::<Date>().ok().map(Value::Day),
        (ColumnType::Timestamp, Json::String(text)) => text.parse::<Timestamp>().ok().map(Value::Instant),
        _ => None,
    }
}
