//! The tokens of a source: which of them a request must carry one of, and how it carries it.

use std::path::Path;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use sha2::{Digest as _, Sha256};

/// The longest value of `Authorization` that is looked at.
const LONGEST: usize = 4_096;

/// Hashes of tokens: comparing these tells nothing of how much was right.
#[derive(Clone)]
pub(super) struct Tokens(Vec<[u8; 32]>);

/// What a request shows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Shown {
    /// No `Authorization` at all.
    Nothing,
    /// A scheme that nobody asked for, or one without a value.
    Unknown,
    /// A token, or what should be one.
    Token(String),
}

impl Tokens {
    /// Reads the file of a source.
    ///
    /// # Errors
    /// What is wrong with it, in words.
    pub(super) fn read(path: &Path) -> Result<Self, String> {
        let text = std::fs::read_to_string(path)
            .map_err(|error| format!("cannot read {}: {error}", path.display()))?;
        let lines = text.lines().map(str::trim);
        let tokens = lines.filter(|line| !line.is_empty() && !line.starts_with('#'));
        let tokens: Vec<[u8; 32]> = tokens.map(hash).collect();
        match tokens.is_empty() {
            true => Err(format!(
                "{} has no token; write one into it, for example from `openssl rand -hex 24`",
                path.display()
            )),
            false => Ok(Self(tokens)),
        }
    }

    /// Whether it is one of them. All are compared, whichever it is.
    pub(super) fn hold(&self, token: &str) -> bool {
        let shown = hash(token);
        let differs = |own: &[u8; 32]| own.iter().zip(shown).fold(0, |all, (a, b)| all | (a ^ b));
        self.0.iter().filter(|own| differs(own) == 0).count() > 0
    }
}

fn hash(token: &str) -> [u8; 32] {
    Sha256::digest(token.as_bytes()).into()
}

/// The token in `Authorization`, under one of the schemes. Of `ApiKey` and `Basic` it is what stands in
/// base64 (`id:key`, `user:password`); with `password_only` only what stands behind the colon of `Basic`.
pub(super) fn shown(value: Option<&str>, schemes: &[&str], password_only: bool) -> Shown {
    let Some(value) = value else {
        return Shown::Nothing;
    };
    let (scheme, rest) = value.trim().split_once(' ').unwrap_or((value.trim(), ""));
    let rest = rest.trim();
    let known = schemes.iter().find(|own| own.eq_ignore_ascii_case(scheme));
    let Some(known) = known.filter(|_| !rest.is_empty() && rest.len() <= LONGEST) else {
        return Shown::Unknown;
    };
    if !matches!(*known, "ApiKey" | "Basic") {
        return Shown::Token(rest.to_owned());
    }
    let bytes = STANDARD.decode(rest).ok();
    let Some(text) = bytes.and_then(|bytes| String::from_utf8(bytes).ok()) else {
        return Shown::Unknown;
    };
    match text.split_once(':') {
        Some((_, password)) if password_only => Shown::Token(password.to_owned()),
        _ => Shown::Token(text),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tokens_are_lines_and_schemes_carry_them() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("tokens");
        std::fs::write(&path, "# of the gateway\n\nthu:kha-mat\n  hai \n").unwrap();
        let tokens = Tokens::read(&path).unwrap();
        assert!(tokens.hold("thu:kha-mat") && tokens.hold("hai"));
        assert!(!tokens.hold("# of the gateway") && !tokens.hold(""));
        std::fs::write(&path, "#\n").unwrap();
        assert!(Tokens::read(&path).is_err_and(|reason| reason.contains("no token")));

        let elastic = |value| shown(Some(value), &["ApiKey", "Basic", "Bearer"], false);
        let token = |text: &str| Shown::Token(text.to_owned());
        assert_eq!(elastic("apikey dGh1OmtoYS1tYXQ="), token("thu:kha-mat"));
        assert_eq!(elastic("Basic dGh1OmtoYS1tYXQ="), token("thu:kha-mat"));
        assert_eq!(elastic("Bearer hai"), token("hai"));
        assert_eq!(elastic("ApiKey ***"), Shown::Unknown);
        assert_eq!(elastic("Digest x"), Shown::Unknown);
        assert_eq!(elastic("Bearer"), Shown::Unknown);
        let splunk = shown(Some("Basic dGh1OmtoYS1tYXQ="), &["Splunk", "Basic"], true);
        assert_eq!(splunk, token("kha-mat"));
        assert_eq!(shown(None, &["Bearer"], false), Shown::Nothing);
    }
}
