//! Malformed topologies: every kind of mistake, its line, the text it is about, and what to do.

use super::{line, site, try_site};
use bunri::network::{BuildError, topology_schema};
use bunri::source::{Lang, Severity};

/// `text` without its first line break; diagnostics as `line: code: [text] message (help)`.
fn mistakes(topology: &str, lang: Lang) -> Vec<String> {
    match try_site(topology, &[]) {
        Ok(_) => panic!("accepted:\n{topology}"),
        Err(BuildError::NoTopology(why)) => panic!("{}", why.text(lang)),
        Err(BuildError::Malformed { sources, diagnostics }) => {
            assert!(diagnostics.iter().all(|d| d.code.severity() == Severity::Error));
            diagnostics.iter().map(|d| line(&sources, d, lang)).collect()
        }
    }
}

#[track_caller]
fn check(topology: &str, en: &[&str], ja: &[&str]) {
    let head = format!("schema_version = 1\nname = \"町\"\n{topology}");
    assert_eq!(mistakes(&head, Lang::En), en);
    assert_eq!(mistakes(&head, Lang::Ja), ja);
}

#[test]
fn unknown_keys_name_the_nearest_one() {
    check(
        "[[zone]]\nid = \"MYN\"\nnmae = \"基幹系\"\nrole = \"lgwan\"\nname = \"x\"\n",
        &["5: unknown-key: [nmae] unknown key `nmae` (did you mean `name`?)"],
        &["5: unknown-key: [nmae] 「nmae」というキーはない (「name」の誤りではないか)"],
    );
    check(
        "[[declaration]]\nid=\"a\"\ntext=\"\"\ndocument=\"\"\nby=\"\"\ndate=\"\"\n\"責任者\"=\"\"\n",
        &[
            "9: unknown-key: [\"責任者\"] unknown key `責任者` (write one of `id`, `text`, `document`, `by`, `date`)",
        ],
        &[
            "9: unknown-key: [\"責任者\"] 「責任者」というキーはない (「id」、「text」、「document」、「by」、「date」のいずれかを記載する)",
        ],
    );
}

#[test]
fn missing_keys_say_what_to_add() {
    check(
        "[[external]]\nid = \"ext-sc\"\n",
        &[
            "3: missing-key: [[[external]]] the key `leads_to` is missing here (add `leads_to = …` (Ids of the other externals that can be reached through it; `[]` if there is none))",
        ],
        &["3: missing-key: [[[external]]] ここに `leads_to` がない (`leads_to = …` を追記する)"],
    );
    check(
        "[[device]]\nname = \"FW-01\"\n",
        &[
            "4: missing-key: [\"FW-01\"] the device `FW-01` has no `config` (name its file, or write `config = \"unavailable\"`)",
        ],
        &[
            "4: missing-key: [\"FW-01\"] 機器「FW-01」に `config` がない (設定ファイルを記載するか、`config = \"unavailable\"` とする)",
        ],
    );
}

#[test]
fn wrong_words_and_types_are_all_reported_at_once() {
    check(
        "[[zone]]\nid = \"MYN\"\nname = 7\nrole = \"my-number\"\n[[zone]]\nid = \"L\"\nname = \"\"\nrole = \"lgwn\"\n[[segment]]\nid = \"s\"\ncomplete = \"yes\"\nprefixes = \"10.0.0.0/8\"\n",
        &[
            "5: invalid-value: [7] `name` must be a text in quotation marks (write it like `name = \"…\"`)",
            "6: invalid-value: [\"my-number\"] `my-number` is not a value of `role` (write one of `individual-number`, `lgwan`, `internet`, `management`, `independent`, `other`)",
            "10: invalid-value: [\"lgwn\"] `lgwn` is not a value of `role` (did you mean `lgwan`?)",
            "13: invalid-value: [\"yes\"] `complete` must be true or false (write it like `complete = true`)",
            "14: invalid-value: [\"10.0.0.0/8\"] `prefixes` must be a list (write it like `prefixes = […]`)",
        ],
        &[
            "5: invalid-value: [7] `name` は\" で囲んだ文字列でなければならない (`name = \"…\"` のように記載する)",
            "6: invalid-value: [\"my-number\"] 「my-number」は `role` の値として使用できない (「individual-number」、「lgwan」、「internet」、「management」、「independent」、「other」のいずれかを記載する)",
            "10: invalid-value: [\"lgwn\"] 「lgwn」は `role` の値として使用できない (「lgwan」の誤りではないか)",
            "13: invalid-value: [\"yes\"] `complete` は真偽値(true 又は false)でなければならない (`complete = true` のように記載する)",
            "14: invalid-value: [\"10.0.0.0/8\"] `prefixes` は一覧でなければならない (`prefixes = […]` のように記載する)",
        ],
    );
}

