//! Rows of tables that nobody confirmed yet: what they say is not known, so nothing that counts machines and segments
//! zone by zone may hold. On the level of packets, an interface that waits is adjacent to everything: that proof stands.

use std::collections::{BTreeMap, BTreeSet};

use jiff::civil::Date;

use super::crossing::MOST_CULPRITS;
use super::doctor::Fact;
use crate::analysis::answer::{Assertion, Basis, Bearing, Class, Culprit, Level, Verdict};
use crate::intent::date;
use crate::msg;
use crate::network::table::TableKind;
use crate::network::{Awaits, Site, Unconfirmed};
use crate::source::FileId;

/// Takes back what would hold only as long as the rows say nothing else.
pub(super) fn withdraw(site: &Site, today: Option<Date>, assertions: &mut [Assertion]) {
    unspoken(site, assertions);
    unread(site, assertions);
    unstarted(site, today, assertions);
    let waiting: Vec<Culprit> = site
        .records
        .unconfirmed
        .iter()
        .filter_map(|row| {
            let name = row.interface.as_deref()?;
            let device = &row.device;
            let what = msg!(
                "nobody confirmed yet where interface `{name}` of `{device}` is connected",
                "「{device}」のインターフェース「{name}」の接続先が未確認である(確認欄が空欄)"
            );
            Some(Culprit { span: row.cell, what, device: Some(device.clone()) })
        })
        .collect();
    if waiting.is_empty() {
        return;
    }
    for assertion in assertions.iter_mut().filter(|a| counts(a)) {
        assertion.verdict = Verdict::Undetermined;
        assertion.basis = Basis::Config;
        assertion.reason = Some(msg!(
            "rows of the sheet of interfaces are not confirmed: which zone they belong to is not known",
            "確認欄が○でない行があり、いずれの系に属するか不明である"
        ));
        assertion.culprits.extend(waiting.iter().take(MOST_CULPRITS).cloned());
        assertion.culprits.sort();
        assertion.culprits.dedup();
        assertion.culprits_truncated |= waiting.len() > MOST_CULPRITS;
    }
}

/// Rows of a policy table whose first day has not come were read as rules: neither what they permit nor what they deny is
/// certain yet.
fn unstarted(site: &Site, today: Option<Date>, assertions: &mut [Assertion]) {
    const STARTS: [&str; 5] = ["利用開始日", "適用開始日", "運用開始日", "開始日", "適用日"];
    let Some(today) = today else { return };
    let rules = site.records.tables.iter().filter(|t| t.kind == TableKind::Policies);
    let cells = rules.flat_map(|t| &t.rows).flat_map(|r| &r.unread);
    let starts = cells.filter(|c| STARTS.iter().any(|s| c.heading.ends_with(s)));
    let open = starts.filter(|c| match date::since(&c.text.value) {
        Some(first) => first > today,
        None => ["未", "予定", "後"].iter().any(|w| c.text.value.contains(w)),
    });
    let culprits: Vec<Culprit> = open
        .map(|cell| {
            let text = &cell.text.value;
            let what =
                msg!("the row is not in force yet ({text})", "ルールの開始日が到来していない(「{text}」)");
            Culprit { span: cell.text.span, what, device: None }
        })
        .collect();
    let decided = |a: &&mut Assertion| {
        matches!(a.verdict, Verdict::Holds | Verdict::Violated)
            && a.class == Class::Path
            && a.bearing == Bearing::Decides
    };
    for assertion in assertions.iter_mut().filter(decided).filter(|_| !culprits.is_empty()) {
        assertion.verdict = Verdict::Undetermined;
        assertion.reason = Some(msg!(
            "a policy table has rows whose first day has not come",
            "FWポリシー表に、開始日が到来していない行がある"
        ));
        assertion.culprits = culprits.iter().take(MOST_CULPRITS).cloned().collect();
        assertion.culprits_truncated |= culprits.len() > MOST_CULPRITS;
    }
}

/// Whether a verdict holds and rests on what machines and segments there are in each zone.
fn counts(assertion: &Assertion) -> bool {
    assertion.verdict == Verdict::Holds
        && assertion.class == Class::Path
        && assertion.bearing == Bearing::Decides
        && assertion.level != Level::Packet
}

