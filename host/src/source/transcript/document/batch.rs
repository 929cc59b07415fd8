//! Columns of a batch, and whether they fit what was announced.

use std::borrow::Cow;

use serde::{Deserialize, Serialize};

use super::value::{Base64, Float};
use crate::model::{Column, ColumnInfo, Kind, Values, VarData};

/// One column of a batch.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(in crate::source::transcript) struct ColumnDocument<'a> {
    values: ValuesDocument<'a>,
    /// As in [`Column::validity`].
    #[serde(default, skip_serializing_if = "Base64::is_empty")]
    validity: Base64<'a>,
}

/// The values, those of null rows included: a guest can see them.
#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum ValuesDocument<'a> {
    Int64(Cow<'a, [i64]>),
    Float64(Vec<Float>),
    Bits(Base64<'a>),
    Days(Cow<'a, [i32]>),
    Micros(Cow<'a, [i64]>),
    Text(Vec<Cow<'a, str>>),
    Bytes(Vec<Base64<'a>>),
    /// Text that single values cannot say: not UTF-8, or with gaps between the values.
    RawText(RawDocument<'a>),
    /// Bytes with gaps between the values.
    RawBytes(RawDocument<'a>),
}

/// [`VarData`] as it lies in memory.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct RawDocument<'a> {
    offsets: Cow<'a, [u32]>,
    bytes: Base64<'a>,
}

impl<'a> From<&'a VarData> for RawDocument<'a> {
    fn from(data: &'a VarData) -> Self {
        Self { offsets: Cow::Borrowed(&data.offsets), bytes: Base64(Cow::Borrowed(&data.bytes)) }
    }
}

impl From<RawDocument<'_>> for VarData {
    fn from(RawDocument { offsets, bytes: Base64(bytes) }: RawDocument<'_>) -> Self {
        Self { offsets: offsets.into_owned(), bytes: bytes.into_owned() }
    }
}

impl<'a> From<&'a Column> for ColumnDocument<'a> {
    fn from(column: &'a Column) -> Self {
        let values = match &column.values {
            Values::Int64(values) => ValuesDocument::Int64(Cow::Borrowed(values)),
            Values::Float64(values) => ValuesDocument::Float64(values.iter().copied().map(Float).collect()),
            Values::Bits(bits) => ValuesDocument::Bits(Base64(Cow::Borrowed(bits))),
            Values::Days(days) => ValuesDocument::Days(Cow::Borrowed(days)),
            Values::Micros(micros) => ValuesDocument::Micros(Cow::Borrowed(micros)),
            Values::Text(data) => {
                let texts = singles(data)
                    .and_then(|values| values.into_iter().map(|value| str::from_utf8(value).ok()).collect());
                texts.map_or_else(
                    || ValuesDocument::RawText(data.into()),
                    |texts: Vec<&str>| ValuesDocument::Text(texts.into_iter().map(Cow::Borrowed).collect()),
                )
            }
            Values::Bytes(data) => singles(data).map_or_else(
                || ValuesDocument::RawBytes(data.into()),
                |values| ValuesDocument::Bytes(values.into_iter().map(|value| Base64(Cow::Borrowed(value))).collect()),
            ),
        };
        Self { values, validity: Base64(Cow::Borrowed(&column.validity)) }
    }
}

/// The single values, if they follow each other without a gap from the first byte to the last.
fn singles(data: &VarData) -> Option<Vec<&[u8]>> {
    let closed =
        data.offsets.first() == Some(&0) && data.offsets.last().map(|end| *end as usize) == Some(data.bytes.len());
    let value = |pair: &[u32]| match pair {
        [start, end] => data.bytes.get(*start as usize..*end as usize),
        _ => None,
    };
    closed.then(|| data.offsets.windows(2).map(value).collect())?
}

/// Values of variable length from single ones.
fn joined<'a>(values: impl IntoIterator<Item = &'a [u8]>) -> Result<VarData, String> {
    let mut data = VarData { offsets: vec![0], bytes: Vec::new() };
    for value in values {
        data.bytes.extend_from_slice(value);
        data.offsets.push(u32::try_from(data.bytes.len()).map_err(|_| "a column of 4 GiB or more")?);
    }
    Ok(data)
}

impl TryFrom<ColumnDocument<'_>> for Column {
    type Error = String;

    fn try_from(ColumnDocument { values, validity: Base64(validity) }: ColumnDocument<'_>) -> Result<Self, String> {
        let values = match values {
            ValuesDocument::Int64(values) => Values::Int64(values.into_owned()),
            ValuesDocument::Float64(values) => Values::Float64(values.into_iter().map(|Float(value)| value).collect()),
            ValuesDocument::Bits(Base64(bits)) => Values::Bits(bits.into_owned()),
            ValuesDocument::Days(days) => Values::Days(days.into_owned()),
            ValuesDocument::Micros(micros) => Values::Micros(micros.into_owned()),
            ValuesDocument::Text(texts) => Values::Text(joined(texts.iter().map(|text| text.as_bytes()))?),
            ValuesDocument::Bytes(values) => Values::Bytes(joined(values.iter().map(|Base64(value)| value.as_ref()))?),
            ValuesDocument::RawText(raw) => Values::Text(raw.into()),
            ValuesDocument::RawBytes(raw) => Values::Bytes(raw.into()),
        };
        Ok(Self { validity: validity.into_owned(), values })
    }
}

/// What is wrong with columns of `rows` rows that were announced as `infos`.
pub(in crate::source::transcript) fn columns_of(
    infos: &[ColumnInfo],
    columns: &[Column],
    rows: u32,
) -> Result<(), String> {
    if infos.len() != columns.len() {
        return Err(format!("it has {} columns and {} were announced", columns.len(), infos.len()));
    }
    infos.iter().zip(columns).try_for_each(|(info, column)| {
        fits(info.kind, column, rows as usize).map_err(|what| format!("column `{}` {what}", info.name))
    })
}

fn fits(kind: Kind, column: &Column, rows: usize) -> Result<(), String> {
    let (laid_out, has) = match &column.values {
        Values::Int64(values) => (kind == Kind::Int64, values.len()),
        Values::Float64(values) => (kind == Kind::Float64, values.len()),
        Values::Days(values) => (kind == Kind::Date, values.len()),
        Values::Micros(values) => (matches!(kind, Kind::Time | Kind::DateTime | Kind::Timestamp), values.len()),
        Values::Bits(bits) => {
            (kind == Kind::Boolean, if bits.len() == rows.div_ceil(8) { rows } else { bits.len() * 8 })
        }
        Values::Text(data) => {
            let textual = matches!(kind, Kind::Text | Kind::Decimal | Kind::Json | Kind::Other);
            (textual, data.offsets.len().saturating_sub(1))
        }
        Values::Bytes(data) => (kind == Kind::Bytes, data.offsets.len().saturating_sub(1)),
    };
    if !laid_out {
        return Err(format!("is announced as {kind:?} and laid out otherwise"));
    }
    if has != rows {
        return Err(format!("has {has} values in {rows} rows"));
    }
    if let Values::Text(data) | Values::Bytes(data) = &column.values {
        let rising = data.offsets.first() == Some(&0) && data.offsets.is_sorted();
        if !rising || data.offsets.last().is_none_or(|end| *end as usize > data.bytes.len()) {
            return Err("has offsets that do not rise from 0 within its bytes".to_owned());
        }
    }
    if !column.validity.is_empty() && column.validity.len() != rows.div_ceil(8) {
        return Err(format!("has {} bytes of validity for {rows} rows", column.validity.len()));
    }
    Ok(())
}
