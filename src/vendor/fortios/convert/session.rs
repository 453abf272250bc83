//! How sessions pass: which way replies take, and what helpers open. Sources: NOTES.md, "Sessions".

use std::collections::BTreeMap;

use crate::model::{Established, Helper, Opens, Ranges, proto};
use crate::msg;
use crate::source::{Msg, Span};
use crate::vendor::fortios::config::{Name, ServiceBody, SessionHelper};
use crate::vendor::fortios::defaults;

use super::builder::Builder;

/// Replies leave by the interface by which the session came, where that interface checks sources: then it has a way
/// back. Otherwise the routes decide.
pub fn established(b: &Builder<'_>) -> Established {
    let settings = &b.vdom.settings;
    let asymmetric = settings.asymroute == Some(true) || settings.asymroute6 == Some(true);
    let sure = b.version.is_some_and(defaults::Version::replies_to_opener);
    if asymmetric || settings.auxiliary == Some(true) || !sure || !b.vdom.routes_shown {
        return Established::ByRoutes;
    }
    let unchecked = b
        .device
        .interfaces()
        .filter(|(_, i)| b.vdom.interfaces.get(&i.name.value).is_none_or(|own| own.no_src_check));
    Established::ToOpener(unchecked.map(|(id, _)| id).collect())
}

/// Helpers that act alike: where the first of them stands, their names, and what they read.
struct Group {
    span: Span,
    names: Vec<String>,
    reads: Vec<(u8, Ranges)>,
}

/// The helpers of the file's list, or the factory's; those that services name; and the proxy that reads voice.
pub fn helpers(b: &mut Builder<'_>) {
    let mut groups: BTreeMap<Opens, Group> = BTreeMap::new();
    let mut add = |name: &str, span: Span, reads: Vec<(u8, Ranges)>| {
        let Some(opens) = opens(name) else { return };
        let group = groups.entry(opens).or_insert(Group { span, names: Vec::new(), reads: Vec::new() });
        if !group.names.iter().any(|n| n == name) {
            group.names.push(name.to_owned());
        }
        group.reads.extend(reads);
    };
    let listed = b.vdom.helpers.as_ref();
    for entry in listed.iter().flat_map(|(_, list)| list) {
        add(entry.name.as_deref().unwrap_or("?"), entry.span, listens(entry));
    }
    // A whole file lists every helper that is left; an excerpt or a script only those that it adds.
    if listed.is_none() || b.version.is_none() {
        let place = listed.map_or(b.vdom.span, |(span, _)| *span);
        for (name, number, port) in defaults::HELPERS {
            add(name, place, vec![(number, Ranges::one(u128::from(port)))]);
        }
    }
    for service in b.vdom.services.values() {
        if let Some(helper) = service.helper.as_ref().filter(|_| in_use(b, &service.name.value)) {
            add(&helper.value, helper.span, serves(&service.body));
        }
    }
    for (opens, group) in groups {
        let cause = b.unknown(group.span, by_helper(opens, &group.names.join(", ")));
        b.device.helpers.push(Helper { cause, reads: group.reads, opens });
    }
    proxy(b);
}

/// The proxy reads SIP and SCCP unless voice is left to the helper, and with a voice profile in any case.
fn proxy(b: &mut Builder<'_>) {
    let settings = &b.vdom.settings;
    let profile = b.vdom.policies.iter().filter(|p| p.enabled).find_map(|p| p.voice);
    if settings.sip_by_helper && profile.is_none() {
        return;
    }
    let all = defaults::VOICE_PORTS.iter().chain(&settings.voice_ports);
    let ports = Ranges::from_pairs(all.map(|p| (u128::from(*p), u128::from(*p))));
    let reads = vec![(proto::TCP, ports.clone()), (proto::UDP, ports)];
    let (span, what) = match profile {
        Some(span) if settings.sip_by_helper => (
            span,
            msg!(
                "the voice profile of this policy opens the way for machines that a permitted SIP session names",
                "このポリシーのVoIPプロファイルが、許可したSIP通信の中で示された機器との通信を通過させることがある"
            ),
        ),
        _ => (
            settings.voice_mode.unwrap_or(b.vdom.span),
            msg!(
                "the SIP proxy is on unless `default-voip-alg-mode` is `kernel-helper-based`: it opens the way for machines \
                 that a permitted SIP session names",
                "SIPプロキシ(「default-voip-alg-mode」が「kernel-helper-based」でない限り有効)が、許可したSIP通信の中で示された\
                 機器との通信を通過させることがある"
            ),
        ),
    };
    let cause = b.unknown(span, what);
    b.device.helpers.push(Helper { cause, reads, opens: Opens::AnyEndsBySameInterfaces });
}

/// What an entry of the list reads; what could not be read of it may be anything.
fn listens(entry: &SessionHelper) -> Vec<(u8, Ranges)> {
    let ports = entry.port.map_or(Ranges::full(0xFFFF), |port| Ranges::one(u128::from(port)));
    match entry.proto {
        Some(proto) => vec![(proto, ports)],
        None => vec![(proto::TCP, ports.clone()), (proto::UDP, ports)],
    }
}

/// Whether a policy names a service, or a group does, which any policy may name.
fn in_use(b: &Builder<'_>, service: &str) -> bool {
    let names = |list: &[Name]| list.iter().any(|n| n.value == service);
    let grouped = b.vdom.services.values().any(|s| matches!(&s.body, ServiceBody::Group(of) if names(of)));
    grouped || b.vdom.policies.iter().any(|p| p.enabled && names(&p.services))
}

/// What a service with a helper of its own hands to it.
fn serves(body: &ServiceBody) -> Vec<(u8, Ranges)> {
    match body {
        ServiceBody::Ports(parts, _) => parts.iter().map(|(p, to, _)| (*p, to.clone())).collect(),
        _ => [proto::TCP, proto::UDP].map(|p| (p, Ranges::full(0xFFFF))).to_vec(),
    }
}

/// Voice and the redirections of TNS name other machines in their messages; the others are about the session's own
/// ends. DNS negotiates no further session. A name that nobody knows may be anything.
fn opens(name: &str) -> Option<Opens> {
    match name {
        "dns-udp" | "dns-tcp" => None,
        "ftp" | "tftp" | "rtsp" | "mms" | "pmap" | "rsh" | "dcerpc" | "pptp" => Some(Opens::SameEnds),
        _ => Some(Opens::AnyEndsBySameInterfaces),
    }
}

fn by_helper(opens: Opens, names: &str) -> Msg {
    match opens {
        Opens::SameEnds => msg!(
            "session helpers ({names}) may let further sessions pass between the ends of a permitted one",
            "セッションヘルパー({names})が、許可した通信の両端の間で別の通信を通過させることがある"
        ),
        Opens::AnyEndsBySameInterfaces | Opens::AnyEnds => msg!(
            "session helpers ({names}) open the way for machines that a permitted session names",
            "セッションヘルパー({names})が、許可した通信の中で示された機器との通信を通過させることがある"
        ),
    }
}
