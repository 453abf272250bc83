//! Where an interface may belong, by the words that people give it. A proposal is never a fact.

use crate::msg;
use crate::source::{Lang, Msg, narrow};

/// A zone that the form offers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ZoneWord {
    /// Its id in the topology.
    pub id: &'static str,
    /// What papers call it.
    pub name: &'static str,
    /// 区分 in the sheet of zones.
    pub role: &'static str,
    /// Words that point to it, lower case.
    words: &'static [&'static str],
}

/// Zones in the order of the form.
pub const ZONES: &[ZoneWord] = &[
    ZoneWord {
        id: "MYN",
        name: "マイナンバー利用事務系",
        role: "マイナンバー利用事務系",
        words: &[
            "マイナンバー",
            "個人番号",
            "mynum",
            "基幹",
            "kikan",
            "ガバメントクラウド",
            "ガバクラ",
            "gcloud",
            "myn",
        ],
    },
    ZoneWord {
        id: "LGW",
        name: "LGWAN接続系",
        role: "LGWAN接続系",
        words: &["lgwan", "lgw", "内部情報", "内部系", "naibu", "総合行政"],
    },
    ZoneWord {
        id: "INT",
        name: "インターネット接続系",
        role: "インターネット接続系",
        words: &[
            "インターネット",
            "internet",
            "情報系",
            "joho",
            "inet",
            "セキュリティクラウド",
            "wan",
            "dmz",
            "仮想ブラウザ",
        ],
    },
    ZoneWord {
        id: "MGT",
        name: "運用管理系",
        role: "運用管理系",
        words: &["機器管理", "運用管理", "管理系", "kanri", "mgmt", "監視"],
    },
    ZoneWord { id: "JUK", name: "住基ネット接続系", role: "その他", words: &["住基", "juki"] },
    ZoneWord { id: "HOS", name: "遠隔保守", role: "その他", words: &["保守", "hoshu"] },
    ZoneWord {
        id: "IND",
        name: "独立系",
        role: "独立系",
        words: &["教育", "giga", "校務", "来庁者", "フリーwi-fi", "guest", "独立"],
    },
];

/// What an interface may lead to: 接続先 in the sheet.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Leads {
    /// A segment of the municipality.
    Inside,
    /// LGWAN.
    Lgwan,
    /// The prefecture's security cloud.
    SecurityCloud,
    /// The internet.
    Internet,
    /// Another network that others run, without the internet.
    Closed,
    /// Nothing.
    Nothing,
}

impl Leads {
    /// Every word of the column.
    pub const ALL: [Leads; 6] =
        [Leads::Inside, Leads::Lgwan, Leads::SecurityCloud, Leads::Internet, Leads::Closed, Leads::Nothing];

    /// Its word in the sheet.
    pub fn word(self) -> &'static str {
        match self {
            Leads::Inside => "庁内",
            Leads::Lgwan => "LGWAN",
            Leads::SecurityCloud => "県セキュリティクラウド",
            Leads::Internet => "インターネット",
            Leads::Closed => "閉域網",
            Leads::Nothing => "未使用",
        }
    }
}

/// What may be so, and why.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Proposal {
    /// The zone; `None` if the words say nothing, or contradict each other.
    pub zone: Option<&'static ZoneWord>,
    /// What it leads to.
    pub leads: Leads,
    /// Why.
    pub reason: Msg,
    /// Words contradict each other.
    pub doubted: bool,
}

/// Proposes by `texts`: where each stands, and what it says; the most trustworthy first.
pub fn propose(interface: &str, texts: &[(Msg, String)]) -> Proposal {
    let leads = leads(interface, texts);
    let hits: Vec<(&Msg, &str, &'static ZoneWord)> = texts
        .iter()
        .filter_map(|(place, text)| match zones(text).as_slice() {
            [only] => Some((place, text.as_str(), *only)),
            _ => None,
        })
        .collect();
    if leads == Leads::Nothing {
        let reason =
            msg!("a port of the factory default that nothing uses", "工場出荷時の設定のままのポート");
        return Proposal { zone: None, leads, reason, doubted: false };
    }
    let Some((place, text, zone)) = hits.first().copied() else {
        let sanitizer = texts.iter().any(|(_, t)| sanitizes(t));
        let reason = match sanitizer {
            true => msg!(
                "the words speak of a sanitizer and not of a side: write the zone of this side",
                "無害化に関する名称であるが、いずれの側か判別できない(この側の系を記入する)"
            ),
            false => msg!("no word points to a zone", "系を示す語がない"),
        };
        return Proposal { zone: None, leads, reason, doubted: false };
    };
    let (en, ja) = (place.text(Lang::En), place.text(Lang::Ja));
    let other = hits.iter().find(|h| h.2.id != zone.id);
    let reason = match other {
        None => msg!("{en} `{text}`", "{ja}「{text}」"),
        Some((at, said, against)) => {
            let (en2, ja2, against) = (at.text(Lang::En), at.text(Lang::Ja), against.name);
            msg!(
                "{en} `{text}`; but {en2} `{said}` points to {against}",
                "{ja}「{text}」。ただし{ja2}「{said}」は{against}を示す"
            )
        }
    };
    // Words that contradict each other propose nothing.
    Proposal { zone: other.is_none().then_some(zone), leads, reason, doubted: other.is_some() }
}

/// The zone that one word of the town's own table means, if it means one.
pub(super) fn zone_of(word: &str) -> Option<&'static ZoneWord> {
    match zones(word).as_slice() {
        [only] => Some(*only),
        _ => None,
    }
}

