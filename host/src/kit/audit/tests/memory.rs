//! A source in memory. Values are written and read back as text, by code of its own.

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use async_trait::async_trait;

use crate::kit::audit::{Bounds, Injecting, Injection, InjectionKind, Injector, Observation, Shape};
use crate::model::{Batch, Column, ColumnInfo, Kind, Param, Problem, Values, VarData};
use crate::source::gate::read_statement;
use crate::source::{Cost, Estimate, ReadStatement, Rows, Source, TableListing, TableName};

/// How a null is written.
pub(super) const NULL: &str = "∅";
/// A statement; every one has the same answer.
pub(super) const SQL: &str = "SELECT * FROM t";
/// No bounds to speak of.
pub(super) const WIDE: Bounds = Bounds { rows: 1 << 20, bytes: 1 << 30 };

/// A table, and what happened to it.
#[derive(Debug)]
pub(super) struct Memory {
    columns: Vec<ColumnInfo>,
    batches: Vec<Batch>,
    /// What comes after the rows.
    problem: Option<Problem>,
    pub(super) queries: AtomicU32,
    pub(super) estimates: AtomicU32,
    /// Answers that somebody still holds.
    pub(super) open: Arc<AtomicU32>,
}

impl Memory {
    /// Columns of a name, a kind and values; the answer comes in batches of so many rows.
    pub(super) fn new(columns: &[(&str, Kind, &[&str])], sizes: &[usize]) -> Arc<Self> {
        let info = |(name, kind, values): &(&str, Kind, &[&str])| info(name, *kind, values.contains(&NULL));
        let mut start = 0;
        let batches = sizes.iter().map(|size| {
            let rows = start..start + size;
            start += size;
            Batch {
                rows: u32::try_from(*size).unwrap(),
                columns: columns.iter().map(|(_, kind, values)| column(*kind, &values[rows.clone()])).collect(),
            }
        });
        let batches = batches.collect();
        let all = columns.iter().all(|(_, _, values)| values.len() == start);
        assert!(all, "every value is in a batch");
        Arc::new(Self::with(columns.iter().map(info).collect(), batches, None))
    }

    /// An answer of so many numbers, `0`, `1`, …, in one batch.
    pub(super) fn numbers(rows: usize) -> Arc<Self> {
        let values: Vec<_> = (0..rows).map(|row| row.to_string()).collect();
        let values: Vec<_> = values.iter().map(String::as_str).collect();
        Self::new(&[("n", Kind::Int64, &values)], if rows == 0 { &[] } else { std::slice::from_ref(&rows) })
    }

    /// The same rows, and then a problem.
    pub(super) fn breaking(&self, problem: Problem) -> Arc<Self> {
        Arc::new(Self::with(self.columns.clone(), self.batches.clone(), Some(problem)))
    }

    fn with(columns: Vec<ColumnInfo>, batches: Vec<Batch>, problem: Option<Problem>) -> Self {
        Self {
            columns,
            batches,
            problem,
            queries: AtomicU32::new(0),
            estimates: AtomicU32::new(0),
            open: Arc::new(AtomicU32::new(0)),
        }
    }
}

#[async_trait]
impl Source for Memory {
    async fn query(&self, _statement: ReadStatement) -> Result<Box<dyn Rows>, Problem> {
        self.queries.fetch_add(1, Ordering::Relaxed);
        self.open.fetch_add(1, Ordering::Relaxed);
        Ok(Box::new(MemoryRows {
            columns: self.columns.clone(),
            batches: self.batches.clone(),
            problem: self.problem.clone(),
            row: 0,
            open: self.open.clone(),
        }))
    }

    async fn estimate(&self, _statement: ReadStatement) -> Result<Estimate, Problem> {
        self.estimates.fetch_add(1, Ordering::Relaxed);
        Ok(Estimate { rows: Some(7), ..Estimate::default() })
    }

    fn table(&self, _spelled: &TableName) -> TableName {
        TableName::new(vec!["own".to_owned()])
    }

    async fn tables(&self) -> Result<Vec<TableListing>, Problem> {
        Ok(vec![TableListing {
            name: TableName::new(vec!["own".to_owned()]),
            made_of: "memory".to_owned(),
            problem: None,
        }])
    }
}

struct MemoryRows {
    columns: Vec<ColumnInfo>,
    batches: Vec<Batch>,
    problem: Option<Problem>,
    /// Rows of the first batch that are gone.
    row: usize,
    open: Arc<AtomicU32>,
}

