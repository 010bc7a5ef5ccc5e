//! The page that explains a code: what it means, a wrong example, the right one, and why.
//!
//! Pages are Markdown, `codegen/explain/VSS041.md`. Their blocks of code say after the
//! language which example they belong to, and which file of it they are:
//!
//! ````text
//! # VSS041: an unknown datatype           the code and its title
//!
//! ```vspec wrong                          model.vspec of the wrong example
//! ```vspec right file=changes.vspec       another file of the right one
//! ```sh wrong                             how it is called; else `vssc check model.vspec`
//! ```vspec                                of both examples
//!
//! No example: it depends on a server.     in the place of examples
//! ````

use include_dir::{Dir, include_dir};

use super::{Code, render::Paint};

static PAGES: Dir<'_> = include_dir!("$CARGO_MANIFEST_DIR/explain");

/// What every example is called with unless it says more.
const COMMAND: &str = "vssc check model.vspec";
const MODEL: &str = "model.vspec";

/// The Markdown of a page. Every code has one; a test sees to that.
pub fn page(code: Code) -> &'static str {
    let file = PAGES.get_file(format!("{code}.md"));
    file.and_then(include_dir::File::contents_utf8).unwrap_or_default()
}

/// One side of a page: files and what is done with them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Example<'p> {
    pub command: &'p str,
    /// By name.
    pub files: Vec<(&'p str, &'p str)>,
}

/// The wrong example of a page and the right one, or why it has none.
pub fn examples(page: &str) -> Result<[Example<'_>; 2], &str> {
    let reason = blocks(page).find_map(|block| match block {
        Block::Text(text) => text.strip_prefix("No example: "),
        _ => None,
    });
    match reason {
        Some(reason) => Err(reason),
        None => Ok(["wrong", "right"].map(|side| example(page, side))),
    }
}

fn example<'p>(page: &'p str, side: &str) -> Example<'p> {
    let mut example = Example { command: COMMAND, files: Vec::new() };
    for block in blocks(page) {
        let Block::Code { fence, text } = block else { continue };
        if fence.side.is_some_and(|of| of != side) {
            continue;
        }
        match fence.language {
            "sh" => example.command = text.trim(),
            _ => example.files.push((fence.file.unwrap_or(MODEL), text)),
        }
    }
    example
}

/// A page for reading: code set off, and on a terminal styled.
pub fn render(page: &str, color: bool) -> String {
    let paint = Paint { color };
    let mut out = String::new();
    let names_files = blocks(page)
        .any(|block| matches!(block, Block::Code { fence, .. } if fence.file.is_some()));
    for block in blocks(page) {
        match block {
            Block::Heading(text) => out.push_str(&paint.strong(text)),
            Block::Text(text) => out.push_str(&inline(text, &paint)),
            Block::Code { fence, text } => {
                if let Some(caption) = fence.caption(names_files) {
                    out.push_str(&format!("{}\n\n", paint.strong(&caption)));
                }
                let lines = text.trim_end().lines().map(|line| format!("    {line}"));
                let lines: Vec<_> = lines.map(|line| paint.frame(line.trim_end())).collect();
                out.push_str(&lines.join("\n"));
            }
        }
        out.push_str("\n\n");
    }
    out.truncate(out.trim_end().len());
    out.push('\n');
    out
}

/// A page as any reader of Markdown takes it: its blocks of code have a language alone.
pub(super) fn plain_markdown(page: &str) -> String {
    let plain = |line: &str| match line.strip_prefix("```") {
        Some(fence) => format!("```{}", fence.split(' ').next().unwrap_or_default()),
        None => line.to_owned(),
    };
    page.lines().map(plain).collect::<Vec<_>>().join("\n")
}

/// `code` in a style of its own; where there are no styles the marks stay.
fn inline(text: &str, paint: &Paint) -> String {
    if !paint.color {
        return text.to_owned();
    }
    let parts = text.split('`').enumerate();
    parts.map(|(at, part)| if at % 2 == 1 { paint.frame(part) } else { part.to_owned() }).collect()
}

enum Block<'p> {
    Heading(&'p str),
    /// Lines up to an empty one.
    Text(&'p str),
    Code {
        fence: Fence<'p>,
        text: &'p str,
    },
}

/// What stands after the three marks.
#[derive(Default)]
struct Fence<'p> {
    language: &'p str,
    side: Option<&'p str>,
    file: Option<&'p str>,
}

