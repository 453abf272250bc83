//! What FortiOS means where a file says nothing, by version. Sources: NOTES.md.

use crate::model::proto;

/// A FortiOS release as far as the file tells it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Version {
    /// `7` of `7.2.5`.
    pub major: u16,
    /// `2` of `7.2.5`.
    pub minor: u16,
    /// `5` of `7.2.5`; `None` where the line has the short form `7.02`.
    pub patch: Option<u16>,
    /// The build number.
    pub build: Option<u32>,
}

impl Version {
    /// Reads `FG100F-7.2.5-FW-build1517-230606:opmode=0:…`, `FG100F-7.02-FW-build1517-…` and
    /// `FortiGate-100F v7.2.5,build1517,…`.
    pub fn read(line: &str) -> Option<Version> {
        let build = line.split("build").nth(1).and_then(leading_number).and_then(|n| u32::try_from(n).ok());
        let number = line.split(['-', ' ', ',']).map(|w| w.trim_start_matches('v')).find_map(dotted)?;
        Some(Version { build, ..number })
    }

    /// `Some(true)` from this release on, `Some(false)` before it, `None` where the line does not tell.
    /// `builds` are (first build that is certainly at or after it, last build that is certainly before it) for the
    /// short form.
    fn at_least(self, release: (u16, u16, u16), builds: Option<(u32, u32)>) -> Option<bool> {
        let (major, minor, patch) = release;
        if (self.major, self.minor) != (major, minor) {
            return Some((self.major, self.minor) > (major, minor));
        }
        match (self.patch, self.build, builds) {
            (Some(own), _, _) => Some(own >= patch),
            (None, Some(build), Some((from, before))) => match build {
                b if b >= from => Some(true),
                b if b <= before => Some(false),
                _ => None,
            },
            _ => None,
        }
    }

    /// The default of `match-vip` in a deny policy. Fortinet's articles name 7.2.3 and 7.2.4 as the first release
    /// with `enable`; 7.2.3 stays undecided. Build 1255 is 7.2.2, build 1396 is 7.2.4.
    pub fn match_vip(self) -> Option<bool> {
        match (self.at_least((7, 2, 4), Some((1396, 1255))), self.at_least((7, 2, 3), None)) {
            (Some(true), _) => Some(true),
            (_, Some(false)) => Some(false),
            (Some(false), None) => Some(false),
            _ => None,
        }
    }

    /// Whether `auxiliary-session` exists and is off unless the file says so: from 6.2.3 on. Before, replies may take
    /// another way.
    pub fn replies_to_opener(self) -> bool {
        self.at_least((6, 2, 3), None) == Some(true)
    }

    /// The default of `allow-traffic-redirect`: `enable`, and `disable` from 7.4.10, 7.6.5 and 8.0.0 on.
    pub fn traffic_redirect(self) -> Option<bool> {
        let off = match (self.major, self.minor) {
            (7, 4) => self.at_least((7, 4, 10), None)?,
            (7, 6) => self.at_least((7, 6, 5), None)?,
            other => other >= (8, 0),
        };
        Some(!off)
    }

    /// Whether a recurring schedule without `day` is never active: the default is `none` from 6.4 on.
    pub fn days_default_to_none(self) -> bool {
        (self.major, self.minor) >= (6, 4)
    }

    /// The priority of a static route that gives none: 0, and 1 from 7.0.3 on.
    pub fn static_priority(self) -> Option<u32> {
        self.at_least((7, 0, 3), None).map(u32::from)
    }

    /// Whether the documents in NOTES.md cover this release.
    pub fn covered(self) -> bool {
        ((5, 2)..=(8, 0)).contains(&(self.major, self.minor))
    }
}

/// The factory's session helpers: name, protocol, port. CLI 6.0 `system session-helper-info list`.
pub const HELPERS: [(&str, u8, u16); 20] = [
    ("pptp", proto::TCP, 1723),
    ("h323", proto::TCP, 1720),
    ("ras", proto::UDP, 1719),
    ("tns", proto::TCP, 1521),
    ("tftp", proto::UDP, 69),
    ("rtsp", proto::TCP, 554),
    ("rtsp", proto::TCP, 7070),
    ("rtsp", proto::TCP, 8554),
    ("ftp", proto::TCP, 21),
    ("mms", proto::TCP, 1863),
    ("pmap", proto::TCP, 111),
    ("pmap", proto::UDP, 111),
    ("sip", proto::UDP, 5060),
    ("dns-udp", proto::UDP, 53),
    ("rsh", proto::TCP, 514),
    ("rsh", proto::TCP, 512),
    ("dcerpc", proto::TCP, 135),
    ("dcerpc", proto::UDP, 135),
    ("mgcp", proto::UDP, 2427),
    ("mgcp", proto::UDP, 2727),
];

