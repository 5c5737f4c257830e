//! Durations and documents of JSON in forms.

use vauban_orm::columns::JsonValue;
use vauban_orm::field::FieldLimits;
use vauban_orm::{Duration, Json, Problem};

use super::problems::not_this_json;
use super::spec::{FieldSpec, Widget};
use super::value::FieldValue;

/// Hours, minutes and seconds; `min` and `max` are in seconds.
impl FieldValue for Duration {
    const WIDGET: Widget = Widget::Text;
    const HAS_RANGE: bool = true;

    fn read(text: &str, spec: &FieldSpec) -> Result<Self, Problem> {
        let length = Self::parse(text)?;
        length.is_within(spec.min, spec.max)?;
        Ok(length)
    }

    fn shown(&self) -> String {
        self.to_string()
    }
}

/// The document itself, for those who know JSON; others are asked for its fields one by one.
impl<T: JsonValue> FieldValue for Json<T> {
    const WIDGET: Widget = Widget::Textarea;
    const MAX_LENGTH: usize = 65_536;

    fn read(text: &str, _: &FieldSpec) -> Result<Self, Problem> {
        let value = serde_json::from_str(text);
        // CWE-209: where, and nothing of what serde says, which has what was typed in it.
        let json = Self(value.map_err(|error| not_this_json(error.line(), error.column()))?);
        json.to_text(&FieldLimits::NONE)?;
        Ok(json)
    }

    fn shown(&self) -> String {
        serde_json::to_string_pretty(&self.0).unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use super::super::bound::BoundField;
    use super::super::render;
    use super::*;

    const LENGTH: FieldSpec = FieldSpec {
        min: Some(60),
        max: Some(7200),
        ..FieldSpec::new("length", "Length", Widget::Text)
    };
    const SETTINGS: FieldSpec = FieldSpec {
        max_length: 65_536,
        ..FieldSpec::new("settings", "Settings", Widget::Textarea)
    };

    #[derive(serde::Serialize, serde::Deserialize, Debug, PartialEq)]
    #[serde(deny_unknown_fields)]
    struct Settings {
        theme: String,
        depth: u8,
    }

    fn read<T: FieldValue>(text: &str, spec: &FieldSpec) -> Result<T, String> {
        T::clean(&[text.to_owned()], spec).map_err(|problem| problem.to_string())
    }

    #[test]
    fn a_duration_is_typed_as_it_is_shown() {
        let length = read::<Duration>(" 1:30 ", &LENGTH).unwrap();
        assert_eq!(length.shown(), "1:30:00");
        assert_eq!(read::<Duration>(&length.shown(), &LENGTH), Ok(length));
        for (bad, said) in [
            (
                "90",
                "Enter a duration in hours, minutes and seconds, like 1:30 or 0:00:12.5.",
            ),
            ("0:00:59", "Enter a duration from 0:01:00 to 2:00:00."),
            ("2:00:00.000001", "Enter a duration from 0:01:00 to 2:00:00."),
        ] {
            assert_eq!(read::<Duration>(bad, &LENGTH), Err(said.to_owned()), "{bad}");
        }
    }

    /// CWE-20, CWE-209, CWE-79
    #[test]
    fn a_document_is_of_its_type_and_the_page_says_where_it_is_not() {
        let typed = "{\r\n  \"theme\": \"<b>\",\r\n  \"depth\": 3\r\n}";
        let settings: Json<Settings> = read(typed, &SETTINGS).unwrap();
        assert_eq!(settings.0.theme, "<b>");
        assert_eq!(read(&settings.shown(), &SETTINGS).as_ref(), Ok(&settings));
        let mut bound = BoundField::new::<Json<Settings>>(&SETTINGS);
        bound.start_with(&settings);
        let mut html = String::new();
        render::control(&bound, &mut html);
        assert!(html.starts_with("<textarea") && !html.contains("<b>"), "{html}");
        for bad in [
            "{",
            "[]",
            "{\"theme\": \"secret\", \"depth\": 300}",
            "{\"theme\": \"secret\", \"depth\": 1, \"secret\": 1}",
        ] {
            let said = read::<Json<Settings>>(bad, &SETTINGS).unwrap_err();
            assert!(
                said.contains("look at line 1, column") && !said.contains("secret"),
                "{said}"
            );
        }
        let deep = format!("{}1{}", "[".repeat(40), "]".repeat(40));
        let said = read::<Json<serde_json::Value>>(&deep, &SETTINGS).unwrap_err();
        assert_eq!(said, "At most 32 levels, one inside the other.");
    }
}
