//! What a terminal shows of a line in the end: typing that was taken back, redrawn lines, colours.
//!
//! A log holds what was sent to the terminal. Shells echo a correction as cursor movements over what stands there
//! (`\b \b`, `ESC [ K`, a carriage return and the whole line again). Playing them gives the line as it was entered,
//! unless they leave the line or move over characters whose width is not known: then nobody can tell.
//!
//! Control functions: ECMA-48 (5th edition), 8.3: CUB, CUF, CHA, EL, ED, DCH, ICH, SGR, SM/RM; OSC in 8.3.89.

/// What became of a line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Shown {
    /// What is left is one piece of the line, from byte to byte.
    Piece(usize, usize),
    /// What is left, with the pieces of the line that are gone. Without them: pieces stand in another order.
    Put { text: String, gone: Option<Vec<(usize, usize)>> },
    /// It cannot be told.
    Unclear,
}

/// Whether a line holds anything to play.
pub(super) fn moves(text: &str) -> bool {
    text.chars().any(|c| c.is_control() && c != '\t')
}

/// Whether anything is put on the screen, to stay there or not; blanks show nothing.
pub(super) fn shows(text: &str) -> bool {
    let mut rest = text;
    while let Some(c) = rest.chars().next() {
        let after = rest.get(c.len_utf8()..).unwrap_or("");
        rest = match c {
            '\u{1b}' if after.starts_with(']') => {
                after.find('\u{7}').and_then(|end| after.get(end + 1..)).unwrap_or("")
            }
            '\u{1b}' if after.starts_with('[') => {
                let body = after.get(1..).unwrap_or("");
                body.find(|c: char| ('@'..='~').contains(&c))
                    .and_then(|end| body.get(end + 1..))
                    .unwrap_or("")
            }
            '\u{1b}' if after.starts_with(['(', ')']) => after.get(2..).unwrap_or(""),
            '\u{1b}' => after.get(1..).unwrap_or(""),
            _ if c.is_control() || c == ' ' => after,
            _ => return true,
        };
    }
    false
}

/// Plays a line. `pager` tells a pager's sign, which is wiped and means nothing.
pub(super) fn play(text: &str, pager: &dyn Fn(&str) -> bool) -> Shown {
    let mut line = Line::default();
    let mut rest = text;
    if text.len() > LONGEST {
        return Shown::Unclear;
    }
    while let Some(c) = rest.chars().next() {
        let at = text.len() - rest.len();
        let after = rest.get(c.len_utf8()..).unwrap_or("");
        rest = match c {
            '\u{1b}' => match line.escape(after, at) {
                Some(rest) => rest,
                None => return Shown::Unclear,
            },
            _ => {
                if !line.control(c, at, after, pager) {
                    return Shown::Unclear;
                }
                after
            }
        };
        if line.steps > MOST_STEPS || line.cells.len() > LONGEST {
            return Shown::Unclear;
        }
    }
    line.shown(text)
}

#[derive(Debug, Clone, Copy)]
struct Cell {
    c: char,
    /// Where it stands in the line.
    at: usize,
}

#[derive(Debug, Default)]
struct Line {
    cells: Vec<Cell>,
    cursor: usize,
    /// Where the cursor was moved last: blanks written before that only wiped something out.
    moved: usize,
    /// Steps that cost as much as the line is long.
    steps: usize,
}

/// Longest line that is played, in bytes.
const LONGEST: usize = 4_096;
/// Most steps of a line that cost as much as the line is long.
const MOST_STEPS: usize = 256;

impl Line {
    fn text(&self) -> String {
        self.cells.iter().map(|c| c.c).collect()
    }

    /// One character; whether it is still known what the line shows.
    fn control(&mut self, c: char, at: usize, after: &str, pager: &dyn Fn(&str) -> bool) -> bool {
        match c {
            '\u{8}' => {
                self.moved = at;
                return self.left(1);
            }
            '\r' => return self.carriage_return(at, after, pager),
            // A bell and padding show nothing.
            '\u{7}' | '\0' => {}
            '\t' => return self.put(c, at),
            c if c.is_control() => return false,
            c => return self.put(c, at),
        }
        true
    }

