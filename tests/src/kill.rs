//! Killing a host that serves, again and again, under load.

use std::collections::BTreeMap;
use std::time::Duration;

use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::{Rng as _, SeedableRng as _};
use serde_json::Value;

use crate::project::{Project, guest};
use crate::serving::{Serving, agent};

/// What came of killing a host again and again.
#[derive(Debug, Default)]
pub struct Killed {
    /// Runs that the host acknowledged.
    pub runs: usize,
    /// Results that the host acknowledged.
    pub acknowledged: usize,
    /// Results that are stored.
    pub stored: usize,
    /// Checks that were cut, and say so.
    pub interrupted: usize,
}

/// Kills a host under load so many times, each time at another moment, and compares what it had acknowledged with what is
/// in the journal in the end.
///
/// # Panics
/// When something acknowledged is not there, or is there twice.
#[must_use]
pub fn kill_at(points: u32, seed: u64) -> Killed {
    let project = loaded();
    let mut dice = ChaCha8Rng::seed_from_u64(seed);
    let mut runs = Vec::new();
    let mut acknowledged = BTreeMap::new();
    for _ in 0..points {
        let mut serving = Serving::start(&project);
        let target = serving.address().to_owned();
        let load = std::thread::spawn(move || {
            let mut begun = Vec::new();
            // Until the host is gone.
            while let Ok(mut answer) =
                agent().post(format!("http://{target}/v1/runs")).send_json(serde_json::json!({ "names": ["load"] }))
            {
                let Ok(body) = answer.body_mut().read_json::<Value>() else { break };
                begun.extend(
                    body["run_ids"].as_array().into_iter().flatten().filter_map(|id| Some(id.as_str()?.to_owned())),
                );
            }
            begun
        });
        // So many acknowledged results, and some microseconds.
        let until = dice.next_u32() % 60;
        for _ in 0..until {
            serving.wait_for(|line| line["message"] == "result stored");
        }
        std::thread::sleep(Duration::from_micros(u64::from(dice.next_u32() % 3_000)));
        serving.kill();
        runs.extend(load.join().expect("the load ends with the host"));
        for line in serving.log().iter().filter(|line| line["message"] == "result stored") {
            let text = |name: &str| line[name].as_str().expect("a text").to_owned();
            let known = acknowledged.insert((text("run"), text("check")), text("status"));
            assert_eq!(known, None, "acknowledged twice: {line}");
        }
    }

    let stored = project.results(&["results", "--limit", "1000000"]);
    let mut by_key = BTreeMap::new();
    for result in &stored {
        let key = (result["run_id"].as_str().expect("a run"), result["check_name"].as_str().expect("a check"));
        assert!(by_key.insert(key, &result["status"]).is_none(), "stored twice: {key:?}");
    }
    for ((run, check), status) in &acknowledged {
        let found = by_key.get(&(run.as_str(), check.as_str()));
        assert_eq!(found, Some(&&Value::from(status.as_str())), "acknowledged: {check} of {run}");
    }
    for run in &runs {
        let of_run = by_key.keys().filter(|(stored, _)| stored == run).count();
        assert_eq!(of_run, CHECKS, "every check of an acknowledged run has a result: {run}");
    }
    let interrupted = stored.iter().filter(|result| result["reason"] == "interrupted").count();
    Killed { runs: runs.len(), acknowledged: acknowledged.len(), stored: stored.len(), interrupted }
}

/// Checks of the load.
const CHECKS: usize = 8;

fn loaded() -> Project {
    let project = Project::new();
    let check = |number| {
        format!(
            "[[check]]\nname = \"check-{number}\"\nplugin = \"misbehave@1.0.0\"\nschedule = \"load\"\n\
             sources = {{ local = [\"allowed\"] }}\nsettings = {{ mode = \"pass\" }}\n"
        )
    };
    let checks: String = (0..CHECKS).map(check).collect();
    project.plugin(&guest("misbehave@1.0.0.wasm"), None).write("data/allowed.csv", "id\n1\n").write(
        "assay.toml",
        format!(
            "[serve]\nlisten = \"127.0.0.1:0\"\n[source.local]\ntype = \"files\"\npath = \"data\"\n\
             [schedule.load]\ntimezone = \"UTC\"\n{checks}"
        ),
    );
    project
}
