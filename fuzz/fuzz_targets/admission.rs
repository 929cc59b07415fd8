//! Whatever bytes ask for admission, looking at them in the host's process ends, and ends in an answer.
//!
//! An input is a file as it is, or, after [`GENERATED`], the entropy of a component that is valid before it is damaged.

#![no_main]
#![expect(clippy::disallowed_methods, reason = "the macro writes what an input is made of to a file, when asked to")]

use arbitrary::{Arbitrary, Unstructured};
use assay::admission::{Anatomy, examine};
use libfuzzer_sys::fuzz_target;
use wasm_smith::Config;

/// First byte of an input that is no file; neither WebAssembly nor ELF begins with it.
const GENERATED: u8 = b'G';

/// Something that happens to a component on its way.
#[derive(Debug, Arbitrary)]
enum Damage {
    /// Bits of a byte turn.
    Flip { at: u16, bits: u8 },
    /// A byte is lost.
    Remove { at: u16 },
    /// A byte is too much.
    Insert { at: u16, byte: u8 },
    /// The end is missing.
    Truncate { at: u16 },
    /// A part is there twice.
    Repeat { at: u16, bytes: u8 },
}

impl Damage {
    fn happen_to(&self, component: &mut Vec<u8>) {
        let len = component.len().max(1);
        let place = |at: u16| usize::from(at) % len;
        match *self {
            Self::Flip { at, bits } => {
                if let Some(byte) = component.get_mut(place(at)) {
                    *byte ^= bits;
                }
            }
            Self::Remove { at } => drop(component.drain(place(at)..(place(at) + 1).min(component.len()))),
            Self::Insert { at, byte } => component.insert(place(at).min(component.len()), byte),
            Self::Truncate { at } => component.truncate(place(at)),
            Self::Repeat { at, bytes } => {
                let part = place(at)..(place(at) + usize::from(bytes)).min(component.len());
                component.extend_from_within(part);
            }
        }
    }
}

fuzz_target!(|data: &[u8]| {
    match data.split_first() {
        Some((&GENERATED, entropy)) => {
            if let Ok(component) = generated(&mut Unstructured::new(entropy)) {
                look_at(&component);
            }
        }
        _ => look_at(data),
    }
});

fn generated(entropy: &mut Unstructured<'_>) -> arbitrary::Result<Vec<u8>> {
    let damages = entropy.int_in_range(0..=3)?;
    let damages = (0..damages).map(|_| Damage::arbitrary(entropy)).collect::<Result<Vec<_>, _>>()?;
    // Without what the host refuses anyway, so that most of what is generated comes as far as the contract.
    let config = Config {
        exceptions_enabled: false,
        gc_enabled: false,
        memory64_enabled: false,
        reference_types_enabled: false,
        relaxed_simd_enabled: false,
        threads_enabled: false,
        ..Config::default()
    };
    let mut component = wasm_smith::Component::new(config, entropy)?.to_bytes();
    damages.iter().for_each(|damage| damage.happen_to(&mut component));
    Ok(component)
}

/// Looks at a file as the host does.
fn look_at(bytes: &[u8]) {
    match examine(bytes) {
        Ok(anatomy) => assert!(!anatomy.exports.is_empty(), "a check has the functions of its world"),
        Err(refusal) => {
            assert!(!refusal.to_string().is_empty() && !refusal.code().is_empty());
            assert!(!refusal.hint().is_empty(), "{refusal}: no hint");
        }
    }
    if let Ok(anatomy) = Anatomy::of(bytes) {
        // The form in which it is kept with what is compiled.
        let note = serde_json::to_string(&anatomy).expect("an anatomy is plain data");
        let read: Anatomy = serde_json::from_str(&note).expect("a note can be read");
        assert_eq!(read, anatomy);
    }
}
