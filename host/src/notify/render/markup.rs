//! Data within markup.

/// The text as code in Markdown of GitHub: nothing within it is a mention, a link, a reference or markup. It is on one
/// line.
pub(super) fn markdown_code(text: &str) -> String {
    let longest = text.split(|c| c != '`').map(str::len).max().unwrap_or(0);
    let fence = "`".repeat(longest + 1);
    let text = text.replace(['\r', '\n'], "↵");
    match text.trim() {
        "" => String::new(),
        // The spaces are not shown.
        text if text.starts_with('`') || text.ends_with('`') => format!("{fence} {text} {fence}"),
        text => format!("{fence}{text}{fence}"),
    }
}

/// The text for Slack: `&`, `<` and `>` are what mentions, links and special words are made of.
pub(super) fn slack(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")
}

/// The text as code for Slack. Nothing can be escaped there: a backtick that would end the code is replaced by one that
/// looks like it. It is on one line.
pub(super) fn slack_code(text: &str) -> String {
    let text = text.replace(['\r', '\n'], "↵").replace('`', "ˋ");
    match text.trim() {
        "" => String::new(),
        text => format!("`{}`", slack(text)),
    }
}

/// The text, cut where a line ends: markup that is on one line is whole or not there.
pub(super) fn cut_lines(text: &str, chars_max: usize) -> String {
    const CUT: &str = "\n…\n";
    if text.chars().count() <= chars_max {
        return text.to_owned();
    }
    let mut kept = String::new();
    let mut room = chars_max.saturating_sub(CUT.len());
    for line in text.split_inclusive('\n') {
        match room.checked_sub(line.chars().count()) {
            Some(rest) => room = rest,
            None => break,
        }
        kept.push_str(line);
    }
    kept.push_str(CUT);
    kept
}