/// Ports on which the proxy reads voice by default: SIP, SIP over TLS, SCCP.
pub const VOICE_PORTS: [u16; 3] = [5060, 5061, 2000];

fn leading_number(text: &str) -> Option<u64> {
    let end = text.find(|c: char| !c.is_ascii_digit()).unwrap_or(text.len());
    text.get(..end)?.parse().ok()
}

/// `7.2.5` or the short form `7.02`.
fn dotted(word: &str) -> Option<Version> {
    let mut parts = word.split('.');
    let major = parts.next()?.parse().ok()?;
    let minor = parts.next()?.parse().ok()?;
    let patch = match parts.next() {
        Some(p) => Some(p.parse().ok()?),
        None => None,
    };
    (parts.next().is_none() && (4..=20).contains(&major)).then_some(Version {
        major,
        minor,
        patch,
        build: None,
    })
}

/// Default administrative ports (CLI reference, `system global`).
pub const ADMIN_PORTS: (u16, u16, u16, u16) = (80, 443, 22, 23);

/// Default port of SSL-VPN.
pub const SSL_VPN_PORT: u16 = 443;

/// Port of the explicit web proxy (CLI 6.0 `web-proxy explicit`, `http-incoming-port`).
pub const PROXY_PORT: u16 = 8080;

/// Default distance of a static route.
pub const STATIC_DISTANCE: u32 = 10;

/// Default distance of a route learned by DHCP or PPPoE on an interface.
pub const LEASE_DISTANCE: u32 = 5;

/// A predefined service: protocol, destination ports.
pub type Predefined = (&'static str, &'static [(u8, u16, u16)]);

const TCP: u8 = proto::TCP;
const UDP: u8 = proto::UDP;

/// Services that every factory-new device defines, for excerpts of a configuration that use but do not show them.
/// Only those whose ports are the same in every release we have seen an export of (5.2 to 7.6).
pub static PREDEFINED: &[Predefined] = &[
    ("ALL_TCP", &[(TCP, 1, 65535)]),
    ("ALL_UDP", &[(UDP, 1, 65535)]),
    ("BGP", &[(TCP, 179, 179)]),
    ("DCE-RPC", &[(TCP, 135, 135), (UDP, 135, 135)]),
    ("DHCP", &[(UDP, 67, 68)]),
    ("DHCP6", &[(UDP, 546, 547)]),
    ("DNS", &[(TCP, 53, 53), (UDP, 53, 53)]),
    ("FTP", &[(TCP, 21, 21)]),
    ("HTTP", &[(TCP, 80, 80)]),
    ("HTTPS", &[(TCP, 443, 443)]),
    ("IKE", &[(UDP, 500, 500), (UDP, 4500, 4500)]),
    ("IMAP", &[(TCP, 143, 143)]),
    ("IMAPS", &[(TCP, 993, 993)]),
    ("LDAP", &[(TCP, 389, 389)]),
    ("LDAP_UDP", &[(UDP, 389, 389)]),
    ("MS-SQL", &[(TCP, 1433, 1434)]),
    ("MYSQL", &[(TCP, 3306, 3306)]),
    ("NFS", &[(TCP, 111, 111), (TCP, 2049, 2049), (UDP, 111, 111), (UDP, 2049, 2049)]),
    ("NTP", &[(TCP, 123, 123), (UDP, 123, 123)]),
    ("POP3", &[(TCP, 110, 110)]),
    ("POP3S", &[(TCP, 995, 995)]),
    ("RADIUS", &[(UDP, 1812, 1813)]),
    ("RDP", &[(TCP, 3389, 3389)]),
    ("SAMBA", &[(TCP, 139, 139)]),
    ("SMB", &[(TCP, 445, 445)]),
    ("SMTP", &[(TCP, 25, 25)]),
    ("SMTPS", &[(TCP, 465, 465)]),
    ("SNMP", &[(TCP, 161, 162), (UDP, 161, 162)]),
    ("SSH", &[(TCP, 22, 22)]),
    ("SYSLOG", &[(UDP, 514, 514)]),
    ("TELNET", &[(TCP, 23, 23)]),
    ("TFTP", &[(UDP, 69, 69)]),
    ("VNC", &[(TCP, 5900, 5900)]),
];
