//! Dates as papers write them.

use bunri::intent::date::{japanese, parse, since};
use jiff::civil::date;

#[test]
fn every_spelling_of_one_day() {
    for text in [
        "令和8年3月31日",
        "令和 8 年 3 月 31 日",
        "令和8年3月31日",
        "令和7年度末",
        "令和8年3月末",
        "R8.3月末",
        "2026/3月末日",
        "R8.3.31",
        "R08.03.31",
        "r8/3/31",
        "R8.3.31",
        "㋿8.3.31",
        "令8.3.31",
        "2026/3/31",
        "2026-03-31",
        "2026.3.31",
        "2026年3月31日",
        " 2026/03/31 ",
        "R8.3.31(火)",
        "令和8年3月31日(火曜日)",
        "2026/3/31 （火曜）",
        "令和7年度末(火・祝)",
    ] {
        assert_eq!(parse(text), Some(date(2026, 3, 31)), "{text}");
    }
    assert_eq!(parse("令和元年5月1日"), Some(date(2019, 5, 1)));
    assert_eq!(parse("H31.4.30"), Some(date(2019, 4, 30)));
    assert_eq!(japanese(date(2026, 3, 31)), "令和8年3月31日");
    assert_eq!(japanese(date(2019, 5, 1)), "令和元年5月1日");
}

#[test]
fn nonsense_is_no_date() {
    for text in [
        "",
        "-",
        "〃",
        "同上",
        "未定",
        "令和8年2月29日",
        "令和8年13月1日",
        "R8.4.31",
        "R0.4.1",
        "令和元年4月30日",
        "平成32年3月31日",
        "H31.5.1",
        "8.3.31",
        "26/3/31",
        "2026/3",
        "2026-3/31",
        "20260331",
        "R8.3.31まで",
        "元年5月1日",
        "+2026/3/31",
        "2026/+3/31",
        "年度末",
        "月末",
        "3月末",
        "R8月末",
        "R8.13月末",
        "R8.3.31(月)",
        "R8.3.31(予定)",
        "R8.3.31()",
        "R8.3.31(火",
        "(火)",
        "R8.3.31(火)(火)",
    ] {
        assert_eq!(parse(text), None, "{text}");
    }
}

#[test]
fn a_month_or_a_fiscal_year_begins_on_a_day() {
    for text in ["令和8年3月", "R8.3", "2026/3", "2026-03", "R8.3.1"] {
        assert_eq!(since(text), Some(date(2026, 3, 1)), "{text}");
    }
    assert_eq!(since("令和7年度"), Some(date(2025, 4, 1)));
    for text in ["", "-", "3月", "令和8年", "R8", "2026", "R8.13", "令和8年3月頃"] {
        assert_eq!(since(text), None, "{text}");
    }
}
