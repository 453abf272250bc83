//! What people write into cells: addresses in short forms, protocols and ports, and words that are no values.
//!
//! Whatever could be read in two ways is refused: an entry read too widely would take flows out of the picture.

use std::net::{IpAddr, Ipv4Addr};

use ipnetwork::IpNetwork;

use crate::msg;
use crate::source::{Msg, narrow};

/// A cell that holds no value of its own.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Special {
    /// `-`, `なし`: none, and said so.
    None,
    /// `any`, `全て`.
    Any,
    /// `〃`, `同上`: as above.
    Ditto,
    /// `別紙参照`: elsewhere.
    Elsewhere,
    /// `全端末`: whoever they are.
    Everyone,
}

/// What a cell says instead of a value.
pub fn special(text: &str) -> Option<Special> {
    let plain: String = narrow(text).chars().filter(|c| !c.is_whitespace()).collect();
    let lower = plain.to_lowercase();
    match lower.as_str() {
        "-" | "−" | "ー" | "―" | "‐" | "–" | "—" | "なし" | "無し" | "無" | "該当なし" | "n/a" => {
            Some(Special::None)
        }
        "any" | "all" | "*" | "全て" | "すべて" | "全部" | "任意" | "制限なし" => {
            Some(Special::Any)
        }
        "〃" | "″" | "\"" | "''" | "同上" | "上に同じ" | "々" | "↑" => Some(Special::Ditto),
        _ if ["別紙", "別表", "別添", "別途"].iter().any(|w| lower.starts_with(w))
            || lower.ends_with("参照") =>
        {
            Some(Special::Elsewhere)
        }
        _ if lower.starts_with('全')
            && ["端末", "pc", "サーバ", "機器", "職員"].iter().any(|w| lower.ends_with(w)) =>
        {
            Some(Special::Everyone)
        }
        _ => None,
    }
}

/// The VLAN that a cell names: `10`, `0010`, `VLAN10`, `１０`; nothing for other words and numbers that no VLAN has.
pub fn vlan(text: &str) -> Option<u16> {
    let plain = narrow(text).to_lowercase();
    let digits = plain.trim().trim_start_matches("vlan").trim_start().trim_start_matches("id").trim();
    let number = digits.bytes().all(|b| b.is_ascii_digit()).then(|| digits.parse().ok()).flatten();
    number.filter(|id| (1..=4094).contains(id))
}

/// Addresses, prefixes and ranges of a cell, written out in full: `10.21.10.11~15` becomes
/// `10.21.10.11-10.21.10.15`, `.12` takes the octets of what stands before it, a mask becomes a length.
///
/// # Errors
/// The part that cannot be read, and what to write instead.
pub fn addresses(text: &str) -> Result<Vec<String>, Msg> {
    let plain = narrow(text);
    let mut out: Vec<String> = Vec::new();
    let mut last: Option<Ipv4Addr> = None;
    let separators = |c: char| c.is_whitespace() || matches!(c, ',' | '、' | ';' | '・');
    for word in joined_ranges(&plain).split(separators).filter(|w| !w.is_empty()) {
        if let (Some(length), Some(before)) = (mask(word), out.last_mut())
            && before.parse::<Ipv4Addr>().is_ok_and(|_| mask(before).is_none())
        {
            *before = format!("{before}/{length}");
            continue;
        }
        let (item, base) = address_item(word, last).ok_or_else(|| no_address(word))?;
        last = base.or(last);
        out.push(item);
    }
    if out.is_empty() { Err(no_address(text)) } else { Ok(out) }
}

fn no_address(word: &str) -> Msg {
    msg!(
        "`{word}` is not an address, prefix or range",
        "「{word}」はアドレス、プレフィックス又は範囲として解釈できない"
    )
}

/// Signs of a range, as one and without spaces around.
fn joined_ranges(text: &str) -> String {
    let parts: Vec<&str> = text.split(['~', '〜', '–', 'ー', '−', '‐', '-']).map(str::trim).collect();
    parts.join("-")
}