    fn put(&mut self, c: char, at: usize) -> bool {
        let under = self.cells.get(self.cursor..).unwrap_or_default();
        if !under.is_empty() && !narrow(c) {
            // How many cells it takes is not known; over blanks that does not matter.
            if under.iter().any(|cell| cell.c != ' ') {
                return false;
            }
            self.cells.truncate(self.cursor);
        }
        let end = self.cells.len();
        match self.cells.get_mut(self.cursor) {
            Some(cell) if narrow(cell.c) => *cell = Cell { c, at },
            Some(_) => return false,
            None if self.cursor == end => self.cells.push(Cell { c, at }),
            None => return false,
        }
        self.cursor += 1;
        true
    }

    fn left(&mut self, by: usize) -> bool {
        let to = self.cursor.saturating_sub(by);
        let crossed = self.cells.get(to..self.cursor).unwrap_or_default();
        self.cursor = to;
        crossed.iter().all(|cell| narrow(cell.c))
    }

    fn carriage_return(&mut self, at: usize, after: &str, pager: &dyn Fn(&str) -> bool) -> bool {
        let before = self.text();
        self.moved = at;
        self.steps += 1;
        let wiped = before.trim().is_empty() || pager(&before);
        let again = prompt_of(&before).is_some_and(|p| played_start(after).starts_with(p));
        if wiped || again {
            self.cursor = 0;
            return self.cells.iter().all(|cell| narrow(cell.c)) || erases(after);
        }
        // A shell writes a blank behind the last column and returns: the line goes on below.
        if before.ends_with(' ') && self.cells.len() > 40 && self.cursor == self.cells.len() {
            self.cells.pop();
            self.cursor = self.cells.len();
            return !after.starts_with(['\r', '\u{8}', '\u{1b}']);
        }
        // What is no prompt may be a count that is written again and again.
        self.cursor = 0;
        prompt_of(&before).is_none() && self.cells.iter().all(|cell| narrow(cell.c))
    }

