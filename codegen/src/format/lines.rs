//! The lines of a text, each with the indent it gets.

use super::scan::{Continues, Scan};

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    Blank,
    Comment,
    /// A comment that includes a file.
    Include,
    /// A key, an item of a list, or a value on a line of its own.
    Structure,
    /// Goes on with the value of a line above.
    Continued,
    /// `---`, `...` or `%YAML`.
    Marker,
}

#[derive(Clone, Debug)]
pub(super) struct Line {
    /// Counted from 0.
    pub(super) number: usize,
    pub(super) kind: Kind,
    /// As it will be, indent included, without a line end.
    pub(super) text: String,
    /// The indent of a line of structure; of a comment, that of what it stands above.
    pub(super) indent: usize,
    pub(super) has_alias: bool,
    /// The indent that it had.
    was: usize,
}

/// A level of indentation: how deep it was and how deep it gets.
#[derive(Clone, Copy)]
struct Level {
    old: usize,
    new: usize,
    is_list: bool,
}

const STEP: usize = 2;

pub(super) fn lines(scan: &Scan) -> Vec<Line> {
    let mut levels: Vec<Level> = Vec::new();
    let mut shift = Level { old: 0, new: 0, is_list: false };
    let mut lines: Vec<Line> = Vec::new();
    for (number, body) in scan.text.split('\n').enumerate() {
        let body = body.strip_suffix('\r').unwrap_or(body);
        let body = if number == 0 { body.trim_start_matches('\u{feff}') } else { body };
        let continues = scan.continues.get(number).copied().flatten();
        let mut line = Line {
            number,
            kind: kind(body, continues),
            text: body.trim().to_owned(),
            indent: 0,
            has_alias: scan.has_alias.get(number).copied().unwrap_or(false),
            was: width(body),
        };
        match line.kind {
            Kind::Structure => {
                shift = level(&mut levels, body);
                line.indent = shift.new;
                // A value of several lines may be aligned with the blanks in front of it.
                let goes_on = scan.continues.get(number + 1).copied().flatten().is_some();
                let text = if goes_on { line.text } else { one_blank_behind_the_key(&line.text) };
                line.text = indented(shift.new, &text);
            }
            Kind::Continued => line.text = continued(body, continues, shift),
            Kind::Comment | Kind::Include => line.indent = width(body),
            Kind::Blank | Kind::Marker => {}
        }
        lines.push(line);
    }
    indent_comments(&mut lines);
    lines
}

fn kind(body: &str, continues: Option<Continues>) -> Kind {
    let text = body.trim();
    match continues {
        Some(_) => Kind::Continued,
        None if text.is_empty() => Kind::Blank,
        None if text.starts_with("#include") => Kind::Include,
        None if text.starts_with('#') => Kind::Comment,
        None if body.starts_with(['%']) || text == "---" || text == "..." => Kind::Marker,
        None => Kind::Structure,
    }
}

fn width(body: &str) -> usize {
    body.len() - body.trim_start_matches(' ').len()
}

fn indented(indent: usize, text: &str) -> String {
    if text.is_empty() { String::new() } else { format!("{:indent$}{text}", "") }
}

/// The level of a line of structure, which opens or closes others.
fn level(levels: &mut Vec<Level>, body: &str) -> Level {
    let old = width(body);
    let is_list = is_item(&body[old..]);
    // A list may stand as deep as its key; what follows it at that depth is a key again.
    while levels
        .last()
        .is_some_and(|top| top.old > old || (top.old == old && top.is_list && !is_list))
    {
        levels.pop();
    }
    let level = match levels.last() {
        Some(top) if top.old == old && top.is_list == is_list => *top,
        Some(top) => Level { old, new: top.new + STEP, is_list },
        None => Level { old, new: 0, is_list },
    };
    if levels.last().is_none_or(|top| top.old != level.old || top.is_list != is_list) {
        levels.push(level);
    }
    if is_list {
        // A map that begins behind the dash goes on below its first key.
        let inner = body[old + 1..].trim_start_matches(' ');
        let offset = body.len() - inner.len() - old;
        if !inner.is_empty() {
            let (old, new) = (level.old + offset, level.new + offset);
            levels.push(Level { old, new, is_list: is_item(inner) });
        }
    }
    level
}

fn is_item(text: &str) -> bool {
    text == "-" || text.starts_with("- ")
}

fn continued(body: &str, continues: Option<Continues>, owner: Level) -> String {
    let text = body.trim();
    // As far from the key as it was; authors align such lines.
    let indent = (width(body) + owner.new).saturating_sub(owner.old);
    match continues {
        Some(Continues::Text { own_line: true }) => indented(indent.max(owner.new), text),
        Some(Continues::Text { own_line: false }) => indented(indent.max(owner.new + STEP), text),
        Some(Continues::Block) => {
            // Blanks at the end of a line of such a text are part of it.
            let rest = body.trim_start_matches(' ');
            if rest.is_empty() && width(body) <= owner.old {
                String::new()
            } else {
                format!("{:indent$}{rest}", "")
            }
        }
        // Not before the key that the brackets belong to.
        _ => indented(indent.max(owner.new), text),
    }
}

/// `key:   value` with one blank; a key in quotes stays as it is.
fn one_blank_behind_the_key(text: &str) -> String {
    let is_of_name = |c: char| c.is_alphanumeric() || "._-".contains(c);
    let name_end = text.find(|c| !is_of_name(c)).unwrap_or(text.len());
    let (name, rest) = text.split_at(name_end);
    match rest.strip_prefix(": ") {
        // A comment keeps its distance.
        Some(value) if !name.is_empty() && !value.trim_start().starts_with('#') => {
            format!("{name}: {}", value.trim_start())
        }
        _ => text.to_owned(),
    }
}

/// A comment stands as deep as the line below it, or where it ends a level, as its level.
fn indent_comments(lines: &mut [Line]) {
    // From the end, so that the line below has its indent already.
    let mut below: Option<(usize, usize)> = None;
    let mut above = vec![None; lines.len()];
    let mut last = None;
    for (at, line) in lines.iter().enumerate() {
        above[at] = last;
        if line.kind == Kind::Structure {
            last = Some((line.was, line.indent));
        }
    }
    for at in (0..lines.len()).rev() {
        let line = &mut lines[at];
        match line.kind {
            Kind::Structure => below = Some((line.was, line.indent)),
            Kind::Comment | Kind::Include => {
                let own = line.indent;
                line.indent = match (above[at], below) {
                    // It ends what is above and has nothing to do with what is below.
                    (Some((old, new)), Some((next, _))) if next < old && own > next => {
                        if own >= old { new } else { STEP.min(new) }
                    }
                    (Some((_, new)), None) if own > 0 => new.min(STEP),
                    (_, Some((_, indent))) => indent,
                    (_, None) => 0,
                };
                line.text = indented(line.indent, &line.text);
            }
            _ => {}
        }
    }
}
