//! Forward policies, local-in policies, central source NAT.

use crate::msg;
use crate::source::{Msg, Span};

use super::config::{Action, CentralSnat, Doubt, Ends, Name, Policy, Scope, SourceNat};
use super::node::Node;
use super::read::{Ledger, Reader};
use super::settings;

/// Which table a policy stands in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Table {
    /// `firewall policy`: IPv4 by `srcaddr`, IPv6 by `srcaddr6` (6.4 and later).
    Merged,
    /// `firewall policy6` (6.2 and before).
    Six,
    /// `firewall consolidated policy` (6.2): `srcaddr4`, `srcaddr6`.
    Consolidated,
    /// `firewall local-in-policy`.
    LocalIn,
    /// `firewall local-in-policy6`.
    LocalIn6,
}

/// Settings that are harmless while off and change what the policy does, or for whom, when on.
const WIDENING: &[&str] = &[
    "rtp-nat",
    "webproxy-forward-server",
    "identity-based-route",
    "ztna-ems-tag-negate",
    "dscp-negate",
    "wccp",
    "webcache",
    "wanopt",
    "inbound",
    "natinbound",
    "natoutbound",
    "http-policy-redirect",
    "ssh-policy-redirect",
    "ztna-policy-redirect",
    "auth-path",
    "pcp-inbound",
    "pcp-outbound",
    "internet-service-negate",
    "internet-service-src-negate",
    "internet-service6-negate",
    "internet-service6-src-negate",
    "identity-based",
    "match-vip-only",
];

/// Reads one policy.
pub fn policy(node: &Node, table: Table, ledger: &mut Ledger) -> Policy {
    let mut r = Reader::new(node, ledger);
    let local = matches!(table, Table::LocalIn | Table::LocalIn6);
    let enabled = r.switch("status").unwrap_or(true);
    let action = match r.word("action").map(|w| w.value).as_deref() {
        None | Some("deny") => Action::Deny(false),
        Some("accept") => Action::Accept,
        Some(_) => Action::Other,
    };
    let answer = r.switch("send-deny-packet").unwrap_or(false);
    let action = if action == Action::Deny(false) { Action::Deny(answer) } else { action };
    let srcintf = if local { r.names("intf") } else { r.names("srcintf") };
    let dstintf = if local { Vec::new() } else { r.names("dstintf") };
    let (v4, v6) = ends(&mut r, table);
    let services = r.names("service");
    let services_not = r.switch("service-negate").unwrap_or(false);
    let schedule = r.word("schedule");
    let match_vip = r.switch("match-vip");
    let label = r.word("name").map(|w| w.value);
    let nat = source_nat(&mut r);
    let said = |key: &str| node.settings.get(key).and_then(|s| s.values.first()).map(|w| w.text.clone());
    let log = said("logtraffic");
    let commented = said("comments").is_some_and(|c| !c.trim().is_empty());
    // Full output prints them with nothing in them.
    let named =
        ["voip-profile", "profile-group"].into_iter().find(|k| said(k).is_some_and(|n| !n.is_empty()));
    let voice = named.and_then(|key| r.place(key));
    let named = ["av-profile", "profile-group"].into_iter().find(|k| said(k).is_some_and(|n| !n.is_empty()));
    let inspected = named.and_then(|key| r.place(key));
    let (choices, mut ignorance) = conditions(&mut r);
    r.inert_words(settings::POLICY);
    let mut widened: Vec<Span> =
        WIDENING.iter().filter_map(|k| r.unmodelled_if_on(k, &["disable"])).collect();
    if action == Action::Other {
        widened.push(r.place("action").unwrap_or(node.span()));
        let _ = r.list("vpntunnel");
    } else if let Some(span) = r.unmodelled_if_on("vpntunnel", &[]) {
        widened.push(span);
    }
    let _ = r.unmodelled_if_on("tcp-session-without-syn", &["disable"]);
    if local {
        r.inert(&["ha-mgmt-intf-only", "virtual-patch"]);
    }
    if let Some(span) = r.unmodelled_if_on("ha-mgmt-intf-only", &["disable"]) {
        ignorance.push((span, msg!("management interface only", "管理用インターフェースに限る")));
    }
    let beside = beside(&mut r, enabled);
    let mut unread = r.finish();
    unread.append(&mut widened);
    Policy {
        voice,
        inspected,
        beside,
        id: node.name.clone(),
        label,
        span: node.span(),
        enabled,
        srcintf,
        dstintf,
        v4,
        v6,
        services,
        services_not,
        schedule,
        action,
        match_vip,
        choices,
        ignorance,
        nat,
        log,
        commented,
        unread,
    }
}

