//! Policy tables as they should not be: of other encodings, with columns and cells nobody expects, and with what a
//! workbook can hide. None of it may become anything, or nothing, without a word.

use bunri::analysis::answer::{Assertion, Level, Verdict};
use bunri::checks::{self, Options};
use bunri::network::{Site, build};
use bunri::source::{Lang, Limits};
use bunri::vendor::VENDORS;
use rust_xlsxwriter::{Format, Formula, Workbook, Worksheet};

use super::policies::{HEADINGS, TOWN, judged, said};
use super::{Folder, csv, put};

const LAST: &[&str] = &["デフォルト", "", "any", "any", "any", "any", "any", "拒否", "有効", "-", ""];
/// The individual-number zone to the internet, permitted.
const HOLE: &[&str] = &["1", "", "a", "any", "c", "any", "any", "許可", "有効", "-", ""];
/// The same, refused.
const WALL: &[&str] = &["1", "", "a", "any", "c", "any", "any", "拒否", "有効", "-", ""];

fn policies(file: &str) -> String {
    format!("[[table]]\nkind = \"policies\"\ndevice = \"FW\"\nfile = \"{file}\"\n")
}

/// The town whose firewall's configuration is one file.
fn single(file: &str, vendor: &str) -> String {
    TOWN.replace("config = \"table\"", &format!("config = \"{file}\"\nvendor = \"{vendor}\""))
}

fn assessed(topology: &str, files: &[(&str, Vec<u8>)]) -> (Site, Vec<Assertion>) {
    let mut all: std::collections::BTreeMap<String, Vec<u8>> =
        files.iter().map(|(p, b)| ((*p).to_owned(), b.clone())).collect();
    all.insert("topology.toml".to_owned(), topology.as_bytes().to_vec());
    let site = build(&Folder(all), VENDORS, &Limits::default()).unwrap();
    let answers = checks::assess(&site, &Options::default()).unwrap().assertions;
    (site, answers)
}

fn m1(topology: &str, files: &[(&str, Vec<u8>)]) -> Verdict {
    said(&assessed(topology, files).1, "M-1").verdict
}

fn book(fill: impl FnOnce(&mut Worksheet)) -> Vec<u8> {
    let mut book = Workbook::new();
    let sheet = book.add_worksheet().set_name("FWポリシー表").unwrap();
    put(sheet, 1, HEADINGS);
    fill(sheet);
    book.save_to_buffer().unwrap()
}

