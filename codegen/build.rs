//! Builds the crate again when a template or a file of the model is added or removed: the
//! macro that embeds them tells cargo of the files it found, not of the folder.

fn main() {
    println!("cargo:rerun-if-changed=../templates");
    println!("cargo:rerun-if-changed=../vss");
}