impl Drop for MemoryRows {
    fn drop(&mut self) {
        self.open.fetch_sub(1, Ordering::Relaxed);
    }
}

#[async_trait]
impl Rows for MemoryRows {
    fn columns(&self) -> &[ColumnInfo] {
        &self.columns
    }

    async fn next(&mut self, rows_max: u32, _bytes_max: u64) -> Result<Option<Batch>, Problem> {
        assert!((1..=8_192).contains(&rows_max), "{rows_max} rows asked for");
        let Some(batch) = self.batches.first() else { return self.problem.clone().map_or(Ok(None), Err) };
        let all = text(batch, &self.columns);
        let end = all.len().min(self.row + rows_max as usize);
        let rows = &all[self.row..end];
        let columns = self.columns.iter().enumerate().map(|(place, info)| {
            let values: Vec<_> = rows.iter().map(|row| row[place].as_str()).collect();
            column(info.kind, &values)
        });
        let part = Batch { rows: u32::try_from(rows.len()).unwrap(), columns: columns.collect() };
        self.row = end;
        if end == all.len() {
            self.batches.remove(0);
            self.row = 0;
        }
        Ok(Some(part))
    }

    fn cost(&self) -> Cost {
        Cost { billed_bytes: Some(11), cache_hit: true }
    }
}

/// A column as the source announces it.
pub(super) fn info(name: &str, kind: Kind, nullable: bool) -> ColumnInfo {
    ColumnInfo { name: name.to_owned(), kind, type_name: format!("my {kind:?}"), nullable }
}

fn column(kind: Kind, values: &[&str]) -> Column {
    fn parsed<T: std::str::FromStr + Default>(values: &[&str]) -> Vec<T>
    where
        T::Err: std::fmt::Debug,
    {
        values.iter().map(|value| if *value == NULL { T::default() } else { value.parse().unwrap() }).collect()
    }
    let bits = |bits: Vec<bool>| {
        let byte = |bits: &[bool]| bits.iter().rev().fold(0, |byte, bit| byte << 1 | u8::from(*bit));
        bits.chunks(8).map(byte).collect::<Vec<u8>>()
    };
    let var = |value: fn(&str) -> Vec<u8>| {
        let mut data = VarData { offsets: vec![0], bytes: Vec::new() };
        for text in values {
            data.bytes.extend(if *text == NULL { Vec::new() } else { value(text) });
            data.offsets.push(u32::try_from(data.bytes.len()).unwrap());
        }
        data
    };
    let present: Vec<_> = values.iter().map(|value| *value != NULL).collect();
    let validity = if present.contains(&false) { bits(present) } else { Vec::new() };
    let values = match kind {
        Kind::Int64 => Values::Int64(parsed(values)),
        Kind::Float64 => Values::Float64(parsed(values)),
        Kind::Boolean => Values::Bits(bits(parsed(values))),
        Kind::Date => Values::Days(parsed(values)),
        Kind::Time | Kind::DateTime | Kind::Timestamp => Values::Micros(parsed(values)),
        Kind::Text | Kind::Decimal | Kind::Json | Kind::Other => Values::Text(var(|text| text.as_bytes().to_vec())),
        Kind::Bytes => Values::Bytes(var(|text| {
            let digits: Vec<_> = text.chars().map(|digit| u8::try_from(digit.to_digit(16).unwrap()).unwrap()).collect();
            digits.chunks(2).map(|pair| pair[0] << 4 | pair[1]).collect()
        })),
    };
    Column { validity, values }
}

/// The rows of a batch. A batch that does not fit its columns or itself is no batch.
pub(super) fn text(batch: &Batch, columns: &[ColumnInfo]) -> Vec<Vec<String>> {
    let rows = batch.rows as usize;
    assert_eq!(batch.columns.len(), columns.len(), "as many columns as announced");
    let texts = columns.iter().zip(&batch.columns).map(|(info, column)| cells(info, column, rows)).collect::<Vec<_>>();
    (0..rows).map(|row| texts.iter().map(|cells| cells[row].clone()).collect()).collect()
}

