//! One rule set per table and hook: chains, jumps, policies.
//!
//! Source: Linux `net/ipv4/netfilter/ip_tables.c`, `ipt_do_table`: `RETURN` and the end of a user chain continue in
//! the caller, `RETURN` in a built-in chain takes its policy, the end of a chain entered by `-g` continues in the
//! caller's caller.

use std::collections::{BTreeMap, BTreeSet};

use crate::model::{
    Chain as ModelChain, ChainId, DenyKind, Expr, Field, NatId, Radius, Ranges, Rule, RuleId, RuleSet,
    RuleSetId, RuleSetKind, State, Then,
};
use crate::msg;
use crate::source::{Code, LineState, Span, Spanned};

use super::config::{Chain, Family, Jump, Policy, RuleLine, Table};
use super::facts::{Build, Hook, certain, of_family, perhaps};
use super::parse::hooks;
use super::states::size;
use super::targets::{Effect, Target, target};

/// Most nodes of the conditions of a chain's calls; beyond it the chain counts as called for every packet.
const CALL_NODES: usize = 400;

/// What became of one table at one hook.
#[derive(Debug, Default)]
pub struct HookSets {
    /// Rules that discard packets in a translation table (old kernels allow it).
    pub before: Option<RuleSetId>,
    /// The table's own rule set.
    pub main: Option<RuleSetId>,
    /// Rewriting by targets that are not understood.
    pub after: Option<RuleSetId>,
}

/// Whether a rule set that lets everything pass is made all the same.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Keep {
    /// No.
    IfNeeded,
    /// Yes: an unread line of the table needs a place.
    Always,
}

/// A rule on its way into the model.
struct Draft {
    when: Expr,
    then: Then,
}

/// State of the conversion of one hook.
struct Work<'t> {
    table: &'t Table,
    hook: Hook,
    kind: RuleSetKind,
    names: BTreeMap<&'t str, usize>,
    ids: BTreeMap<usize, ChainId>,
    next: u32,
    /// Conditions of the calls of each chain, and of the chain at work.
    calls: BTreeMap<usize, Vec<Expr>>,
    here: Expr,
    /// Conditions under which an unread target may rewrite.
    rewrites: Vec<(Expr, Span)>,
    /// Conditions under which a translation table discards.
    drops: Vec<(Expr, Span)>,
}

