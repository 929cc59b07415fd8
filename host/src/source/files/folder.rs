//! The files of one query as an object store that can read them and nothing else.
//!
//! A [`Snapshot`] numbers the files that a query may read; a number is all that the engine has for a path.
//! Files are opened through the folder's own handle, which follows no link and no `..` out of it, and each
//! time compared with what they were when the query began: a file that was exchanged meanwhile is an error,
//! never a mixture of two.

use std::fmt;
use std::io::{Read, Seek, SeekFrom};
use std::ops::Range;
use std::sync::Arc;

use async_trait::async_trait;
use bytes::Bytes;
use cap_std::fs::{Dir, File, Metadata};
use cap_std::time::SystemTime;
use datafusion::execution::object_store::ObjectStoreUrl;
use futures::StreamExt;
use futures::stream::{self, BoxStream};
use object_store::path::Path;
use object_store::{
    CopyOptions, Error, GetOptions, GetResult, GetResultPayload, ListResult, MultipartUpload, ObjectMeta, ObjectStore,
    PutMultipartOptions, PutOptions, PutPayload, PutResult, Result,
};

use super::failure::{Fault, ReadFailure, StoreFault};

/// Bytes read at once from a file that is read from end to end.
const CHUNK: u64 = 1024 * 1024;

const STORE: &str = "folder of files";

/// Where the engine finds the store.
pub(super) fn store_url() -> ObjectStoreUrl {
    ObjectStoreUrl::parse("assay-files://snapshot").expect("a constant URL with a host and no path")
}

/// A file as it was when it was found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct FoundFile {
    /// Path within the folder, with `/` between the parts.
    pub(super) path: String,
    /// Bytes.
    pub(super) len: u64,
    modified: SystemTime,
}

impl FoundFile {
    /// Looks a file up without opening it.
    pub(super) fn find(dir: &Dir, path: &str) -> std::result::Result<Self, ReadFailure> {
        let failure = |fault| ReadFailure { file: path.to_owned(), fault };
        let metadata = dir.metadata(path).map_err(|error| failure(Fault::Io(error)))?;
        if metadata.is_dir() {
            return Err(failure(Fault::Folder));
        }
        if !metadata.is_file() {
            return Err(failure(Fault::Special));
        }
        if metadata.len() == 0 {
            return Err(failure(Fault::Empty));
        }
        Self::of(path, &metadata).map_err(|error| failure(Fault::Io(error)))
    }

    fn of(path: &str, metadata: &Metadata) -> std::io::Result<Self> {
        Ok(Self { path: path.to_owned(), len: metadata.len(), modified: metadata.modified()? })
    }

    /// Opens the file, if it is still the one that was found.
    pub(super) fn open(&self, dir: &Dir) -> std::result::Result<File, StoreFault> {
        let metadata = dir.metadata(&self.path)?;
        // Opening a pipe would wait for a writer.
        if !metadata.is_file() {
            return Err(StoreFault::Changed);
        }
        let file = dir.open(&self.path)?;
        self.still(&file)?;
        Ok(file)
    }

    /// Whether an open file is still what was found.
    pub(super) fn still(&self, file: &File) -> std::result::Result<(), StoreFault> {
        if Self::of(&self.path, &file.metadata()?)? == *self { Ok(()) } else { Err(StoreFault::Changed) }
    }
}

/// The files that one query may read.
#[derive(Debug)]
pub(super) struct Snapshot {
    dir: Arc<Dir>,
    files: Vec<FoundFile>,
}

impl Snapshot {
    /// Of files in `dir`.
    pub(super) fn new(dir: Arc<Dir>, files: Vec<FoundFile>) -> Self {
        Self { dir, files }
    }

    /// The folder.
    pub(super) fn dir(&self) -> &Arc<Dir> {
        &self.dir
    }

    /// What the engine knows of the file with a number.
    pub(super) fn meta(&self, number: usize) -> Option<ObjectMeta> {
        let file = self.files.get(number)?;
        let location = Path::from(number.to_string());
        let last_modified = file.modified.into_std().into();
        Some(ObjectMeta { location, last_modified, size: file.len, e_tag: None, version: None })
    }

    /// The file behind a location that the engine was given.
    pub(super) fn file(&self, location: &Path) -> Option<&FoundFile> {
        self.files.get(location.as_ref().parse::<usize>().ok()?)
    }