#[test]
fn unknown_ids_name_the_nearest_one_of_their_kind() {
    check(
        r#"[[zone]]
id = "LGW"
name = "LGWAN接続系"
role = "lgwan"
[[segment]]
id = "lgw_pc"
zone = "LWG"
declarations = ["申-1"]
[[external]]
id = "ext-sc"
leads_to = ["lgw_pc", "ext-scc"]
[[device]]
name = "FW-SANSO01"
config = "unavailable"
vendor = "fortios"
[device.attach]
p1 = "lgw_pcs"
[device.contract]
forwards = [{ from = "p1", to = "p2" }]
[[host]]
id = "SV-1"
interfaces = [{ segment = "lgw-pc" }]
device = "FW-SANSO1"
[[sanitizer]]
host = "SV-2"
types = ["file"]
"#,
        &[
            "9: unknown-id: [\"LWG\"] nothing defines the zone `LWG` (did you mean `LGW`?)",
            "10: unknown-id: [\"申-1\"] nothing defines the declaration `申-1`",
            "13: unknown-id: [\"lgw_pc\"] nothing defines the external network `lgw_pc` (write one of `ext-sc`)",
            "13: unknown-id: [\"ext-scc\"] nothing defines the external network `ext-scc` (did you mean `ext-sc`?)",
            "17: unknown-id: [\"fortios\"] nothing defines the vendor `fortios` (write one of `plain`, `table`)",
            "19: unknown-id: [\"lgw_pcs\"] nothing defines the segment `lgw_pcs` (did you mean `lgw_pc`?)",
            "21: unknown-id: [\"p1\"] nothing defines the attached interface `p1`",
            "21: unknown-id: [\"p2\"] nothing defines the attached interface `p2`",
            "24: unknown-id: [\"lgw-pc\"] nothing defines the segment `lgw-pc` (did you mean `lgw_pc`?)",
            "25: unknown-id: [\"FW-SANSO1\"] nothing defines the device `FW-SANSO1` (did you mean `FW-SANSO01`?)",
            "27: unknown-id: [\"SV-2\"] nothing defines the host `SV-2` (did you mean `SV-1`?)",
        ],
        &[
            "9: unknown-id: [\"LWG\"] 系「LWG」が定義されていない (「LGW」の誤りではないか)",
            "10: unknown-id: [\"申-1\"] 申告「申-1」が定義されていない",
            "13: unknown-id: [\"lgw_pc\"] 外部ネットワーク「lgw_pc」が定義されていない (「ext-sc」のいずれかを記載する)",
            "13: unknown-id: [\"ext-scc\"] 外部ネットワーク「ext-scc」が定義されていない (「ext-sc」の誤りではないか)",
            "17: unknown-id: [\"fortios\"] 種別「fortios」が定義されていない (「plain」、「table」のいずれかを記載する)",
            "19: unknown-id: [\"lgw_pcs\"] セグメント「lgw_pcs」が定義されていない (「lgw_pc」の誤りではないか)",
            "21: unknown-id: [\"p1\"] 接続先のあるインターフェース「p1」が定義されていない",
            "21: unknown-id: [\"p2\"] 接続先のあるインターフェース「p2」が定義されていない",
            "24: unknown-id: [\"lgw-pc\"] セグメント「lgw-pc」が定義されていない (「lgw_pc」の誤りではないか)",
            "25: unknown-id: [\"FW-SANSO1\"] 機器「FW-SANSO1」が定義されていない (「FW-SANSO01」の誤りではないか)",
            "27: unknown-id: [\"SV-2\"] ホスト「SV-2」が定義されていない (「SV-1」の誤りではないか)",
        ],
    );
}

#[test]
fn segments_externals_and_hosts_share_one_name_space() {
    check(
        "[[segment]]\nid = \"a\"\n[[host]]\nid = \"a\"\ninterfaces = []\n[[device]]\nname = \"a\"\nconfig = \"unavailable\"\n[[device]]\nname = \"a\"\nconfig = \"unavailable\"\n",
        &[
            "6: duplicate-id: [\"a\"] `a` is defined twice (give one of them another id)",
            "12: duplicate-id: [\"a\"] `a` is defined twice (give one of them another id)",
        ],
        &[
            "6: duplicate-id: [\"a\"] 「a」が2回定義されている (いずれか一方のIDを変更する)",
            "12: duplicate-id: [\"a\"] 「a」が2回定義されている (いずれか一方のIDを変更する)",
        ],
    );
}