impl Build<'_> {
    /// The rule sets of `table` at the built-in chain `entry`; nothing if that chain lets everything pass.
    pub fn hook_sets(
        &mut self,
        family: Family,
        table: &Table,
        entry: &str,
        kind: RuleSetKind,
        keep: Keep,
    ) -> HookSets {
        let Some(start) = table.chains.iter().position(|c| c.name.value == entry) else {
            return self.undeclared(family, table, entry, kind);
        };
        // What a filter's policy lets pass, that policy explains: it stays as evidence.
        let keep = if table.name.value == "filter" { Keep::Always } else { keep };
        let idle = table.chains.get(start).is_some_and(|c| c.rules.is_empty() && c.policy == Policy::Accept);
        if idle && keep == Keep::IfNeeded {
            return HookSets::default();
        }
        let order = match reachable(table, start) {
            Ok(order) => order,
            Err(span) => {
                let message =
                    msg!("the chains call each other in a circle", "チェインの呼び出しが循環している");
                self.taint(Code::ReferenceCycle, span, message, Radius::Device);
                return HookSets::default();
            }
        };
        let ids = order.iter().zip(0u32..).map(|(chain, id)| (*chain, ChainId(id))).collect();
        let hook = Hook::of(family, &table.name.value, entry);
        let names = table.chains.iter().enumerate().map(|(i, c)| (c.name.value.as_str(), i)).collect();
        let mut work = Work {
            names,
            table,
            hook,
            kind,
            ids,
            next: 1,
            calls: BTreeMap::new(),
            here: Expr::Any,
            rewrites: Vec::new(),
            drops: Vec::new(),
        };
        let mut chains: Vec<ModelChain> = Vec::new();
        for index in order {
            let Some(chain) = table.chains.get(index) else { continue };
            // Callers come first, so every call is known.
            let calls = work.calls.remove(&index).map_or(Expr::Any, Expr::any_of);
            work.here = if size(&calls) > CALL_NODES { Expr::Any } else { calls };
            chains.push(self.chain(&mut work, chain));
        }
        let passes =
            |c: &ModelChain| c.rules.is_empty() && matches!(c.end.value, Then::Permit | Then::Return);
        let nothing = work.drops.is_empty() && work.rewrites.is_empty();
        if keep == Keep::IfNeeded && nothing && chains.iter().all(passes) {
            return HookSets::default();
        }
        if let Some(first) = chains.first_mut() {
            let guard = guard(family, kind);
            let span = first.name.span;
            let label = "other packets".to_owned();
            first.rules.insert(0, Rule { id: RuleId(0), when: guard, then: Then::Permit, span, label });
        }
        let name = set_name(family, &table.name.value, entry);
        let set = RuleSet { name: name.clone(), kind, chains, entry: ChainId(0) };
        let main = Some(self.device.add_rule_set(set));
        let before = self.extra(work.drops, RuleSetKind::Filter, &name, Then::Deny(DenyKind::Drop));
        let any =
            if work.rewrites.is_empty() { None } else { Some(self.any_rewrite(family, table.name.span)) };
        let after =
            any.and_then(|nat| self.extra(work.rewrites, RuleSetKind::Translate, &name, Then::Nat(nat)));
        HookSets { before, main, after }
    }

    /// A table that does not declare its built-in chain: its policy is not known.
    fn undeclared(&mut self, family: Family, table: &Table, entry: &str, kind: RuleSetKind) -> HookSets {
        // The INPUT chain of the nat table came with Linux 2.6.34; without it nothing is translated there.
        if kind == RuleSetKind::Translate {
            return HookSets::default();
        }
        let span = table.name.span;
        let message = msg!(
            "the table does not declare the chain `{entry}`",
            "テーブルにチェイン「{entry}」の宣言がない"
        );
        let cause = self.ignorance(message.clone(), span);
        self.report(Code::TruncatedInput, span, message);
        let rule = Rule {
            id: RuleId(0),
            when: of_family(family).negate(),
            then: Then::Permit,
            span,
            label: "other packets".to_owned(),
        };
        let chain = ModelChain {
            name: Spanned::new(entry.to_owned(), span),
            rules: vec![rule],
            end: Spanned::new(Then::Unknown(cause), span),
        };
        let name = set_name(family, &table.name.value, entry);
        let set = RuleSet { name, kind, chains: vec![chain], entry: ChainId(0) };
        HookSets { main: Some(self.device.add_rule_set(set)), ..HookSets::default() }
    }

    fn extra(
        &mut self,
        rules: Vec<(Expr, Span)>,
        kind: RuleSetKind,
        name: &str,
        then: Then,
    ) -> Option<RuleSetId> {
        let span = rules.first()?.1;
        let rules = rules.into_iter().zip(0u32..).map(|((when, span), id)| {
            let label = format!("{name}: unread target");
            Rule { id: RuleId(id), when, then, span, label }
        });
        let name = format!("{name} (unread)");
        let chain = ModelChain {
            name: Spanned::new(name.clone(), span),
            rules: rules.collect(),
            end: Spanned::new(Then::Fall, span),
        };
        Some(self.device.add_rule_set(RuleSet { name, kind, chains: vec![chain], entry: ChainId(0) }))
    }

    fn chain(&mut self, work: &mut Work<'_>, chain: &Chain) -> ModelChain {
        let mut rules = Vec::new();
        for (rule, number) in chain.rules.iter().zip(1u32..) {
            for draft in self.rule(work, rule) {
                if draft.when == Expr::None {
                    continue;
                }
                let family = if work.hook.family == Family::V6 { " (IPv6)" } else { "" };
                let label = format!("{} rule {number}{family}", chain.name.value);
                rules.push(Rule {
                    id: RuleId(work.next),
                    when: draft.when,
                    then: draft.then,
                    span: rule.span,
                    label,
                });
                work.next += 1;
            }
        }
        let then = match chain.policy {
            Policy::Accept => Then::Permit,
            Policy::Drop if work.kind == RuleSetKind::Filter => Then::Deny(DenyKind::Drop),
            Policy::User => Then::Return,
            Policy::Drop | Policy::Unknown if work.kind == RuleSetKind::Translate => Then::Fall,
            Policy::Drop | Policy::Unknown => {
                let what =
                    msg!("the policy of the chain is not readable", "チェインの既定ポリシーを解釈できない");
                Then::Unknown(self.ignorance(what, chain.name.span))
            }
        };
        ModelChain { name: chain.name.clone(), rules, end: Spanned::new(then, chain.name.span) }
    }

    fn rule(&mut self, work: &mut Work<'_>, rule: &RuleLine) -> Vec<Draft> {
        if let Some(draft) = self.wildcard(work, rule) {
            return draft;
        }
        let when = self.condition(work.hook, rule);
        let state = if certain(&when) { LineState::Modelled } else { LineState::Partial };
        let Some(jump) = &rule.jump else {
            self.claim(rule.span, LineState::Inert);
            return Vec::new();
        };
        if let Some(callee) = work.names.get(jump.target.value.as_str()).copied()
            && let Some(id) = work.ids.get(&callee)
        {
            self.claim(rule.span, state);
            let call = Expr::all([work.here.clone(), when.clone()]);
            work.calls.entry(callee).or_default().push(call);
            let then = if jump.goto { Then::Goto(*id) } else { Then::Jump(*id) };
            return vec![Draft { when, then }];
        }
        match target(&jump.target.value) {
            Some(known) => self.known(work, rule, jump, known, when, state),
            None => {
                let name = &jump.target.value;
                let message = msg!(
                    "the target `{name}` is neither a chain nor known",
                    "ターゲット「{name}」はチェインでも既知のターゲットでもない"
                );
                self.unknown_target(work, rule, when, Code::UndefinedReference, message, true)
            }
        }
    }

    fn known(
        &mut self,
        work: &mut Work<'_>,
        rule: &RuleLine,
        jump: &Jump,
        known: &Target,
        when: Expr,
        state: LineState,
    ) -> Vec<Draft> {
        let filter = work.kind == RuleSetKind::Filter;
        let then = match known.effect {
            Effect::Accept => Then::Permit,
            Effect::Return => Then::Return,
            Effect::Drop | Effect::Reject if filter => Then::Deny(match known.effect {
                Effect::Reject => DenyKind::Reject,
                _ => DenyKind::Drop,
            }),
            Effect::Drop | Effect::Reject => {
                // Whether an earlier translation keeps the packet from here is left open.
                let what = msg!("a translation table that discards", "変換のテーブルにおける破棄");
                let cause = self.ignorance(what, rule.span);
                let bound = Expr::all([of_family(work.hook.family), work.here.clone(), when]);
                work.drops.push((perhaps(cause, bound), rule.span));
                self.claim(rule.span, LineState::Partial);
                return Vec::new();
            }
            Effect::Continue => {
                self.claim(rule.span, LineState::Inert);
                return Vec::new();
            }
            Effect::Mark | Effect::ConnMark => {
                self.claim(
                    rule.span,
                    if self.facts.marked(work.hook.family) { LineState::Partial } else { LineState::Inert },
                );
                return Vec::new();
            }
            Effect::Untrack | Effect::Tracking => {
                self.tracking(rule, jump, known.effect, state);
                return Vec::new();
            }
            Effect::Snat | Effect::Dnat | Effect::Masquerade | Effect::Redirect | Effect::Netmap
                if !filter =>
            {
                self.claim(rule.span, state);
                let drafts = self.translation(work.hook, rule, jump, known.effect, when);
                return drafts.into_iter().flat_map(|(when, nat)| self.translate(when, nat)).collect();
            }
            _ => return self.anything(work, rule, known, when),
        };
        self.claim(rule.span, state);
        vec![Draft { when, then }]
    }

    /// A translation. One that leaves the destination as it is does not count as one (`nf_nat_setup_info` compares the
    /// tuples): where some rule asks, such packets are told apart.
    fn translate(&mut self, when: Expr, nat: NatId) -> Vec<Draft> {
        let same = self.unchanged(nat).filter(|_| self.facts.asks_dnat);
        let same = same.map(|same| Draft { when: Expr::all([when.clone(), same]), then: Then::Permit });
        same.into_iter().chain([Draft { when, then: Then::Nat(nat) }]).collect()
    }

    /// Targets that hand the packet to somebody else.
    fn anything(&mut self, work: &mut Work<'_>, rule: &RuleLine, known: &Target, when: Expr) -> Vec<Draft> {
        let name = known.name;
        let message = msg!("the target `{name}` is not modelled", "ターゲット「{name}」は未対応である");
        if matches!(name, "TPROXY" | "TEE") {
            self.relay(rule.span, name, name == "TPROXY");
        }
        let rewrites = !matches!(name, "TPROXY" | "TEE" | "SYNPROXY");
        self.unknown_target(work, rule, when, Code::UnmodelledFeature, message, rewrites)
    }

    /// Any outcome for the packets that the rule's own conditions let through.
    fn unknown_target(
        &mut self,
        work: &mut Work<'_>,
        rule: &RuleLine,
        when: Expr,
        code: Code,
        message: crate::source::Msg,
        rewrites: bool,
    ) -> Vec<Draft> {
        self.claim(rule.span, LineState::Unmodelled);
        let cause = self.ignorance(message.clone(), rule.span);
        self.report_once(code, rule.span, message);
        if work.kind == RuleSetKind::Translate {
            let nat = self.any_rewrite(work.hook.family, rule.span);
            return vec![Draft { when: perhaps(cause, when), then: Then::Nat(nat) }];
        }
        if rewrites {
            let bound = Expr::all([of_family(work.hook.family), work.here.clone(), when.clone()]);
            work.rewrites.push((perhaps(cause, bound), rule.span));
        }
        vec![Draft { when, then: Then::Unknown(cause) }]
    }

    /// A rule with words that fit nowhere may match anything and do anything its table can do.
    fn wildcard(&mut self, work: &mut Work<'_>, rule: &RuleLine) -> Option<Vec<Draft>> {
        let bad_goto =
            rule.jump.as_ref().filter(|j| j.goto && !work.names.contains_key(j.target.value.as_str()));
        let unread = rule.jump.as_ref().and_then(|j| {
            let known = target(&j.target.value)?;
            let fits = |name: &str| known.options.iter().any(|o| name.strip_prefix("--") == Some(o.0));
            j.options.iter().find(|o| !fits(&o.name)).map(|o| o.span)
        });
        let span = rule.stray.first().copied().or(bad_goto.map(|j| j.target.span)).or(unread)?;
        let message = msg!(
            "a word that could not be read: the rule may do anything",
            "解釈できない語があり、ルールがあらゆる動作をし得る"
        );
        self.claim(rule.span, LineState::Unrecognized);
        let cause = self.ignorance(message.clone(), rule.span);
        self.report_once(Code::UnreadToken, span, message);
        let any = perhaps(cause, Expr::Any);
        if work.kind == RuleSetKind::Translate {
            let nat = self.any_rewrite(work.hook.family, rule.span);
            return Some(vec![Draft { when: any, then: Then::Nat(nat) }]);
        }
        if work.table.name.value == "mangle" {
            let bound = Expr::all([of_family(work.hook.family), work.here.clone()]);
            work.rewrites.push((perhaps(cause, bound), rule.span));
        }
        Some(vec![Draft { when: any, then: Then::Unknown(cause) }])
    }
}

