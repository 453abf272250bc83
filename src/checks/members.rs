//! HA-1: both members of an HA cluster are configured alike.
//!
//! # What it finds
//! Differences between the configurations of two members, apart from what the vendor does not synchronise.
//!
//! # Why it matters
//! The second member takes over some day, and then its configuration is the network's. Every other question counts
//! what either member would let pass.
//!
//! # Example
//! A policy that was added for a test while the cluster was not in synchronisation stands on the second member only.
//!
//! # Remedy
//! Bring the cluster into synchronisation and export both members again.
//!
//! # References
//! None: a matter of the vendor's documentation.

use std::collections::BTreeSet;

use super::assertion;
use super::explanation::Explanation;
use crate::analysis::answer::{Assertion, Class, Culprit, Leg, Level, Verdict};
use crate::msg;
use crate::network::{Cluster, Drift, Site};

/// The check in words.
pub(super) fn explanation() -> Explanation {
    Explanation {
        code: "HA-1",
        title: msg!(
            "both members of an HA cluster are configured alike",
            "冗長構成(HA)の両機器の設定が一致していること(副系設定差異)"
        ),
        finds: msg!(
            "differences between the configurations of two members, apart from what the vendor does not synchronise",
            "両機器の設定の差異(製品が同期しない項目を除く)"
        ),
        matters: msg!(
            "the second member takes over some day, and then its configuration is the network's. Every other question counts what either member would let pass",
            "副系はいつか主系となり、その設定が町のネットワークの設定となる。他の項目は、いずれかの機器が通す通信を全て対象としている"
        ),
        example: msg!(
            "A policy that was added for a test while the cluster was not in synchronisation stands on the second member only",
            "同期が外れている間に試験用に追加されたポリシーが、副系にのみ残っている"
        ),
        remedy: msg!(
            "bring the cluster into synchronisation and export both members again",
            "同期を回復し、両機器の設定を採取し直す"
        ),
        references: msg!("none: a matter of the vendor's documentation", "なし(製品の資料による)"),
    }
}

/// Most differences that are listed.
const MOST: usize = 20;

/// One assertion per cluster.
pub fn check(site: &Site) -> Vec<Assertion> {
    site.clusters.iter().map(|cluster| one(site, cluster)).collect()
}

fn one(site: &Site, cluster: &Cluster) -> Assertion {
    let title = msg!(
        "both members of the HA cluster are configured alike",
        "冗長構成(HA)の両機器の設定が一致していること(副系設定差異)"
    );
    let (first, second) = (&cluster.first.value, &cluster.second.value);
    let scope = format!("{first} / {second}");
    let mut out = assertion("HA-1", "", Level::None, Class::Evidence, scope, title);
    match &cluster.drift {
        Drift::None => out.verdict = Verdict::Holds,
        Drift::Unknown(why) => {
            out.reason = Some(why.clone());
            out.culprits.push(Culprit { span: cluster.second.span, what: why.clone(), device: None });
        }
        Drift::Found(found) if found.iter().all(|d| d.meant) => {
            out.verdict = Verdict::Holds;
            out.reason = Some(msg!(
                "they differ only in what their exceptions from synchronisation leave to each; both are analysed",
                "同期の例外設定(vdom-exception)の対象のみが異なり、両機器をそれぞれ検査対象としている"
            ));
        }
        Drift::Found(found) => {
            out.verdict = Verdict::Violated;
            let found: Vec<_> = found.iter().filter(|d| !d.meant).collect();
            let shown = found.iter().take(MOST);
            let culprits = shown.map(|d| {
                let file = site.sources.origin(d.span.file);
                let box_of = site.devices.iter().find(|s| s.device.file == file);
                let device = box_of.map(|s| s.chassis.clone());
                Culprit { span: d.span, what: d.what.clone(), device }
            });
            out.culprits = culprits.collect();
            out.culprits_truncated = found.len() > MOST;
        }
    }
    out
}

/// What a path through members of clusters takes for granted: that this member is the active one. Said of the second
/// member only, unless the path needs both.
pub(super) fn active(site: &Site, legs: &[Leg]) -> Vec<Culprit> {
    let hops = legs.iter().flat_map(|l| &l.hops);
    let named: BTreeSet<&str> = hops.map(|h| h.device.as_str()).collect();
    let through: BTreeSet<&str> = site
        .devices
        .iter()
        .filter(|d| named.contains(d.device.name.as_str()))
        .map(|d| d.chassis.as_str())
        .collect();
    let mut out = Vec::new();
    for cluster in &site.clusters {
        let (first, second) = (&cluster.first.value, &cluster.second.value);
        if !through.contains(second.as_str()) {
            continue;
        }
        let what = msg!(
            "after a failover, while `{second}` is the active member",
            "副系切替後(「{second}」が稼働系のとき)"
        );
        out.push(Culprit { span: cluster.second.span, what, device: Some(second.clone()) });
        if through.contains(first.as_str()) {
            let what = msg!("while `{first}` is the active member", "「{first}」が稼働系のとき");
            out.push(Culprit { span: cluster.first.span, what, device: Some(first.clone()) });
        }
    }
    out
}
