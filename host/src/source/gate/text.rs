//! What can be refused before parsing: too much text, a statement that is not a query, several statements,
//! and nesting that would become a tree too deep to walk.

use sqlparser::keywords::Keyword;
use sqlparser::tokenizer::{Span, Token, TokenWithSpan, Tokenizer, Word};

use super::dialect::GoogleSql;
use super::position::{invalid, not_read_only, unsupported};
use super::words;
use crate::model::{Problem, ProblemCode};

/// Most bytes of text.
const TEXT_MAX: usize = 1024 * 1024;

/// Most tokens, blanks and comments not counted.
const TOKENS_MAX: usize = 200_000;

/// Deepest tree that a statement may become, in nodes on a path: what fits a thread's stack while it is walked.
const DEPTH_MAX: usize = 256;

/// Nodes that a pair of brackets may stand for: a subquery is several.
const BRACKETS: usize = 4;

/// First words of statements that are not queries, as a person would know them.
const VERBS: &[&str] = &[
    "ALTER",
    "ANALYZE",
    "ASSERT",
    "ATTACH",
    "BEGIN",
    "BREAK",
    "CACHE",
    "CALL",
    "CASE",
    "CLONE",
    "CLOSE",
    "COMMENT",
    "COMMIT",
    "CONTINUE",
    "COPY",
    "CREATE",
    "DEALLOCATE",
    "DECLARE",
    "DEFINE",
    "DELETE",
    "DENY",
    "DESC",
    "DESCRIBE",
    "DETACH",
    "DISCARD",
    "DROP",
    "END",
    "EXEC",
    "EXECUTE",
    "EXPLAIN",
    "EXPORT",
    "FETCH",
    "FLUSH",
    "FOR",
    "GRANT",
    "IF",
    "IMPORT",
    "INSERT",
    "INSTALL",
    "KILL",
    "LEAVE",
    "LISTEN",
    "LOAD",
    "LOCK",
    "LOOP",
    "MERGE",
    "MSCK",
    "NOTIFY",
    "OPEN",
    "OPTIMIZE",
    "PRAGMA",
    "PREPARE",
    "RAISE",
    "REFRESH",
    "RELEASE",
    "RENAME",
    "REPEAT",
    "REPLACE",
    "RESET",
    "RESTORE",
    "RETURN",
    "REVOKE",
    "ROLLBACK",
    "SAVEPOINT",
    "SET",
    "SHOW",
    "START",
    "TRUNCATE",
    "UNCACHE",
    "UNDROP",
    "UNLISTEN",
    "UNLOAD",
    "UNLOCK",
    "UPDATE",
    "UPSERT",
    "USE",
    "VACUUM",
    "WHILE",
];

/// The tokens of the one statement in `sql`, without the semicolon at its end.
pub(super) fn statement_tokens(sql: &str) -> Result<Vec<TokenWithSpan>, Problem> {
    if sql.len() > TEXT_MAX {
        return Err(too_large(format!("a statement of {} bytes: at most {TEXT_MAX} are read", sql.len())));
    }
    let mut tokens = Tokenizer::new(&GoogleSql::default(), sql)
        .with_unescape(false)
        .tokenize_with_location()
        .map_err(|error| invalid(error.message, Span::new(error.location, error.location)))?;
    tokens.retain(|token| !matches!(token.token, Token::Whitespace(_) | Token::EOF));
    check_first(tokens.first())?;
    if let Some(end) = tokens.iter().position(|token| token.token == Token::SemiColon) {
        if let Some(next) = tokens.iter().skip(end).find(|token| token.token != Token::SemiColon) {
            return Err(not_read_only(format!("more than one statement (`{}`...)", next.token), next.span));
        }
        tokens.truncate(end);
    }
    check_depth(&tokens)?;
    if tokens.len() > TOKENS_MAX {
        return Err(too_large(format!("a statement of {} words: at most {TOKENS_MAX} are read", tokens.len())));
    }
    words::googlesql(tokens)
}

/// Too much nesting, wherever it was noticed.
pub(super) fn too_deep() -> Problem {
    Problem::new(ProblemCode::InvalidSql, "the statement is nested too deeply")
        .with_hint("use WITH for subqueries, IN (...) or IN UNNEST(@list) for long chains of OR")
}

fn too_large(message: String) -> Problem {
    Problem::new(ProblemCode::InvalidSql, message).with_hint("pass long lists as array parameters: IN UNNEST(@list)")
}

fn check_first(first: Option<&TokenWithSpan>) -> Result<(), Problem> {
    let Some(first) = first else {
        return Err(Problem::new(ProblemCode::InvalidSql, "the statement is empty").with_hint("send one SELECT"));
    };
    let upper = match &first.token {
        Token::LParen => return Ok(()),
        Token::Word(Word { value, quote_style: None, .. }) => value.to_ascii_uppercase(),
        other => {
            return Err(invalid(format!("a statement begins with SELECT or WITH, not with `{other}`"), first.span));
        }
    };
    match upper.as_str() {
        "SELECT" | "WITH" => Ok(()),
        "FROM" => Err(unsupported("a pipe query (`FROM ... |>`)", "write it as SELECT ... FROM ...", first.span)),
        "TABLE" | "VALUES" => Err(unsupported(format!("`{upper}` as a statement"), "write SELECT", first.span)),
        verb if VERBS.contains(&verb) => Err(not_read_only(format!("`{verb}`"), first.span)),
        _ => Err(invalid(format!("a statement begins with SELECT or WITH, not with `{}`", first.token), first.span)),
    }
}

