//! Text of the model inside a diagram. Both languages give most signs a meaning somewhere,
//! so all but the plainest are written as the number of their character.

use super::Language;
use crate::target::safe::is_deceptive;

pub(super) fn escaped(text: &str, language: Language) -> String {
    let mut out = String::with_capacity(text.len());
    // In front of a row a dash says that it is private.
    let mut previous = '-';
    for character in text.chars() {
        // Twice the same sign is markup, as in --struck out-- and [[a link]].
        let is_plain = character.is_alphanumeric()
            || (" .,:/_-[]".contains(character) && (character != previous || character == ' '));
        previous = character;
        let code = u32::from(character);
        match language {
            _ if is_deceptive(character) => out.push('\u{fffd}'),
            _ if is_plain => out.push(character),
            Language::Mermaid => out.push_str(&format!("#{code};")),
            Language::PlantUml => out.push_str(&format!("<U+{code:04X}>")),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn signs_are_written_as_numbers() {
        let table = [
            ("Row1, Row2: km/h", "Row1, Row2: km/h", "Row1, Row2: km/h"),
            ("Größe [1]", "Größe [1]", "Größe [1]"),
            (r#"a"b"#, "a#34;b", "a<U+0022>b"),
            ("a--b-", "a-#45;b-", "a-<U+002D>b-"),
            ("-a", "#45;a", "<U+002D>a"),
            ("{x} 🚗", "#123;x#125; #128663;", "<U+007B>x<U+007D> <U+1F697>"),
            ("a\nb\u{202e}", "a\u{fffd}b\u{fffd}", "a\u{fffd}b\u{fffd}"),
        ];
        for (text, mermaid, plantuml) in table {
            assert_eq!(escaped(text, Language::Mermaid), mermaid);
            assert_eq!(escaped(text, Language::PlantUml), plantuml);
        }
    }
}