    fn known(&self, location: &Path) -> Result<(FoundFile, ObjectMeta)> {
        let number = location.as_ref().parse::<usize>().ok();
        let found = number.and_then(|number| Some((self.files.get(number)?.clone(), self.meta(number)?)));
        found.ok_or_else(|| Error::NotFound { path: location.to_string(), source: "not a file of this query".into() })
    }
}

impl fmt::Display for Snapshot {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} files", self.files.len())
    }
}

fn generic(fault: StoreFault) -> Error {
    Error::Generic { store: STORE, source: Box::new(fault) }
}

fn read_only() -> Error {
    Error::NotSupported { source: "the files of a source are only read".into() }
}

/// Runs blocking work; a panic or a runtime that shuts down is an error.
async fn blocking<T: Send + 'static>(
    work: impl FnOnce() -> std::result::Result<T, StoreFault> + Send + 'static,
) -> Result<T> {
    match tokio::task::spawn_blocking(work).await {
        Ok(result) => result.map_err(generic),
        Err(error) => Err(Error::Generic { store: STORE, source: Box::new(error) }),
    }
}

fn read_range(file: &mut File, range: &Range<u64>) -> std::result::Result<Bytes, StoreFault> {
    let len = usize::try_from(range.end.saturating_sub(range.start)).map_err(std::io::Error::other)?;
    file.seek(SeekFrom::Start(range.start))?;
    let mut bytes = vec![0; len];
    match file.read_exact(&mut bytes) {
        Ok(()) => Ok(bytes.into()),
        Err(error) if error.kind() == std::io::ErrorKind::UnexpectedEof => Err(StoreFault::Changed),
        Err(error) => Err(error.into()),
    }
}

#[async_trait]
impl ObjectStore for Snapshot {
    async fn put_opts(&self, _: &Path, _: PutPayload, _: PutOptions) -> Result<PutResult> {
        Err(read_only())
    }

    async fn put_multipart_opts(&self, _: &Path, _: PutMultipartOptions) -> Result<Box<dyn MultipartUpload>> {
        Err(read_only())
    }

    async fn get_opts(&self, location: &Path, options: GetOptions) -> Result<GetResult> {
        let (found, meta) = self.known(location)?;
        options.check_preconditions(&meta)?;
        let range = match &options.range {
            Some(range) => {
                range.as_range(meta.size).map_err(|error| Error::Generic { store: STORE, source: Box::new(error) })?
            }
            None => 0..meta.size,
        };
        let dir = Arc::clone(&self.dir);
        let file = blocking(move || found.open(&dir)).await?;
        let payload = if options.head { stream::empty().boxed() } else { chunks(file, range.clone()) };
        Ok(GetResult { payload: GetResultPayload::Stream(payload), meta, range, attributes: Default::default() })
    }

    async fn get_ranges(&self, location: &Path, ranges: &[Range<u64>]) -> Result<Vec<Bytes>> {
        let (found, _) = self.known(location)?;
        let dir = Arc::clone(&self.dir);
        let ranges = ranges.to_vec();
        blocking(move || {
            let mut file = found.open(&dir)?;
            ranges.iter().map(|range| read_range(&mut file, range)).collect()
        })
        .await
    }

    fn delete_stream(&self, _: BoxStream<'static, Result<Path>>) -> BoxStream<'static, Result<Path>> {
        stream::once(async { Err(read_only()) }).boxed()
    }

    fn list(&self, _: Option<&Path>) -> BoxStream<'static, Result<ObjectMeta>> {
        stream::once(async { Err(read_only()) }).boxed()
    }

    async fn list_with_delimiter(&self, _: Option<&Path>) -> Result<ListResult> {
        Err(read_only())
    }

    async fn copy_opts(&self, _: &Path, _: &Path, _: CopyOptions) -> Result<()> {
        Err(read_only())
    }
}

fn chunks(file: File, range: Range<u64>) -> BoxStream<'static, Result<Bytes>> {
    stream::try_unfold((file, range), |(mut file, range)| async move {
        if range.start >= range.end {
            return Ok(None);
        }
        let end = range.end.min(range.start.saturating_add(CHUNK));
        let part = range.start..end;
        let (bytes, file) = blocking(move || Ok((read_range(&mut file, &part)?, file))).await?;
        Ok(Some((bytes, (file, end..range.end))))
    })
    .boxed()
}

