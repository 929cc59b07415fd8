//! What a component may import: the frozen WIT, read once.

use std::collections::BTreeSet;
use std::sync::LazyLock;

use semver::Version;
use wit_parser::{Resolve, WorldItem};

use super::anatomy::{Anatomy, Interface, ItemKind};
use super::refusal::Refusal;

const PACKAGES: [(&str, &str); 3] = [
    ("query.wit", include_str!("../../../wit/query/1.0.0/query.wit")),
    ("report.wit", include_str!("../../../wit/report/1.0.0/report.wit")),
    ("plugin.wit", include_str!("../../../wit/plugin/1.0.0/plugin.wit")),
];

/// One interface that the host offers.
#[derive(Debug)]
struct Offer {
    /// `namespace:package/interface`.
    path: String,
    version: Version,
    functions: BTreeSet<String>,
}

/// The `check` world.
#[derive(Debug)]
struct World {
    offers: Vec<Offer>,
    /// Names of the functions that a plugin exports.
    exports: BTreeSet<String>,
}

static WORLD: LazyLock<World> = LazyLock::new(|| {
    let mut resolve = Resolve::default();
    let packages = PACKAGES.map(|(file, text)| resolve.push_source(file, text).expect("the contract is valid WIT"));
    let world = resolve.select_world(&packages, Some("assay:plugin/check@1.0.0")).expect("the contract has its world");
    let world = &resolve.worlds[world];
    let interfaces = world.imports.values().filter_map(|item| match item {
        WorldItem::Interface { id, .. } => Some(&resolve.interfaces[*id]),
        _ => None,
    });
    let offers = interfaces.map(|interface| {
        let package = interface.package.expect("interfaces of the contract stand in packages");
        let name = &resolve.packages[package].name;
        let interface_name = interface.name.as_deref().expect("interfaces of the contract have names");
        Offer {
            path: format!("{}:{}/{interface_name}", name.namespace, name.name),
            version: name.version.clone().expect("packages of the contract have versions"),
            functions: interface.functions.keys().cloned().collect(),
        }
    });
    let exports = world.exports.values().filter_map(|item| match item {
        WorldItem::Function(function) => Some(function.name.clone()),
        _ => None,
    });
    World { offers: offers.collect(), exports: exports.collect() }
});

/// Whether a component has the functions of the world, by name; the engine compares their types.
///
/// # Errors
/// [`Refusal::MissingExports`] with every function that is not there.
pub(super) fn check_exports(anatomy: &Anatomy) -> Result<(), Refusal> {
    let there = |name: &&String| {
        anatomy.exports.iter().any(|export| export.name == **name && export.kind == ItemKind::Function)
    };
    let missing: Vec<_> = WORLD.exports.iter().filter(|name| !there(name)).cloned().collect();
    if missing.is_empty() { Ok(()) } else { Err(Refusal::MissingExports(missing)) }
}

/// Compares imports with what the host offers, function by function.
///
/// # Errors
/// [`Refusal::ForbiddenImports`] with every import that is not part of the contract, or
/// [`Refusal::NeedsNewerHost`] with every function of the contract that this host does not have.
pub(super) fn check_imports(anatomy: &Anatomy) -> Result<(), Refusal> {
    // A world that uses types of an interface imports their names too; the engine compares what they stand for.
    let imports = anatomy.imports.iter().filter(|import| import.kind != ItemKind::Type);
    let (known, forbidden): (Vec<_>, Vec<_>) =
        imports.map(|import| (import, offer(import))).partition(|(_, offer)| offer.is_some());
    if !forbidden.is_empty() {
        let imports = forbidden.into_iter().map(|(import, _)| import.name.clone()).collect();
        return Err(Refusal::ForbiddenImports { imports, language: anatomy.language });
    }
    let missing: Vec<_> = known
        .into_iter()
        .flat_map(|(import, offer)| {
            let functions = import.functions.iter();
            functions
                .filter(move |function| offer.is_some_and(|offer| !offer.functions.contains(*function)))
                .map(|function| format!("{}.{function}", import.name))
        })
        .collect();
    if missing.is_empty() { Ok(()) } else { Err(Refusal::NeedsNewerHost(missing)) }
}

