//! A configuration bundle on its way: signed with the key of the sensors' CA, which every sensor knows since
//! it was enrolled.

use anyhow::{Context, Result, ensure};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use engine::store::{Bundle, bundle_digest};
use rustls::pki_types::CertificateDer;
use serde::{Deserialize, Serialize};

use crate::signature::is_signed;

/// What is signed begins with this, so that no signature of the CA's means anything else.
const PURPOSE: &[u8] = b"haidang configuration bundle\0";

/// A bundle and who stands for it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Signed {
    /// Its JSON, as it was signed.
    pub(crate) bundle: String,
    /// Base64, in the form that the CA's key makes.
    signature: String,
}

impl Signed {
    /// Signs a text with `sign`.
    pub(crate) fn make(text: &str, sign: impl Fn(&[u8]) -> Result<Vec<u8>>) -> Result<Self> {
        Ok(Self {
            signature: STANDARD.encode(sign(&message(text))?),
            bundle: text.to_owned(),
        })
    }

    /// What it says, if the CA has signed it for this sensor.
    ///
    /// # Errors
    /// A signature of somebody else's, another sensor's bundle, a text of another form.
    pub(crate) fn open(&self, ca: &CertificateDer<'_>, sensor: &str) -> Result<Bundle> {
        let signature = STANDARD.decode(&self.signature);
        let signature = signature.context("the signature of the configuration cannot be read")?;
        ensure!(
            is_signed(ca, &message(&self.bundle), &signature)?,
            "the configuration is not signed by this sensor's centre"
        );
        let bundle: Bundle =
            serde_json::from_str(&self.bundle).context("the configuration cannot be read")?;
        ensure!(
            bundle.sensor == sensor,
            "the configuration is for the sensor {}",
            bundle.sensor
        );
        Ok(bundle)
    }

    /// What the bundle is known by.
    pub(crate) fn digest(&self) -> String {
        bundle_digest(&self.bundle)
    }
}

fn message(text: &str) -> Vec<u8> {
    [PURPOSE, text.as_bytes()].concat()
}