fn cells(info: &ColumnInfo, column: &Column, rows: usize) -> Vec<String> {
    let bits = |bits: &[u8]| {
        assert_eq!(bits.len(), rows.div_ceil(8));
        (0..rows).map(|row| bits[row / 8] & 1 << (row % 8) != 0).collect::<Vec<_>>()
    };
    let var = |data: &VarData, text: fn(&[u8]) -> String| {
        assert_eq!((data.offsets.len(), data.offsets[0]), (rows + 1, 0));
        assert_eq!(data.offsets[rows] as usize, data.bytes.len());
        data.offsets.windows(2).map(|ends| text(&data.bytes[ends[0] as usize..ends[1] as usize])).collect::<Vec<_>>()
    };
    let texts: Vec<String> = match (&column.values, info.kind) {
        (Values::Int64(values), Kind::Int64)
        | (Values::Micros(values), Kind::Time | Kind::DateTime | Kind::Timestamp) => {
            values.iter().map(ToString::to_string).collect()
        }
        (Values::Float64(values), Kind::Float64) => values.iter().map(ToString::to_string).collect(),
        (Values::Bits(values), Kind::Boolean) => bits(values).iter().map(ToString::to_string).collect(),
        (Values::Days(values), Kind::Date) => values.iter().map(ToString::to_string).collect(),
        (Values::Text(data), Kind::Text | Kind::Decimal | Kind::Json | Kind::Other) => {
            var(data, |bytes| String::from_utf8(bytes.to_vec()).unwrap())
        }
        (Values::Bytes(data), Kind::Bytes) => {
            var(data, |bytes| bytes.iter().map(|byte| format!("{byte:02x}")).collect())
        }
        (values, kind) => panic!("{values:?} is no {kind:?}"),
    };
    assert_eq!(texts.len(), rows);
    if column.validity.is_empty() {
        return texts;
    }
    let present = bits(&column.validity);
    assert!(present.contains(&false), "a validity without a null");
    assert!(info.nullable, "`{}` is announced without nulls", info.name);
    let null = |(present, text): (&bool, String)| if *present { text } else { NULL.to_owned() };
    present.iter().zip(texts).map(null).collect()
}

/// An answer that was read until it ended, one way or another.
#[derive(Debug)]
pub(super) struct Read {
    pub(super) columns: Vec<ColumnInfo>,
    pub(super) rows: Vec<Vec<String>>,
    pub(super) problem: Option<Problem>,
}

impl Read {
    /// The values of one column, separated by spaces.
    pub(super) fn column(&self, name: &str) -> String {
        let place = self.columns.iter().position(|info| info.name == name).unwrap();
        self.rows.iter().map(|row| row[place].as_str()).collect::<Vec<_>>().join(" ")
    }

    pub(super) fn names(&self) -> Vec<&str> {
        self.columns.iter().map(|info| info.name.as_str()).collect()
    }
}

pub(super) fn statement(sql: &str) -> ReadStatement {
    read_statement(sql, Vec::<Param>::new()).unwrap()
}

/// Asks and reads to the end, in batches of so many rows and bytes, none of which is larger.
pub(super) async fn read_by(source: &dyn Source, rows_max: u32, bytes_max: u64) -> Read {
    let mut answer = match source.query(statement(SQL)).await {
        Ok(answer) => answer,
        Err(problem) => return Read { columns: Vec::new(), rows: Vec::new(), problem: Some(problem) },
    };
    let mut read = Read { columns: answer.columns().to_vec(), rows: Vec::new(), problem: None };
    loop {
        match answer.next(rows_max, bytes_max).await {
            Ok(Some(batch)) => {
                assert!((1..=rows_max).contains(&batch.rows), "{} of at most {rows_max} rows", batch.rows);
                let bytes = batch.bytes();
                assert!(bytes <= bytes_max || batch.rows == 1, "{bytes} of at most {bytes_max} bytes");
                read.rows.extend(text(&batch, &read.columns));
            }
            Ok(None) => {
                assert!(matches!(answer.next(rows_max, bytes_max).await, Ok(None)), "an end is an end");
                return read;
            }
            Err(problem) => {
                read.problem = Some(problem);
                return read;
            }
        }
    }
}

pub(super) async fn read(source: &dyn Source) -> Read {
    read_by(source, 8_192, 4 << 20).await
}

/// What a plain run shows that asks once and reads to the end.
pub(super) async fn shape(source: &Arc<Memory>) -> Shape {
    let observation = Observation::new();
    read(&observation.source("s", source.clone())).await;
    observation.shapes().remove(0)
}

pub(super) fn injection(kind: InjectionKind, column: &str) -> Injection {
    Injection::of_answer(kind).or_else(|| Injection::of_column(kind, column)).unwrap()
}

/// The source with an injection into its first query.
pub(super) async fn injecting(source: &Arc<Memory>, kind: InjectionKind, column: &str) -> (Injector, Injecting) {
    let injector = Injector::new(&shape(source).await, injection(kind, column), WIDE);
    let injecting = injector.source("s", source.clone());
    (injector, injecting)
}
