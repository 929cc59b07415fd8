//! Text within a limit.

/// The text, cut at a character's border and marked when it is longer than `bytes_max`.
#[must_use]
pub fn cut(mut text: String, bytes_max: usize) -> String {
    if text.len() > bytes_max {
        text.truncate(text.floor_char_boundary(bytes_max));
        text.push('…');
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_cut_ends_at_a_character_and_says_so() {
        assert_eq!(cut("abcd".to_owned(), 4), "abcd");
        assert_eq!(cut("abcde".to_owned(), 4), "abcd…");
        assert_eq!(cut("abcä".to_owned(), 4), "abc…");
    }
}
