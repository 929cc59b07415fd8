//! `[sink]`: every key means something, and what is wrong is told at once.

use std::path::Path;
use std::time::Duration;

use super::{GOOD, messages};
use crate::bigquery::{ConnectionOptions, Credentials, ENDPOINT, Identity, Retry};
use crate::config::{Config, SinkConfig};
use crate::sink::Dataset;

fn sink(keys: &str) -> Option<SinkConfig> {
    let text = format!("{GOOD}\n[sink]\n{keys}");
    Config::parse(Path::new("dir/assay.toml"), text).unwrap().sink
}

#[test]
fn keys_mean_what_they_say() {
    let least = sink("type = \"bigquery\"\nproject = \"p\"\ndataset = \"d\"\n").unwrap();
    let connection = ConnectionOptions {
        project: "p".to_owned(),
        location: None,
        endpoint: ENDPOINT.to_owned(),
        identity: Identity { credentials: Credentials::Default, impersonate: None },
        retry: Retry::default(),
    };
    let expected = SinkConfig {
        connection: connection.clone(),
        dataset: Dataset { project: "p".to_owned(), dataset: "d".to_owned() },
        interval: Duration::from_secs(300),
        queue_max: 1_000_000,
        alert_after: Duration::from_secs(3_600),
    };
    assert_eq!(least, expected);

    let all = sink(
        "type = \"bigquery\"\nproject = \"p\"\ndataset = \"other.d\"\nlocation = \"EU\"\ncredentials = \"file\"\n\
         credentials_file = \"k.json\"\nimpersonate = \"s@p.iam.gserviceaccount.com\"\nendpoint = \"https://b.example\"\n\
         interval = \"1m\"\nqueue_max = 7\nalert_after = \"2h\"\n",
    );
    let identity = Identity {
        credentials: Credentials::File("dir/k.json".into()),
        impersonate: Some("s@p.iam.gserviceaccount.com".to_owned()),
    };
    let expected = SinkConfig {
        connection: ConnectionOptions {
            location: Some("EU".to_owned()),
            endpoint: "https://b.example".to_owned(),
            identity,
            ..connection
        },
        dataset: Dataset { project: "other".to_owned(), dataset: "d".to_owned() },
        interval: Duration::from_secs(60),
        queue_max: 7,
        alert_after: Duration::from_secs(7_200),
    };
    assert_eq!(all, Some(expected));
    assert_eq!(Config::parse(Path::new("assay.toml"), GOOD.to_owned()).unwrap().sink, None);
}

#[test]
fn what_is_wrong_with_the_sink_is_told_at_once() {
    let keys = "[sink]\ntype = \"bigtable\"\nproject = \"a b\"\nlocation = \"?\"\ncredentials = \"none\"\ninterval = \"0s\"\n\
         queue_max = 0\nalert_after = \"soon\"\ndatset = \"d\"\n";
    let told = messages(&format!("{GOOD}\n{keys}"));
    for expected in [
        "there is no type of sink `bigtable`",
        "`a b` is not the name of a project",
        "`?` is not a location of BigQuery",
        "BigQuery itself cannot be asked without credentials",
        "`interval` cannot be 0s",
        "`queue_max` cannot be 0",
        "soon",
        "unknown key `datset` in `[sink]`",
    ] {
        assert!(told.iter().any(|message| message.contains(expected)), "{expected}: {told:#?}");
    }
}
