//! Whether two members of an HA cluster are configured alike.
//!
//! FGCP keeps the members' configurations alike except for what the handbook lists as not synchronised (FortiOS 6.0
//! Handbook, "Synchronizing the configuration"; AG 7.0 "In-band management"): host name, dashboards, `override`, device
//! priorities, `ha-priority`, the reserved management interfaces and their gateways, thresholds of weighted load
//! balancing, OSPF summary addresses, management addresses. Encrypted values differ from one export to the next.

use std::collections::BTreeSet;

use crate::msg;
use crate::source::{FileId, Limits, Msg, Sources, Span};
use crate::syntax::blocks::{self, Tree};
use crate::vendor::Difference;

use super::defaults::Version;
use super::node::{Node, Setting};
use super::secrets::is_secret;
use super::value;

/// Most differences that are kept.
const MOST: usize = 1000;

/// Every difference that matters, those of the first file's order first.
pub fn differences(sources: &Sources, first: FileId, second: FileId, limits: &Limits) -> Vec<Difference> {
    let trees = [first, second].map(|file| blocks::parse(sources, file, limits));
    let roots = [(first, &trees[0]), (second, &trees[1])].map(|(file, tree)| {
        let mut root = Node::root(sources.whole(file));
        root.apply(&tree.statements);
        root
    });
    let [a, b] = &roots;
    let mut compare = Compare {
        sources,
        reserved: [reserved(a), reserved(b)],
        exceptions: exceptions(a).intersection(&exceptions(b)).cloned().collect(),
        found: Vec::new(),
        path: Vec::new(),
    };
    for tree in &trees {
        compare.found.extend(tree.flaws.iter().map(|flaw| Difference {
            what: msg!("the file is damaged and cannot be compared", "ファイルが破損しており比較できない"),
            span: flaw.primary,
            meant: false,
        }));
    }
    compare.release(&trees, sources.whole(second));
    compare.nodes(a, b);
    compare.found.truncate(MOST);
    compare.found
}

/// The interfaces that a member reserves for its own management.
fn reserved(root: &Node) -> BTreeSet<String> {
    let global = root.block("global").unwrap_or(root);
    let Some(ha) = global.block("system ha") else { return BTreeSet::new() };
    let entries = ha.table("ha-mgmt-interfaces").filter_map(|n| n.settings.get("interface"));
    let names = entries.chain(ha.settings.get("ha-mgmt-interface")).filter_map(|s| s.values.first());
    names.map(|w| w.text.clone()).collect()
}

/// The first entry of `system vdom-exception` that lets the other member differ in more than in how it tells about
/// traffic and who manages it.
pub fn apart(sources: &Sources, file: FileId, limits: &Limits) -> Option<Difference> {
    const BESIDE: [&str; 5] =
        ["system.central-management", "system.csf", "system.saml", "system.vdom-netflow", "user.radius"];
    let mut root = Node::root(sources.whole(file));
    root.apply(&blocks::parse(sources, file, limits).statements);
    let block = root.block("global").unwrap_or(&root).block("system vdom-exception")?;
    let beside = |n: &&Node| {
        let objects = n.settings.get("object").map(|s| s.values.as_slice()).unwrap_or_default();
        let harmless = |w: &str| w.starts_with("log.") || BESIDE.contains(&w);
        n.stray.is_empty() && !objects.is_empty() && objects.iter().all(|w| harmless(&w.text))
    };
    let entry = block.entries.values().find(|n| !beside(n)).map(Node::span);
    let span = entry.or_else(|| block.stray.first().copied())?;
    let what = msg!(
        "by this exception the other member of the HA cluster, which was not handed in, may be configured differently",
        "この例外設定により、提出されていない冗長構成(HA)のもう一方の機器の設定が異なる可能性がある"
    );
    Some(Difference { what, span, meant: true })
}

/// Paths of the blocks that `system vdom-exception` leaves to each member in every domain.
fn exceptions(root: &Node) -> BTreeSet<String> {
    let global = root.block("global").unwrap_or(root);
    let word = |n: &Node, key: &str| Some(n.settings.get(key)?.values.first()?.text.clone());
    let everywhere = |n: &&Node| word(n, "scope").is_none_or(|s| s == "all");
    let entries = global.table("system vdom-exception").filter(everywhere);
    entries.filter_map(|n| word(n, "object")).map(|object| object.replace('.', " ")).collect()
}

struct Compare<'a> {
    sources: &'a Sources,
    reserved: [BTreeSet<String>; 2],
    exceptions: BTreeSet<String>,
    found: Vec<Difference>,
    path: Vec<String>,
}

