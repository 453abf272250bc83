//! The box itself: global settings, interfaces by domain, services it offers, functions that relay.

use crate::model::{Family, proto};
use crate::msg;
use crate::source::{Code, LineState, Msg, Span, Spanned};

use super::config::{AdminPorts, Doubt, Listener, Name, Relay, Scope, SslVpn};
use super::defaults;
use super::node::Node;
use super::parse::{Draft, Side, inert_block, off};
use super::parse_interfaces::{self, Found};
use super::read::{Ledger, Reader};

/// What `config global` says for every domain.
pub struct Shared {
    ports: AdminPorts,
    redirect: Option<Spanned<bool>>,
    redirect6: Option<Spanned<bool>>,
    trusted: Option<Span>,
    interfaces: Vec<Found>,
    members: Vec<(String, Vec<Name>)>,
    tunnels: Vec<Name>,
    /// Names of the interfaces at both ends of each inter-VDOM link.
    pub links: Vec<(String, String)>,
}

/// Blocks that [`global`] and [`interfaces`] read.
pub fn taken(path: &str) -> bool {
    matches!(
        path,
        "system global"
            | "system interface"
            | "system vdom-link"
            | "system admin"
            | "system switch-interface"
            | "system virtual-switch"
            | "system gre-tunnel"
            | "system ipip-tunnel"
            | "system ipv6-tunnel"
            | "system sit-tunnel"
            | "system vdom"
    )
}

/// Reads the blocks of [`taken`], once per file.
pub fn global(global: &Node, doubts: &mut Vec<Doubt>, ledger: &mut Ledger) -> Shared {
    let (http, https, ssh, telnet) = defaults::ADMIN_PORTS;
    let mut shared = Shared {
        ports: AdminPorts { http, https, ssh, telnet },
        redirect: None,
        redirect6: None,
        trusted: None,
        interfaces: Vec::new(),
        members: Vec::new(),
        tunnels: Vec::new(),
        links: Vec::new(),
    };
    if let Some(block) = global.block("system global") {
        settings(block, &mut shared, doubts, ledger);
    }
    if let Some(block) = global.block("system admin") {
        shared.trusted = admins(block, ledger);
    }
    frame(global, "system interface", doubts, ledger);
    for node in global.table("system interface") {
        let mut found = parse_interfaces::interface(node, ledger);
        if found.interface.body == super::config::Body::VdomLink {
            found.interface.parent = None;
        }
        shared.interfaces.push(found);
    }
    for path in ["system switch-interface", "system virtual-switch"] {
        frame(global, path, doubts, ledger);
        for node in global.table(path) {
            let (members, unread) = parse_interfaces::switch_members(node, ledger);
            doubts.extend(unread.into_iter().map(|span| unread_switch(node, span)));
            shared.members.push((node.name.value.clone(), members));
        }
    }
    for path in ["system gre-tunnel", "system ipip-tunnel", "system ipv6-tunnel", "system sit-tunnel"] {
        for node in global.table(path) {
            shared.tunnels.push(node.name.clone());
        }
        doubts.extend(names_only(global.block(path), ledger));
    }
    for path in ["system vdom", "system vdom-link"] {
        doubts.extend(names_only(global.block(path), ledger));
    }
    links(global, &mut shared);
    shared
}

/// A table of which only the names count: what its entries say is inert.
fn names_only(block: Option<&Node>, ledger: &mut Ledger) -> Vec<Doubt> {
    let Some(block) = block else { return Vec::new() };
    let mut unread = Reader::new(block, ledger).finish_entries();
    for node in block.entries.values() {
        ledger.claim_node(node, LineState::Inert);
        let mut r = Reader::new(node, ledger);
        r.inert_prefix(&[""]);
        let blocks: Vec<&str> = node.blocks.iter().map(|b| b.name.value.as_str()).collect();
        r.inert_blocks(&blocks);
        unread.extend(r.finish());
    }
    let what = msg!("part of a table was not understood", "表の一部を解釈できません");
    unread.into_iter().map(|span| Doubt { scope: Scope::Device, span, what: what.clone() }).collect()
}

