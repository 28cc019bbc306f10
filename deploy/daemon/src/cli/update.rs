//! `haidang update` and what follows it.

use std::path::PathBuf;

use clap::{Args, Subcommand};

/// `haidang update`
#[derive(Debug, Subcommand)]
pub enum Update {
    /// Put the program of an update file in the place of this one; if doctor then finds a failure, the old one is put
    /// back
    Install(InstallUpdate),
    /// Judge an update that was cut short, by a power cut or a kill: it stays, or the old program is put back
    Settle(SettleUpdate),
    /// Give the running centre an update for its sensors; it offers it to a few at a time, and stops when one fails
    Publish(PublishUpdate),
    /// Make the key that updates are signed with, and the certificate that boxes know it by
    Key {
        /// The folder for update.key and update.crt
        #[arg(long, value_name = "DIR", default_value = ".")]
        out: PathBuf,
    },
    /// Pack and sign a program
    Make(MakeUpdate),
}

/// `haidang update install`
#[derive(Debug, Args)]
#[command(after_help = "\
Run it with sudo. The certificate of whoever publishes is update.certificate (/etc/haidang/update.crt). Nothing is
changed before the file is checked, the new program runs here and doctor finds no failure with the old one. The old
program stays beside the new as haidang.before. Exit code: 0 installed, 1 refused or put back.")]
pub struct InstallUpdate {
    /// The update file
    #[arg(
        value_name = "FILE",
        required_unless_present = "pushed",
        conflicts_with = "pushed"
    )]
    pub file: Option<PathBuf>,
    /// The update that the sensor fetched from its centre; haidang-update.service does this
    #[arg(long, conflicts_with_all = ["any_version", "no_way_back"])]
    pub pushed: bool,
    /// The program to replace [default: this one]
    #[arg(long, value_name = "FILE")]
    pub program: Option<PathBuf>,
    /// Take the same or an older version too
    #[arg(long)]
    pub any_version: bool,
    /// Take an update that changes the layout of data, after which the old program cannot read it
    #[arg(long)]
    pub no_way_back: bool,
    /// Leave the services as they are: something else starts them again
    #[arg(long)]
    pub no_restart: bool,
}

/// `haidang update settle`
#[derive(Debug, Args)]
pub struct SettleUpdate {
    /// The program that was to be replaced [default: this one]
    #[arg(long, value_name = "FILE")]
    pub program: Option<PathBuf>,
}

/// `haidang update publish`
#[derive(Debug, Args)]
#[command(after_help = "\
Only sensors with update.pushed take it, and only what the holder of the key of their own update.certificate signed.
Stop it, take it up again and see how far it is in the console, under the sensors.")]
pub struct PublishUpdate {
    /// The update file
    #[arg(value_name = "FILE")]
    pub file: PathBuf,
    /// Only these sensors, joined by commas
    #[arg(long, value_delimiter = ',', value_name = "NAME")]
    pub sensors: Vec<String>,
    /// Only sensors that deliver for these sites or areas, joined by commas
    #[arg(long, value_delimiter = ',', value_name = "SITE")]
    pub sites: Vec<String>,
    /// So many sensors have it on trial at once
    #[arg(long, value_name = "N", default_value_t = 1)]
    pub at_once: u32,
}

/// `haidang update make`
#[derive(Debug, Args)]
pub struct MakeUpdate {
    /// The program
    #[arg(long, value_name = "FILE")]
    pub program: PathBuf,
    /// Its version, numbers and points [default: what it says of itself]
    #[arg(long, value_name = "VERSION")]
    pub release: Option<String>,
    /// The key that it is signed with
    #[arg(long, value_name = "FILE")]
    pub key: PathBuf,
    /// The update file to write
    #[arg(long, value_name = "FILE")]
    pub out: PathBuf,
}
