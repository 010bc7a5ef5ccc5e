//! Models in archives: found, read without unpacking, and hostile ones.

use std::io::{Cursor, Write};

use flate2::{Compression, write::GzEncoder};
use tempfile::TempDir;
use vss_codegen::{
    Request, compile,
    diagnostic::Code,
    source::{HostLoader, Input},
};
use zip::{ZipWriter, write::SimpleFileOptions};

use crate::{assert_golden, compiled, compiled_by, paths, server::Server, spec_tree};

fn zipped(files: &[(&str, impl AsRef<[u8]>)]) -> Vec<u8> {
    let mut zip = ZipWriter::new(Cursor::new(Vec::new()));
    for (name, content) in files {
        zip.start_file(*name, SimpleFileOptions::default().compression_level(Some(1))).unwrap();
        zip.write_all(content.as_ref()).unwrap();
    }
    zip.finish().unwrap().into_inner()
}

fn tarred(files: &[(&str, impl AsRef<[u8]>)]) -> Vec<u8> {
    let mut tar = tar::Builder::new(Vec::new());
    for (name, content) in files {
        let content = content.as_ref();
        let mut header = tar::Header::new_gnu();
        // Not by `set_path`, which refuses what some tests are about.
        header.as_gnu_mut().unwrap().name[..name.len()].copy_from_slice(name.as_bytes());
        header.set_size(content.len() as u64);
        header.set_mode(0o644);
        header.set_cksum();
        tar.append(&header, content).unwrap();
    }
    tar.into_inner().unwrap()
}

fn gzipped(bytes: &[u8]) -> Vec<u8> {
    let mut packed = GzEncoder::new(Vec::new(), Compression::fast());
    packed.write_all(bytes).unwrap();
    packed.finish().unwrap()
}

/// A folder with one archive in it, and the archive's path.
fn archive(name: &str, bytes: &[u8]) -> (TempDir, String) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join(name);
    std::fs::write(&path, bytes).unwrap();
    (folder, path.display().to_string())
}

/// What is said of an archive that is no model, or of a file in it.
fn problems(name: &str, bytes: &[u8], inside: &str) -> String {
    let (folder, path) = archive(name, bytes);
    let (catalog, text) = compiled(&format!("{path}{inside}"));
    assert!(catalog.is_none());
    text.replace(&format!("{}/", folder.path().display()), "")
}

fn refused(name: &str, bytes: &[u8]) -> String {
    let text = problems(name, bytes, "");
    let cause = text.strip_prefix(&format!("error[VSS018]: cannot read {name}: "));
    cause.unwrap_or_else(|| panic!("{text}")).trim_end().to_owned()
}

#[test]
fn a_model_is_found_and_read_in_every_kind_of_archive() {
    let tree = spec_tree();
    let tar = tarred(&tree);
    for (name, bytes) in [
        ("car.zip", zipped(&tree)),
        ("car.tar", tar.clone()),
        ("car.tgz", gzipped(&tar)),
        ("car.TAR.GZ", gzipped(&tar)),
    ] {
        for inside in ["", "!", "!spec", "!spec/Car.vspec", "!/spec/Car.vspec"] {
            let (_folder, path) = archive(name, &bytes);
            let (catalog, problems) = compiled(&format!("{path}{inside}"));
            assert_eq!(problems, "", "{name}{inside}");
            assert_eq!(paths(&catalog.unwrap()), ["Car.Doors.Gap"], "{name}{inside}");
        }
    }
}

#[test]
fn the_one_folder_around_everything_may_be_left_out() {
    let tree = spec_tree();
    let tree: Vec<(String, &String)> =
        tree.iter().map(|(name, text)| (format!("car-1.0/{name}"), text)).collect();
    let tree: Vec<(&str, &String)> = tree.iter().map(|(name, text)| (&**name, *text)).collect();
    let (_folder, path) = archive("v1.0.zip", &zipped(&tree));
    for inside in ["", "!spec", "!car-1.0/spec/Car.vspec", "!spec/Car.vspec"] {
        let (catalog, problems) = compiled(&format!("{path}{inside}"));
        assert_eq!(problems, "", "{inside}");
        assert_eq!(paths(&catalog.unwrap()), ["Car.Doors.Gap"], "{inside}");
    }
}

