//! Making text from data harmless wherever it is shown.

/// The text on one line, at most `chars_max` characters of it, with everything visible: control characters, those that
/// change the direction of text and those that take no room are written as `[U+202E]`, ends of lines as `↵`. What is cut
/// ends with `…`.
///
/// Markup is not changed: what has a meaning depends on where the text goes.
#[must_use]
pub fn inert(text: &str, chars_max: usize) -> String {
    let mut shown = String::new();
    let mut room = chars_max;
    let mut chars = text.trim().chars().peekable();
    while let Some(c) = chars.next() {
        if room == 0 {
            shown.pop();
            shown.push('…');
            break;
        }
        match c {
            '\r' if chars.peek() == Some(&'\n') => continue,
            '\n' | '\r' => shown.push('↵'),
            '\t' => shown.push(' '),
            c if is_hidden(c) => shown.push_str(&format!("[U+{:04X}]", u32::from(c))),
            c => shown.push(c),
        }
        room -= 1;
    }
    shown
}

/// Whether a character is not seen, or changes how others are seen. Those that join letters (U+200C, U+200D) are left:
/// languages and emoji need them.
fn is_hidden(c: char) -> bool {
    c.is_control()
        || matches!(c,
            // Directions.
            '\u{061c}' | '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}'
            // No width.
            | '\u{00ad}' | '\u{034f}' | '\u{180e}' | '\u{200b}' | '\u{2060}'..='\u{2065}' | '\u{206a}'..='\u{206f}'
            | '\u{feff}' | '\u{115f}' | '\u{1160}' | '\u{3164}' | '\u{ffa0}'
            // Lines and paragraphs, annotations, tags, no characters.
            | '\u{2028}' | '\u{2029}' | '\u{fff9}'..='\u{fffb}' | '\u{e0000}'..='\u{e007f}' | '\u{fffe}' | '\u{ffff}')
}
