//! Whose rights BigQuery is asked with, and that nobody hears the token.

use std::io::Write as _;
use std::path::PathBuf;
use std::time::Duration;

use assay::bigquery::{Class, Connection as _, Credentials, Identity, Rest};
use assay::clock;
use serde_json::{Value as Json, json};

use super::fake::{Call, Fake, Instead};

fn metadata() -> Identity {
    Identity { credentials: Credentials::Metadata, impersonate: None }
}

fn file(json: &Json) -> (tempfile::NamedTempFile, PathBuf) {
    let mut file = tempfile::NamedTempFile::new().unwrap();
    file.write_all(json.to_string().as_bytes()).unwrap();
    let path = file.path().to_owned();
    (file, path)
}

async fn look(connection: &Rest) -> Result<(), assay::bigquery::Error> {
    let table = assay::bigquery::TableReference {
        project_id: "p".to_owned(),
        dataset_id: "ds".to_owned(),
        table_id: "t".to_owned(),
    };
    connection.table(&table, clock::monotonic() + Duration::from_secs(10)).await.map(drop)
}

fn bearers(fake: &Fake) -> Vec<String> {
    fake.asked(Call::Table).into_iter().filter_map(|asked| asked.bearer).collect()
}

#[tokio::test]
async fn a_token_of_the_metadata_server_is_kept() {
    let fake = Fake::start().await;
    let connection = fake.connect(metadata()).await.unwrap();
    for _ in 0..3 {
        look(&connection).await.unwrap();
    }
    assert_eq!(bearers(&fake), ["metadata-1"; 3]);
    assert_eq!(fake.asked(Call::Metadata).len(), 1);
    assert!(fake.asked(Call::Metadata)[0].query.contains("auth%2Fbigquery"), "no more than BigQuery");
}

#[tokio::test]
async fn a_token_that_is_not_accepted_any_more_is_exchanged_once() {
    let fake = Fake::start().await;
    let connection = fake.connect(metadata()).await.unwrap();
    look(&connection).await.unwrap();
    fake.knows().revoked = vec!["metadata-1".to_owned()];
    look(&connection).await.unwrap();
    assert_eq!(bearers(&fake), ["metadata-1", "metadata-1", "metadata-2"]);
    fake.knows().revoked = (1..9).map(|n| format!("metadata-{n}")).collect();
    let error = look(&connection).await.unwrap_err();
    assert_eq!((error.class, error.status), (Class::Unauthenticated, Some(401)));
    assert_eq!(fake.asked(Call::Metadata).len(), 3);
}

#[tokio::test]
async fn a_service_account_is_acted_as() {
    let fake = Fake::start().await;
    let account = "reader@p.iam.gserviceaccount.com".to_owned();
    let identity = Identity { impersonate: Some(account), ..metadata() };
    let connection = fake.connect(identity).await.unwrap();
    for _ in 0..2 {
        look(&connection).await.unwrap();
    }
    assert_eq!(bearers(&fake), ["impersonated-2"; 2]);
    let asked = fake.asked(Call::Impersonate);
    assert_eq!((asked.len(), asked[0].bearer.as_deref()), (1, Some("metadata-1")));
    let body = json!({ "scope": ["https://www.googleapis.com/auth/bigquery"], "lifetime": "3600s" });
    assert_eq!(asked[0].body, body);
}

#[tokio::test]
async fn who_may_not_act_as_another_is_told_and_asked_no_more() {
    let fake = Fake::start().await;
    let identity = Identity { impersonate: Some("x@y".to_owned()), ..metadata() };
    let connection = fake.connect(identity).await.unwrap();
    fake.knows().instead.push((Call::Impersonate, Instead::Json(403, json!({ "error": { "code": 403 } }))));
    let error = look(&connection).await.unwrap_err();
    assert_eq!((error.class, error.status), (Class::Credentials, Some(403)));
    assert_eq!(error.to_string(), "the impersonation of the service account gives no token (HTTP 403)");
    assert_eq!(fake.asked(Call::Impersonate).len(), 1);
    // An outage passes.
    fake.knows().instead.push((Call::Impersonate, Instead::Html(503)));
    look(&connection).await.unwrap();
}