/// `config = "….csv"` with `vendor = "table"` is the device whose only table that is.
#[test]
fn tables_alone_are_configurations() {
    let cases = [
        (vec![WALL, LAST], Verdict::Holds),
        (vec![HOLE, LAST], Verdict::Violated),
        (vec![WALL], Verdict::Undetermined),
    ];
    for (rows, verdict) in cases {
        let all: Vec<&[&str]> = [HEADINGS].into_iter().chain(rows.iter().copied()).collect();
        assert_eq!(m1(&single("p.csv", "table"), &[("p.csv", csv(&all))]), verdict, "{rows:?}");
        let workbook = book(|s| (2u32..).zip(&rows).for_each(|(n, row)| put(s, n, row)));
        assert_eq!(m1(&single("p.xlsx", "table"), &[("p.xlsx", workbook)]), verdict, "{rows:?}");
    }
    // Not there, or no table at all: the device may do anything. Unless the vendor is named, it is no table.
    let good = || csv(&[HEADINGS, WALL, LAST]);
    assert_eq!(m1(&single("p.csv", "table"), &[]), Verdict::Undetermined);
    assert_eq!(m1(&single("p.csv", "table"), &[("p.csv", b"a,b\r\n1,2".to_vec())]), Verdict::Undetermined);
    let unnamed = TOWN.replace("config = \"table\"", "config = \"p.csv\"");
    let unnamed = super::whole(&unnamed, &[("p.csv", good())]).map(|_| ()).expect_err("a mistake");
    assert_eq!(unnamed[0].code, "invalid-value", "{unnamed:?}");
    // Further sheets stand beside it; a second policy table is one too many.
    let objects = "[[table]]\nkind = \"addresses\"\ndevice = \"FW\"\nfile = \"o.csv\"\n";
    let named =
        csv(&[HEADINGS, &["1", "", "a", "基幹全部", "c", "any", "any", "拒否", "有効", "-", ""], HOLE, LAST]);
    let list = csv(&[&["名称", "アドレス"], &["基幹全部", "0.0.0.0/0"]]);
    let files = [("p.csv", named), ("o.csv", list)];
    assert_eq!(m1(&format!("{}{objects}", single("p.csv", "table")), &files), Verdict::Holds);
    let twice = format!("{}{}", single("p.csv", "table"), policies("q.csv"));
    assert_eq!(m1(&twice, &[("p.csv", good()), ("q.csv", good())]), Verdict::Undetermined);
    // A workbook of several sheets: which one is meant, somebody must say.
    let mut several = Workbook::new();
    for name in ["表1", "表2"] {
        let sheet = several.add_worksheet().set_name(name).unwrap();
        (1u32..).zip([HEADINGS, WALL, LAST]).for_each(|(n, row)| put(sheet, n, row));
    }
    let several = several.save_to_buffer().unwrap();
    let (site, answers) = assessed(&single("p.xlsx", "table"), &[("p.xlsx", several.clone())]);
    assert_eq!(said(&answers, "M-1").verdict, Verdict::Undetermined);
    let told =
        site.diagnostics.iter().find(|d| d.message.text(Lang::Ja).contains("シートが複数ある")).unwrap();
    let help = told.message.text(Lang::En);
    // What to write is said, and it helps.
    let written = ["`config = \"table\"`", "`[[table]]`", "`kind = \"policies\"`", "`device = \"FW\"`"];
    assert!(written.iter().all(|w| help.contains(w)), "{help}");
    let named = format!("{TOWN}{}sheet = \"表1\"\n", policies("p.xlsx"));
    assert_eq!(m1(&named, &[("p.xlsx", several)]), Verdict::Holds);
}

/// Windows writes CSV in CP932; what is read is the same, down to the names of zones.
#[test]
fn tables_in_cp932_say_the_same() {
    let town = TOWN.replace("[device.table]", "[device.table]\nzones = { a = \"基幹系①\", c = \"情報系~\" }");
    let row = |action| -> Vec<&str> {
        vec!["1", "試験用", "基幹系①", "any", "情報系~", "any", "TCP/443", action, "有効", "-", "ﾎﾟｰﾄ㈱"]
    };
    for (action, verdict) in [("許可", Verdict::Violated), ("拒否", Verdict::Holds)] {
        let made = row(action);
        let plain = csv(&[HEADINGS, &made, LAST]);
        let (bytes, _, lost) = encoding_rs::SHIFT_JIS.encode(std::str::from_utf8(&plain).unwrap());
        assert!(!lost);
        let topology = format!("{town}{}", policies("p.csv"));
        assert_eq!(m1(&topology, &[("p.csv", plain.clone())]), verdict);
        assert_eq!(m1(&topology, &[("p.csv", bytes.into_owned())]), verdict, "{action} in CP932");
        // A byte of it is lost.
        let (bytes, _, _) = encoding_rs::SHIFT_JIS.encode(std::str::from_utf8(&plain).unwrap());
        let mut bytes = bytes.into_owned();
        let at = bytes.len() / 2;
        bytes.splice(at..=at, [0xFF, 0xFD]);
        assert_ne!(m1(&topology, &[("p.csv", bytes)]), Verdict::Holds, "{action} garbled");
    }
}

