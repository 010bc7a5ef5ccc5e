//! How a process ended, and how a person is told.

use serde::{Deserialize, Serialize};

use super::{Limits, limits};

#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Exit {
    /// The exit code, when the process ended by itself.
    pub code: Option<i32>,
    /// The signal, when one ended it.
    pub signal: Option<i32>,
    /// The kernel ended it because its memory limit was reached.
    pub oom: bool,
}

impl Exit {
    pub fn success(&self) -> bool {
        self.code == Some(0)
    }

    /// The code as a shell gives it: 128 + n for signal n.
    pub fn shell_code(&self) -> Option<i32> {
        self.code.or(self.signal.map(|signal| 128 + signal))
    }

    /// `exited with code 3`, `killed by SIGSEGV`, `killed: out of memory, limit 64 MiB`.
    pub fn reason(&self, limits: &Limits) -> String {
        match self {
            Exit { oom: true, .. } => match limits.mem_limit {
                Some(limit) => {
                    format!("killed: out of memory, limit {}", limits::display_size(limit))
                }
                None => "killed: out of memory".to_owned(),
            },
            Exit { code: Some(code), .. } => format!("exited with code {code}"),
            Exit { signal: Some(signal), .. } => format!("killed by {}", signal_name(*signal)),
            Exit { .. } => "ended in an unknown way".to_owned(),
        }
    }
}

/// The signals that end processes; numbers as on every Linux architecture we run on.
fn signal_name(signal: i32) -> String {
    let name = match signal {
        1 => "SIGHUP",
        2 => "SIGINT",
        3 => "SIGQUIT",
        4 => "SIGILL",
        5 => "SIGTRAP",
        6 => "SIGABRT",
        7 => "SIGBUS",
        8 => "SIGFPE",
        9 => "SIGKILL",
        10 => "SIGUSR1",
        11 => "SIGSEGV",
        12 => "SIGUSR2",
        13 => "SIGPIPE",
        14 => "SIGALRM",
        15 => "SIGTERM",
        24 => "SIGXCPU (its processor time limit)",
        25 => "SIGXFSZ (its file size limit)",
        31 => "SIGSYS (a system call that the sandbox forbids)",
        other => return format!("signal {other}"),
    };
    name.to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_end_is_told_in_words() {
        let limits = Limits { mem_limit: Some(64 << 20), ..Limits::default() };
        let told = |exit: Exit| exit.reason(&limits);
        assert_eq!(told(Exit { code: Some(3), ..Exit::default() }), "exited with code 3");
        assert_eq!(told(Exit { signal: Some(11), ..Exit::default() }), "killed by SIGSEGV");
        assert_eq!(
            told(Exit { signal: Some(9), oom: true, ..Exit::default() }),
            "killed: out of memory, limit 64 MiB"
        );
    }

    #[test]
    fn a_signal_counts_like_in_a_shell() {
        assert_eq!(Exit { signal: Some(15), ..Exit::default() }.shell_code(), Some(143));
    }
}
