//! The next few facts: what somebody could find out, in the order of the verdicts that it would settle. Facts that one
//! look at one place answers are one: whoever opens a device's settings to see what a file leaves out sees all of it.

use std::collections::{BTreeMap, BTreeSet};

use super::waiting;
use crate::analysis::answer::{Assertion, Assessment, Bearing, Class, Culprit, Level, Verdict};
use crate::msg;
use crate::network::{DeviceStatus, Site};
use crate::source::{Code, Diagnostic, Lang, Msg, Span};

/// Facts named at once: more is a to-do list that nobody starts.
pub const MOST: usize = 5;

/// What to find out next.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Advice {
    /// At most [`MOST`], the most useful first.
    pub facts: Vec<Fact>,
    /// Further facts that are not listed.
    pub more: usize,
    /// Assertions that are undetermined.
    pub open: usize,
    /// Assertions that are violated: no fact mends them.
    pub violated: usize,
}

/// One fact that is not known.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fact {
    /// What is not known, and where it shows; no place if it shows in no line.
    pub place: Option<Span>,
    /// What is not known.
    pub what: Msg,
    /// What else is not known that the same look answers.
    pub also: BTreeSet<Msg>,
    /// The device it is about.
    pub device: Option<String>,
    /// Assertions that are undetermined for this alone.
    pub settles: Vec<Open>,
    /// Assertions that are undetermined for this and something else.
    pub contributes: Vec<Open>,
    /// Who would know.
    pub who: Msg,
    /// What to do with the answer.
    pub then: Msg,
}

/// An assertion that is undetermined.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Open {
    /// `M-1`.
    pub id: &'static str,
    /// Its level.
    pub level: Level,
    /// What it is about.
    pub scope: String,
    /// Its class.
    pub class: Class,
}

/// Reads the open verdicts for the facts that would settle them.
pub fn advise(site: &Site, assessment: &Assessment) -> Advice {
    // What only informs changes no result: nobody has to find it out.
    let decides = || assessment.assertions.iter().filter(|a| a.bearing == Bearing::Decides);
    let of = |v: Verdict| decides().filter(move |a| a.verdict == v);
    let mut found: BTreeMap<Look, Fact> = BTreeMap::new();
    for assertion in of(Verdict::Undetermined) {
        let looks: BTreeSet<Look> = assertion.culprits.iter().map(Look::of).collect();
        for culprit in &assertion.culprits {
            let fact = found.entry(Look::of(culprit)).or_insert_with(|| fact(site, culprit));
            fact.also.insert(culprit.what.clone());
        }
        let alone = looks.len() == 1 && !assertion.culprits_truncated;
        for look in looks {
            let Some(fact) = found.get_mut(&look) else { continue };
            let list = if alone { &mut fact.settles } else { &mut fact.contributes };
            list.push(open(assertion));
        }
        if let (true, Some(reason)) = (assertion.culprits.is_empty(), &assertion.reason) {
            let fact = found.entry(Look::Reason(reason.clone())).or_insert_with(|| without_a_place(reason));
            fact.settles.push(open(assertion));
        }
    }
    let mut facts: Vec<Fact> = found.into_values().collect();
    facts.iter_mut().for_each(headed);
    let mut facts = waiting::asked(site, facts);
    let weight = |list: &[Open]| (list.iter().filter(|o| o.class == Class::Path).count(), list.len());
    let named = |fact: &Fact| {
        let text = fact.place.map(|span| site.sources.excerpt(span).text);
        (fact.device.clone(), fact.what.clone(), text)
    };
    // Equal facts by what they say; those that say the same in the order of their places.
    facts.sort_by_cached_key(named);
    // What waits for a mere ○ comes first.
    let asked = |f: &Fact| f.place.is_some_and(|p| site.records.unconfirmed.iter().any(|u| u.cell == p));
    facts.sort_by_key(|f| std::cmp::Reverse((asked(f), weight(&f.settles), weight(&f.contributes))));
    let more = facts.len().saturating_sub(MOST);
    facts.truncate(MOST);
    Advice { facts, more, open: of(Verdict::Undetermined).count(), violated: of(Verdict::Violated).count() }
}

/// Puts the plainest question first. Whether a register entry passes, or some other item, hangs on the same fact: it is
/// not told twice.
fn headed(fact: &mut Fact) {
    let length = |what: &Msg| what.text(Lang::En).len();
    let Some(first) = fact.also.iter().min_by_key(|what| (length(what), (*what).clone())).cloned() else {
        return;
    };
    fact.also.retain(|what| !what.text(Lang::En).ends_with(first.text(Lang::En)));
    fact.what = first;
}

/// Where somebody looks: one look may answer several questions, and stand behind many verdicts.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
enum Look {
    /// At a line, or at all that a file leaves out.
    Place(Span),
    /// Nowhere in particular.
    Reason(Msg),
}

impl Look {
    fn of(culprit: &Culprit) -> Self {
        Look::Place(culprit.span)
    }
}

fn open(a: &Assertion) -> Open {
    Open { id: a.id, level: a.level, scope: a.scope.clone(), class: a.class }
}