/// One item, and the address whose octets a short one after it takes.
fn address_item(word: &str, last: Option<Ipv4Addr>) -> Option<(String, Option<Ipv4Addr>)> {
    if let Some((low, high)) = word.split_once('-') {
        let low = one(low, last)?;
        let high = match low {
            IpAddr::V4(base) => {
                high.parse().ok().or_else(|| short(high.trim_start_matches('.'), base).map(IpAddr::V4))
            }
            IpAddr::V6(_) => high.parse().ok(),
        }?;
        if low.is_ipv4() != high.is_ipv4() || low > high {
            return None;
        }
        return Some((format!("{low}-{high}"), v4(low)));
    }
    if let Some((address, length)) = word.split_once('/') {
        let address = one(address, last)?;
        let length = match mask(length) {
            Some(length) if address.is_ipv4() => length,
            _ => length.parse().ok()?,
        };
        let network = IpNetwork::new(address, length).ok()?;
        return Some((network.to_string(), v4(address)));
    }
    let address = one(word, last)?;
    Some((address.to_string(), v4(address)))
}

fn one(word: &str, last: Option<Ipv4Addr>) -> Option<IpAddr> {
    let short_form = word.strip_prefix('.').and_then(|rest| short(rest, last?)).map(IpAddr::V4);
    word.parse().ok().or(short_form)
}

fn v4(address: IpAddr) -> Option<Ipv4Addr> {
    match address {
        IpAddr::V4(v4) => Some(v4),
        IpAddr::V6(_) => None,
    }
}

/// The last octets of an address, the first ones from `base`.
fn short(rest: &str, base: Ipv4Addr) -> Option<Ipv4Addr> {
    let given: Vec<&str> = rest.split('.').collect();
    let kept = 4usize.checked_sub(given.len()).filter(|kept| *kept > 0)?;
    let all_digits = given.iter().all(|g| !g.is_empty() && g.bytes().all(|b| b.is_ascii_digit()));
    let base = base.octets().map(|o| o.to_string());
    let parts: Vec<&str> = base.iter().take(kept).map(String::as_str).chain(given).collect();
    parts.join(".").parse().ok().filter(|_| all_digits)
}

/// The length of a mask like `255.255.255.0`.
pub fn mask(text: &str) -> Option<u8> {
    let bits = u32::from(narrow(text).parse::<Ipv4Addr>().ok()?);
    let length = bits.leading_ones();
    let whole = bits.checked_shl(length).unwrap_or(0) == 0;
    // 0.0.0.0 is an address as well as a mask, and as a mask it means everything.
    u8::try_from(length).ok().filter(|l| whole && *l >= 8)
}

/// Protocol and ports of a cell.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Service {
    /// `tcp`, `udp`, …, a number, or `any`.
    pub protocol: String,
    /// Like `443,8000-8080`, or `any`; `None` if none are written.
    pub ports: Option<String>,
    /// ICMP type.
    pub icmp_type: Option<u32>,
    /// Names of services that were taken for ports.
    pub named: Vec<String>,
}

impl Service {
    /// As a report writes it: `tcp/443`, `icmp/type 8`, `esp`.
    pub fn shown(&self) -> String {
        let icmp = self.icmp_type.map(|t| format!("type {t}"));
        let ports = self.ports.clone().or(icmp);
        std::iter::once(self.protocol.clone()).chain(ports).collect::<Vec<_>>().join("/")
    }
}

/// Names of services: protocol and port.
const SERVICES: &[(&str, &[&str], &str)] = &[
    ("HTTPS", &["tcp"], "443"),
    ("HTTP", &["tcp"], "80"),
    ("SSH", &["tcp"], "22"),
    ("SFTP", &["tcp"], "22"),
    ("SMTP", &["tcp"], "25"),
    ("SMTPS", &["tcp"], "465"),
    ("RDP", &["tcp"], "3389"),
    ("SMB", &["tcp"], "445"),
    ("LDAP", &["tcp"], "389"),
    ("LDAPS", &["tcp"], "636"),
    ("FTP", &["tcp"], "21"),
    ("TELNET", &["tcp"], "23"),
    ("POP3", &["tcp"], "110"),
    ("IMAP", &["tcp"], "143"),
    ("DNS", &["tcp", "udp"], "53"),
    ("NTP", &["udp"], "123"),
    ("SNMP", &["udp"], "161"),
    ("SYSLOG", &["udp"], "514"),
    ("PING", &["icmp"], "8"),
];

