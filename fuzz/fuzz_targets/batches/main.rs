//! Both ends of the columnar interface: the SDK believes no batch, and the host sends none that is not to be believed.

#![no_main]
#![expect(clippy::disallowed_methods, reason = "the macro writes what an input is made of to a file, when asked to")]

mod claimed;
mod columns;
mod delivered;

use arbitrary::Arbitrary;
use libfuzzer_sys::fuzz_target;

#[derive(Debug, Arbitrary)]
enum Input {
    /// A batch as anybody may make it up, for the SDK to decode.
    Claimed(claimed::Claim),
    /// Columns of the engine, for the host to deliver and the SDK to decode.
    Delivered(delivered::Answer),
}

fuzz_target!(|input: Input| {
    match input {
        Input::Claimed(claim) => claimed::decode(claim),
        Input::Delivered(answer) => delivered::deliver(&answer),
    }
});
