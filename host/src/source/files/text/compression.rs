//! How the bytes of a file are packed, and reading them unpacked.

use std::io::{self, Read};

use flate2::read::MultiGzDecoder;
use zstd::stream::read::Decoder as ZstdDecoder;

/// Largest window of a zstd file, as a power of two: 32 MiB, what `zstd -20` needs. Each file that is read keeps one
/// in memory.
const ZSTD_WINDOW_MAX: u32 = 25;

/// How a file is packed, by the end of its name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::source::files) enum Compression {
    /// Not at all.
    None,
    /// `.gz`: one gzip member or several.
    Gzip,
    /// `.zst`, `.zstd`: one frame or several.
    Zstd,
}

impl Compression {
    /// The name without the end that tells of it.
    pub(in crate::source::files) fn of(file_name: &str) -> (&str, Self) {
        match file_name.rsplit_once('.') {
            Some((rest, "gz")) => (rest, Self::Gzip),
            Some((rest, "zst" | "zstd")) => (rest, Self::Zstd),
            _ => (file_name, Self::None),
        }
    }

    /// Unpacks what `packed` reads. A file that is broken off or damaged is an error at the latest at its end.
    ///
    /// # Errors
    /// When no memory can be had.
    pub(super) fn unpack<R: Read + Send + 'static>(self, packed: R) -> io::Result<Box<dyn Read + Send>> {
        Ok(match self {
            Self::None => Box::new(packed),
            Self::Gzip => Box::new(MultiGzDecoder::new(packed)),
            Self::Zstd => {
                let mut decoder = ZstdDecoder::new(packed)?;
                decoder.window_log_max(ZSTD_WINDOW_MAX)?;
                Box::new(decoder)
            }
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::Write;

    fn gzip(text: &str) -> Vec<u8> {
        let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::default());
        encoder.write_all(text.as_bytes()).unwrap();
        encoder.finish().unwrap()
    }

    fn unpacked(compression: Compression, bytes: Vec<u8>) -> io::Result<String> {
        let mut text = String::new();
        compression.unpack(io::Cursor::new(bytes))?.read_to_string(&mut text)?;
        Ok(text)
    }

    #[test]
    fn the_end_of_a_name_tells_how_a_file_is_packed() {
        for (name, expected) in [
            ("a.csv", ("a.csv", Compression::None)),
            ("a.csv.gz", ("a.csv", Compression::Gzip)),
            ("a.csv.zst", ("a.csv", Compression::Zstd)),
            ("a.jsonl.zstd", ("a.jsonl", Compression::Zstd)),
            ("gz", ("gz", Compression::None)),
        ] {
            assert_eq!(Compression::of(name), expected, "{name}");
        }
    }

    #[test]
    fn members_and_frames_follow_each_other() {
        let gzip = [gzip("one\n"), gzip("two\n")].concat();
        assert_eq!(unpacked(Compression::Gzip, gzip).unwrap(), "one\ntwo\n");
        let frame = |text: &str| zstd::encode_all(text.as_bytes(), 1).unwrap();
        assert_eq!(unpacked(Compression::Zstd, [frame("one\n"), frame("two\n")].concat()).unwrap(), "one\ntwo\n");
    }

    #[test]
    fn what_is_broken_off_or_damaged_is_an_error() {
        let text = (0..10_000).map(|n| format!("{n}\n")).collect::<String>();
        let packed = [
            (Compression::Gzip, gzip(&text)),
            (Compression::Zstd, {
                let mut encoder = zstd::Encoder::new(Vec::new(), 1).unwrap();
                encoder.include_checksum(true).unwrap();
                encoder.write_all(text.as_bytes()).unwrap();
                encoder.finish().unwrap()
            }),
        ];
        for (compression, whole) in packed {
            for keep in [whole.len() - 1, whole.len() / 2, 3] {
                unpacked(compression, whole[..keep].to_vec()).expect_err(&format!("{compression:?}: {keep} bytes"));
            }
            let mut flipped = whole.clone();
            flipped[whole.len() / 2] ^= 0xff;
            unpacked(compression, flipped).expect_err(&format!("{compression:?}: damaged"));
            unpacked(compression, b"id,name\n1,a\n".to_vec()).expect_err("not packed at all");
            assert_eq!(unpacked(compression, whole).unwrap(), text);
        }
    }
}