/// Protocols by the names that cells give them.
const PROTOCOLS: &[&str] = &["TCP", "UDP", "ICMP", "ICMPV6", "GRE", "ESP", "AH", "SCTP", "DCCP", "UDPLITE"];

/// Protocol and ports of a cell such as `TCP/443,8443`, `443(TCP)`, `HTTPS`, `UDP 161-162`, `ICMP`, `any`.
///
/// # Errors
/// What cannot be read, and more than one protocol in a cell.
pub fn service(text: &str) -> Result<Service, Msg> {
    let mut found = Services::default();
    let plain = joined_ranges(&narrow(text)).to_uppercase();
    let separators =
        |c: char| c.is_whitespace() || matches!(c, ',' | '、' | '/' | ':' | ';' | '・' | '(' | ')');
    for run in plain.split(separators).filter(|w| !w.is_empty()) {
        for word in glued(run) {
            found.word(word).ok_or_else(|| no_service(text))?;
        }
    }
    found.finish(text)
}

/// `TCP443` and `443TCP` are two words, `POP3` and `ICMPV6` are one.
fn glued(run: &str) -> Vec<&str> {
    let known = |w: &str| PROTOCOLS.contains(&w) || SERVICES.iter().any(|s| s.0 == w);
    let number = |w: &str| w.starts_with(|c: char| c.is_ascii_digit());
    let cuts = run.char_indices().map(|(at, _)| at).skip(1);
    let parts = cuts.filter(|_| !known(run)).filter_map(|at| run.split_at_checked(at));
    let fits = |(a, b): &(&str, &str)| (known(a) && number(b)) || (known(b) && number(a));
    match parts.filter(fits).last() {
        Some((a, b)) => vec![a, b],
        None => vec![run],
    }
}

fn no_service(text: &str) -> Msg {
    msg!("`{text}` is not a protocol with ports", "「{text}」はプロトコル及びポートとして解釈できない")
}

#[derive(Default)]
struct Services {
    protocol: Option<String>,
    several: bool,
    ports: Vec<String>,
    any: bool,
    icmp_type: Option<u32>,
    named: Vec<String>,
}

impl Services {
    fn word(&mut self, word: &str) -> Option<()> {
        if let Some((name, protocols, port)) = SERVICES.iter().find(|s| s.0 == word) {
            self.several |= protocols.len() > 1;
            protocols.iter().for_each(|p| self.set_protocol(p));
            if *protocols == ["icmp"] {
                self.icmp_type = port.parse().ok();
            } else {
                self.ports.push((*port).to_owned());
            }
            self.named.push((*name).to_owned());
            return Some(());
        }
        if PROTOCOLS.contains(&word) {
            self.set_protocol(&word.to_ascii_lowercase());
            return Some(());
        }
        if matches!(word, "ANY" | "ALL" | "*" | "全て" | "すべて") {
            self.any = true;
            return Some(());
        }
        let port =
            |t: &str| t.parse::<u16>().ok().filter(|_| t.len() <= 5 && t.bytes().all(|b| b.is_ascii_digit()));
        let (low, high) = word.split_once('-').unwrap_or((word, word));
        let (low, high) = (port(low)?, port(high)?);
        if low > high {
            return None;
        }
        self.ports.push(if low == high { low.to_string() } else { format!("{low}-{high}") });
        Some(())
    }

    fn set_protocol(&mut self, name: &str) {
        self.several |= self.protocol.as_deref().is_some_and(|p| p != name);
        self.protocol = Some(name.to_owned());
    }