fn unread_switch(node: &Node, span: Span) -> Doubt {
    let what = msg!("part of a switch was not understood", "スイッチ設定の一部を解釈できません");
    Doubt { scope: Scope::Interface(node.name.value.clone()), span, what }
}

fn frame(global: &Node, path: &str, doubts: &mut Vec<Doubt>, ledger: &mut Ledger) {
    let Some(block) = global.block(path) else { return };
    for span in Reader::new(block, ledger).finish_entries() {
        let what = msg!("part of a table was not understood", "表の一部を解釈できません");
        doubts.push(Doubt { scope: Scope::Device, span, what });
    }
}

/// A `vdom-link` named X has the ends X0 and X1; a network processor's link N has `npuN_vlink0` and `npuN_vlink1`.
fn links(global: &Node, shared: &mut Shared) {
    let mut stems: Vec<String> = global.table("system vdom-link").map(|n| n.name.value.clone()).collect();
    for found in &shared.interfaces {
        let name = &found.interface.name.value;
        if let Some(stem) = name.strip_suffix('0').filter(|s| s.starts_with("npu") && s.ends_with("_vlink")) {
            stems.push(stem.to_owned());
        }
    }
    for stem in stems {
        shared.links.push((format!("{stem}0"), format!("{stem}1")));
    }
}

/// Settings of `system global` that change what passes; everything else there is administration of the box.
fn settings(block: &Node, shared: &mut Shared, doubts: &mut Vec<Doubt>, ledger: &mut Ledger) {
    let mut r = Reader::new(block, ledger);
    let port = |n: Option<u32>, default: u16| n.and_then(|n| u16::try_from(n).ok()).unwrap_or(default);
    shared.ports.http = port(r.number("admin-port"), shared.ports.http);
    shared.ports.https = port(r.number("admin-sport"), shared.ports.https);
    shared.ports.ssh = port(r.number("admin-ssh-port"), shared.ports.ssh);
    shared.ports.telnet = port(r.number("admin-telnet-port"), shared.ports.telnet);
    shared.redirect = spanned(&mut r, "allow-traffic-redirect");
    shared.redirect6 = spanned(&mut r, "ipv6-allow-traffic-redirect");
    let _ = (r.list("hostname"), r.list("vdom-mode"), r.list("vdom-admin"));
    if let Some(span) = r.unmodelled_if_on("tp-mc-skip-policy", &["disable"]) {
        let what = msg!("multicast skips the policies", "マルチキャストがポリシーを通らない");
        doubts.push(Doubt { scope: Scope::Forward, span, what });
    }
    r.inert(GLOBAL);
    // No prefix here may cover a setting that is read above: a misspelt one must not pass as inert.
    r.inert_prefix(GLOBAL_FAMILIES);
    for span in r.finish() {
        let what = msg!("a global setting was not understood", "グローバル設定の一部を解釈できません");
        doubts.push(Doubt { scope: Scope::Device, span, what });
    }
}

