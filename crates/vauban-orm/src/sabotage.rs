//! Controls that a test can take out, to see its attack succeed: one that cannot is not a test. In any other build
//! every control is there.

/// One control.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[cfg_attr(not(test), allow(dead_code))]
pub(crate) enum Control {
    /// The view rule in WHERE.
    View,
    /// The add rule in the INSERT.
    Add,
    /// The change rule for the row as it is.
    ChangeBefore,
    /// The change rule for the row as it becomes.
    ChangeAfter,
    /// The view rule for the row as it becomes.
    ViewAfter,
    /// The delete rule.
    Delete,
    /// A foreign key's target must be visible.
    Target,
    /// What may be an error is asked behind the policy.
    Behind,
    /// What takes long is asked behind a policy that the database would ask after it.
    LongBehind,
    /// In a query, related rows that may not be seen are absent.
    Related,
    /// What is counted or added up over related rows is what may be seen.
    Folded,
    /// Of rows that are loaded for others, those that may not be seen are absent.
    Loaded,
    /// The right to delete a link that goes.
    Unlink,
    /// `!` is "not true".
    TwoValued,
    /// Nobody is the owner of a row without one.
    NobodyOwns,
    /// Columns with privilege need a rule that names them.
    MaySet,
    /// The row's version in the UPDATE's WHERE.
    Version,
    /// The rights to every row that goes with a deleted one.
    Cascade,
    /// Models and services must be listed.
    Listed,
    /// A unit that reads does not write.
    Reading,
    /// A deletion's preview counts what may be seen.
    PreviewSeen,
    /// Of rows that are added together each is judged.
    EachRow,
    /// Only rows that may be changed are locked.
    LockChangeable,
    /// Of many rows each is computed of what was there before the first is written.
    AsRead,
    /// What is computed for a column is what it takes.
    Fits,
    /// What a row that is there becomes is judged where it is changed by adding it.
    UpsertJudged,
    /// Of new rows that are added together none justifies another.
    TogetherUnjustified,
    /// Of rows that are written together each is judged again when its turn comes, where rules count rows like it.
    InTurn,
    /// Large writes leave the runtime's thread.
    OffTheRuntime,
    /// A unit that the database rolled back is dead.
    Undone,
    /// Nothing of a unit is done beside an open part of it.
    Beside,
    /// On PostgreSQL units are as if one ran after the other.
    #[cfg_attr(not(feature = "postgres"), allow(dead_code, reason = "it is PostgreSQL's"))]
    Serial,
    /// What a statement changed is told.
    Told,
    /// Of a part that is undone nothing is told.
    UndoneUntold,
    /// What is told of a change hides secrets.
    SecretUntold,
    /// Nothing that would have to be told is done once the unit ends.
    LateUntold,
    /// A data migration has the rights that are reviewed, and changes what its file says.
    DataRights,
    /// A handle acts in the answer that it began in.
    Request,
    /// A ciphertext opens in its own row only.
    SealedForRow,
    /// A ciphertext opens in the field of its label only.
    SealedForLabel,
    /// A retired key opens nothing.
    Retired,
    /// A row that was changed meanwhile keeps its newer value.
    ReencryptBeside,
    /// Validation of values.
    Validation,
    /// Rules that say something else each time serve nobody.
    Symbolic,
    /// Inside `any`, a column of a row outside is that row's.
    OuterRows,
    /// By metadata, what a struct keeps to its module is not there.
    Private,
    /// By metadata, an id is compared with those of its own model's rows only.
    Whose,
    /// On PostgreSQL, the words of a migration's SQL are looked at before it runs.
    #[cfg(feature = "postgres")]
    MigrationWords,
}

#[cfg(not(test))]
pub(crate) const fn removed(_: Control) -> bool {
    false
}

#[cfg(test)]
thread_local! {
    static REMOVED: std::cell::Cell<Option<Control>> = const { std::cell::Cell::new(None) };
}

#[cfg(test)]
pub(crate) fn removed(control: Control) -> bool {
    REMOVED.get() == Some(control)
}

#[cfg(test)]
pub(crate) fn any_removed() -> bool {
    REMOVED.get().is_some()
}

/// Takes a control out until the guard is dropped; on this thread only.
#[cfg(test)]
pub(crate) fn without(control: Control) -> impl Drop {
    struct Back;
    impl Drop for Back {
        fn drop(&mut self) {
            REMOVED.set(None);
        }
    }
    REMOVED.set(Some(control));
    Back
}

/// Whether the database's own policies step aside, because a control of the ORM is out.
#[cfg(not(test))]
pub(crate) const fn the_second_wall_falls() -> bool {
    false
}

#[cfg(test)]
thread_local! {
    static STANDS: std::cell::Cell<bool> = const { std::cell::Cell::new(false) };
}

#[cfg(test)]
pub(crate) fn the_second_wall_falls() -> bool {
    any_removed() && !STANDS.get()
}

/// In this test the second wall stands where the first one falls.
#[cfg(all(test, feature = "postgres"))]
pub(crate) fn the_second_wall_stands() {
    STANDS.set(true);
}
