//! What an app would lose by another model.

use vss_codegen::{
    diff::{AttributeChange, Change, ChangeKind, diff},
    model::{Literal, Signal},
};

use super::{Model, source};

/// One line for each change from `old` to `new` that breaks who uses these signals; none
/// when an app built against `old` works with `new`. Decided as by `vssc diff` where both
/// models were compiled here, else by path, kind and datatype alone. Reads files: blocks.
pub fn breaks(old: &Model, new: &Model, uses: impl Fn(&str) -> bool) -> Vec<String> {
    if old.manifest.model.hash == new.manifest.model.hash {
        return Vec::new();
    }
    let catalogs = old
        .folder()
        .zip(new.folder())
        .and_then(|(old, new)| source::from_folder_of(old).zip(source::from_folder_of(new)));
    match catalogs {
        Some((old, new)) => {
            let changes = diff(&old, &new).changes.into_iter();
            let broken = changes.filter(|change| change.breaking);
            broken.filter_map(|change| line(&change, &uses)).collect()
        }
        None => by_signal(&old.manifest.signals, &new.manifest.signals, uses),
    }
}

/// `None` where none of the change's signals is used.
fn line(change: &Change, uses: &impl Fn(&str) -> bool) -> Option<String> {
    // What was removed or renamed is used by the path it had.
    let renamed = change.from.as_deref().is_some_and(uses);
    let used: Vec<&str> =
        change.signals.iter().map(String::as_str).filter(|path| uses(path)).collect();
    if used.is_empty() && !renamed {
        return None;
    }
    let path = match used[..] {
        [one] => one.to_owned(),
        _ => change.path.clone(),
    };
    let attributes = change.attributes.iter().filter(|attribute| attribute.breaking);
    let attributes: Vec<String> = attributes.map(attribute).collect();
    Some(match (&change.from, attributes.is_empty()) {
        (Some(from), _) => format!("{from} is named {} now", change.path),
        (None, true) if change.kind == ChangeKind::Removed => format!("{path} is removed"),
        (None, true) => format!("{path} is another"),
        (None, false) => format!("{path}: {}", attributes.join(", ")),
    })
}

fn attribute(change: &AttributeChange) -> String {
    let text = |value: &Option<Literal>| {
        value.as_ref().map_or_else(|| "none".to_owned(), ToString::to_string)
    };
    format!("{} was {}, is {}", change.name, text(&change.old), text(&change.new))
}

fn by_signal(old: &[Signal], new: &[Signal], uses: impl Fn(&str) -> bool) -> Vec<String> {
    let used = old.iter().filter(|signal| uses(&signal.path));
    used.filter_map(|signal| {
        let Some(now) = new.iter().find(|other| other.path == signal.path) else {
            return Some(format!("{} is removed", signal.path));
        };
        if now.datatype != signal.datatype {
            let (was, is) = (&signal.datatype, &now.datatype);
            return Some(format!("{}: datatype was {was}, is {is}", signal.path));
        }
        (now.kind != signal.kind)
            .then(|| format!("{}: type was {:?}, is {:?}", signal.path, signal.kind, now.kind))
    })
    .collect()
}
