//! From the name of a table to its files, looked up anew for every query.
//!
//! `name.parquet`, `.csv`, `.ndjson` and `.jsonl` in the folder are the table `name`, the latter three also packed,
//! as `name.csv.gz` or `name.csv.zst`; folders are datasets, two deep at most; a folder of `key=value` folders is one
//! table partitioned by `key`. `name.schema.yaml` beside either declares its columns. Names are compared with regard
//! to case. Nothing is guessed: two claims on one name, a stray file between partitions or a format mixed with
//! another is an error that names both.

use std::fmt;

use cap_std::fs::Dir;
use datafusion::arrow::datatypes::DataType;
use datafusion::common::ScalarValue;
use jiff::civil::Date;
use percent_encoding::percent_decode_str;

use super::canonical;
use super::declared::{self, Declared};
use super::failure::{Fault, ReadFailure};
use super::folder::FoundFile;
use super::project::Project;
use super::text::{self, Compression, TextFormat};
use crate::model::{Problem, ProblemCode};
use crate::source::TableName;

/// Levels of partitions.
const PARTITIONS_MAX: usize = 8;

/// Most files of one table.
const FILES_MAX: usize = 20_000;

/// How a null is written as the name of a partition.
const NULL_PARTITION: &str = "__HIVE_DEFAULT_PARTITION__";

/// Form of a file, by the end of its name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Format {
    /// `.parquet`
    Parquet,
    /// `.csv`, `.ndjson` and `.jsonl`, packed or not.
    Text(TextFormat),
}

impl Format {
    fn of(file_name: &str) -> Option<(&str, Self)> {
        let (unpacked, compression) = Compression::of(file_name);
        let (stem, extension) = unpacked.rsplit_once('.')?;
        let format = match (extension, compression) {
            ("parquet", Compression::None) => Self::Parquet,
            ("csv", _) => Self::Text(TextFormat::Csv),
            ("ndjson" | "jsonl", _) => Self::Text(TextFormat::NdJson),
            _ => return None,
        };
        (!stem.is_empty()).then_some((stem, format))
    }
}

impl fmt::Display for Format {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Parquet => "Parquet",
            Self::Text(TextFormat::Csv) => "CSV",
            Self::Text(TextFormat::NdJson) => "NDJSON",
        })
    }
}

/// A table and the files it is made of.
#[derive(Debug)]
pub(super) struct FoundTable {
    /// Its name in statements.
    pub(super) name: TableName,
    /// Form of all its files.
    pub(super) format: Format,
    /// What is declared of the columns of its files.
    pub(super) declared: Option<Declared>,
    /// Names and types of the columns that the folders stand for.
    pub(super) partition_columns: Vec<(String, DataType)>,
    /// Its files, in the order of their paths.
    pub(super) files: Vec<TableFile>,
}

/// One file and the values of the partition columns.
#[derive(Debug)]
pub(super) struct TableFile {
    /// Where it is.
    pub(super) found: FoundFile,
    /// One for each partition column.
    pub(super) partition: Vec<ScalarValue>,
}

impl FoundTable {
    /// What it is made of, for a person.
    pub(super) fn made_of(&self) -> String {
        let Self { format, partition_columns, files, .. } = self;
        match files.as_slice() {
            [only] if partition_columns.is_empty() => format!("the {format} file `{}`", only.found.path),
            files => {
                let keys: Vec<&str> = partition_columns.iter().map(|(name, _)| name.as_str()).collect();
                let plural = if files.len() == 1 { "" } else { "s" };
                format!("{} {format} file{plural} partitioned by {}", files.len(), keys.join(", "))
            }
        }
    }
}

