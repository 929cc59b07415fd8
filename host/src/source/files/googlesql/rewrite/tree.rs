//! Building and taking apart pieces of the tree.

use sqlparser::ast::helpers::attached_token::AttachedToken;
use sqlparser::ast::{
    CaseWhen, Expr, Function, FunctionArg, FunctionArgExpr, FunctionArgumentClause, FunctionArgumentList,
    FunctionArguments, Ident, ObjectName, ObjectNamePart, Value, WindowType,
};
use sqlparser::tokenizer::Span;

/// The quotes of a name that is the engine's.
const MARK: char = '\u{1}';

/// A name of the engine.
pub(super) fn engine_name(name: &str, span: Span) -> ObjectName {
    ObjectName(vec![ObjectNamePart::Identifier(Ident { value: name.to_owned(), quote_style: Some(MARK), span })])
}

/// Whether a call is the engine's already.
pub(super) fn is_engine_name(name: &ObjectName) -> bool {
    matches!(name.0.as_slice(), [ObjectNamePart::Identifier(Ident { quote_style: Some(MARK), .. })])
}

/// A list of arguments without anything else.
pub(super) fn arguments(args: Vec<Expr>) -> FunctionArguments {
    FunctionArguments::List(FunctionArgumentList {
        duplicate_treatment: None,
        args: args.into_iter().map(|arg| FunctionArg::Unnamed(FunctionArgExpr::Expr(arg))).collect(),
        clauses: Vec::new(),
    })
}

/// A call of one of the engine's functions.
pub(super) fn call(name: &str, args: Vec<Expr>, span: Span) -> Expr {
    Expr::Function(function(engine_name(name, span), args))
}

/// A call that is still to be looked at.
pub(super) fn written_call(name: &str, args: Vec<Expr>, span: Span) -> Expr {
    let name = Ident { value: name.to_owned(), quote_style: None, span };
    Expr::Function(function(ObjectName(vec![ObjectNamePart::Identifier(name)]), args))
}

fn function(name: ObjectName, args: Vec<Expr>) -> Function {
    Function {
        name,
        uses_odbc_syntax: false,
        parameters: FunctionArguments::None,
        args: arguments(args),
        filter: None,
        null_treatment: None,
        over: None,
        within_group: Vec::new(),
    }
}

/// A text.
pub(super) fn text(value: impl Into<String>) -> Expr {
    Expr::value(Value::SingleQuotedString(value.into()))
}

/// A whole number.
pub(super) fn number(value: u32) -> Expr {
    Expr::value(Value::Number(value.to_string(), false))
}

/// `CASE WHEN condition THEN value [ELSE otherwise] END`
pub(super) fn case(condition: Expr, value: Expr, otherwise: Option<Expr>) -> Expr {
    cases(vec![(condition, value)], otherwise)
}

/// `CASE` of several conditions.
pub(super) fn cases(conditions: Vec<(Expr, Expr)>, otherwise: Option<Expr>) -> Expr {
    Expr::Case {
        case_token: AttachedToken::empty(),
        end_token: AttachedToken::empty(),
        operand: None,
        conditions: conditions.into_iter().map(|(condition, result)| CaseWhen { condition, result }).collect(),
        else_result: otherwise.map(Box::new),
    }
}

/// In brackets, so that the neighbours do not matter.
pub(super) fn nested(expr: Expr) -> Expr {
    Expr::Nested(Box::new(expr))
}

/// What a call consists of.
pub(super) struct Parts {
    /// The arguments; `*` is [`Expr::Wildcard`]'s.
    pub(super) args: Vec<FunctionArg>,
    /// Whether `DISTINCT` was written.
    pub(super) distinct: bool,
    /// What stands behind the arguments.
    pub(super) clauses: Vec<FunctionArgumentClause>,
}

/// The arguments of a call as expressions; `None` for names, `*` or a subquery among them.
pub(super) fn plain(args: &[FunctionArg]) -> Option<Vec<Expr>> {
    args.iter()
        .map(|arg| match arg {
            FunctionArg::Unnamed(FunctionArgExpr::Expr(expr)) => Some(expr.clone()),
            _ => None,
        })
        .collect()
}

/// The name behind `OVER`, if it is one, in lower case.
pub(super) fn lower_window(over: &mut WindowType) {
    match over {
        WindowType::NamedWindow(name) => lower(name),
        WindowType::WindowSpec(spec) => spec.window_name.iter_mut().for_each(lower),
    }
}

/// A name of a column or an alias: GoogleSQL does not tell upper from lower case.
pub(super) fn lower(ident: &mut Ident) {
    if ident.value.chars().any(char::is_uppercase) {
        ident.value = ident.value.to_lowercase();
    }
}