/// Packets that a rule set has nothing to say about: the other family; for translations also packets that belong
/// to no connection (nf_nat_core.c, `nf_nat_inet_fn`).
fn guard(family: Family, kind: RuleSetKind) -> Expr {
    let other = of_family(family).negate();
    if kind != RuleSetKind::Translate {
        return other;
    }
    let translated = [State::New.value(), State::Related.value()];
    let states = Ranges::from_pairs(translated.map(|s| (s, s)));
    Expr::any_of([other, Expr::In(Field::State, states).negate()])
}

/// `filter FORWARD`, `nat POSTROUTING (IPv6)`
pub fn set_name(family: Family, table: &str, entry: &str) -> String {
    match family {
        Family::V4 => format!("{table} {entry}"),
        Family::V6 => format!("{table} {entry} (IPv6)"),
    }
}

/// The chains that a packet entering at `start` may see, callers before callees; the place of a circle otherwise.
pub fn reachable(table: &Table, start: usize) -> Result<Vec<usize>, Span> {
    let names: BTreeMap<&str, usize> =
        table.chains.iter().enumerate().map(|(i, c)| (c.name.value.as_str(), i)).collect();
    let built_in = hooks(&table.name.value).unwrap_or_default();
    let calls = |chain: usize| {
        let rules = table.chains.get(chain).into_iter().flat_map(|c| &c.rules);
        rules
            .filter_map(|r| r.jump.as_ref())
            .filter(|j| !built_in.contains(&j.target.value.as_str()))
            .filter_map(|j| names.get(j.target.value.as_str()).map(|callee| (*callee, j.target.span)))
    };
    let mut order = vec![start];
    let mut seen = BTreeSet::from([start]);
    let mut callers: BTreeMap<usize, usize> = BTreeMap::new();
    let mut at = 0;
    while let Some(chain) = order.get(at).copied() {
        at += 1;
        for (callee, _) in calls(chain) {
            *callers.entry(callee).or_default() += 1;
            if seen.insert(callee) {
                order.push(callee);
            }
        }
    }
    // Kahn: whatever never loses its last caller is part of a circle, or called from one.
    let mut ready: Vec<usize> = if callers.contains_key(&start) { Vec::new() } else { vec![start] };
    let mut sorted = Vec::new();
    while let Some(chain) = ready.pop() {
        sorted.push(chain);
        for (callee, _) in calls(chain) {
            let left = callers.entry(callee).or_default();
            *left = left.saturating_sub(1);
            if *left == 0 {
                ready.push(callee);
            }
        }
    }
    if sorted.len() == order.len() {
        return Ok(sorted);
    }
    let stuck = order.iter().find(|c| callers.get(c).is_some_and(|left| *left > 0));
    let place = stuck.and_then(|c| table.chains.get(*c)).map_or(table.name.span, |c| c.name.span);
    Err(place)
}
