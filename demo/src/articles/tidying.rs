//! What a migration does with the articles that are there.

use vauban::orm::data_migration;
use vauban::orm::migrations::{DataMigration, OldRow};

data_migration! {
    /// Bylines of before the form took away what stands around a name, and twice between its parts.
    pub TidyBylines: Change<article(byline)>;
    waiver!(ServiceRights, "the bylines of before are tidied once, whoever wrote them")
}

impl DataMigration for TidyBylines {
    fn row(row: &mut OldRow<'_>) -> vauban::orm::Result<()> {
        let byline = row.get::<String>("byline")?;
        let words: Vec<&str> = byline.split_whitespace().collect();
        row.set("byline", &words.join(" "))
    }
}