#[test]
fn addresses_prefixes_protocols_and_ports_are_parsed() {
    check(
        r#"[[segment]]
id = "s"
prefixes = ["10.21.20.5/24", "10.21.20.0", "2001:db8::/129"]
[[host]]
id = "h"
interfaces = [{ segment = "s", addresses = ["10.0.0.1/24", "10.0.0.256"] }]
[[sanitizer]]
host = "h"
types = ["mail-text"]
[[sanitizer.session]]
opens = "peer"
peers = ["s", "10.0.0.0-10.0.0.9", "10.0.0.9-10.0.0.0"]
protocol = "tpc"
data = "in"
purpose = "data"
[[sanitizer.session]]
opens = "peer"
peers = ["h"]
protocol = "tcp"
ports = "80-79"
data = "in"
purpose = "data"
[[sanitizer.session]]
opens = "peer"
peers = ["h"]
protocol = "icmp"
ports = "80"
data = "in"
purpose = "data"
"#,
        &[
            "5: invalid-value: [\"10.21.20.5/24\"] `10.21.20.5/24` has bits set beyond its length (did you mean `10.21.20.0/24`?)",
            "5: invalid-value: [\"10.21.20.0\"] `10.21.20.0` is not a prefix (write it like `10.21.20.0/24`)",
            "5: invalid-value: [\"2001:db8::/129\"] `2001:db8::/129` is not a prefix (write it like `10.21.20.0/24`)",
            "8: invalid-value: [\"10.0.0.1/24\"] `10.0.0.1/24` is not an address (write one address, like `10.21.10.11`)",
            "8: invalid-value: [\"10.0.0.256\"] `10.0.0.256` is not an address (write one address, like `10.21.10.11`)",
            "14: unknown-id: [\"10.0.0.9-10.0.0.0\"] nothing defines the segment, external network or host `10.0.0.9-10.0.0.0` (write one of `h`, `s`)",
            "15: invalid-value: [\"tpc\"] `tpc` is not a protocol (did you mean `tcp`?)",
            "22: invalid-value: [\"80-79\"] `80-79` is not a list of ports (write it like `443,8000-8080`)",
            "29: invalid-value: [\"80\"] this protocol has no ports (remove `ports`)",
        ],
        &[
            "5: invalid-value: [\"10.21.20.5/24\"] 「10.21.20.5/24」にホスト部が含まれている (「10.21.20.0/24」の誤りではないか)",
            "5: invalid-value: [\"10.21.20.0\"] 「10.21.20.0」はプレフィックスではない (`10.21.20.0/24` のように記載する)",
            "5: invalid-value: [\"2001:db8::/129\"] 「2001:db8::/129」はプレフィックスではない (`10.21.20.0/24` のように記載する)",
            "8: invalid-value: [\"10.0.0.1/24\"] 「10.0.0.1/24」はIPアドレスではない (`10.21.10.11` のように1つずつ記載する)",
            "8: invalid-value: [\"10.0.0.256\"] 「10.0.0.256」はIPアドレスではない (`10.21.10.11` のように1つずつ記載する)",
            "14: unknown-id: [\"10.0.0.9-10.0.0.0\"] セグメント、外部ネットワーク又はホスト「10.0.0.9-10.0.0.0」が定義されていない (「h」、「s」のいずれかを記載する)",
            "15: invalid-value: [\"tpc\"] 「tpc」というプロトコルはない (「tcp」の誤りではないか)",
            "22: invalid-value: [\"80-79\"] 「80-79」はポートの一覧として解釈できない (`443,8000-8080` のように記載する)",
            "29: invalid-value: [\"80\"] このプロトコルにはポートがない (`ports` を削除する)",
        ],
    );
}

