//! Which rules are not the same in two versions of a device, and which packets that can concern.
//!
//! Rules are compared by what they say, not by where they stand or what they are called: names of interfaces and
//! chains instead of numbers, the the text of the statements behind it instead of the number of a cause. Whatever cannot be paired
//! counts as changed, so the packets concerned are never too few.

use std::collections::{BTreeMap, BTreeSet};

use super::Version;
use super::order::left_over;
use crate::analysis::Result;
use crate::analysis::blame::causes_of;
use crate::analysis::compile::{Reading, compile};
use crate::analysis::set::{Engine, PacketSet};
use crate::analysis::slice::Region;
use crate::model::{
    CauseId, CauseKind, Chain, ChainId, DenyKind, Device, Established, Expr, Field, IfId, Ranges, Rewrite,
    RouteTarget, Rule, RuleId, RuleSet, RuleSetId, RuleSetKind, Stage, Then,
};
use crate::source::{Lang, Spanned};

/// The causes on which changed rules depend, on each side.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Changed {
    /// Of the earlier version.
    pub before: BTreeSet<CauseId>,
    /// Of the later one.
    pub after: BTreeSet<CauseId>,
}

/// One of the two versions.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Which {
    Before,
    After,
}

/// Where in the pipeline: the egress is known only after the routing decision.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Part {
    Arrival,
    Routing,
    Forward,
    Input,
}

/// Packets that some changed rules may concern, with the interfaces of their version.
#[derive(Debug, Clone, Copy)]
struct Touch {
    which: Which,
    part: Part,
    translates: bool,
    chooses: bool,
    set: PacketSet,
}

/// Packets that changed rules may concern.
#[derive(Debug, Default)]
pub(super) struct Touched {
    list: Vec<Touch>,
    /// The versions are too different to be compared rule by rule.
    everything: bool,
}

/// The same for one pair of interfaces.
#[derive(Debug, Clone, Copy)]
pub(super) struct Concerned {
    /// By any changed rule.
    pub rules: PacketSet,
    /// By a changed translation.
    pub translations: PacketSet,
    /// By a changed rule that depends on a choice: a schedule, a user.
    pub choices: PacketSet,
}

/// The interfaces of a way, by the numbers of each version; `None`: not there.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Numbers {
    pub before: Option<(IfId, IfId)>,
    pub after: Option<(IfId, IfId)>,
}

impl Touched {
    /// What concerns packets from one interface to another.
    pub(super) fn between(&self, e: &mut Engine, ids: Numbers) -> Result<Concerned> {
        let whole = if self.everything { PacketSet::ALL } else { PacketSet::EMPTY };
        let mut out = Concerned { rules: whole, translations: whole, choices: whole };
        for touch in &self.list {
            let ids = if touch.which == Which::Before { ids.before } else { ids.after };
            let Some((ingress, egress)) = ids else { continue };
            let (reached, egress) = match touch.part {
                Part::Arrival | Part::Routing => (true, IfId::NONE),
                Part::Forward => (egress != IfId::NONE, egress),
                Part::Input => (egress == IfId::NONE, egress),
            };
            if !reached {
                continue;
            }
            let set = e.fixed(touch.set, Field::Ingress, u128::from(ingress.0))?;
            let set = e.fixed(set, Field::Egress, u128::from(egress.0))?;
            out.rules = e.or(out.rules, set)?;
            if touch.translates {
                out.translations = e.or(out.translations, set)?;
            }
            if touch.chooses {
                out.choices = e.or(out.choices, set)?;
            }
        }
        Ok(out)
    }
}

/// Compares two versions rule by rule.
pub(super) fn changed(e: &mut Engine, before: Version<'_>, after: Version<'_>) -> Result<(Changed, Touched)> {
    let (old, new) = (layout(before.device), layout(after.device));
    let mut out = (Changed::default(), Touched::default());
    if shape(before, &old) != shape(after, &new) {
        out.1.everything = true;
        return Ok(out);
    }
    // Later rule sets see what earlier translations made of the header.
    let mut rewritten = BTreeSet::new();
    for ((part, id), (_, other)) in old.into_iter().zip(new) {
        let (Some(a), Some(b)) = (before.device.rule_set(id), after.device.rule_set(other)) else { continue };
        for (which, version, rules) in leftovers(before, a, after, b) {
            for rule in rules {
                let causes = causes(&rule);
                let chooses = causes.iter().any(|c| is_choice(version.device, *c));
                let set = concerned(e, &rule, &rewritten)?;
                let translates = a.kind == RuleSetKind::Translate;
                out.1.list.push(Touch { which, part, translates, chooses, set });
                match which {
                    Which::Before => out.0.before.extend(causes),
                    Which::After => out.0.after.extend(causes),
                }
            }
        }
        if a.kind == RuleSetKind::Translate {
            rewritten.extend(before.device.nats.iter().chain(&after.device.nats).flat_map(fields));
        }
    }
    out.1.join(e)?;
    Ok(out)
}

