//! `SUM` and `AVG`.

use std::sync::Arc;

use datafusion::arrow::datatypes::{DataType, Field, FieldRef};
use datafusion::error::Result;
use datafusion::functions_aggregate::{average::avg_udaf, sum::sum_udaf};
use datafusion::logical_expr::function::{AccumulatorArgs, StateFieldsArgs};
use datafusion::logical_expr::utils::{AggregateOrderSensitivity, format_state_name};
use datafusion::logical_expr::{
    Accumulator, AggregateUDF, AggregateUDFImpl, GroupsAccumulator, ReversedUDAF, Signature,
};

use super::addend::{Addend, BigNumeric, Int64, Numeric};
use super::call::Shape;
use super::frame::{Fold, Frame};
use super::total::{Asked, Distinct, GroupTotals, Totals};
use crate::source::files::googlesql::types::Type;

/// One of the two.
#[derive(Debug, PartialEq, Eq, Hash)]
pub(super) struct Adding {
    shape: Shape,
    asked: Asked,
    /// What the engine has for `FLOAT64`.
    float: Arc<AggregateUDF>,
}

impl Adding {
    /// `SUM`
    pub(super) fn sum() -> Self {
        let forms = &["(INT64) -> INT64", "(NUMERIC) -> NUMERIC", "(BIGNUMERIC) -> BIGNUMERIC", "(FLOAT64) -> FLOAT64"];
        Self { shape: Shape::new("SUM", forms), asked: Asked::Sum, float: sum_udaf() }
    }

    /// `AVG`
    pub(super) fn average() -> Self {
        let forms =
            &["(INT64) -> FLOAT64", "(NUMERIC) -> NUMERIC", "(BIGNUMERIC) -> BIGNUMERIC", "(FLOAT64) -> FLOAT64"];
        Self { shape: Shape::new("AVG", forms), asked: Asked::Mean, float: avg_udaf() }
    }

    fn exact<A: Addend>(&self, args: &AccumulatorArgs<'_>) -> Box<dyn Accumulator> {
        if args.is_distinct { Box::new(Distinct::<A>::new(self.asked)) } else { Box::new(Totals::<A>::new(self.asked)) }
    }

    fn exact_state<A: Addend>(&self, args: &StateFieldsArgs<'_>) -> Vec<FieldRef> {
        if args.is_distinct {
            let name = format_state_name(args.name, "distinct");
            return vec![Arc::new(Field::new_list(name, Field::new_list_field(A::value_type(), true), true))];
        }
        let mut fields = vec![Arc::new(Field::new(format_state_name(args.name, "total"), A::total_type(), true))];
        if self.asked == Asked::Mean {
            fields.push(Arc::new(Field::new(format_state_name(args.name, "count"), DataType::UInt64, true)));
        }
        fields
    }
}

/// The type of the argument.
fn argument(fields: &[FieldRef]) -> Type {
    fields.first().map_or(Type::Null, |field| Type::of(field.data_type()))
}

impl AggregateUDFImpl for Adding {
    fn name(&self) -> &str {
        self.shape.name
    }

    fn signature(&self) -> &Signature {
        &self.shape.signature
    }

    fn coerce_types(&self, types: &[DataType]) -> Result<Vec<DataType>> {
        self.shape.coerced(types)
    }

    fn return_type(&self, types: &[DataType]) -> Result<DataType> {
        Ok(self.shape.matched(types)?.returns.arrow())
    }

    fn accumulator(&self, args: AccumulatorArgs<'_>) -> Result<Box<dyn Accumulator>> {
        Ok(match argument(args.expr_fields) {
            Type::Int64 => self.exact::<Int64>(&args),
            Type::Numeric => self.exact::<Numeric>(&args),
            Type::BigNumeric => self.exact::<BigNumeric>(&args),
            _ => return self.float.accumulator(args),
        })
    }

    fn create_sliding_accumulator(&self, args: AccumulatorArgs<'_>) -> Result<Box<dyn Accumulator>> {
        if args.is_distinct {
            return self.shape.refused("DISTINCT cannot be used with a frame that moves");
        }
        if argument(args.expr_fields) != Type::Float64 {
            return self.accumulator(args);
        }
        let fold = match self.asked {
            Asked::Sum => Fold::Sum,
            Asked::Mean => Fold::Mean,
        };
        Ok(Box::new(Frame::new(fold)))
    }

