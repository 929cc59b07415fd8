//! A grouping of ten million keys in a process of its own: what it holds under a bound that is far too small for it.

use std::path::Path;
use std::process::Command;

use assay::clock;
use assay::source::Source as _;
use assay::source::files::{FilesOptions, FilesSource};
use assay::source::gate::read_statement;
use assay_tests::process::{peak_kib, resident_kib};

use super::bed::BATCH_ROWS;
use super::figures::Figures;
use super::table;

/// The argument that makes this program the process to measure.
pub(crate) const CHILD: &str = "grouping-child";
/// Memory of the source.
const MEMORY_BYTES: u64 = 256 << 20;
/// What may be spilled.
const SPILL_BYTES: u64 = 4 << 30;
const SQL: &str = "SELECT id, COUNT(*) AS n, SUM(x) AS s FROM t GROUP BY id";

pub(crate) fn measure(figures: &mut Figures) {
    let folder = table::folder();
    let spill = tempfile::tempdir().unwrap();
    let mut child = Command::new(std::env::current_exe().unwrap());
    let output = child.arg(CHILD).arg(&folder).env("TMPDIR", spill.path()).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let text = String::from_utf8(output.stdout).unwrap();
    let numbers: Vec<f64> = text.split_whitespace().map(|number| number.parse().unwrap()).collect();
    let names = ["grouping_ms", "grouping_before_kib", "grouping_peak_kib", "grouping_spilled_kib"];
    for (name, number) in names.into_iter().zip(numbers) {
        figures.note(name, number);
    }
}

/// Groups, says how long it took, what the process held before and at most, and what was spilled; and ends.
pub(crate) fn child(folder: &str) {
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let options = FilesOptions {
        path: folder.into(),
        project: None,
        memory_bytes: MEMORY_BYTES,
        spill_bytes: SPILL_BYTES,
        target_partitions: std::thread::available_parallelism().unwrap().get(),
    };
    let source = FilesSource::open(options).unwrap();
    let before = resident_kib();
    let began = clock::monotonic();
    let (groups, spilled) = runtime.block_on(async {
        let (mut groups, mut spilled) = (0, 0);
        let mut rows = source.query(read_statement(SQL, Vec::new()).unwrap()).await.unwrap();
        while let Some(batch) = rows.next(BATCH_ROWS, u64::MAX).await.unwrap() {
            if groups == 0 {
                // Nothing of it is gone yet when the first group is there.
                spilled = size(&std::env::temp_dir());
            }
            groups += u64::from(batch.rows);
        }
        (groups, spilled)
    });
    assert_eq!(groups, table::ROWS);
    println!("{} {before} {} {}", began.elapsed().as_millis(), peak_kib(), spilled >> 10);
}

/// Bytes of all files below a folder.
fn size(folder: &Path) -> u64 {
    let entries = fs_err::read_dir(folder).unwrap().map(Result::unwrap);
    let size_of = |entry: fs_err::DirEntry| match entry.metadata().unwrap() {
        metadata if metadata.is_dir() => size(&entry.path()),
        metadata => metadata.len(),
    };
    entries.map(size_of).sum()
}
