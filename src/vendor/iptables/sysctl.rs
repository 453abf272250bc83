//! `sysctl -a`: the settings that decide whether and what a Linux box forwards.
//!
//! Source: Documentation/networking/ip-sysctl.rst and nf_conntrack-sysctl.rst of the Linux kernel.

use std::collections::BTreeMap;

use crate::msg;
use crate::source::{Code, FileId, LineMap, LineState, Sources, Span, Spanned};
use crate::syntax::shell;

use super::config::{Problem, Scope};

/// Every setting of the dump.
#[derive(Debug, Default)]
pub struct Settings {
    /// Whether a dump was given.
    pub given: bool,
    values: BTreeMap<String, Spanned<Option<i64>>>,
    kernel: Option<(u32, u32)>,
}

/// Last words of the keys that are modelled.
const MODELLED: &[&str] = &[
    "ip_forward",
    // With `force_forwarding`, `bc_forwarding` and `mc_forwarding`.
    "forwarding",
    "rp_filter",
    "accept_source_route",
    "seg6_enabled",
    "accept_local",
    "route_localnet",
    "disable_ipv6",
    "nf_conntrack_tcp_loose",
    "nf_conntrack_helper",
    "bridge-nf-call-iptables",
    "bridge-nf-call-ip6tables",
];

impl Settings {
    /// Reads one dump. A key that appears twice with different values has none.
    pub fn read(&mut self, sources: &Sources, file: FileId, lines: &mut LineMap) -> Vec<Problem> {
        self.given = true;
        let mut problems = Vec::new();
        for line in shell::lines(sources, file) {
            let text = sources.parse_span(line.span);
            let Some((key, value)) = text.split_once('=') else {
                let inert =
                    text.starts_with(['#', ';']) || text.starts_with("sysctl: ") || text.contains("@");
                lines.claim(
                    sources,
                    line.span,
                    if inert { LineState::Inert } else { LineState::Unrecognized },
                );
                continue;
            };
            let (key, value) = (key.trim(), value.trim());
            if key == "kernel.osrelease" {
                self.kernel = upstream(value);
            }
            let modelled = key.starts_with("net.") && MODELLED.iter().any(|m| key.ends_with(m));
            if !modelled {
                lines.claim(sources, line.span, LineState::Inert);
                continue;
            }
            let number = value.parse::<i64>().ok();
            let state = if number.is_some() { LineState::Modelled } else { LineState::Unrecognized };
            lines.claim(sources, line.span, state);
            let entry = Spanned::new(number, line.span);
            let before = self.values.insert(key.to_owned(), entry);
            if before.is_some_and(|b| b != entry) {
                self.values.insert(key.to_owned(), Spanned::new(None, line.span));
                let message =
                    msg!("the setting appears twice with different values", "設定が異なる値で2回現れる");
                problems.push(Problem {
                    code: Code::Contradiction,
                    span: line.span,
                    message,
                    scope: Scope::Nothing,
                });
            }
        }
        problems
    }

    /// The kernel's version, where it says which upstream version it is.
    pub fn kernel(&self) -> Option<(u32, u32)> {
        self.kernel
    }

    /// The value of a key.
    pub fn get(&self, key: &str) -> Option<i64> {
        self.values.get(key).and_then(|v| v.value)
    }

    /// The place of a key.
    pub fn span(&self, key: &str) -> Option<Span> {
        self.values.get(key).map(|v| v.span)
    }

    /// Whether the dump has settings of an interface: then there is one of that name.
    pub fn knows(&self, interface: &str) -> bool {
        let stems = ["ipv4", "ipv6"].map(|family| conf_key(family, interface, ""));
        stems
            .iter()
            .any(|stem| self.values.range(stem.clone()..).next().is_some_and(|(k, _)| k.starts_with(stem)))
    }

    /// `net.FAMILY.conf.INTERFACE.KEY`; `sysctl` writes a dot in an interface name as `/`.
    pub fn conf(&self, family: &str, interface: &str, key: &str) -> Option<i64> {
        self.get(&conf_key(family, interface, key))
    }
}

/// The key of an interface's setting.
pub fn conf_key(family: &str, interface: &str, key: &str) -> String {
    format!("net.{family}.conf.{}.{key}", interface.replace('.', "/"))
}

/// `5.15.0-91-generic` as (5, 15). Kernels of Red Hat's families carry changes of later versions: they say nothing.
fn upstream(release: &str) -> Option<(u32, u32)> {
    if release.contains(".el") {
        return None;
    }
    let mut numbers = release.split(['.', '-']);
    Some((numbers.next()?.parse().ok()?, numbers.next()?.parse().ok()?))
}
