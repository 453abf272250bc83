//! The command line in Japanese: help texts and usage errors.

use clap::error::{ContextKind, ContextValue, ErrorKind};
use clap::{Arg, Command};

use crate::source::Lang;

/// The language of `--lang` if it is there and known, else that of the locale. Looked up before parsing, because
/// help and usage errors need it.
pub(super) fn detect(args: &[std::ffi::OsString], locale: Option<&str>) -> Lang {
    let mut chosen = None;
    let mut args = args.iter().skip(1).map(|a| a.to_string_lossy());
    while let Some(arg) = args.next() {
        match arg.split_once('=') {
            _ if arg == "--" => break,
            Some(("--lang", value)) => chosen = Some(value.to_owned()),
            _ if arg == "--lang" => chosen = args.next().map(|v| v.into_owned()),
            _ => {}
        }
    }
    parse(chosen.as_deref().unwrap_or_default()).unwrap_or_else(|| from_locale(locale))
}

/// The value of `--lang`.
pub(super) fn parse(text: &str) -> Option<Lang> {
    match text {
        "ja" => Some(Lang::Ja),
        "en" => Some(Lang::En),
        _ => None,
    }
}

fn from_locale(locale: Option<&str>) -> Lang {
    let language = locale.unwrap_or_default().split(['-', '_', '.']).next().unwrap_or_default();
    if language.eq_ignore_ascii_case("ja") { Lang::Ja } else { Lang::En }
}

/// The command with Japanese texts.
pub(super) fn japanese(command: Command) -> Command {
    let names: Vec<String> = command.get_subcommands().map(|c| c.get_name().to_owned()).collect();
    let mut command = one(command, "").subcommand_help_heading("コマンド").subcommand_value_name("コマンド");
    for name in names {
        command = command.mut_subcommand(&name, |c| one(c, &name));
    }
    command
}

const TEMPLATE: &str = "{about-with-newline}\n使い方: {usage}\n\n{all-args}{after-help}";

fn one(command: Command, name: &str) -> Command {
    let about = ABOUT.iter().find(|(n, _)| *n == name).map_or("", |(_, text)| text);
    command.about(about).help_template(TEMPLATE).mut_args(|arg| argument(name, arg))
}

fn argument(command: &str, arg: Arg) -> Arg {
    let id = arg.get_id().as_str();
    // A command's own text first, then the one that all commands share.
    let own = ARGUMENTS.iter().find(|(c, i, _)| *c == command && *i == id);
    let text = own.or_else(|| ARGUMENTS.iter().find(|(c, i, _)| c.is_empty() && *i == id));
    let heading = match arg.get_help_heading() {
        Some(_) => "共通オプション",
        None if arg.is_positional() => "引数",
        None => "オプション",
    };
    let help = text.map_or("", |(_, _, text)| text);
    arg.help(help).help_heading(heading)
}

/// Command, text.
const ABOUT: [(&str, &str); 14] = [
    ("", "自治体ネットワークの三層分離を、機器の設定から網羅的に解析する"),
    ("check", "サイト全体を三層分離の基準に照らして解析する"),
    ("trace", "個々のパケットが機器又はサイトをどのように通るかを調べる"),
    ("reach", "1台の機器について、通過し得る通信を全て示す"),
    ("diff", "同じ機器の設定ファイル2つについて、通過する通信の差を示す"),
    ("coverage", "設定のどの行を解釈できたかを示す"),
    ("matrix", "どの系からどの系へ通信を開始できるかを一覧で示す"),
    ("graph", "系、機器及び越境する通信を図に描く"),
    ("doctor", "判定保留を解消するために次に確認すべき事項を示す"),
    ("explain", "検査項目、指摘、又は2か所の間の通信について説明する"),
    ("init", "設定、端末ログ及び管理表のあるフォルダから、最初のサイトを -o で指定した新しいフォルダに作る"),
    (
        "lab",
        "サイトの Linux ルータについての解析結果を、実際の Linux カーネルで確認する(Linux の root 権限でのみ実行可)",
    ),
    ("mask", "パスワード及び鍵を取り除いたフォルダの複製を、-o で指定した新しいフォルダに作る"),
    ("schema", "入出力形式の JSON Schema を出力する"),
];

