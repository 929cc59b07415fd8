//! Building the hostile guests of the tests: WebAssembly text in folders of their own, one table of how each must end.
//! `tests/guests/README.md` says what may stand in a folder.

use std::collections::BTreeSet;
use std::path::Path;

use anyhow::{Context as _, bail, ensure};
use wit_component::{StringEncoding, embed_component_metadata};
use wit_parser::{Resolve, WorldId};

use crate::plugins::{encode, put};
use crate::step;

/// The guest whose modes have a table of their own, in `tests/tests/e2e/endings.rs`.
const TABLED_ELSEWHERE: &str = "misbehave";
/// Text that guests share.
const PARTS: &str = "parts";
/// The files a guest may be made of; each folder holds one of them.
const MANIFEST: &str = "Cargo.toml";
const GUEST: &str = "guest.wat";
const COMPONENT: &str = "component.wat";
const MODULE: &str = "module.wat";
/// The world a guest is built against, where it is not the contract's.
const WORLD: &str = "world.wit";

/// Builds every guest that is text to `<folder>/<name>@1.0.0.wasm`.
pub(crate) fn build(folder: &Path) -> anyhow::Result<()> {
    let guests = step::workspace().join("tests/guests");
    let names = names(&guests)?;
    compare_with_table(&names, &guests.join("expected.toml"))?;
    fs_err::create_dir_all(folder)?;
    let mut built = 0_usize;
    for name in &names {
        let Some(bytes) = Source { name, guests: &guests }.build().with_context(|| format!("guest `{name}`"))? else {
            continue;
        };
        put(folder, &format!("{name}@1.0.0.wasm"), &bytes)?;
        built += 1;
    }
    println!("    {built} hostile guests from text");
    Ok(())
}

/// The folders of guests.
fn names(guests: &Path) -> anyhow::Result<BTreeSet<String>> {
    let mut names = BTreeSet::new();
    for entry in fs_err::read_dir(guests)? {
        let entry = entry?;
        let name = entry.file_name().into_string().ok().context("a guest's name is text")?;
        if entry.file_type()?.is_dir() && name != PARTS {
            names.insert(name);
        }
    }
    Ok(names)
}

/// A guest that nobody expects anything of is as wrong as an expectation of a guest that is not there.
fn compare_with_table(names: &BTreeSet<String>, table: &Path) -> anyhow::Result<()> {
    let expected: toml::Table = toml::from_str(&fs_err::read_to_string(table)?)?;
    let expected: BTreeSet<String> = expected.into_iter().map(|(name, _)| name).collect();
    let listed = |names: Vec<&str>| names.join(", ");
    let surprising = names.difference(&expected).map(String::as_str).filter(|name| *name != TABLED_ELSEWHERE).collect();
    let missing: Vec<&str> = expected.difference(names).map(String::as_str).collect();
    let (surprising, missing) = (listed(surprising), listed(missing));
    ensure!(surprising.is_empty(), "guests without an entry in {}: {surprising}", table.display());
    ensure!(missing.is_empty(), "entries in {} without a folder: {missing}", table.display());
    Ok(())
}

/// The folder of one guest.
struct Source<'a> {
    name: &'a str,
    guests: &'a Path,
}

impl Source<'_> {
    /// The guest's bytes; none when cargo builds it.
    fn build(&self) -> anyhow::Result<Option<Vec<u8>>> {
        let folder = self.guests.join(self.name);
        let kinds: Vec<&str> =
            [MANIFEST, GUEST, COMPONENT, MODULE].into_iter().filter(|file| folder.join(file).exists()).collect();
        let [kind] = kinds[..] else {
            bail!("a folder holds one of {MANIFEST}, {GUEST}, {COMPONENT} and {MODULE}; here: {kinds:?}");
        };
        if kind == MANIFEST {
            return Ok(None);
        }
        let text = self.expand(&fs_err::read_to_string(folder.join(kind))?)?;
        let parsed = wat::Parser::new().parse_str(Some(&folder.join(kind)), &text.wat)?;
        match kind {
            GUEST => self.component(parsed).map(Some),
            _ => Ok(Some((0..text.nestings).fold(parsed, |inner, _| nested(&inner)))),
        }
    }

    /// Turns a core module against the canonical ABI into a component.
    fn component(&self, mut module: Vec<u8>) -> anyhow::Result<Vec<u8>> {
        let (resolve, world) = self.world()?;
        embed_component_metadata(&mut module, &resolve, world, StringEncoding::UTF8)?;
        encode(&module)
    }

    fn world(&self) -> anyhow::Result<(Resolve, WorldId)> {
        let mut resolve = Resolve::default();
        let mut packages = Vec::new();
        for package in ["query", "report", "plugin"] {
            let path = step::workspace().join(format!("wit/{package}/1.0.0/{package}.wit"));
            packages.push(resolve.push_source(&path.to_string_lossy(), &fs_err::read_to_string(&path)?)?);
        }
        let own = self.guests.join(self.name).join(WORLD);
        let world = if own.exists() {
            let package = resolve.push_source(&own.to_string_lossy(), &fs_err::read_to_string(&own)?)?;
            resolve.select_world(&[package], None)?
        } else {
            resolve.select_world(&packages, Some("assay:plugin/check@1.0.0"))?
        };
        Ok((resolve, world))
    }

    /// Follows the directives of a text: lines that begin with `;; @`.
    fn expand(&self, text: &str) -> anyhow::Result<Expanded> {
        let mut expanded = Expanded { wat: String::new(), nestings: 0 };
        for line in text.lines() {
            let Some(directive) = line.trim_start().strip_prefix(";; @") else {
                expanded.line(line);
                continue;
            };
            let (word, rest) = directive.split_once(' ').unwrap_or((directive, ""));
            match word {
                "part" => {
                    let part = self.guests.join(PARTS).join(format!("{rest}.wat"));
                    expanded.line(&fs_err::read_to_string(part)?);
                }
                "repeat" => {
                    let (times, line) = rest.split_once(' ').context("`;; @repeat` takes a number and a text")?;
                    (0..times.parse::<u32>()?).for_each(|_| expanded.line(line));
                }
                "nest" => expanded.nestings = rest.parse()?,
                _ => bail!("`{directive}` is not a directive"),
            }
        }
        let bytes = self.name.len().to_string();
        expanded.wat = expanded.wat.replace("{{id}}", self.name).replace("{{id bytes}}", &bytes);
        Ok(expanded)
    }
}

/// A text with its directives followed.
struct Expanded {
    wat: String,
    /// How many components to put around it, one in the other: more than the text format can hold.
    nestings: u32,
}

impl Expanded {
    fn line(&mut self, line: &str) {
        self.wat.push_str(line);
        self.wat.push('\n');
    }
}

/// A component that consists of another.
fn nested(component: &[u8]) -> Vec<u8> {
    const PREAMBLE: &[u8] = b"\0asm\x0d\0\x01\0";
    const COMPONENT_SECTION: u8 = 4;
    let mut outer = PREAMBLE.to_vec();
    outer.push(COMPONENT_SECTION);
    // The size, seven bits a byte, the lowest first; the eighth says that more follow.
    let mut size = component.len();
    while size >= 0x80 {
        outer.push(size.to_le_bytes()[0] | 0x80);
        size >>= 7;
    }
    outer.push(size.to_le_bytes()[0]);
    outer.extend_from_slice(component);
    outer
}
