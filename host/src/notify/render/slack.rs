//! A message for Slack, in blocks.

use serde_json::{Map, Value, json};

use super::document::description;
use super::markup::{self, slack, slack_code};
use super::view::{GroupView, NoticeView};
use super::{Form, Told};
use crate::model::NoticeKind;
use crate::notify::inert::inert;
use crate::notify::message::{Content, Message};
use crate::notify::slack::Way;

/// The most blocks of a message.
const BLOCKS_MAX: usize = 50;
/// The longest header, in characters.
const HEADER_CHARS_MAX: usize = 150;
/// The longest text of a block, in characters.
const TEXT_CHARS_MAX: usize = 3_000;
/// The longest blocks together, in characters: Slack refuses messages that are too long, and does not say how long that
/// is.
const MESSAGE_CHARS_MAX: usize = 12_000;
/// Blocks that are left for what is said of all alerts together.
const BLOCKS_RESERVED: usize = 4;
/// Sample rows of one alert.
const ROWS_MAX: usize = 5;
/// The longest sample row, in characters.
const ROW_CHARS_MAX: usize = 300;

pub(super) fn body(told: &Told<'_>, way: &Way) -> String {
    let Told { message, view, texts } = told;
    let mut blocks = vec![json!({ "type": "header", "text": plain(&texts.title, HEADER_CHARS_MAX) })];
    match (&texts.own, &view.alerts) {
        (Some(own), _) => blocks.extend(pieces(own, BLOCKS_MAX - 2).iter().map(|piece| section(&marked(piece)))),
        (None, Some(alerts)) => in_blocks(alerts, &mut blocks),
        (None, None) => {
            let text = super::template::body(view, Form::Text);
            blocks.extend(pieces(&text, BLOCKS_MAX - 2).iter().map(|piece| section(&plain(piece, TEXT_CHARS_MAX))));
        }
    }
    if let Some(note) = &texts.note {
        blocks.push(context(&slack_code(note)));
    }
    blocks.truncate(BLOCKS_MAX);
    let mut posted = Map::new();
    if let Way::Bot { channel, .. } = way {
        posted.insert("channel".to_owned(), channel.as_str().into());
        let known = json!({ "delivery_id": view.id, "dedup_key": inert(message.dedup_key(), 200) });
        posted.insert("metadata".to_owned(), json!({ "event_type": "assay_message", "event_payload": known }));
        if is_news(message) {
            posted.insert("reply_broadcast".to_owned(), true.into());
        }
    }
    // What is shown where blocks are not, and read aloud.
    posted.insert("text".to_owned(), slack(&texts.title).into());
    posted.insert("mrkdwn".to_owned(), false.into());
    posted.insert("parse".to_owned(), "none".into());
    posted.insert("link_names".to_owned(), false.into());
    posted.insert("unfurl_links".to_owned(), false.into());
    posted.insert("unfurl_media".to_owned(), false.into());
    posted.insert("blocks".to_owned(), Value::Array(blocks));
    Value::Object(posted).to_string()
}

/// Whether it is for all in the channel, though it answers what they were told before.
fn is_news(message: &Message) -> bool {
    match &message.content {
        Content::Alerts(group) => group
            .notices
            .iter()
            .any(|notice| matches!(notice.kind, NoticeKind::Open | NoticeKind::Reopened | NoticeKind::Escalate)),
        Content::Digest(_) | Content::Test { .. } => false,
    }
}

fn in_blocks(alerts: &GroupView, blocks: &mut Vec<Value>) {
    let mut shown = 0_u64;
    let mut room = MESSAGE_CHARS_MAX;
    for notice in &alerts.notices {
        let of_it = notice_blocks(notice);
        let chars_of_it: usize = of_it.iter().map(chars).sum();
        if blocks.len() + of_it.len() > BLOCKS_MAX - BLOCKS_RESERVED || room < chars_of_it {
            break;
        }
        room -= chars_of_it;
        blocks.extend(of_it);
        shown += 1;
    }
    let mut last = Vec::new();
    let left = alerts.count.saturating_sub(shown);
    if left > 0 {
        last.push(format!("Not shown: {left}; `assay alerts ls` lists them."));
    }
    if alerts.suppressed > 0 {
        last.push(format!("Held back since the last message: {}.", alerts.suppressed));
    }
    last.push(match alerts.open {
        0 => "All of this group is well again.".to_owned(),
        open => format!("Open in this group: {open}."),
    });
    blocks.push(context(&last.join(" ")));
}

/// The characters of a block.
fn chars(block: &Value) -> usize {
    let texts = [&block["text"]["text"], &block["elements"][0]["text"]];
    texts.into_iter().filter_map(Value::as_str).map(|text| text.chars().count()).sum()
}

