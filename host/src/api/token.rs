//! Tokens: made here, kept as digests in the configuration, compared in constant time.

use std::fmt;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use subtle::ConstantTimeEq as _;

use crate::config::Token;
use crate::model::Digest;

/// How every token begins, so that those who search for leaked secrets find it.
const PREFIX: &str = "assay_";
/// Random bytes in a token.
const BYTES: usize = 32;

/// The system gives no random bytes.
#[derive(Debug, thiserror::Error)]
#[error("the system gives no random bytes")]
pub struct NoRandomness(#[source] getrandom::Error);

/// A token that has just been made. Who loses it makes another: only its digest is kept.
pub struct Secret(String);

impl Secret {
    /// A token of 256 random bits.
    ///
    /// # Errors
    /// [`NoRandomness`].
    pub fn generate() -> Result<Self, NoRandomness> {
        let mut bytes = [0; BYTES];
        getrandom::fill(&mut bytes).map_err(NoRandomness)?;
        Ok(Self(format!("{PREFIX}{}", URL_SAFE_NO_PAD.encode(bytes))))
    }

    /// The token, to be handed to the one who is going to use it: `assay_` and 43 characters.
    #[must_use]
    pub fn reveal(&self) -> &str {
        &self.0
    }

    /// What the configuration holds: the SHA-256 of the text of the token.
    #[must_use]
    pub fn digest(&self) -> Digest {
        Digest::of(self.0.as_bytes())
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret(..)")
    }
}

/// The one of `tokens` whose secret is `presented`. How long that takes depends on their number alone.
pub(super) fn find<'a>(tokens: &'a [Token], presented: &str) -> Option<&'a Token> {
    let digest = Digest::of(presented.as_bytes());
    let mut found = None;
    for token in tokens {
        if bool::from(token.sha256.as_bytes().ct_eq(digest.as_bytes())) {
            found = Some(token);
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::Role;

    fn token(name: &str, secret: &str) -> Token {
        Token { name: name.to_owned(), sha256: Digest::of(secret.as_bytes()), role: Role::Read }
    }

    #[test]
    fn a_token_has_256_bits_that_are_not_shown_by_accident() {
        let (one, other) = (Secret::generate().unwrap(), Secret::generate().unwrap());
        assert_ne!(one.reveal(), other.reveal());
        let bytes = URL_SAFE_NO_PAD.decode(one.reveal().strip_prefix("assay_").unwrap()).unwrap();
        assert_eq!((bytes.len(), one.reveal().len()), (32, 49));
        assert_eq!(format!("{one:?}"), "Secret(..)");
    }

    #[test]
    fn the_digest_is_that_of_the_whole_text() {
        let secret = Secret("assay_x".to_owned());
        assert_eq!(
            secret.digest().to_string(),
            "sha256:f5f2d989a25d313b633e128cb53edc050a0d3cb92528b8b80896b05abb1c38dd",
            "printf %s assay_x | sha256sum"
        );
    }

    #[test]
    fn the_token_itself_is_found_and_nothing_like_it() {
        let tokens = [token("a", "assay_a"), token("b", "assay_b"), token("c", "assay_c")];
        for (presented, name) in [("assay_a", "a"), ("assay_b", "b"), ("assay_c", "c")] {
            assert_eq!(find(&tokens, presented).map(|token| token.name.as_str()), Some(name));
        }
        for presented in ["", "assay_", "assay_a ", "ASSAY_A", &tokens[0].sha256.to_string()] {
            assert_eq!(find(&tokens, presented), None, "{presented}");
        }
        assert_eq!(find(&[], "assay_a"), None);
    }
}
