//! Applies incidents to the rows of a day.

use std::cmp::Ordering;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use jiff::Timestamp;

use super::{Amount, Assign, Change, Incident, Insertion, Selection, Start, Test, What};
use crate::clock::Clock;
use crate::dice::{Dice, mix};
use crate::rows::{DayRows, Row};
use crate::schema::Table;
use crate::store::Shape;
use crate::value::{Value, float, whole};

/// Incidents, ready to be applied to one day after the other.
#[derive(Debug)]
pub struct Injector {
    seed: u64,
    tables: Arc<[Table]>,
    clock: Clock,
    incidents: Vec<Incident>,
    /// Rows that a change with a count of its own has taken so far, by incident and change.
    taken: BTreeMap<(usize, usize), usize>,
}

/// What a change needs to know to choose rows and values.
struct Scene<'a> {
    seed: u64,
    incident: &'a str,
    table: &'a Table,
}

impl Injector {
    pub(crate) fn new(seed: u64, incidents: Vec<Incident>, tables: Arc<[Table]>, clock: Clock) -> Self {
        Self { seed, tables, clock, incidents, taken: BTreeMap::new() }
    }

    /// How a table is written; `None` when it is not.
    #[must_use]
    pub fn shape(&self, table: &Table) -> Option<Shape> {
        let mut shape = Shape::declared(table);
        let changes = self.incidents.iter().flat_map(|incident| &incident.changes);
        for Change { what, .. } in changes.filter(|change| self.tables[change.table].name == table.name) {
            match what {
                What::DropTable => return None,
                What::RenameColumn { column, to } => shape.columns[*column].0.clone_from(to),
                What::CastColumn { column, to } => shape.columns[*column].1 = *to,
                What::Set(_, values) | What::Duplicate(_, values) => {
                    for (column, assign) in values {
                        // What may hold nothing now must be able to.
                        let nothing = match &assign.start {
                            Start::Constant(value) => value.is_null(),
                            Start::Column(other) => table.columns[*other].nullable,
                            Start::Uniform(_) | Start::Itself | Start::Tick(_) | Start::Day => false,
                        };
                        shape.columns[*column].2 |= nothing;
                    }
                }
                What::Insert(insertion) => {
                    for (column, assign) in &insertion.values {
                        shape.columns[*column].2 |= matches!(&assign.start, Start::Constant(Value::Null));
                    }
                }
                What::Drop(_) => {}
            }
        }
        Some(shape)
    }

    /// Applies every incident to the rows of a day.
    pub(crate) fn apply(&mut self, day: &mut DayRows) {
        for (number, incident) in self.incidents.iter().enumerate() {
            for (place, change) in incident.changes.iter().enumerate() {
                let table = &self.tables[change.table];
                let scene = Scene { seed: self.seed, incident: &incident.name, table };
                let league_day = day.day();
                let rows = day.of_mut(change.table);
                let taken = self.taken.entry((number, place)).or_default();
                match &change.what {
                    What::Drop(selection) => {
                        let chosen = scene.choose(selection, rows, taken);
                        let mut position = 0;
                        rows.retain(|_| {
                            position += 1;
                            !chosen.contains(&(position - 1))
                        });
                    }
                    What::Set(selection, values) => {
                        for position in scene.choose(selection, rows, taken) {
                            let before = rows[position].clone();
                            rows[position] = scene.assigned(&before, values, None);
                        }
                    }
                    What::Duplicate(selection, values) => {
                        let again: Vec<Row> = scene
                            .choose(selection, rows, taken)
                            .into_iter()
                            .map(|position| scene.assigned(&rows[position], values, None))
                            .collect();
                        rows.extend(again);
                    }
                    What::Insert(insertion) => {
                        let empty: Row = table.columns.iter().map(|_| Value::Null).collect();
                        for tick in insertion.ticks().filter(|tick| self.clock.league_day(tick.at) == league_day) {
                            let tick = Tick { league_day, ..tick };
                            rows.push(scene.assigned(&empty, &insertion.values, Some(&tick)));
                        }
                    }
                    What::DropTable | What::RenameColumn { .. } | What::CastColumn { .. } => {}
                }
            }
        }
    }
}

/// An inserted row.
struct Tick {
    number: u32,
    at: Timestamp,
    league_day: jiff::civil::Date,
}

impl Insertion {
    fn ticks(&self) -> impl Iterator<Item = Tick> {
        let after = |number: u32| self.every * i32::try_from(number).unwrap_or(i32::MAX);
        (0..self.count).map(move |number| Tick {
            number,
            at: self.at + after(number),
            league_day: jiff::civil::Date::default(),
        })
    }
}

