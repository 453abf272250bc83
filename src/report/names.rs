//! Names of rules, routes and translations for a person. Names that a file gives stay as they are; those that this
//! program makes up for what a file does not name are words, and words exist in both languages.

use std::borrow::Cow;

use crate::source::Lang;

/// What the program calls things, and what they are called in Japanese. `{}` stands for a name or a number that both
/// share, in the same order.
const OWN: [(&str, &str); 62] = [
    // Rules.
    ("local-in policy {}", "自機宛てのポリシー {}"),
    ("allowaccess {} on {}", "管理アクセス(allowaccess) {} {}"),
    ("zone {} intrazone allow", "ゾーン内通信の許可 {}"),
    ("zone-pair {} to {} class-default", "ゾーンペア {} → {} class-default"),
    ("zone-pair {} to {}", "ゾーンペア {} → {}"),
    ("within zone {}", "ゾーン内の通信 {}"),
    ("outside all zones", "ゾーンに属さない通信"),
    ("access list", "接続元の制限"),
    ("port filter", "ポートのフィルタ"),
    ("implicit neighbour discovery", "暗黙の近隣探索"),
    ("services of the device", "機器自身のサービス"),
    ("contract {} -> {}", "申告の動作 {} → {}"),
    ("IPv{} rules", "IPv{}の規則"),
    ("RELATED connections of a helper", "ヘルパーが認める関連通信(RELATED)"),
    ("default", "既定の動作"),
    ("undeclared", "申告のない通信"),
    ("session", "確立済みの通信"),
    ("TCP without a session", "セッションのないTCP"),
    ("between VRFs", "VRF間の通信"),
    ("unread", "未解釈の設定"),
    ("other packets", "その他の通信"),
    // What the kernel does by itself.
    ("martian source or destination", "あり得ない送信元・宛先の破棄"),
    ("own address as source", "自機アドレスを送信元とする通信の破棄"),
    ("broadcast or local route as source", "ブロードキャスト等を送信元とする通信の破棄"),
    ("loopback address from outside", "外部からのループバックアドレスの破棄"),
    ("reverse path filter (rp_filter)", "送信元の逆経路検査(rp_filter)"),
    ("IPv6 source and destination check", "IPv6の送信元・宛先の検査"),
    ("IPv6 source of link scope", "リンク内に限るIPv6送信元"),
    ("source check on {}", "送信元の検査 {}"),
    ("source check", "送信元の検査"),
    ("no address on {}", "アドレスなし {}"),
    // Translations.
    ("central snat {}", "送信元アドレス変換(central) {}"),
    ("nat static", "静的アドレス変換"),
    ("nat dynamic", "動的アドレス変換"),
    ("unread translation", "未解釈のアドレス変換"),
    // Routes.
    ("connected {}", "直結 {}"),
    ("leased {}", "DHCPで取得 {}"),
    ("static {}", "静的経路 {}"),
    ("captured route", "採取した経路表の経路"),
    ("policy route", "ポリシールート"),
    ("dynamic", "動的経路"),
    ("default gateway", "既定のゲートウェイ"),
    ("peers of {}", "{} の対向"),
    ("address of {}", "自機アドレス {}"),
    ("own address", "自機アドレス"),
    ("network or anycast address", "ネットワーク・エニーキャストのアドレス"),
    ("loopback", "ループバック"),
    ("multicast, broadcast and link-local", "マルチキャスト・ブロードキャスト・リンクローカル"),
    ("multicast and broadcast", "マルチキャスト・ブロードキャスト"),
    ("multicast routing", "マルチキャストの中継"),
    ("multicast", "マルチキャスト"),
    ("broadcast", "ブロードキャスト"),
    ("local delivery", "自機宛て"),
    ("lookup {}", "経路表 {} の参照"),
    ("unknown route", "不明な経路"),
    ("unknown policy rule", "不明なポリシールール"),
    ("contract {} on link", "申告の経路 {} 直結"),
    ("contract to {} on link", "申告の経路 {} 直結"),
    ("contract to {} perhaps via {}", "申告の経路 {} 経由 {}(不確実)"),
    ("contract to {} via {}", "申告の経路 {} 経由 {}"),
    ("contract to {} no neighbour", "申告の経路 {} 隣接なし"),
    ("{} via {}", "{} 経由 {}"),
];

/// The name of a rule, route or translation in a language.
pub fn named(label: &str, lang: Lang) -> Cow<'_, str> {
    let known = || OWN.iter().find_map(|(en, ja)| Some(filled(ja, &parts(label, en)?)));
    match lang {
        Lang::En => Cow::Borrowed(label),
        Lang::Ja => known().map_or(Cow::Borrowed(label), Cow::Owned),
    }
}

/// What stands in a label where a pattern has `{}`; nothing if it does not fit as a whole.
fn parts<'a>(label: &'a str, pattern: &str) -> Option<Vec<&'a str>> {
    let mut fixed = pattern.split("{}");
    let mut rest = label.strip_prefix(fixed.next()?)?;
    let mut out = Vec::new();
    let mut fixed = fixed.peekable();
    while let Some(next) = fixed.next() {
        let (part, after) = match fixed.peek() {
            None => (rest.strip_suffix(next)?, ""),
            Some(_) => rest.split_once(next)?,
        };
        if part.is_empty() {
            return None;
        }
        out.push(part);
        rest = after;
    }
    rest.is_empty().then_some(out)
}

fn filled(pattern: &str, parts: &[&str]) -> String {
    let mut parts = parts.iter();
    let mut out = String::new();
    for (at, fixed) in pattern.split("{}").enumerate() {
        if at > 0 {
            out.push_str(parts.next().copied().unwrap_or_default());
        }
        out.push_str(fixed);
    }
    out
}