/// A column that nothing reads may connect a machine or a segment to a second network.
fn unread(site: &Site, assertions: &mut [Assertion]) {
    let open = site.records.unconfirmed.iter().filter(|u| u.awaits == Awaits::Column);
    let culprits: Vec<Culprit> = open
        .map(|row| {
            let name = &row.device;
            let what = msg!(
                "a column that is not read, or a second VLAN, may connect `{name}` to another network",
                "読み取らない列又は複数のVLANの記載により、「{name}」が別のネットワークにも接続している可能性がある"
            );
            Culprit { span: row.cell, what, device: None }
        })
        .collect();
    if culprits.is_empty() {
        return;
    }
    for assertion in assertions.iter_mut().filter(|a| counts(a)) {
        assertion.verdict = Verdict::Undetermined;
        assertion.reason = Some(msg!(
            "cells that are not read may connect machines or segments to a second network",
            "機器又はセグメントが別のネットワークにも接続している可能性がある記載を読み取っていない"
        ));
        assertion.culprits.extend(culprits.iter().take(MOST_CULPRITS).cloned());
        assertion.culprits.sort();
        assertion.culprits.dedup();
        assertion.culprits_truncated |= culprits.len() > MOST_CULPRITS;
    }
}

/// As long as nobody says by which protocols and ports a sanitizer works, every session with it counts as its work: no
/// way around it is found, and that there is none is not shown.
fn unspoken(site: &Site, assertions: &mut [Assertion]) {
    let open = site.records.unconfirmed.iter().filter(|u| u.awaits == Awaits::Sessions);
    let culprits: Vec<Culprit> = open
        .map(|row| {
            let host = &row.device;
            let what = msg!(
                "by which protocols and ports sanitizer `{host}` works is not said",
                "無害化システム「{host}」の通信(プロトコル・ポート)が記入されていない"
            );
            Culprit { span: row.cell, what, device: None }
        })
        .collect();
    if culprits.is_empty() {
        return;
    }
    let rests = |a: &&mut Assertion| {
        let chain = a.level == Level::Host && matches!(a.id, "M-1" | "M-2");
        let cut = chain || matches!(a.id, "L-1" | "L-2" | "L-3" | "L-4");
        // Pairs of zones, IPv6 and what passes by default leave declared sessions out as well.
        let beside = matches!(a.id, "Z-1" | "X-4" | "X-9");
        let decides = a.class == Class::Path && a.bearing == Bearing::Decides;
        a.verdict == Verdict::Holds && (cut && decides || beside)
    };
    for assertion in assertions.iter_mut().filter(rests) {
        assertion.verdict = Verdict::Undetermined;
        assertion.reason = Some(msg!(
            "what sanitizers speak is not said: every session with them was left out",
            "無害化システムの通信が記入されていないため、無害化システムとの全ての通信を除外して解析した"
        ));
        assertion.culprits.extend(culprits.iter().take(MOST_CULPRITS).cloned());
        assertion.culprits.sort();
        assertion.culprits.dedup();
    }
}

/// Facts with the cells that wait as one fact for each sheet. They are asked about whatever the verdicts: with them,
/// verdicts may change. As long as interfaces wait, zones are empty for want of a ○, and what follows from that is no
/// question of its own.
pub(super) fn asked(site: &Site, facts: Vec<Fact>) -> Vec<Fact> {
    let mut sheets: BTreeMap<(FileId, Awaits), Vec<&Unconfirmed>> = BTreeMap::new();
    for row in &site.records.unconfirmed {
        sheets.entry((row.cell.file, row.awaits)).or_default().push(row);
    }
    let mut out: Vec<Fact> = Vec::new();
    let mut rest = facts;
    for ((_, awaits), rows) in &sheets {
        let mut fact = match awaits {
            Awaits::Mark | Awaits::Cable => sheet(site, rows),
            Awaits::Sessions => spoken(site, rows),
            Awaits::Administration => administered(site, rows),
            Awaits::Column => columns(site, rows),
        };
        let interfaces = rows.iter().any(|r| r.interface.is_some());
        let (own, others): (Vec<Fact>, Vec<Fact>) = rest.into_iter().partition(|f| match f.place {
            Some(place) => rows.iter().any(|r| r.cell == place),
            None => interfaces,
        });
        rest = others;
        for open in own.into_iter().flat_map(|f| f.settles.into_iter().chain(f.contributes)) {
            if !fact.contributes.contains(&open) {
                fact.contributes.push(open);
            }
        }
        out.push(fact);
    }
    out.extend(rest);
    out
}