impl Touched {
    /// One set for everything of a kind.
    fn join(&mut self, e: &mut Engine) -> Result<()> {
        let mut groups: BTreeMap<(bool, Part, bool, bool), Vec<Touch>> = BTreeMap::new();
        for t in &self.list {
            groups.entry((t.which == Which::Before, t.part, t.translates, t.chooses)).or_default().push(*t);
        }
        let mut list = Vec::new();
        for group in groups.into_values() {
            let set = e.or_all(group.iter().map(|t| t.set))?;
            list.extend(group.first().map(|t| Touch { set, ..*t }));
        }
        self.list = list;
        Ok(())
    }
}

/// The rule sets that a packet from outside may meet, in order.
fn layout(device: &Device) -> Vec<(Part, RuleSetId)> {
    let p = &device.pipeline;
    let id = |stage: &Stage| match *stage {
        Stage::Filter(id) | Stage::Translate(id) | Stage::Mark(id) => id,
    };
    let arrival = p.arrival.iter().map(|s| (Part::Arrival, id(s)));
    let forward = p.forward.iter().map(|s| (Part::Forward, id(s)));
    let input = p.input.iter().map(|s| (Part::Input, id(s)));
    arrival.chain([(Part::Routing, p.routing)]).chain(forward).chain(input).collect()
}

/// What must be the same for two versions to be compared rule by rule.
fn shape(version: Version<'_>, layout: &[(Part, RuleSetId)]) -> String {
    let device = version.device;
    let sets = layout.iter().map(|(part, id)| {
        let set = device.rule_set(*id);
        let entry = set.and_then(|s| s.chains.get(s.entry.index())).map(|c| &c.name.value);
        format!("{part:?} {:?} {entry:?}", set.map(|s| (&s.name, s.kind)))
    });
    let states = device.states.iter().map(|s| format!("{} {:?}", condition(version, &s.when), s.states));
    let parts: Vec<String> = sets.chain(states).chain([sessions(device)]).collect();
    parts.join("\n")
}

/// How later packets of sessions pass, and what helpers open.
fn sessions(device: &Device) -> String {
    let name = |id: &IfId| device.interfaces.get(id.index()).map(|i| &i.name.value);
    let established = match &device.established {
        Established::ToOpener(not) => {
            format!("to the opener but for {:?}", not.iter().map(name).collect::<Vec<_>>())
        }
        other => format!("{other:?}"),
    };
    let helpers = device.helpers.iter().map(|h| format!("{:?} {:?}", h.reads, h.opens));
    std::iter::once(established).chain(helpers).collect::<Vec<_>>().join("\n")
}

