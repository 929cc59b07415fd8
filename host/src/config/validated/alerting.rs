//! What holds of alerting as a whole: all that is named is there, and all that is there is used.

use std::sync::Arc;

use toml::Spanned;

use crate::alert::Overlays;
use crate::model::Severity;
use crate::notify::receiver::Receiver;
use crate::schedule::{Dst, Timing};

use super::super::authored::{self, Document, Named};
use super::super::error::ConfigProblem;
use super::super::resolved::{AlertingConfig, DigestConfig};
use super::super::value::{all_or_none, name, parse, text, url};
use super::matching::matchers;
use super::policy::{self, Layer, Layers};
use super::route::all_known;
use super::schedule::time_zone_of;
use super::{Kind, Names, Problems, overlay, receiver, route};

/// All of it, and the policies that checks start from.
pub(super) fn alerting(
    authored: &Document,
    names: &Names<'_>,
    problems: &mut Problems,
) -> (Option<AlertingConfig>, Option<Layers>) {
    let mut operator = None;
    let mut link = None;
    let mut layers = Some(Layers::default());
    if let Some(section) = &authored.alerts {
        operator = section.value.operator.as_ref().map(|operator| text(operator, "an operator", problems));
        link = section.value.link.as_ref().map(|link| url(link, "https://assay.example.com", problems));
        layers = policy::layers(section, names, problems);
    }
    let receivers: Vec<_> = authored.receiver.iter().map(|named| receiver::receiver(named, problems)).collect();
    let routes = route::tree(authored, names, problems);
    let inhibitions: Vec<_> =
        authored.inhibit.iter().map(|named| overlay::inhibition(named, names, problems)).collect();
    let quiet: Vec<_> = authored.quiet.iter().map(|named| overlay::quiet(named, problems)).collect();
    let maintenance: Vec<_> =
        authored.maintenance.iter().map(|named| overlay::maintenance(named, names, problems)).collect();
    let digests: Vec<_> = authored.digest.iter().map(|named| digest(named, names, &receivers, problems)).collect();
    overlay::quiet_hours_are_used(authored, problems);
    receivers_are_used(authored, problems);
    let whole = || {
        let maintenance = maintenance.into_iter().collect::<Option<Vec<_>>>()?;
        let reasons = maintenance.iter().filter_map(|(window, reason)| Some((window.name.clone(), reason.clone()?)));
        Some(AlertingConfig {
            operator: all_or_none(operator)?,
            link: all_or_none(link)?.map(|link| link.trim_end_matches('/').to_owned()),
            host: Arc::new(layers.as_ref()?.policy_of(Severity::Critical, &Layer::default())),
            receivers: receivers.into_iter().collect::<Option<_>>()?,
            routes: routes?,
            reasons: reasons.collect(),
            overlays: Overlays {
                silences: Vec::new(),
                maintenance: maintenance.into_iter().map(|(window, _)| window).collect(),
                inhibitions: inhibitions.into_iter().collect::<Option<_>>()?,
                quiet: quiet.into_iter().collect::<Option<_>>()?,
            },
            digests: digests.into_iter().collect::<Option<_>>()?,
        })
    };
    (whole(), layers)
}

fn digest(
    named: &Named<authored::Digest>,
    names: &Names<'_>,
    there: &[Option<Receiver>],
    problems: &mut Problems,
) -> Option<DigestConfig> {
    let name = name(&named.name, "digest", problems);
    let section = named.section.as_ref()?;
    let authored::Digest { cron, timezone, receivers, r#match } = &section.value;
    let cron = section.required("cron", cron.as_ref(), problems);
    let cron = cron.and_then(|cron| parse(cron, "minute, hour, day, month and weekday, as in `0 8 * * *`", problems));
    let zone = section.required("timezone", timezone.as_ref(), problems);
    let zone = zone.and_then(|zone| time_zone_of(zone, problems));
    let written = section.required("receivers", receivers.as_ref(), problems);
    let receivers = written.and_then(|written| {
        if written.get_ref().is_empty() {
            problems.push(
                ConfigProblem::at(written.span(), "the digest is for nobody")
                    .hint("for example `receivers = [\"slack-data\"]`"),
            );
            return None;
        }
        all_known(written.get_ref(), Kind::Receiver, names, problems)
    });
    for written in written.map(Spanned::get_ref).into_iter().flatten() {
        let found = there.iter().flatten().find(|receiver| receiver.name == *written.get_ref());
        if let Some(receiver) = found.filter(|receiver| !receiver.kind.takes_digests()) {
            let message = format!("`{}` is of the type `{}`, which takes no digests", receiver.name, receiver.kind);
            problems.push(ConfigProblem::at(written.span(), message).hint("name a receiver that people read"));
        }
    }
    let matchers = matchers(r#match.iter().flatten(), names, problems);
    Some(DigestConfig {
        name: name?,
        timing: Timing { cron: cron?, time_zone: zone?, dst: Dst::default() },
        receivers: receivers?,
        matchers: matchers?,
    })
}

/// A receiver that nothing names would never be told.
fn receivers_are_used(authored: &Document, problems: &mut Problems) {
    const POLICIES: [&str; 5] = ["policy", "critical", "high", "medium", "low"];
    let is_known = |name: &str| authored.receiver.iter().any(|receiver| receiver.name.get_ref() == name);
    let mut unsure = ["alerts", "route", "digest", "check"].iter().any(|what| authored.unreadable.contains(what));
    let mut used: Vec<&Spanned<String>> = Vec::new();
    for route in &authored.route {
        let Some(section) = &route.section else { return };
        unsure |= section.is_unreadable("receivers");
        used.extend(section.value.receivers.iter().flatten());
    }
    for digest in &authored.digest {
        let Some(section) = &digest.section else { return };
        unsure |= section.is_unreadable("receivers");
        used.extend(section.value.receivers.iter().flat_map(|receivers| receivers.get_ref()));
    }
    if let Some(section) = &authored.alerts {
        let authored::Alerts { operator: _, link: _, policy, critical, high, medium, low } = &section.value;
        unsure |= POLICIES
            .iter()
            .any(|key| section.is_unreadable(key) || section.is_unreadable(&format!("{key}.escalate_to")));
        let policies = [policy, critical, high, medium, low].into_iter().flatten();
        used.extend(policies.flat_map(|policy| policy.get_ref().escalate_to.iter().flatten()));
    }
    for check in authored.check.iter().flatten() {
        unsure |= check.is_unreadable("alert") || check.is_unreadable("alert.escalate_to");
        used.extend(check.value.alert.iter().flat_map(|policy| policy.get_ref().escalate_to.iter().flatten()));
    }
    // A reference that is wrong already may well be meant for the receiver that seems unused.
    if unsure || used.iter().any(|name| !is_known(name.get_ref())) {
        return;
    }
    for receiver in &authored.receiver {
        let name = receiver.name.get_ref();
        if !used.iter().any(|used| used.get_ref() == name) {
            problems.push(
                ConfigProblem::at(receiver.name.span(), format!("nothing goes to the receiver `{name}`")).hint(
                    format!("write `receivers = [\"{name}\"]` in a route or a digest, or name it in an `escalate_to`"),
                ),
            );
        }
    }
}
