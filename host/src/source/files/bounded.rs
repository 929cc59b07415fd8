//! Functions whose results may be larger than their arguments, bounded before they are computed.
//!
//! [`Bound`] is the last thing that the analyzer does to a plan: functions that are not listed end the query, and
//! those that grow are exchanged for a [`Bounded`] one, whoever put them there.

use std::hash::{Hash, Hasher};
use std::sync::Arc;

use datafusion::arrow::array::ArrayRef;
use datafusion::arrow::compute::concat;
use datafusion::arrow::datatypes::{DataType, FieldRef, Schema};
use datafusion::arrow::record_batch::RecordBatch;
use datafusion::common::ScalarValue;
use datafusion::common::tree_node::{Transformed, TreeNode};
use datafusion::config::ConfigOptions;
use datafusion::error::{DataFusionError, Result};
use datafusion::logical_expr::expr::ScalarFunction;
use datafusion::logical_expr::expr_rewriter::NamePreserver;
use datafusion::logical_expr::type_coercion::binary::BinaryTypeCoercer;
use datafusion::logical_expr::{
    BinaryExpr, ColumnarValue, Expr, LogicalPlan, Operator, ReturnFieldArgs, ScalarFunctionArgs, ScalarUDF,
    ScalarUDFImpl, Signature, Volatility,
};
use datafusion::optimizer::analyzer::AnalyzerRule;
use datafusion::physical_expr::PhysicalExpr;
use datafusion::physical_expr::expressions::{BinaryExpr as PhysicalBinary, Column};

use super::functions::growth;
use super::size;
use super::watch::{BATCH_BYTES_MAX, Ended, Watch};

/// Bytes that a search for a pattern goes through before the query is looked at again.
const SEARCHED_BYTES: usize = 64 * 1024;

/// How much larger than its arguments the result of a function may be.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) enum Growth {
    /// No larger.
    None,
    /// No larger, and slow.
    Regexp,
    /// All of them together, so many times.
    Sum(usize),
    /// All of them together, the first between any two others.
    Separated,
    /// A list's values with the second argument between any two.
    Joined,
    /// The third in the place of every second in the first.
    Replace,
    /// The third, with parts of the first, in the place of a pattern.
    RegexpReplace,
}

/// Exchanges functions for bounded ones.
#[derive(Debug)]
pub(super) struct Bound(pub(super) Watch);

impl AnalyzerRule for Bound {
    fn analyze(&self, plan: LogicalPlan, _: &ConfigOptions) -> Result<LogicalPlan> {
        let bounded = plan.transform_up_with_subqueries(|plan| {
            let names = NamePreserver::new(&plan);
            plan.map_expressions(|expr| {
                let name = names.save(&expr);
                let expr = expr.transform_up(|expr| self.bound(expr))?;
                Ok(expr.update_data(|expr| name.restore(expr)))
            })
        })?;
        Ok(bounded.data)
    }

    fn name(&self) -> &'static str {
        "bound"
    }
}

impl Bound {
    fn bound(&self, expr: Expr) -> Result<Transformed<Expr>> {
        match expr {
            Expr::ScalarFunction(ScalarFunction { func, args }) => {
                let Some(growth) = growth(func.name()) else {
                    let message = format!("the function `{}` is not supported on files", func.name());
                    return Err(DataFusionError::NotImplemented(message));
                };
                if growth == Growth::None {
                    return Ok(Transformed::no(Expr::ScalarFunction(ScalarFunction { func, args })));
                }
                let func = Arc::new(ScalarUDF::new_from_impl(Bounded { inner: func, growth, watch: self.0.clone() }));
                Ok(Transformed::yes(Expr::ScalarFunction(ScalarFunction { func, args })))
            }
            Expr::BinaryExpr(BinaryExpr { left, op: Operator::StringConcat, right }) => {
                let inner = Arc::new(ScalarUDF::new_from_impl(Joining::new()));
                let bounded = Bounded { inner, growth: Growth::Sum(1), watch: self.0.clone() };
                let func = Arc::new(ScalarUDF::new_from_impl(bounded));
                Ok(Transformed::yes(Expr::ScalarFunction(ScalarFunction { func, args: vec![*left, *right] })))
            }
            Expr::HigherOrderFunction(_) => {
                Err(DataFusionError::NotImplemented("a function of functions is not supported on files".to_owned()))
            }
            expr => Ok(Transformed::no(expr)),
        }
    }
}

/// The operator `||`.
#[derive(Debug, PartialEq, Eq, Hash)]
struct Joining {
    signature: Signature,
}

