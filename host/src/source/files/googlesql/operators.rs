//! What operators mean: GoogleSQL's types on both sides of them, and its own answers where the engine has others.

use std::collections::BTreeMap;
use std::sync::Arc;

use datafusion::arrow::datatypes::{DataType, Field};
use datafusion::common::{Column, DFSchema, ScalarValue, TableReference};
use datafusion::error::{DataFusionError, Result};
use datafusion::logical_expr::expr::ScalarFunction;
use datafusion::logical_expr::planner::{ExprPlanner, PlannerResult, RawBinaryExpr, RawFieldAccessExpr};
use datafusion::logical_expr::{BinaryExpr, Cast, Expr, ExprSchemable, GetFieldAccess, Operator, ScalarUDF, lit};
use sqlparser::ast::BinaryOperator;

use super::cast;
use super::reshape::Reshape;
use super::types::Type;

/// Most fields of structs that are compared: the structs are written once for each.
const FIELDS_MAX: usize = 64;

/// The operators of GoogleSQL.
#[derive(Debug)]
pub(super) struct GoogleOperators {
    functions: BTreeMap<String, Arc<ScalarUDF>>,
}

impl GoogleOperators {
    /// With the functions that operators are made of.
    pub(super) fn new(own: &[Arc<ScalarUDF>], engine: &[Arc<ScalarUDF>]) -> Self {
        let functions = own.iter().chain(engine).map(|function| (function.name().to_owned(), Arc::clone(function)));
        Self { functions: functions.collect() }
    }

    fn call(&self, name: &str, args: Vec<Expr>) -> Result<Expr> {
        let function = self.functions.get(name).map(Arc::clone);
        let function = function.ok_or_else(|| DataFusionError::Internal(format!("there is no function {name}")))?;
        Ok(Expr::ScalarFunction(ScalarFunction::new_udf(function, args)))
    }

    /// The expression as one of another type.
    pub(super) fn coerced(&self, expr: Expr, from: &Type, to: &Type, schema: &DFSchema) -> Result<Expr> {
        if expr.get_type(schema)? == to.arrow() {
            return Ok(expr);
        }
        match (expr, from, to) {
            (Expr::ScalarFunction(structure), Type::Struct(from), Type::Struct(to))
                if structure.name() == "named_struct" && from.len() == to.len() =>
            {
                let mut args = Vec::with_capacity(structure.args.len());
                let values = structure.args.into_iter().skip(1).step_by(2);
                for ((value, (_, from)), (name, to)) in values.zip(from).zip(to) {
                    args.push(lit(name.as_str()));
                    args.push(self.coerced(value, from, to, schema)?);
                }
                self.call("named_struct", args)
            }
            (Expr::Literal(ScalarValue::Utf8(text), metadata), Type::Literal, Type::String) => {
                Ok(Expr::Literal(ScalarValue::Utf8View(text), metadata))
            }
            (expr, Type::Struct(_) | Type::Array(_), to) => {
                let reshape = Arc::new(ScalarUDF::new_from_impl(Reshape { to: to.arrow() }));
                Ok(Expr::ScalarFunction(ScalarFunction::new_udf(reshape, vec![expr])))
            }
            (expr, Type::Literal, to) if *to != Type::String => self.call(&cast::name(to), vec![expr]),
            (expr, _, to) => Ok(Expr::Cast(Cast::new(Box::new(expr), to.arrow()))),
        }
    }

    fn compared(&self, sign: &str, op: Operator, left: Expr, right: Expr, schema: &DFSchema) -> Result<Expr> {
        let (left_type, right_type) = (type_of(&left, schema)?, type_of(&right, schema)?);
        let Some(common) = left_type.supertype(&right_type) else {
            return Err(mismatch(sign, &left_type, &right_type, "cast one of them"));
        };
        match &common {
            Type::Float64 => return self.call(sign, vec![left, right]),
            Type::Array(_) => return Err(mismatch(sign, &left_type, &right_type, "compare TO_JSON_STRING(array)")),
            Type::Struct(_) => {
                return match (&left_type, &right_type, op) {
                    (Type::Struct(ours), Type::Struct(theirs), Operator::Eq) => {
                        self.fields_compared(&left, ours, &right, theirs, schema)
                    }
                    (Type::Struct(ours), Type::Struct(theirs), Operator::NotEq) => {
                        Ok(!self.fields_compared(&left, ours, &right, theirs, schema)?)
                    }
                    _ => Err(mismatch(sign, &left_type, &right_type, "compare the fields")),
                };
            }
            _ => {}
        }
        let left = self.coerced(left, &left_type, &common, schema)?;
        let right = self.coerced(right, &right_type, &common, schema)?;
        Ok(Expr::BinaryExpr(BinaryExpr::new(Box::new(left), op, Box::new(right))))
    }

