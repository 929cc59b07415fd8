//! What can be refused before parsing: too much text, a statement that is not a query, several statements,
//! and nesting that would become a tree too deep to walk.

use sqlparser::dialect::BigQueryDialect;
use sqlparser::keywords::Keyword;
use sqlparser::tokenizer::{Span, Token, TokenWithSpan, Tokenizer, Word};

use super::position::{invalid, not_read_only, unsupported};
use crate::model::{Problem, ProblemCode};

/// Most bytes of text.
const TEXT_MAX: usize = 1024 * 1024;

/// Most tokens, blanks and comments not counted.
const TOKENS_MAX: usize = 200_000;

/// Most open brackets at once.
const BRACKETS_MAX: usize = 64;

/// Most operators in a row without a comma or a bracket of the same level between them. A chain such as
/// `a + b + c` becomes a tree as deep as it is long.
const CHAIN_MAX: usize = 600;

/// Most set operations (`UNION`...) on one level, for the same reason.
const SET_OPERATIONS_MAX: usize = 200;

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
    let mut tokens = Tokenizer::new(&BigQueryDialect {}, sql)
        .tokenize_with_location()
        .map_err(|error| invalid(error.message, Span::new(error.location, error.location)))?;
    tokens.retain(|token| !matches!(token.token, Token::Whitespace(_) | Token::EOF));
    if tokens.len() > TOKENS_MAX {
        return Err(too_large(format!("a statement of {} words: at most {TOKENS_MAX} are read", tokens.len())));
    }
    check_first(tokens.first())?;
    if let Some(end) = tokens.iter().position(|token| token.token == Token::SemiColon) {
        if let Some(next) = tokens.iter().skip(end).find(|token| token.token != Token::SemiColon) {
            return Err(not_read_only(format!("more than one statement (`{}`...)", next.token), next.span));
        }
        tokens.truncate(end);
    }
    check_depth(&tokens)?;
    Ok(tokens)
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

#[derive(Default)]
struct Level {
    chain: usize,
    set_operations: usize,
}

fn check_depth(tokens: &[TokenWithSpan]) -> Result<(), Problem> {
    let mut levels = vec![Level::default()];
    for token in tokens {
        match &token.token {
            Token::LParen | Token::LBracket | Token::LBrace => levels.push(Level::default()),
            Token::RParen | Token::RBracket | Token::RBrace if levels.len() > 1 => {
                levels.pop();
            }
            other => {
                let level = levels.last_mut().expect("the outermost level is never popped");
                match weight(other) {
                    Weight::None => {}
                    Weight::Break => level.chain = 0,
                    Weight::Link => level.chain += 1,
                    Weight::SetOperation => level.set_operations += 1,
                }
                if level.chain > CHAIN_MAX || level.set_operations > SET_OPERATIONS_MAX {
                    return Err(too_deep());
                }
            }
        }
        if levels.len() > BRACKETS_MAX {
            return Err(too_deep());
        }
    }
    Ok(())
}

enum Weight {
    None,
    Break,
    Link,
    SetOperation,
}

fn weight(token: &Token) -> Weight {
    match token {
        Token::Comma => Weight::Break,
        Token::Word(Word { quote_style: None, keyword, .. }) => match keyword {
            Keyword::UNION | Keyword::INTERSECT | Keyword::EXCEPT => Weight::SetOperation,
            Keyword::AND
            | Keyword::OR
            | Keyword::XOR
            | Keyword::NOT
            | Keyword::IS
            | Keyword::IN
            | Keyword::LIKE
            | Keyword::ILIKE
            | Keyword::BETWEEN
            | Keyword::CASE
            | Keyword::EXISTS
            | Keyword::INTERVAL
            | Keyword::DIV
            | Keyword::COLLATE
            | Keyword::AT
            | Keyword::ARRAY
            | Keyword::STRUCT
            | Keyword::JOIN => Weight::Link,
            _ => Weight::None,
        },
        Token::Word(_)
        | Token::Number(..)
        | Token::SingleQuotedString(_)
        | Token::DoubleQuotedString(_)
        | Token::Period
        | Token::RParen
        | Token::RBracket
        | Token::RBrace => Weight::None,
        _ => Weight::Link,
    }
}