#[test]
fn paths_stay_inside_the_folder_and_belong_to_one_device() {
    check(
        r#"[[device]]
name = "A"
config = "../A.conf"
[[device]]
name = "B"
config = "/etc/B.conf"
[[device]]
name = "C"
config = "C:\\c.conf"
[[device]]
name = "D"
config = "configs/x.conf"
[[device]]
name = "E"
config = "unavailable"
[device.companions]
routes = "configs\\.\\x.conf"
"#,
        &[
            "5: path-outside-site: [\"../A.conf\"] the path leaves the site folder (name a file inside the site folder, like `configs/FW-01.conf`)",
            "8: path-outside-site: [\"/etc/B.conf\"] the path is absolute (name a file inside the site folder, like `configs/FW-01.conf`)",
            "11: path-outside-site: [\"C:\\\\c.conf\"] the path is absolute (name a file inside the site folder, like `configs/FW-01.conf`)",
            "19: invalid-value: [\"configs\\\\.\\\\x.conf\"] `configs/x.conf` is already used (name another file: each has one use)",
        ],
        &[
            "5: path-outside-site: [\"../A.conf\"] サイトのフォルダ内のファイルではない (`configs/FW-01.conf` のように、サイトのフォルダからの相対パスで記載する)",
            "8: path-outside-site: [\"/etc/B.conf\"] サイトのフォルダ内のファイルではない (`configs/FW-01.conf` のように、サイトのフォルダからの相対パスで記載する)",
            "11: path-outside-site: [\"C:\\\\c.conf\"] サイトのフォルダ内のファイルではない (`configs/FW-01.conf` のように、サイトのフォルダからの相対パスで記載する)",
            "19: invalid-value: [\"configs\\\\.\\\\x.conf\"] 「configs/x.conf」は既に使用されている (別のファイルを記載する(1つのファイルの用途は1つに限る))",
        ],
    );
}

#[test]
fn device_statements_that_exclude_each_other() {
    check(
        r#"[[segment]]
id = "s"
[[device]]
name = "A"
config = "A.conf"
unused = ["p1"]
attach = { p1 = "s" }
contract = { forwards = [] }
[[device]]
name = "B"
excluded = "予備機"
attach = { p1 = "s" }
[[external]]
id = "e"
leads_to = []
router = ["192.0.2.6"]
"#,
        &[
            "8: invalid-value: [\"p1\"] `p1` is attached and declared unused (keep one of the two)",
            "10: invalid-value: [{ forwards = [] }] only a device whose configuration is unavailable can have a `contract` (write `config = \"unavailable\"` or remove `contract`)",
            "13: invalid-value: [\"予備機\"] an excluded device cannot be attached to anything (remove `attach` or `excluded`)",
            "18: missing-key: [\"192.0.2.6\"] `router` needs the `segment` that it is on (add `segment = \"…\"`)",
        ],
        &[
            "8: invalid-value: [\"p1\"] 「p1」に接続先があるにもかかわらず、未使用とされている (いずれか一方のみを残す)",
            "10: invalid-value: [{ forwards = [] }] `contract` は設定を入手できない機器にのみ記載できる (`config = \"unavailable\"` とするか、`contract` を削除する)",
            "13: invalid-value: [\"予備機\"] 対象外(excluded)とした機器に接続先が記載されている (`attach` 又は `excluded` を削除する)",
            "18: missing-key: [\"192.0.2.6\"] `router` には、それが接続する `segment` が必要である (`segment = \"…\"` を追記する)",
        ],
    );
}

#[test]
fn broken_toml_has_a_place() {
    let broken = "schema_version = 1\nname = \"町\nzone = [\n";
    let en = mistakes(broken, Lang::En);
    assert_eq!(
        en[0],
        "2: bad-toml: [name = \"町] this is never closed (invalid basic string, expected `\"`) (add the missing `\"`, `]` or `}`)"
    );
    assert_eq!(
        mistakes(broken, Lang::Ja)[0],
        "2: bad-toml: [name = \"町] 閉じる記号がない (`\"`、`]` 又は `}` を追記する)"
    );
    check(
        "[[device]]\nname = \"a\"\nattach = { 庁内 = \"s\" }\n",
        &[
            "5: bad-toml: [庁内] this key needs quotation marks (write it like `\"port1/1\" = …`: only letters, digits, `-` and `_` need no quotation marks)",
        ],
        &[
            "5: bad-toml: [庁内] このキーは \" で囲む必要がある (`\"port1/1\" = …` のように記載する(\" を省略できるのは英数字、`-` 及び `_` のみである))",
        ],
    );
    check(
        "name = \"村\"\n",
        &["3: bad-toml: [name] this key appears twice (keep one of the two lines)"],
        &["3: bad-toml: [name] 同じキーが2回記載されている (いずれか一方の行のみを残す)"],
    );
    assert_eq!(
        mistakes("schema_version = 2\nname = \"x\"\n", Lang::En),
        ["1: invalid-value: [2] version 2 of this form is not known (write `schema_version = 1`)"]
    );
    assert!(
        mistakes("schema_version = 99999999999\nname = \"x\"\n", Lang::En)[0].starts_with("1: invalid-value")
    );
    assert!(mistakes("schema_version = -1\nname = \"x\"\n", Lang::En)[0].starts_with("1: invalid-value"));
    for hostile in ["\u{FEFF}", "[", "[[[[", "a = [[[[[[", "\0\0\0", "[[zone]]\n[zone.id]\n"] {
        assert!(!mistakes(hostile, Lang::En).is_empty(), "{hostile:?}");
    }
    let deep = format!("schema_version = 1\nname = \"x\"\nzone = {}{}\n", "[".repeat(5000), "]".repeat(5000));
    assert!(!mistakes(&deep, Lang::En).is_empty());
    let nested = format!("schema_version = 1\nname = \"x\"\nzone = {}{}\n", "[".repeat(60), "]".repeat(60));
    assert!(mistakes(&nested, Lang::Ja)[0].contains("表でなければならない"));
}

