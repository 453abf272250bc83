//! The picture as SVG: zones are lanes, segments rows, devices bars across the rows they touch.

use std::collections::BTreeMap;

use super::picture::{Column, ColumnKind, Lane, Picture, Row, Trail};
use crate::network::{Role, SegmentId};
use crate::report::page::{printable, width};
use crate::report::words::pick;
use crate::source::Lang;

const ROW: usize = 50;
const LANE_GAP: usize = 10;
const LANE_NAME: usize = 150;
const BOX_WIDTH: usize = 250;
const FIRST_COLUMN: usize = LANE_NAME + BOX_WIDTH + 80;
const BAR: usize = 34;
/// Half the width of all trails side by side.
const SPREAD: usize = 12;
const TOP: usize = 110;
/// Pixels of a half-width character at the small font size.
const CHARACTER: usize = 7;

/// Where things are.
struct Layout {
    /// Middle of each row.
    rows: BTreeMap<SegmentId, usize>,
    /// Middle of each column.
    columns: Vec<usize>,
    width: usize,
    height: usize,
}

impl Layout {
    fn of(picture: &Picture) -> Self {
        let mut rows = BTreeMap::new();
        let mut y = TOP;
        for lane in &picture.lanes {
            for row in &lane.rows {
                rows.insert(row.segment, y + ROW / 2);
                y += ROW;
            }
            // A zone without a segment is drawn too: there is nothing to analyse in it.
            y += LANE_GAP + if lane.rows.is_empty() { ROW } else { 0 };
        }
        let mut x = FIRST_COLUMN;
        let mut columns = Vec::new();
        for column in &picture.columns {
            let labels = column.joints.iter().map(|j| width(&j.label)).max().unwrap_or(0);
            let room = 30
                + CHARACTER
                    * labels.max(title_lines(&column.name).iter().map(|l| width(l)).max().unwrap_or(0));
            columns.push(x + BAR / 2);
            x += room.max(70);
        }
        Layout { rows, columns, width: (x + 20).max(760), height: y + legend_height(picture) }
    }
    fn row(&self, segment: SegmentId) -> usize {
        self.rows.get(&segment).copied().unwrap_or(TOP)
    }
    fn column(&self, at: usize) -> usize {
        self.columns.get(at).copied().unwrap_or(FIRST_COLUMN)
    }
}

/// Renders a picture as an SVG document of its own.
pub fn svg(picture: &Picture, lang: Lang) -> String {
    let layout = Layout::of(picture);
    let mut pen = Pen { out: String::new() };
    let (w, h) = (layout.width, layout.height);
    pen.raw(&format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{w}\" height=\"{h}\" viewBox=\"0 0 {w} {h}\" \
         font-family=\"'Yu Gothic','Meiryo','MS Gothic','Noto Sans CJK JP',sans-serif\" font-size=\"12\">\n"
    ));
    pen.raw(&format!("<rect width=\"{w}\" height=\"{h}\" fill=\"#ffffff\"/>\n"));
    let title = pick(lang, "Network and separation", "ネットワーク構成と三層分離");
    pen.text((16, 30), 18, "bold", "#000000", &format!("{}  {title}", picture.title));
    pen.text((16, 52), 12, "normal", "#a00000", pick(lang, "Confidential", "取扱注意"));
    let mut y = TOP;
    for lane in &picture.lanes {
        y = draw_lane(&mut pen, &layout, lane, y, lang);
    }
    for (at, column) in picture.columns.iter().enumerate() {
        draw_wires(&mut pen, &layout, column, layout.column(at));
    }
    for (at, column) in picture.columns.iter().enumerate() {
        draw_column(&mut pen, &layout, column, layout.column(at), lang);
    }
    for (number, trail) in picture.trails.iter().enumerate() {
        draw_trail(&mut pen, &layout, trail, number);
    }
    // Above the ways, which would strike them through.
    for (at, column) in picture.columns.iter().enumerate() {
        label_joints(&mut pen, &layout, column, layout.column(at), lang);
    }
    draw_legend(&mut pen, picture, y + 14, lang);
    pen.raw("</svg>\n");
    pen.out
}

fn tint(role: Option<Role>) -> &'static str {
    match role {
        Some(Role::IndividualNumber) => "#fdeef0",
        Some(Role::Lgwan) => "#eaf3fd",
        Some(Role::Internet) => "#eef8ea",
        Some(Role::Management) => "#f3eefb",
        Some(Role::Independent) => "#f4f4f4",
        Some(Role::Other) => "#fdf6e6",
        None => "#fafafa",
    }
}