fn fact(site: &Site, culprit: &Culprit) -> Fact {
    let (who, then) = match source_of(site, culprit) {
        Source::MissingDevice(name) => (
            msg!("whoever runs `{name}`", "「{name}」の管理者(町、県又は事業者)"),
            msg!(
                "put the exported configuration into the site folder and name it at `config` of `{name}`; if it is \
                 not to be had, write `config = \"unavailable\"` with a contract and a declaration",
                "設定の写しをサイトのフォルダに置き、「{name}」の `config` に記載する。入手できない場合は \
                 `config = \"unavailable\"` とし、動作(contract)及び申告を記載する"
            ),
        ),
        Source::Topology => (
            msg!("the municipality's own network staff", "町の情報担当"),
            msg!(
                "write it into the topology at the place shown, with a declaration where no configuration shows it",
                "構成情報の該当箇所に記載する。設定から確認することができない事項には申告を付ける"
            ),
        ),
        Source::LeftOut(device) => (
            msg!("whoever maintains `{device}`", "「{device}」の保守業者"),
            msg!(
                "export again with everything that the file leaves out (such as `show full-configuration`); turn off \
                 what is not needed",
                "省略された設定も出力される方法(`show full-configuration` 等)で採取し直す。不要な機能は停止する"
            ),
        ),
        Source::Cut(device) => (
            msg!("whoever exported the configuration of `{device}`", "「{device}」の設定を採取した者"),
            msg!(
                "export the whole configuration again, up to its end mark and the prompt behind it, without paging \
                 (`terminal length 0` and the like)",
                "設定全体を、末尾及びその後のプロンプトまで採取し直す(ページ送りは `terminal length 0` 等で停止する)"
            ),
        ),
        Source::Relay(device) => (
            msg!("whoever maintains `{device}`", "「{device}」の保守業者"),
            msg!(
                "find out whether it passes data on between those who ask it and those whom it asks; if not, write \
                 `relay = \"no\"` at the device, with a declaration",
                "問い合わせた側と問い合わせ先との間でデータを中継するか否かを確認する。中継しない場合は、機器に \
                 `relay = \"no\"` 及び申告を記載する"
            ),
        ),
        Source::Configuration(device) => (
            msg!("whoever maintains `{device}`", "「{device}」の保守業者"),
            msg!(
                "ask what the line does and whether that is in use: what is not may be turned off at the next \
                 maintenance (never by deleting a line that turns something off); what is, state with addresses and \
                 services. Then export again",
                "該当行の機能及び使用の有無を確認する。使用していない機能は次回の保守で停止し(`no …` 等、機能を止めて\
                 いる行は削除しない)、使用している場合はアドレス及びサービスを明示した設定に改め、設定を採取し直す"
            ),
        ),
    };
    Fact {
        place: Some(culprit.span),
        what: culprit.what.clone(),
        also: BTreeSet::new(),
        device: culprit.device.clone(),
        settles: Vec::new(),
        contributes: Vec::new(),
        who,
        then,
    }
}

fn without_a_place(reason: &Msg) -> Fact {
    Fact {
        place: None,
        what: reason.clone(),
        also: BTreeSet::new(),
        device: None,
        settles: Vec::new(),
        contributes: Vec::new(),
        who: msg!("the municipality's own network staff", "町の情報担当"),
        then: msg!("complete the topology or the policy files", "構成情報又は台帳等を補う"),
    }
}

enum Source {
    /// Nothing of the device was read.
    MissingDevice(String),
    /// A gap in the topology.
    Topology,
    /// What the device's configuration leaves out.
    LeftOut(String),
    /// The device's configuration ends early.
    Cut(String),
    /// A service of the device by which data may pass on.
    Relay(String),
    /// A line of the device's configuration.
    Configuration(String),
}

fn source_of(site: &Site, culprit: &Culprit) -> Source {
    let missing = site.boxes.iter().filter(|b| matches!(b.1, DeviceStatus::Missing(_))).map(|b| &b.0);
    let of_device = |name: &str| culprit.device.as_deref().is_some_and(|d| d == name);
    for name in missing {
        if of_device(&name.value) || name.span == culprit.span {
            return Source::MissingDevice(name.value.clone());
        }
    }
    // What a table says is the municipality's own word, like the topology.
    let confirmed =
        |t: &crate::network::table::Table| t.file == culprit.span.file && !t.kind.stands_for_configuration();
    if site.records.tables.iter().any(confirmed) {
        return Source::Topology;
    }
    let named = culprit.device.as_deref().unwrap_or_default();
    let ends = |d: &Diagnostic| d.code == Code::TruncatedInput && d.primary == culprit.span;
    if site.diagnostics.iter().any(ends) {
        return Source::Cut(named.to_owned());
    }
    let mut relays =
        site.devices().filter(|(_, d)| d.device.name == named).flat_map(|(_, d)| &d.device.relays);
    if relays.any(|r| r.span == culprit.span && !r.certain) {
        return Source::Relay(named.to_owned());
    }
    match &culprit.device {
        Some(device) if culprit.span.file != site.topology && site.sources.is_whole(culprit.span) => {
            Source::LeftOut(device.clone())
        }
        Some(device) if culprit.span.file != site.topology => Source::Configuration(device.clone()),
        None if culprit.span.file != site.topology => {
            let path = site.sources.file(culprit.span.file).map(|f| f.path().to_string());
            Source::Configuration(path.unwrap_or_default())
        }
        _ => Source::Topology,
    }
}