#[test]
fn japanese_encodings_are_read() {
    let text = "schema_version = 1\nname = \"星見町\"\n";
    let (cp932, _, _) = encoding_rs::SHIFT_JIS.encode(text);
    let folder =
        crate::sites::Folder([("topology.toml".to_owned(), cp932.into_owned())].into_iter().collect());
    let site = bunri::network::build(&folder, &[], &bunri::source::Limits::default()).unwrap();
    assert_eq!(site.name, "星見町");
}

#[test]
fn no_topology_is_said_in_both_languages() {
    let folder = crate::sites::Folder([].into_iter().collect());
    match bunri::network::build(&folder, &[], &bunri::source::Limits::default()) {
        Err(BuildError::NoTopology(why)) => {
            let (en, ja) = (why.text(Lang::En), why.text(Lang::Ja));
            assert!(en.starts_with("`topology.toml` is not in the site folder: `bunri init"), "{en}");
            assert!(
                ja.starts_with("「topology.toml」がサイトのフォルダにない。") && ja.contains("`bunri init"),
                "{ja}"
            );
        }
        other => panic!("{other:?}"),
    }
}

/// The schema for editors accepts and rejects what the reader accepts and rejects.
#[test]
fn the_schema_agrees_with_the_reader() {
    let schema = topology_schema();
    let validator = jsonschema::validator_for(&schema).unwrap();
    let accepts = |text: &str| {
        let value: toml::Value = toml::from_str(text).unwrap();
        validator.is_valid(&serde_json::to_value(value).unwrap())
    };
    let documented = documented();
    assert!(accepts(&documented));
    for (key, broken) in
        [("role = ", "rolle = "), ("leads_to = []", ""), ("\"screen-transfer\"", "\"screen\"")]
    {
        let changed = documented.replacen(key, broken, 1);
        assert_ne!(changed, documented);
        assert!(!accepts(&changed), "{key}");
        assert!(!mistakes(&changed, Lang::En).is_empty());
    }
    let text = schema.to_string();
    assert!(!text.contains("null"), "{text}");
}

/// The example in the module's documentation.
fn documented() -> String {
    let source = include_str!("../../../src/network/topology.rs");
    let lines = source.lines().map_while(|l| l.strip_prefix("//!"));
    let inside = lines.skip_while(|l| !l.contains("```toml")).skip(1).take_while(|l| !l.contains("```"));
    inside.map(|l| format!("{}\n", l.strip_prefix(' ').unwrap_or(l))).collect()
}

