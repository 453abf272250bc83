//! How sessions pass: which way replies take, and what helpers open. Sources: NOTES.md, "Sessions".

use crate::model::{CauseId, Established, Helper, Opens, Ranges, proto};
use crate::msg;
use crate::source::Span;
use crate::vendor::fortios::config::Action;
use crate::vendor::fortios::defaults;

use super::builder::Builder;

/// Replies leave by the interface by which the session came, where that interface checks sources: then it has a way
/// back. Otherwise the routes decide.
pub fn established(b: &Builder<'_>) -> Established {
    let settings = &b.vdom.settings;
    let asymmetric = settings.asymroute == Some(true) || settings.asymroute6 == Some(true);
    let off = match settings.auxiliary {
        Some(on) => !on,
        None => true,
    };
    let sure = b.version.is_some_and(defaults::Version::replies_to_opener);
    if asymmetric || !off || !sure || !b.vdom.routes_shown {
        return Established::ByRoutes;
    }
    let unchecked = b
        .device
        .interfaces()
        .filter(|(_, i)| b.vdom.interfaces.get(&i.name.value).is_none_or(|own| own.no_src_check));
    Established::ToOpener(unchecked.map(|(id, _)| id).collect())
}

/// The helpers of the file's list, or the factory's; and the proxy that reads SIP.
pub fn helpers(b: &mut Builder<'_>) {
    let listed = b.vdom.helpers.clone();
    for entry in listed.iter().flat_map(|(_, list)| list) {
        let name = entry.name.clone().unwrap_or_else(|| "?".to_owned());
        let cause = cause(b, entry.span, &name);
        let ports = match entry.port {
            Some(port) => Ranges::one(u128::from(port)),
            None => Ranges::full(0xFFFF),
        };
        let protocols = match entry.proto {
            Some(proto) => vec![proto],
            None => vec![proto::TCP, proto::UDP],
        };
        add(b, cause, &protocols, &ports, opens(entry.name.as_deref()));
    }
    // A whole file lists every helper that is left; an excerpt or a script only those that it adds.
    if listed.is_none() || b.version.is_none() {
        let place = listed.map_or(b.vdom.span, |(span, _)| span);
        let voice = cause(b, place, "sip, h323, ras, mgcp");
        let others = cause(b, place, "ftp, tftp, rtsp, dcerpc …");
        for (name, proto, port) in defaults::HELPERS {
            let opens = opens(Some(name));
            let cause = if opens == Opens::AnyEnds { voice } else { others };
            add(b, cause, &[proto], &Ranges::one(u128::from(port)), opens);
        }
    }
    if !b.vdom.settings.sip_by_helper {
        let all = defaults::SIP_PORTS.iter().chain(&b.vdom.settings.sip_ports);
        let ports = Ranges::from_pairs(all.map(|p| (u128::from(*p), u128::from(*p))));
        let cause = cause(b, b.vdom.span, "sip (default-voip-alg-mode)");
        add(b, cause, &[proto::TCP, proto::UDP], &ports, Opens::AnyEnds);
    }
}

/// Voice names its ends in its messages; the others are about the session's own.
fn opens(name: Option<&str>) -> Opens {
    match name {
        Some("sip" | "h323" | "ras" | "mgcp") | None => Opens::AnyEnds,
        Some(_) => Opens::SameEnds,
    }
}

fn cause(b: &mut Builder<'_>, span: Span, name: &str) -> CauseId {
    let what = msg!(
        "session helper `{name}` may let further sessions pass for a permitted one",
        "セッションヘルパー「{name}」が、許可した通信に伴う別の通信を通過させることがある"
    );
    b.unknown(span, what)
}

fn add(b: &mut Builder<'_>, cause: CauseId, protocols: &[u8], ports: &Ranges, opens: Opens) {
    let hairpin = turns_back(b);
    let one = |proto: &u8| Helper { cause, proto: *proto, ports: ports.clone(), hairpin, opens };
    b.device.helpers.extend(protocols.iter().map(one));
}

/// Whether a policy, or a zone that allows traffic inside, may accept what leaves by the interface it came in by. What
/// `allow-traffic-redirect` lets turn back there is accepted by no policy, and helpers read what a policy accepted.
fn turns_back(b: &Builder<'_>) -> bool {
    let vdom = b.vdom;
    let ids = |name: &str| if name == "any" { None } else { b.interfaces(name) };
    let same = |a: &str, c: &str| match (ids(a), ids(c)) {
        (Some(a), Some(c)) => a.iter().any(|id| c.contains(id)),
        _ => true,
    };
    let policies = vdom.policies.iter().filter(|p| p.enabled);
    let accepting = policies.filter(|p| !p.unread.is_empty() || !matches!(p.action, Action::Deny(_)));
    let mut turning = accepting.filter(|p| {
        let unread = !p.unread.is_empty() || p.srcintf.is_empty() || p.dstintf.is_empty();
        unread || p.srcintf.iter().any(|a| p.dstintf.iter().any(|c| same(&a.value, &c.value)))
    });
    turning.next().is_some() || vdom.zones.values().any(|z| z.intrazone.is_some())
}
