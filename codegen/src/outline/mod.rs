//! A model as a drawn tree, a line per node.
//!
//! ```text
//! Vehicle
//! ├── Speed  sensor float km/h
//! └── Cabin
//!     └── Infotainment  12 signals
//! ```
//!
//! In: a node and how to draw. Out: text.
//! Must not know: the command line, terminals, where the node comes from.

use crate::model::Node;

#[derive(Clone, Copy, Debug)]
pub struct Outline {
    /// How many levels are shown; of a branch at the last one only how much is below.
    pub depth: usize,
    /// Whether signals have lines of their own, or are counted at their branch.
    pub leaves: bool,
    /// With lines from branch to branch, instead of blanks alone.
    pub lines: bool,
}

impl Outline {
    /// The root stands under its whole path.
    pub fn draw(&self, node: &Node) -> String {
        let mut out = line(&node.path, node, self.note(node, 0));
        self.below(&mut out, node, "", 1);
        out
    }

    fn below(&self, out: &mut String, node: &Node, indent: &str, level: usize) {
        if level > self.depth {
            return;
        }
        let shown = |child: &&Node| self.leaves || child.leaf().is_none();
        let mut children = node.children().iter().filter(shown).peekable();
        while let Some(child) = children.next() {
            let (mark, further) = match (self.lines, children.peek().is_some()) {
                (false, _) => ("  ", "  "),
                (true, true) => ("├── ", "│   "),
                (true, false) => ("└── ", "    "),
            };
            out.push_str(indent);
            out.push_str(mark);
            out.push_str(&line(&child.name, child, self.note(child, level)));
            self.below(out, child, &format!("{indent}{further}"), level + 1);
        }
    }

    /// How many signals there are that have no line.
    fn note(&self, node: &Node, level: usize) -> Option<String> {
        let hidden = if level >= self.depth {
            node.descend().filter(|inner| inner.leaf().is_some()).count()
        } else if self.leaves {
            0
        } else {
            node.children().iter().filter(|child| child.leaf().is_some()).count()
        };
        let is_told = node.leaf().is_none() && hidden > 0;
        is_told.then(|| format!("{hidden} signal{}", if hidden == 1 { "" } else { "s" }))
    }
}

fn line(name: &str, node: &Node, note: Option<String>) -> String {
    let about = match node.leaf() {
        Some(leaf) => {
            let unit = leaf.unit.as_ref().map(|unit| format!(" {unit}")).unwrap_or_default();
            Some(format!("{} {}{unit}", leaf.role.name(), leaf.datatype))
        }
        None => note,
    };
    // Control characters of a model must not reach the terminal.
    let text = about.map_or_else(|| name.to_owned(), |about| format!("{name}  {about}"));
    text.chars().map(|c| if c.is_control() { '\u{fffd}' } else { c }).chain(['\n']).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Request, compile, source::HostLoader};

    fn drawn(path: &str, outline: Outline) -> String {
        let catalog = compile(&Request::default(), &HostLoader::new()).0.unwrap();
        let node = catalog.root.descend().find(|node| node.path == path).unwrap();
        outline.draw(node)
    }

    const ALL: Outline = Outline { depth: usize::MAX, leaves: true, lines: true };

    #[test]
    fn a_tree_has_a_line_per_node() {
        assert_eq!(
            drawn("Vehicle.Cabin.Door.Row1.DriverSide", ALL),
            "\
Vehicle.Cabin.Door.Row1.DriverSide
├── IsOpen  actuator boolean
├── IsLocked  actuator boolean
├── IsChildLockActive  sensor boolean
└── Window
    └── Position  actuator uint8 percent
"
        );
        let plain = drawn("Vehicle.Cabin.Door.Row1", Outline { lines: false, ..ALL });
        assert!(
            plain.starts_with("Vehicle.Cabin.Door.Row1\n  DriverSide\n    IsOpen  "),
            "{plain}"
        );
    }

    #[test]
    fn what_is_not_shown_is_counted() {
        let door =
            |depth, leaves| drawn("Vehicle.Cabin.Door", Outline { depth, leaves, lines: false });
        assert_eq!(door(1, true), "Vehicle.Cabin.Door\n  Row1  8 signals\n  Row2  8 signals\n");
        assert_eq!(door(0, true), "Vehicle.Cabin.Door  16 signals\n");
        let branches = door(usize::MAX, false);
        assert!(
            branches.contains("\n    DriverSide  3 signals\n      Window  1 signal\n"),
            "{branches}"
        );
    }
}
