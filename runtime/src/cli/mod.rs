//! The program `vehicle-edge`: a file per command.
//!
//! In: arguments. Out: text for people on standard output, or data with `--output`;
//! messages on standard error; an exit code (`failure`). `serve` starts the daemon; every
//! other command is a client of its API and shares nothing with it but `api::wire`.
//! Must not know: the supervisor, the state folder, processes.

mod access;
mod attach;
mod client;
mod completions;
mod failure;
mod info;
mod inspect;
mod install;
mod logs;
mod model;
mod operate;
mod output;
mod pack;
mod ps;
mod send;
mod serve;
mod signals;
mod stream;

use std::process::ExitCode;

use clap::{Args, CommandFactory, FromArgMatches, Parser, Subcommand};

use self::{client::Client, failure::Failure, operate::Verb};
use crate::app::AppId;

/// Installs, isolates, runs and watches vehicle apps, and brokers their signals.
#[derive(Debug, Parser)]
#[command(name = "vehicle-edge", version, max_term_width = 100)]
#[command(after_help = "\
Examples:
  vehicle-edge serve                      start the runtime in this terminal
  vehicle-edge install --start ./my-app   install an app and start it
  vehicle-edge logs --follow my-app       watch its console
  vehicle-edge signals get Vehicle.Speed  look at a signal

Exit codes: 0 done, 1 failed, 2 wrong usage, 3 the runtime does not answer.")]
struct Cli {
    #[command(flatten)]
    server: Server,
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Args)]
struct Server {
    /// Address of the runtime's API
    #[arg(
        long,
        global = true,
        env = "VEHICLE_EDGE_SERVER",
        value_name = "URL",
        default_value = "http://127.0.0.1:3002",
        hide_env_values = true,
        help_heading = "Global options"
    )]
    server: String,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Start the runtime: broker, mock signals, API, and every app that ought to run
    Serve(Box<serve::Serve>),
    /// Install an app from its folder
    Install(install::Install),
    /// List the apps
    #[command(visible_alias = "ls")]
    Ps(ps::Ps),
    /// Show an app's console
    Logs(logs::Logs),
    /// Write a line, or standard input, to an app's standard input
    Send(send::Send),
    /// Watch an app's console and type into it
    Attach(attach::Attach),
    /// Start an app
    #[command(after_help = "Example:\n  vehicle-edge start my-app")]
    Start(operate::Operate),
    /// Stop an app; it is killed when its grace period is over
    #[command(after_help = "Example:\n  vehicle-edge stop my-app other-app")]
    Stop(operate::Operate),
    /// Freeze every process of an app where it is
    #[command(after_help = "Example:\n  vehicle-edge pause my-app")]
    Pause(operate::Operate),
    /// Let a paused app go on
    #[command(after_help = "Example:\n  vehicle-edge resume my-app")]
    Resume(operate::Operate),
    /// Stop an app and start it again
    #[command(after_help = "Example:\n  vehicle-edge restart my-app")]
    Restart(operate::Operate),
    /// Remove an app with its data
    #[command(visible_alias = "rm")]
    #[command(after_help = "Example:\n  vehicle-edge uninstall my-app")]
    Uninstall(operate::Operate),
    /// Show everything about an app
    Inspect(inspect::Inspect),
    /// Look at signals and set them
    #[command(visible_alias = "signal", subcommand)]
    Signals(signals::Signals),
    /// Show and change what apps may do with signals
    #[command(subcommand)]
    Access(access::Access),
    /// Show the vehicle model, or exchange it
    #[command(subcommand)]
    Model(model::Model),
    /// Show what the runtime is, its model, and what its sandbox can do
    Info(info::Info),
    /// Print the completions of a shell
    Completions(completions::Completions),
}

/// An app by its id.
#[derive(Debug, Args)]
struct AppArgument {
    /// Id of the app
    #[arg(value_name = "APP")]
    app: AppId,
}

/// Runs the program with its arguments.
pub fn main() -> ExitCode {
    let matches = match command().try_get_matches() {
        Ok(matches) => matches,
        Err(error) => error.exit(),
    };
    let cli = match Cli::from_arg_matches(&matches) {
        Ok(cli) => cli,
        Err(error) => error.exit(),
    };
    let outcome = match cli.command {
        Command::Serve(serve) => serve.run(),
        Command::Completions(completions) => completions.run(&mut command()),
        command => as_client(command, &cli.server.server),
    };
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => failure::report(&error),
    }
}

