//! Functions of the engine whose results may be larger than their arguments, bounded before they are computed.
//!
//! [`Bound`] is the last thing that the analyzer does to a plan: functions that are not listed end the query, those of
//! GoogleSQL are told which query they belong to, and the engine's that make values of several are exchanged for a
//! [`Bounded`] one, whoever put them there.

use std::hash::{Hash, Hasher};
use std::sync::Arc;

use datafusion::arrow::array::ArrayRef;
use datafusion::arrow::compute::concat;
use datafusion::arrow::datatypes::{DataType, FieldRef};
use datafusion::common::tree_node::{Transformed, TreeNode};
use datafusion::config::ConfigOptions;
use datafusion::error::{DataFusionError, Result};
use datafusion::logical_expr::expr::ScalarFunction;
use datafusion::logical_expr::expr_rewriter::NamePreserver;
use datafusion::logical_expr::{
    BinaryExpr, ColumnarValue, Expr, LogicalPlan, Operator, ReturnFieldArgs, ScalarFunctionArgs, ScalarUDF,
    ScalarUDFImpl, Signature,
};
use datafusion::optimizer::analyzer::AnalyzerRule;

use super::googlesql::{Function, Reshape, is_listed_engine_scalar};
use super::size;
use super::watch::{BATCH_BYTES_MAX, Ended, Watch};

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
                // What is GoogleSQL's keeps to its bounds by itself.
                let func = match func.inner().downcast_ref::<Function>() {
                    Some(own) => own.watched(&self.0),
                    None if func.name() == "get_field" || func.inner().is::<Reshape>() => {
                        return Ok(Transformed::no(Expr::ScalarFunction(ScalarFunction { func, args })));
                    }
                    None if is_listed_engine_scalar(func.name()) => {
                        ScalarUDF::new_from_impl(Bounded { inner: func, watch: self.0.clone() })
                    }
                    None => {
                        let message = format!("the function `{}` is not supported on files", func.name());
                        return Err(DataFusionError::NotImplemented(message));
                    }
                };
                Ok(Transformed::yes(Expr::ScalarFunction(ScalarFunction { func: Arc::new(func), args })))
            }
            Expr::BinaryExpr(BinaryExpr { op: Operator::StringConcat, .. }) => {
                Err(DataFusionError::NotImplemented("this `||` is not supported on files".to_owned()))
            }
            Expr::HigherOrderFunction(_) => {
                Err(DataFusionError::NotImplemented("a function of functions is not supported on files".to_owned()))
            }
            expr => Ok(Transformed::no(expr)),
        }
    }
}

/// A function that is asked for as many rows at once as its result has room for.
#[derive(Debug)]
struct Bounded {
    inner: Arc<ScalarUDF>,
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
            return match self.bytes(&args.args, 0, 1).saturating_mul(rows.max(1)) {
                0..=BATCH_BYTES_MAX => self.inner.invoke_with_args(args),
                _ => Err(self.too_large()),
            };
        }
        if self.fits(&args.args, 0, rows) {
            return self.inner.invoke_with_args(args);
        }
        let mut pieces: Vec<ArrayRef> = Vec::new();
        let (mut start, mut bytes) = (0, 0_usize);
        while start < rows {
            self.watch.check()?;
            let mut len = rows - start;
            while len > 1 && !self.fits(&args.args, start, len) {
                len = len.div_ceil(2);
            }
            if self.bytes(&args.args, start, len) > BATCH_BYTES_MAX {
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
    fn fits(&self, args: &[ColumnarValue], start: usize, len: usize) -> bool {
        self.bytes(args, start, len) <= BATCH_BYTES_MAX
    }

    /// Most bytes that the result for some rows can have: those of all arguments.
    fn bytes(&self, args: &[ColumnarValue], start: usize, len: usize) -> usize {
        args.iter().fold(0_usize, |sum, arg| sum.saturating_add(bytes_of(arg, start, len)))
    }
}

/// Bytes that an argument has in some rows.
fn bytes_of(arg: &ColumnarValue, start: usize, len: usize) -> usize {
    match arg {
        ColumnarValue::Array(array) => size::range(array, start, len),
        ColumnarValue::Scalar(value) => value.size().saturating_mul(len),
    }
}
