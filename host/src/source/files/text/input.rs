//! The bytes of a CSV or NDJSON file, unpacked, as long as somebody wants them.

use std::io::{self, Read, Seek, SeekFrom};
use std::sync::Weak;

use cap_std::fs::{Dir, File};

use super::compression::Compression;
use crate::source::files::failure::{Fault, StoreFault};
use crate::source::files::folder::FoundFile;

/// Reads until nobody waits for the result any more, and notices at its end whether the file is still the same.
struct Input {
    file: File,
    found: FoundFile,
    still_wanted: Weak<()>,
}

impl Read for Input {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if self.still_wanted.strong_count() == 0 {
            return Err(io::Error::other(StoreFault::Unwanted));
        }
        let read = self.file.read(buffer).map_err(|error| io::Error::other(StoreFault::Io(error)))?;
        if read == 0 && !buffer.is_empty() {
            self.found.still(&self.file).map_err(io::Error::other)?;
        }
        Ok(read)
    }
}

/// Opens a file that is still the one that was found, from byte `start` on, which for packed files is 0. Reading ends
/// in an error once `still_wanted` has no owner.
///
/// # Errors
/// When the file is another one by now or cannot be opened.
pub(super) fn open(
    dir: &Dir,
    found: &FoundFile,
    start: u64,
    still_wanted: Weak<()>,
) -> Result<Box<dyn Read + Send>, Fault> {
    let mut file = found.open(dir)?;
    if start > 0 {
        file.seek(SeekFrom::Start(start)).map_err(Fault::Io)?;
    }
    let (_, compression) = Compression::of(&found.path);
    let input = Input { file, found: found.clone(), still_wanted };
    compression.unpack(input).map_err(Fault::Io)
}

#[cfg(test)]
mod tests {
    use super::*;
    use cap_std::ambient_authority;
    use std::sync::Arc;

    #[test]
    fn reading_ends_when_nobody_waits_or_the_file_changes() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.csv");
        fs_err::write(&path, "a\n1\n").unwrap();
        let dir = Dir::open_ambient_dir(folder.path(), ambient_authority()).unwrap();
        let found = FoundFile::find(&dir, "a.csv").unwrap();
        let wanted = Arc::new(());
        let mut text = String::new();
        let mut input = open(&dir, &found, 2, Arc::downgrade(&wanted)).unwrap();
        input.read_to_string(&mut text).unwrap();
        assert_eq!(text, "1\n");

        let mut input = open(&dir, &found, 0, Arc::downgrade(&wanted)).unwrap();
        fs_err::write(&path, "a\n1\n2\n").unwrap();
        let error = input.read_to_string(&mut text).expect_err("it grew");
        assert!(matches!(Fault::from(error), Fault::Changed));
        assert!(matches!(open(&dir, &found, 0, Arc::downgrade(&wanted)).map(drop), Err(Fault::Changed)));

        let found = FoundFile::find(&dir, "a.csv").unwrap();
        let mut input = open(&dir, &found, 0, Arc::downgrade(&wanted)).unwrap();
        drop(wanted);
        let error = input.read(&mut [0; 8]).expect_err("nobody waits");
        assert!(error.to_string().contains("nobody waits"), "{error}");
    }
}
