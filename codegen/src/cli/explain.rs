use std::process::ExitCode;

use clap::Args;

use super::{color::ColorOption, output};
use crate::diagnostic::{Code, explain};

const EXAMPLES: &str = "\
Examples:
  vssc explain VSS041
  vssc explain 41
  vssc explain                                all codes with their titles
";

/// Print what a code of a message means, with a wrong and a right example.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(super) struct Explain {
    /// The code, as VSS041 or 41. Without one, all of them.
    #[arg(value_parser = code)]
    code: Option<Code>,

    #[command(flatten)]
    color: ColorOption,
}

impl Explain {
    pub(super) fn run(self) -> anyhow::Result<ExitCode> {
        let text = match self.code {
            Some(code) => explain::render(explain::page(code), self.color.on_stdout()),
            None => list(Code::ALL),
        };
        output::print(text.as_bytes())?;
        Ok(ExitCode::SUCCESS)
    }
}

fn code(text: &str) -> Result<Code, String> {
    Code::parse(text).ok_or_else(|| match &*Code::near(text) {
        [] => "there is no such code; vssc explain lists them all".to_owned(),
        [near] => format!("there is no such code; near is {near} ({})", near.title()),
        several => format!("there is no such code; near are\n{}", list(several).trim_end()),
    })
}

fn list(codes: &[Code]) -> String {
    codes
        .iter()
        .map(|code| format!("{code}  {:7}  {}\n", code.severity().name(), code.title()))
        .collect()
}
