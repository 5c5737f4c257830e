//! A value before it has a type.

/// A value as it was found, before it has a type.
#[derive(Debug, Clone)]
pub(super) enum Raw {
    /// One text; where a list is wanted, separated by commas.
    One(String),
    /// A list.
    Many(Vec<String>),
}

impl Raw {
    /// The one text.
    pub(super) fn one(&self) -> Result<&str, String> {
        match self {
            Self::One(text) => Ok(text),
            Self::Many(_) => Err("is a list where one value is wanted".into()),
        }
    }

    /// The elements, empty ones dropped.
    pub(super) fn items(&self) -> Vec<String> {
        let items: Vec<&str> = match self {
            Self::One(text) => text.split([',', '\n']).collect(),
            Self::Many(items) => items.iter().map(String::as_str).collect(),
        };
        items
            .into_iter()
            .map(str::trim)
            .filter(|item| !item.is_empty())
            .map(str::to_owned)
            .collect()
    }
}
