//! The instances of a branch: `Seat["Row1"]`, `len(Seat)`, `for row in Seat`.

use serde::Serialize;

use super::{
    classes::{Class, Member, instances},
    literals,
};

#[derive(Debug, Serialize)]
pub(super) struct Series {
    /// The type of what iterating gives.
    element: String,
    /// Label and attribute of each instance; the label is a literal.
    items: Vec<(String, String)>,
    /// A class, and the labels of its instances. Only one, where all instances are equal.
    kinds: Vec<(String, Vec<String>)>,
}

impl Series {
    /// The instances of a class, or `None` where it has none. `target` names the class of a
    /// member, and `attributes` are those of the members.
    pub(super) fn of(
        class: &Class<'_>,
        attributes: &[String],
        target: impl Fn(&Member<'_>) -> String,
    ) -> Option<Series> {
        let mut items = Vec::new();
        let mut kinds: Vec<(String, Vec<String>)> = Vec::new();
        for (index, member) in instances(class) {
            // An overlay may have made a signal of what would have been an instance.
            let Member::Branch(node, _) = member else { continue };
            let (label, element) = (literals::string(&node.name), target(member));
            items.push((label.clone(), attributes[index].clone()));
            match kinds.iter_mut().find(|(known, _)| *known == element) {
                Some((_, labels)) => labels.push(label),
                None => kinds.push((element, vec![label])),
            }
        }
        let elements: Vec<&str> = kinds.iter().map(|(class, _)| class.as_str()).collect();
        let element = elements.join(" | ");
        (!items.is_empty()).then_some(Series { element, items, kinds })
    }

    /// Whether its instances are of several classes.
    pub(super) fn is_mixed(&self) -> bool {
        self.kinds.len() > 1
    }
}