/// What a policy does to packets that it does not match itself.
fn beside(r: &mut Reader<'_>, enabled: bool) -> Vec<Doubt> {
    const COPIES: [&str; 2] = ["decrypted-traffic-mirror", "ssl-mirror"];
    const SERVERS: [&str; 2] = ["icap-profile", "isolator-profile"];
    const OPENS: [&str; 5] = ["permit-any-host", "permit-stun-host", "eif-check", "eif-learn", "cgn-eif"];
    let mut found = Vec::new();
    for key in COPIES {
        let what = msg!("a policy sends copies of packets elsewhere", "ポリシーがパケットの複製を別に送る");
        let place = r.unmodelled_if_on(key, &["disable"]);
        found.extend(place.map(|span| Doubt { scope: Scope::Device, span, what }));
    }
    for key in SERVERS {
        let place = r.unmodelled_if_on(key, &[""]);
        found.extend(place.map(|span| Doubt { scope: Scope::Device, span, what: served() }));
    }
    found.extend(other_family(r));
    for key in OPENS {
        let place = r.unmodelled_if_on(key, &["disable"]);
        found.extend(place.map(|span| Doubt { scope: Scope::Forward, span, what: any_host() }));
    }
    if enabled { found } else { Vec::new() }
}

/// ICAP and browser isolation: another machine reads what passes and writes what the user gets.
pub fn served() -> Msg {
    msg!(
        "what passes is handed to a server (ICAP or isolation), and its answer goes on",
        "通過するデータを別のサーバ(ICAP又はブラウザ分離)に渡し、その応答を中継する"
    )
}

/// NAT46 and NAT64: packets leave as packets of the other family, which no translation of the model says.
fn other_family(r: &mut Reader<'_>) -> Vec<Doubt> {
    let what = msg!("packets change their address family", "アドレス体系の変換(NAT46、NAT64)を行う");
    let places = ["nat46", "nat64"].iter().filter_map(|key| r.unmodelled_if_on(key, &["disable"]));
    places.map(|span| Doubt { scope: Scope::Device, span, what: what.clone() }).collect()
}

/// Full-cone NAT: once an inner host sent a packet, anybody may send to its translated port.
pub fn any_host() -> Msg {
    msg!(
        "outer hosts may send to translated ports that an inner host opened",
        "内側の端末が開いた変換後ポートへ、外側の任意の端末が送れることがある"
    )
}

fn ends(r: &mut Reader<'_>, table: Table) -> (Option<Ends>, Option<Ends>) {
    match table {
        Table::Merged => {
            let four = one_end(r, "srcaddr", "dstaddr", "internet-service");
            let six = one_end(r, "srcaddr6", "dstaddr6", "internet-service6");
            (four, six.map(|six| shared_negation(r, six, ("srcaddr6", "dstaddr6"), false)))
        }
        Table::Consolidated => {
            let four = one_end(r, "srcaddr4", "dstaddr4", "internet-service");
            let six = one_end(r, "srcaddr6", "dstaddr6", "internet-service6");
            let (four, six) = (
                four.map(|four| shared_negation(r, four, ("srcaddr4", "dstaddr4"), true)),
                six.map(|six| shared_negation(r, six, ("srcaddr6", "dstaddr6"), true)),
            );
            let _ = (r.switch("srcaddr-negate"), r.switch("dstaddr-negate"));
            (four, six)
        }
        Table::Six => (None, one_end(r, "srcaddr", "dstaddr", "internet-service6")),
        Table::LocalIn => (one_end(r, "srcaddr", "dstaddr", "internet-service"), None),
        Table::LocalIn6 => (None, one_end(r, "srcaddr", "dstaddr", "internet-service6")),
    }
}