const GLOBAL: &[&str] = &[
    "alias",
    "timezone",
    "admintimeout",
    "language",
    "fabric-object",
    "management-vdom",
    "admin-concurrent",
    "admin-console-timeout",
    "admin-forticloud-sso-login",
    "admin-forticloud-sso-default-profile",
    "admin-host",
    "admin-hsts-max-age",
    "admin-https-pki-required",
    "admin-https-redirect",
    "admin-https-ssl-versions",
    "admin-https-ssl-ciphersuites",
    "admin-https-ssl-banned-ciphers",
    "admin-lockout-duration",
    "admin-lockout-threshold",
    "admin-login-max",
    "admin-maintainer",
    "admin-reset-button",
    "admin-restrict-local",
    "admin-scp",
    "admin-server-cert",
    "admin-ssh-grace-time",
    "admin-ssh-password",
    "admin-ssh-v1",
    "admin-telnet",
    "ipv6-accept-dad",
    "ipv6-allow-anycast-probe",
    "ipv6-allow-multicast-probe",
    "ipv6-allow-local-in-silent-drop",
    "ipv6-allow-local-in-slient-drop",
    "ipv6-fragment-timeout",
    "anti-replay",
    "dst",
    "legacy-poe-device-support",
    "lcdpin",
    "lcdprotection",
    "refresh",
    "failtime",
    "interval",
    "remoteauthtimeout",
    "reset-sessionless-tcp",
    "honor-df",
    "optimize",
    "optimize-flow-mode",
    "optimize-ssl",
    "loglocaldeny",
    "tcp-option",
    "strict-dirty-session-check",
    "edit-vdom-prompt",
    "cpu-use-threshold",
    "cfg-save",
    "cfg-revert-timeout",
    "clt-cert-req",
    "cert-chain-max",
    "csr-ca-attribute",
    "daily-restart",
    "restart-time",
    "default-service-source-port",
    "dh-params",
    "per-user-bal",
    "per-user-bwl",
    "pre-login-banner",
    "post-login-banner",
    "registration-notification",
    "revision-backup-on-logout",
    "revision-image-auto-backup",
    "snat-route-change",
    "traffic-priority",
    "traffic-priority-level",
    "two-factor-email-expiry",
    "two-factor-fac-expiry",
    "two-factor-ftk-expiry",
    "two-factor-ftm-expiry",
    "two-factor-sms-expiry",
    "usb-device",
    "batch-cmdb",
    "block-session-timer",
    "br-fdb-max-entry",
    "check-protocol-header",
    "check-reset-range",
    "fec-port",
    "ip-fragment-mem-thresholds",
    "ip-fragment-timeout",
    "ipsec-soft-dec-async",
    "sflowd-max-children-num",
    "arp-max-entry",
    "bfd",
    "hyper-scale-vdom-num",
];

/// Display, logs, timers, sizes, certificates, wireless and inspection daemons.
const GLOBAL_FAMILIES: &[&str] = &[
    "gui-",
    "log-",
    "sslvpn-",
    "sys-",
    "switch-controller",
    "wifi-",
    "fds-",
    "av-",
    "radius-",
    "ldap",
    "auth-",
    "user-",
    "url-filter",
    "webfilter",
    "wad-",
    "miglog",
    "memory-use",
    "cert-",
    "compliance-",
    "forticonverter",
    "fortiextender",
    "fortiservice",
    "fortitoken",
    "fortigslb",
    "ips",
    "ipsec-",
    "ike-",
    "lldp-",
    "ssh-",
    "ssl-",
    "strong-",
    "tcp-",
    "udp-",
    "sctp-",
    "ssd-",
    "quic-",
    "delay-",
    "early-",
    "extender-",
    "interface-subnet",
    "internet-service",
    "management-",
    "max-",
    "mc-",
    "multi-factor",
    "pmtu",
    "policy-auth",
    "private-data",
    "proxy-",
    "purdue",
    "qos-",
    "rest-api",
    "scanunit",
    "security-rating",
    "send-",
    "show-",
    "special-",
    "speedtest",
    "split-port",
    "standalone",
    "telemetry",
    "upgrade",
    "userspace",
    "virtual-",
    "wireless-",
    "device-",
    "fgd-",
    "http-",
    "npu-",
    "ndp-",
    "netflow",
    "faz-",
    "login-",
    "geoip",
    "gtpu",
    "ha-",
    "icmp-",
    "intelligent",
    "bypass-",
    "dnsproxy",
    "dhcp-lease",
    "autorun",
    "ztna-",
    "vip-arp",
    "forticarrier",
    "nat64-",
    "user-history",
    "port-",
    "ftm-",
];

fn spanned(r: &mut Reader<'_>, key: &str) -> Option<Spanned<bool>> {
    let place = r.place(key)?;
    Some(Spanned::new(r.switch(key)?, place))
}

/// The place that says so if every administrator may come from trusted hosts only.
fn admins(block: &Node, ledger: &mut Ledger) -> Option<Span> {
    inert_block(block, ledger);
    let limited =
        |n: &Node| n.settings.keys().any(|k| k.starts_with("trusthost") || k.starts_with("ip6-trusthost"));
    let all = !block.entries.is_empty() && block.entries.values().all(limited);
    all.then_some(block.span())
}

