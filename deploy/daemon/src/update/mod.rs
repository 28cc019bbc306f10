//! Update files: a program, packed, with a signed line that says what it is.
//!
//! `haidang-update 1`, a line of JSON ([`Manifest`]), a line with the signature over it in Base64, then the program
//! as zstd. Whoever publishes holds the key; a box has the certificate, and takes nothing that it did not sign.

mod install;
mod pushed;
mod trial;
mod verdict;

#[cfg(test)]
mod tests;

use std::fs::File;
use std::io::{BufRead, BufReader, Read, Write};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail, ensure};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use rcgen::{CertificateParams, DnType, KeyPair, PKCS_ED25519, SigningKey as _};
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject as _;
use ruzstd::decoding::StreamingDecoder;
use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};

pub(crate) use install::{Installing, install};
pub(crate) use pushed::{FOLDER, discard_ready, install_ready, ready};
pub(crate) use trial::{Judge, settle};
pub(crate) use verdict::{Outcome, Verdict};

use crate::data_dir::VERSION as LAYOUT;
use crate::edges::write_secret;
use crate::hex;
use crate::signature::is_signed;

const FIRST_LINE: &str = "haidang-update 1\n";
/// What is signed begins with this.
const PURPOSE: &[u8] = b"haidang update\0";
/// The lines in front of the program.
const HEAD_BYTES: u64 = 64 << 10;
/// The largest program.
const PROGRAM_BYTES: u64 = 1 << 30;
/// How programs are packed: a minute's work once, for many boxes behind slow lines.
const LEVEL: i32 = 19;

/// What an update is.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Manifest {
    /// Its version.
    pub(crate) version: String,
    /// The machines that it runs on: `x86_64-linux`.
    pub(crate) target: String,
    /// The layout of the data folder that it writes.
    pub(crate) layout: u32,
    /// Bytes of the program.
    pub(crate) size: u64,
    /// SHA-256 of the program, hexadecimal.
    pub(crate) sha256: String,
}

/// The machines that this program runs on.
pub(crate) fn target() -> String {
    format!("{}-{}", std::env::consts::ARCH, std::env::consts::OS)
}

/// Makes a key to publish with and its certificate for the boxes.
pub(crate) fn make_key(folder: &Path) -> Result<(PathBuf, PathBuf)> {
    let (key, certificate) = (folder.join("update.key"), folder.join("update.crt"));
    ensure!(
        !key.exists(),
        "{} is there already; boxes know the certificate that belongs to it",
        key.display()
    );
    let pair = KeyPair::generate_for(&PKCS_ED25519).context("cannot make a key")?;
    let mut params = CertificateParams::default();
    params
        .distinguished_name
        .push(DnType::CommonName, "haidang updates");
    let made = params
        .self_signed(&pair)
        .context("cannot make a certificate")?;
    std::fs::create_dir_all(folder)
        .with_context(|| format!("cannot create {}", folder.display()))?;
    write_secret(&key, &pair.serialize_pem())?;
    std::fs::write(&certificate, made.pem())
        .with_context(|| format!("cannot write {}", certificate.display()))?;
    Ok((key, certificate))
}

/// Packs a program and signs it. Without a version it is what the program says of itself.
pub(crate) fn make(
    program: &Path,
    version: Option<&str>,
    key: &Path,
    out: &Path,
) -> Result<Manifest> {
    let version = match version {
        Some(version) => version.to_owned(),
        None => said_version(program)?,
    };
    ensure!(
        engine::rollout::numbers(&version).is_some(),
        "{version} is no version; write numbers and points, as 1.4.0"
    );
    let bytes =
        std::fs::read(program).with_context(|| format!("cannot read {}", program.display()))?;
    let pem =
        std::fs::read_to_string(key).with_context(|| format!("cannot read {}", key.display()))?;
    let pair =
        KeyPair::from_pem(&pem).with_context(|| format!("{} is no key in PEM", key.display()))?;
    let manifest = Manifest {
        version,
        target: target(),
        layout: LAYOUT,
        size: bytes.len() as u64,
        sha256: hex(&Sha256::digest(&bytes)),
    };
    let line = serde_json::to_string(&manifest)?;
    let signature = pair.sign(&message(&line)).context("the key cannot sign")?;
    let mut file = Vec::new();
    file.extend_from_slice(FIRST_LINE.as_bytes());
    writeln!(file, "{line}\n{}", STANDARD.encode(signature))?;
    file.extend(zstd::bulk::compress(&bytes, LEVEL).context("cannot pack the program")?);
    std::fs::write(out, file).with_context(|| format!("cannot write {}", out.display()))?;
    Ok(manifest)
}

/// The second word of what a program says to `--version`.
fn said_version(program: &Path) -> Result<String> {
    let said = std::process::Command::new(program)
        .arg("--version")
        .output();
    let said = said.with_context(|| format!("cannot run {}", program.display()))?;
    version_in(&said.stdout).context("the program does not say its version; name it with --release")
}

/// The second word.
fn version_in(said: &[u8]) -> Option<String> {
    let said = String::from_utf8_lossy(said);
    said.split_whitespace().nth(1).map(str::to_owned)
}

