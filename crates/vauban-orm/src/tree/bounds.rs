//! How large a filter may become, however it is built: a search makes a condition of each word of a request, and a folder
//! that is its own parent leads on for ever (CWE-400, CWE-674, CWE-770). The bound on depth lets everything that walks a
//! filter recurse, its drop included.

/// Levels of `&`, `|`, `!`, steps to related rows and `any`, one inside the other.
pub(crate) const MAX_DEPTH: u32 = 32;
/// Comparisons, fragments and questions about who asks.
pub(crate) const MAX_CONDITIONS: u32 = 500;
/// Values in all lists together.
pub(crate) const MAX_VALUES: usize = 10_000;
/// Bytes of a text that is looked for inside others.
pub(crate) const MAX_TEXT: usize = 4096;
/// Foreign keys in a row.
pub(crate) const MAX_STEPS: usize = 16;
/// Values in one that is computed: texts of as many columns are still no text that a database refuses.
pub(crate) const MAX_TERM: u32 = 64;
/// Levels of a statement's conditions with those of the policies in it.
pub(crate) const MAX_NESTING: usize = 160;
/// Conditions of a statement with those of the policies in it.
pub(crate) const MAX_RENDERED: usize = 8_000;

/// Relations that a query loads, those of what it loads among them.
pub(crate) const MAX_LOADS: usize = 24;
/// Relations that are loaded one behind the other.
pub(crate) const MAX_LOAD_DEPTH: usize = 8;
/// Rows of relations to many that a query loads, all of them together.
pub(crate) const MAX_LOADED: usize = 20_000;

/// Links that are added, removed or set at once.
pub(crate) const MAX_LINKS: usize = 1_000;

/// Rows that one deletion finds: those that go, lose a reference or stand in its way.
pub(crate) const MAX_REMOVED: usize = 1_000_000;
/// The same of a preview, which a link asks for.
pub(crate) const MAX_PREVIEWED: usize = 100_000;
/// Rows that are added at once.
pub(crate) const MAX_ADDED: usize = 100_000;
/// Rows that are changed together, each in its turn.
pub(crate) const MAX_IN_TURN: usize = 100_000;
/// Values by which rows are ordered that are known by metadata.
pub(crate) const MAX_ORDER: usize = 64;
/// Rows whose changes one unit may be told of, where a model asks (`#[model(changes)]`): they are held until it ends.
pub(crate) const MAX_CHANGED: usize = 100_000;
/// About the bytes that these may take.
pub(crate) const MAX_CHANGED_BYTES: usize = 64 << 20;
/// Rows whose values are said to be wrong.
pub(crate) const MAX_TOLD: usize = 100;

/// What is said of more than [`MAX_REMOVED`].
pub(crate) const REMOVED: &str =
    "it deletes or empties more than 1,000,000 rows at once: delete them in parts";
/// What is said of more than [`MAX_PREVIEWED`].
pub(crate) const PREVIEWED: &str =
    "it previews a deletion of more than 100,000 rows: ask for fewer rows, or delete without a preview";
/// What is said of more than [`MAX_ADDED`].
pub(crate) const ADDED: &str = "it adds more than 100,000 rows at once: add them in parts";
/// What is said of more than [`MAX_IN_TURN`].
pub(crate) const IN_TURN: &str = "its rules count rows like those that it changes, and it changes more than 100,000 of them at once: change them in parts";
/// What is said of more than [`MAX_ORDER`].
pub(crate) const ORDER: &str = "it is ordered by more than 64 values";
/// What is said of more than [`MAX_CHANGED`] and [`MAX_CHANGED_BYTES`].
pub(crate) const CHANGED: &str = "it changes more than 100,000 rows, or 64 MiB of values, of models whose changes are told, in one unit: change them in units of fewer";
/// What is said of more than [`MAX_LINKS`].
pub(crate) const LINKS: &str = "it links more than 1,000 rows at once: link them in parts";
/// What is said of more than [`MAX_LOADS`].
pub(crate) const LOADS: &str = "it loads more than 24 relations: load some of them in a query of their own";
/// What is said of more than [`MAX_LOAD_DEPTH`].
pub(crate) const LOAD_DEPTH: &str = "it loads relations more than 8 steps away";
/// What is said of more than [`MAX_LOADED`].
pub(crate) const LOADED: &str = "it loads more than 20,000 related rows: give the relation a `limit`, which is for each row, or ask for fewer rows at once";
/// What is said of relations of more than [`MAX_VALUES`] rows.
pub(crate) const LOADED_FOR: &str =
    "it loads a relation for more than 10,000 rows: ask for fewer rows at once";
/// What is said of more than [`MAX_DEPTH`].
pub(crate) const DEPTH: &str = "its conditions stand more than 32 levels inside each other";
/// What is said of more than [`MAX_CONDITIONS`].
pub(crate) const CONDITIONS: &str = "it has more than 500 conditions: compare with a list (`is_in`), and look for fewer words of what a request brings";
/// What is said of more than [`MAX_VALUES`].
pub(crate) const VALUES: &str = "its lists (`is_in`) have more than 10,000 values: ask in parts";
/// What is said of more than [`MAX_TEXT`].
pub(crate) const TEXT: &str = "it looks for a text of more than 4,096 bytes";
/// What is said of more than [`MAX_STEPS`].
pub(crate) const STEPS: &str = "it follows more than 16 foreign keys in a row";
/// What is said of more than [`MAX_TERM`].
pub(crate) const TERM: &str = "a value in it is computed of more than 64 others";
/// What is said of more than [`MAX_NESTING`] and [`MAX_RENDERED`].
pub(crate) const STATEMENT: &str =
    "with the policies of the models in it, the statement has more than 8,000 conditions or 160 levels";

/// How large a condition is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Weight {
    depth: u32,
    conditions: u32,
    values: u32,
}

impl Weight {
    /// One condition.
    pub(crate) const ONE: Self = Self {
        depth: 1,
        conditions: 1,
        values: 0,
    };

    pub(crate) fn of_list(values: usize) -> Self {
        Self {
            values: u32::try_from(values).unwrap_or(u32::MAX),
            ..Self::ONE
        }
    }

    pub(crate) fn conditions(self) -> u32 {
        self.conditions
    }

    /// With one level more round it.
    pub(crate) fn deeper(self) -> Self {
        Self {
            depth: self.depth.saturating_add(1),
            ..self
        }
    }

    /// Of two that stand beside each other.
    pub(crate) fn beside(self, other: Self) -> Self {
        Self {
            depth: self.depth.max(other.depth),
            conditions: self.conditions.saturating_add(other.conditions),
            values: self.values.saturating_add(other.values),
        }
    }

    /// # Errors
    /// Which bound it is beyond.
    pub(crate) fn checked(self) -> Result<Self, &'static str> {
        if self.depth > MAX_DEPTH {
            Err(DEPTH)
        } else if self.conditions > MAX_CONDITIONS {
            Err(CONDITIONS)
        } else if self.values as usize > MAX_VALUES {
            Err(VALUES)
        } else {
            Ok(self)
        }
    }
}
