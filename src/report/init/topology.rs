//! The topology of a first site, as TOML.

use std::collections::BTreeSet;
use std::fmt::Write as _;

use super::{FORM, Start, StartDevice, StartTable, TableDevice};
use crate::network::table::TableKind;
use crate::report::draft::quoted;
use crate::source::SitePath;
use crate::vendor::Companion;

/// The topology.
pub fn topology(start: &Start) -> String {
    let mut out = String::from(
        "# 構成情報。bunri init が作成した。\n\
         # 系、接続先及び無害化システムは「構成情報入力票.xlsx」に記入する(確認欄が○の行のみを事実として扱う)。\n\
         # Written by bunri init. Zones and connections are read from the workbook; only rows with ○ under 確認 count.\n\
         schema_version = 1\n",
    );
    let _ = writeln!(out, "name = {}", quoted(&start.name));
    out.push_str("\n# --- 構成情報入力票 ---\n");
    for kind in [TableKind::Zones, TableKind::Connections, TableKind::Sanitizers, TableKind::Declarations] {
        table(&mut out, kind, FORM, kind.title(), &[], "");
    }
    if !start.networks.is_empty() {
        table(&mut out, TableKind::Networks, FORM, TableKind::Networks.title(), &[], "");
    }
    if !start.unread.is_empty() {
        table(&mut out, TableKind::Unread, FORM, TableKind::Unread.title(), &[], "");
    }
    if !start.suggested.is_empty() {
        table(&mut out, TableKind::Cables, FORM, TableKind::Cables.title(), &[], "");
    }
    if !start.tables.is_empty() {
        out.push_str("\n# --- 受領した管理表 ---\n");
    }
    for found in &start.tables {
        received(&mut out, found);
    }
    left_out(&mut out, start);
    out.push_str("\n# --- 機器 ---\n");
    for found in &start.devices {
        device(&mut out, found);
    }
    for found in &start.by_table {
        by_table(&mut out, found);
    }
    if !start.cables.is_empty() {
        out.push_str("# --- 結線(結線表のうち、両端の機器の設定がある行) ---\n");
    }
    for cable in &start.cables {
        let (place, from, to) = (cable.place.replace(['\n', '\r'], " "), &cable.from, &cable.to);
        let _ = writeln!(
            out,
            "# {place}\n[[link]]\ndevice = {}\nports = [{}]\nto = {{ device = {}, port = {} }}\n",
            quoted(&from.0),
            quoted(&from.1),
            quoted(&to.0),
            quoted(&to.1),
        );
    }
    out
}

/// Files and sheets of the folder that the site does not read. They lie in the site, so that a block only needs its marks
/// taken away; those that could not be read stay open until somebody says why they are left out.
fn left_out(out: &mut String, start: &Start) {
    let read = |t: &&StartTable| t.unused.is_none();
    let used: BTreeSet<&SitePath> = start.tables.iter().filter(read).map(|t| &t.path).collect();
    let idle = start.tables.iter().map(|t| &t.path).filter(|p| !used.contains(p));
    for path in idle.collect::<BTreeSet<_>>() {
        let all = start.tables.iter().filter(|t| t.path == *path).all(StartTable::has_its_use);
        let (remark, reason) = match all {
            true => ("", "受領した管理表(候補の推定に用いた。構成情報としては読み込んでいない)"),
            false => (
                "# 読み込めない表がある。訂正して上の記載の行頭の「#」を外すか、使用しない場合はその理由を記入する。\n",
                "",
            ),
        };
        let _ = writeln!(
            out,
            "{remark}[[unused_file]]\npath = {}\nreason = {}\n",
            quoted(path.as_str()),
            quoted(reason)
        );
    }
    let beside = |t: &&StartTable| used.contains(&t.path) && t.unused.is_some() && t.has_its_use();
    for table in start.tables.iter().filter(beside) {
        let reason = "受領した管理表(候補の推定に用いた。構成情報としては読み込んでいない)";
        let _ = writeln!(
            out,
            "[[unused_sheet]]\nfile = {}\nsheet = {}\nreason = {}\n",
            quoted(table.path.as_str()),
            quoted(&table.sheet),
            quoted(reason)
        );
    }
}