/// Translations of destinations in a column of their own, and names that only a resolver knows.
#[test]
fn tables_with_destination_translation_or_domain_names_are_open() {
    let wide = |heading: &'static str, cell: &'static str, row: &[&'static str]| {
        let with = |row: &[&'static str], cell| [row, &[cell]].concat();
        let rows = [with(HEADINGS, heading), with(row, cell), with(LAST, "-")];
        let all: Vec<&[&str]> = rows.iter().map(Vec::as_slice).collect();
        let (_, answers) = judged(&policies("p.csv"), &[("p.csv", csv(&all))]);
        said(&answers, "M-1").verdict
    };
    // The row is written for the address before the translation: it may lead to the internet zone.
    let inward: &[&str] = &["1", "", "a", "any", "b", "10.2.0.9", "any", "許可", "有効", "-", ""];
    for heading in ["宛先NAT", "変換後宛先", "DNAT", "変換後アドレス", "NAT後", "VIP"] {
        assert_eq!(wide(heading, "10.3.0.9", inward), Verdict::Undetermined, "{heading}");
        assert_ne!(wide(heading, "10.3.0.9", WALL), Verdict::Violated, "{heading}");
        assert_eq!(wide(heading, "", inward), Verdict::Holds, "{heading}: empty");
    }
    let of = |from: &'static str, to: &'static str, action: &'static str| {
        let row = ["1", "", "a", from, "c", to, "any", action, "有効", "-", ""];
        let behind: &[&str] = &["2", "", "a", "any", "c", "any", "any", "許可", "有効", "-", ""];
        let all: Vec<&[&str]> = match action {
            "拒否" => vec![HEADINGS, &row, behind, LAST],
            _ => vec![HEADINGS, &row, LAST],
        };
        let (_, answers) = judged(&policies("p.csv"), &[("p.csv", csv(&all))]);
        said(&answers, "M-1").verdict
    };
    for name in ["update.example.jp", "*.example.jp", "https://update.example.jp/", "FQDN:update.example.jp"]
    {
        assert_eq!(of("any", name, "許可"), Verdict::Undetermined, "{name}");
        // Nobody is kept out by a name that may be no address at all.
        assert_ne!(of("any", name, "拒否"), Verdict::Holds, "{name}");
        assert_ne!(of(name, "any", "拒否"), Verdict::Holds, "{name}");
    }
    // Beside an address the name may be more.
    assert_eq!(of("any", "10.3.0.1、update.example.jp", "許可"), Verdict::Undetermined);
}

/// What Excel can do to a sheet.
#[test]
fn tables_in_hostile_workbooks_never_hold_by_what_is_not_seen() {
    let judge = |bytes: Vec<u8>| m1(&format!("{TOWN}{}", policies("p.xlsx")), &[("p.xlsx", bytes)]);
    let plain = Format::new();
    // Merged over two rows: both have what people see.
    let merged = |text: &str| {
        book(|s| {
            put(s, 2, &["1", "", "b", "any", "c", "any", "any"]);
            put(s, 3, &["2", "", "a", "any", "c", "any", "any"]);
            s.merge_range(1, 7, 2, 7, text, &plain).unwrap();
            for row in 1..=2 {
                s.write_string(row, 8, "有効").unwrap();
                s.write_string(row, 9, "-").unwrap();
            }
            put(s, 4, LAST);
        })
    };
    assert_eq!([judge(merged("許可")), judge(merged("拒否"))], [Verdict::Violated, Verdict::Holds]);
    // A merged block over columns: one text for source zone and source.
    let across = book(|s| {
        put(s, 2, &["1", "", "", "", "c", "any", "any", "許可", "有効", "-"]);
        s.merge_range(1, 2, 1, 3, "a", &plain).unwrap();
        put(s, 3, LAST);
    });
    assert_ne!(judge(across), Verdict::Holds);
    // Formulas: what they show, if the file says what that is.
    let formula = |shown: Option<&str>| {
        book(|s| {
            put(s, 2, &["1", "", "a", "any", "c", "any", "any", "", "有効", "-"]);
            let made = Formula::new("=IF(1=1,\"許可\",\"拒否\")");
            let made = match shown {
                Some(text) => made.set_result(text),
                None => made.set_result(""),
            };
            s.write_formula(1, 7, made).unwrap();
            put(s, 3, LAST);
        })
    };
    assert_eq!(judge(formula(Some("許可"))), Verdict::Violated);
    assert_ne!(judge(formula(None)), Verdict::Holds);
    // A hidden column holds the hole, or the wall.
    let hidden = |column: u16, row: &[&str]| {
        book(|s| {
            put(s, 2, row);
            put(s, 3, LAST);
            s.set_column_hidden(column).unwrap();
        })
    };
    for column in [2, 3, 4, 5, 7, 8] {
        assert_ne!(judge(hidden(column, HOLE)), Verdict::Holds, "{column}");
    }
    // A second table far below the first one, and one far to the right.
    let below = book(|s| {
        put(s, 2, WALL);
        put(s, 3, LAST);
        put(s, 1_048_000, HEADINGS);
        put(s, 1_048_001, HOLE);
    });
    assert_ne!(judge(below), Verdict::Holds, "rows behind the default");
    // White text on white is text.
    let white = book(|s| {
        let format = Format::new().set_font_color(rust_xlsxwriter::Color::White);
        for (column, text) in (0u16..).zip(HOLE).filter(|(_, t)| !t.is_empty()) {
            s.write_string_with_format(1, column, *text, &format).unwrap();
        }
        put(s, 3, LAST);
    });
    assert_eq!(judge(white), Verdict::Violated);
    // Hidden sheets are not taken for the one that is meant, nor in its place.
    let mut two = Workbook::new();
    let sheet = two.add_worksheet().set_name("FWポリシー表").unwrap();
    (1u32..).zip([HEADINGS, HOLE, LAST]).for_each(|(n, row)| put(sheet, n, row));
    let old = two.add_worksheet().set_name("旧").unwrap().set_hidden(true);
    (1u32..).zip([HEADINGS, WALL, LAST]).for_each(|(n, row)| put(old, n, row));
    assert_eq!(judge(two.save_to_buffer().unwrap()), Verdict::Violated);
}