/// The documented example is complete but for the things it refers to.
#[test]
fn the_documented_example_is_read() {
    // A device by contract has no second member.
    let text = documented();
    let (before, rest) = text.split_once("[device.standby]").unwrap();
    let (_, after) = rest.split_once("[device.contract]").unwrap();
    let text = format!("{before}[device.contract]{after}");
    // A policy table needs its sheet: the sites with one are read by their own tests.
    let (before, rest) = text.split_once("[[device]]\nname = \"FW-MUGAI01\"").unwrap();
    let (_, after) = rest.split_once("[[device]]").unwrap();
    let text = format!("{before}[[device]]{after}")
        .replace("config = \"configs/FW-SANSO01.conf\"", "config = \"unavailable\"")
        .replace("vendor = \"fortios\"", "")
        .replace("port5 = \"lgw_ext\"", "in = \"lgw_ext\"\nout = \"ext-sc\"")
        .replace("tables/管理表.xlsx\"", "tables/v.csv\"")
        .replace("sheet = \"VLAN一覧\"", "")
        // Only tables of one device name it.
        .replace("device = \"FW-MUGAI01\"", "");
    let table = ",,,\n,,,\n,,本庁,\nVLAN名,所属系,ネットワーク,\nvlan_x,基幹系,10.99.0.0/24,\n";
    let more = ["wan_sc", "lgw_ext", "lgw_pc", "kikan_sv"].map(|s| format!("[[segment]]\nid = \"{s}\"\n"));
    let more = format!(
        "{}[[zone]]\nid = \"INT\"\nname = \"\"\nrole = \"internet\"\n[[host]]\nid = \"SV-VB01\"\ninterfaces = []\n[[host]]\nid = \"SV-MAIL-L\"\ninterfaces = []\n[[device]]\nname = \"SV-MUGAI01\"\nconfig = \"x\"\n[[declaration]]\nid = \"申-01\"\ntext = \"\"\ndocument = \"\"\nby = \"\"\ndate = \"\"\n",
        more.concat()
    );
    let site = site(
        &format!("{text}{more}"),
        &[("policy/tokutei.toml", "schema_version = 1"), ("tables/v.csv", table)],
    );
    let segment = site.segments.iter().find(|s| s.id.value == "vlan_x").unwrap();
    assert_eq!(site.zone(segment.zone.unwrap()).unwrap().id.value, "MYN");
    assert!(segment.complete);
    assert_eq!(site.sanitizers.len(), 1);
    assert_eq!(site.sanitizers[0].sessions[0].peers.len(), 3);
    assert_eq!(site.sanitizers[0].sessions[0].ports.pairs(), [(443, 443), (8000, 8080)]);
    assert!(site.sanitizers[0].sessions[0].peer_opens);
    let statuses: Vec<_> = site.boxes.iter().map(|(n, s)| format!("{} {s:?}", n.value)).collect();
    assert_eq!(statuses[1], "FW-SANSO01 Declared");
    assert!(statuses[3].starts_with("SW-CORE01 Missing"), "{statuses:?}");
    assert_eq!(statuses[0], "FW-OLD01 Excluded(\"予備機(未使用)\")");
    assert!(statuses[2].starts_with("SV-MUGAI01 Missing"), "{statuses:?}");
    assert_eq!(
        site.host(site.hosts().next().unwrap().0).unwrap().device.unwrap(),
        super::device_id(&site, "SV-MUGAI01")
    );
}

#[test]
fn contracts_say_which_way() {
    let town = "[[segment]]\nid = \"s\"\nprefixes = [\"10.0.0.0/24\"]\n[[segment]]\nid = \"t\"\n\
                prefixes = [\"10.0.0.0/16\"]\n[[device]]\nname = \"R\"\nconfig = \"unavailable\"\n\
                attach = { a = \"s\", b = \"t\" }\n[device.contract]\n";
    let both = "`{ from = \"A\", to = \"B\" }` or `{ among = [\"A\", \"B\"] }`";
    let both_ja = "`{ from = \"A\", to = \"B\" }` 又は `{ among = [\"A\", \"B\"] }`";
    for entry in
        ["{ from = \"a\" }", "{ among = [\"a\"] }", "{ from = \"a\", to = \"b\", among = [\"a\", \"b\"] }"]
    {
        check(
            &format!("{town}forwards = [{entry}]\n"),
            &[&format!(
                "14: invalid-value: [{entry}] an entry of `forwards` has `from` and `to`, or `among` with two interfaces or more (write {both})"
            )],
            &[&format!(
                "14: invalid-value: [{entry}] `forwards` の各項目には、`from` 及び `to`、又は2以上のインターフェースの `among` を記載する ({both_ja} と記載する)"
            )],
        );
    }
    // On both segments, and on none.
    for hop in ["10.0.0.9", "192.0.2.9"] {
        check(
            &format!("{town}forwards = []\nroutes = [{{ prefix = \"0.0.0.0/0\", via = \"{hop}\" }}]\n"),
            &[&format!(
                "15: invalid-value: [\"{hop}\"] the next hop `{hop}` is not on exactly one of the device's segments (name an address within the prefixes of one attached segment)"
            )],
            &[&format!(
                "15: invalid-value: [\"{hop}\"] ネクストホップ「{hop}」が属する接続先のセグメントを1つに特定できない (接続先のセグメントのいずれか1つのプレフィックスに含まれるアドレスを記載する)"
            )],
        );
    }
}