impl Compare<'_> {
    fn say(&mut self, span: Span, what: Msg) {
        if self.found.len() < MOST {
            let meant = self.path.iter().any(|p| self.exceptions.contains(p));
            self.found.push(Difference { what, span, meant });
        }
    }

    /// Path of the node being compared, as its lines say it.
    fn here(&self) -> String {
        self.path.join(" / ")
    }

    fn release(&mut self, trees: &[Tree; 2], whole: Span) {
        let line = |tree: &Tree| {
            let mut lines = tree.comments.iter();
            lines.find_map(|c| Some((*c, self.sources.parse_span(*c).strip_prefix("#config-version=")?)))
        };
        let [a, b] = [line(&trees[0]), line(&trees[1])];
        let version = |at: Option<(Span, &str)>| at.and_then(|(_, text)| Version::read(text));
        if version(a) != version(b) {
            let span = b.or(a).map_or(whole, |(span, _)| span);
            self.say(
                span,
                msg!("the members run different releases", "構成機器のファームウェアのリリースが異なる"),
            );
        }
    }

    fn nodes(&mut self, a: &Node, b: &Node) {
        self.settings(a, b);
        self.stray(a, b);
        for block in &a.blocks {
            match b.block(&block.name.value) {
                None if silent(block) => {}
                other => self.child(block, other),
            }
        }
        for block in b.blocks.iter().filter(|n| a.block(&n.name.value).is_none() && !silent(n)) {
            self.alone(block);
        }
        for (name, entry) in &a.entries {
            self.child(entry, b.entries.get(name));
        }
        for (_, entry) in b.entries.iter().filter(|(name, _)| !a.entries.contains_key(*name)) {
            self.alone(entry);
        }
        let order = |x: &Node, y: &Node| {
            x.entries.keys().filter(|k| y.entries.contains_key(*k)).cloned().collect::<Vec<_>>()
        };
        if order(a, b) != order(b, a) {
            let here = self.here();
            self.say(
                b.span(),
                msg!("the entries of `{here}` stand in another order", "「{here}」の並び順が異なる"),
            );
        }
    }

    fn child(&mut self, a: &Node, b: Option<&Node>) {
        let Some(b) = b else { return self.alone(a) };
        self.path.push(a.name.value.clone());
        if !self.own_affair(a, b) {
            self.nodes(a, b);
        }
        self.path.pop();
    }

    /// A block or entry that only one member has.
    fn alone(&mut self, node: &Node) {
        self.path.push(node.name.value.clone());
        if !self.exempt_node() {
            let here = self.here();
            self.say(
                node.span(),
                msg!("only this member has `{here}`", "この機器にのみ「{here}」の設定がある"),
            );
        }
        self.path.pop();
    }

    /// What each member keeps for itself.
    fn own_affair(&self, a: &Node, b: &Node) -> bool {
        let interface = self.path.iter().rev().nth(1).is_some_and(|p| p == "system interface");
        let name = &a.name.value;
        let both = self.reserved.iter().all(|r| r.contains(name));
        (interface && *name == b.name.value && both) || self.exempt_node()
    }

    fn exempt_node(&self) -> bool {
        let at = |n: usize| self.path.iter().rev().nth(n).map_or("", String::as_str);
        // Dashboards, and the units' own certificates.
        at(0).starts_with("gui-dashboard")
            || at(0) == "login-time"
            || at(0) == "system ha-monitor"
            || at(1) == "vpn certificate local"
            || (at(0) == "summary-address" && at(1).starts_with("router ospf"))
    }

    fn exempt(&self, key: &str) -> bool {
        let inside = |block: &str| self.path.iter().any(|p| p == block);
        let last = self.path.last().map_or("", String::as_str);
        let ha = inside("system ha");
        key == "ha-priority"
            || is_secret(key)
            || (last == "system global" && key == "hostname")
            || (ha && matches!(key, "priority" | "override" | "override-wait-time" | "weight"))
            || (ha && (key.ends_with("-threshold") || key.starts_with("ha-mgmt-interface-gateway")))
            || (ha && inside("ha-mgmt-interfaces") && matches!(key, "gateway" | "gateway6" | "dst" | "dst6"))
    }

    fn settings(&mut self, a: &Node, b: &Node) {
        let keys = a.settings.keys().chain(b.settings.keys().filter(|k| !a.settings.contains_key(*k)));
        for key in keys {
            let (x, y) = (a.settings.get(key), b.settings.get(key));
            if alike(x, y) || self.exempt(key) || both_manage(key, x, y) {
                continue;
            }
            let here = self.here();
            let last = |s: Option<&Setting>| s.and_then(|s| s.spans.last().copied());
            let span = last(y).or(last(x)).unwrap_or(b.span());
            self.say(span, msg!("`{key}` of `{here}` is not the same", "「{here}」の `{key}` が一致しない"));
        }
    }

    fn stray(&mut self, a: &Node, b: &Node) {
        let texts =
            |n: &Node| n.stray.iter().map(|s| self.sources.parse_span(*s).to_owned()).collect::<Vec<_>>();
        if texts(a) != texts(b) {
            let span = b.stray.first().or(a.stray.first()).copied().unwrap_or(b.span());
            self.say(
                span,
                msg!("a statement that only one member has", "一方の機器にのみある解釈できない文"),
            );
        }
    }
}

/// A block without content says no more than its absence.
fn silent(block: &Node) -> bool {
    block.settings.is_empty()
        && block.entries.is_empty()
        && block.stray.is_empty()
        && block.blocks.iter().all(silent)
}

/// Same words, quoted or not; nothing set is nothing said.
fn alike(a: Option<&Setting>, b: Option<&Setting>) -> bool {
    let words = |s: Option<&Setting>| -> Vec<String> {
        s.map(|s| s.values.iter().map(|w| w.text.clone()).collect()).unwrap_or_default()
    };
    words(a) == words(b)
}

/// Each member has a management address of its own on the interface.
fn both_manage(key: &str, a: Option<&Setting>, b: Option<&Setting>) -> bool {
    let address = |s: Option<&Setting>| {
        let texts: Vec<&str> =
            s.map(|s| s.values.iter().map(|w| w.text.as_str()).collect()).unwrap_or_default();
        value::network4(&texts).is_some_and(|n| !n.ip().is_unspecified())
    };
    key == "management-ip" && address(a) && address(b)
}
