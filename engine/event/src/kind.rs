//! Pure table: the closed list of kinds: what happened, and in whose words.
//!
//! Plain names are EVE's; names with a dot carry their vocabulary; ours are the last block.

use crate::id::Lane;

/// The five groups that partition the index and choose an alert's entities.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum KindGroup {
    /// Protocol records.
    Network,
    /// Flow records and statistics.
    Flow,
    /// What hosts wrote in their logs.
    Host,
    /// What was said online, and the state of own sites.
    Online,
    /// What sensors, sources and subsystems say of themselves.
    State,
}

impl KindGroup {
    /// All groups, in the order of the index folders.
    pub const ALL: [Self; 5] = [
        Self::Network,
        Self::Flow,
        Self::Host,
        Self::Online,
        Self::State,
    ];

    /// The name in paths, queries and the API.
    pub fn name(self) -> &'static str {
        match self {
            Self::Network => "network",
            Self::Flow => "flow",
            Self::Host => "host",
            Self::Online => "online",
            Self::State => "state",
        }
    }

    /// The group with this name.
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|group| group.name() == name)
    }
}

macro_rules! kinds {
    ($($(#[$doc:meta])* $variant:ident $name:literal $group:ident $lane:ident,)+) => {
        /// What happened and in whose words.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum Kind { $($(#[$doc])* $variant,)+ }

        impl Kind {
            /// Every kind.
            pub const ALL: &'static [Self] = &[$(Self::$variant,)+];

            /// The name in queries, rules and the API.
            pub fn name(self) -> &'static str {
                match self { $(Self::$variant => $name,)+ }
            }

            /// The group it is indexed and partitioned with.
            pub fn group(self) -> KindGroup {
                match self { $(Self::$variant => KindGroup::$group,)+ }
            }

            /// The lane it leaves an edge in.
            pub fn lane(self) -> Lane {
                match self { $(Self::$variant => Lane::$lane,)+ }
            }

            /// The kind with this name.
            pub fn from_name(name: &str) -> Option<Self> {
                match name { $($name => Some(Self::$variant),)+ _ => None }
            }
        }
    };
}

kinds! {
    /// An alert of a foreign Suricata.
    Alert "alert" Network First,
    /// Bad traffic: a decoder, stream or parser event.
    Anomaly "anomaly" Network First,
    /// ARP.
    Arp "arp" Network Second,
    /// BitTorrent DHT.
    BittorrentDht "bittorrent_dht" Network Second,
    /// DCE/RPC.
    Dcerpc "dcerpc" Network Second,
    /// DHCP.
    Dhcp "dhcp" Network Second,
    /// DNP3.
    Dnp3 "dnp3" Network Second,
    /// DNS.
    Dns "dns" Network Second,
    /// A packet dropped by a foreign IPS.
    Drop "drop" Network Second,
    /// EtherNet/IP.
    Enip "enip" Network Second,
    /// A file seen in a stream.
    Fileinfo "fileinfo" Network Second,
    /// FTP control.
    Ftp "ftp" Network Second,
    /// FTP data.
    FtpData "ftp_data" Network Second,
    /// HTTP, version 1 or 2.
    Http "http" Network Second,
    /// IKE.
    Ike "ike" Network Second,
    /// Kerberos 5.
    Krb5 "krb5" Network Second,
    /// LDAP.
    Ldap "ldap" Network Second,
    /// Link-local multicast name resolution.
    Llmnr "llmnr" Network Second,
    /// Multicast DNS.
    Mdns "mdns" Network Second,
    /// Modbus.
    Modbus "modbus" Network Second,
    /// MQTT.
    Mqtt "mqtt" Network Second,
    /// NFS.
    Nfs "nfs" Network Second,
    /// NTP.
    Ntp "ntp" Network Second,
    /// PostgreSQL.
    Pgsql "pgsql" Network Second,
    /// POP3.
    Pop3 "pop3" Network Second,
    /// QUIC.
    Quic "quic" Network Second,
    /// RDP.
    Rdp "rdp" Network Second,
    /// RFB (VNC).
    Rfb "rfb" Network Second,
    /// SIP.
    Sip "sip" Network Second,
    /// SMB.
    Smb "smb" Network Second,
    /// SMTP.
    Smtp "smtp" Network Second,
    /// SNMP.
    Snmp "snmp" Network Second,
    /// SSH.
    Ssh "ssh" Network Second,
    /// TFTP.
    Tftp "tftp" Network Second,
    /// TLS.
    Tls "tls" Network Second,
    /// WebSocket.
    Websocket "websocket" Network Second,
    /// A bidirectional flow, at its end.
    Flow "flow" Flow Third,
    /// One direction of a flow, at its end.
    Netflow "netflow" Flow Third,
    /// Counters of a sensor in EVE's form.
    Stats "stats" Flow Third,
    /// A connection in Zeek's words.
    ZeekConn "zeek.conn" Flow Third,
    /// DNS in Zeek's words.
    ZeekDns "zeek.dns" Network Second,
    /// HTTP in Zeek's words.
    ZeekHttp "zeek.http" Network Second,
    /// TLS in Zeek's words.
    ZeekSsl "zeek.ssl" Network Second,
    /// A file seen in a stream, in Zeek's words.
    ZeekFiles "zeek.files" Network Second,
    /// A certificate in Zeek's words.
    ZeekX509 "zeek.x509" Network Second,
    /// SSH in Zeek's words.
    ZeekSsh "zeek.ssh" Network Second,
    /// What Zeek's scripts found worth telling.
    ZeekNotice "zeek.notice" Network Second,
    /// What Zeek found strange in a protocol.
    ZeekWeird "zeek.weird" Network Second,
    /// Any other log of Zeek; `_path` names it.
    ZeekOther "zeek.other" Network Second,
    /// Any EVE record whose type is not in this list.
    Eve "eve" Network Second,
    /// Windows Security channel.
    WindowsSecurity "windows.security" Host Second,
    /// Windows System channel.
    WindowsSystem "windows.system" Host Second,
    /// Sysmon's channel.
    WindowsSysmon "windows.sysmon" Host Second,
    /// The PowerShell channels.
    WindowsPowershell "windows.powershell" Host Second,
    /// Any other Windows channel.
    WindowsOther "windows.other" Host Second,
    /// Linux authentication messages (sshd, sudo, login).
    LinuxAuth "linux.auth" Host Second,
    /// Any other syslog message.
    Syslog "syslog" Host Second,
    /// An entry of the systemd journal.
    LinuxJournal "linux.journal" Host Second,
    /// An event of the Linux audit system: all its records in one.
    LinuxAudit "linux.audit" Host Second,
    /// A request in the access log of a web server.
    WebAccess "web.access" Host Second,
    /// A log record of OpenTelemetry.
    OtelLog "otel.log" Host Second,
    /// A JSON line of a vocabulary we do not know.
    Json "json" Host Second,
    /// A plain line of a vocabulary we do not know.
    Text "text" Host Second,
    /// A line or record that its parser refused, with the raw bytes.
    ParseFailed "parse.failed" State First,
    /// What a sensor says of itself and of its sources.
    SensorStatus "sensor.status" State First,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_unique_and_lead_back() {
        for kind in Kind::ALL {
            assert_eq!(Kind::from_name(kind.name()), Some(*kind));
        }
        for group in KindGroup::ALL {
            assert_eq!(KindGroup::from_name(group.name()), Some(group));
        }
        assert_eq!(Kind::from_name("nonsense"), None);
    }
}