fn draw_lane(pen: &mut Pen, layout: &Layout, lane: &Lane, top: usize, lang: Lang) -> usize {
    let height = ROW * lane.rows.len().max(1);
    let (w, fill) = (layout.width.saturating_sub(16), tint(lane.role));
    pen.raw(&format!(
        "<rect x=\"8\" y=\"{top}\" width=\"{w}\" height=\"{height}\" rx=\"6\" fill=\"{fill}\"/>\n"
    ));
    let name = lane.name.as_deref().unwrap_or(pick(lang, "no zone", "系なし(機器内の接続等)"));
    for (at, line) in wrapped(name, 19).iter().enumerate() {
        pen.text((16, top + 20 + 16 * at), 13, "bold", "#222222", line);
    }
    if lane.rows.is_empty() {
        let words = pick(lang, "(no segment)", "(セグメントなし)");
        pen.text((LANE_NAME, top + ROW / 2), 11, "normal", "#777777", words);
    }
    for row in &lane.rows {
        draw_row(pen, layout, row, lang);
    }
    top + height + LANE_GAP
}

fn draw_row(pen: &mut Pen, layout: &Layout, row: &Row, lang: Lang) {
    let y = layout.row(row.segment);
    let dash = if row.external { " stroke-dasharray=\"5 4\"" } else { "" };
    let (x, top, height) = (LANE_NAME, y - ROW / 2 + 4, ROW - 8);
    pen.raw(&format!(
        "<rect x=\"{x}\" y=\"{top}\" width=\"{BOX_WIDTH}\" height=\"{height}\" rx=\"{}\" fill=\"#ffffff\" \
         stroke=\"#555555\"{dash}>",
        if row.external { 20 } else { 4 }
    ));
    let hosts = row.hosts.join(", ");
    pen.raw(&format!("<title>{}</title></rect>\n", escape(&format!("{} {hosts}", row.id))));
    let mut small = row.prefixes.join(" ");
    let name = match (&row.name, row.id.split_once('=')) {
        (Some(name), _) => name.clone(),
        // A link inside a box joins two interfaces: one a line.
        (None, Some((one, other))) => {
            small = format!("= {other}");
            one.to_owned()
        }
        (None, None) => row.id.clone(),
    };
    pen.text((x + 10, y - 5), 12, "bold", "#111111", &fitted(&name, 12, BOX_WIDTH - 18));
    if !row.hosts.is_empty() {
        let count = row.hosts.len();
        let words = match lang {
            Lang::En => format!("{count} hosts"),
            Lang::Ja => format!("登録機器 {count}台"),
        };
        small = if small.is_empty() { words } else { format!("{small}  {words}") };
    }
    if let Some(boundary) = &row.boundary {
        small = format!("{}: {boundary}", pick(lang, "demarcation", "責任分界点"));
    }
    pen.text((x + 10, y + 13), 10, "normal", "#555555", &fitted(&small, 10, BOX_WIDTH - 18));
}

/// The thin lines from segments to a column, below everything else.
fn draw_wires(pen: &mut Pen, layout: &Layout, column: &Column, x: usize) {
    for joint in &column.joints {
        let (y, from) = (layout.row(joint.segment), LANE_NAME + BOX_WIDTH);
        pen.raw(&format!("<path d=\"M{from} {y} H{x}\" stroke=\"#b8b8b8\" fill=\"none\"/>\n"));
    }
}

fn draw_column(pen: &mut Pen, layout: &Layout, column: &Column, x: usize, lang: Lang) {
    let ys: Vec<usize> = column.joints.iter().map(|j| layout.row(j.segment)).collect();
    let (top, bottom) = (ys.iter().min().copied().unwrap_or(TOP), ys.iter().max().copied().unwrap_or(TOP));
    let (fill, stroke, dash) = match column.kind {
        ColumnKind::Analysed => ("#e4e7ec", "#333333", ""),
        ColumnKind::Declared => ("#ffffff", "#333333", " stroke-dasharray=\"5 4\""),
        ColumnKind::Missing => ("#fff3e0", "#d17a00", " stroke-dasharray=\"5 4\""),
        ColumnKind::Sanitizer => ("#d9f2d9", "#2a7a2a", ""),
        ColumnKind::Host => ("#ffffff", "#333333", ""),
    };
    let (left, y, height) = (x - BAR / 2, top - 14, bottom - top + 28);
    for (at, line) in title_lines(&column.name).iter().enumerate() {
        pen.text((left, TOP - 32 + 13 * at), 11, "bold", stroke, line);
    }
    if column.joints.is_empty() {
        // A bar would stand on a row that it does not touch.
        let words = pick(lang, "(no segment)", "(接続なし)");
        pen.text((left, TOP - 6), 10, "normal", "#777777", words);
        return;
    }
    pen.raw(&format!(
        "<rect x=\"{left}\" y=\"{y}\" width=\"{BAR}\" height=\"{height}\" rx=\"5\" fill=\"{fill}\" \
         stroke=\"{stroke}\" stroke-width=\"1.4\"{dash}/>\n"
    ));
    for joint in &column.joints {
        let y = layout.row(joint.segment);
        pen.raw(&format!("<circle cx=\"{x}\" cy=\"{y}\" r=\"4\" fill=\"{stroke}\"/>\n"));
    }
}