/// Why there is no such table.
#[derive(Debug, thiserror::Error)]
pub(super) enum LookupError {
    /// Nothing claims the name.
    #[error("there is no table `{name}`")]
    Unknown {
        /// The name asked for.
        name: TableName,
        /// Names that look like it.
        similar: Vec<String>,
        /// What its project has to do with it.
        project: Option<String>,
    },
    /// More than one thing claims the name.
    #[error("the table `{name}` is claimed by both `{first}` and `{second}`")]
    Claimed {
        /// The name asked for.
        name: TableName,
        /// One path.
        first: String,
        /// Another path.
        second: String,
    },
    /// The folders of a partitioned table are not of one form.
    #[error("the partitioned table in `{folder}` is not of one form: {reason}")]
    Partitions {
        /// Path of the table's folder.
        folder: String,
        /// What is the matter, with the path concerned.
        reason: String,
    },
    /// A folder cannot be listed.
    #[error("the folder `{folder}` cannot be listed: {source}")]
    Folder {
        /// Path of the folder; `.` for the whole.
        folder: String,
        /// From the operating system.
        source: std::io::Error,
    },
    /// A file cannot be used.
    #[error(transparent)]
    File(#[from] ReadFailure),
}

impl From<LookupError> for Problem {
    fn from(error: LookupError) -> Self {
        let message = error.to_string();
        let failed = |hint: &str| Self::new(ProblemCode::Failed, message.clone()).with_hint(hint);
        match &error {
            LookupError::Unknown { project: Some(hint), .. } => {
                Self::new(ProblemCode::UnknownTable, message).with_hint(hint.clone())
            }
            LookupError::Unknown { similar, .. } if similar.is_empty() => Self::new(ProblemCode::UnknownTable, message)
                .with_hint("a table is a file `name.parquet`, `name.csv` or `name.ndjson` in the source's folder"),
            LookupError::Unknown { similar, .. } => Self::new(ProblemCode::UnknownTable, message)
                .with_hint(format!("names that look like it: {}", similar.join(", "))),
            LookupError::Claimed { .. } => failed("rename or remove one of them"),
            LookupError::Partitions { .. } => failed(
                "a partitioned table has the same `key=value` folders at every level, files of one format in the last \
                 and nothing else",
            ),
            LookupError::Folder { .. } => failed("check that the user who runs assay may list the folder"),
            LookupError::File(failure) => failure.into(),
        }
    }
}

struct Entry {
    name: String,
    is_dir: bool,
}

/// The visible entries of a folder, in the order of their names.
fn entries(dir: &Dir, folder: &str) -> Result<Vec<Entry>, LookupError> {
    let failed = |source| LookupError::Folder { folder: folder.to_owned(), source };
    let mut entries = Vec::new();
    for entry in dir.read_dir(folder).map_err(failed)? {
        let entry = entry.map_err(failed)?;
        let Ok(name) = entry.file_name().into_string() else { continue };
        if name.starts_with(['.', '_']) {
            continue;
        }
        // Follows links that stay within the folder; one that leads out of it is listed as a file and cannot be
        // opened.
        let is_dir = dir.metadata(join(folder, &name)).is_ok_and(|metadata| metadata.is_dir());
        entries.push(Entry { name, is_dir });
    }
    entries.sort_by(|one, other| one.name.cmp(&other.name));
    Ok(entries)
}

fn join(folder: &str, name: &str) -> String {
    if folder == "." { name.to_owned() } else { format!("{folder}/{name}") }
}

fn partition_key(name: &str) -> Option<(&str, &str)> {
    name.split_once('=').filter(|(key, _)| !key.is_empty())
}

fn is_partitioned(dir: &Dir, folder: &str) -> Result<bool, LookupError> {
    Ok(entries(dir, folder)?.iter().any(|entry| entry.is_dir && partition_key(&entry.name).is_some()))
}

/// Something that claims the name of a table.
enum Claim {
    File { path: String, format: Format },
    Folder { path: String },
}

impl Claim {
    fn path(&self) -> &str {
        match self {
            Self::File { path, .. } | Self::Folder { path } => path,
        }
    }
}

/// The table that a statement spells `spelled`.
pub(super) fn find(dir: &Dir, project: &Project, spelled: &TableName) -> Result<FoundTable, LookupError> {
    let name = &project.own(spelled);
    let unknown = || unknown(dir, project, spelled);
    if project.is_other(spelled) {
        return Err(unknown());
    }
    let Some((table, datasets)) = name.parts().split_last() else { return Err(unknown()) };
    let mut folder = ".".to_owned();
    for dataset in datasets {
        let is_dataset = entries(dir, &folder)?.iter().any(|entry| entry.is_dir && entry.name == *dataset);
        folder = join(&folder, dataset);
        if !is_dataset || is_partitioned(dir, &folder)? {
            return Err(unknown());
        }
    }
    let mut claims = claims(dir, &folder)?.into_iter().filter(|(claimed, _)| claimed == table).map(|(_, claim)| claim);
    match (claims.next(), claims.next()) {
        (None, _) => Err(unknown()),
        (Some(first), Some(second)) => Err(LookupError::Claimed {
            name: name.clone(),
            first: first.path().to_owned(),
            second: second.path().to_owned(),
        }),
        (Some(claim), None) => {
            let declared = declared(dir, name, &folder, table)?;
            match claim {
                Claim::File { path, format } => {
                    let files = vec![TableFile { found: FoundFile::find(dir, &path)?, partition: Vec::new() }];
                    let partition_columns = Vec::new();
                    Ok(FoundTable { name: spelled.clone(), format, declared, partition_columns, files })
                }
                Claim::Folder { path } => partitioned(dir, spelled, &path, declared),
            }
        }
    }
}

/// What is declared of a table in `folder`.
fn declared(dir: &Dir, name: &TableName, folder: &str, table: &str) -> Result<Option<Declared>, LookupError> {
    let names = declared::ENDINGS.map(|ending| format!("{table}{ending}"));
    let there = entries(dir, folder)?.into_iter().filter(|entry| names.contains(&entry.name));
    let mut there = there.map(|entry| join(folder, &entry.name));
    match (there.next(), there.next()) {
        (None, _) => Ok(None),
        (Some(path), None) => Ok(Some(Declared::read(dir, &path)?)),
        (Some(first), Some(second)) => Err(LookupError::Claimed { name: name.clone(), first, second }),
    }
}

/// What claims names in a folder, datasets left out.
fn claims(dir: &Dir, folder: &str) -> Result<Vec<(String, Claim)>, LookupError> {
    let mut claims = Vec::new();
    for entry in entries(dir, folder)? {
        let path = join(folder, &entry.name);
        if let Some((stem, format)) = Format::of(&entry.name) {
            claims.push((stem.to_owned(), Claim::File { path, format }));
        } else if entry.is_dir && is_partitioned(dir, &path)? {
            claims.push((entry.name, Claim::Folder { path }));
        }
    }
    Ok(claims)
}

fn partitioned(
    dir: &Dir,
    name: &TableName,
    root: &str,
    mut declared: Option<Declared>,
) -> Result<FoundTable, LookupError> {
    let refused = |reason: String| LookupError::Partitions { folder: root.to_owned(), reason };
    let mut walk = Walk { dir, root, keys: Vec::new(), format: None, files: Vec::new() };
    walk.folder(root, &[])?;
    let Walk { keys, format, files, .. } = walk;
    let Some(format) = format else { return Err(refused("there is no file in it".to_owned())) };
    let mut partition_columns = Vec::with_capacity(keys.len());
    for (at, key) in keys.into_iter().enumerate() {
        let declared_type = declared.as_mut().and_then(|declared| declared.take_out(&key));
        let data_type = declared_type.unwrap_or_else(|| {
            let values: Vec<_> = files.iter().filter_map(|(_, values)| values.get(at)?.as_deref()).collect();
            value_type(&values)
        });
        partition_columns.push((key, data_type));
    }
    let mut table_files = Vec::with_capacity(files.len());
    for (found, values) in files {
        let values = values.into_iter().zip(&partition_columns);
        let partition = values.map(|(value, (key, data_type))| scalar(&found.path, key, value.as_deref(), data_type));
        let partition = partition.collect::<Result<_, _>>()?;
        table_files.push(TableFile { found, partition });
    }
    Ok(FoundTable { name: name.clone(), format, declared, partition_columns, files: table_files })
}

/// The value of a partition column in a file.
fn scalar(file: &str, key: &str, value: Option<&str>, data_type: &DataType) -> Result<ScalarValue, ReadFailure> {
    let found = match value {
        Some(text) => text::value(text, data_type),
        None => ScalarValue::try_from(data_type).ok(),
    };
    found.ok_or_else(|| {
        let (type_name, value) = (canonical::name(data_type), value.unwrap_or_default());
        let reason = format!("the column `{key}` is {type_name}, and `{value}` in the name of its folder is none");
        ReadFailure { file: file.to_owned(), fault: Fault::Misfit(reason) }
    })
}

struct Walk<'a> {
    dir: &'a Dir,
    root: &'a str,
    /// Names of the levels, as far as one was met.
    keys: Vec<String>,
    format: Option<Format>,
    /// The files, each with the values of its folders, `None` for null.
    files: Vec<(FoundFile, Vec<Option<String>>)>,
}