    fn finish(self, text: &str) -> Result<Service, Msg> {
        if self.several {
            return Err(msg!(
                "`{text}` names more than one protocol: write one row for each",
                "「{text}」に複数のプロトコルがある。プロトコルごとに行を分けて記載する"
            ));
        }
        let icmp = self.protocol.as_deref().is_some_and(|p| p.starts_with("icmp"));
        // `ICMP/8` may mean a type or a code, and `any` beside ports contradicts them.
        if (icmp && !self.ports.is_empty()) || (self.any && !self.ports.is_empty()) {
            return Err(no_service(text));
        }
        let ports = (!self.ports.is_empty()).then(|| self.ports.join(","));
        let any = |of: bool| of.then(|| "any".to_owned());
        let (protocol, ports) = match (self.protocol, ports) {
            (None, None) if self.any => ("any".to_owned(), None),
            (None, _) => {
                return Err(msg!(
                    "`{text}` names no protocol: write it like `TCP/443`",
                    "「{text}」にプロトコルがない。`TCP/443` のように記載する"
                ));
            }
            (Some(protocol), ports) => (protocol, ports.or_else(|| any(self.any && !icmp))),
        };
        Ok(Service { protocol, ports, icmp_type: self.icmp_type, named: self.named })
    }
}

/// Words for what is not in force, at the end of a remark.
const OUT: &[&str] = &[
    "廃止",
    "停止",
    "休止",
    "中止",
    "終了",
    "無効",
    "無効化",
    "削除",
    "撤去",
    "解除",
    "解約",
    "失効",
    "満了",
    "抹消",
    "凍結",
    "閉鎖",
    "取消",
    "取消し",
    "取り消し",
    "不使用",
    "未使用",
    "未利用",
    "未適用",
    "未承認",
    "未決裁",
    "未設定",
    "未開始",
    "使用なし",
    "利用なし",
    "使用していない",
    "利用していない",
    "使われていない",
    "不要",
    "期限切れ",
    "欠番",
    "空番",
    "重複",
    "誤記",
    "誤り",
    "台帳から除外",
    "予定",
    "申請",
    "検討",
    "審査",
    "協議",
    "調整",
    "準備",
    "構築",
    "作成",
    "却下",
    "保留",
    "否決",
    "不承認",
    "差戻",
    "差戻し",
    "差し戻し",
    "承認待ち",
    "決裁待ち",
    "稼働前",
    "開始前",
    "延長せず",
    "延長しない",
    "更新せず",
    "更新しない",
    "移行済",
    "統合済",
];

/// What is done before something is in force: only while it is being done, or alone.
const UNDER_WAY: &[&str] = &["申請", "検討", "審査", "協議", "調整", "準備", "構築", "作成", "保留"];

/// What is to begin where a remark ends with 予定: other plans leave it in force.
const TO_BEGIN: &[&str] = &[
    "開始",
    "追加",
    "適用",
    "使用",
    "利用",
    "稼働",
    "設定",
    "接続",
    "導入",
    "切替",
    "有効化",
    "公開",
    "許可",
    "実施",
    "運用",
    "廃止",
    "停止",
    "休止",
    "終了",
    "削除",
    "撤去",
    "解約",
];

/// Times at which alone something may be in force.
const TIMES: &[&str] = &[
    "夜間",
    "日中",
    "平日",
    "休日",
    "土日",
    "祝日",
    "時間外",
    "時間内",
    "月末",
    "月初",
    "年度末",
    "年末年始",
    "保守時",
    "作業時",
    "障害時",
    "非常時",
    "緊急時",
    "災害時",
    "必要時",
    "試験時",
    "期間中",
];