/// Reads an update file that the holder of the certificate's key has signed: what it is, and the program, which is
/// written to `program` and checked.
pub(crate) fn open(
    file: &File,
    shown: &str,
    certificate: &Path,
    program: &Path,
) -> Result<Manifest> {
    let mut reader = BufReader::new(file);
    let manifest = checked_head(&mut reader, shown, certificate)?;
    let mut out = File::options()
        .create(true)
        .truncate(true)
        .write(true)
        .mode(0o755)
        .open(program)
        .with_context(|| format!("cannot write {}; run this with sudo", program.display()))?;
    unpack(reader, &manifest, &mut out).with_context(|| shown.to_owned())?;
    out.sync_all()
        .with_context(|| format!("cannot write {}", program.display()))?;
    Ok(manifest)
}

/// As [`open`], with nothing written: whether a file is what it says.
pub(crate) fn verify(file: &File, shown: &str, certificate: &Path) -> Result<Manifest> {
    let mut reader = BufReader::new(file);
    let manifest = checked_head(&mut reader, shown, certificate)?;
    unpack(reader, &manifest, &mut std::io::sink()).with_context(|| shown.to_owned())?;
    Ok(manifest)
}

fn checked_head(reader: &mut impl BufRead, shown: &str, certificate: &Path) -> Result<Manifest> {
    let manifest = head(reader, certificate).with_context(|| shown.to_owned())?;
    ensure!(
        manifest.target == target(),
        "{shown} is for {}, this machine is {}",
        manifest.target,
        target()
    );
    Ok(manifest)
}

/// What an update file is; nothing is unpacked.
fn head(reader: &mut impl BufRead, certificate: &Path) -> Result<Manifest> {
    let (line, signature) = lines(reader)?;
    let der = CertificateDer::from_pem_file(certificate).with_context(|| {
        format!(
            "cannot read {}, the certificate of whoever publishes updates; put it there, or name it with update.certificate",
            certificate.display()
        )
    })?;
    let signature = STANDARD.decode(signature.trim_end());
    let signature = signature.context("its signature cannot be read")?;
    ensure!(
        is_signed(&der, &message(&line), &signature)?,
        "is not signed by the key of {}",
        certificate.display()
    );
    manifest_of(&line)
}

/// The line that is signed, and the signature.
fn lines(reader: &mut impl BufRead) -> Result<(String, String)> {
    let mut text = String::new();
    let mut limited = reader.take(HEAD_BYTES);
    for _ in 0..3 {
        let read = limited.read_line(&mut text);
        read.context("is no update file of haidang")?;
    }
    let mut lines = text.split_inclusive('\n');
    let mut next = || lines.next().unwrap_or_default();
    let (first, line, signature) = (next(), next().trim_end(), next());
    ensure!(
        first == FIRST_LINE && signature.ends_with('\n'),
        "is no update file of haidang, or one for a newer program"
    );
    Ok((line.to_owned(), signature.to_owned()))
}

fn manifest_of(line: &str) -> Result<Manifest> {
    let manifest: Manifest = serde_json::from_str(line).context("does not say what it is")?;
    ensure!(
        manifest.size <= PROGRAM_BYTES,
        "a program of {} bytes is too large",
        manifest.size
    );
    Ok(manifest)
}

/// Reads an update file whoever signed it, and throws its program away: for those who try what a stranger may send.
///
/// # Errors
/// What would be wrong with it if it were signed.
pub fn read_unsigned(file: &[u8]) -> Result<()> {
    let mut reader = BufReader::new(file);
    let (line, _) = lines(&mut reader)?;
    unpack(reader, &manifest_of(&line)?, &mut std::io::sink())
}

fn unpack(packed: impl Read, manifest: &Manifest, program: &mut impl Write) -> Result<()> {
    // What is unpacked is a stranger's until it is hashed.
    let unpacked = StreamingDecoder::new(packed).context("its program cannot be read")?;
    let mut limited = unpacked.take(manifest.size.saturating_add(1));
    let (mut hash, mut size) = (Sha256::new(), 0_u64);
    let mut piece = vec![0; 64 << 10];
    loop {
        let read = limited.read(&mut piece).context("its program is damaged")?;
        let bytes = piece.get(..read).unwrap_or_default();
        if bytes.is_empty() {
            break;
        }
        hash.update(bytes);
        size += bytes.len() as u64;
        let written = program.write_all(bytes);
        written.context("the program cannot be written")?;
    }
    if size != manifest.size || hex(&hash.finalize()) != manifest.sha256 {
        bail!("its program is not the one that was signed; fetch the file again");
    }
    Ok(())
}

/// SHA-256 of a file, hexadecimal.
pub(crate) fn hash_of(path: &Path) -> Result<String> {
    let shown = path.display();
    let mut file = File::open(path).with_context(|| format!("cannot read {shown}"))?;
    let mut hash = Sha256::new();
    let mut piece = vec![0; 64 << 10];
    loop {
        let read = file.read(&mut piece);
        let read = read.with_context(|| format!("cannot read {shown}"))?;
        if read == 0 {
            return Ok(hex(&hash.finalize()));
        }
        hash.update(piece.get(..read).unwrap_or_default());
    }
}

fn remove(path: &Path) -> Result<()> {
    if !path.exists() {
        return Ok(());
    }
    std::fs::remove_file(path).with_context(|| format!("cannot remove {}", path.display()))
}

fn message(line: &str) -> Vec<u8> {
    [PURPOSE, line.as_bytes()].concat()
}