/// Workload identity federation: <https://google.aip.dev/auth/4117>.
#[tokio::test]
async fn an_external_account_exchanges_its_token() {
    let fake = Fake::start().await;
    let subject = tempfile::NamedTempFile::new().unwrap();
    fs_err::write(subject.path(), "subject-token").unwrap();
    let external = |impersonation: Option<String>| {
        json!({
            "type": "external_account",
            "audience": "//iam.googleapis.com/projects/1/locations/global/workloadIdentityPools/p/providers/k8s",
            "subject_token_type": "urn:ietf:params:oauth:token-type:jwt",
            "token_url": format!("{}/v1/token", fake.url()),
            "credential_source": { "file": subject.path() },
            "service_account_impersonation_url": impersonation,
        })
    };
    let (_kept, path) = file(&external(None));
    let connection = fake.connect(Identity { credentials: Credentials::File(path), impersonate: None }).await.unwrap();
    for _ in 0..2 {
        look(&connection).await.unwrap();
    }
    assert_eq!(bearers(&fake), ["exchanged-1"; 2]);
    let asked = fake.asked(Call::Exchange)[0].body.as_str().unwrap().to_owned();
    for part in ["subject_token=subject-token", "grant_type=urn%3Aietf%3Aparams%3Aoauth%3Agrant-type%3Atoken-exchange"]
    {
        assert!(asked.contains(part), "{asked}");
    }

    let url = format!("{}/v1/projects/-/serviceAccounts/x@y:generateAccessToken", fake.url());
    let (_kept, path) = file(&external(Some(url)));
    let connection = fake.connect(Identity { credentials: Credentials::File(path), impersonate: None }).await.unwrap();
    look(&connection).await.unwrap();
    assert_eq!(bearers(&fake).last().map(String::as_str), Some("impersonated-3"));
    assert_eq!(fake.asked(Call::Impersonate)[0].bearer.as_deref(), Some("exchanged-2"));
}

#[tokio::test]
async fn files_that_cannot_be_used_are_refused_without_a_word_of_what_is_in_them() {
    let fake = Fake::start().await;
    let secret = "s3cr3t";
    for (json, said) in [
        (json!({ "type": "service_account", "private_key": secret }), "lack `"),
        (json!({ "type": "authorized_user", "refresh_token": secret }), "lack `"),
        (json!({ "type": "gdch_service_account", "private_key": secret }), "type `gdch_service_account`"),
        (json!({ "private_key": secret }), "have no `type`"),
        (
            json!({ "type": "external_account", "credential_source": { "environment_id": "aws1", "k": secret } }),
            "from AWS, which is not supported",
        ),
        (
            json!({
                "type": "external_account",
                "credential_source": { "file": secret, "format": { "type": "json", "subject_token_field_name": "t" } },
            }),
            "a file of JSON, which is not supported",
        ),
        (json!([secret]), "have no `type`"),
    ] {
        let (_kept, path) = file(&json);
        let identity = Identity { credentials: Credentials::File(path.clone()), impersonate: None };
        let error = fake.connect(identity).await.unwrap_err();
        assert_eq!(error.class, Class::Credentials);
        assert!(error.message.contains(said) && error.message.contains(&*path.to_string_lossy()), "{error}");
        assert!(!format!("{error:?}").contains(secret), "{error:?}");
    }
    let missing = Identity { credentials: Credentials::File("/nowhere/key.json".into()), impersonate: None };
    assert!(fake.connect(missing).await.unwrap_err().message.contains("/nowhere/key.json"));
}

#[tokio::test]
async fn a_token_is_in_no_debug_and_no_error_and_is_not_sent_in_the_clear() {
    let fake = Fake::start().await;
    let connection = fake.connect(metadata()).await.unwrap();
    look(&connection).await.unwrap();
    fake.knows().instead.push((Call::Table, Instead::Html(403)));
    let error = look(&connection).await.unwrap_err();
    for text in [format!("{connection:?}"), format!("{:?}", connection.tokens()), format!("{error:?} {error}")] {
        assert!(!text.contains("metadata-1"), "{text}");
    }
    let options = assay::bigquery::ConnectionOptions {
        project: "p".to_owned(),
        location: None,
        endpoint: "http://bigquery.example".to_owned(),
        identity: metadata(),
        retry: assay::bigquery::Retry::default(),
    };
    let error = Rest::open(options).await.unwrap_err();
    assert_eq!(error.message, "a token must not be sent to `http://bigquery.example`, which is not encrypted");
}
