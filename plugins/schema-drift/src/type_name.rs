//! Names of types, so that they can be compared.

/// A type by the name that GoogleSQL prefers, also within arrays and structs. A source may tell it by that name, by an
/// older one, or by the one of the columnar format of its answers (`Utf8View`, `List(Int64)`). Lengths and precisions
/// are left out: some sources do not tell them.
pub(crate) fn canonical(type_name: &str) -> String {
    let mut reader = Reader::default();
    type_name.chars().for_each(|character| reader.take(character));
    reader.end_word();
    reader.canonical
}

/// What stands within parentheses.
enum Within {
    /// Types: of an array or a struct.
    Types,
    /// The unit and the zone of a timestamp, as far as they were read.
    Zone(String),
    /// What does not matter.
    Length,
}

#[derive(Default)]
struct Reader {
    canonical: String,
    word: String,
    within: Vec<Within>,
}

impl Reader {
    fn take(&mut self, character: char) {
        match (self.within.last_mut(), character) {
            (_, ')') => self.close(),
            (Some(Within::Zone(zone)), character) => zone.push(character),
            (Some(Within::Length), '(') => self.within.push(Within::Length),
            (Some(Within::Length), _) => {}
            (_, '(') => self.open(),
            (_, character) if character.is_alphanumeric() || character == '_' => {
                self.word.extend(character.to_uppercase());
            }
            (within, character) => {
                // The columnar format writes `"name": non-null Type`.
                let is_dropped = character.is_whitespace() || within.is_some() && matches!(character, '"' | ':' | '-');
                self.end_word();
                if !is_dropped {
                    self.canonical.push(character);
                }
            }
        }
    }

    fn open(&mut self) {
        let word = std::mem::take(&mut self.word);
        let within = match word.as_str() {
            "LIST" => ("ARRAY<", Within::Types),
            "STRUCT" => ("STRUCT<", Within::Types),
            "TIMESTAMP" => ("", Within::Zone(String::new())),
            _ => {
                self.word = word;
                self.end_word();
                return self.within.push(Within::Length);
            }
        };
        self.part();
        self.canonical.push_str(within.0);
        self.within.push(within.1);
    }

    fn close(&mut self) {
        match self.within.pop() {
            Some(Within::Types) => {
                self.end_word();
                self.canonical.push('>');
            }
            Some(Within::Zone(zone)) => {
                // A unit alone is a time in no zone; a number is a precision.
                let is_precision = zone.trim().bytes().all(|byte| byte.is_ascii_digit());
                let has_zone = zone.contains('"');
                self.word = if is_precision || has_zone { "TIMESTAMP" } else { "DATETIME" }.to_owned();
                self.end_word();
            }
            Some(Within::Length) | None => {}
        }
    }

    fn end_word(&mut self) {
        let word = std::mem::take(&mut self.word);
        let is_nullability = !self.within.is_empty() && matches!(word.as_str(), "NULLABLE" | "NON" | "NULL");
        if word.is_empty() || is_nullability {
            return;
        }
        self.part();
        self.canonical.push_str(preferred(&word));
    }

    /// Words of a struct's field stay apart from those of its type.
    fn part(&mut self) {
        if self.canonical.ends_with(|last: char| last.is_alphanumeric() || last == '_') {
            self.canonical.push(' ');
        }
    }
}

fn preferred(word: &str) -> &str {
    match word {
        "INT" | "INTEGER" | "BIGINT" | "SMALLINT" | "TINYINT" | "BYTEINT" => "INT64",
        "FLOAT" => "FLOAT64",
        "BOOLEAN" => "BOOL",
        "DECIMAL" | "DECIMAL128" => "NUMERIC",
        "BIGDECIMAL" | "DECIMAL256" => "BIGNUMERIC",
        "RECORD" => "STRUCT",
        "UTF8" | "UTF8VIEW" => "STRING",
        "BINARY" => "BYTES",
        "DATE32" => "DATE",
        "TIME64" => "TIME",
        word => word,
    }
}

#[cfg(test)]
mod tests {
    use super::canonical;

    #[test]
    fn one_type_has_one_name() {
        for (name, expected) in [
            ("int64", "INT64"),
            ("Integer", "INT64"),
            (" FLOAT ", "FLOAT64"),
            ("boolean", "BOOL"),
            ("NUMERIC(10, 2)", "NUMERIC"),
            ("Decimal256(76, 38)", "BIGNUMERIC"),
            ("string(20)", "STRING"),
            ("Utf8View", "STRING"),
            ("ARRAY< integer >", "ARRAY<INT64>"),
            ("List(non-null Int64)", "ARRAY<INT64>"),
            ("STRUCT<a  INTEGER, b ARRAY<FLOAT>>", "STRUCT<A INT64,B ARRAY<FLOAT64>>"),
            (r#"Struct("a": Int64, "b": nullable List(Float64))"#, "STRUCT<A INT64,B ARRAY<FLOAT64>>"),
            ("datetime", "DATETIME"),
            ("Timestamp(µs)", "DATETIME"),
            (r#"Timestamp(µs, "UTC")"#, "TIMESTAMP"),
            ("timestamp(12)", "TIMESTAMP"),
            ("TIMESTAMP", "TIMESTAMP"),
            ("Time64(µs)", "TIME"),
        ] {
            assert_eq!(canonical(name), expected);
        }
        assert_ne!(canonical("DATE"), canonical("DATETIME"));
    }
}