fn label_joints(pen: &mut Pen, layout: &Layout, column: &Column, x: usize, lang: Lang) {
    for joint in &column.joints {
        pen.halo((x + BAR / 2 + 3, layout.row(joint.segment) - 4), 10, "#333333", &joint.label);
    }
    let bottom = column.joints.iter().map(|j| layout.row(j.segment)).max().unwrap_or(TOP);
    if !column.open.is_empty() {
        let names = column.open.join(" ");
        let words = match lang {
            Lang::En => format!("? {names}: not in the topology"),
            Lang::Ja => format!("? {names}: 構成情報に記載なし"),
        };
        pen.halo((x + BAR / 2 + 3, bottom + 14), 10, "#d17a00", &words);
    }
}

/// One way across, beside the others by a few pixels.
fn draw_trail(pen: &mut Pen, layout: &Layout, trail: &Trail, number: usize) {
    let shift = number * 5;
    let (Some(first), Some(last)) = (trail.rows.first(), trail.rows.last()) else { return };
    let start = LANE_NAME + BOX_WIDTH;
    let y = |s: SegmentId| layout.row(s) + shift - SPREAD;
    let mut path = format!("M{start} {}", y(*first));
    for (column, row) in trail.columns.iter().zip(trail.rows.iter().skip(1)) {
        path.push_str(&format!(" H{} V{}", layout.column(*column) + shift - SPREAD, y(*row)));
    }
    path.push_str(&format!(" H{}", start + 6));
    let (colour, dash) = look(trail);
    pen.raw(&format!(
        "<path d=\"{path}\" fill=\"none\" stroke=\"{colour}\" stroke-width=\"3\" stroke-linejoin=\"round\"{dash}/>\n"
    ));
    let (from, to) = (y(*first), y(*last));
    pen.raw(&format!("<circle cx=\"{start}\" cy=\"{from}\" r=\"5\" fill=\"{colour}\"/>\n"));
    pen.halo((start + 16 + 14 * number, from + 4), 11, colour, &(number + 1).to_string());
    let (tip, back) = (start, start + 11);
    pen.raw(&format!(
        "<path d=\"M{tip} {to} L{back} {} L{back} {} Z\" fill=\"{colour}\"/>\n",
        to.saturating_sub(6),
        to + 6
    ));
}

fn look(trail: &Trail) -> (&'static str, &'static str) {
    if trail.certain { ("#d00000", "") } else { ("#d17a00", " stroke-dasharray=\"8 5\"") }
}

fn legend_height(picture: &Picture) -> usize {
    60 + 18 * picture.trails.len()
}

