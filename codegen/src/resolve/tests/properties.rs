//! What the compiler keeps of any good model.

use proptest::prelude::*;

use super::{
    Files, compiled, files,
    models::{Model, model},
};
use crate::{model::Catalog, target::json};

const UNITS: &str =
    "km: {definition: D, unit: kilometer, quantity: q, allowed-datatypes: [numeric]}";
const QUANTITIES: &str = "q: {definition: D}";

fn with_units<const N: usize>(texts: [(&str, String); N]) -> Files {
    let mut files = files(texts);
    files.0.insert("units.yaml".to_owned(), UNITS.to_owned());
    files.0.insert("quantities.yaml".to_owned(), QUANTITIES.to_owned());
    files
}

fn good(files: Files, model: &str) -> Result<Catalog, TestCaseError> {
    let (catalog, diagnostics) = compiled(files, &[model]);
    let shown = || diagnostics.iter().map(|d| d.render(false)).collect::<Vec<_>>().join("\n");
    catalog.ok_or_else(|| TestCaseError::fail(shown()))
}

/// The paths of the instances with what they are instances of.
fn instances(catalog: &Catalog) -> Vec<(&str, &str, usize)> {
    let mut found: Vec<_> = catalog
        .root
        .descend()
        .filter_map(|node| {
            let instance = node.instance.as_ref()?;
            Some((node.path.as_str(), instance.of.as_str(), instance.level))
        })
        .collect();
    found.sort_unstable();
    found
}

fn root(children: &[Model]) -> Model {
    Model::Branch { instances: None, children: children.to_vec() }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 200, ..ProptestConfig::default() })]

    #[test]
    fn an_export_compiles_to_the_same_export(children in prop::collection::vec(model(), 0..6)) {
        let vspec = root(&children).vspec("A");
        let authored = good(with_units([("a.vspec", vspec)]), "a.vspec")?;
        let first = json::to_string(&authored, false);
        let again = good(files([("a.json", first.clone())]), "a.json")?;
        prop_assert_eq!(json::to_string(&again, false), first);
        // Nothing is taken for an instance that is none.
        let authored = instances(&authored);
        for found in instances(&again) {
            prop_assert!(authored.contains(&found), "{:?}", found);
        }
    }

    /// Files that define different nodes may be included in any order.
    #[test]
    fn the_order_of_unrelated_includes_does_not_matter(
        children in prop::collection::vec(model(), 3),
        order in Just(vec![0, 1, 2]).prop_shuffle(),
    ) {
        let parts: Vec<String> = children.iter().map(|child| child.vspec("Part")).collect();
        let export = |order: &[usize]| {
            let mut main = "A:\n  type: branch\n".to_owned();
            for at in order {
                main.push_str(&format!("#include part{at}.vspec A.P{at}\n"));
            }
            let files = with_units([
                ("a.vspec", main),
                ("part0.vspec", parts[0].clone()),
                ("part1.vspec", parts[1].clone()),
                ("part2.vspec", parts[2].clone()),
            ]);
            good(files, "a.vspec").map(|catalog| json::to_string(&catalog, false))
        };
        prop_assert_eq!(export(&order)?, export(&[0, 1, 2])?);
    }
}
