//! The first line, and spellings of tables.

use std::collections::BTreeMap;
use std::str::FromStr;

use jiff::Timestamp;
use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use crate::model::{LimitName, LimitRequest, Limits, RunContext, Window};
use crate::source::TableName;
use crate::source::transcript::{FORMAT, GrantedSource, Header, Spelling};

/// [`Header`] as it is written.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(in crate::source::transcript) struct HeaderDocument {
    format: u32,
    host: String,
    engine: String,
    plugin: String,
    digest: String,
    /// The very text that the guest was given.
    settings: String,
    context: ContextDocument,
    limits: BTreeMap<String, LimitDocument>,
    sources: Vec<SourceDocument>,
    redaction: Vec<String>,
}

#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct ContextDocument {
    run_id: String,
    check: String,
    attempt: u32,
    scheduled_for: Timestamp,
    target_date: Date,
    window: WindowDocument,
    time_zone: String,
    utc_offset_seconds: i32,
    seed: u64,
    dry_run: bool,
    sources: Vec<String>,
}

#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct WindowDocument {
    start: Timestamp,
    end: Timestamp,
}

#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct LimitDocument {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    requested: Option<u64>,
    ceiling: u64,
    value: u64,
}

#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct SourceDocument {
    name: String,
    tables: Vec<String>,
}

impl From<&Header> for HeaderDocument {
    fn from(header: &Header) -> Self {
        let limit = |name: LimitName| {
            let limit = header.limits.limit(name);
            let document = LimitDocument { requested: limit.requested, ceiling: limit.ceiling, value: limit.value };
            (name.to_string(), document)
        };
        let source = |source: &GrantedSource| SourceDocument {
            name: source.name.to_string(),
            tables: source.tables.iter().map(ToString::to_string).collect(),
        };
        Self {
            format: FORMAT,
            host: header.host.clone(),
            engine: header.engine.clone(),
            plugin: header.plugin.to_string(),
            digest: header.digest.to_string(),
            settings: header.settings.clone(),
            context: (&header.context).into(),
            limits: LimitName::ALL.into_iter().map(limit).collect(),
            sources: header.sources.iter().map(source).collect(),
            redaction: header.redaction.clone(),
        }
    }
}

impl From<&RunContext> for ContextDocument {
    fn from(context: &RunContext) -> Self {
        let RunContext {
            run_id,
            check,
            attempt,
            scheduled_for,
            target_date,
            window,
            time_zone,
            utc_offset_seconds,
            seed,
            dry_run,
            sources,
        } = context;
        Self {
            run_id: run_id.to_string(),
            check: check.to_string(),
            attempt: *attempt,
            scheduled_for: *scheduled_for,
            target_date: *target_date,
            window: WindowDocument { start: window.start, end: window.end },
            time_zone: time_zone.clone(),
            utc_offset_seconds: *utc_offset_seconds,
            seed: *seed,
            dry_run: *dry_run,
            sources: sources.iter().map(ToString::to_string).collect(),
        }
    }
}

/// Collects what is wrong while the rest is looked at.
#[derive(Default)]
struct Wrong(Vec<String>);

impl Wrong {
    fn parse<T: FromStr<Err: std::fmt::Display>>(&mut self, what: &str, text: &str) -> Option<T> {
        text.parse().map_err(|error| self.0.push(format!("{what}: {error}"))).ok()
    }

    fn parse_all<T: FromStr<Err: std::fmt::Display>>(&mut self, what: &str, texts: &[String]) -> Vec<T> {
        texts.iter().filter_map(|text| self.parse(what, text)).collect()
    }

    fn limits(&mut self, written: &BTreeMap<String, LimitDocument>) -> Limits {
        let (mut ceilings, mut requests, mut values) = (Vec::new(), Vec::new(), Vec::new());
        for (name, limit) in written {
            let Some(name) = self.parse::<LimitName>("limits", name) else { continue };
            ceilings.push(LimitRequest { name, value: limit.ceiling });
            requests.extend(limit.requested.map(|value| LimitRequest { name, value }));
            values.push(LimitRequest { name, value: limit.value });
        }
        let limits = Limits::resolve(&ceilings, &requests).lowered(&values);
        for LimitRequest { name, value } in values {
            if limits.get(name) != value {
                self.0.push(format!("limits: `{name}` = {value} is over what was asked for or its ceiling"));
            }
        }
        limits
    }
}

impl TryFrom<HeaderDocument> for Header {
    /// All that is wrong.
    type Error = Vec<String>;

    fn try_from(document: HeaderDocument) -> Result<Self, Vec<String>> {
        let mut wrong = Wrong::default();
        let plugin = wrong.parse("plugin", &document.plugin);
        let digest = wrong.parse("digest", &document.digest);
        let context = document.context;
        let run_id = wrong.parse("context.run_id", &context.run_id);
        let check = wrong.parse("context.check", &context.check);
        let granted = wrong.parse_all("context.sources", &context.sources);
        let limits = wrong.limits(&document.limits);
        let sources = document.sources.iter().filter_map(|source| {
            let tables = wrong.parse_all("sources", &source.tables);
            Some(GrantedSource { name: wrong.parse("sources", &source.name)?, tables })
        });
        let sources = sources.collect();
        match (plugin, digest, run_id, check) {
            (Some(plugin), Some(digest), Some(run_id), Some(check)) if wrong.0.is_empty() => Ok(Self {
                host: document.host,
                engine: document.engine,
                plugin,
                digest,
                settings: document.settings,
                context: RunContext {
                    run_id,
                    check,
                    attempt: context.attempt,
                    scheduled_for: context.scheduled_for,
                    target_date: context.target_date,
                    window: Window { start: context.window.start, end: context.window.end },
                    time_zone: context.time_zone,
                    utc_offset_seconds: context.utc_offset_seconds,
                    seed: context.seed,
                    dry_run: context.dry_run,
                    sources: granted,
                },
                limits,
                sources,
                redaction: document.redaction,
            }),
            _ => Err(wrong.0),
        }
    }
}

/// [`Spelling`] as it is written.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(in crate::source::transcript) struct SpellingDocument {
    source: String,
    spelled: Vec<String>,
    own: Vec<String>,
}

impl From<&Spelling> for SpellingDocument {
    fn from(Spelling { source, spelled, own }: &Spelling) -> Self {
        Self { source: source.clone(), spelled: spelled.parts().to_vec(), own: own.parts().to_vec() }
    }
}

impl From<SpellingDocument> for Spelling {
    fn from(SpellingDocument { source, spelled, own }: SpellingDocument) -> Self {
        Self { source, spelled: TableName::new(spelled), own: TableName::new(own) }
    }
}
