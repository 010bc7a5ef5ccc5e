//! The options that name a model, shared by every subcommand that reads one.

use std::{collections::HashSet, fmt, path::Path, process::ExitCode};

use clap::{Args, ValueEnum, builder::NonEmptyStringValueParser};

use super::{
    access::AccessOptions,
    messages::{MessageOptions, Stream},
    output::say,
    watch::Recorder,
};
use crate::{
    Diagnostic, Request, StrictRule, VssVersion, compile,
    model::Catalog,
    source::{Input, Loader},
};

/// Help of --vspec where another argument stands in the place of MODEL.
pub(super) const VSPEC_HELP: &str = "Root file of the model, or a folder or an archive that holds \
                                     it [default: the embedded default model]";

#[derive(Debug, Args)]
pub(super) struct ModelOptions {
    /// Root file of the model, vspec or VSS JSON: a path, an http(s) address, or - for
    /// standard input. Of a folder or an archive (.zip, .tar.gz) the root file is found;
    /// model.zip!spec/a.vspec names a file in it. Without MODEL, the embedded default model.
    #[arg(value_name = "MODEL", value_parser = NonEmptyStringValueParser::new())]
    model: Option<String>,

    /// The same as MODEL.
    #[arg(short = 's', long, value_name = "MODEL", conflicts_with = "model")]
    #[arg(value_parser = NonEmptyStringValueParser::new())]
    vspec: Option<String>,

    /// Unit file; may be repeated [default: units.yaml beside the model].
    #[arg(short, long, value_name = "FILE")]
    units: Vec<String>,

    /// Quantity file; may be repeated [default: quantities.yaml beside the model].
    #[arg(short, long, value_name = "FILE")]
    quantities: Vec<String>,

    /// Folder in which to look for included files; may be repeated.
    #[arg(short = 'I', long, value_name = "DIR")]
    include_dirs: Vec<String>,

    /// File to lay over the model; may be repeated, the last one counts most.
    #[arg(short = 'l', long, value_name = "FILE")]
    overlays: Vec<String>,

    /// Attribute that is known to you though not to the language; may be repeated, or be a
    /// list with commas.
    #[arg(short, long, value_name = "NAME", value_delimiter = ',')]
    extended_attributes: Vec<String>,

    /// File of struct types; may be repeated.
    #[arg(short, long, value_name = "FILE")]
    types: Vec<String>,

    /// Keep instances as they are declared, without a branch for each.
    #[arg(long, overrides_with = "_expand")]
    no_expand: bool,

    /// Make a branch for each instance (the default).
    #[arg(long = "expand", hide = true)]
    _expand: bool,

    /// Hold every strict rule; the same as all of --aborts.
    #[arg(long, overrides_with = "_no_strict")]
    strict: bool,

    /// No strict rules but those of --aborts (the default).
    #[arg(long = "no-strict", hide = true)]
    _no_strict: bool,

    /// Strict rule to hold; may be repeated.
    #[arg(short, long, value_enum, value_name = "RULE")]
    aborts: Vec<RuleName>,

    /// File of the nodes that are excepted from strict rules.
    #[arg(long, value_name = "FILE")]
    strict_exceptions: Option<String>,

    /// Release whose harmless old ways are warnings: 3.1 to 6.0, or auto for what the files
    /// show [default: today's rules].
    #[arg(long, value_name = "VERSION", value_parser = version)]
    vss_version: Option<VssVersion>,

    #[command(flatten)]
    messages: MessageOptions,

    #[command(flatten)]
    access: AccessOptions,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
enum RuleName {
    NameStyle,
    UnknownAttribute,
    DefaultMatchesFirstAllowed,
}

impl From<RuleName> for StrictRule {
    fn from(name: RuleName) -> StrictRule {
        match name {
            RuleName::NameStyle => StrictRule::NameStyle,
            RuleName::UnknownAttribute => StrictRule::UnknownAttribute,
            RuleName::DefaultMatchesFirstAllowed => StrictRule::DefaultMatchesFirstAllowed,
        }
    }
}

fn version(text: &str) -> Result<VssVersion, String> {
    let release = || {
        let (major, rest) = text.strip_prefix('v').unwrap_or(text).split_once('.')?;
        let minor = rest.split('.').next()?;
        Some(VssVersion::Release { major: major.parse().ok()?, minor: minor.parse().ok()? })
    };
    match release() {
        _ if text == "auto" => Ok(VssVersion::Auto),
        None => Err("it is a release as 5.1, or auto".to_owned()),
        Some(VssVersion::Release { major, minor }) if (major, minor) < (3, 1) => {
            Err("of releases before 3.1 nothing is known".to_owned())
        }
        Some(release) => Ok(release),
    }
}

impl ModelOptions {
    pub(super) fn request(&self) -> Request {
        let inputs = |names: &[String]| names.iter().map(|name| Input::parse(name)).collect();
        Request {
            model: self.model.as_ref().or(self.vspec.as_ref()).map(|name| Input::parse(name)),
            units: inputs(&self.units),
            quantities: inputs(&self.quantities),
            overlays: inputs(&self.overlays),
            types: inputs(&self.types),
            include_dirs: inputs(&self.include_dirs),
            extended_attributes: self.extended_attributes.clone(),
            expand: !self.no_expand,
            strict: self.strict_rules(),
            strict_exceptions: self.strict_exceptions.as_deref().map(Input::parse),
            vss_version: self.vss_version.unwrap_or_default(),
            for_kuksa: false,
        }
    }