/// Command (empty: all), argument, text.
const ARGUMENTS: [(&str, &str, &str); 45] = [
    ("", "lang", "表示と報告の言語: ja 又は en [既定: OSの設定]"),
    ("", "format", "出力形式: text 又は json。graph では svg、dot 又は mermaid [既定: text、graph は svg]"),
    ("", "output", "結果を画面ではなく FILE に書き込む(init 及び mask では新しいフォルダ)"),
    ("", "today", "DATE(YYYY-MM-DD)を本日とみなして判定する [既定: 本日]"),
    ("", "no_progress", "進行状況を表示しない"),
    ("", "help", "使い方を表示する"),
    ("", "version", "版を表示する"),
    ("", "site", "topology.toml のあるフォルダ"),
    ("", "config", "1台の機器の設定ファイル"),
    ("", "vendor", "設定ファイルの種別 [既定: 内容から判別]"),
    ("", "ipv6", "IPv6のルール(別のファイルの場合。ip6tables-save)"),
    ("", "addresses", "アドレス一覧(ip addr)"),
    ("", "routes", "経路表(ip route、show ip route)"),
    ("", "routes6", "IPv6の経路表(ip -6 route)"),
    ("", "rules", "ポリシールーティングのルール(ip rule)"),
    ("", "sysctl", "カーネルの設定(sysctl -a)"),
    ("check", "baseline", "前回の検査結果(JSON)である FILE と比較する"),
    ("check", "fail_on", "終了コードの対象: any(全て)又は new(--baseline の結果より新規又は悪化したもの)"),
    (
        "check",
        "draft_register",
        "特定通信台帳の案(提出された台帳にない通信)を FILE(.toml、.xlsx 又は .csv)に書き込む",
    ),
    ("trace", "packets", "調べるパケットのJSONリスト(形式は `bunri schema packets`)。- は標準入力"),
    ("reach", "ingress", "パケットが入るインターフェース"),
    ("reach", "egress", "パケットが出るインターフェース、又は local [既定: 全て]"),
    ("reach", "src", "送信元アドレス [既定: 全て]"),
    ("reach", "dst", "宛先アドレス [既定: 全て]"),
    ("reach", "proto", "プロトコルの名前又は番号 [既定: 全て]"),
    ("reach", "dport", "宛先ポート又は範囲(例 443、8000-8100) [既定: 全て]"),
    ("explain", "what", "検査項目の番号(例 M-1)、指摘の番号、又はサイトのフォルダ"),
    ("explain", "id", "WHAT がサイトのフォルダである場合の指摘の番号"),
    ("explain", "site", "WHAT が指摘の番号である場合のサイトのフォルダ"),
    ("explain", "finding", "`bunri check` の結果に示された指摘の番号"),
    ("explain", "from", "送信側: host:ID、segment:ID 又は zone:ID"),
    ("explain", "to", "受信側: host:ID、segment:ID 又は zone:ID"),
    ("explain", "src", "送信元アドレス [既定: 全て]"),
    ("explain", "dst", "送信時の宛先アドレス [既定: 全て]"),
    ("explain", "proto", "プロトコルの名前又は番号 [既定: 全て]"),
    ("explain", "dport", "宛先ポート又は範囲(例 443、8000-8100) [既定: 全て]"),
    ("diff", "before", "変更前の設定ファイル"),
    ("diff", "after", "変更後の設定ファイル"),
    ("diff", "vendor", "ファイルの種別 [既定: 内容から判別]"),
    ("coverage", "paths", "サイトのフォルダ、又は設定ファイル"),
    ("coverage", "vendor", "ファイルの種別 [既定: 内容から判別]"),
    ("coverage", "lines", "ファイルごとに表示する行数の上限 [既定: 200]"),
    ("init", "folder", "設定、端末ログ及び管理表のあるフォルダ(下位のフォルダを含む)"),
    ("mask", "folder", "サイトのフォルダ、又は設定ファイルのあるフォルダ"),
    ("schema", "form", "形式の名前 [既定: check]"),
];

/// A usage error in Japanese.
pub(super) fn error(error: &clap::Error) -> String {
    let of = |kind| error.get(kind).map(value).unwrap_or_default();
    let arg = of(ContextKind::InvalidArg);
    let bad = of(ContextKind::InvalidValue);
    let what = match error.kind() {
        ErrorKind::UnknownArgument => format!("引数「{arg}」は使用できない"),
        ErrorKind::InvalidSubcommand => {
            format!("「{}」というコマンドはない", of(ContextKind::InvalidSubcommand))
        }
        ErrorKind::MissingSubcommand => "コマンドを指定する必要がある".to_owned(),
        ErrorKind::MissingRequiredArgument => format!("必要な引数がない: {arg}"),
        ErrorKind::ArgumentConflict if of(ContextKind::PriorArg) == arg => {
            format!("「{arg}」が2回指定されている")
        }
        ErrorKind::ArgumentConflict => {
            format!("「{arg}」と「{}」は同時に指定できない", of(ContextKind::PriorArg))
        }
        ErrorKind::InvalidValue if bad.is_empty() => format!("「{arg}」の値がない"),
        ErrorKind::InvalidValue | ErrorKind::ValueValidation => {
            format!("「{arg}」の値「{bad}」は使用できない")
        }
        ErrorKind::TooManyValues => format!("「{arg}」の値が多すぎる: 「{bad}」"),
        ErrorKind::TooFewValues | ErrorKind::WrongNumberOfValues => format!("「{arg}」の値の数が合わない"),
        ErrorKind::NoEquals => format!("「{arg}」の値は = を付けて指定する"),
        ErrorKind::InvalidUtf8 => "引数に不正な文字がある".to_owned(),
        _ => error.to_string(),
    };
    let near = [ContextKind::SuggestedArg, ContextKind::SuggestedSubcommand, ContextKind::SuggestedValue];
    let near: Vec<String> = near.into_iter().map(of).filter(|s| !s.is_empty()).collect();
    let hint = match near.first() {
        Some(first) => format!("\n\n  「{first}」の誤りではないか"),
        None => String::new(),
    };
    format!("エラー: {what}{hint}\n\n使い方は --help で確認する\n")
}

fn value(v: &ContextValue) -> String {
    match v {
        ContextValue::String(s) => s.clone(),
        ContextValue::Strings(list) => list.join(", "),
        ContextValue::StyledStr(s) => s.to_string(),
        ContextValue::Number(n) => n.to_string(),
        _ => String::new(),
    }
}