/// One table; every line begins with `mark`.
fn table(out: &mut String, kind: TableKind, file: &str, sheet: &str, details: &[String], mark: &str) {
    let _ =
        writeln!(out, "{mark}[[table]]\n{mark}kind = {}\n{mark}file = {}", quoted(kind.word()), quoted(file));
    if !sheet.is_empty() {
        let _ = writeln!(out, "{mark}sheet = {}", quoted(sheet));
    }
    for line in details {
        let _ = writeln!(out, "{mark}{line}");
    }
    out.push('\n');
}

/// What is to be said of a table beside its place.
fn details(found: &StartTable) -> Vec<String> {
    let listed = |pairs: Vec<String>| format!("{{ {} }}", pairs.join(", "));
    let mut out = Vec::new();
    out.extend(found.device.iter().map(|d| format!("device = {}", quoted(d))));
    if let Some((key, value)) = &found.constant {
        out.push(format!("constants = {{ {key} = {} }}", quoted(value)));
    }
    if !found.columns.is_empty() {
        let columns = found.columns.iter().map(|(key, heading)| format!("{key} = {}", quoted(heading)));
        out.push(format!("columns = {}", listed(columns.collect())));
    }
    if !found.words.is_empty() {
        let words = found.words.iter().map(|(word, meant)| format!("{} = {}", quoted(word), quoted(meant)));
        out.push(format!("words = {}", listed(words.collect())));
    }
    out
}

fn received(out: &mut String, found: &StartTable) {
    match &found.unused {
        None => {
            let mut lines = details(found);
            if found.kind.lists_flows() {
                out.push_str(
                    "# 全ての行を読み込めるまでの間は、台帳なしとして扱う(provisional)。読み込めた後は、この行を削除する。\n",
                );
                lines.push("provisional = true".to_owned());
            }
            table(out, found.kind, found.path.as_str(), &found.sheet, &lines, "");
        }
        Some(why) => {
            let why = why.text(crate::source::Lang::Ja).replace(['\n', '\r'], " ");
            let _ = writeln!(out, "# 使用していない: {why}");
            table(out, found.kind, found.path.as_str(), &found.sheet, &details(found), "# ");
        }
    }
}

fn device(out: &mut String, found: &StartDevice) {
    let _ = writeln!(
        out,
        "[[device]]\nname = {}\nconfig = {}\nvendor = {}",
        quoted(&found.name),
        quoted(found.config.as_str()),
        quoted(found.vendor),
    );
    if found.spare {
        out.push_str("excluded = \"予備機(全てのファイルが旧設定又は予備の場所にある)\"\n");
    }
    if let Some(collected) = &found.collected {
        let _ = writeln!(out, "collected = {}", quoted(collected));
    }
    if !found.companions.is_empty() {
        out.push_str("[device.companions]\n");
    }
    for (kind, path) in &found.companions {
        let _ = writeln!(out, "{} = {}", key(*kind), quoted(path.as_str()));
    }
    if let Some((name, config)) = &found.standby {
        let _ =
            writeln!(out, "[device.standby]\nname = {}\nconfig = {}", quoted(name), quoted(config.as_str()));
    }
    out.push('\n');
}

/// A device for whose configuration tables stand: nobody said yet where its interfaces lead.
fn by_table(out: &mut String, found: &TableDevice) {
    let _ = writeln!(
        out,
        "# 設定に代わる表がある機器。各インターフェースの接続先(セグメント)を記入し、上の表の記載と併せて行頭の「#」を外す。\n\
         # [[device]]\n# name = {}\n# config = \"table\"\n# [device.attach]",
        quoted(&found.name),
    );
    for interface in &found.interfaces {
        let _ = writeln!(out, "# {} = \"\"", quoted(interface));
    }
    out.push('\n');
}

/// The key of a companion in the topology.
fn key(kind: Companion) -> &'static str {
    match kind {
        Companion::Ipv6 => "ipv6",
        Companion::Addresses => "addresses",
        Companion::Routes => "routes",
        Companion::Routes6 => "routes6",
        Companion::Rules => "rules",
        Companion::Sysctl => "sysctl",
    }
}
