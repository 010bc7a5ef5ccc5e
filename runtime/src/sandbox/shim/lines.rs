//! Bytes into lines.

use std::time::{Duration, Instant};

/// A longer line comes in pieces.
pub(crate) const LONGEST: usize = 16 << 10;
/// How long the start of a line waits for its newline: a prompt never gets one.
const PATIENCE: Duration = Duration::from_millis(40);

#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Piece {
    pub(crate) text: String,
    /// The line goes on.
    pub(crate) partial: bool,
}

/// What one stream has said since its last newline.
#[derive(Debug, Default)]
pub(crate) struct Lines {
    held: Vec<u8>,
    due: Option<Instant>,
}

impl Lines {
    /// When [`Lines::flush`] is to be called, if nothing comes before.
    pub(crate) fn due(&self) -> Option<Instant> {
        self.due
    }

    pub(crate) fn feed(&mut self, mut bytes: &[u8], now: Instant, mut out: impl FnMut(Piece)) {
        while let Some(end) = bytes.iter().position(|byte| *byte == b'\n') {
            self.extend(&bytes[..end], &mut out);
            out(Piece { text: text(&self.held), partial: false });
            self.held.clear();
            self.due = None;
            bytes = &bytes[end + 1..];
        }
        self.extend(bytes, &mut out);
        let held = !self.held.is_empty();
        self.due = self.due.or(Some(now + PATIENCE)).filter(|_| held);
    }

    /// What is held, without its newline; a character that is cut short waits for its rest.
    pub(crate) fn flush(&mut self, out: impl FnMut(Piece)) {
        self.due = None;
        let whole = whole(&self.held);
        self.cut(whole, out);
    }

    /// The stream has ended.
    pub(crate) fn finish(&mut self, out: impl FnMut(Piece)) {
        self.due = None;
        let all = self.held.len();
        self.cut(all, out);
    }

    fn extend(&mut self, mut bytes: &[u8], mut out: impl FnMut(Piece)) {
        while self.held.len() + bytes.len() > LONGEST {
            let (first, rest) = bytes.split_at(LONGEST - self.held.len());
            self.held.extend_from_slice(first);
            let whole = whole(&self.held);
            self.cut(whole, &mut out);
            bytes = rest;
        }
        self.held.extend_from_slice(bytes);
    }

    fn cut(&mut self, at: usize, mut out: impl FnMut(Piece)) {
        if at > 0 {
            out(Piece { text: text(&self.held[..at]), partial: true });
            self.held.drain(..at);
        }
    }
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

/// The length without a last character of which some bytes are still to come.
fn whole(bytes: &[u8]) -> usize {
    // A character has at most four bytes: only the last three can be short of something.
    for back in 1..=bytes.len().min(3) {
        let start = bytes.len() - back;
        let needed = match bytes[start] {
            0b1100_0000..=0b1101_1111 => 2,
            0b1110_0000..=0b1110_1111 => 3,
            0b1111_0000..=0b1111_0111 => 4,
            0b1000_0000..=0b1011_1111 => continue,
            _ => return bytes.len(),
        };
        return if needed > back { start } else { bytes.len() };
    }
    bytes.len()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn collect(act: impl FnOnce(&mut dyn FnMut(Piece))) -> Vec<(String, bool)> {
        let mut pieces = Vec::new();
        act(&mut |piece| pieces.push((piece.text, piece.partial)));
        pieces
    }

    fn line(text: &str) -> (String, bool) {
        (text.to_owned(), false)
    }

    fn part(text: &str) -> (String, bool) {
        (text.to_owned(), true)
    }

    #[test]
    fn lines_are_put_together_from_any_pieces() {
        let (mut lines, now) = (Lines::default(), Instant::now());
        assert_eq!(collect(|out| lines.feed(b"a\n\nb", now, out)), [line("a"), line("")]);
        assert_eq!(collect(|out| lines.feed(b"c\n", now, out)), [line("bc")]);
        assert_eq!(lines.due(), None);
    }

    #[test]
    fn a_prompt_is_shown_when_no_newline_comes() {
        let (mut lines, now) = (Lines::default(), Instant::now());
        assert_eq!(collect(|out| lines.feed(b"name? ", now, out)), []);
        assert_eq!(lines.due(), Some(now + PATIENCE));
        assert_eq!(collect(|out| lines.flush(out)), [part("name? ")]);
        assert_eq!(lines.due(), None);
        assert_eq!(collect(|out| lines.feed(b"hi\n", now, out)), [line("hi")]);
    }

    #[test]
    fn an_endless_line_comes_in_pieces() {
        let mut lines = Lines::default();
        let pieces = collect(|out| lines.feed(&[b'x'; 2 * LONGEST + 1], Instant::now(), out));
        assert_eq!(pieces, vec![part(&"x".repeat(LONGEST)); 2]);
        assert_eq!(collect(|out| lines.finish(out)), [part("x")]);
    }

    #[test]
    fn a_character_is_never_cut_in_two() {
        let (mut lines, now) = (Lines::default(), Instant::now());
        let euro = "€".as_bytes();
        lines.feed(&[b"5 ", &euro[..2]].concat(), now, |_| {});
        assert_eq!(collect(|out| lines.flush(out)), [part("5 ")]);
        assert_eq!(lines.due(), None, "else the shim would spin");
        assert_eq!(collect(|out| lines.feed(&euro[2..], now, out)), []);
        assert_eq!(collect(|out| lines.flush(out)), [part("€")]);
    }

    #[test]
    fn what_is_not_text_is_shown_all_the_same() {
        let mut lines = Lines::default();
        let pieces = collect(|out| lines.feed(b"\xff\xfeok\n", Instant::now(), out));
        assert_eq!(pieces, [line("\u{fffd}\u{fffd}ok")]);
    }
}
