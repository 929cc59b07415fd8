//! The contract in Rust, generated from `wit/`.

wasmtime::component::bindgen!({
    path: ["../wit/query/1.0.0", "../wit/report/1.0.0", "../wit/plugin/1.0.0"],
    world: "assay:plugin/check@1.0.0",
    imports: {
        "assay:query/query.open": async | trappable,
        "assay:query/query.estimate": async | trappable,
        "assay:query/query.[method]cursor.next": async | trappable,
        default: trappable,
    },
    exports: { default: async },
    with: { "assay:query/query.cursor": crate::capability::Cursor },
});