/// Gives a domain its interfaces.
pub fn interfaces(_global: &Node, shared: &Shared, multi: bool, draft: &mut Draft<'_>) {
    draft.vdom.settings.admin_ports = shared.ports;
    draft.vdom.settings.redirect = shared.redirect;
    draft.vdom.settings.redirect6 = shared.redirect6;
    draft.vdom.trusted_hosts = shared.trusted;
    let mut mine: Vec<String> = Vec::new();
    for found in &shared.interfaces {
        if multi && found.interface.vdom.is_none() {
            // Whose it is cannot be told: it may join any domain to anything.
            let span = found.doubts.first().map_or(found.interface.name.span, |d| d.span);
            let what = msg!("an interface without a VDOM", "VDOMの指定がないインターフェース");
            draft.doubt(Scope::Device, span, what);
        }
        let here = found.interface.vdom.as_ref().map_or("root", |v| v.value.as_str());
        if multi && here != draft.vdom.name {
            continue;
        }
        let mut interface = found.interface.clone();
        for (name, members) in &shared.members {
            if *name == interface.name.value {
                interface.members.extend(members.iter().cloned());
            }
        }
        mine.push(interface.name.value.clone());
        if interface.up {
            draft.vdom.relays.extend(found.relays.iter().cloned());
            draft.proxy_interface = draft.proxy_interface.or(found.web_proxy);
        }
        draft.vdom.doubts.extend(found.doubts.iter().cloned());
        draft.vdom.interfaces.insert(interface.name.value.clone(), interface);
    }
    for tunnel in &shared.tunnels {
        if mine.contains(&tunnel.value) {
            draft.vdom.ipsec.push(tunnel.clone());
        }
    }
}

/// Reads a block about the box.
pub fn block(block: &Node, path: &str, _side: Side, draft: &mut Draft<'_>) -> bool {
    match path {
        "system settings" => vdom_settings(block, draft),
        "system zone" => zones(block, draft),
        "system ntp" => ntp(block, draft),
        "system dns-server" => dns_server(block, draft),
        "system dns-database" => dns_database(block, draft),
        "system dhcp server" => dhcp_server(block, 67, draft),
        "system dhcp6 server" => dhcp_server(block, 547, draft),
        "system ha" => ha(block, draft),
        "system session-helper" => helpers(block, draft),
        "system virtual-wire-pair" => wire_pair(block, draft),
        "web-proxy explicit" | "ftp-proxy explicit" => explicit_proxy(block, draft),
        "firewall proxy-policy" | "firewall explicit-proxy-policy" => proxy_policies(block, draft),
        "firewall access-proxy"
        | "firewall access-proxy6"
        | "firewall access-proxy-virtual-host"
        | "firewall access-proxy-ssh-client-cert" => access_proxy(block, draft),
        "firewall ldb-monitor" => inert_block(block, draft.ledger),
        "vpn ssl settings" => ssl_settings(block, draft),
        "vpn ipsec phase1-interface" | "vpn ipsec manualkey-interface" => ipsec(block, draft),
        "system ipsec-aggregate" => ipsec(block, draft),
        "vpn ipsec phase2-interface" => {
            let doubts = names_only(Some(block), draft.ledger);
            draft.vdom.doubts.extend(doubts);
        }
        _ => return false,
    }
    true
}

