use crate::source::Input;

/// What to compile, and how.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Request {
    /// The root of the model; `None` is the embedded default model.
    pub model: Option<Input>,
    /// Unit files; empty takes `units.yaml` beside the model.
    pub units: Vec<Input>,
    /// Quantity files; empty takes `quantities.yaml` beside the model.
    pub quantities: Vec<Input>,
    /// Laid over the model in this order.
    pub overlays: Vec<Input>,
    /// Files of struct types.
    pub types: Vec<Input>,
    /// Folders in which includes are looked for, after the folder of the root file.
    pub include_dirs: Vec<Input>,
    /// Attributes that the language does not know but the author does.
    pub extended_attributes: Vec<String>,
    /// Whether instances become branches.
    pub expand: bool,
    /// Rules beyond the language that are held, as errors.
    pub strict: Vec<StrictRule>,
    /// Which nodes are excepted from which of the strict rules.
    pub strict_exceptions: Option<Input>,
    /// The release of the catalogue whose harmless old ways become warnings.
    pub vss_version: VssVersion,
    /// Whether the model has to be one that a Kuksa broker can hold.
    pub for_kuksa: bool,
}

/// A rule that is checked only where it is asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum StrictRule {
    /// Names begin with a capital and hold letters and digits; a boolean is `Is…` or `Has…`.
    NameStyle,
    /// No attribute that the language does not know, unless it is named as extended.
    UnknownAttribute,
    /// A default is the first of the allowed values.
    DefaultMatchesFirstAllowed,
}

/// Which release's rules a model is held to.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum VssVersion {
    /// Today's rules, whatever the model says of itself.
    #[default]
    Today,
    /// That which the files show.
    Auto,
    /// As written, `5.1`.
    Release { major: u32, minor: u32 },
}

impl Default for Request {
    fn default() -> Request {
        Request {
            model: None,
            units: Vec::new(),
            quantities: Vec::new(),
            overlays: Vec::new(),
            types: Vec::new(),
            include_dirs: Vec::new(),
            extended_attributes: Vec::new(),
            expand: true,
            strict: Vec::new(),
            strict_exceptions: None,
            vss_version: VssVersion::Today,
            for_kuksa: false,
        }
    }
}