impl<'p> Fence<'p> {
    fn parse(info: &'p str) -> Fence<'p> {
        let mut words = info.split_whitespace();
        let mut fence = Fence { language: words.next().unwrap_or_default(), ..Fence::default() };
        for word in words {
            match word.strip_prefix("file=") {
                Some(file) => fence.file = Some(file),
                None => fence.side = Some(word),
            }
        }
        fence
    }

    /// `Wrong, in changes.vspec:`. The model itself is named where other files are.
    fn caption(&self, names_files: bool) -> Option<String> {
        let side = self.side.map(|side| if side == "wrong" { "Wrong" } else { "Right" });
        let file = match (self.file, self.language) {
            (_, "sh") => return Some(format!("{}:", side.unwrap_or("Called as"))),
            (None, _) if names_files => Some(MODEL),
            (file, _) => file,
        };
        match (side, file) {
            (Some(side), Some(file)) => Some(format!("{side}, in {file}:")),
            (Some(side), None) => Some(format!("{side}:")),
            (None, Some(file)) => Some(format!("In {file}:")),
            (None, None) => None,
        }
    }
}

fn blocks(page: &str) -> impl Iterator<Item = Block<'_>> {
    let mut rest = page;
    std::iter::from_fn(move || {
        rest = rest.trim_start_matches('\n');
        let (block, left) = first_block(rest)?;
        rest = left;
        Some(block)
    })
}

fn first_block(page: &str) -> Option<(Block<'_>, &str)> {
    if page.is_empty() {
        return None;
    }
    if let Some(code) = page.strip_prefix("```") {
        let (info, body) = code.split_once('\n').unwrap_or((code, ""));
        let end =
            if body.starts_with("```") { Some(0) } else { body.find("\n```").map(|at| at + 1) };
        let (text, left) = body.split_at(end.unwrap_or(body.len()));
        let left = left.strip_prefix("```").unwrap_or(left);
        return Some((Block::Code { fence: Fence::parse(info), text }, left));
    }
    if let Some(heading) = page.strip_prefix("# ") {
        let (text, left) = heading.split_once('\n').unwrap_or((heading, ""));
        return Some((Block::Heading(text), left));
    }
    let end = page.find("\n\n").unwrap_or(page.len());
    let (text, left) = page.split_at(end);
    Some((Block::Text(text.trim_end()), left))
}

#[cfg(test)]
mod tests {
    use super::*;

    const PAGE: &str = "\
# VSS999: a word

It is `wrong` here,
and there.

```vspec wrong
A: {type: branch}

B: 1
```

```vspec wrong file=b.vspec
C: {}
```

```vspec right
A: {}
```

```sh
vssc check model.vspec -l b.vspec
```
";

    #[test]
    fn every_code_has_a_page_and_every_page_a_code() {
        for code in Code::ALL {
            let page = page(*code);
            assert!(
                page.starts_with(&format!("# {code}: {}\n", code.title())),
                "write codegen/explain/{code}.md: what the code means, a wrong and a right \
                 example, and why the language wants it; its first line is\n# {code}: {}",
                code.title(),
            );
            let long = page.lines().find(|line| line.chars().count() > 100);
            assert_eq!(long, None, "a line of {code}.md is too long for a terminal");
        }
        for file in PAGES.files() {
            let name = file.path().to_string_lossy();
            let code = name.strip_suffix(".md").and_then(Code::parse);
            assert!(code.is_some_and(|code| name == format!("{code}.md")), "no code: {name}");
        }
    }

    #[test]
    fn an_example_has_its_files_and_its_command() {
        let [wrong, right] = examples(PAGE).unwrap();
        assert_eq!(wrong.command, "vssc check model.vspec -l b.vspec");
        let model = "A: {type: branch}\n\nB: 1\n";
        assert_eq!(wrong.files, [("model.vspec", model), ("b.vspec", "C: {}\n")]);
        assert_eq!(right.files, [("model.vspec", "A: {}\n")]);
        assert_eq!(examples("# A\n\nNo example: it rains.\n"), Err("it rains."));
    }

    #[test]
    fn a_page_reads_well_without_styles_and_with_them() {
        let plain = "\
VSS999: a word

It is `wrong` here,
and there.

Wrong, in model.vspec:

    A: {type: branch}

    B: 1

Wrong, in b.vspec:

    C: {}

Right, in model.vspec:

    A: {}

Called as:

    vssc check model.vspec -l b.vspec
";
        assert_eq!(render(PAGE, false), plain);
        let styled = render(PAGE, true);
        assert!(styled.starts_with("\x1b[1mVSS999: a word\x1b[0m\n"), "{styled}");
        assert!(styled.contains("It is \x1b[34mwrong\x1b[0m here,"), "{styled}");
    }

    #[test]
    fn markdown_for_others_has_languages_alone() {
        let markdown = plain_markdown(PAGE);
        assert!(markdown.contains("\n```vspec\nC: {}\n```\n"), "{markdown}");
    }
}
