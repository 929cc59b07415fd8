//! The keys of `[receiver.NAME]`.

use std::collections::BTreeMap;
use std::fmt;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::de::value::MapAccessDeserializer;
use serde::de::{Deserialize, Deserializer, Error, IgnoredAny, MapAccess, SeqAccess, Visitor};
use serde_json::json;
use toml::Spanned;

use super::{Time, Whole};

/// The types of receiver.
pub(in crate::config) const TYPES: [&str; 8] =
    ["slack", "pagerduty", "alertmanager", "email", "webhook", "github", "log", "command"];
/// How a mail server is spoken to.
pub(in crate::config) const TLS: [&str; 3] = ["starttls", "tls", "none"];
/// How long one attempt may take when nothing is said.
pub(in crate::config) const TIMEOUT_DEFAULT: Time = Time { text: "10s", millis: 10_000 };
/// How long an alert stands in Alertmanager when nothing is said.
pub(in crate::config) const HOLD_DEFAULT: Time = Time { text: "8d", millis: 8 * 86_400_000 };
/// The label of issues when nothing is said.
pub(in crate::config) const LABEL_DEFAULT: &str = "assay";
/// The most messages in the time of a `rate`.
pub(in crate::config) const RATE_MESSAGES_MAX: u32 = 10_000;

