//! Checked options: every value that the command line may hold, or a clear refusal.

use std::net::IpAddr;
use std::path::{Path, PathBuf};

use ipnetwork::IpNetwork;
use jiff::civil::Date;

use super::args::{DeviceFiles, Global};
use super::language;
use crate::model::{PORT_PROTOCOLS, Ranges};
use crate::msg;
use crate::report::packets;
use crate::source::{Lang, Msg};
use crate::vendor::{Companion, VENDORS, Vendor, by_id};

/// How to answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Format {
    /// For a person.
    Text,
    /// For a script.
    Json,
    /// A picture for browsers and documents.
    Svg,
    /// A picture for Graphviz.
    Dot,
    /// A picture for Markdown viewers.
    Mermaid,
}

impl Format {
    /// Whether it is a picture, which only `bunri graph` draws.
    pub(super) fn is_picture(self) -> bool {
        matches!(self, Format::Svg | Format::Dot | Format::Mermaid)
    }
}

/// Options of every command, checked.
#[derive(Debug, Clone)]
pub(super) struct Common {
    pub(super) lang: Lang,
    /// `None`: the command's own habit.
    pub(super) format: Option<Format>,
    pub(super) output: Option<PathBuf>,
    pub(super) progress: bool,
    /// The day as of which to judge.
    pub(super) today: Date,
}

impl Common {
    /// Checks the global options. `lang` is what was detected before parsing.
    pub(super) fn check(global: &Global, lang: Lang) -> Result<Self, Msg> {
        if let Some(text) = &global.lang
            && language::parse(text).is_none()
        {
            return Err(msg!("`--lang {text}`: write ja or en", "`--lang {text}`: ja 又は en を指定する"));
        }
        let given = global.today.as_deref().map(date).transpose()?;
        Ok(Common {
            lang,
            format: global.format.as_deref().map(format).transpose()?,
            output: global.output.clone().filter(|p| p.as_os_str() != "-"),
            progress: !global.no_progress,
            today: given.unwrap_or_else(|| jiff::Zoned::now().date()),
        })
    }
}

/// Formats of the design that this version does not write.
const LATER: [&str; 5] = ["sarif", "junit", "html", "xlsx", "csv"];

fn format(text: &str) -> Result<Format, Msg> {
    match text {
        "text" => Ok(Format::Text),
        "json" => Ok(Format::Json),
        "svg" => Ok(Format::Svg),
        "dot" => Ok(Format::Dot),
        "mermaid" => Ok(Format::Mermaid),
        later if LATER.contains(&later) => Err(msg!(
            "`--format {later}`: this version writes text and json only",
            "`--format {later}`: この版で出力できる形式は text 及び json のみである"
        )),
        other => Err(msg!(
            "`--format {other}`: write text or json",
            "`--format {other}`: text 又は json を指定する"
        )),
    }
}

fn date(text: &str) -> Result<Date, Msg> {
    let strict = text.len() == 10 && text.bytes().filter(|b| *b == b'-').count() == 2;
    text.parse().ok().filter(|_| strict).ok_or_else(|| {
        msg!(
            "`--today {text}`: write a date as YYYY-MM-DD, for example 2026-04-01",
            "`--today {text}`: 日付を YYYY-MM-DD の形式で指定する(例 2026-04-01)"
        )
    })
}

/// The id of policy tables, which no vendor reads: their rows name zones and interfaces of a site.
const TABLE: &str = "table";

/// What to do with a policy table that is asked about alone.
pub(super) fn part_of_a_site(en: &str, ja: &str) -> Msg {
    msg!(
        "{en}: a policy table names the interfaces and zones of a site and cannot be read alone: write `[[device]]` with `config = \"FILE\"`, `vendor = \"table\"` and `attach` in `topology.toml`, and ask about that folder (`bunri check SITE`, `bunri trace SITE --packets P.json`)",
        "{ja}: ポリシー表はサイトのインターフェース及び系の名称によるため、単独では解析できない。`topology.toml` の `[[device]]` に `config = \"ファイル名\"`、`vendor = \"table\"` 及び `attach` を記載し、そのフォルダを指定する(`bunri check SITE`、`bunri trace SITE --packets P.json`)"
    )
}

/// The vendor that `--vendor` names.
pub(super) fn vendor(id: Option<&str>) -> Result<Option<&'static dyn Vendor>, Msg> {
    let Some(id) = id else { return Ok(None) };
    if id == TABLE {
        return Err(part_of_a_site(&format!("`--vendor {id}`"), &format!("`--vendor {id}`")));
    }
    by_id(id).map(Some).ok_or_else(|| {
        let ids: Vec<&str> = VENDORS.iter().map(|v| v.id()).collect();
        let ids = ids.join(", ");
        msg!(
            "`--vendor {id}`: this version reads {ids}",
            "`--vendor {id}`: この版で読み込める種別は {ids} である"
        )
    })
}

/// The companion files that were given, in a fixed order.
pub(super) fn companions(files: &DeviceFiles) -> Vec<(Companion, &Path)> {
    let all = [
        (Companion::Ipv6, &files.ipv6),
        (Companion::Addresses, &files.addresses),
        (Companion::Routes, &files.routes),
        (Companion::Routes6, &files.routes6),
        (Companion::Rules, &files.rules),
        (Companion::Sysctl, &files.sysctl),
    ];
    all.into_iter().filter_map(|(kind, path)| path.as_deref().map(|p| (kind, p))).collect()
}

/// A prefix or an address, as `--src` and `--dst` take it.
pub(super) fn prefix(option: &str, text: &str) -> Result<IpNetwork, Msg> {
    let network = match text.contains('/') {
        true => text.parse().ok(),
        false => text.parse::<IpAddr>().ok().map(IpNetwork::from),
    };
    network.ok_or_else(|| {
        msg!(
            "`{option} {text}`: write an address or a prefix, for example 10.0.0.0/8 or 2001:db8::/32",
            "`{option} {text}`: アドレス又はプレフィックスを指定する(例 10.0.0.0/8、2001:db8::/32)"
        )
    })
}

/// A protocol, as `--proto` takes it.
pub(super) fn protocol(text: &str) -> Result<u8, Msg> {
    packets::protocol(text).ok_or_else(|| {
        let names: Vec<&str> = packets::protocol_names().collect();
        let names = names.join(", ");
        msg!(
            "`--proto {text}`: write a number from 0 to 255 or one of {names}",
            "`--proto {text}`: 0から255までの番号又は次の名前を指定する: {names}"
        )
    })
}

/// Ports, as `--dport` takes them. They need a protocol that has ports.
pub(super) fn ports(text: &str, protocol: Option<u8>) -> Result<Ranges, Msg> {
    if protocol.is_some_and(|p| !PORT_PROTOCOLS.contains(&p)) {
        return Err(msg!(
            "`--dport {text}`: the protocol given has no ports",
            "`--dport {text}`: 指定されたプロトコルにはポートがない"
        ));
    }
    let bounds = text.split_once('-').unwrap_or((text, text));
    let pair = (bounds.0.parse::<u16>().ok(), bounds.1.parse::<u16>().ok());
    match pair {
        (Some(low), Some(high)) if low <= high => Ok(Ranges::span(u128::from(low), u128::from(high))),
        _ => Err(msg!(
            "`--dport {text}`: write a port from 0 to 65535 or a range such as 8000-8100",
            "`--dport {text}`: 0から65535までのポート番号又は範囲(例 8000-8100)を指定する"
        )),
    }
}