fn vdom_settings(block: &Node, draft: &mut Draft<'_>) {
    let mut r = Reader::new(block, draft.ledger);
    let s = &mut draft.vdom.settings;
    s.asymroute = r.switch("asymroute");
    s.asymroute6 = r.switch("asymroute6");
    s.strict_src_check = r.switch("strict-src-check");
    s.central_nat = spanned(&mut r, "central-nat");
    s.without_syn = r.switch("tcp-session-without-syn") == Some(true);
    let skip = spanned(&mut r, "multicast-skip-policy").filter(|s| s.value).map(|s| s.span);
    let mut doubts: Vec<(Scope, Span, Msg)> = Vec::new();
    let mut on = |r: &mut Reader<'_>, key: &str, off: &[&str], scope: Scope, what: Msg| {
        if let Some(span) = r.unmodelled_if_on(key, off) {
            doubts.push((scope, span, what));
        }
    };
    on(
        &mut r,
        "opmode",
        &["nat"],
        Scope::Device,
        msg!("transparent mode is not modelled", "トランスペアレントモードはモデル化されていません"),
    );
    on(
        &mut r,
        "ngfw-mode",
        &["profile-based"],
        Scope::Forward,
        msg!("policy-based NGFW mode is not modelled", "NGFWポリシーベースモードはモデル化されていません"),
    );
    on(
        &mut r,
        "vdom-type",
        &["traffic", "admin"],
        Scope::Device,
        msg!("this kind of VDOM is not modelled", "この種別のVDOMはモデル化されていません"),
    );
    on(
        &mut r,
        "wccp-cache-engine",
        &["disable"],
        Scope::Device,
        msg!("WCCP is not modelled", "WCCPはモデル化されていません"),
    );
    on(
        &mut r,
        "dhcp-proxy",
        &["disable"],
        Scope::LocalIn,
        msg!("DHCP proxy is not modelled", "DHCPプロキシはモデル化されていません"),
    );
    on(
        &mut r,
        "ike-policy-route",
        &["disable"],
        Scope::Routing,
        msg!("IKE policy routes are not modelled", "IKEポリシールートはモデル化されていません"),
    );
    on(
        &mut r,
        "inspection-mode",
        &["flow", "proxy"],
        Scope::Forward,
        msg!("unknown inspection mode", "未知の検査モード"),
    );
    r.inert_prefix(&[
        "gui-",
        "lldp-",
        "bfd",
        "sip-",
        "sccp-",
        "h323-",
        "ike-dn",
        "ike-port",
        "ike-tcp",
        "ike-quick",
        "ike-session",
        "ike-natt",
        "ike-detailed",
        "dhcp-server-ip",
        "dhcp6-server-ip",
        "dhcp-proxy-",
        "lan-extension-",
        "nat46-",
        "nat64-",
        "vpn-stats",
    ]);
    r.inert(&[
        "comments",
        "status",
        "manageip",
        "manageip6",
        "gateway",
        "gateway6",
        "ip",
        "ip6",
        "device",
        "location-id",
        "utf8-spam-tagging",
        "allow-subnet-overlap",
        "allow-linkdown-path",
        "deny-tcp-with-icmp",
        "ecmp-max-paths",
        "v4-ecmp-mode",
        "discovered-device-timeout",
        "email-portal-check-dns",
        "default-voip-alg-mode",
        "multicast-forward",
        "asymroute-icmp",
        "asymroute6-icmp",
        "multicast-ttl-notchange",
        "ses-denied-traffic",
        "ses-denied-multicast-traffic",
        "link-down-access",
        "mac-ttl",
        "fw-session-hairpin",
        "block-land-attack",
        "auxiliary-session",
        "application-bandwidth-tracking",
        "default-app-port-as-service",
        "default-policy-expiry-days",
        "detect-unknown-esp",
        "dyn-addr-session-check",
        "ext-resource-session-check",
        "fqdn-session-check",
        "firewall-session-dirty",
        "internet-service-database-cache",
        "internet-service-app-ctrl-size",
        "policy-offload-level",
        "prp-trailer-action",
        "snat-hairpin-traffic",
        "sctp-session-without-init",
        "strict-pim",
        "hyperscale-default-policy-action",
        "nat-inspection",
        "http-external-dest",
        "consolidated-firewall-mode",
        "ssl-ssh-profile",
        "policy-implicit-deny",
        "default-gtp",
        "motion",
        "dp-load-distribution-group",
        "intree-ses-best-route",
    ]);
    let unread = r.finish();
    draft.vdom.multicast = draft.vdom.multicast.or(skip);
    for (scope, span, what) in doubts {
        draft.doubt(scope, span, what);
    }
    for span in unread {
        draft.doubt(
            Scope::Device,
            span,
            msg!("a VDOM setting was not understood", "VDOM設定の一部を解釈できません"),
        );
    }
}

fn zones(block: &Node, draft: &mut Draft<'_>) {
    draft.table(block, &Scope::Forward);
    for (name, node) in &block.entries {
        let zone = parse_interfaces::zone(node, draft.ledger);
        for span in &zone.unread {
            draft.doubt(
                Scope::Forward,
                *span,
                msg!("part of a zone was not understood", "ゾーン設定の一部を解釈できません"),
            );
        }
        draft.vdom.zones.insert(name.clone(), zone);
    }
}