/// Where messages go. Which keys there are besides `send_resolved`, `rate`, `timeout` and `template`, depends on the
/// `type`.
#[derive(Debug, serde::Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(in crate::config) struct Receiver {
    /// What kind of receiver: `slack` (`token` and `channel`, or `url`), `pagerduty` (`routing_key`), `alertmanager`
    /// (`url`), `email` (`host`, `from`, `to`), `webhook` (`url` or `url_secret`), `github` (`repository`, `token`),
    /// `log` (a line in the log of the host) or `command` (`command`).
    #[schemars(with = "String", extend("enum" = TYPES), example = &"slack")]
    pub(in crate::config) r#type: Option<Spanned<String>>,
    /// Whether it is told when an alert is over.
    #[schemars(with = "Option<bool>", extend("default" = true), example = true)]
    pub(in crate::config) send_resolved: Option<bool>,
    /// The most messages in a time. What is over is told in one message at the end of that time. Left out: no bound.
    #[schemars(with = "Option<Rate>", example = json!({ "messages": 10, "per": "1m" }))]
    pub(in crate::config) rate: Option<Spanned<Rate>>,
    /// How long one attempt to reach it may take.
    #[schemars(with = "Option<String>", extend("default" = TIMEOUT_DEFAULT.text), example = &"10s")]
    pub(in crate::config) timeout: Option<Spanned<String>>,
    /// A file with the template of its messages. Left out: the one that is built in.
    #[schemars(with = "Option<String>", length(min = 1), example = &"slack.j2")]
    pub(in crate::config) template: Option<Spanned<String>>,

    /// Of `slack` and `github`: the token. Of `alertmanager`: the token, where it asks for one.
    #[schemars(with = "Option<SecretReference>", example = json!({ "env": "SLACK_TOKEN" }))]
    pub(in crate::config) token: Option<Spanned<Secret>>,
    /// Of `slack`: the channel, as its name or id. Needs `token`.
    #[schemars(with = "Option<String>", length(min = 1), example = &"#data-alerts")]
    pub(in crate::config) channel: Option<Spanned<String>>,
    /// Of `slack`: the address of an incoming webhook, which is a secret. Of `webhook` and `alertmanager`: the address
    /// itself.
    #[schemars(with = "Option<Address>", example = &"https://hooks.example.com/assay")]
    pub(in crate::config) url: Option<Spanned<Address>>,
    /// Of `slack`, `pagerduty` and `github`: the address of its API, where it is not the usual one.
    #[schemars(with = "Option<String>", length(min = 1), example = &"https://github.example.com/api/v3")]
    pub(in crate::config) api: Option<Spanned<String>>,
    /// Of `pagerduty`: the key of the integration.
    #[schemars(with = "Option<SecretReference>", example = json!({ "credential": "pagerduty" }))]
    pub(in crate::config) routing_key: Option<Spanned<Secret>>,
    /// Of `alertmanager`: how long an alert that fires stands there without being told again.
    #[schemars(with = "Option<String>", extend("default" = HOLD_DEFAULT.text), example = &"8d")]
    pub(in crate::config) hold: Option<Spanned<String>>,
    /// Of `alertmanager`: how often it is told again of what stands, for it forgets that when it is started again. Left
    /// out: as often as people are.
    #[schemars(with = "Option<String>", example = &"5m")]
    pub(in crate::config) refresh: Option<Spanned<String>>,
    /// Of `email`: the mail server.
    #[schemars(with = "Option<String>", length(min = 1), example = &"smtp.example.com")]
    pub(in crate::config) host: Option<Spanned<String>>,
    /// Of `email`: its port. Left out: 587 with `starttls`, 465 with `tls`, 25 with `none`.
    #[schemars(with = "Option<Whole>", range(min = 1, max = 65_535), example = 587)]
    pub(in crate::config) port: Option<Spanned<Whole>>,
    /// Of `email`: how it is spoken to: `starttls`, never given up for plain text, `tls` from the beginning, or `none`,
    /// without encryption.
    #[schemars(with = "Option<String>", extend("enum" = TLS), extend("default" = "starttls"), example = &"tls")]
    pub(in crate::config) tls: Option<Spanned<String>>,
    /// Of `email`: a file with certificates (PEM) that the server's may come from, besides those of the machine.
    #[schemars(with = "Option<String>", length(min = 1), example = &"ca.pem")]
    pub(in crate::config) authority: Option<Spanned<String>>,
    /// Of `email` and `alertmanager`: the user there. Needs `password`.
    #[schemars(with = "Option<String>", length(min = 1), example = &"assay")]
    pub(in crate::config) user: Option<Spanned<String>>,
    /// Of `email` and `alertmanager`: the password of the user.
    #[schemars(with = "Option<SecretReference>", example = json!({ "env": "SMTP_PASSWORD" }))]
    pub(in crate::config) password: Option<Spanned<Secret>>,
    /// Of `email`: who it is from.
    #[schemars(with = "Option<String>", length(min = 1), example = &"assay <assay@example.com>")]
    pub(in crate::config) from: Option<Spanned<String>>,
    /// Of `email`: who it is for.
    #[schemars(with = "Option<Vec<String>>", length(min = 1), inner(length(min = 1)), example = ["data@example.com"])]
    pub(in crate::config) to: Option<Spanned<Vec<Spanned<String>>>>,
    /// Of `webhook`: the address, where it is a secret.
    #[schemars(with = "Option<SecretReference>", example = json!({ "env": "WEBHOOK_URL" }))]
    pub(in crate::config) url_secret: Option<Spanned<Secret>>,
    /// Of `webhook`: the key that requests are signed with. Left out: they are not signed.
    #[schemars(with = "Option<SecretReference>", example = json!({ "env": "WEBHOOK_KEY" }))]
    pub(in crate::config) signing_key: Option<Spanned<Secret>>,
    /// Of `webhook`: headers of requests.
    #[schemars(with = "Option<Headers>", example = json!({ "Authorization": { "env": "WEBHOOK_AUTHORIZATION" } }))]
    pub(in crate::config) headers: Option<Spanned<Headers>>,
    /// Of `github`: where issues are opened.
    #[schemars(with = "Option<String>", length(min = 3), example = &"example/data")]
    pub(in crate::config) repository: Option<Spanned<String>>,
    /// Of `github`: labels of the issues, at least one: its own issues are found by the first.
    #[schemars(
        with = "Option<Vec<String>>",
        length(min = 1),
        inner(length(min = 1)),
        extend("default" = [LABEL_DEFAULT]),
        example = ["assay"]
    )]
    pub(in crate::config) labels: Option<Spanned<Vec<Spanned<String>>>>,
    /// Of `command`: the program and its arguments, without a shell. It reads the message from its standard input.
    #[schemars(with = "Option<Vec<String>>", length(min = 1), example = ["/usr/local/bin/page", "data"])]
    pub(in crate::config) command: Option<Spanned<Vec<Spanned<String>>>>,
}

