//! From the types of Parquet files to those of GoogleSQL, each through a real file.

use datafusion::arrow::array::*;
use datafusion::arrow::datatypes::{DataType, Field, Int8Type, Schema, TimeUnit, i256};
use datafusion::physical_plan::collect;
use datafusion::physical_plan::metrics::MetricValue;

use super::*;
use crate::source::files::canonical;

/// The type of the column `c` inside of the engine, and its values.
async fn read(source: &FilesSource) -> Result<(String, Vec<Option<String>>), Problem> {
    let statement = read_statement("SELECT c FROM t", Vec::new()).unwrap();
    let (state, _) = source.state_with(statement.tables(), None, &Watch::default()).await?;
    let table =
        state.catalog_list().catalog(":here").unwrap().schema(":here").unwrap().table("t").await.unwrap().unwrap();
    let type_name = canonical::name(table.schema().field_with_name("c").unwrap().data_type());
    let rows = ask(source, "SELECT c FROM t", Vec::new()).await?;
    Ok((type_name, rows.into_iter().map(|mut row| row.remove(0)).collect()))
}

fn write(folder: &Folder, column: ArrayRef) {
    folder.write("t.parquet", parquet(vec![("c", column)], Compression::SNAPPY));
}

#[tokio::test]
async fn every_type_of_a_file_is_read_as_one_of_googlesql() {
    let folder = Folder::new();
    let source = folder.source();
    let dictionary: DictionaryArray<Int8Type> = vec![Some("x"), None].into_iter().collect();
    let decimal = |precision, scale, value: i128| {
        Decimal128Array::from(vec![Some(value), None]).with_precision_and_scale(precision, scale).unwrap()
    };
    let wide = Decimal256Array::from(vec![Some(i256::from_i128(-7)), None]).with_precision_and_scale(50, 20).unwrap();
    let columns: Vec<(ArrayRef, &str, &str)> = vec![
        (Arc::new(Int8Array::from(vec![Some(-8), None])), "INT64", "-8"),
        (Arc::new(Int16Array::from(vec![Some(-16), None])), "INT64", "-16"),
        (Arc::new(Int32Array::from(vec![Some(i32::MIN), None])), "INT64", "-2147483648"),
        (Arc::new(Int64Array::from(vec![Some(i64::MAX), None])), "INT64", "9223372036854775807"),
        (Arc::new(UInt8Array::from(vec![Some(255), None])), "INT64", "255"),
        (Arc::new(UInt16Array::from(vec![Some(65_535), None])), "INT64", "65535"),
        (Arc::new(UInt32Array::from(vec![Some(u32::MAX), None])), "INT64", "4294967295"),
        (Arc::new(UInt64Array::from(vec![Some(u64::MAX), None])), "NUMERIC", "18446744073709551615"),
        (Arc::new(Float32Array::from(vec![Some(0.5), None])), "FLOAT64", "0.5"),
        (Arc::new(Float64Array::from(vec![Some(0.1), None])), "FLOAT64", "0.1"),
        (Arc::new(BooleanArray::from(vec![Some(true), None])), "BOOL", "true"),
        (Arc::new(StringArray::from(vec![Some("é"), None])), "STRING", "é"),
        (Arc::new(LargeStringArray::from(vec![Some("x"), None])), "STRING", "x"),
        (Arc::new(StringViewArray::from(vec![Some("longer than twelve"), None])), "STRING", "longer than twelve"),
        (Arc::new(dictionary), "STRING", "x"),
        (Arc::new(BinaryArray::from(vec![Some(&b"ab"[..]), None])), "BYTES", "ab"),
        (Arc::new(LargeBinaryArray::from(vec![Some(&b"ab"[..]), None])), "BYTES", "ab"),
        (Arc::new(BinaryViewArray::from(vec![Some(&b"ab"[..]), None])), "BYTES", "ab"),
        (
            Arc::new(FixedSizeBinaryArray::try_from_sparse_iter_with_size([Some(b"ab"), None].into_iter(), 2).unwrap()),
            "BYTES",
            "ab",
        ),
        (Arc::new(Date32Array::from(vec![Some(-1), None])), "DATE", "-1"),
        (Arc::new(Date64Array::from(vec![Some(86_400_000), None])), "DATE", "1"),
        (Arc::new(Time32SecondArray::from(vec![Some(1), None])), "TIME", "1000000"),
        (Arc::new(Time32MillisecondArray::from(vec![Some(1), None])), "TIME", "1000"),
        (Arc::new(Time64MicrosecondArray::from(vec![Some(1), None])), "TIME", "1"),
        (Arc::new(Time64NanosecondArray::from(vec![Some(1_999), None])), "TIME", "1"),
        (Arc::new(TimestampSecondArray::from(vec![Some(-1), None])), "DATETIME", "-1000000"),
        (Arc::new(TimestampMillisecondArray::from(vec![Some(1), None])), "DATETIME", "1000"),
        (Arc::new(TimestampNanosecondArray::from(vec![Some(1_999), None])), "DATETIME", "1"),
        (Arc::new(TimestampMicrosecondArray::from(vec![Some(1), None]).with_timezone("+02:00")), "TIMESTAMP", "1"),
        (Arc::new(TimestampNanosecondArray::from(vec![Some(5_000), None]).with_timezone("UTC")), "TIMESTAMP", "5"),
        (Arc::new(decimal(5, 2, -12_345)), "NUMERIC", "-123.45"),
        (Arc::new(decimal(38, 9, 1)), "NUMERIC", "0.000000001"),
        (Arc::new(decimal(38, 0, 7)), "BIGNUMERIC", "7"),
        (Arc::new(decimal(20, 15, 1)), "BIGNUMERIC", "0.000000000000001"),
        (Arc::new(wide), "BIGNUMERIC", "-0.00000000000000000007"),
    ];
    for (column, type_name, value) in columns {
        let file_type = column.data_type().clone();
        write(&folder, column);
        let (read_as, mut values) = read(&source).await.unwrap_or_else(|problem| panic!("{file_type}: {problem}"));
        // The zeros behind a number may or may not be shown.
        if let (Some(Some(value)), "NUMERIC" | "BIGNUMERIC") = (values.first_mut(), type_name) {
            *value = value.trim_end_matches('0').trim_end_matches('.').to_owned();
        }
        assert_eq!((read_as.as_str(), values), (type_name, vec![Some(value.to_owned()), None]), "{file_type}");
    }
}