/// As a client the box only asks. As a server on interfaces other than FortiLink it talks to those segments and to its
/// own servers.
fn ntp(block: &Node, draft: &mut Draft<'_>) {
    let mut r = Reader::new(block, draft.ledger);
    let place = r.place("server-mode");
    let serves = r.switch("server-mode").unwrap_or(false);
    let interfaces = r.names("interface");
    r.inert(&[
        "ntpsync",
        "type",
        "syncinterval",
        "source-ip",
        "source-ip6",
        "authentication",
        "key-type",
        "key",
        "key-id",
    ]);
    r.inert_blocks(&["ntpserver"]);
    let unread = r.finish();
    let fortilink = |n: &Name| draft.vdom.interfaces.get(&n.value).is_some_and(|i| i.fortilink);
    let here: Vec<Name> = interfaces
        .into_iter()
        .filter(|n| draft.vdom.interfaces.contains_key(&n.value) && !fortilink(n))
        .collect();
    if let (true, Some(span), false) = (serves, place, here.is_empty()) {
        draft.vdom.relays.push(Relay {
            data: false,
            certain: false,
            what: msg!("NTP server", "NTPサーバー"),
            span,
        });
        let sockets = vec![(proto::UDP, Some((123, 123)))];
        draft.vdom.listeners.push(Listener {
            interfaces: Some(here),
            sockets,
            label: "NTP",
            span,
            certain: true,
        });
    }
    for span in unread {
        draft.doubt(
            Scope::LocalIn,
            span,
            msg!("part of the NTP settings was not understood", "NTP設定の一部を解釈できません"),
        );
    }
}

fn dns_server(block: &Node, draft: &mut Draft<'_>) {
    draft.table(block, &Scope::LocalIn);
    for node in block.entries.values() {
        let mut r = Reader::new(node, draft.ledger);
        let mode = r.word("mode").map(|w| w.value);
        r.inert(&["dnsfilter-profile", "doh", "doq", "doh3"]);
        let unread = r.finish();
        if !draft.vdom.interfaces.contains_key(&node.name.value) {
            continue;
        }
        let span = node.span();
        let forwards = mode.as_deref() != Some("non-recursive");
        draft.vdom.relays.push(Relay {
            data: false,
            certain: forwards,
            what: msg!("DNS server", "DNSサーバー(転送)"),
            span,
        });
        let sockets = vec![(proto::UDP, Some((53, 53))), (proto::TCP, Some((53, 53)))];
        let interfaces = Some(vec![node.name.clone()]);
        draft.vdom.listeners.push(Listener { interfaces, sockets, label: "DNS", span, certain: true });
        for span in unread {
            draft.doubt(
                Scope::LocalIn,
                span,
                msg!("part of a DNS server was not understood", "DNSサーバー設定の一部を解釈できません"),
            );
        }
    }
}

/// Records that a DNS server of the box answers with; without a server they do nothing.
fn dns_database(block: &Node, draft: &mut Draft<'_>) {
    inert_block(block, draft.ledger);
}

/// The server answers clients of its own interface and asks nobody.
fn dhcp_server(block: &Node, port: u16, draft: &mut Draft<'_>) {
    draft.table(block, &Scope::LocalIn);
    for node in block.entries.values() {
        let interface = node.settings.get("interface").and_then(|s| s.values.first());
        let disabled =
            node.settings.get("status").is_some_and(|s| s.values.iter().any(|w| w.text == "disable"));
        draft.ledger.claim_node(node, LineState::Inert);
        for span in node.stray.clone() {
            draft.ledger.claim(span, LineState::Unrecognized);
        }
        if let (Some(interface), false) = (interface, disabled) {
            let name = Name::new(interface.text.clone(), interface.span);
            let sockets = vec![(proto::UDP, Some((port, port)))];
            let interfaces = Some(vec![name]);
            draft.vdom.listeners.push(Listener {
                interfaces,
                sockets,
                label: "DHCP",
                span: node.span(),
                certain: true,
            });
        }
    }
}