/// Whether a remark says that what stands beside it is not in force, not yet, or not always: `R7.3廃止`, `停止中`,
/// `R9.4開始予定`, `夜間のみ`, `【廃止】…`. Words within a longer sentence say nothing: they may be about something else.
pub fn out_of_force(remark: &str) -> bool {
    let plain = narrow(remark);
    let whole = plain.trim_matches(mark);
    // `作業後に削除`, `3月末までに廃止`: until then it is in force.
    if ["後に", "までに", "次第"].iter().any(|w| whole.contains(w)) {
        return false;
    }
    let alone = ["のみ有効", "のみ使用", "のみ許可", "のみ適用", "のみ", "だけ"];
    let only = alone.iter().find_map(|w| whole.strip_suffix(w));
    struck_out(remark) || ended(whole) || only.is_some_and(|w| TIMES.iter().any(|t| w.ends_with(t)))
}

/// Whether a name is marked as one of something that is not in force: `【廃止】保守`, `(停止中) 連携`, `連携(廃止)`.
pub fn struck_out(name: &str) -> bool {
    let plain = narrow(name);
    let whole = plain.trim();
    let open = ['【', '[', '(', '〔', '<', '※'];
    let close = ['】', ']', ')', '〕', '>', ' ', ':'];
    let head = whole.strip_prefix(open).and_then(|rest| rest.split(close).next());
    let tail =
        whole.rsplit_once(open).map(|(_, rest)| rest.trim_end_matches(close)).filter(|t| !t.contains(close));
    let marked = |word: &str| {
        let word = word.trim_matches(mark);
        // `[審査]国保`: what the flow is for.
        !UNDER_WAY.contains(&word) && ended(word)
    };
    head.into_iter().chain(tail).any(marked)
}

fn mark(c: char) -> bool {
    c.is_whitespace() || "()[]<>【】〔〕「」『』《》※・、。.!*:;-ー★☆■□●◎◆◇▲".contains(c)
}

/// Whether a clause of a text says of what stands beside it that it is not in force: it ends with a word for that, and
/// does not say it of something else (`旧システムは廃止`, `ポート80を削除`, `夜間は停止`).
fn ended(text: &str) -> bool {
    // `R6.10停止、R7.4再開`, not `停止中。再開はR9.4`.
    let last = text.trim_matches(mark);
    let still = ["未再開", "未復旧"].iter().any(|w| last.ends_with(w));
    let resumed = !still && ["再開", "復旧", "再開済", "再開した"].iter().any(|w| last.ends_with(w));
    !resumed
        && text.split(['。', '、', ',', ';', '/', '\n']).any(|clause| {
            // What stands in brackets explains what stands before them, or takes it back.
            let (before, inside) = clause.split_once('(').unwrap_or((clause, ""));
            let inside =
                inside.split_once(')').map_or(inside, |(inside, rest)| match rest.trim_matches(mark) {
                    "" => inside,
                    _ => "",
                });
            [clause, before, inside].iter().any(|part| taken_back(part.trim_matches(mark)))
        })
}

fn taken_back(clause: &str) -> bool {
    const TAILS: &[&str] = &[
        "済み",
        "済",
        "中",
        "とする",
        "した",
        "する",
        "しました",
        "されました",
        "されている",
        "となった",
        "になった",
        "決定",
        "扱い",
    ];
    let tail = TAILS.iter().filter(|t| clause.ends_with(*t)).max_by_key(|t| t.len());
    let bare = tail.and_then(|t| clause.strip_suffix(t));
    let found = [Some(clause), bare].into_iter().flatten().find_map(|t| {
        let word = OUT.iter().filter(|w| t.ends_with(*w)).max_by_key(|w| w.len())?;
        Some((*word, t.strip_suffix(word)?.trim_matches(mark)))
    });
    let Some((word, before)) = found else { return false };
    if UNDER_WAY.contains(&word) {
        // `R8.3申請` says when it was asked for; `R8.3申請中` that it still is.
        let now = tail == Some(&"中") || tail.is_none() && before.is_empty();
        // `資料作成中` is about papers.
        return now && !of_another(before) && !["資料", "様式", "手順書"].iter().any(|w| before.ends_with(w));
    }
    // `VPN不要`, `資料作成中`: of something else.
    if word == "不要"
        && !before.is_empty()
        && !before.ends_with(['は', 'が', 'も', 'り', 'ら', '月', '度', '日'])
    {
        return false;
    }
    if word == "予定" {
        let dated = before.chars().all(|c| c.is_ascii_digit() || "RHrh./年月日度令和平成頃".contains(c));
        return dated || TO_BEGIN.iter().any(|w| before.ends_with(w)) && !of_another(before);
    }
    !of_another(before)
}

