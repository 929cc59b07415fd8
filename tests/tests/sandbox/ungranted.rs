//! Nothing but the contract can be imported: tried with every interface of WASI, and with names that look alike.

use assay::admission::Refusal;

use assay_tests::bed::{admitted, sandbox};

const MEMORY: u64 = 16 << 20;

/// The interfaces of WASI 0.2 (0.2.0 to 0.2.12).
/// Source: the packages `wasi:{cli,clocks,config,filesystem,http,io,keyvalue,logging,nn,random,sockets,tls}`.
const WASI_0_2: &[&str] = &[
    "cli/environment",
    "cli/exit",
    "cli/run",
    "cli/stderr",
    "cli/stdin",
    "cli/stdout",
    "cli/terminal-input",
    "cli/terminal-output",
    "cli/terminal-stderr",
    "cli/terminal-stdin",
    "cli/terminal-stdout",
    "clocks/monotonic-clock",
    "clocks/timezone",
    "clocks/wall-clock",
    "config/store",
    "filesystem/preopens",
    "filesystem/types",
    "http/incoming-handler",
    "http/outgoing-handler",
    "http/types",
    "io/error",
    "io/poll",
    "io/streams",
    "keyvalue/atomics",
    "keyvalue/batch",
    "keyvalue/store",
    "keyvalue/watcher",
    "logging/logging",
    "nn/errors",
    "nn/graph",
    "nn/inference",
    "nn/tensor",
    "random/insecure",
    "random/insecure-seed",
    "random/random",
    "sockets/instance-network",
    "sockets/ip-name-lookup",
    "sockets/network",
    "sockets/tcp",
    "sockets/tcp-create-socket",
    "sockets/udp",
    "sockets/udp-create-socket",
    "tls/client",
    "tls/types",
];

/// The interfaces of WASI 0.3.
/// Source: the packages `wasi:{cli,clocks,filesystem,http,random,sockets}` of WASI 0.3.0.
const WASI_0_3: &[&str] = &[
    "cli/environment",
    "cli/exit",
    "cli/run",
    "cli/stderr",
    "cli/stdin",
    "cli/stdout",
    "cli/terminal-input",
    "cli/terminal-output",
    "cli/terminal-stderr",
    "cli/terminal-stdin",
    "cli/terminal-stdout",
    "cli/types",
    "clocks/monotonic-clock",
    "clocks/system-clock",
    "clocks/timezone",
    "clocks/types",
    "filesystem/preopens",
    "filesystem/types",
    "http/client",
    "http/handler",
    "http/types",
    "random/insecure",
    "random/insecure-seed",
    "random/random",
    "sockets/ip-name-lookup",
    "sockets/types",
];

/// Interfaces that are none of the contract, however like it they look.
const ALIKE: &[&str] = &[
    "assay:query/query@0.9.0",
    "assay:query/query@2.0.0",
    "assay:query/query@1.0.0-rc.1",
    "assay:query/query",
    "assay:query/admin@1.0.0",
    "assay:report/query@1.0.0",
    "assay:queries/query@1.0.0",
    "wasi:query/query@1.0.0",
];

/// Ways to import an interface: with nothing in it, with a function, with a resource, or the check's own imports beside it.
fn importing(interface: &str) -> [String; 4] {
    let granted = r#"(import "assay:report/report@1.0.0" (instance))"#;
    [
        format!(r#"(component (import "{interface}" (instance)))"#),
        format!(r#"(component (import "{interface}" (instance (export "get" (func (result u64))))))"#),
        format!(r#"(component (import "{interface}" (instance (export "handle" (type (sub resource))))))"#),
        format!(r#"(component {granted} (import "{interface}" (instance (export "get" (func)))))"#),
    ]
}

#[tokio::test]
async fn every_import_beyond_the_contract_is_refused_by_name() {
    let sandbox = sandbox(1, MEMORY);
    let wasi_0_2 = WASI_0_2.iter().flat_map(|name| ["0.2.0", "0.2.12"].map(|v| format!("wasi:{name}@{v}")));
    let wasi_0_3 =
        WASI_0_3.iter().flat_map(|name| ["0.3.0", "0.3.0-rc-2026-02-09"].map(|v| format!("wasi:{name}@{v}")));
    let wasi: Vec<_> = wasi_0_2.chain(wasi_0_3).collect();
    let names: Vec<_> = wasi.iter().map(String::as_str).chain(ALIKE.iter().copied()).collect();
    for name in names {
        for text in importing(name) {
            let component = wat::parse_str(&text).unwrap();
            match admitted(&sandbox, "greedy@1.0.0", component, &[]).await {
                Err(ref refusal @ Refusal::ForbiddenImports { ref imports, .. }) => {
                    assert_eq!(imports, &[name], "{text}");
                    assert_eq!(refusal.hint().contains("without WASI"), name.starts_with("wasi:"), "{text}");
                }
                other => panic!("{text}: {other:?}"),
            }
        }
    }
}

#[tokio::test]
async fn neither_functions_nor_modules_nor_components_can_be_imported() {
    let sandbox = sandbox(1, MEMORY);
    for text in [
        r#"(component (import "run" (func)))"#,
        r#"(component (import "module" (core module)))"#,
        r#"(component (import "component" (component)))"#,
        r#"(component (import "unlocked-dep=<a:b>" (instance)))"#,
    ] {
        let component = wat::parse_str(text).unwrap();
        let refusal = admitted(&sandbox, "greedy@1.0.0", component, &[]).await.unwrap_err();
        assert_eq!(refusal.code(), "forbidden_imports", "{text}");
    }
}
