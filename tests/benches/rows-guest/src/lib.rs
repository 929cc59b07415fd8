//! Takes its data as a list of rows, through an interface that assay does not have: what columns are compared with.

#![cfg(target_arch = "wasm32")]
#![expect(unsafe_code, missing_docs, reason = "what the generated bindings consist of")]

wit_bindgen::generate!({ path: "wit", world: "taker" });

use assay_bench::rows::feed;

struct Taker;

impl Guest for Taker {
    fn take() -> u64 {
        let (mut rows, mut sum) = (0, 0_u64);
        loop {
            let batch = feed::next();
            if batch.is_empty() {
                break;
            }
            rows += batch.len() as u64;
            for row in batch {
                sum ^= row.a.cast_unsigned() ^ row.b.cast_unsigned() ^ row.c.to_bits();
                sum = row.d.bytes().chain(row.e.bytes()).fold(sum, |sum, byte| sum ^ u64::from(byte));
            }
        }
        std::hint::black_box(sum);
        rows
    }
}

export!(Taker);