    fn state_fields(&self, args: StateFieldsArgs<'_>) -> Result<Vec<FieldRef>> {
        Ok(match argument(args.input_fields) {
            Type::Int64 => self.exact_state::<Int64>(&args),
            Type::Numeric => self.exact_state::<Numeric>(&args),
            Type::BigNumeric => self.exact_state::<BigNumeric>(&args),
            _ => return self.float.state_fields(args),
        })
    }

    fn groups_accumulator_supported(&self, args: AccumulatorArgs<'_>) -> bool {
        !args.is_distinct
    }

    fn create_groups_accumulator(&self, args: AccumulatorArgs<'_>) -> Result<Box<dyn GroupsAccumulator>> {
        Ok(match argument(args.expr_fields) {
            Type::Int64 => Box::new(GroupTotals::<Int64>::new(self.asked)),
            Type::Numeric => Box::new(GroupTotals::<Numeric>::new(self.asked)),
            Type::BigNumeric => Box::new(GroupTotals::<BigNumeric>::new(self.asked)),
            _ => return self.float.create_groups_accumulator(args),
        })
    }

    fn order_sensitivity(&self) -> AggregateOrderSensitivity {
        AggregateOrderSensitivity::Insensitive
    }

    fn reverse_expr(&self) -> ReversedUDAF {
        ReversedUDAF::Identical
    }
}

#[cfg(test)]
mod tests {
    use datafusion::arrow::array::{ArrayRef, Decimal128Array, Decimal256Array, Float64Array, Int64Array};
    use datafusion::arrow::datatypes::i256;
    use datafusion::prelude::SessionContext;

    use super::*;
    use crate::source::files::googlesql::aggregates::testing::{context, failure, rows};

    fn numbers() -> SessionContext {
        let batch = |groups: &[i64], whole: &[Option<i64>], float: &[f64]| {
            let numeric: Decimal128Array = whole.iter().map(|value| value.map(|value| i128::from(value) * 3)).collect();
            let big: Decimal256Array =
                whole.iter().map(|value| value.map(|value| i256::from_i128(i128::from(value) * 3))).collect();
            let columns: Vec<(&str, ArrayRef)> = vec![
                ("g", Arc::new(Int64Array::from(groups.to_vec()))),
                ("x", Arc::new(Int64Array::from(whole.to_vec()))),
                ("n", Arc::new(numeric.with_data_type(DataType::Decimal128(38, 9)))),
                ("b", Arc::new(big.with_data_type(DataType::Decimal256(76, 38)))),
                ("f", Arc::new(Float64Array::from(float.to_vec()))),
            ];
            columns
        };
        context(vec![
            batch(&[1, 1, 2, 3], &[Some(1), Some(2), Some(7), None], &[1.5, f64::INFINITY, 1e100, 0.25]),
            batch(&[1, 2, 2, 3], &[Some(2), None, Some(i64::MAX), None], &[2.5, 1.0, -1e100, 0.5]),
        ])
    }

    #[test]
    fn groups_have_their_sums_and_averages() {
        let context = numbers();
        let sql = "select g, SUM(n), AVG(x), AVG(n), AVG(b), SUM(DISTINCT n), AVG(DISTINCT x), SUM(f), AVG(f) \
                   from t where g <> 2 group by g order by g";
        let expected = [
            "1 0.000000015 1.6666666666666667 0.000000005 0.00000000000000000000000000000000000005 0.000000009 1.5 \
             inf inf",
            "3 NULL NULL NULL NULL NULL NULL 0.75 0.375",
        ];
        assert_eq!(rows(&context, sql), expected);
        let sql = "select SUM(x), AVG(x), SUM(n), SUM(b), SUM(DISTINCT x) from t where g = 3";
        assert_eq!(rows(&context, sql), ["NULL NULL NULL NULL NULL"]);
        assert_eq!(rows(&context, "select SUM(x), AVG(f) from t where g = 9"), ["NULL NULL"]);
        assert_eq!(
            rows(&context, "select SUM(x) FILTER (where x < 7), AVG(x) FILTER (where x < 7) from t"),
            ["5 1.6666666666666667"]
        );
        let sql = "select g, SUM(x) FILTER (where x > 1), AVG(x) FILTER (where x > 1) from t where g <> 2 group by g order by g";
        assert_eq!(rows(&context, sql), ["1 4 2.0", "3 NULL NULL"]);
        assert_eq!(rows(&context, "select AVG(x) from t where g = 2"), ["4.611686018427388e18"]);
    }