fn folded(text: &str) -> String {
    narrow(text).to_lowercase()
}

/// The zones whose words are in a text. Short ones must stand alone: `wan` is not in `lgwan`.
fn zones(text: &str) -> Vec<&'static ZoneWord> {
    let text = folded(text);
    // Alone it is the zone of the administrators; in other names it is anybody's work.
    if text == "管理" {
        return ZONES.iter().filter(|z| z.id == "MGT").collect();
    }
    // 内部情報系 holds 情報系: what one zone's word takes is no word of another.
    let mut left = text.clone();
    let mut found = Vec::new();
    // WAN_LGW is a carrier's line of that zone: `wan` alone points to the internet only where nothing else is said.
    let mut carrier = None;
    for zone in ZONES {
        let mut hit = false;
        for word in zone.words {
            let there = match word.is_ascii() && word.len() < 5 {
                true => tokens(&left)
                    .any(|t| t == *word || t.trim_end_matches(|c: char| c.is_ascii_digit()) == *word),
                false => left.contains(word),
            };
            if there && *word == "wan" {
                carrier = Some(zone);
            } else if there {
                hit = true;
                left = left.replace(word, " ");
            }
        }
        if hit {
            found.push(zone);
        }
    }
    if found.is_empty() {
        found.extend(carrier);
    }
    found
}

fn tokens(text: &str) -> impl Iterator<Item = &str> {
    text.split(|c: char| !c.is_ascii_alphanumeric()).filter(|t| !t.is_empty())
}

fn leads(interface: &str, texts: &[(Msg, String)]) -> Leads {
    if matches!(interface, "fortilink" | "modem" | "l2t.root" | "naf.root") {
        return Leads::Nothing;
    }
    let all: Vec<String> = texts.iter().map(|(_, t)| folded(t)).collect();
    let any = |words: &[&str]| all.iter().any(|t| words.iter().any(|w| t.contains(w)));
    let router = any(&["ルータ", "router", "回線", "接続点", "_ext", "ext_", "onu"]);
    if any(&["セキュリティクラウド", "sc_wan", "wan_sc"]) {
        return Leads::SecurityCloud;
    }
    if router && any(&["lgwan", "lgw"]) {
        return Leads::Lgwan;
    }
    if any(&["広域イーサ", "ip-vpn", "拠点間"]) {
        return Leads::Closed;
    }
    let wan = |t: &str| tokens(t).any(|t| t.trim_end_matches(|c: char| c.is_ascii_digit()) == "wan");
    if any(&["インターネット回線", "isp", "pppoe"]) || wan(&folded(interface)) {
        return Leads::Internet;
    }
    if any(&["ガバクラ", "gcloud", "住基fw", "遠隔保守", "hoshu"])
        && (router || any(&["fw", "保守", "ガバクラ"]))
    {
        return Leads::Closed;
    }
    Leads::Inside
}

/// Whether a name is that of a sanitizer.
pub(super) fn sanitizes(text: &str) -> bool {
    !types(text).is_empty() || ["無害化", "muga", "sanit", "mgi"].iter().any(|w| folded(text).contains(w))
}

/// 種別 of a sanitizer by its name; empty if the name says none.
pub(super) fn types(text: &str) -> Vec<&'static str> {
    let text = folded(text);
    let has = |words: &[&str]| words.iter().any(|w| text.contains(w));
    let browser = tokens(&text).any(|t| t.trim_end_matches(|c: char| c.is_ascii_digit()) == "vb");
    let mut out = Vec::new();
    if browser || has(&["仮想ブラウザ", "画面転送", "vbrowser"]) {
        out.push("画面転送");
    }
    if has(&["filezen", "votiro", "ファイル無害化"]) {
        out.push("ファイル");
    }
    if has(&["メール無害化"]) {
        out.push("メール");
    }
    out
}