fn draw_legend(pen: &mut Pen, picture: &Picture, top: usize, lang: Lang) {
    let entries = [
        ("#e4e7ec", "#333333", "", 3, pick(lang, "from configurations", "機器(設定により確認)")),
        ("#ffffff", "#333333", "5 4", 3, pick(lang, "declared", "機器(申告)")),
        ("#fff3e0", "#d17a00", "5 4", 3, pick(lang, "configuration missing", "機器(設定未提出)")),
        ("#d9f2d9", "#2a7a2a", "", 3, pick(lang, "sanitizer", "無害化システム")),
        (
            "#ffffff",
            "#333333",
            "",
            3,
            pick(lang, "machine with several cards", "複数のNICを持つサーバ・端末"),
        ),
        ("#ffffff", "#555555", "3 2", 7, pick(lang, "network run by others", "庁外の網")),
    ];
    let mut x = 16;
    for (fill, stroke, dash, round, words) in entries {
        pen.raw(&format!(
            "<rect x=\"{x}\" y=\"{top}\" width=\"14\" height=\"14\" rx=\"{round}\" fill=\"{fill}\" \
             stroke=\"{stroke}\" stroke-dasharray=\"{dash}\"/>\n"
        ));
        pen.text((x + 20, top + 12), 11, "normal", "#222222", words);
        x += 40 + CHARACTER * width(words);
    }
    if !picture.trails.is_empty() {
        let words = pick(lang, "● sender  ◀ receiver", "● 開始側  ◀ 相手側");
        pen.text((x, top + 12), 11, "normal", "#222222", words);
    }
    if picture.trails.is_empty() {
        let words = pick(lang, "No crossing traffic was found", "越境する通信は確認されなかった");
        pen.text((16, top + 38), 12, "normal", "#222222", words);
    }
    for (at, trail) in picture.trails.iter().enumerate() {
        let y = top + 38 + 18 * at;
        let (colour, dash) = look(trail);
        pen.raw(&format!("<path d=\"M16 {} H46\" stroke=\"{colour}\" stroke-width=\"3\"{dash}/>\n", y - 4));
        let kind = match trail.certain {
            true => pick(lang, "confirmed", "確認された越境通信の例"),
            false => pick(lang, "cannot be excluded", "判定できない経路"),
        };
        let words = match lang {
            Lang::En => format!("{}. {} {kind}: from {} to {}", at + 1, trail.id, trail.from, trail.to),
            Lang::Ja => format!("{}. {} {kind}: {} から {} へ", at + 1, trail.id, trail.from, trail.to),
        };
        pen.text((54, y), 12, "normal", "#222222", &words);
    }
}

struct Pen {
    out: String,
}

impl Pen {
    fn raw(&mut self, markup: &str) {
        self.out.push_str(markup);
    }
    fn text(&mut self, (x, y): (usize, usize), size: usize, weight: &str, fill: &str, words: &str) {
        let words = escape(words);
        self.raw(&format!(
            "<text x=\"{x}\" y=\"{y}\" font-size=\"{size}\" font-weight=\"{weight}\" fill=\"{fill}\">{words}</text>\n"
        ));
    }
    /// Text that stays legible across lines.
    fn halo(&mut self, (x, y): (usize, usize), size: usize, fill: &str, words: &str) {
        let words = escape(words);
        self.raw(&format!(
            "<text x=\"{x}\" y=\"{y}\" font-size=\"{size}\" fill=\"{fill}\" stroke=\"#ffffff\" stroke-width=\"3\" \
             paint-order=\"stroke\">{words}</text>\n"
        ));
    }
}

/// Text as element content or attribute: nothing in it is markup.
fn escape(words: &str) -> String {
    let mut out = String::new();
    for c in printable(words).chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\'' => out.push_str("&#39;"),
            c => out.push(c),
        }
    }
    out
}

/// A name above a column: a virtual domain stands below its box.
fn title_lines(name: &str) -> Vec<String> {
    match name.split_once('/') {
        Some((chassis, domain)) => vec![clipped(chassis, 24), clipped(&format!("/{domain}"), 24)],
        None => vec![clipped(name, 24)],
    }
}

/// Text that fits into so many pixels at a font size: a full-width character is as wide as it is high, a bold half-width one
/// about 0.62 of that.
fn fitted(text: &str, size: usize, pixels: usize) -> String {
    let wide = |c: char| size * if width(c.encode_utf8(&mut [0; 4])) > 1 { 100 } else { 62 };
    let needs = |t: &str| t.chars().map(wide).sum::<usize>();
    if needs(text) <= pixels * 100 {
        return text.to_owned();
    }
    let mut out = String::new();
    let mut left = (pixels * 100).saturating_sub(wide('…'));
    for c in text.chars() {
        if wide(c) > left {
            break;
        }
        left -= wide(c);
        out.push(c);
    }
    out.push('…');
    out
}

/// Text of at most `columns` half-width characters.
fn clipped(text: &str, columns: usize) -> String {
    if width(text) <= columns {
        return text.to_owned();
    }
    let mut out = String::new();
    for c in text.chars() {
        if width(&out) + width(c.encode_utf8(&mut [0; 4])) + 1 > columns {
            break;
        }
        out.push(c);
    }
    out.push('…');
    out
}

/// Text in lines of at most `columns` half-width characters, at most three.
fn wrapped(text: &str, columns: usize) -> Vec<String> {
    let mut lines = vec![String::new()];
    for c in text.chars() {
        let mut buffer = [0; 4];
        let full = lines.last().is_some_and(|l| width(l) + width(c.encode_utf8(&mut buffer)) > columns);
        if full {
            lines.push(String::new());
        }
        if let Some(line) = lines.last_mut() {
            line.push(c);
        }
    }
    lines.truncate(3);
    lines
}