    fn strict_rules(&self) -> Vec<StrictRule> {
        match self.strict {
            true => RuleName::value_variants().iter().map(|rule| (*rule).into()).collect(),
            false => self.aborts.iter().map(|rule| (*rule).into()).collect(),
        }
    }

    /// Compiles and prints what there is to say. `Err` is the exit code of a failure.
    pub(super) fn compile(&self) -> Result<Catalog, ExitCode> {
        self.compile_to(Stream::Stderr)
    }

    /// The same, with messages for programs on a stream of the command's choice.
    pub(super) fn compile_to(&self, stream: Stream) -> Result<Catalog, ExitCode> {
        self.compile_as(&self.request(), stream)
    }

    /// The same for a request that was made from these options and changed.
    pub(super) fn compile_as(
        &self,
        request: &Request,
        stream: Stream,
    ) -> Result<Catalog, ExitCode> {
        let (catalog, diagnostics) = compile(request, &self.loader());
        if let Err(error) = self.print_to(request, &diagnostics, stream) {
            say(format_args!("error: {error:#}"));
            return Err(ExitCode::FAILURE);
        }
        catalog.ok_or(ExitCode::FAILURE)
    }

    /// Compiles an older model and this one; prints what there is to say of both as of one: a
    /// log for programs is a whole, and what is wrong with a file of both is said once.
    pub(super) fn compile_with(
        &self,
        older: &Request,
        is_news: impl Fn(&Diagnostic) -> bool,
    ) -> Result<(Catalog, Catalog), ExitCode> {
        let loader = self.loader();
        let (old, mut diagnostics) = compile(older, &loader);
        diagnostics.retain(is_news);
        let (new, more) = compile(&self.request(), &loader);
        let known: HashSet<String> = diagnostics.iter().map(Diagnostic::json).collect();
        diagnostics.extend(more.into_iter().filter(|new| !known.contains(&new.json())));
        self.print(&diagnostics);
        old.zip(new).ok_or(ExitCode::FAILURE)
    }

    /// The same with a model of long ago: what it does differently is no news, and only what
    /// keeps it from being read is said.
    pub(super) fn compile_with_ancient(
        &self,
        older: Request,
    ) -> Result<(Catalog, Catalog), ExitCode> {
        // No release asked less of a model.
        let release = VssVersion::Release { major: 3, minor: 1 };
        let older = Request { vss_version: release, ..older };
        self.compile_with(&older, Diagnostic::is_error)
    }

    /// What reads the model and all that belongs to it.
    pub(super) fn loader(&self) -> impl Loader {
        Recorder::new(self.access.loader())
    }

    /// Everything on standard error, where nothing can go wrong.
    pub(super) fn print(&self, diagnostics: &[Diagnostic]) {
        let _ = self.print_to(&self.request(), diagnostics, Stream::Stderr);
    }

    fn print_to(
        &self,
        request: &Request,
        diagnostics: &[Diagnostic],
        stream: Stream,
    ) -> anyhow::Result<()> {
        let model = request.model.clone().unwrap_or_else(Input::default_model);
        self.messages.print(diagnostics, &model.to_string(), stream)
    }

    /// Whether a result on standard output is coloured.
    pub(super) fn color_on_stdout(&self) -> bool {
        self.messages.color_on_stdout()
    }

    /// Says how it went, to people alone: a program gets nothing but messages.
    pub(super) fn say(&self, text: impl fmt::Display) {
        self.messages.say(text);
    }
}

/// What to say to somebody who wrote a file where none belongs.
pub(super) fn no_file_here(words: &[String]) -> Option<String> {
    let file = words.iter().find(|word| Path::new(word).exists())?;
    Some(format!("to look into a model, name it with --vspec {file}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_release_is_two_numbers_or_three() {
        let release = |major, minor| Ok(VssVersion::Release { major, minor });
        assert_eq!(version("5.1"), release(5, 1));
        assert_eq!(version("v3.1.1"), release(3, 1));
        assert_eq!(version("auto"), Ok(VssVersion::Auto));
        assert_eq!(version("3.0"), Err("of releases before 3.1 nothing is known".to_owned()));
        for text in ["", "5", "5.", "vv5.1", "today", "99999999999.1"] {
            assert_eq!(version(text), Err("it is a release as 5.1, or auto".to_owned()), "{text}");
        }
    }
}