impl Joining {
    fn new() -> Self {
        Self { signature: Signature::user_defined(Volatility::Immutable) }
    }
}

fn two<T>(values: &[T]) -> Result<(&T, &T)> {
    match values {
        [left, right] => Ok((left, right)),
        _ => Err(DataFusionError::Internal("`||` of other than two".to_owned())),
    }
}

impl ScalarUDFImpl for Joining {
    fn name(&self) -> &'static str {
        "||"
    }

    fn signature(&self) -> &Signature {
        &self.signature
    }

    fn return_type(&self, types: &[DataType]) -> Result<DataType> {
        let (left, right) = two(types)?;
        BinaryTypeCoercer::new(left, &Operator::StringConcat, right).get_result_type()
    }

    fn coerce_types(&self, types: &[DataType]) -> Result<Vec<DataType>> {
        let (left, right) = two(types)?;
        let (left, right) = BinaryTypeCoercer::new(left, &Operator::StringConcat, right).get_input_types()?;
        Ok(vec![left, right])
    }

    fn is_strict(&self) -> bool {
        true
    }

    fn invoke_with_args(&self, args: ScalarFunctionArgs) -> Result<ColumnarValue> {
        two(&args.args)?;
        let is_scalar = args.args.iter().all(|arg| matches!(arg, ColumnarValue::Scalar(_)));
        let rows = if is_scalar { 1 } else { args.number_rows };
        let arrays = args.args.into_iter().map(|arg| arg.into_array(rows)).collect::<Result<Vec<_>>>()?;
        let schema = Arc::new(Schema::new(args.arg_fields));
        let column = |at: usize| -> Arc<dyn PhysicalExpr> { Arc::new(Column::new(schema.field(at).name(), at)) };
        let joined = PhysicalBinary::new(column(0), Operator::StringConcat, column(1));
        let joined = joined.evaluate(&RecordBatch::try_new(Arc::clone(&schema), arrays)?)?.into_array(rows)?;
        match is_scalar {
            true => Ok(ColumnarValue::Scalar(ScalarValue::try_from_array(&joined, 0)?)),
            false => Ok(ColumnarValue::Array(joined)),
        }
    }
}

/// A function that is asked for as many rows at once as its result has room for.
#[derive(Debug)]
struct Bounded {
    inner: Arc<ScalarUDF>,
    growth: Growth,
    watch: Watch,
}

impl PartialEq for Bounded {
    fn eq(&self, other: &Self) -> bool {
        self.inner == other.inner
    }
}

impl Eq for Bounded {}

impl Hash for Bounded {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.inner.hash(state);
    }
}

impl ScalarUDFImpl for Bounded {
    fn name(&self) -> &str {
        self.inner.name()
    }

    fn aliases(&self) -> &[String] {
        self.inner.aliases()
    }

    fn schema_name(&self, args: &[Expr]) -> Result<String> {
        self.inner.schema_name(args)
    }

    fn signature(&self) -> &Signature {
        self.inner.signature()
    }

    fn return_type(&self, types: &[DataType]) -> Result<DataType> {
        self.inner.return_type(types)
    }

    fn return_field_from_args(&self, args: ReturnFieldArgs) -> Result<FieldRef> {
        self.inner.return_field_from_args(args)
    }

    fn coerce_types(&self, types: &[DataType]) -> Result<Vec<DataType>> {
        self.inner.coerce_types(types)
    }

    fn is_strict(&self) -> bool {
        self.inner.is_strict()
    }

    fn invoke_with_args(&self, args: ScalarFunctionArgs) -> Result<ColumnarValue> {
        self.watch.check()?;
        let rows = args.number_rows;
        if args.args.iter().all(|arg| matches!(arg, ColumnarValue::Scalar(_))) {
            // One value, of which there may come to be as many as rows.
            return match self.bytes(&args.args, 0, 1)?.saturating_mul(rows.max(1)) {
                0..=BATCH_BYTES_MAX => self.inner.invoke_with_args(args),
                _ => Err(self.too_large()),
            };
        }
        if self.fits(&args.args, 0, rows)? {
            return self.inner.invoke_with_args(args);
        }
        let mut pieces: Vec<ArrayRef> = Vec::new();
        let (mut start, mut bytes) = (0, 0_usize);
        while start < rows {
            self.watch.check()?;
            let mut len = rows - start;
            while len > 1 && !self.fits(&args.args, start, len)? {
                len = len.div_ceil(2);
            }
            if self.bytes(&args.args, start, len)? > BATCH_BYTES_MAX {
                return Err(self.too_large());
            }
            let piece = self.piece(&args, start, len)?;
            bytes = bytes.saturating_add(size::range(&piece, 0, piece.len()));
            if bytes > BATCH_BYTES_MAX {
                return Err(self.too_large());
            }
            pieces.push(piece);
            start += len;
        }
        let pieces: Vec<_> = pieces.iter().map(AsRef::as_ref).collect();
        Ok(ColumnarValue::Array(concat(&pieces)?))
    }
}