/// `srcaddr-negate` speaks of `srcaddr` and `srcaddr6`; releases that also have `srcaddr6-negate` print it only where
/// it is on, so without it IPv6 may be negated or not.
fn shared_negation(r: &mut Reader<'_>, ends: Ends, (src, dst): (&str, &str), certain: bool) -> Ends {
    let mut shared = |own: &str, key: &str| {
        let place = r.place(key);
        let on = r.switch(key).unwrap_or(false) && !r.has(&format!("{own}-negate"));
        place.filter(|_| on)
    };
    let (from, to) = (shared(src, "srcaddr-negate"), shared(dst, "dstaddr-negate"));
    if certain {
        let (src_not, dst_not) = (ends.src_not || from.is_some(), ends.dst_not || to.is_some());
        return Ends { src_not, dst_not, ..ends };
    }
    Ends { src_unsure: from, dst_unsure: to, ..ends }
}

/// One family's source and destination; `None` when nothing is said about the family.
fn one_end(r: &mut Reader<'_>, src: &str, dst: &str, service: &str) -> Option<Ends> {
    let said = r.has(src) || r.has(dst);
    let ends = Ends {
        src: r.names(src),
        src_not: r.switch(&format!("{src}-negate")).unwrap_or(false),
        dst: r.names(dst),
        dst_not: r.switch(&format!("{dst}-negate")).unwrap_or(false),
        dst_service: internet_service(r, service),
        src_service: internet_service(r, &format!("{service}-src")),
        src_unsure: None,
        dst_unsure: None,
    };
    (said || ends.dst_service.is_some() || ends.src_service.is_some()).then_some(ends)
}

/// `internet-service enable` replaces addresses and services by a database that the file does not hold.
fn internet_service(r: &mut Reader<'_>, key: &str) -> Option<Span> {
    let place = r.place(key);
    let on = r.switch(key).unwrap_or(false);
    for part in ["name", "id", "group", "custom", "custom-group"] {
        r.inert(&[&format!("{key}-{part}")]);
    }
    place.filter(|_| on)
}

fn source_nat(r: &mut Reader<'_>) -> Option<SourceNat> {
    let place = r.place("nat");
    let on = r.switch("nat").unwrap_or(false);
    let pooled = r.switch("ippool").unwrap_or(false);
    let pools = r.names("poolname");
    let pools6 = r.names("poolname6");
    let fixed_port = r.switch("fixedport").unwrap_or(false);
    let span = place.filter(|_| on)?;
    let keep = |names: Vec<Name>| if pooled { names } else { Vec::new() };
    Some(SourceNat { span, pools: keep(pools), pools6: keep(pools6), fixed_port })
}

type Because = Vec<(Span, Msg)>;