/// The most messages in a time.
#[derive(Debug, serde::Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(in crate::config) struct Rate {
    /// How many messages.
    #[schemars(with = "Whole", range(min = 1, max = RATE_MESSAGES_MAX), example = 10)]
    pub(in crate::config) messages: Option<Spanned<Whole>>,
    /// In which time.
    #[schemars(with = "String", example = &"1m")]
    pub(in crate::config) per: Option<Spanned<String>>,
}

/// Where a secret is: one of the three. The secret itself is not written here.
#[derive(Debug, serde::Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(extend("minProperties" = 1, "maxProperties" = 1))]
pub(in crate::config) struct SecretReference {
    /// The name of an environment variable.
    #[schemars(with = "Option<String>", length(min = 1), example = &"SLACK_TOKEN")]
    pub(in crate::config) env: Option<Spanned<String>>,
    /// A file that holds nothing else.
    #[schemars(with = "Option<String>", length(min = 1), example = &"/run/secrets/slack")]
    pub(in crate::config) file: Option<Spanned<String>>,
    /// The name of a credential that systemd hands over.
    #[schemars(with = "Option<String>", length(min = 1), example = &"slack")]
    pub(in crate::config) credential: Option<Spanned<String>>,
}

/// Where a secret is, or that it is written out, which is refused: what it is, is not kept.
#[derive(Debug)]
pub(in crate::config) enum Secret {
    /// It is written out.
    Written,
    /// Where it is.
    Reference(SecretReference),
}

/// An address, or where a secret one is.
#[derive(Debug)]
pub(in crate::config) enum Address {
    /// The address.
    Written(String),
    /// Where it is.
    Reference(SecretReference),
}

/// Headers by name.
#[derive(Debug, serde::Deserialize)]
pub(in crate::config) struct Headers(pub(in crate::config) BTreeMap<Spanned<String>, Spanned<Secret>>);

impl<'de> Deserialize<'de> for Address {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct AddressVisitor;

        impl<'de> Visitor<'de> for AddressVisitor {
            type Value = Address;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("text, or a table of `env`, `file` or `credential`")
            }

            fn visit_str<E: Error>(self, text: &str) -> Result<Address, E> {
                Ok(Address::Written(text.to_owned()))
            }

            fn visit_map<A: MapAccess<'de>>(self, table: A) -> Result<Address, A::Error> {
                SecretReference::deserialize(MapAccessDeserializer::new(table)).map(Address::Reference)
            }
        }

        deserializer.deserialize_any(AddressVisitor)
    }
}

impl<'de> Deserialize<'de> for Secret {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct SecretVisitor;

        impl<'de> Visitor<'de> for SecretVisitor {
            type Value = Secret;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a table of `env`, `file` or `credential`")
            }

            fn visit_str<E: Error>(self, _: &str) -> Result<Secret, E> {
                Ok(Secret::Written)
            }

            fn visit_i64<E: Error>(self, _: i64) -> Result<Secret, E> {
                Ok(Secret::Written)
            }

            fn visit_f64<E: Error>(self, _: f64) -> Result<Secret, E> {
                Ok(Secret::Written)
            }

            fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Secret, A::Error> {
                while list.next_element::<IgnoredAny>()?.is_some() {}
                Ok(Secret::Written)
            }

            fn visit_map<A: MapAccess<'de>>(self, table: A) -> Result<Secret, A::Error> {
                SecretReference::deserialize(MapAccessDeserializer::new(table)).map(Secret::Reference)
            }
        }

        deserializer.deserialize_any(SecretVisitor)
    }
}

impl JsonSchema for Address {
    fn inline_schema() -> bool {
        true
    }

    fn schema_name() -> std::borrow::Cow<'static, str> {
        "Address".into()
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        json_schema!({ "anyOf": [{ "type": "string", "minLength": 1 }, SecretReference::json_schema(generator)] })
    }
}

impl JsonSchema for Headers {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "Headers".into()
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        json_schema!({ "type": "object", "additionalProperties": SecretReference::json_schema(generator) })
    }
}