/// The whole tree of commands.
fn command() -> clap::Command {
    Cli::command()
}

fn as_client(command: Command, server: &str) -> anyhow::Result<()> {
    let client = Client::new(server)?;
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let outcome = runtime.block_on(async {
        match command {
            Command::Install(install) => install.run(&client).await,
            Command::Ps(ps) => ps.run(&client).await,
            Command::Logs(logs) => logs.run(&client).await,
            Command::Send(send) => send.run(&client).await,
            Command::Attach(attach) => attach.run(&client).await,
            Command::Start(operate) => operate.run(&client, Verb::Start).await,
            Command::Stop(operate) => operate.run(&client, Verb::Stop).await,
            Command::Pause(operate) => operate.run(&client, Verb::Pause).await,
            Command::Resume(operate) => operate.run(&client, Verb::Resume).await,
            Command::Restart(operate) => operate.run(&client, Verb::Restart).await,
            Command::Uninstall(operate) => operate.run(&client, Verb::Uninstall).await,
            Command::Inspect(inspect) => inspect.run(&client).await,
            Command::Signals(signals) => signals.run(&client).await,
            Command::Access(access) => access.run(&client).await,
            Command::Model(model) => model.run(&client).await,
            Command::Info(info) => info.run(&client).await,
            Command::Serve(_) | Command::Completions(_) => Err(Failure::NotAClient.into()),
        }
    });
    // Standard input may still be read by a thread that nobody can interrupt.
    runtime.shutdown_background();
    outcome
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_tree_of_commands_is_sound() {
        command().debug_assert();
    }

    #[test]
    fn a_later_address_wins_and_overlays_add_up() {
        let line = "vehicle-edge serve -l a -l b --log warn --log debug";
        let Command::Serve(serve) = Cli::parse_from(line.split(' ')).command else {
            panic!("not serve");
        };
        let text = format!("{serve:?}");
        assert!(text.contains(r#"overlays: ["a", "b"]"#), "{text}");
        assert!(text.contains(r#"log: "debug""#), "{text}");
    }

    /// As a shell takes a line apart: what stands in quotes is one word.
    fn words(line: &str) -> Vec<&str> {
        let parts = line.split('\'').enumerate();
        let words = parts.flat_map(|(number, part)| match number % 2 {
            0 => part.split_whitespace().collect(),
            _ => vec![part],
        });
        words.collect()
    }

    #[test]
    fn each_example_in_the_help_is_of_its_command_and_can_be_parsed() {
        fn check(command: &clap::Command, path: &str) {
            let help = command.get_after_help().map(ToString::to_string).unwrap_or_default();
            let lines = help.lines().filter_map(|line| line.strip_prefix("  "));
            // What stands deeper is what a file may look like.
            for line in lines.filter(|line| !line.starts_with(' ')) {
                // Without what the shell takes away, or `vehicle-edge`'s own remarks.
                let line = line.rsplit(" | ").next().unwrap();
                let line = line.split("  ").next().unwrap().split(" > ").next().unwrap();
                assert!(line.starts_with(path), "{path}: {line}");
                if let Err(error) = Cli::try_parse_from(words(line)) {
                    panic!("{line}: {error}");
                }
            }
            for below in command.get_subcommands() {
                check(below, &format!("{path} {}", below.get_name()));
            }
        }
        check(&command(), "vehicle-edge");
    }

    #[test]
    fn the_words_people_know_work() {
        for line in [
            "serve --model m.vspec -u units.yaml --sandbox process --no-mock",
            "serve --mock mock.yaml --provider kuksa=car:55555:Vehicle.Body --provider mock",
            "install ./app --start --no-wait",
            "ls -o json",
            "logs -f --tail 5 -t app",
            "send app hello",
            "rm app other",
            "restart app --timeout 5",
            "signals set Vehicle.Speed -12.5 --current",
            "signals watch Vehicle.* --server http://127.0.0.1:1",
        ] {
            let words = std::iter::once("vehicle-edge").chain(line.split(' '));
            if let Err(error) = Cli::try_parse_from(words) {
                panic!("{line}: {error}");
            }
        }
    }
}
