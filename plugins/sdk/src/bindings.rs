//! The contract, generated from `wit/`.

wit_bindgen::generate!({
    path: ["wit/query/1.0.0", "wit/report/1.0.0", "wit/plugin/1.0.0"],
    world: "assay:plugin/check@1.0.0",
    pub_export_macro: true,
    export_macro_name: "export",
    generate_all,
});