fn sheet(site: &Site, rows: &[&Unconfirmed]) -> Fact {
    let mut places: Vec<_> = rows.iter().map(|r| r.cell).collect();
    places.sort();
    // One mark may speak for many rows.
    places.dedup();
    let cells: Vec<String> = places.iter().map(|c| site.sources.cell(*c).unwrap_or_default()).collect();
    let (count, en, ja) = (cells.len(), cells.join(", "), cells.join("、"));
    Fact {
        place: places.first().copied(),
        what: msg!(
            "{count} rows of the sheet are not confirmed: {en}",
            "確認欄が○でない行が{count}行ある: {ja}"
        ),
        also: BTreeSet::new(),
        device: None,
        settles: Vec::new(),
        contributes: Vec::new(),
        who: msg!(
            "the municipality's own network staff, or whoever maintains the device",
            "町の情報担当又は機器の保守業者"
        ),
        then: msg!(
            "correct each row where needed and write ○ into the cell; a row without it is no fact",
            "各行の内容を確認し、必要に応じて修正した上で、当該セルに○を記入する(○のない行は事実として扱わない)"
        ),
    }
}

/// Sanitizers of which nobody said what they speak.
fn spoken(site: &Site, rows: &[&Unconfirmed]) -> Fact {
    let cells: Vec<String> = rows.iter().map(|r| site.sources.cell(r.cell).unwrap_or_default()).collect();
    let (count, en, ja) = (cells.len(), cells.join(", "), cells.join("、"));
    Fact {
        what: msg!(
            "{count} sanitizers do not say by which protocols and ports they work: {en}",
            "無害化の通信(プロトコル・ポート)が記入されていない行が{count}行ある: {ja}"
        ),
        who: msg!("the vendor of the sanitizer", "無害化システムの納入業者"),
        then: msg!(
            "write them like `TCP/443、TCP/25`: only what is written is taken out when ways around the sanitizer are looked for",
            "`TCP/443、TCP/25` のように記入する(記入した通信のみを、無害化システムを除いた経路の解析で除外する)"
        ),
        ..sheet(site, rows)
    }
}

/// Sanitizers of which nobody said who administers them.
fn administered(site: &Site, rows: &[&Unconfirmed]) -> Fact {
    let cells: Vec<String> = rows.iter().map(|r| site.sources.cell(r.cell).unwrap_or_default()).collect();
    let (count, en, ja) = (cells.len(), cells.join(", "), cells.join("、"));
    Fact {
        what: msg!(
            "{count} sanitizers do not say who administers them: {en}",
            "無害化システムの管理の通信が記入されていない行が{count}行ある: {ja}"
        ),
        who: msg!("the vendor of the sanitizer", "無害化システムの納入業者"),
        then: msg!(
            "write who administers it, and how, like `SV-KANRI01 TCP/22`; `-` if nobody does",
            "管理元と通信を `SV-KANRI01 TCP/22` のように記入する(ない場合は「-」と記入する)"
        ),
        ..sheet(site, rows)
    }
}

/// Cells of columns that nothing reads.
fn columns(site: &Site, rows: &[&Unconfirmed]) -> Fact {
    let cells: Vec<String> = rows.iter().map(|r| site.sources.cell(r.cell).unwrap_or_default()).collect();
    let (count, en, ja) = (cells.len(), cells.join(", "), cells.join("、"));
    Fact {
        what: msg!(
            "{count} cells that are not read may connect something to a second network: {en}",
            "別の接続先とみられる、読み取っていない記載が{count}か所ある: {ja}"
        ),
        who: msg!("the municipality's own network staff", "町の情報担当"),
        then: msg!(
            "if a machine is connected there, write a row of its own for that connection (a VLAN for each row of segments); if not, name the column's heading in `remarks = [\"…\"]` of the `[[table]]`",
            "当該機器が接続している場合は、その接続口について行を分けて記載する(VLANの行は1行に1つのVLANとする)。接続していない場合は、その列の見出しを `[[table]]` の `remarks = [\"…\"]` に記載する"
        ),
        ..sheet(site, rows)
    }
}