impl Walk<'_> {
    fn refused(&self, reason: String) -> LookupError {
        LookupError::Partitions { folder: self.root.to_owned(), reason }
    }

    fn folder(&mut self, folder: &str, values: &[Option<String>]) -> Result<(), LookupError> {
        for entry in entries(self.dir, folder)? {
            let path = join(folder, &entry.name);
            if entry.is_dir {
                let Some((key, value)) = partition_key(&entry.name) else {
                    return Err(self.refused(format!("`{path}` is not a folder `key=value`")));
                };
                self.level(&path, key, values.len())?;
                let value = percent_decode_str(value).decode_utf8();
                let value = value.map_err(|_| self.refused(format!("the value of `{path}` is not UTF-8")))?;
                let value = (value != NULL_PARTITION).then(|| value.into_owned());
                self.folder(&path, &[values, &[value]].concat())?;
            } else {
                self.file(&path, &entry.name, values)?;
            }
        }
        Ok(())
    }

    fn level(&mut self, path: &str, key: &str, level: usize) -> Result<(), LookupError> {
        match self.keys.get(level) {
            Some(known) if known == key => Ok(()),
            Some(known) => Err(self.refused(format!("`{path}` stands where folders are named `{known}=...`"))),
            None if !self.files.is_empty() => Err(self.refused(format!("`{path}` is deeper than the other folders"))),
            None if level >= PARTITIONS_MAX => {
                Err(self.refused(format!("`{path}` is more than {PARTITIONS_MAX} levels deep")))
            }
            None if self.keys.iter().any(|known| known == key) => {
                Err(self.refused(format!("`{path}` repeats the key of a level above")))
            }
            None => {
                self.keys.push(key.to_owned());
                Ok(())
            }
        }
    }

    fn file(&mut self, path: &str, file_name: &str, values: &[Option<String>]) -> Result<(), LookupError> {
        let Some((_, format)) = Format::of(file_name) else {
            return Err(self.refused(format!("`{path}` is of no known format")));
        };
        if values.len() != self.keys.len() || values.is_empty() {
            return Err(self.refused(format!("`{path}` is not in the last level of folders")));
        }
        if *self.format.get_or_insert(format) != format {
            return Err(self.refused(format!("`{path}` is of another format than the files before it")));
        }
        if self.files.len() >= FILES_MAX {
            return Err(self.refused(format!("there are more than {FILES_MAX} files in it")));
        }
        self.files.push((FoundFile::find(self.dir, path)?, values.to_vec()));
        Ok(())
    }
}

