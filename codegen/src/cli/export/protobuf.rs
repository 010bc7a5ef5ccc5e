use std::process::ExitCode;

use clap::Args;

use super::Common;
use crate::{
    cli::templates::TemplateOptions,
    target::protobuf::{self, Options},
};

const EXAMPLES: &str = "\
Examples:
  vssc export protobuf
  vssc export protobuf -s vss/VehicleEdge.vspec -o vehicle.proto
  vssc export protobuf --package acme.vehicle.v1 --no-optional

A field's number is an eighth of its signal's static id (see vssc export id): it stays when
other signals come and go, and changes with the signal's datatype, unit or bounds, unless a
constUID fixes it. The values of a text are numbered from 1, since 0 stands for none.
";

/// Protocol Buffers (proto3): a message for each branch, a field for each signal.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(super) struct Protobuf {
    #[command(flatten)]
    common: Common,

    #[command(flatten)]
    templates: TemplateOptions,

    /// Package of the messages [default: the root's name].
    #[arg(long, value_name = "NAME", value_parser = package)]
    package: Option<String>,

    /// Leave out 'optional': a value of 0 is then the same as none.
    #[arg(long, overrides_with = "_add_optional")]
    no_optional: bool,

    /// Mark signals as 'optional' (the default).
    #[arg(long = "add-optional", hide = true)]
    _add_optional: bool,

    /// Numbers from static ids (always so).
    #[arg(long = "static-uid", hide = true)]
    _static_uid: bool,

    /// Descriptions as comments (always so).
    #[arg(long = "include-comments", hide = true)]
    _include_comments: bool,
}

fn package(text: &str) -> Result<String, String> {
    match protobuf::is_package(text) {
        true => Ok(text.to_owned()),
        false => Err("it is names with dots between them, as acme.vehicle.v1".to_owned()),
    }
}

impl Protobuf {
    pub(super) fn run(self) -> anyhow::Result<ExitCode> {
        let options = Options { package: self.package, optional: !self.no_optional };
        let templates = self.templates.read()?;
        self.common.export(|catalog| Ok(protobuf::to_string(catalog, &options, &templates)?))
    }
}