#[tokio::test]
async fn nested_types_are_read_to_the_bottom() {
    let folder = Folder::new();
    let source = folder.source();
    let item = Field::new("n", DataType::Int16, true);
    let inner = StructArray::from(vec![(Arc::new(item), Arc::new(Int16Array::from(vec![1, 2, 3])) as ArrayRef)]);
    let field = Arc::new(Field::new("item", inner.data_type().clone(), true));
    let offsets = datafusion::arrow::buffer::OffsetBuffer::from_lengths([2, 0, 1]);
    write(&folder, Arc::new(ListArray::new(field, offsets, Arc::new(inner), None)));
    let (type_name, values) = read(&source).await.unwrap();
    assert_eq!(type_name, "ARRAY<STRUCT<n INT64>>");
    let expected = ["[{\"n\":1},{\"n\":2}]", "[]", "[{\"n\":3}]"];
    assert_eq!(values, expected.map(|value| Some(value.to_owned())));

    let lists = FixedSizeListArray::from_iter_primitive::<datafusion::arrow::datatypes::Float32Type, _, _>(
        [Some(vec![Some(0.5), Some(1.5)]), None],
        2,
    );
    write(&folder, Arc::new(lists));
    let (type_name, values) = read(&source).await.unwrap();
    assert_eq!(
        (type_name.as_str(), values),
        ("ARRAY<FLOAT64>", vec![Some("[0.5,1.5]".to_owned()), Some("[]".to_owned())])
    );
}

/// The old way to write instants, days and nanoseconds in twelve bytes.
#[tokio::test]
async fn the_old_timestamps_are_instants() {
    use datafusion::parquet::data_type::{Int96, Int96Type};
    use datafusion::parquet::file::writer::SerializedFileWriter;
    use datafusion::parquet::schema::parser::parse_message_type;

    let schema = Arc::new(parse_message_type("message m { required int96 c; }").unwrap());
    let mut file = Vec::new();
    let mut writer = SerializedFileWriter::new(&mut file, schema, Arc::default()).unwrap();
    let mut group = writer.next_row_group().unwrap();
    let mut column = group.next_column().unwrap().unwrap();
    // A second and some behind the beginning of 1970, and a day that nanoseconds do not reach.
    let mut instants = [Int96::new(), Int96::new()];
    instants[0].set_data(1_000_001_999, 0, 2_440_588);
    instants[1].set_data(0, 0, 2_440_588 + 2_000_000);
    column.typed::<Int96Type>().write_batch(&instants, None, None).unwrap();
    column.close().unwrap();
    group.close().unwrap();
    writer.close().unwrap();
    let folder = Folder::new();
    folder.write("t.parquet", file);
    let (type_name, values) = read(&folder.source()).await.unwrap();
    let expected = ["1000001", "172800000000000000"].map(|value| Some(value.to_owned()));
    assert_eq!((type_name.as_str(), values), ("TIMESTAMP", expected.to_vec()));
}