/// Two thousand rows of which the last but one is the hole.
#[test]
fn tables_of_many_rows_are_read_to_the_end() {
    let many = |hole: bool| {
        let numbers: Vec<String> = (1..=2_000).map(|n| n.to_string()).collect();
        let rows: Vec<Vec<&str>> = numbers
            .iter()
            .map(|n| {
                vec![n.as_str(), "", "b", "10.2.0.7", "b", "10.2.0.8", "TCP/443", "許可", "有効", "-", ""]
            })
            .collect();
        let mut all: Vec<&[&str]> = vec![HEADINGS];
        all.extend(rows.iter().map(Vec::as_slice));
        let last = ["2001", "", "a", "any", "c", "any", "any", "許可", "有効", "-", ""];
        if hole {
            all.push(&last);
        }
        all.push(LAST);
        m1(&single("p.csv", "table"), &[("p.csv", csv(&all))])
    };
    assert_eq!([many(false), many(true)], [Verdict::Holds, Verdict::Violated]);
}

/// Services and routes in sheets of their own.
#[test]
fn tables_know_services_and_routes() {
    let services = |rows: &[&[&str]]| {
        let more = format!(
            "{}[[table]]\nkind = \"services\"\ndevice = \"FW\"\nfile = \"s.csv\"\n",
            policies("p.csv")
        );
        let head: &[&str] = &["名称", "プロトコル", "ポート"];
        let all: Vec<&[&str]> = [head].into_iter().chain(rows.iter().copied()).collect();
        // The service is refused, all TCP behind it passes: what the name leaves out gets through.
        let wall: &[&str] = &["1", "", "a", "any", "c", "any", "全業務", "拒否", "有効", "-", ""];
        let rest: &[&str] = &["2", "", "a", "any", "c", "any", "TCP/1-65535", "許可", "有効", "-", ""];
        let files = [("p.csv", csv(&[HEADINGS, wall, rest, LAST])), ("s.csv", csv(&all))];
        let (_, answers) = judged(&more, &files);
        said(&answers, "M-1").verdict
    };
    assert_eq!(services(&[&["全業務", "TCP", "0-65535"]]), Verdict::Holds);
    assert_eq!(services(&[&["全業務", "TCP", "any"]]), Verdict::Holds);
    assert_eq!(services(&[&["全業務", "TCP", "443"]]), Verdict::Violated);
    for open in [
        &["全業務", "TCP", ""][..],
        &["全業務", "TCP", "別紙参照"],
        &["全業務", "独自", "443"],
        &["全業務", "", "443"],
        &["別の名称", "TCP", "0-65535"],
    ] {
        assert_eq!(services(&[open]), Verdict::Undetermined, "{open:?}");
    }
    assert_eq!(
        services(&[&["全業務", "TCP", "0-1023"], &["全業務", "TCP", "1024-65535"]]),
        Verdict::Undetermined,
        "two definitions"
    );

    // A network behind the internet segment: the way to it is a route.
    let town = TOWN.replace(
        "[[device]]",
        "[[segment]]\nid = \"x\"\nzone = \"I\"\nprefixes = [\"10.9.0.0/24\"]\ncomplete = true\n[[device]]\nname = \"R\"\nconfig = \"unavailable\"\nrelay = \"no\"\ndeclarations = [\"申-01\"]\nattach = { in = \"l\", out = \"x\" }\n[device.contract]\nforwards = [{ among = [\"in\", \"out\"] }]\naddresses = { in = [\"10.2.0.1/24\"], out = [\"10.9.0.1/24\"] }\nroutes = [{ prefix = \"10.1.0.0/24\", via = \"10.2.0.254\" }]\n[[device]]",
    );
    let routed = |rows: &[&[&str]]| {
        let more = format!(
            "{town}{}[[table]]\nkind = \"routes\"\ndevice = \"FW\"\nfile = \"r.csv\"\n",
            policies("p.csv")
        );
        let head: &[&str] = &["宛先ネットワーク", "ネクストホップ"];
        let all: Vec<&[&str]> = [head].into_iter().chain(rows.iter().copied()).collect();
        // Permitted between the two inner zones; only a route leads further.
        let inner: &[&str] = &["1", "", "a", "any", "b", "any", "any", "許可", "有効", "-", ""];
        let files = [("p.csv", csv(&[HEADINGS, inner, LAST])), ("r.csv", csv(&all))];
        m1(&more, &files)
    };
    assert_eq!(routed(&[&["10.9.0.0/24", "10.2.0.1"]]), Verdict::Violated);
    assert_eq!(routed(&[&["10.8.0.0/24", "10.2.0.1"]]), Verdict::Holds);
}