/// Which unit is active, and how the pair finds itself: a choice that changes nothing in what the active unit does.
fn ha(block: &Node, draft: &mut Draft<'_>) {
    inert_block(block, draft.ledger);
}

/// Helpers open expected sessions; the list says for which ports. See NOTES.md.
fn helpers(block: &Node, draft: &mut Draft<'_>) {
    draft.ledger.claim_node(block, LineState::Inert);
}

/// Two ports joined at layer 2 with policies between them; non-IP frames pass.
fn wire_pair(block: &Node, draft: &mut Draft<'_>) {
    if off(block) {
        return inert_block(block, draft.ledger);
    }
    draft.ledger.claim_node(block, LineState::Unmodelled);
    for node in block.entries.values() {
        let members = node.settings.get("member").map(|s| s.values.clone()).unwrap_or_default();
        let what =
            msg!("virtual wire pairs are not modelled", "バーチャルワイヤーペアはモデル化されていません");
        draft.ledger.report(Code::UnmodelledFeature, node.span(), what.clone());
        if members.len() < 2 {
            draft.doubt(Scope::Device, node.span(), what.clone());
        }
        for member in members {
            draft.doubt(Scope::Interface(member.text), node.span(), what.clone());
        }
    }
}

fn explicit_proxy(block: &Node, draft: &mut Draft<'_>) {
    let mut r = Reader::new(block, draft.ledger);
    let place = r.place("status").unwrap_or(block.span());
    let on = r.switch("status").unwrap_or(false);
    // Whatever else is said about a proxy does not change that it relays.
    r.inert_prefix(&[
        "http",
        "https",
        "ftp",
        "socks",
        "ssl",
        "pac",
        "ipv6",
        "incoming",
        "outgoing",
        "sec-",
        "strict",
        "realm",
        "unknown",
        "message",
        "trace",
        "pref",
        "secure",
        "server",
        "dns-",
        "client-cert",
        "user-agent",
        "empty-cert",
        "vrf",
        "interface",
    ]);
    r.inert_blocks(&["pac-policy", "secure-web-proxy-cert"]);
    let unread = r.finish();
    for span in &unread {
        let what =
            msg!("part of the proxy settings was not understood", "プロキシ設定の一部を解釈できません");
        draft.doubt(Scope::LocalIn, *span, what);
    }
    if on || !unread.is_empty() {
        draft.ledger.claim(place, LineState::Partial);
        draft.proxy_on.get_or_insert(place);
    }
}

fn proxy_policies(block: &Node, draft: &mut Draft<'_>) {
    if off(block) {
        return inert_block(block, draft.ledger);
    }
    // Read as "the proxy may relay anything", once the proxy is on: see `finish`.
    draft.proxy_policies.extend(block.every_line());
    let accepts = |n: &&Node| {
        n.settings.get("action").is_some_and(|s| s.values.iter().any(|w| w.text != "deny"))
            || !n.stray.is_empty()
    };
    let Some(policy) = block.entries.values().find(accepts) else { return };
    let span = policy.span();
    let explicit = policy.settings.get("proxy").is_some_and(|s| {
        s.values.iter().all(|w| w.text.starts_with("explicit") || w.text == "web" || w.text == "ftp")
    });
    if !explicit {
        let what = msg!("transparent or ZTNA proxy policy", "透過プロキシまたはZTNAのポリシー");
        draft.vdom.relays.push(Relay { data: true, certain: false, what, span });
    }
}

fn access_proxy(block: &Node, draft: &mut Draft<'_>) {
    if off(block) {
        return inert_block(block, draft.ledger);
    }
    draft.ledger.claim_node(block, LineState::Partial);
    let what = msg!("access proxy (ZTNA)", "アクセスプロキシ(ZTNA)");
    draft.vdom.relays.push(Relay { data: true, certain: false, what, span: block.span() });
}

