//! Builds the crate again when a template, a file of the model or a page is added or removed: the
//! macro that embeds them tells cargo of the files it found, not of the folder.

fn main() {
    println!("cargo:rerun-if-changed=../templates");
    println!("cargo:rerun-if-changed=../vss");
    println!("cargo:rerun-if-changed=explain");
}