    /// A control sequence behind ESC; what follows it, or nothing if it cannot be played.
    fn escape<'t>(&mut self, after: &'t str, at: usize) -> Option<&'t str> {
        if let Some(title) = after.strip_prefix(']') {
            // A window's title, up to a bell or ESC \.
            let bell = title.find('\u{7}').map(|n| n + 1);
            let end = bell.or_else(|| title.find("\u{1b}\\").map(|n| n + 2))?;
            return title.get(end..);
        }
        if let Some(set) = after.strip_prefix(['(', ')']) {
            // A character set: ASCII.
            return set.strip_prefix('B');
        }
        if let Some(keys) = after.strip_prefix(['=', '>']) {
            return Some(keys);
        }
        let body = after.strip_prefix('[')?;
        let end = body.find(|c: char| ('@'..='~').contains(&c))?;
        let (words, rest) = (body.get(..end)?, body.get(end + 1..)?);
        let function = body.get(end..)?.chars().next()?;
        self.function(words, function, at, rest).then_some(rest)
    }

    fn function(&mut self, words: &str, function: char, at: usize, rest: &str) -> bool {
        let number = |least: usize| words.parse().unwrap_or(0usize).max(least);
        let digits = words.chars().all(|c| c.is_ascii_digit());
        self.moved = if matches!(function, 'D' | 'G' | 'K' | 'P') { at } else { self.moved };
        self.steps += usize::from(matches!(function, 'G' | 'P' | '@' | 'K'));
        match function {
            'm' => true,
            // Modes of the keyboard, of pasting and of the cursor; not the second screen.
            'h' | 'l' => matches!(words, "?1" | "?7" | "?12" | "?25" | "?2004" | "4" | "20"),
            _ if !digits => false,
            'D' => self.left(number(1)),
            'C' => {
                let to = self.cursor + number(1);
                let crossed = self.cells.get(self.cursor..to);
                let known = crossed.is_some_and(|all| all.iter().all(|cell| narrow(cell.c)));
                self.cursor = to;
                known
            }
            'G' => {
                let to = number(1) - 1;
                self.cursor = to.min(self.cells.len());
                to <= self.cells.len() && self.cells.iter().take(to).all(|cell| narrow(cell.c))
            }
            'K' | 'J' if number(0) == 0 => {
                self.cells.truncate(self.cursor);
                true
            }
            'K' if number(0) == 2 => {
                self.cells.iter_mut().take(self.cursor).for_each(|cell| *cell = Cell { c: ' ', at });
                self.cells.truncate(self.cursor);
                true
            }
            'P' => {
                let to = (self.cursor + number(1)).min(self.cells.len());
                let gone: Vec<Cell> = self.cells.drain(self.cursor.min(to)..to).collect();
                gone.iter().all(|cell| narrow(cell.c))
            }
            '@' => {
                let blank = Cell { c: ' ', at };
                let from = self.cursor.min(self.cells.len());
                self.cells.splice(from..from, std::iter::repeat_n(blank, number(1).min(1_000)));
                true
            }
            // A cleared screen: home, and everything erased.
            'H' if number(0) <= 1 => {
                self.cells.clear();
                self.cursor = 0;
                ["\u{1b}[J", "\u{1b}[2J", "\u{1b}[3J"].iter().any(|clear| rest.starts_with(clear))
            }
            'J' => {
                self.cells.clear();
                let home = self.cursor == 0;
                self.cursor = 0;
                home
            }
            _ => false,
        }
    }

    fn shown(mut self, text: &str) -> Shown {
        while self.cells.last().is_some_and(|cell| cell.c == ' ' && cell.at < self.moved) {
            self.cells.pop();
        }
        let (Some(first), Some(last)) = (self.cells.first(), self.cells.last()) else {
            return Shown::Piece(text.len(), text.len());
        };
        let (from, to) = (first.at, last.at + last.c.len_utf8());
        let next = |pair: &[Cell]| matches!(pair, [a, b] if a.at + a.c.len_utf8() == b.at);
        if self.cells.windows(2).all(next) {
            return Shown::Piece(from, to);
        }
        let rising = self.cells.windows(2).all(|pair| matches!(pair, [a, b] if a.at < b.at))
            && self.cells.iter().all(|cell| text.get(cell.at..).is_some_and(|t| t.starts_with(cell.c)));
        let gone = rising.then(|| {
            let mut out = Vec::new();
            let mut at = 0;
            for cell in &self.cells {
                if at < cell.at {
                    out.push((at, cell.at));
                }
                at = cell.at + cell.c.len_utf8();
            }
            out.extend((at < text.len()).then_some((at, text.len())));
            out
        });
        Shown::Put { text: self.text(), gone }
    }
}

/// Whether a character takes one cell on every terminal.
fn narrow(c: char) -> bool {
    c == ' ' || c.is_ascii_graphic()
}

/// What may be a prompt at the beginning of a line: up to its sign.
fn prompt_of(text: &str) -> Option<&str> {
    let at = text.find(['#', '$', '>', '%'])?;
    text.get(..=at)
}

/// The characters behind a carriage return, without sequences, as far as they are needed to know a prompt again.
fn played_start(after: &str) -> String {
    const MOST: usize = 200;
    let mut out = String::new();
    let mut rest = after;
    while let Some(c) = rest.chars().next().filter(|_| out.len() < MOST) {
        if c == '\u{1b}' {
            let end = rest.get(1..).and_then(|r| r.find(|c: char| c.is_ascii_alphabetic()));
            rest = end.and_then(|n| rest.get(n + 2..)).unwrap_or("");
            continue;
        }
        if c.is_control() {
            break;
        }
        out.push(c);
        rest = rest.get(c.len_utf8()..).unwrap_or("");
    }
    out
}

/// Whether the first thing behind a carriage return wipes the line.
fn erases(after: &str) -> bool {
    ["\u{1b}[K", "\u{1b}[0K", "\u{1b}[2K", "\u{1b}[J", "\u{1b}[0J"].iter().any(|e| after.starts_with(e))
}