fn ssl_settings(block: &Node, draft: &mut Draft<'_>) {
    let mut r = Reader::new(block, draft.ledger);
    let on = r.switch("status").unwrap_or(true);
    let place = r.place("source-interface").unwrap_or(block.span());
    let interfaces = r.names("source-interface");
    let port = r.number("port").and_then(|n| u16::try_from(n).ok()).unwrap_or(defaults::SSL_VPN_PORT);
    let unread = {
        // A gateway without a source interface accepts nobody; with one, what else is set does not change that it relays.
        r.inert_prefix(&[
            "servercert",
            "tunnel-",
            "dns-",
            "wins-",
            "idle",
            "auth-",
            "login-",
            "dtls",
            "http",
            "https",
            "ssl",
            "algorithm",
            "cipher",
            "banned",
            "req",
            "user-peer",
            "source-address",
            "default-portal",
            "unsafe",
            "url-",
            "web-",
            "x-",
            "encode",
            "force",
            "transform",
            "hsts",
            "tlsv",
            "browser",
            "header",
            "ipv6",
            "saml",
            "client",
            "check",
            "deflate",
            "route-source",
            "ztna",
            "zcsp",
            "dual",
            "server",
            "tunnel",
            "login",
            "auto",
            "min",
            "max",
            "allow",
        ]);
        r.inert_blocks(&["authentication-rule"]);
        r.finish()
    };
    let unknown = unread.first().copied();
    for span in &unread {
        let what =
            msg!("part of the SSL-VPN settings was not understood", "SSL-VPN設定の一部を解釈できません");
        draft.doubt(Scope::LocalIn, *span, what);
    }
    if on && (!interfaces.is_empty() || unknown.is_some()) {
        draft.ledger.claim(place, LineState::Partial);
        draft.vdom.ssl_vpn = Some(SslVpn { interfaces, port, span: unknown.unwrap_or(place) });
    }
}

/// The tunnel's interface is one like any other; the outer packets are the box's own.
fn ipsec(block: &Node, draft: &mut Draft<'_>) {
    let doubts = names_only(Some(block), draft.ledger);
    draft.vdom.doubts.extend(doubts);
    for node in block.entries.values() {
        draft.vdom.ipsec.push(node.name.clone());
        let sockets = vec![(proto::UDP, Some((500, 500))), (proto::UDP, Some((4500, 4500))), (50, None)];
        let outer = node.settings.get("interface").and_then(|s| s.values.first());
        let interfaces = outer.map(|w| vec![Name::new(w.text.clone(), w.span)]);
        draft.vdom.listeners.push(Listener {
            interfaces,
            sockets,
            label: "IPsec",
            span: node.span(),
            certain: false,
        });
    }
}

/// What follows from several blocks together.
pub fn finish(draft: &mut Draft<'_>) {
    let idle = draft.proxy_on.is_none() && draft.vdom.relays.iter().all(|r| !r.data);
    let state = if idle { LineState::Inert } else { LineState::Partial };
    for span in std::mem::take(&mut draft.proxy_policies) {
        draft.ledger.claim(span, state);
    }
    if let Some(on) = draft.proxy_on {
        let certain = draft.proxy_interface.is_some();
        let span = draft.proxy_interface.unwrap_or(on);
        let what = msg!("explicit proxy", "明示的プロキシ");
        draft.vdom.relays.push(Relay { data: true, certain, what, span });
    }
    let vdom = &mut draft.vdom;
    let tunnel = format!("ssl.{}", vdom.name);
    if let Some(ssl) = &vdom.ssl_vpn {
        let used = vdom
            .policies
            .iter()
            .any(|p| p.enabled && p.srcintf.iter().any(|n| n.value == tunnel || n.value == "any"));
        let what = msg!("SSL-VPN gateway", "SSL-VPNゲートウェイ");
        vdom.relays.push(Relay { data: true, certain: used, what, span: ssl.span });
        let sockets =
            vec![(proto::TCP, Some((ssl.port, ssl.port))), (proto::UDP, Some((ssl.port, ssl.port)))];
        let interfaces = Some(ssl.interfaces.clone());
        vdom.listeners.push(Listener {
            interfaces,
            sockets,
            label: "SSL-VPN",
            span: ssl.span,
            certain: used,
        });
    }
    for vip in vdom.vips.values().filter(|v| v.enabled) {
        if let Some(span) = vip.server {
            let what = msg!("virtual server", "バーチャルサーバー");
            vdom.relays.push(Relay { data: true, certain: false, what, span });
        }
    }
    let _ = Family::V4;
}
