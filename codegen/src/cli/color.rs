use std::{
    env,
    io::{self, IsTerminal},
};

use clap::{Args, ValueEnum};

/// Whether text is coloured; for every subcommand that prints some.
#[derive(Debug, Args)]
pub(super) struct ColorOption {
    /// Colours: on a terminal, always, or never. auto heeds NO_COLOR and CLICOLOR_FORCE.
    #[arg(long, value_enum, value_name = "WHEN", default_value = "auto")]
    #[arg(hide_possible_values = true)]
    color: When,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
enum When {
    Auto,
    Always,
    Never,
}

impl ColorOption {
    pub(super) fn on_stdout(&self) -> bool {
        self.decide(io::stdout().is_terminal(), |name| env::var(name).ok())
    }

    pub(super) fn on_stderr(&self) -> bool {
        self.decide(io::stderr().is_terminal(), |name| env::var(name).ok())
    }

    fn decide(&self, is_terminal: bool, variable: impl Fn(&str) -> Option<String>) -> bool {
        let is_set = |name| variable(name).is_some_and(|value| !value.is_empty() && value != "0");
        match self.color {
            When::Always => true,
            When::Never => false,
            When::Auto if is_set("NO_COLOR") => false,
            When::Auto => is_terminal || is_set("CLICOLOR_FORCE"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_option_counts_more_than_the_environment_and_that_more_than_a_terminal() {
        let decide = |color, is_terminal, set: &[(&str, &str)]| {
            let find = |name: &str| set.iter().find(|(key, _)| *key == name);
            ColorOption { color }.decide(is_terminal, |name| Some(find(name)?.1.to_owned()))
        };
        assert!(decide(When::Auto, true, &[]));
        assert!(!decide(When::Auto, false, &[]));
        assert!(!decide(When::Auto, true, &[("NO_COLOR", "1")]));
        assert!(decide(When::Auto, true, &[("NO_COLOR", "")]));
        assert!(decide(When::Auto, false, &[("CLICOLOR_FORCE", "1")]));
        assert!(!decide(When::Auto, false, &[("CLICOLOR_FORCE", "0")]));
        assert!(decide(When::Auto, true, &[("CLICOLOR_FORCE", "0")]));
        assert!(!decide(When::Auto, true, &[("CLICOLOR_FORCE", "1"), ("NO_COLOR", "1")]));
        assert!(decide(When::Always, false, &[("NO_COLOR", "1")]));
        assert!(!decide(When::Never, true, &[("CLICOLOR_FORCE", "1")]));
    }
}