/// The rules on each side that have no counterpart on the other. The end of a chain counts as a rule.
fn leftovers<'a>(
    before: Version<'a>,
    a: &RuleSet,
    after: Version<'a>,
    b: &RuleSet,
) -> [(Which, Version<'a>, Vec<Rule>); 2] {
    let (mut old, mut new) = (Vec::new(), Vec::new());
    let names: BTreeSet<&String> = a.chains.iter().chain(&b.chains).map(|c| &c.name.value).collect();
    for name in names {
        let of = |set: &RuleSet| {
            let chains = set.chains.iter().filter(|c| c.name.value == *name);
            chains.flat_map(whole).collect::<Vec<Rule>>()
        };
        let (ours, theirs) = (of(a), of(b));
        let say = |version, set: &RuleSet, rules: &[Rule]| -> Vec<String> {
            rules.iter().map(|r| statement(version, set, r)).collect()
        };
        let (left, right) = left_over(&say(before, a, &ours), &say(after, b, &theirs));
        old.extend(left.into_iter().filter_map(|at| ours.get(at).cloned()));
        new.extend(right.into_iter().filter_map(|at| theirs.get(at).cloned()));
    }
    [(Which::Before, before, old), (Which::After, after, new)]
}

/// The rules of a chain and its end.
fn whole(chain: &Chain) -> Vec<Rule> {
    let end = Rule {
        id: RuleId(u32::MAX),
        when: Expr::Any,
        then: chain.end.value,
        span: chain.end.span,
        label: String::new(),
    };
    chain.rules.iter().cloned().chain([end]).collect()
}

/// Every cause a rule depends on.
fn causes(rule: &Rule) -> BTreeSet<CauseId> {
    let mut out = causes_of(&rule.when);
    if let Then::Unknown(cause) = rule.then {
        out.insert(cause);
    }
    out
}

fn is_choice(device: &Device, cause: CauseId) -> bool {
    device.causes.get(cause.0 as usize).is_some_and(|c| c.kind == CauseKind::Condition)
}

/// The packets that a rule may match, as they come in: what earlier translations may have changed is left open.
fn concerned(e: &mut Engine, rule: &Rule, rewritten: &BTreeSet<Field>) -> Result<PacketSet> {
    let permit = Rule { then: Then::Permit, ..rule.clone() };
    let chain = Chain {
        name: Spanned::new(String::new(), rule.span),
        rules: vec![permit],
        end: Spanned::new(Then::Deny(DenyKind::Drop), rule.span),
    };
    let set =
        RuleSet { name: String::new(), kind: RuleSetKind::Filter, chains: vec![chain], entry: ChainId(0) };
    let compiled = compile(e, &set, &Region::everything(), &Reading::undecided())?;
    let may = e.may(compiled.whole, Then::Permit)?;
    let open: Vec<Field> =
        [Field::State, Field::Mark, Field::Zone].into_iter().chain(rewritten.iter().copied()).collect();
    Ok(e.forget(may, &open)?)
}

/// The fields that a translation writes.
fn fields(nat: &crate::model::Nat) -> impl Iterator<Item = Field> {
    nat.rewrites.iter().map(|r| match r {
        Rewrite::To(field, _) | Rewrite::Shift { field, .. } => *field,
    })
}

/// A rule as text that is the same in both versions if the rule is.
fn statement(version: Version<'_>, set: &RuleSet, rule: &Rule) -> String {
    format!("{} => {}", condition(version, &rule.when), action(version, set, rule.then))
}

fn action(version: Version<'_>, set: &RuleSet, then: Then) -> String {
    let device = version.device;
    match then {
        Then::Jump(id) | Then::Goto(id) => {
            let chain = set.chains.get(id.index()).map(|c| &c.name.value);
            format!("{} {chain:?}", if matches!(then, Then::Jump(_)) { "jump" } else { "goto" })
        }
        Then::Nat(id) => device.nats.get(id.index()).map_or_else(String::new, |nat| {
            let unknown = nat.unknown.map(|c| cause(version, c));
            format!("{:?} {:?} {unknown:?}", nat.kind, nat.rewrites)
        }),
        Then::Route(id) => device.routes.get(id.index()).map_or_else(String::new, |route| {
            let target = match route.target {
                RouteTarget::Interface(id) => interface(device, id),
                RouteTarget::Any(c) => cause(version, c),
                RouteTarget::Local | RouteTarget::Discard(_) => format!("{:?}", route.target),
            };
            format!("{target} {:?}", route.gateway)
        }),
        Then::Unknown(c) => cause(version, c),
        Then::Permit | Then::Deny(_) | Then::Return | Then::Fall | Then::Mark(_) => format!("{then:?}"),
    }
}

fn condition(version: Version<'_>, when: &Expr) -> String {
    let list = |parts: &[Expr]| parts.iter().map(|p| condition(version, p)).collect::<Vec<_>>().join(", ");
    match when {
        Expr::Any | Expr::None => format!("{when:?}"),
        Expr::All(parts) => format!("all({})", list(parts)),
        Expr::Or(parts) => format!("or({})", list(parts)),
        Expr::Not(inner) => format!("not({})", condition(version, inner)),
        Expr::In(field @ (Field::Ingress | Field::Egress), ids) => {
            format!("{field:?} in {:?}", interfaces(version.device, ids))
        }
        Expr::In(field, values) => format!("{field:?} in {values:?}"),
        Expr::Unknown { cause: c, bound } => {
            format!("{} within {}", cause(version, *c), condition(version, bound))
        }
    }
}

/// The names of some interfaces, and whether packets of the device itself are meant too.
fn interfaces(device: &Device, ids: &Ranges) -> (BTreeSet<String>, bool) {
    let named = device.interfaces().filter(|(id, _)| ids.contains(u128::from(id.0)));
    (named.map(|(_, i)| i.name.value.clone()).collect(), ids.contains(u128::from(IfId::NONE.0)))
}

fn interface(device: &Device, id: IfId) -> String {
    device.interfaces.get(id.index()).map_or_else(String::new, |i| i.name.value.clone())
}

/// What is not known or chosen, and a mark of everything its line says.
fn cause(version: Version<'_>, id: CauseId) -> String {
    let Some(cause) = version.device.causes.get(id.0 as usize) else { return String::new() };
    let mark = version.statements.mark(cause.span);
    format!("{:?} {:?} {mark}", cause.kind, cause.what.text(Lang::En))
}