/// The offer an import refers to: same path, and a version of the same major.
fn offer(import: &Interface) -> Option<&'static Offer> {
    let (path, version) = import.name.split_once('@')?;
    let version = Version::parse(version).ok()?;
    let same = |offer: &&Offer| offer.path == path && offer.version.major == version.major && version.pre.is_empty();
    WORLD.offers.iter().filter(|_| import.kind == ItemKind::Interface).find(same)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn import(name: &str, functions: &[&str]) -> Interface {
        let functions = functions.iter().map(|f| (*f).to_owned()).collect();
        Interface { name: name.to_owned(), functions, kind: ItemKind::Interface }
    }

    fn check(imports: Vec<Interface>) -> Result<(), Refusal> {
        check_imports(&Anatomy { imports, exports: Vec::new(), modules: 1, language: None })
    }

    #[test]
    fn the_contract_offers_three_interfaces() {
        let paths: Vec<_> = WORLD.offers.iter().map(|offer| offer.path.as_str()).collect();
        assert_eq!(paths, ["assay:query/query", "assay:report/report", "assay:plugin/types"]);
        let query: Vec<_> = WORLD.offers[0].functions.iter().map(String::as_str).collect();
        assert_eq!(
            query,
            ["[method]cursor.columns", "[method]cursor.next", "[method]cursor.stats", "estimate", "open", "remaining"]
        );
    }

    #[test]
    fn imports_within_the_contract_are_fine() {
        for imports in [
            vec![],
            vec![import("assay:plugin/types@1.0.0", &[])],
            vec![import("assay:query/query@1.0.0", &["open", "[method]cursor.next"])],
            vec![import("assay:query/query@1.7.0", &["open"])],
            vec![Interface { name: "verdict".to_owned(), functions: vec![], kind: ItemKind::Type }],
        ] {
            assert!(check(imports.clone()).is_ok(), "{imports:?}");
        }
    }

    #[test]
    fn anything_else_is_refused_by_name() {
        for name in [
            "wasi:cli/environment@0.2.0",
            "wasi:clocks/monotonic-clock@0.3.0",
            "assay:query/query",
            "assay:query/query@2.0.0",
            "assay:query/query@1.0.0-rc.1",
            "assay:query/other@1.0.0",
            "assay:secret/query@1.0.0",
        ] {
            match check(vec![import("assay:query/query@1.0.0", &["open"]), import(name, &["open"])]) {
                Err(Refusal::ForbiddenImports { imports, .. }) => assert_eq!(imports, [name]),
                other => panic!("{name}: {other:?}"),
            }
        }
    }

    #[test]
    fn a_function_that_stands_alone_is_refused() {
        let import = Interface { name: "run".to_owned(), functions: vec![], kind: ItemKind::Function };
        assert!(matches!(check(vec![import]), Err(Refusal::ForbiddenImports { imports, .. }) if imports == ["run"]));
    }

    #[test]
    fn every_function_of_the_world_must_be_there() {
        let export = |name: &str, kind| Interface { name: name.to_owned(), functions: vec![], kind };
        let mut anatomy = Anatomy { imports: vec![], exports: vec![], modules: 1, language: None };
        anatomy.exports = vec![export("run", ItemKind::Function), export("describe", ItemKind::Interface)];
        match check_exports(&anatomy) {
            Err(Refusal::MissingExports(names)) => assert_eq!(names, ["describe", "validate"]),
            other => panic!("{other:?}"),
        }
        anatomy.exports = ["run", "describe", "validate", "more"].map(|name| export(name, ItemKind::Function)).into();
        assert!(check_exports(&anatomy).is_ok(), "more than the world asks for is the plugin's own affair");
    }

    #[test]
    fn a_function_of_a_later_contract_needs_a_newer_host() {
        match check(vec![import("assay:query/query@1.1.0", &["open", "cancel"])]) {
            Err(Refusal::NeedsNewerHost(functions)) => assert_eq!(functions, ["assay:query/query@1.1.0.cancel"]),
            other => panic!("{other:?}"),
        }
    }
}
