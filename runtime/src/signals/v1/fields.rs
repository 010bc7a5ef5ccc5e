//! Which parts of an entry a request asks for: its view and its fields together.

use super::proto::{Field, View};

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Parts {
    pub(super) value: bool,
    pub(super) target: bool,
    pub(super) metadata: bool,
}

impl Parts {
    /// With neither view nor fields, the current value is meant. Parts of the metadata
    /// bring all of it: more than asked, and never less.
    pub(super) fn asked(view: i32, fields: &[i32]) -> Parts {
        let mut parts = match View::try_from(view).unwrap_or(View::Unspecified) {
            View::CurrentValue => Parts { value: true, ..Parts::default() },
            View::TargetValue => Parts { target: true, ..Parts::default() },
            View::Metadata => Parts { metadata: true, ..Parts::default() },
            View::All => Parts { value: true, target: true, metadata: true },
            View::Unspecified if fields.is_empty() => Parts { value: true, ..Parts::default() },
            View::Unspecified | View::Fields => Parts::default(),
        };
        for field in fields {
            match Field::try_from(*field).unwrap_or(Field::Unspecified) {
                Field::Unspecified | Field::Path => {}
                Field::Value => parts.value = true,
                Field::ActuatorTarget => parts.target = true,
                _ => parts.metadata = true,
            }
        }
        parts
    }

    /// Values are for those who may read; metadata for everyone who may do anything.
    pub(super) fn need_read(self) -> bool {
        self.value || self.target
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn view_and_fields_are_put_together() {
        let parts = |view: View, fields: &[Field]| {
            let fields: Vec<i32> = fields.iter().map(|field| (*field).into()).collect();
            let parts = Parts::asked(view.into(), &fields);
            (parts.value, parts.target, parts.metadata)
        };
        assert_eq!(parts(View::Unspecified, &[]), (true, false, false));
        assert_eq!(parts(View::Unspecified, &[Field::MetadataUnit]), (false, false, true));
        assert_eq!(parts(View::Fields, &[Field::Path]), (false, false, false));
        assert_eq!(parts(View::CurrentValue, &[Field::ActuatorTarget]), (true, true, false));
        assert_eq!(parts(View::All, &[]), (true, true, true));
    }
}