#[test]
fn overlays_units_and_include_folders_may_be_in_an_archive() {
    let model = "Car:\n  type: branch\n  description: A car\n#include open Car\n";
    let (folder, path) = archive("car.zip", &zipped(&spec_tree()));
    let root = folder.path().join("Car.vspec");
    std::fs::write(&root, model).unwrap();
    let inside = |name: &str| vec![Input::parse(&format!("{path}!{name}"))];
    let (catalog, problems) = compiled_by(
        &HostLoader::new(),
        Request {
            model: Some(Input::Path(root)),
            units: inside("spec/units.yaml"),
            quantities: inside("spec/quantities.yaml"),
            overlays: inside("spec/Car.vspec"),
            include_dirs: inside("spec/Shared"),
            ..Request::default()
        },
    );
    assert_eq!(problems, "");
    assert_eq!(paths(&catalog.unwrap()), ["Car.Gap", "Car.Doors.Gap"]);
}

#[test]
fn a_file_includes_one_in_an_archive() {
    let (folder, _) = archive("car.zip", &zipped(&spec_tree()));
    let root = folder.path().join("Car.vspec");
    let text = "Car:\n  type: branch\n  description: A car\n#include car.zip!spec/Body/Doors Car\n";
    std::fs::write(&root, text).unwrap();
    std::fs::write(folder.path().join("units.yaml"), &spec_tree()[3].1).unwrap();
    std::fs::write(folder.path().join("quantities.yaml"), &spec_tree()[4].1).unwrap();
    let (catalog, problems) = compiled(&root.display().to_string());
    assert_eq!(problems, "");
    assert_eq!(paths(&catalog.unwrap()), ["Car.Doors.Gap"]);
}

#[test]
fn an_archive_at_an_address_is_fetched_once() {
    let server = Server::of(vec![("v1/car.zip", zipped(&spec_tree()))]);
    for model in ["v1/car.zip", "v1/car.zip?raw=1!spec/Car.vspec"] {
        let (catalog, problems) = compiled(&server.at(model));
        assert_eq!(problems, "");
        assert_eq!(paths(&catalog.unwrap()), ["Car.Doors.Gap"]);
        let queries: Vec<String> =
            server.take_seen().into_iter().map(|asked| asked.query).collect();
        assert_eq!(queries, [if model.contains('?') { "raw=1" } else { "" }]);
    }
}

#[test]
fn a_report_names_the_file_in_the_archive() {
    let mut tree = spec_tree();
    tree[2].1 = tree[2].1.replace("float", "flaot");
    let text = problems("car.zip", &zipped(&tree), "");
    assert!(text.contains("--> car.zip!spec/Shared/open.vspec:3:13\n"), "{text}");
}

#[test]
fn an_include_never_leaves_its_archive() {
    let folder = tempfile::tempdir().unwrap();
    let secret = folder.path().join("secret.vspec");
    std::fs::write(&secret, "Secret:\n  type: branch\n  description: Not yours\n").unwrap();
    for name in [secret.display().to_string(), "../secret.vspec".to_owned()] {
        let text = format!("Car:\n  type: branch\n  description: A car\n#include {name} Car\n");
        let path = folder.path().join("car.zip");
        std::fs::write(&path, zipped(&[("Car.vspec", text)])).unwrap();
        let (catalog, problems) = compiled(&path.display().to_string());
        assert!(catalog.is_none(), "{name}");
        assert!(problems.starts_with("error[VSS010]: the included file"), "{problems}");
    }
}