impl Scene<'_> {
    /// Positions of the rows that a change is about.
    fn choose(&self, selection: &Selection, rows: &[Row], taken: &mut usize) -> BTreeSet<usize> {
        let fits = |row: &Row| selection.conditions.iter().all(|(column, test)| test.holds(&row[*column]));
        let mut fitting: Vec<usize> = (0..rows.len()).filter(|position| fits(&rows[*position])).collect();
        if let Some((by, count)) = &selection.groups {
            let group = |position: &usize| text(&rows[*position], by);
            let all: BTreeSet<String> = fitting.iter().map(group).collect();
            let mut order: Vec<String> = all.into_iter().collect();
            order.sort_by_cached_key(|group| self.rank(group));
            order.truncate(*count);
            fitting.retain(|position| order.contains(&group(position)));
        }
        let key: Vec<usize> = self.table.key.iter().filter_map(|name| self.table.position(name)).collect();
        let mut parts: BTreeMap<String, Vec<usize>> = BTreeMap::new();
        for position in fitting {
            parts.entry(text(&rows[position], &selection.per)).or_default().push(position);
        }
        let mut chosen = BTreeSet::new();
        for mut part in parts.into_values() {
            let all = part.len();
            let count = match selection.amount {
                Amount::All => all,
                Amount::Share(share) => {
                    let rows = whole(share * float(i64::try_from(all).expect("rows of a day are few")));
                    usize::try_from(rows).expect("a share of a count")
                }
                Amount::Count(count) if selection.per.is_empty() => {
                    let left = (count - *taken).min(all);
                    *taken += left;
                    left
                }
                Amount::Count(count) => count.min(all),
            };
            if count < all {
                part.sort_by_cached_key(|position| self.rank(&text(&rows[*position], &key)));
                part.truncate(count);
            }
            chosen.extend(part);
        }
        chosen
    }

    /// A place in an order that the seed decides; the same for the same key in every change of an incident.
    fn rank(&self, key: &str) -> u64 {
        mix(self.seed, &format!("{} {key}", self.incident))
    }

    fn assigned(&self, row: &Row, values: &[(usize, Assign)], tick: Option<&Tick>) -> Row {
        let mut changed = row.clone();
        for (column, assign) in values {
            let name = &self.table.columns[*column].name;
            let mut dice = Dice::new(self.seed, &format!("{} {name} {}", self.incident, self.identity(row, tick)));
            let column_type = self.table.columns[*column].column_type;
            let start = match (&assign.start, tick) {
                (Start::Constant(Value::Text(text)), Some(tick)) => {
                    Value::from(text.replace("{n}", &format!("{:04}", tick.number)))
                }
                (Start::Constant(value), _) => value.clone(),
                (Start::Uniform([low, high]), _) => Value::Float(crate::value::cents(dice.uniform(*low, *high)))
                    .cast(column_type)
                    .unwrap_or(Value::Null),
                (Start::Column(other), _) => row[*other].clone(),
                (Start::Tick(after), Some(tick)) => Value::Instant(tick.at + *after),
                (Start::Day, Some(tick)) => Value::Day(tick.league_day),
                (Start::Itself, _) => row[*column].clone(),
                // Only inserted rows have these, which the check of the file sees to.
                (Start::Tick(_) | Start::Day, None) => Value::Null,
            };
            changed[*column] = assign.finish(start, &mut dice);
        }
        changed
    }

    fn identity(&self, row: &Row, tick: Option<&Tick>) -> String {
        match tick {
            Some(tick) => tick.number.to_string(),
            None => {
                let key: Vec<usize> = self.table.key.iter().filter_map(|name| self.table.position(name)).collect();
                text(row, &key)
            }
        }
    }
}

impl Assign {
    fn finish(&self, start: Value, dice: &mut Dice) -> Value {
        let factor = self.scale.map_or(1.0, |[low, high]| dice.uniform(low, high));
        let plus = self.plus.unwrap_or(0.0);
        match (start, self.shift) {
            (Value::Float(number), _) if self.scale.is_some() || self.plus.is_some() => {
                Value::Float(number * factor + plus)
            }
            (Value::Int(number), _) if self.scale.is_some() || self.plus.is_some() => {
                Value::Int(whole(float(number) * factor + plus))
            }
            (Value::Instant(instant), Some(shift)) => Value::Instant(instant + shift),
            (Value::Day(day), Some(shift)) => Value::Day(day.saturating_add(shift)),
            (Value::Text(text), _) => match &self.prefix {
                Some(prefix) => Value::from(format!("{prefix}{text}")),
                None => Value::Text(text),
            },
            (value, _) => value,
        }
    }
}

impl Test {
    fn holds(&self, value: &Value) -> bool {
        match self {
            Self::OneOf(values) => values.contains(value),
            Self::Between(low, high) => {
                let above = low
                    .as_ref()
                    .is_none_or(|low| matches!(compare(value, low), Some(Ordering::Greater | Ordering::Equal)));
                let below = high
                    .as_ref()
                    .is_none_or(|high| matches!(compare(value, high), Some(Ordering::Less | Ordering::Equal)));
                above && below
            }
            Self::Null(wanted) => value.is_null() == *wanted,
        }
    }
}

/// How two cells of one type compare; nothing compares with nothing.
fn compare(one: &Value, other: &Value) -> Option<Ordering> {
    match (one, other) {
        (Value::Text(one), Value::Text(other)) => Some(one.cmp(other)),
        (Value::Int(one), Value::Int(other)) => Some(one.cmp(other)),
        (Value::Float(one), Value::Float(other)) => one.partial_cmp(other),
        (Value::Bool(one), Value::Bool(other)) => Some(one.cmp(other)),
        (Value::Day(one), Value::Day(other)) => Some(one.cmp(other)),
        (Value::Instant(one), Value::Instant(other)) => Some(one.cmp(other)),
        _ => None,
    }
}

/// Cells of some columns as one text that no other cells give.
fn text(row: &Row, columns: &[usize]) -> String {
    columns.iter().map(|column| row[*column].to_text() + "\u{1f}").collect()
}
