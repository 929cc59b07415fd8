//! Components that chance has made: none of them breaks the host.

use std::collections::BTreeMap;

use arbitrary::Unstructured;
use assay::model::{LimitName, LimitRequest};
use assay::sandbox::Sandbox;
use assay_tests::bed::{admitted, ask, sandbox};
use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::{Rng as _, SeedableRng as _};
use wasm_smith::{Config, Module};
use wit_component::{ComponentEncoder, StringEncoding, dummy_module, embed_component_metadata};
use wit_parser::{ManglingAndAbi, Resolve, WorldId};

/// Memory of a guest, in bytes.
const MEMORY: u64 = 16 << 20;

/// Components of any shape.
const COMPONENTS: usize = 10_000;
/// Components with the shape of a check, whose functions do what chance says.
const CHECKS: usize = 300;
/// Seed of all that is generated: the same on every machine.
const SEED: u64 = 20_260_130;

/// Entropy of one component, in bytes.
const ENTROPY: usize = 2_048;

fn config() -> Config {
    // Valid by the rules of the host as far as the generator knows them, so that components come far.
    Config {
        exceptions_enabled: false,
        gc_enabled: false,
        memory64_enabled: false,
        reference_types_enabled: false,
        relaxed_simd_enabled: false,
        threads_enabled: false,
        max_memory32_bytes: 1 << 20,
        max_table_elements: 1_000,
        ..Config::default()
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn no_component_breaks_admission() {
    let sandbox = sandbox(1, MEMORY);
    let mut random = ChaCha8Rng::seed_from_u64(SEED);
    let mut refusals = BTreeMap::<&str, usize>::new();
    for _ in 0..COMPONENTS {
        let mut entropy = vec![0; ENTROPY];
        random.fill_bytes(&mut entropy);
        let component = wasm_smith::Component::new(config(), &mut Unstructured::new(&entropy)).unwrap();
        let refusal = outcome(&sandbox, component.to_bytes()).await;
        *refusals.entry(refusal).or_default() += 1;
    }
    println!("{refusals:?}");
    assert_eq!(refusals.values().sum::<usize>(), COMPONENTS);
    for code in ["admitted", "compiler_broke", "no_compiler", "admission_broke"] {
        assert_eq!(refusals.get(code), None, "{refusals:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn no_check_of_chance_breaks_the_sandbox() {
    let sandbox = sandbox(1, MEMORY);
    let (resolve, world) = contract();
    let shape = dummy_module(&resolve, world, ManglingAndAbi::Standard32);
    let mut random = ChaCha8Rng::seed_from_u64(SEED);
    let mut refusals = BTreeMap::<&str, usize>::new();
    let mut encoded = 0;
    while encoded < CHECKS {
        let mut entropy = vec![0; ENTROPY];
        random.fill_bytes(&mut entropy);
        let config = Config { module_shape: Some(shape.clone()), allow_start_export: false, ..config() };
        let mut module = Module::new(config, &mut Unstructured::new(&entropy)).unwrap().to_bytes();
        embed_component_metadata(&mut module, &resolve, world, StringEncoding::UTF8).unwrap();
        // Not every module can be encoded, for example one whose memory has no room for the adapter.
        let Ok(component) = ComponentEncoder::default().module(&module).and_then(|mut encoder| encoder.encode()) else {
            continue;
        };
        encoded += 1;
        let refusal = outcome(&sandbox, component).await;
        *refusals.entry(refusal).or_default() += 1;
    }
    println!("{refusals:?}");
    // A description that chance wrote is that of somebody else at best.
    let ran = ["describe_broke", "identity"].iter().filter_map(|code| refusals.get(code)).sum::<usize>();
    assert_eq!(ran, CHECKS, "all of them were compiled and called: {refusals:?}");
}

/// The code of the refusal, or `admitted`; under ceilings that let an endless loop cost a test little.
async fn outcome(sandbox: &Sandbox, component: Vec<u8>) -> &'static str {
    let ceilings: [LimitRequest; 2] = [ask(LimitName::Memory, MEMORY), ask(LimitName::Fuel, 10_000_000)];
    match admitted(sandbox, "generated@1.0.0", component, &ceilings).await {
        Ok(_) => "admitted",
        Err(refusal) => refusal.code(),
    }
}

fn contract() -> (Resolve, WorldId) {
    let mut resolve = Resolve::default();
    let wit = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap().join("wit");
    let packages = ["query", "report", "plugin"].map(|name| {
        let file = wit.join(name).join("1.0.0").join(format!("{name}.wit"));
        resolve.push_file(&file).unwrap()
    });
    let world = resolve.select_world(&packages, Some("assay:plugin/check@1.0.0")).unwrap();
    (resolve, world)
}
