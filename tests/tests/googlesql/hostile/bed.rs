//! A source's folder with tables and traps in it, what is beside it, and how both look before and after.

use std::collections::BTreeMap;
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::SystemTime;

use arrow::array::{ArrayRef, Int64Array, RecordBatch, StringArray};
use parquet::arrow::ArrowWriter;

/// Stands in every file outside of the source's folder.
pub(super) const MARKER: &str = "MARKER0UTSIDE";

/// Folders below one root.
pub(super) struct Bed {
    root: PathBuf,
}

/// A file, folder or link: its kind, size, time of change and content.
type Seen = (&'static str, u64, SystemTime, Vec<u8>);

impl Bed {
    /// That is there.
    pub(super) fn at(root: &Path) -> Self {
        Self { root: root.to_owned() }
    }

    /// Makes everything.
    pub(super) fn make(root: &Path) -> Self {
        let bed = Self::at(root);
        bed.outside_files();
        bed.tables();
        bed.traps();
        fs_err::create_dir_all(bed.spill()).unwrap();
        bed
    }

    /// What the source may read.
    pub(super) fn source(&self) -> PathBuf {
        self.root.join("source")
    }

    /// What it may not.
    pub(super) fn outside(&self) -> PathBuf {
        self.root.join("outside")
    }

    /// Where the engine may spill to.
    pub(super) fn spill(&self) -> PathBuf {
        self.root.join("spill")
    }

    fn outside_files(&self) {
        for (name, content) in [
            ("secret.csv", format!("id,name\n1,{MARKER}\n")),
            (MARKER, format!("{MARKER}\n")),
            ("secret.ndjson", format!("{{\"id\": 1, \"name\": \"{MARKER}\"}}\n")),
            ("secret.schema.yaml", format!("- {{name: id, type: INT64}}\n- {{name: {MARKER}, type: STRING}}\n")),
            ("broken.schema.yaml", format!("- {{name: id, type: {MARKER}}}\n")),
            ("day=2/a.csv", format!("id,name\n2,{MARKER}\n")),
            ("games.csv", format!("id,name\n3,{MARKER}\n")),
        ] {
            write(&self.outside().join(name), content.as_bytes());
        }
        let names: ArrayRef = Arc::new(StringArray::from(vec![MARKER; 3]));
        write(&self.outside().join("secret.parquet"), &packed(vec![("name", names)]));
    }

    fn tables(&self) {
        let source = self.source();
        let rows = |range: std::ops::Range<i64>| -> String {
            range.map(|id| format!("{id},player {id},{}\n", id * 7_919 % 100)).collect()
        };
        let head = "id,name,points\n";
        write(&source.join("games.csv"), format!("{head}{}", rows(0..1_000)).as_bytes());
        write(&source.join("few.csv"), format!("{head}{}", rows(0..30)).as_bytes());
        write(&source.join("one.csv"), format!("{head}{}", rows(0..1)).as_bytes());
        write(&source.join("with blank.csv"), format!("{head}{}", rows(0..2)).as_bytes());
        write(&source.join("league/teams.csv"), format!("{head}{}", rows(0..5)).as_bytes());
        write(&source.join(".hidden.csv"), b"id\n1\n");
        write(&source.join("_draft.csv"), b"id\n1\n");
        write(&source.join("many.parquet"), &packed(vec![("id", ids(0..300_000))]));
        let long: ArrayRef = Arc::new(StringArray::from(vec!["a".repeat(1 << 20)]));
        write(&source.join("long.parquet"), &packed(vec![("text", long)]));
        let texts = (0..20_000).map(|id| format!("{id:0>500}"));
        let texts: ArrayRef = Arc::new(StringArray::from_iter_values(texts));
        write(&source.join("texts.parquet"), &packed(vec![("text", texts)]));
        write(&source.join("events.ndjson"), b"{\"id\": 1, \"list\": [1, 2]}\n{\"id\": 2, \"list\": [3]}\n");
        let deep = format!("json\n\"{}1{}\"\n", "[".repeat(50_000), "]".repeat(50_000));
        write(&source.join("deep.csv"), deep.as_bytes());
        for day in 1..=3 {
            write(&source.join(format!("days/day={day}/a.csv")), format!("{head}{}", rows(0..4)).as_bytes());
        }
        let wide: Vec<String> = (0..300).map(|column| format!("c{column}")).collect();
        let cells = vec!["1"; wide.len()].join(",");
        write(&source.join("wide.csv"), format!("{}\n{cells}\n{cells}\n", wide.join(",")).as_bytes());
    }

    fn traps(&self) {
        let (source, outside) = (self.source(), self.outside());
        let link = |target: &str, name: &str| {
            let path = source.join(name);
            fs_err::create_dir_all(path.parent().unwrap()).unwrap();
            symlink(target, path).unwrap();
        };
        let outside = |name: &str| outside.join(name).to_str().unwrap().to_owned();
        link("../outside/secret.csv", "linked.csv");
        link(&outside("secret.csv"), "absolute.csv");
        link("../outside/secret.parquet", "columns.parquet");
        link("../outside/secret.ndjson", "lines.ndjson");
        link("../outside", "aside");
        link(&outside(""), "outright");
        link("..", "up");
        link("/", "root");
        link("linked.csv", "twice.csv");
        link("./league/../../outside/secret.csv", "winding.csv");
        link("/etc/passwd", "passwd.csv");
        link("/proc/self/environ", "environ.csv");
        link("/dev/zero", "zero.csv");
        link("/dev/stdin", "stdin.csv");
        link("nowhere.csv", "dangling.csv");
        link("endless.csv", "endless.csv");
        link(".", "here");
        link("league/teams.csv", "within.csv");
        // Folders of partitions.
        write(&source.join("parts/day=1/a.csv"), b"id,name\n1,x\n");
        link("../../outside/day=2", "parts/day=2");
        write(&source.join("pieces/day=1/a.csv"), b"id,name\n1,x\n");
        link("../../../outside/secret.csv", "pieces/day=2/a.csv");
        link("../outside", "whole");
        link("../../outside/secret.csv", "league/inner.csv");
        // Schemas.
        for (table, schema) in [("described", "secret.schema.yaml"), ("misdescribed", "broken.schema.yaml")] {
            write(&source.join(format!("{table}.csv")), b"id,name\n1,x\n");
            link(&format!("../outside/{schema}"), &format!("{table}.schema.yaml"));
        }
    }

    /// Everything below the root, links as links.
    pub(super) fn seen(&self) -> BTreeMap<PathBuf, Seen> {
        let mut seen = BTreeMap::new();
        let mut folders = vec![self.source(), self.outside()];
        while let Some(folder) = folders.pop() {
            for entry in fs_err::read_dir(&folder).unwrap() {
                let path = entry.unwrap().path();
                let metadata = fs_err::symlink_metadata(&path).unwrap();
                let (kind, content) = if metadata.is_symlink() {
                    ("link", fs_err::read_link(&path).unwrap().into_os_string().into_encoded_bytes())
                } else if metadata.is_dir() {
                    folders.push(path.clone());
                    ("folder", Vec::new())
                } else {
                    ("file", fs_err::read(&path).unwrap())
                };
                seen.insert(path, (kind, metadata.len(), metadata.modified().unwrap(), content));
            }
        }
        seen
    }
}

fn write(path: &Path, content: &[u8]) {
    fs_err::create_dir_all(path.parent().unwrap()).unwrap();
    fs_err::write(path, content).unwrap();
}

fn ids(range: std::ops::Range<i64>) -> ArrayRef {
    Arc::new(Int64Array::from_iter_values(range))
}

fn packed(columns: Vec<(&str, ArrayRef)>) -> Vec<u8> {
    let batch = RecordBatch::try_from_iter(columns).unwrap();
    let mut file = Vec::new();
    let mut writer = ArrowWriter::try_new(&mut file, batch.schema(), None).unwrap();
    writer.write(&batch).unwrap();
    writer.close().unwrap();
    file
}
