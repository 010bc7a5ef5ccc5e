//! The numbers of fields.
//!
//! A field's number is an eighth of its node's static id, which is what the reference tool
//! takes with `--static-uid`. Where Protocol Buffers have no such field (0, and 19000 to
//! 19999, which they keep for themselves) it is moved. So it depends on nothing but
//! the node: signals may come, go and change places beside it. It changes where the
//! meaning changes (datatype, unit, bounds), as the static id does, and readers of the old
//! meaning see no value rather than a wrong one; `constUID` and `fka` keep it.
//!
//! Two members of one message can have the same number, in a message of a hundred with a
//! chance of about one in 100,000. Then one gives way, to the next number that is nobody's
//! own: among those with the same number, a `constUID` goes first, then the order of the
//! model. A number that is somebody's own is never given to another, so no third field
//! changes. Without a memory of earlier versions there is no rule under which the newcomer
//! always gives way; who appends new signals, or fixes a `constUID`, gets that.

use std::collections::{HashMap, HashSet};

use crate::{
    model::Node,
    target::static_id::{Case, StaticId},
};

const LAST: u32 = (1 << 29) - 1;
/// Reserved by Protocol Buffers.
const GAP: std::ops::RangeInclusive<u32> = 19000..=19999;

#[derive(Debug)]
pub(super) struct Number {
    pub(super) value: u32,
    /// The path of the node with the same static id, or one that means the same number.
    pub(super) gives_way_to: Option<String>,
}

/// One for each member of a message.
pub(super) fn of(members: &[&Node]) -> Vec<Number> {
    let own: Vec<u32> =
        members.iter().map(|node| number(StaticId::of(node, Case::Insensitive).0)).collect();
    let mut owners: HashMap<u32, &Node> = HashMap::with_capacity(members.len());
    for (node, number) in members.iter().zip(&own) {
        let owner = owners.entry(*number).or_insert(node);
        if owner.const_uid.is_none() && node.const_uid.is_some() {
            *owner = node;
        }
    }
    let mut taken: HashSet<u32> = own.iter().copied().collect();
    let numbers = members.iter().zip(own).map(|(node, own)| match owners.get(&own) {
        Some(owner) if !std::ptr::eq(*owner, *node) => {
            let value = free(own, &mut taken);
            Number { value, gives_way_to: Some(owner.path.clone()) }
        }
        _ => Number { value: own, gives_way_to: None },
    });
    numbers.collect()
}

fn number(id: u32) -> u32 {
    match id / 8 {
        0 => 1,
        reserved if GAP.contains(&reserved) => reserved + 1000,
        number => number,
    }
}

fn free(from: u32, taken: &mut HashSet<u32>) -> u32 {
    let mut candidate = from;
    loop {
        candidate = if candidate == LAST { 1 } else { candidate + 1 };
        if !GAP.contains(&candidate) && taken.insert(candidate) {
            return candidate;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::target::fixture;

    fn numbers(signals: &[&str]) -> Vec<(String, u32)> {
        let mut model = "Car: {type: branch}\n".to_owned();
        for signal in signals {
            let (name, more) = signal.split_once(' ').unwrap_or((signal, ""));
            model += &format!("Car.{name}: {{type: sensor, datatype: uint8 {more}}}\n");
        }
        let catalog = fixture::catalog(&model);
        let members: Vec<&Node> = catalog.root.children().iter().collect();
        let names = members.iter().map(|node| node.name.clone());
        names.zip(of(&members).into_iter().map(|number| number.value)).collect()
    }

    #[test]
    fn every_id_is_a_number_that_protocol_buffers_accept() {
        let table = [
            (0, 1),
            (7, 1),
            (8, 1),
            (16, 2),
            (18999 * 8 + 7, 18999),
            (19000 * 8, 20000),
            (19999 * 8, 20999),
            (20000 * 8, 20000),
            (u32::MAX, LAST),
        ];
        for (id, expected) in table {
            assert_eq!(number(id), expected, "{id}");
        }
    }

    #[test]
    fn a_number_is_the_one_that_the_reference_tool_takes() {
        let model = "
Vehicle: {type: branch}
Vehicle.Speed: {type: sensor, datatype: float, unit: km/h}
Vehicle.Door: {type: branch}
";
        let catalog = fixture::catalog(model);
        let members: Vec<&Node> = catalog.root.children().iter().collect();
        let numbers: Vec<u32> = of(&members).into_iter().map(|number| number.value).collect();
        assert_eq!(numbers, [268_923_024, 152_626_333]);
    }

    #[test]
    fn a_new_neighbour_renumbers_nobody() {
        let before = numbers(&["A", "B", "C"]);
        let after = numbers(&["New", "C", "A", "Newer", "B"]);
        for number in before {
            assert!(after.contains(&number), "{number:?}");
        }
    }

    #[test]
    fn of_two_with_the_same_number_one_gives_way() {
        let fixed = r#", constUID: "0x00000038""#;
        let (first, second) = (format!("First {fixed}"), format!("Second {fixed}"));
        let other = r#"Other , constUID: "0x00000040""#;
        let named = |list: &[(&str, u32)]| -> Vec<(String, u32)> {
            list.iter().map(|(name, number)| ((*name).to_owned(), *number)).collect()
        };
        let three = numbers(&[&first, &second, other]);
        assert_eq!(three, named(&[("First", 7), ("Second", 9), ("Other", 8)]));
    }

    #[test]
    fn a_fixed_number_stays() {
        let [(_, free)] = &numbers(&["Free"])[..] else { panic!() };
        let fixed = format!("Fixed , constUID: \"0x{:08X}\"", free * 8);
        let both = numbers(&["Free", &fixed]);
        assert_eq!(both, [("Free".to_owned(), free + 1), ("Fixed".to_owned(), *free)]);
    }
}