#[test]
fn a_missing_file_and_an_archive_in_place_of_one_are_reported() {
    let zip = zipped(&spec_tree());
    assert_eq!(
        problems("car.zip", &zip, "!spec/Boat.vspec"),
        "error[VSS001]: cannot read car.zip!spec/Boat.vspec: there is no such file\n"
    );
    let (folder, path) = archive("car.zip", &zip);
    let (_, text) = compiled_by(
        &HostLoader::new(),
        Request {
            model: Some(Input::parse(&path)),
            units: vec![Input::parse(&path)],
            ..Request::default()
        },
    );
    let text = text.replace(&format!("{}/", folder.path().display()), "");
    assert!(text.contains("cannot read car.zip: it is an archive\n"), "{text}");
    assert!(text.contains("= help: name the file in it: car.zip!FILE\n"), "{text}");
}

#[test]
fn several_roots_in_an_archive_are_listed() {
    let root = "A:\n  type: branch\n  description: A root\n";
    let text = problems("two.zip", &zipped(&[("a.vspec", root), ("b.vspec", root)]), "");
    assert_eq!(
        text,
        "\
error[VSS009]: 'two.zip' has 2 files that can be its root
  = help: name one of them:
          two.zip!a.vspec
          two.zip!b.vspec
"
    );
}

#[test]
fn an_archive_that_cannot_be_read_has_a_code() {
    let (folder, path) = archive("car.zip", &zipped(&[("../Car.vspec", "Car:\n")]));
    let request = Request { model: Some(Input::parse(&path)), ..Request::default() };
    let here = format!("{}/", folder.path().display());
    assert_golden(Code::BadArchive, &compile(&request, &HostLoader::new()).1, &here);
}

#[test]
fn paths_that_lead_out_of_an_archive_are_refused() {
    for name in ["../evil.vspec", "a/../../evil.vspec", "/etc/evil.vspec", "C:\\evil.vspec"] {
        let text = "A:\n  type: branch\n";
        let expected =
            format!("it holds '{}', a path that leads out of it", name.replace('\\', "/"));
        assert_eq!(refused("evil.zip", &zipped(&[(name, text)])), expected);
        assert_eq!(refused("evil.tar", &tarred(&[(name, text)])), expected);
    }
}

#[test]
fn links_are_not_followed() {
    let expected = "\
error[VSS018]: cannot read l.zip!Car.vspec: it is a link, and links in an archive are not followed
";
    let mut zip = ZipWriter::new(Cursor::new(Vec::new()));
    zip.add_symlink("Car.vspec", "/etc/passwd", SimpleFileOptions::default()).unwrap();
    let zip = zip.finish().unwrap().into_inner();
    assert_eq!(problems("l.zip", &zip, "!Car.vspec"), expected);

    let mut tar = tar::Builder::new(Vec::new());
    for kind in [tar::EntryType::Symlink, tar::EntryType::Link] {
        let mut header = tar::Header::new_gnu();
        header.set_entry_type(kind);
        header.set_size(0);
        tar.append_link(&mut header, "Car.vspec", "/etc/passwd").unwrap();
    }
    let tar = tar.into_inner().unwrap();
    let expected = expected.replace("l.zip", "l.tar");
    assert_eq!(problems("l.tar", &tar, "!Car.vspec"), expected);
}

#[test]
fn what_unpacks_to_too_much_is_refused() {
    let expected = "it unpacks to far more than a model can be";
    let zeros = vec![0; 17 << 20];
    assert_eq!(refused("b.tgz", &gzipped(&tarred(&[("Car.vspec", &zeros)]))), expected);
    let text = problems("b.zip", &zipped(&[("Car.vspec", &zeros)]), "!Car.vspec");
    assert_eq!(text, format!("error[VSS018]: cannot read b.zip!Car.vspec: {expected}\n"));
    // The limit counts over all that is read.
    let half = &zeros[..9 << 20];
    let root = "A:\n  type: branch\n  description: A\n#include a.vspec\n#include b.vspec\n";
    let files = [("Car.vspec", root.as_bytes()), ("a.vspec", half), ("b.vspec", half)];
    let text = problems("c.zip", &zipped(&files), "!Car.vspec");
    assert!(text.contains(&format!("cannot read c.zip!b.vspec: {expected}\n")), "{text}");
}