#[cfg(test)]
mod tests {
    use super::*;
    use cap_std::ambient_authority;
    use futures::TryStreamExt;
    use object_store::ObjectStoreExt;

    fn folder() -> (tempfile::TempDir, Arc<Dir>) {
        let folder = tempfile::tempdir().unwrap();
        let dir = Arc::new(Dir::open_ambient_dir(folder.path(), ambient_authority()).unwrap());
        (folder, dir)
    }

    #[tokio::test]
    async fn only_numbered_files_can_be_read() {
        let (folder, dir) = folder();
        fs_err::write(folder.path().join("a.csv"), "x\n1\n").unwrap();
        fs_err::write(folder.path().join("b.csv"), "x\n2\n").unwrap();
        let store = Snapshot::new(Arc::clone(&dir), vec![FoundFile::find(&dir, "a.csv").unwrap()]);

        let bytes = store.get(&Path::from("0")).await.unwrap().bytes().await.unwrap();
        assert_eq!(bytes.as_ref(), b"x\n1\n");
        assert_eq!(store.get_ranges(&Path::from("0"), &[0..1, 2..3]).await.unwrap(), ["x", "1"]);
        for other in ["1", "a.csv", "b.csv", "../b.csv", "0/../1", ""] {
            let error = store.get(&Path::from(other)).await.expect_err(other);
            assert!(matches!(error, Error::NotFound { .. }), "{other}: {error}");
        }
    }

    #[tokio::test]
    async fn nothing_is_written_or_listed() {
        let (folder, dir) = folder();
        fs_err::write(folder.path().join("a.csv"), "x\n1\n").unwrap();
        let store = Snapshot::new(Arc::clone(&dir), vec![FoundFile::find(&dir, "a.csv").unwrap()]);
        let at = Path::from("0");
        let errors = [
            store.put(&at, "y".into()).await.map(|_| ()).expect_err("put"),
            store.put_multipart(&at).await.map(|_| ()).expect_err("multipart"),
            store.delete(&at).await.expect_err("delete"),
            store.copy(&at, &Path::from("1")).await.expect_err("copy"),
            store.rename(&at, &Path::from("1")).await.expect_err("rename"),
            store.list(None).try_collect::<Vec<_>>().await.map(|_| ()).expect_err("list"),
            store.list_with_delimiter(None).await.map(|_| ()).expect_err("list"),
        ];
        for error in errors {
            assert!(matches!(error, Error::NotSupported { .. }), "{error}");
        }
        assert_eq!(fs_err::read_to_string(folder.path().join("a.csv")).unwrap(), "x\n1\n");
    }

    #[tokio::test]
    async fn an_exchanged_file_is_an_error() {
        let (folder, dir) = folder();
        fs_err::write(folder.path().join("a.csv"), "x\n1\n").unwrap();
        let store = Snapshot::new(Arc::clone(&dir), vec![FoundFile::find(&dir, "a.csv").unwrap()]);
        fs_err::write(folder.path().join("a.csv"), "x\n1\n2\n").unwrap();
        let error = store.get(&Path::from("0")).await.map(|_| ()).expect_err("changed");
        let Error::Generic { source, .. } = error else { panic!("{error}") };
        assert!(matches!(source.downcast_ref::<StoreFault>(), Some(StoreFault::Changed)));
    }

    #[cfg(unix)]
    #[test]
    fn no_link_leads_out_of_the_folder() {
        let (folder, dir) = folder();
        let outside = tempfile::tempdir().unwrap();
        fs_err::write(outside.path().join("secret.csv"), "x\n1\n").unwrap();
        std::os::unix::fs::symlink(outside.path().join("secret.csv"), folder.path().join("a.csv")).unwrap();
        std::os::unix::fs::symlink(outside.path(), folder.path().join("ds")).unwrap();
        let outside_path = outside.path().join("secret.csv");
        for path in ["a.csv", "ds/secret.csv", "../x.csv", outside_path.to_str().unwrap()] {
            let failure = FoundFile::find(&dir, path).expect_err(path);
            assert!(matches!(failure.fault, Fault::Io(_)), "{path}: {failure}");
        }
        fs_err::write(folder.path().join("real.csv"), "x\n1\n").unwrap();
        std::os::unix::fs::symlink("real.csv", folder.path().join("b.csv")).unwrap();
        assert_eq!(FoundFile::find(&dir, "b.csv").unwrap().len, 4, "links within the folder work");
    }
}
