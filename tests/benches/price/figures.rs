//! What was measured, by name.

use std::collections::BTreeMap;
use std::time::Duration;

use assay::clock;
use criterion::Criterion;
use tokio::runtime::Runtime;

/// Figures by name; the unit is the name's last word.
#[derive(Debug, Default)]
pub(crate) struct Figures(BTreeMap<String, f64>);

impl Figures {
    /// Notes a figure.
    pub(crate) fn note(&mut self, name: &str, value: f64) {
        println!("{name}: {value:.3}");
        self.0.insert(name.to_owned(), value);
    }

    /// Notes the p50 and p99 of times, in microseconds.
    pub(crate) fn spread(&mut self, name: &str, times: &Times) {
        for percent in [50, 99] {
            self.note(&format!("{name}_p{percent}_us"), times.percentile(percent).as_secs_f64() * 1e6);
        }
    }

    /// Writes all of them to the file that was asked for.
    pub(crate) fn write(&self) {
        if let Some(file) = std::env::var_os("ASSAY_BENCH_FIGURES") {
            fs_err::write(file, serde_json::to_string_pretty(&self.0).unwrap()).unwrap();
        }
    }
}

/// How long something took, each time.
#[derive(Debug, Default)]
pub(crate) struct Times(Vec<Duration>);

impl Times {
    /// One more.
    pub(crate) fn push(&mut self, time: Duration) {
        self.0.push(time);
    }

    /// The shortest time that so many of a hundred do not exceed.
    pub(crate) fn percentile(&self, percent: usize) -> Duration {
        let mut sorted = self.0.clone();
        sorted.sort();
        sorted[(sorted.len() * percent / 100).min(sorted.len() - 1)]
    }
}

/// Lets criterion time something that a task of the runtime does, as the runner's tasks do, and keeps each time.
pub(crate) fn timed_in_a_task<F: Future<Output = ()> + Send>(
    criterion: &mut Criterion,
    runtime: &Runtime,
    name: &str,
    once: impl Fn() -> F + Clone + Send + 'static,
) -> Times {
    let mut times = Times::default();
    criterion.bench_function(name, |bencher| {
        bencher.iter_custom(|iterations| {
            let once = once.clone();
            let task = runtime.spawn(async move {
                let mut times = Vec::new();
                for _ in 0..iterations {
                    let began = clock::monotonic();
                    once().await;
                    times.push(began.elapsed());
                }
                times
            });
            let each = runtime.block_on(task).unwrap();
            let all = each.iter().sum();
            times.0.extend(each);
            all
        });
    });
    times
}

/// Lets criterion time something, and keeps each time.
pub(crate) fn timed(criterion: &mut Criterion, runtime: &Runtime, name: &str, mut once: impl AsyncFnMut()) -> Times {
    let mut times = Times::default();
    criterion.bench_function(name, |bencher| {
        bencher.iter_custom(|iterations| {
            runtime.block_on(async {
                let mut all = Duration::ZERO;
                for _ in 0..iterations {
                    let began = clock::monotonic();
                    once().await;
                    let took = began.elapsed();
                    times.push(took);
                    all += took;
                }
                all
            })
        });
    });
    times
}