#[test]
fn a_file_of_holes_is_refused() {
    let mut header = tar::Header::new_gnu();
    header.set_path("Car.vspec").unwrap();
    header.set_entry_type(tar::EntryType::GNUSparse);
    header.set_size(0);
    // 64 GiB, of which nothing is in the archive.
    let gnu = header.as_gnu_mut().unwrap();
    let size = [0x80, 0, 0, 0, 0, 0, 0, 0x10, 0, 0, 0, 0];
    gnu.realsize = size;
    gnu.sparse[0].offset = size;
    gnu.sparse[0].numbytes = *b"00000000000\0";
    header.set_cksum();
    let mut tar = tar::Builder::new(Vec::new());
    tar.append(&header, &[][..]).unwrap();
    let tar = tar.into_inner().unwrap();
    let expected = "it unpacks to far more than a model can be";
    assert_eq!(refused("holes.tar", &tar), expected);
    assert_eq!(refused("holes.tgz", &gzipped(&tar)), expected);
}

#[test]
fn an_archive_of_too_many_files_is_refused() {
    let expected = "it holds more than 50000 files";
    let names: Vec<String> = (0..100_000).map(|number| number.to_string()).collect();
    // By hand: the writers take seconds.
    let zip = {
        let mut zip = Vec::new();
        for name in &names {
            zip.extend(b"PK\x01\x02\x14\0\x14\0\0\0\0\0\0\0\0\0");
            zip.extend([0; 12]);
            zip.extend([name.len() as u8, 0]);
            zip.extend([0; 16]);
            zip.extend(name.as_bytes());
        }
        let size = zip.len() as u32;
        zip.splice(0..0, *b"PK\x03\x04");
        zip.extend(b"PK\x06\x06\x2c\0\0\0\0\0\0\0\x2d\0\x2d\0\0\0\0\0\0\0\0\0");
        zip.extend((names.len() as u64).to_le_bytes());
        zip.extend((names.len() as u64).to_le_bytes());
        zip.extend(u64::from(size).to_le_bytes());
        zip.extend(4u64.to_le_bytes());
        zip.extend(b"PK\x06\x07\0\0\0\0");
        zip.extend((u64::from(size) + 4).to_le_bytes());
        zip.extend(1u32.to_le_bytes());
        zip.extend(b"PK\x05\x06\0\0\0\0\xff\xff\xff\xff");
        zip.extend(size.to_le_bytes());
        zip.extend(4u32.to_le_bytes());
        zip.extend([0; 2]);
        zip
    };
    assert_eq!(refused("many.zip", &zip), expected);
    let one = &tarred(&[("a", "")])[..512];
    assert_eq!(refused("many.tar", &one.repeat(50_001)), expected);
}

#[test]
fn broken_archives_are_reported_wherever_they_end() {
    let tree = spec_tree();
    let tar = tarred(&tree);
    for (name, whole) in
        [("t.zip", zipped(&tree)), ("t.tar", tar.clone()), ("t.tgz", gzipped(&tar))]
    {
        for end in (0..whole.len()).step_by(whole.len() / 40 + 1) {
            let (_folder, path) = archive(name, &whole[..end]);
            let (catalog, problems) = compiled(&path);
            // A tar archive may end after any file.
            let is_said = problems.starts_with("error[");
            assert!(is_said || (catalog.is_some() && name == "t.tar"), "{name} {end}: {problems}");
        }
    }
    assert_eq!(refused("t.zip", b"Car:\n"), "it is no zip or tar archive, or an empty one");
}

#[test]
fn an_encrypted_archive_is_refused() {
    let mut zip = zipped(&[("Car.vspec", "A:\n  type: branch\n")]);
    let find = |mark: &[u8]| zip.windows(4).position(|window| window == mark).unwrap();
    let flags = [find(b"PK\x03\x04") + 6, find(b"PK\x01\x02") + 8];
    flags.into_iter().for_each(|at| zip[at] |= 1);
    assert_eq!(
        problems("e.zip", &zip, "!Car.vspec"),
        "error[VSS018]: cannot read e.zip!Car.vspec: it is encrypted; unpack it and name the folder\n"
    );
}