/// Conditions beyond the header: what a sender can arrange (a choice), and what nobody can tell (ignorance).
fn conditions(r: &mut Reader<'_>) -> (Because, Because) {
    let (mut choices, mut ignorance) = (Vec::new(), Vec::new());
    let named = |r: &mut Reader<'_>, keys: &[&str], what: fn() -> Msg, out: &mut Because| {
        for key in keys {
            let place = r.place(key);
            if !r.list(key).is_empty() {
                out.extend(place.map(|p| (p, what())));
            }
        }
    };
    named(
        r,
        &["groups", "users", "fsso-groups"],
        || msg!("for authenticated users", "認証された利用者に限る"),
        &mut choices,
    );
    named(
        r,
        &["devices", "src-vendor-mac", "ztna-ems-tag", "ztna-ems-tag-secondary", "ztna-geo-tag"],
        || msg!("for certain sender devices", "特定の端末に限る"),
        &mut choices,
    );
    named(
        r,
        &["sgt"],
        || msg!("for packets with a security group tag", "セキュリティグループタグの付いたパケットに限る"),
        &mut choices,
    );
    named(r, &["vlan-filter"], || msg!("for certain VLAN tags", "特定のVLANタグに限る"), &mut ignorance);
    named(
        r,
        &[
            "application",
            "app-category",
            "app-group",
            "url-category",
            "network-service-dynamic",
            "network-service-src-dynamic",
        ],
        || msg!("for certain applications", "特定のアプリケーションに限る"),
        &mut ignorance,
    );
    r.inert(&[
        "ztna-tags-match-logic",
        "policy-expiry-date",
        "policy-expiry-date-utc",
        "reputation-direction",
        "reputation-direction6",
    ]);
    let switched = |r: &mut Reader<'_>, key: &str, what: Msg, out: &mut Because| {
        let place = r.place(key);
        if r.switch(key).unwrap_or(false) {
            out.extend(place.map(|p| (p, what)));
        }
    };
    switched(
        r,
        "disclaimer",
        msg!("after the user accepts a disclaimer", "免責事項に同意した利用者に限る"),
        &mut choices,
    );
    switched(r, "ntlm", msg!("for authenticated users", "認証された利用者に限る"), &mut choices);
    switched(r, "ztna-status", msg!("for certain sender devices", "特定の端末に限る"), &mut choices);
    switched(
        r,
        "ztna-device-ownership",
        msg!("for certain sender devices", "特定の端末に限る"),
        &mut choices,
    );
    switched(
        r,
        "sgt-check",
        msg!("for packets with a security group tag", "セキュリティグループタグの付いたパケットに限る"),
        &mut choices,
    );
    switched(r, "policy-expiry", msg!("until the policy expires", "ポリシーの有効期限まで"), &mut choices);
    marks(r, &mut choices);
    for key in ["reputation-minimum", "reputation-minimum6"] {
        let place = r.place(key);
        if r.number(key).is_some_and(|n| n > 0) {
            ignorance.extend(
                place.map(|p| {
                    (p, msg!("by a reputation database", "レピュテーションデータベースにより決まる"))
                }),
            );
        }
    }
    (choices, ignorance)
}

/// `tos` is compared where `tos-mask` has bits; the default mask, and `0x00` in full output, has none.
fn marks(r: &mut Reader<'_>, choices: &mut Because) {
    let mask = r.place("tos-mask");
    let none = r.word("tos-mask").is_none_or(|w| w.value.trim_start_matches("0x").chars().all(|c| c == '0'));
    r.inert(&["tos", "tos-negate"]);
    let what = msg!("for certain DSCP values", "特定のDSCP値のみ");
    choices.extend(mask.filter(|_| !none).map(|place| (place, what.clone())));
    let older = r.place("dscp-match").filter(|_| r.switch("dscp-match") == Some(true));
    choices.extend(older.map(|place| (place, what)));
}

/// `config firewall central-snat-map`.
pub fn central_snat(node: &Node, ledger: &mut Ledger, doubts: &mut Vec<Doubt>) -> Option<CentralSnat> {
    let mut r = Reader::new(node, ledger);
    let enabled = r.switch("status").unwrap_or(true);
    let rule = CentralSnat {
        id: node.name.clone(),
        srcintf: r.names("srcintf"),
        dstintf: r.names("dstintf"),
        v4: one_end(&mut r, "orig-addr", "dst-addr", "(none)"),
        v6: one_end(&mut r, "orig-addr6", "dst-addr6", "(none)"),
        protocol: r.parsed::<u8>("protocol").unwrap_or(0),
        vague: r.unmodelled_if_on("orig-port", &["0"]).or(r.unmodelled_if_on("dst-port", &["0"])),
        translate: r.switch("nat").unwrap_or(true),
        pools: [r.names("nat-ippool"), r.names("nat-ippool6")].concat(),
        unread: Vec::new(),
    };
    r.inert(&["uuid", "comments", "nat-port", "port-preserve", "port-random"]);
    r.inert(&["type"]);
    let translated = other_family(&mut r);
    let unread = r.finish();
    doubts.extend(translated.into_iter().filter(|_| enabled));
    enabled.then_some(CentralSnat { unread, ..rule })
}
