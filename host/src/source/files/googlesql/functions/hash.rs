//! Fingerprints and hashes.

use std::result::Result as Outcome;

use datafusion::arrow::array::{ArrayRef, BinaryArray, StringViewArray};
use datafusion::error::Result;
use md5::Md5;
use sha1::Sha1;
use sha2::{Digest, Sha256, Sha512};

use super::super::call::{Call, Values};
use super::super::fault::Fault;
use super::super::function::Definition;
use super::super::types::Type;

const HASH: &[&str] = &["(STRING) -> BYTES", "(BYTES) -> BYTES"];

/// The functions of this module.
pub(super) const FUNCTIONS: &[Definition] = &[
    Definition {
        name: "FARM_FINGERPRINT",
        forms: &["(STRING) -> INT64", "(BYTES) -> INT64"],
        note: "",
        eval: farm_fingerprint,
    },
    Definition { name: "MD5", forms: HASH, note: "", eval: hash::<Md5> },
    Definition { name: "SHA1", forms: HASH, note: "", eval: hash::<Sha1> },
    Definition { name: "SHA256", forms: HASH, note: "", eval: hash::<Sha256> },
    Definition { name: "SHA512", forms: HASH, note: "", eval: hash::<Sha512> },
];

/// An argument of `STRING` or `BYTES`, as bytes.
pub(super) enum Octets<'a> {
    /// The bytes of texts.
    Texts(Values<&'a StringViewArray>),
    /// Bytes.
    Bytes(Values<&'a BinaryArray>),
}

impl<'a> Octets<'a> {
    /// Reads an argument.
    pub(super) fn of(call: &Call<'a>, at: usize) -> Result<Self> {
        match call.types.get(at) {
            Some(Type::Bytes) => Ok(Self::Bytes(call.bytes(at)?)),
            _ => Ok(Self::Texts(call.texts(at)?)),
        }
    }

    /// The bytes of a row.
    pub(super) fn get(&self, row: usize) -> Option<&'a [u8]> {
        match self {
            Self::Texts(texts) => texts.get(row).map(str::as_bytes),
            Self::Bytes(bytes) => bytes.get(row),
        }
    }
}

fn farm_fingerprint(call: &Call<'_>) -> Result<ArrayRef> {
    let values = Octets::of(call, 0)?;
    call.write_ints(|row| Ok(values.get(row).map(|value| farmhash::fingerprint64(value).cast_signed())))
}

fn hash<D: Digest>(call: &Call<'_>) -> Result<ArrayRef> {
    let values = Octets::of(call, 0)?;
    call.write_bytes(|row| -> Outcome<_, Fault> { Ok(values.get(row).map(D::digest)) })
}