    /// Whether all fields are equal.
    fn fields_compared(
        &self,
        left: &Expr,
        ours: &[(String, Type)],
        right: &Expr,
        theirs: &[(String, Type)],
        schema: &DFSchema,
    ) -> Result<Expr> {
        let leaves = ours.iter().map(|(_, field)| field.leaves()).sum::<usize>();
        if leaves > FIELDS_MAX {
            let message = format!("a comparison of {leaves} fields: at most {FIELDS_MAX} are compared at once");
            return Err(DataFusionError::Plan(message));
        }
        let mut all: Option<Expr> = None;
        for ((our_name, _), (their_name, _)) in ours.iter().zip(theirs) {
            let left = self.call("get_field", vec![left.clone(), lit(our_name.as_str())])?;
            let right = self.call("get_field", vec![right.clone(), lit(their_name.as_str())])?;
            let equal = self.compared("=", Operator::Eq, left, right, schema)?;
            all = Some(match all {
                None => equal,
                Some(before) => before.and(equal),
            });
        }
        all.ok_or_else(|| DataFusionError::Plan("a STRUCT without fields".to_owned()))
    }

    fn computed(&self, sign: &str, left: Expr, right: Expr, schema: &DFSchema) -> Result<Expr> {
        let (left_type, right_type) = (type_of(&left, schema)?, type_of(&right, schema)?);
        let is_number = |other: &Type| other.is_numeric() || *other == Type::Null;
        let hint = match (sign, &left_type, &right_type) {
            ("+" | "-", Type::Date, Type::Int64) | ("+", Type::Int64, Type::Date) => {
                return self.call(&format!("{sign} DAYS"), vec![left, right]);
            }
            (_, left_type, right_type) if is_number(left_type) && is_number(right_type) => {
                return self.call(sign, vec![left, right]);
            }
            ("&" | "|" | "^" | "<<" | ">>", ..) => return self.call(sign, vec![left, right]),
            ("-", Type::Date, Type::Date) => "use DATE_DIFF(later, earlier, DAY)",
            ("-", Type::Timestamp, Type::Timestamp) => "use TIMESTAMP_DIFF(later, earlier, SECOND)",
            ("-", Type::Datetime, Type::Datetime) => "use DATETIME_DIFF(later, earlier, SECOND)",
            ("+", Type::String | Type::Literal, _) | ("+", _, Type::String | Type::Literal) => "join texts with ||",
            _ => "cast one of them",
        };
        Err(mismatch(sign, &left_type, &right_type, hint))
    }

    fn joined(&self, left: Expr, right: Expr, schema: &DFSchema) -> Result<Expr> {
        match (type_of(&left, schema)?, type_of(&right, schema)?) {
            (Type::Array(_), _) | (_, Type::Array(_)) => self.call("ARRAY_CONCAT", vec![left, right]),
            (
                Type::String | Type::Literal | Type::Bytes | Type::Null,
                Type::String | Type::Literal | Type::Bytes | Type::Null,
            ) => self.call("CONCAT", vec![left, right]),
            (left, right) => Err(mismatch("||", &left, &right, "cast them to STRING")),
        }
    }

    fn both(&self, op: Operator, left: Expr, right: Expr, schema: &DFSchema) -> Result<Expr> {
        let (left_type, right_type) = (type_of(&left, schema)?, type_of(&right, schema)?);
        let is_truth = |other: &Type| matches!(other, Type::Bool | Type::Null);
        match is_truth(&left_type) && is_truth(&right_type) {
            true => Ok(Expr::BinaryExpr(BinaryExpr::new(Box::new(left), op, Box::new(right)))),
            false => Err(mismatch(&op.to_string(), &left_type, &right_type, "write conditions: x > 0")),
        }
    }

    /// A field of a value, whose name is compared without regard to case.
    fn field(&self, value: Expr, data_type: &DataType, name: &str) -> Result<(Expr, DataType)> {
        let DataType::Struct(fields) = data_type else {
            let message = format!("`{name}` is no field: what it is taken from is a {}", Type::of(data_type));
            return Err(DataFusionError::Plan(message));
        };
        let Some(field) = fields.iter().find(|field| field.name().to_lowercase() == name.to_lowercase()) else {
            let names: Vec<&str> = fields.iter().map(|field| field.name().as_str()).collect();
            return Err(DataFusionError::Plan(format!("there is no field `{name}` among {}", names.join(", "))));
        };
        Ok((self.call("get_field", vec![value, lit(field.name().as_str())])?, field.data_type().clone()))
    }
}

