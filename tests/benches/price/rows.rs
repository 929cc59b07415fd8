//! The interface that assay did not choose: the same data as a list of rows.

use std::time::Duration;

use assay::clock;
use assay_tests::project::guest;
use wasmtime::component::{Component, HasSelf, Linker};
use wasmtime::{Config, Engine, Store};

use super::bed::BATCH_ROWS;

wasmtime::component::bindgen!({ path: "benches/rows-guest/wit", world: "taker" });

use assay_bench::rows::feed::{Host, Row};

struct Feed {
    left: u32,
    batch: Vec<Row>,
    /// Time spent in making rows, which is not delivery.
    making: Duration,
}

impl Host for Feed {
    fn next(&mut self) -> Vec<Row> {
        let began = clock::monotonic();
        let more = self.left.checked_sub(1);
        self.left = more.unwrap_or(0);
        let batch = more.map(|_| self.batch.clone()).unwrap_or_default();
        self.making += began.elapsed();
        batch
    }
}

/// How long it takes to deliver so many batches, less the time for making them.
pub(crate) fn deliver(batches: u32) -> Duration {
    let mut config = Config::new();
    config.consume_fuel(true);
    let engine = Engine::new(&config).unwrap();
    let component = Component::from_binary(&engine, &fs_err::read(guest("bench-rows@1.0.0.wasm")).unwrap()).unwrap();
    let mut linker = Linker::new(&engine);
    Taker::add_to_linker::<_, HasSelf<_>>(&mut linker, |feed| feed).unwrap();
    let row = |row: u32| Row {
        a: i64::from(row),
        b: i64::from(row) * 7,
        c: f64::from(row),
        d: format!("player-{}", row % 1_000),
        e: format!("team-{}", row % 1_000),
    };
    let feed = Feed { left: batches, batch: (0..BATCH_ROWS).map(row).collect(), making: Duration::ZERO };
    let mut store = Store::new(&engine, feed);
    store.set_fuel(u64::MAX).unwrap();
    let taker = Taker::instantiate(&mut store, &component, &linker).unwrap();
    let began = clock::monotonic();
    let rows = taker.call_take(&mut store).unwrap();
    let took = began.elapsed();
    assert_eq!(rows, u64::from(batches * BATCH_ROWS));
    took - store.data().making
}