/// Our words in Slack's markup, with data as code; what was found as plain text.
fn notice_blocks(notice: &NoticeView) -> Vec<Value> {
    let mut head = vec![format!("*{}* ({}) {}", notice.why, notice.severity, slack_code(&notice.name))];
    let mut line = match &notice.ended {
        Some(ended) => format!("from {} until {ended} ({})", notice.since, notice.lasted),
        None => format!("since {} ({})", notice.since, notice.lasted),
    };
    line.push_str(&format!(
        ", results that were not good: {}, incidents before: {}",
        notice.occurrences, notice.incidents_before
    ));
    match &notice.last_good {
        Some(good) if !notice.over => line.push_str(&format!(", last good {good}")),
        Some(_) | None => {}
    }
    head.push(line);
    if let Some(owner) = &notice.owner {
        head.push(format!("owner {}", slack_code(owner)));
    }
    if let Some(by) = &notice.acked_by {
        head.push(format!("acknowledged by {}", slack_code(by)));
    }
    let mut blocks = vec![section(&marked(&head.join("\n")))];
    let found = match notice.over {
        true => notice.summary.clone(),
        false => format!("{}\n{}", notice.summary, description(notice)),
    };
    if !found.trim().is_empty() {
        blocks.push(section(&plain(&markup::cut_lines(found.trim(), TEXT_CHARS_MAX), TEXT_CHARS_MAX)));
    }
    if let Some(rows) = rows(notice).filter(|_| !notice.over) {
        blocks.push(section(&marked(&rows)));
    }
    blocks.push(context(&markup::cut_lines(&foot(notice), TEXT_CHARS_MAX)));
    blocks
}

/// Sample rows, as a block of code.
fn rows(notice: &NoticeView) -> Option<String> {
    let rows = notice.findings.iter().flat_map(|finding| &finding.samples).take(ROWS_MAX);
    let lines: Vec<String> = rows
        .map(|row| {
            let cells: Vec<String> = row.iter().map(|cell| format!("{}={}", cell.name, cell.value)).collect();
            slack(&inert(&cells.join(", "), ROW_CHARS_MAX).replace('`', "ˋ"))
        })
        .collect();
    (!lines.is_empty()).then(|| format!("```\n{}\n```", lines.join("\n")))
}

fn foot(notice: &NoticeView) -> String {
    let link = |href: &str, text: &str| format!("<{}|{text}>", slack(href));
    let mut lines = Vec::new();
    if !notice.dates.is_empty() && !notice.over {
        lines.push(format!("dates to look at or fill again: {}", notice.dates.join(", ")));
    }
    if let Some(run) = &notice.run_id {
        let shown = notice.run_link.as_deref().map(|href| format!(" {}", link(href, "show"))).unwrap_or_default();
        lines.push(format!("run {}{shown}", slack_code(run)));
    }
    match (&notice.runbook_link, &notice.runbook) {
        (Some(href), _) => lines.push(link(href, "what to do")),
        (None, Some(text)) => lines.push(format!("what to do: {}", slack_code(text))),
        (None, None) => {}
    }
    if !notice.over {
        lines.push(format!("silence: {}", slack_code(&notice.silence)));
        lines.push(format!("acknowledge: {}", slack_code(&notice.ack)));
    }
    if lines.is_empty() {
        lines.push(notice.kind.to_owned());
    }
    lines.join("\n")
}

/// The text in pieces that a block can hold, cut where lines end, and at most so many; a line that is longer is cut.
fn pieces(text: &str, count_max: usize) -> Vec<String> {
    let mut pieces: Vec<String> = Vec::new();
    for line in text.trim().lines() {
        let line: String = match line.chars().count() {
            // What begins in it might not end.
            count if count > TEXT_CHARS_MAX => "…".to_owned(),
            _ => line.to_owned(),
        };
        match pieces.last_mut() {
            Some(last) if last.chars().count() + line.chars().count() < TEXT_CHARS_MAX => {
                last.push('\n');
                last.push_str(&line);
            }
            _ => pieces.push(line),
        }
    }
    pieces.retain(|piece| !piece.trim().is_empty());
    pieces.truncate(count_max);
    pieces
}

fn section(text: &Value) -> Value {
    json!({ "type": "section", "text": text })
}

fn context(text: &str) -> Value {
    json!({ "type": "context", "elements": [marked(text)] })
}

/// Text in Slack's markup. `verbatim`: nothing in it is made a mention or a link that is not written as one.
fn marked(text: &str) -> Value {
    json!({ "type": "mrkdwn", "text": text, "verbatim": true })
}

/// Text that has no markup, whatever is in it.
fn plain(text: &str, chars_max: usize) -> Value {
    let text: String = match text.char_indices().nth(chars_max) {
        Some(_) => text.chars().take(chars_max - 1).chain(['…']).collect(),
        None => text.to_owned(),
    };
    json!({ "type": "plain_text", "text": text, "emoji": false })
}