/// GoogleSQL's type of an expression.
pub(super) fn type_of(expr: &Expr, schema: &DFSchema) -> Result<Type> {
    Ok(Type::of(&expr.get_type(schema)?))
}

fn mismatch(sign: &str, left: &Type, right: &Type, hint: &str) -> DataFusionError {
    DataFusionError::Plan(format!("there is no `{left} {sign} {right}`: {hint}"))
}

impl ExprPlanner for GoogleOperators {
    fn plan_binary_op(&self, expr: RawBinaryExpr, schema: &DFSchema) -> Result<PlannerResult<RawBinaryExpr>> {
        use BinaryOperator as Sign;
        let RawBinaryExpr { op, left, right } = expr;
        let planned = match &op {
            Sign::Plus => self.computed("+", left, right, schema),
            Sign::Minus => self.computed("-", left, right, schema),
            Sign::Multiply => self.computed("*", left, right, schema),
            Sign::Divide => self.computed("/", left, right, schema),
            Sign::BitwiseAnd => self.computed("&", left, right, schema),
            Sign::BitwiseOr => self.computed("|", left, right, schema),
            Sign::BitwiseXor => self.computed("^", left, right, schema),
            Sign::PGBitwiseShiftLeft => self.computed("<<", left, right, schema),
            Sign::PGBitwiseShiftRight => self.computed(">>", left, right, schema),
            Sign::Eq => self.compared("=", Operator::Eq, left, right, schema),
            Sign::NotEq => self.compared("<>", Operator::NotEq, left, right, schema),
            Sign::Lt => self.compared("<", Operator::Lt, left, right, schema),
            Sign::LtEq => self.compared("<=", Operator::LtEq, left, right, schema),
            Sign::Gt => self.compared(">", Operator::Gt, left, right, schema),
            Sign::GtEq => self.compared(">=", Operator::GtEq, left, right, schema),
            Sign::StringConcat => self.joined(left, right, schema),
            Sign::And => self.both(Operator::And, left, right, schema),
            Sign::Or => self.both(Operator::Or, left, right, schema),
            other => Err(DataFusionError::NotImplemented(format!("the operator `{other}` is not supported on files"))),
        };
        planned.map(PlannerResult::Planned)
    }

    fn plan_field_access(
        &self,
        expr: RawFieldAccessExpr,
        schema: &DFSchema,
    ) -> Result<PlannerResult<RawFieldAccessExpr>> {
        match &expr.field_access {
            GetFieldAccess::NamedStructField { name } => {
                let name = name.try_as_str().flatten().unwrap_or_default().to_owned();
                let data_type = expr.expr.get_type(schema)?;
                Ok(PlannerResult::Planned(self.field(expr.expr, &data_type, &name)?.0))
            }
            _ => Ok(PlannerResult::Original(expr)),
        }
    }

    fn plan_compound_identifier(
        &self,
        field: &Field,
        qualifier: Option<&TableReference>,
        nested_names: &[String],
    ) -> Result<PlannerResult<Vec<Expr>>> {
        let column = Expr::Column(Column::from((qualifier, &Arc::new(field.clone()))));
        let start = (column, field.data_type().clone());
        let (expr, _) =
            nested_names.iter().try_fold(start, |(expr, data_type), name| self.field(expr, &data_type, name))?;
        Ok(PlannerResult::Planned(expr))
    }

    /// All elements have one type, in which texts are `STRING`; names of fields are those of the first.
    fn plan_array_literal(&self, exprs: Vec<Expr>, schema: &DFSchema) -> Result<PlannerResult<Vec<Expr>>> {
        let types = exprs.iter().map(|expr| type_of(expr, schema)).collect::<Result<Vec<_>>>()?;
        let mut common = Type::Null;
        for other in &types {
            common = match common {
                Type::Null => other.clone(),
                known => known.supertype(other).ok_or_else(|| {
                    DataFusionError::Plan(format!("an array of {known} and {other}: cast the elements to one type"))
                })?,
            };
        }
        let common = common.settled();
        if let Type::Array(_) = common {
            let message = "an array of arrays: put the inner ones into STRUCT(... AS items)".to_owned();
            return Err(DataFusionError::Plan(message));
        }
        let elements = exprs.into_iter().zip(&types).map(|(expr, from)| self.coerced(expr, from, &common, schema));
        self.call("make_array", elements.collect::<Result<_>>()?).map(PlannerResult::Planned)
    }
}
