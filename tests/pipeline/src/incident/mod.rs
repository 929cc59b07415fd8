//! What goes wrong, as data: a file names tables, rows and what becomes of them; no incident is known to the code.
//!
//! [`Incident::parse`] reads and checks a file against the declared tables and tells all that is wrong with it at
//! once; [`Injector`] applies incidents to the rows of each day. Rows are chosen by the seed, the name of the incident
//! and the key of the row, so that the same share of the same rows is the same in every change of one incident.

mod authored;
mod check;
mod inject;

use std::fmt;

use jiff::{SignedDuration, Timestamp};

pub use self::authored::Expected;
pub use self::inject::Injector;

use crate::profile::Profile;
use crate::schema::{SchemaError, Table};
use crate::value::{ColumnType, Value};

/// The incidents that travel along.
#[derive(rust_embed::RustEmbed)]
#[folder = "incidents"]
#[include = "*.yaml"]
struct Shipped;

/// Something that goes wrong.
#[derive(Debug, Clone)]
pub struct Incident {
    name: String,
    reference: Option<String>,
    about: String,
    original: Option<String>,
    profile: Profile,
    since: Timestamp,
    until: Option<Timestamp>,
    changes: Vec<Change>,
    expect: Vec<Expected>,
}

/// A checked change.
#[derive(Debug, Clone)]
struct Change {
    /// Place among the declared tables.
    table: usize,
    what: What,
}

#[derive(Debug, Clone)]
enum What {
    Drop(Selection),
    Set(Selection, Vec<(usize, Assign)>),
    Duplicate(Selection, Vec<(usize, Assign)>),
    Insert(Insertion),
    DropTable,
    RenameColumn { column: usize, to: String },
    CastColumn { column: usize, to: ColumnType },
}

/// Which rows a change is about.
#[derive(Debug, Clone)]
struct Selection {
    conditions: Vec<(usize, Test)>,
    groups: Option<(Vec<usize>, usize)>,
    amount: Amount,
    per: Vec<usize>,
}

/// How many of the rows that fit.
#[derive(Debug, Clone, Copy)]
enum Amount {
    All,
    Share(f64),
    Count(usize),
}

#[derive(Debug, Clone)]
enum Test {
    OneOf(Vec<Value>),
    Between(Option<Value>, Option<Value>),
    Null(bool),
}

/// What a cell becomes: a start, then what is done to it.
#[derive(Debug, Clone)]
struct Assign {
    start: Start,
    scale: Option<[f64; 2]>,
    plus: Option<f64>,
    shift: Option<SignedDuration>,
    /// Put before a text.
    prefix: Option<String>,
}

#[derive(Debug, Clone)]
enum Start {
    Constant(Value),
    Uniform([f64; 2]),
    Column(usize),
    Itself,
    /// The instant an inserted row is for.
    Tick(SignedDuration),
    /// The league day of that instant.
    Day,
}

#[derive(Debug, Clone)]
struct Insertion {
    at: Timestamp,
    every: SignedDuration,
    count: u32,
    values: Vec<(usize, Assign)>,
}

/// Something wrong in a file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Problem {
    /// Where, such as `changes[2].where[0].column`.
    pub place: String,
    /// What is wrong.
    pub problem: String,
    /// What to do instead.
    pub hint: Option<String>,
}

impl fmt::Display for Problem {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}: {}", self.place, self.problem)?;
        match &self.hint {
            Some(hint) => write!(formatter, "\n    hint: {hint}"),
            None => Ok(()),
        }
    }
}

/// Why an incident cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum IncidentError {
    /// The declared tables are wrong.
    #[error(transparent)]
    Schema(#[from] SchemaError),
    /// The file is not YAML of the expected shape.
    #[error("{file}: {source}")]
    Unreadable {
        /// The file.
        file: String,
        /// What the parser said.
        #[source]
        source: Box<serde_saphyr::Error>,
    },
    /// The file asks for what there is not.
    #[error("{file}:{}", problems.iter().map(|problem| format!("\n  {problem}")).collect::<String>())]
    Invalid {
        /// The file.
        file: String,
        /// All that is wrong.
        problems: Vec<Problem>,
    },
    /// There is no incident of that name.
    #[error("no incident '{name}'{}", hint.as_ref().map(|near| format!("\n  hint: did you mean '{near}'?")).unwrap_or_default())]
    Unknown {
        /// The name.
        name: String,
        /// A name that is close.
        hint: Option<String>,
    },
}

impl Incident {
    /// Reads and checks an incident; `file` names it in errors.
    ///
    /// # Errors
    /// With all that is wrong at once.
    pub fn parse(file: &str, text: &str, tables: &[Table]) -> Result<Self, IncidentError> {
        let authored = serde_saphyr::from_str(text)
            .map_err(|source| IncidentError::Unreadable { file: file.to_owned(), source: Box::new(source) })?;
        check::check(authored, tables).map_err(|problems| IncidentError::Invalid { file: file.to_owned(), problems })
    }

    /// Names of the incidents that travel along, in order.
    #[must_use]
    pub fn names() -> Vec<String> {
        let mut names: Vec<String> =
            Shipped::iter().filter_map(|file| file.strip_suffix(".yaml").map(str::to_owned)).collect();
        names.sort();
        names
    }

    /// An incident that travels along.
    ///
    /// # Errors
    /// When there is none of that name.
    pub fn named(name: &str, tables: &[Table]) -> Result<Self, IncidentError> {
        let file = format!("{name}.yaml");
        let Some(found) = Shipped::get(&file) else {
            let names = Self::names();
            let hint = check::nearest(name, names.iter().map(String::as_str));
            return Err(IncidentError::Unknown { name: name.to_owned(), hint });
        };
        Self::parse(&file, &String::from_utf8_lossy(&found.data), tables)
    }

    /// Its name.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The number it is known by elsewhere, such as `I01`.
    #[must_use]
    pub fn reference(&self) -> Option<&str> {
        self.reference.as_deref()
    }

    /// What the validator that came before did.
    #[must_use]
    pub fn original(&self) -> Option<&str> {
        self.original.as_deref()
    }

    /// What happened.
    #[must_use]
    pub fn about(&self) -> &str {
        &self.about
    }

    /// The shortest range of days that shows it.
    #[must_use]
    pub fn profile(&self) -> Profile {
        self.profile
    }

    /// When it begins to show.
    #[must_use]
    pub fn since(&self) -> Timestamp {
        self.since
    }

    /// When it no longer does; never when absent.
    #[must_use]
    pub fn until(&self) -> Option<Timestamp> {
        self.until
    }

    /// What checks are to say of it.
    #[must_use]
    pub fn expect(&self) -> &[Expected] {
        &self.expect
    }

    /// Places of the tables it changes, in order, each once.
    #[must_use]
    pub fn tables(&self) -> Vec<usize> {
        let mut tables: Vec<usize> = self.changes.iter().map(|change| change.table).collect();
        tables.sort_unstable();
        tables.dedup();
        tables
    }
}