/// An upper bound of the depth of the tree, without building it. Operators in a row make a tree as deep as the
/// row is long; a comma ends a row, and an operand of `AND` and `OR` is a row of its own.
#[derive(Default)]
struct Level {
    is_case: bool,
    /// `AND`, `OR` and joins since the last comma.
    rows: usize,
    /// Other operators in this row, and most in a row since the last comma.
    row: usize,
    longest_row: usize,
    /// Fields and elements taken of the value at hand, and most of one value since the last comma.
    accesses: usize,
    most_accesses: usize,
    /// Deepest pair of brackets since the last comma.
    brackets: usize,
    /// Deepest part between commas so far.
    deepest: usize,
    set_operations: usize,
}

impl Level {
    fn part(&self) -> usize {
        self.rows + self.longest_row.max(self.row) + self.most_accesses.max(self.accesses) + self.brackets
    }

    fn depth(&self) -> usize {
        self.deepest.max(self.part()) + self.set_operations
    }

    fn take(&mut self, token: &Token) {
        let weight = weight(token);
        if !matches!(weight, Weight::None | Weight::Access) {
            self.most_accesses = self.most_accesses.max(self.accesses);
            self.accesses = 0;
        }
        match weight {
            Weight::None => {}
            Weight::Access => self.accesses += 1,
            Weight::Operator => self.row += 1,
            Weight::SetOperation => self.set_operations += 1,
            Weight::Row => {
                self.longest_row = self.longest_row.max(self.row);
                self.row = 0;
                self.rows += 1;
            }
            Weight::Part => {
                let Self { is_case, set_operations, .. } = *self;
                *self = Self { is_case, set_operations, deepest: self.deepest.max(self.part()), ..Self::default() };
            }
        }
    }
}

fn check_depth(tokens: &[TokenWithSpan]) -> Result<(), Problem> {
    let mut levels = vec![Level::default()];
    let close = |levels: &mut Vec<Level>| {
        // The outermost level is no pair of brackets.
        if levels.len() > 1
            && let Some(closed) = levels.pop()
            && let Some(outer) = levels.last_mut()
        {
            outer.brackets = outer.brackets.max(closed.depth() + BRACKETS);
        }
    };
    for token in tokens {
        match &token.token {
            open @ (Token::LParen | Token::LBracket | Token::LBrace) => {
                if let Some(level) = levels.last_mut().filter(|_| *open == Token::LBracket) {
                    level.take(open);
                }
                levels.push(Level::default());
            }
            Token::Word(Word { quote_style: None, keyword: Keyword::CASE, .. }) => {
                levels.push(Level { is_case: true, ..Level::default() });
            }
            Token::Word(Word { quote_style: None, keyword: Keyword::END, .. }) => {
                if levels.last().is_some_and(|level| level.is_case) {
                    close(&mut levels);
                }
            }
            Token::RParen | Token::RBracket | Token::RBrace => {
                while levels.last().is_some_and(|level| level.is_case) {
                    close(&mut levels);
                }
                close(&mut levels);
            }
            other => {
                if let Some(level) = levels.last_mut() {
                    level.take(other);
                }
            }
        }
        let innermost = levels.last().map_or(0, Level::depth);
        if innermost > DEPTH_MAX || levels.len() * BRACKETS > DEPTH_MAX {
            return Err(too_deep());
        }
    }
    while levels.len() > 1 {
        close(&mut levels);
    }
    if levels.first().is_some_and(|level| level.depth() > DEPTH_MAX) { Err(too_deep()) } else { Ok(()) }
}

enum Weight {
    None,
    /// Of a field, by its name, or of an element, by its number.
    Access,
    Operator,
    Row,
    Part,
    SetOperation,
}

fn weight(token: &Token) -> Weight {
    match token {
        Token::Comma => Weight::Part,
        Token::Period | Token::LBracket => Weight::Access,
        Token::Word(Word { quote_style: None, keyword, .. }) => match keyword {
            Keyword::UNION | Keyword::INTERSECT | Keyword::EXCEPT => Weight::SetOperation,
            Keyword::AND | Keyword::OR | Keyword::XOR | Keyword::JOIN => Weight::Row,
            Keyword::NOT
            | Keyword::IS
            | Keyword::IN
            | Keyword::LIKE
            | Keyword::ILIKE
            | Keyword::BETWEEN
            | Keyword::EXISTS
            | Keyword::INTERVAL
            | Keyword::DIV
            | Keyword::COLLATE
            | Keyword::AT
            | Keyword::ARRAY
            | Keyword::STRUCT => Weight::Operator,
            _ => Weight::None,
        },
        Token::Word(_) | Token::Number(..) | Token::SingleQuotedString(_) | Token::DoubleQuotedString(_) => {
            Weight::None
        }
        _ => Weight::Operator,
    }
}