/// A segment that the list of VLANs gives another number than the switch does.
#[test]
fn listed_vlans_are_held_against_switches() {
    let switch = "Building configuration...\n!\nversion 17.9\nhostname SW\n!\nno ip routing\n!\nvlan 10\n!\nvlan 20\n!\ninterface GigabitEthernet1/0/1\n switchport access vlan 10\n switchport mode access\n!\ninterface GigabitEthernet1/0/2\n switchport access vlan 20\n switchport mode access\n!\nend\n";
    let topology = r#"
schema_version = 1
name = "T"
[[zone]]
id = "M"
name = "基幹系"
role = "individual-number"
[[zone]]
id = "L"
name = "内部情報系"
role = "lgwan"
[[table]]
kind = "segments"
file = "VLAN一覧.csv"
[[device]]
name = "SW"
config = "sw.txt"
[[link]]
device = "SW"
ports = ["Gi1/0/1"]
to = { segment = "kikan" }
[[link]]
device = "SW"
ports = ["Gi1/0/2"]
to = { segment = "naibu" }
"#;
    let told = |kikan: &str| {
        let rows: [&[&str]; 3] = [
            &["VLAN ID", "VLAN名", "系", "ネットワーク"],
            &[kikan, "kikan", "基幹系", "10.1.0.0/24"],
            &["20", "naibu", "内部情報系", "10.2.0.0/24"],
        ];
        let files = [("VLAN一覧.csv", csv(&rows)), ("sw.txt", switch.as_bytes().to_vec())];
        let (site, answers) = assessed(topology, &files);
        let layer2 = answers.iter().find(|a| a.id == "M-2" && a.level == Level::L2).unwrap().verdict;
        let found = site
            .diagnostics
            .iter()
            .filter(|d| d.message.text(Lang::Ja).contains("VLAN一覧と設定が一致しない"));
        let cells: Vec<String> = found
            .map(|d| {
                let label = d.labels.first().unwrap();
                format!(
                    "{} {}",
                    site.sources.excerpt(d.primary).text.trim(),
                    site.sources.cell(label.0).unwrap()
                )
            })
            .collect();
        (layer2, cells)
    };
    for same in ["10", "010", "１０", "VLAN10", "VLAN ID 10"] {
        assert_eq!(told(same), (Verdict::Holds, Vec::new()), "{same}");
    }
    for other in ["030", "VLAN 30", "３０"] {
        assert_eq!(told(other), told("30"), "{other}");
    }
    let (verdict, cells) = told("30");
    // The number means nothing beyond its box: the domains are as separate as they were.
    assert_eq!(verdict, Verdict::Holds);
    assert_eq!(cells, ["switchport access vlan 10 A2"]);
}