#[tokio::test]
async fn what_has_no_room_in_the_type_is_an_error() {
    let folder = Folder::new();
    let source = folder.source();
    let huge = Decimal256Array::from(vec![i256::from_string(&"9".repeat(60)).unwrap()]);
    let columns: Vec<ArrayRef> = vec![
        Arc::new(TimestampSecondArray::from(vec![i64::MAX / 2])),
        Arc::new(TimestampMillisecondArray::from(vec![i64::MIN / 10]).with_timezone("UTC")),
        Arc::new(huge.with_precision_and_scale(76, 0).unwrap()),
    ];
    for column in columns {
        let file_type = column.data_type().clone();
        write(&folder, column);
        let problem = read(&source).await.expect_err("no room");
        assert_eq!(problem.code, ProblemCode::Failed, "{file_type}: {problem}");
        assert!(problem.message.starts_with("the file `t.parquet` "), "{file_type}: {problem}");
    }
}

#[tokio::test]
async fn names_that_differ_in_case_are_refused() {
    let folder = Folder::with(&[("c.csv", "Id,id\n1,2\n"), ("j.ndjson", "{\"o\":{\"A\":1}}\n{\"o\":{\"a\":1}}\n")]);
    folder.write("p.parquet", parquet(vec![("ID", ids_of(1)), ("id", ids_of(1))], Compression::SNAPPY));
    folder.write("h/Id=1/a.parquet", parquet(vec![("id", ids_of(1))], Compression::SNAPPY));
    let source = folder.source();
    for (table, expected) in [
        ("c", "the file `c.csv` does not fit its table: columns `Id` and `id` differ only in case"),
        ("j", "the file `j.ndjson` does not fit its table: columns `A` and `a` differ only in case"),
        ("p", "the file `p.parquet` does not fit its table: columns `ID` and `id` differ only in case"),
        (
            "h",
            "the file `h/Id=1/a.parquet` does not fit its table: the column `Id` is in the files and in the names of their folders",
        ),
    ] {
        assert_eq!(refusal(&source, &format!("SELECT * FROM {table}")).await.message, expected);
    }
}

fn ids_of(id: i64) -> ArrayRef {
    Arc::new(Int64Array::from(vec![id]))
}

/// Filters on columns that the scan casts still rule out groups of rows by their statistics.
#[tokio::test]
async fn groups_of_rows_are_ruled_out_through_casts() {
    let folder = Folder::new();
    let schema = Arc::new(Schema::new(vec![
        Field::new("n", DataType::Int32, true),
        Field::new("day", DataType::Date32, true),
        Field::new("d", DataType::Decimal128(9, 2), true),
        Field::new("at", DataType::Timestamp(TimeUnit::Millisecond, Some("UTC".into())), true),
        Field::new("text", DataType::Utf8, true),
    ]));
    let numbers = 0..4_000;
    let columns: Vec<ArrayRef> = vec![
        Arc::new(Int32Array::from_iter_values(numbers.clone())),
        Arc::new(Date32Array::from_iter_values(numbers.clone())),
        Arc::new(
            Decimal128Array::from_iter_values(numbers.clone().map(|n| i128::from(n) * 100))
                .with_precision_and_scale(9, 2)
                .unwrap(),
        ),
        Arc::new(
            TimestampMillisecondArray::from_iter_values(numbers.clone().map(|n| i64::from(n) * 1_000))
                .with_timezone("UTC"),
        ),
        Arc::new(StringArray::from_iter_values(numbers.map(|n| format!("{n:08}")))),
    ];
    let properties = WriterProperties::builder().set_max_row_group_row_count(Some(1_000)).build();
    let mut file = Vec::new();
    let mut writer = ArrowWriter::try_new(&mut file, Arc::clone(&schema), Some(properties)).unwrap();
    writer.write(&RecordBatch::try_new(schema, columns).unwrap()).unwrap();
    writer.close().unwrap();
    folder.write("t.parquet", file);
    let source = folder.source();
    for filter in [
        "n = 3500",
        "n > 3499 AND n < 3501",
        "day = DATE '1979-08-02'",
        "text = '00003500'",
        "d = NUMERIC '3500'",
        "at = TIMESTAMP '1970-01-01 00:58:20+00'",
    ] {
        let sql = format!("SELECT n FROM t WHERE {filter}");
        let statement = read_statement(&sql, Vec::new()).unwrap();
        let planned = source.plan(statement, Watch::default()).await;
        let Planned { state, plan, .. } = planned.unwrap_or_else(|problem| panic!("{problem}"));
        let batches = collect(Arc::clone(&plan), session::task(&state)).await.unwrap();
        assert_eq!(batches.iter().map(RecordBatch::num_rows).sum::<usize>(), 1, "{filter}");
        let mut pruned = 0;
        let mut nodes = vec![plan];
        while let Some(node) = nodes.pop() {
            nodes.extend(node.children().into_iter().cloned());
            for metric in node.metrics().iter().flat_map(|metrics| metrics.iter().cloned().collect::<Vec<_>>()) {
                if let MetricValue::PruningMetrics { name, pruning_metrics } = metric.value()
                    && name == "row_groups_pruned_statistics"
                {
                    pruned += pruning_metrics.pruned();
                }
            }
        }
        assert_eq!(pruned, 3, "{filter}");
    }
}
