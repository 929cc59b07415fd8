//! What a component is made of, read without compiling it.

use serde::{Deserialize, Serialize};
use wasmparser::component_types::{ComponentEntityType, ComponentItem};
use wasmparser::types::TypesRef;
use wasmparser::{Encoding, KnownCustom, Parser, Payload, Validator, WasmFeatures};

use super::instances::Instances;
use super::language::Language;
use super::refusal::Refusal;

/// An import or export of a component.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Interface {
    /// For example `assay:query/query@1.0.0`, or the name of a function.
    pub name: String,
    /// The functions of an interface; empty when it holds only types, or is no interface.
    pub functions: Vec<String>,
    /// What kind of thing it is.
    pub kind: ItemKind,
}

/// What an import or export is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ItemKind {
    /// An interface.
    Interface,
    /// A type: a name for data, which gives nobody anything to do.
    Type,
    /// A function.
    Function,
    /// A component, module or value.
    Other,
}

/// What a component asks for and offers. Its form in JSON is the note that is kept with compiled components, so that
/// a warm start need not read them again.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Anatomy {
    /// All that it imports.
    pub imports: Vec<Interface>,
    /// All that it exports.
    pub exports: Vec<Interface>,
    /// Core modules inside.
    pub modules: usize,
    /// The language it was written in, if the tools that made it left a trace.
    pub language: Option<Language>,
}

/// First bytes of an ELF file, the form of precompiled components.
const ELF_MAGIC: &[u8] = b"\x7fELF";

/// Instances that a component may unfold into. A Python interpreter is some forty.
const INSTANCES_MAX: u64 = 1_000;

/// What the engine is built to run; more is refused before it gets there.
const FEATURES: WasmFeatures = WasmFeatures::WASM3
    .union(WasmFeatures::COMPONENT_MODEL)
    .difference(WasmFeatures::GC)
    .difference(WasmFeatures::GC_TYPES)
    .difference(WasmFeatures::EXCEPTIONS)
    .difference(WasmFeatures::THREADS)
    .difference(WasmFeatures::MEMORY64)
    .difference(WasmFeatures::RELAXED_SIMD)
    .difference(WasmFeatures::CM_ASYNC);

impl Anatomy {
    /// Validates a component and lists its imports and exports.
    ///
    /// # Errors
    /// A [`Refusal`] of anything but a valid component in binary form.
    pub fn of(bytes: &[u8]) -> Result<Self, Refusal> {
        if bytes.is_empty() {
            return Err(Refusal::Empty);
        }
        if bytes.starts_with(ELF_MAGIC) {
            return Err(Refusal::Precompiled);
        }
        if !Parser::is_core_wasm(bytes) && !Parser::is_component(bytes) {
            return Err(Refusal::NotWebAssembly);
        }
        if Parser::is_core_wasm(bytes) {
            return Err(Refusal::CoreModule);
        }
        let types = Validator::new_with_features(FEATURES).validate_all(bytes).map_err(Refusal::Invalid)?;
        let types = types.as_ref();
        let mut anatomy = Self { imports: Vec::new(), exports: Vec::new(), modules: 0, language: None };
        let mut depth = 0_usize;
        let mut instances = Instances::default();
        for payload in Parser::new(0).parse_all(bytes) {
            let payload = payload.map_err(Refusal::Invalid)?;
            instances.see(&payload).map_err(Refusal::Invalid)?;
            match payload {
                Payload::Version { encoding: Encoding::Module, .. } => anatomy.modules += 1,
                Payload::ModuleSection { .. } | Payload::ComponentSection { .. } => depth += 1,
                Payload::End(_) => depth = depth.saturating_sub(1),
                Payload::ComponentImportSection(imports) if depth == 0 => {
                    for import in imports {
                        let name = import.map_err(Refusal::Invalid)?.name.name;
                        anatomy.imports.push(interface(name, types.component_item_for_import(name), types));
                    }
                }
                Payload::ComponentExportSection(exports) if depth == 0 => {
                    for export in exports {
                        let name = export.map_err(Refusal::Invalid)?.name.name;
                        anatomy.exports.push(interface(name, types.component_item_for_export(name), types));
                    }
                }
                Payload::CustomSection(section) => {
                    if let KnownCustom::Producers(producers) = section.as_known() {
                        anatomy.language = anatomy.language.max(Language::of(producers));
                    }
                }
                Payload::ImportSection(imports) => {
                    for import in imports.into_imports() {
                        anatomy.language =
                            anatomy.language.max(Language::of_import(&import.map_err(Refusal::Invalid)?));
                    }
                }
                _ => {}
            }
        }
        match instances.unfolded() {
            number if number > INSTANCES_MAX => Err(Refusal::TooManyInstances { max: INSTANCES_MAX }),
            _ => Ok(anatomy),
        }
    }

    /// The note to keep with the compiled component.
    pub(super) fn note(&self) -> String {
        serde_json::to_string(self).expect("an anatomy is plain data")
    }

    /// What a note says; `None` when an earlier version of the host wrote it.
    pub(super) fn from_note(note: &str) -> Option<Self> {
        serde_json::from_str(note).ok()
    }
}

fn interface(name: &str, item: Option<&ComponentItem>, types: TypesRef<'_>) -> Interface {
    let name = name.to_owned();
    let plain = |kind| Interface { name: name.clone(), functions: Vec::new(), kind };
    match item.map(|item| item.ty) {
        Some(ComponentEntityType::Instance(id)) => {
            let exports = types.get(id).into_iter().flat_map(|instance| &instance.exports);
            let functions = exports.filter(|(_, item)| !matches!(item.ty, ComponentEntityType::Type { .. }));
            let functions = functions.map(|(name, _)| name.clone()).collect();
            Interface { name, functions, kind: ItemKind::Interface }
        }
        Some(ComponentEntityType::Type { .. }) => plain(ItemKind::Type),
        Some(ComponentEntityType::Func(_)) => plain(ItemKind::Function),
        _ => plain(ItemKind::Other),
    }
}