/// Whether what stands in front of such a word is something else than the row, or a time at which the rest does not hold.
fn of_another(text: &str) -> bool {
    const CAUSES: &[&str] = &["により", "によって", "に伴い", "に伴う", "のため", "結果"];
    const OTHERS: &[&str] = &[
        "番号",
        "ポート",
        "担当",
        "バッチ",
        "手続",
        "評価",
        "見直し",
        "側",
        "ファイル",
        "アカウント",
        "ログ",
        "資料",
        "様式",
        "メール",
        "帳票",
        "認証",
        "tls",
        "smb",
        "ssl",
    ];
    let about =
        CAUSES.iter().find_map(|c| text.rfind(c).and_then(|at| text.get(at + c.len()..))).unwrap_or(text);
    let subject = about.trim_end_matches(['は', 'を', 'が', 'の', 'も', 'に']);
    let named = subject.len() < about.len();
    let old = ["旧", "前の", "他の", "別の", "以前の"].iter().any(|w| about.starts_with(w));
    let itself = ["当該", "本", "この", "上記", "同"].iter().any(|w| about.starts_with(w));
    let peer = ["相手側", "接続先側", "先方側"].iter().any(|w| subject.ends_with(w));
    let at_times = subject.ends_with('時') || TIMES.iter().any(|t| subject.ends_with(t));
    // `22:00~6:00`, not `R6.4.1~R7.3.31`.
    let clock =
        subject.rsplit_once(['~', '〜']).is_some_and(|(_, last)| last.contains(':') && !last.contains('.'));
    let another = named && !itself && !peer && OTHERS.iter().any(|w| subject.to_lowercase().contains(w));
    old || at_times || clock || another
}

/// Whether a remark says of a rule that refuses that it lets something through, or that the whole truth is elsewhere:
/// `ただし10.70.3.5は許可`, `例外あり(別表)`, `情報系からの保守を除く`.
pub fn makes_exceptions(remark: &str) -> bool {
    const WORDS: &[&str] = &[
        "除く",
        "除外",
        "例外",
        "別紙",
        "別表",
        "通過",
        "開放",
        "解放",
        "遮断しない",
        "拒否しない",
        "検知のみ",
        "未反映",
        "allow",
        "permit",
        "except",
        "素通し",
        "通している",
        "通す",
        "開ける",
        "開けている",
        "穴",
        "ログのみ",
        "監視モード",
        "未投入",
    ];
    /// What makes of 許可 that it is refused, or the name of a thing.
    const REFUSED: &[&str] = &[
        "しない",
        "されない",
        "されていない",
        "していない",
        "せず",
        "なし",
        "無し",
        "不可",
        "外",
        "制",
        "リスト",
        "方式",
        "ルール",
        "申請",
        "番号",
        "日",
        "のない",
        "済",
        "を取消",
        "を廃止",
        "を終了",
        "→拒否",
    ];
    let plain = narrow(remark).to_lowercase();
    plain.split(['。', '、', ',', ';', '\n']).any(|clause| {
        let permits = clause.match_indices("許可").any(|(at, word)| {
            let before = clause.get(..at).unwrap_or_default();
            let after = clause.get(at + word.len()..).unwrap_or_default();
            !["不", "未", "無", "非"].iter().any(|w| before.ends_with(w))
                && !REFUSED.iter().any(|w| after.starts_with(w))
                && !after.contains("以外")
        });
        let none = ["なし", "無し", "認めない", "設けない", "しない"];
        let none = ["例外", "除外"].iter().any(|w| clause.contains(w))
            && none.iter().any(|w| clause.trim_matches(mark).ends_with(w));
        permits || (!none && WORDS.iter().any(|w| clause.contains(w)))
    })
}
