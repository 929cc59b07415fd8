//! Who is told of alerts.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;

use crate::alert::{Matcher, Overlays, Policy, Tree};
use crate::notify::receiver::{Address, Auth, Receiver, ReceiverKind, Slack};
use crate::notify::secret::SecretRef;
use crate::schedule::Timing;

/// Who is told of alerts. Every name is there, and every receiver is told by something.
#[derive(Debug, Clone)]
pub struct AlertingConfig {
    /// Who looks after the host, and after checks that did not run.
    pub operator: Option<String>,
    /// Address at which people reach this host, without a slash at its end.
    pub link: Option<String>,
    /// When the alerts of the host itself fire: as those of a critical check of which nothing else is said.
    pub host: Arc<Policy>,
    /// The receivers, in the order of the file.
    pub receivers: Vec<Receiver>,
    /// Which receivers are told of which alerts; what no route takes is told to nobody.
    pub routes: Tree,
    /// What keeps alerts from being told, without silences.
    pub overlays: Overlays,
    /// Why there is maintenance, by its name, where that is said.
    pub reasons: BTreeMap<String, String>,
    /// The digests, in the order of the file.
    pub digests: Vec<DigestConfig>,
}

impl AlertingConfig {
    /// The receiver of that name, if there is one.
    #[must_use]
    pub fn receiver(&self, name: &str) -> Option<&Receiver> {
        self.receivers.iter().find(|receiver| receiver.name == name)
    }

    /// The same with paths that were relative to the folder of the file.
    pub(in crate::config) fn within(self, folder: &Path) -> Self {
        let receivers = self.receivers.into_iter().map(|receiver| receiver_within(receiver, folder)).collect();
        Self { receivers, ..self }
    }
}

/// What happened since the last time, for people who want to know even when nothing did.
#[derive(Debug, Clone)]
pub struct DigestConfig {
    /// Its name.
    pub name: String,
    /// When it is sent, and in which zone times are shown.
    pub timing: Timing,
    /// Names of the receivers: at least one, and each takes digests.
    pub receivers: Vec<String>,
    /// Which alerts it is about; all without any.
    pub matchers: Vec<Matcher>,
}

fn receiver_within(receiver: Receiver, folder: &Path) -> Receiver {
    let mut receiver = receiver;
    if let Some(template) = &mut receiver.template {
        *template = folder.join(&*template);
    }
    match &mut receiver.kind {
        ReceiverKind::Slack(Slack::Bot { token: secret, .. } | Slack::Hook { url: secret }) => place(secret, folder),
        ReceiverKind::PagerDuty(pagerduty) => place(&mut pagerduty.routing_key, folder),
        ReceiverKind::Alertmanager(alertmanager) => match &mut alertmanager.auth {
            Some(Auth::Bearer(secret) | Auth::Basic { password: secret, .. }) => place(secret, folder),
            None => {}
        },
        ReceiverKind::Email(email) => {
            if let Some(authority) = &mut email.authority {
                *authority = folder.join(&*authority);
            }
            if let Some((_, password)) = &mut email.login {
                place(password, folder);
            }
        }
        ReceiverKind::Webhook(webhook) => {
            if let Address::Secret(secret) = &mut webhook.url {
                place(secret, folder);
            }
            webhook.signing.iter_mut().for_each(|secret| place(secret, folder));
            webhook.headers.iter_mut().for_each(|(_, secret)| place(secret, folder));
        }
        ReceiverKind::GitHub(github) => place(&mut github.token, folder),
        // A name alone is one on the `PATH`.
        ReceiverKind::Command(command) if command.program.components().nth(1).is_some() => {
            command.program = folder.join(&command.program);
        }
        ReceiverKind::Command(_) | ReceiverKind::Log(_) => {}
    }
    receiver
}

fn place(secret: &mut SecretRef, folder: &Path) {
    match secret {
        SecretRef::File(path) => *path = folder.join(&*path),
        SecretRef::Env(_) | SecretRef::Credential(_) => {}
    }
}
