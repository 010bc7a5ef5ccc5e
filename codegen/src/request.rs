use crate::source::Input;

/// What to compile, and how.
#[derive(Clone, Debug)]
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
        }
    }
}