impl Bounded {
    fn too_large(&self) -> DataFusionError {
        Ended::Function { function: self.inner.name().to_uppercase() }.into()
    }

    fn piece(&self, args: &ScalarFunctionArgs, start: usize, len: usize) -> Result<ArrayRef> {
        let mut piece = args.clone();
        piece.number_rows = len;
        for arg in &mut piece.args {
            if let ColumnarValue::Array(array) = arg {
                *array = array.slice(start, len);
            }
        }
        self.inner.invoke_with_args(piece)?.into_array(len)
    }

    /// Whether rows can be computed at once.
    fn fits(&self, args: &[ColumnarValue], start: usize, len: usize) -> Result<bool> {
        let searches = matches!(self.growth, Growth::Regexp | Growth::RegexpReplace);
        if searches && text(args.first(), start, len) > SEARCHED_BYTES {
            return Ok(false);
        }
        Ok(self.bytes(args, start, len)? <= BATCH_BYTES_MAX)
    }

    /// Most bytes that the result for some rows can have.
    fn bytes(&self, args: &[ColumnarValue], start: usize, len: usize) -> Result<usize> {
        let all = || args.iter().fold(0_usize, |sum, arg| sum.saturating_add(text(Some(arg), start, len)));
        Ok(match self.growth {
            Growth::None => 0,
            Growth::Regexp => {
                self.constant_pattern(args)?;
                0
            }
            Growth::Sum(times) => all().saturating_mul(times),
            Growth::Separated => {
                let between = text(args.first(), start, len);
                all().saturating_add(between.saturating_mul(args.len().saturating_sub(2)))
            }
            Growth::Joined => {
                // A value takes two bytes at least, its place in the list among them.
                let (values, between) = (text(args.first(), start, len), widest(args.get(1), start, len));
                let missing = widest(args.get(2), start, len);
                all().saturating_add(values.saturating_mul(between.max(missing)))
            }
            Growth::Replace => {
                let (from, to) = (narrowest(args.get(1)), widest(args.get(2), start, len));
                let times = text(args.first(), start, len) / from.max(1) + len;
                all().saturating_add(times.saturating_mul(to))
            }
            Growth::RegexpReplace => {
                self.constant_pattern(args)?;
                let (value, to) = (text(args.first(), start, len), widest(args.get(2), start, len));
                // Without a flag only the first place is replaced. A part of the value is named by two characters.
                let times = if args.len() > 3 { value.saturating_add(len) } else { len };
                let parts = value.saturating_mul(to / 2);
                all().saturating_add(times.saturating_mul(to)).saturating_add(parts)
            }
        })
    }

    fn constant_pattern(&self, args: &[ColumnarValue]) -> Result<()> {
        match args.get(1) {
            Some(ColumnarValue::Array(_)) => {
                let name = self.inner.name().to_uppercase();
                let message = format!("`{name}` with a pattern that differs from row to row is not supported on files");
                Err(DataFusionError::NotImplemented(message))
            }
            _ => Ok(()),
        }
    }
}

/// Bytes that an argument has in some rows.
fn text(arg: Option<&ColumnarValue>, start: usize, len: usize) -> usize {
    match arg {
        Some(ColumnarValue::Array(array)) => size::range(array, start, len),
        Some(ColumnarValue::Scalar(value)) => value.size().saturating_mul(len),
        None => 0,
    }
}

/// Bytes of the largest value of an argument in some rows.
fn widest(arg: Option<&ColumnarValue>, start: usize, len: usize) -> usize {
    match arg {
        Some(ColumnarValue::Array(array)) => size::widest(array, start, len),
        Some(ColumnarValue::Scalar(value)) => scalar(value),
        None => 0,
    }
}

/// Bytes of the smallest value of an argument.
fn narrowest(arg: Option<&ColumnarValue>) -> usize {
    match arg {
        Some(ColumnarValue::Scalar(value)) => scalar(value),
        _ => 0,
    }
}

fn scalar(value: &ScalarValue) -> usize {
    match value.try_as_str() {
        Some(text) => text.map_or(0, str::len),
        None => value.size(),
    }
}
