//! The second factor: codes of six digits every 30 seconds (RFC 6238) from an app on the telephone, and recovery codes
//! for when it is lost. A code counts once; a clock may be a step off.

use std::sync::Arc;

use engine::store::{SecondFactor, User};
use event::Time;
use qrcode::{Color, QrCode};
use sha2::{Digest, Sha256};
use totp_rs::{Builder, Totp};

use crate::app::App;
use crate::auth;
use crate::error::{Failure, blocking};

/// Recovery codes that a person is given.
const CODES: usize = 10;
/// Bytes of a secret: as many as HMAC-SHA-1 has.
const SECRET: usize = 20;

/// What an app on the telephone needs.
pub(crate) struct Shown {
    /// The secret in base 32, to type.
    pub(crate) secret: String,
    /// The same as a link that apps open.
    pub(crate) url: String,
    /// The link as a QR code: lines of 0 and 1.
    pub(crate) qr: Vec<String>,
}

/// Draws a secret.
pub(crate) fn draw() -> Result<Vec<u8>, Failure> {
    let mut secret = vec![0; SECRET];
    getrandom::fill(&mut secret).map_err(Failure::NoRandom)?;
    Ok(secret)
}

/// Draws recovery codes, and what the store keeps of them.
pub(crate) fn draw_codes() -> Result<(Vec<String>, Vec<Vec<u8>>), Failure> {
    let codes: Vec<String> = (0..CODES)
        .map(|_| auth::random_password())
        .collect::<Result<_, _>>()?;
    let kept = codes.iter().map(|code| digest(code)).collect();
    Ok((codes, kept))
}

/// A secret as an app takes it.
pub(crate) fn show(secret: &[u8], user: &str) -> Option<Shown> {
    let totp = totp(secret, user)?;
    let url = totp.to_url().ok()?;
    let code = QrCode::new(&url).ok()?;
    let colors = code.to_colors();
    let line = |row: &[Color]| row.iter().map(|color| color.select('1', '0')).collect();
    Some(Shown {
        secret: totp.secret().to_base32(),
        qr: colors.chunks(code.width()).map(line).collect(),
        url,
    })
}

/// The step whose code this is, now or one before or after.
pub(crate) fn step_of(secret: &[u8], user: &str, code: &str, now: Time) -> Option<i64> {
    let seconds = u64::try_from(now.micros() / 1_000_000).ok()?;
    let plain: String = code.chars().filter(|c| !c.is_whitespace()).collect();
    if plain.len() != 6 || !plain.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    let step = totp(secret, user)?.check(&plain, seconds)?;
    i64::try_from(step).ok()
}

/// Whether a person may come in with what they sent beside the password.
pub(crate) async fn admit(app: &Arc<App>, user: &User, code: Option<&str>) -> Result<(), Failure> {
    let (store, name) = (Arc::clone(&app.store), user.name.clone());
    let held = blocking(move || store.second_factor(&name)).await?;
    let Some(held) = held.filter(|held| held.confirmed) else {
        return Ok(());
    };
    let Some(code) = code.filter(|code| !code.trim().is_empty()) else {
        return Err(Failure::SecondFactorRequired);
    };
    let (store, name, now) = (Arc::clone(&app.store), user.name.clone(), app.now());
    let code = code.to_owned();
    let admitted = blocking(move || use_up(&store, &name, &held, &code, now)).await?;
    if admitted {
        Ok(())
    } else {
        Err(Failure::BadSecondFactor)
    }
}

fn use_up(
    store: &engine::store::Store,
    user: &str,
    held: &SecondFactor,
    code: &str,
    now: Time,
) -> engine::Result<bool> {
    match step_of(&held.secret, user, code, now) {
        Some(step) => store.use_step(user, step),
        None => store.use_recovery_code(user, &digest(code), now),
    }
}

/// What is kept of a recovery code: it is as long as a password that was drawn, and no one guesses it.
fn digest(code: &str) -> Vec<u8> {
    Sha256::digest(code.trim().to_lowercase()).to_vec()
}

fn totp(secret: &[u8], user: &str) -> Option<Totp> {
    Builder::new()
        .with_secret(secret.to_vec())
        .with_account_name(user)
        .with_issuer(Some("haidang"))
        .build()
        .ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// RFC 6238, appendix B, SHA-1: the last six digits of what it lists for its secret.
    #[test]
    fn codes_are_those_of_the_rfc() {
        let secret = b"12345678901234567890";
        for (seconds, code) in [
            (59, "287082"),
            (1_111_111_109, "081804"),
            (1_234_567_890, "005924"),
            (2_000_000_000, "279037"),
        ] {
            let now = Time::from_micros(seconds * 1_000_000);
            assert_eq!(step_of(secret, "an", code, now), Some(seconds / 30));
            assert_eq!(
                step_of(secret, "an", &format!(" {code} "), now),
                Some(seconds / 30)
            );
            let far = Time::from_micros((seconds + 61) * 1_000_000);
            assert_eq!(step_of(secret, "an", code, far), None, "two steps later");
        }
        assert_eq!(step_of(secret, "an", "28708", Time::EPOCH), None);
        assert_eq!(step_of(secret, "an", "28708²", Time::EPOCH), None);
    }

    #[test]
    fn an_app_is_told_whose_it_is_and_a_picture_says_the_same() {
        let shown = show(b"12345678901234567890", "an@so").unwrap();
        assert_eq!(shown.secret, "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ");
        assert!(
            shown
                .url
                .starts_with("otpauth://totp/haidang:an%40so?secret=GEZD")
        );
        assert!(shown.qr.len() > 20 && shown.qr.iter().all(|row| row.len() == shown.qr.len()));
    }
}
