//! The default model, compiled into the program.

use include_dir::{Dir, include_dir};

static MODEL: Dir<'_> = include_dir!("$CARGO_MANIFEST_DIR/../vss");

pub(super) fn file(path: &str) -> Option<&'static [u8]> {
    MODEL.get_file(path).map(include_dir::File::contents)
}