fn value_type(values: &[&str]) -> DataType {
    let is_date = |value: &str| value.len() == "2026-01-31".len() && value.parse::<Date>().is_ok();
    if values.is_empty() {
        DataType::Utf8View
    } else if values.iter().copied().all(is_date) {
        DataType::Date32
    } else if values.iter().all(|value| value.parse::<i64>().is_ok()) {
        DataType::Int64
    } else {
        DataType::Utf8View
    }
}

/// All names of tables, with the folders that cannot be listed left out.
pub(super) fn names(dir: &Dir, project: &Project) -> Result<Vec<TableName>, LookupError> {
    let mut names = Vec::new();
    let mut folders = vec![(".".to_owned(), Vec::new())];
    while let Some((folder, dataset)) = folders.pop() {
        let listed = match claims(dir, &folder) {
            Ok(listed) => listed,
            Err(error) if dataset.is_empty() => return Err(error),
            Err(_) => continue,
        };
        for entry in entries(dir, &folder)? {
            let claimed = listed.iter().any(|(_, claim)| claim.path() == join(&folder, &entry.name));
            if entry.is_dir && !claimed && dataset.len() < project.datasets_max() {
                folders.push((join(&folder, &entry.name), [&dataset[..], &[entry.name]].concat()));
            }
        }
        names.extend(listed.into_iter().map(|(stem, _)| TableName::new([&dataset[..], &[stem]].concat())));
    }
    names.sort();
    names.dedup();
    Ok(names)
}

/// Names that a person may have meant, at most five.
fn unknown(dir: &Dir, project: &Project, name: &TableName) -> LookupError {
    let asked = project.own(name).to_string().to_lowercase();
    // Only to help: without a list there is no help.
    let mut scored: Vec<(f64, String)> = names(dir, project)
        .unwrap_or_default()
        .into_iter()
        .map(|known| {
            let known = known.to_string();
            let last = known.rsplit('.').next().unwrap_or_default().to_lowercase();
            let score = strsim::jaro_winkler(&asked, &known.to_lowercase()).max(strsim::jaro_winkler(&asked, &last));
            (score, known)
        })
        .filter(|(score, _)| *score > 0.75)
        .collect();
    scored.sort_by(|one, other| other.0.total_cmp(&one.0).then_with(|| one.1.cmp(&other.1)));
    let similar = scored.into_iter().take(5).map(|(_, known)| format!("`{known}`")).collect();
    LookupError::Unknown { name: name.clone(), similar, project: project.hint(name) }
}

/// What stands at the name of a table whose lookup failed, for a person.
pub(super) fn made_of_unusable(error: &LookupError) -> String {
    match error {
        LookupError::File(ReadFailure { file, fault: Fault::Folder }) => format!("the folder `{file}`"),
        LookupError::File(ReadFailure { file, .. }) => format!("the file `{file}`"),
        LookupError::Claimed { first, second, .. } => format!("`{first}` and `{second}`"),
        LookupError::Partitions { folder, .. } | LookupError::Folder { folder, .. } => format!("the folder `{folder}`"),
        LookupError::Unknown { .. } => "nothing any more".to_owned(),
    }
}