    #[test]
    fn only_the_last_sum_must_have_room() {
        let context = numbers();
        assert_eq!(
            rows(&context, "select SUM(y) from (select x as y from t union all select -8 from t)"),
            ["9223372036854775755"]
        );
        for sql in [
            "select SUM(x) from t",
            "select g, SUM(x) from t group by g",
            "select SUM(DISTINCT x) from t",
            "select SUM(x) over (order by x) from t",
        ] {
            let message = failure(&context, sql);
            assert!(message.contains("overflow: SUM of INT64 values goes beyond the type"), "{sql}: {message}");
        }
        let most = "cast('99999999999999999999999999999.999999999' as decimal(38, 9))";
        let all = format!("(select {most} as n from t)");
        assert_eq!(rows(&context, &format!("select AVG(n) from {all}")), ["99999999999999999999999999999.999999999"]);
        assert_eq!(
            rows(&context, &format!("select SUM(n) from (select n from {all} union all select -n from {all})")),
            ["0.000000000"]
        );
        let message = failure(&context, &format!("select SUM(n) from {all}"));
        assert!(message.contains("overflow: SUM of NUMERIC values goes beyond the type"), "{message}");
        let most = "cast('90000000000000000000000000000000000000' as decimal(76, 38))";
        for rows in [2, 7] {
            let message = failure(&context, &format!("select SUM(b) from (select {most} as b from t limit {rows})"));
            assert!(message.contains("overflow: SUM of BIGNUMERIC values goes beyond the type"), "{message}");
        }
    }

    #[test]
    fn a_frame_forgets_what_left_it() {
        let context = numbers();
        let frame = "over (partition by g order by f rows between 1 preceding and current row)";
        let sql = format!("select g, f, SUM(f) {frame}, AVG(f) {frame} from t where g < 3 order by g, f");
        let expected = [
            "1 1.5 1.5 1.5",
            "1 2.5 4.0 2.0",
            "1 inf inf inf",
            "2 -1e100 -1e100 -1e100",
            "2 1.0 -1e100 -5e99",
            "2 1e100 1e100 5e99",
        ];
        assert_eq!(rows(&context, &sql), expected);
        let sql = "select SUM(f) over (order by f desc rows between 1 preceding and current row) from t where f > -1";
        assert_eq!(rows(&context, sql), ["inf", "inf", "1e100", "4.0", "2.5", "1.5", "0.75"]);
        let frame = "over (order by x rows between 1 preceding and current row)";
        let sql = format!(
            "select x, SUM(x) {frame}, AVG(x) {frame}, SUM(n) {frame} from t where x < 100 or x is null order by x nulls first"
        );
        let sql = sql.replace("order by x rows", "order by x nulls first rows");
        let expected = [
            "NULL NULL NULL NULL",
            "NULL NULL NULL NULL",
            "NULL NULL NULL NULL",
            "1 1 1.0 0.000000003",
            "2 3 1.5 0.000000009",
            "2 4 2.0 0.000000012",
            "7 9 4.5 0.000000027",
        ];
        assert_eq!(rows(&context, &sql), expected);
        let sql = "select SUM(DISTINCT x) over (order by x rows between 1 preceding and current row) from t";
        assert!(failure(&context, sql).contains("SUM: DISTINCT cannot be used with a frame that moves"));
        let sql = "select distinct g, SUM(DISTINCT x) over (partition by g) from t where x < 100 order by g";
        assert_eq!(rows(&context, sql), ["1 3", "2 7"]);
    }

    #[test]
    fn a_call_of_another_form_is_refused() {
        let context = numbers();
        let message = failure(&context, "select SUM(arrow_cast('a', 'Utf8View')) from t");
        let expected = "no form of SUM takes arguments of the types STRING; there is SUM(INT64) and SUM(NUMERIC)";
        assert!(message.contains(expected), "{message}");
    }
}
