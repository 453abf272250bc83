//! The topology of a first site, as TOML.

use std::fmt::Write as _;

use super::{FORM, Start, StartDevice, StartTable};
use crate::network::table::TableKind;
use crate::report::draft::quoted;
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
        table(&mut out, kind, FORM, kind.title(), "");
    }
    if !start.tables.is_empty() {
        out.push_str("\n# --- 受領した管理表 ---\n");
    }
    for found in &start.tables {
        received(&mut out, found);
    }
    out.push_str("\n# --- 機器 ---\n");
    for found in &start.devices {
        device(&mut out, found);
    }
    out
}

/// One table; every line begins with `mark`.
fn table(out: &mut String, kind: TableKind, file: &str, sheet: &str, mark: &str) {
    let _ =
        writeln!(out, "{mark}[[table]]\n{mark}kind = {}\n{mark}file = {}", quoted(kind.word()), quoted(file));
    if !sheet.is_empty() {
        let _ = writeln!(out, "{mark}sheet = {}", quoted(sheet));
    }
    out.push('\n');
}

fn received(out: &mut String, found: &StartTable) {
    match &found.unused {
        None => table(out, found.kind, found.path.as_str(), &found.sheet, ""),
        Some(why) => {
            let why = why.text(crate::source::Lang::Ja).replace(['\n', '\r'], " ");
            let _ = writeln!(out, "# 使用していない: {why}");
            table(out, found.kind, found.path.as_str(), &found.sheet, "# ");
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
