//! Permissions in PostgreSQL's own policies.

use super::*;
use crate::tests::permissions::{Memo, askers, filled, options};

/// ASVS 8.2.2, CWE-862. Attack: SQL by hand that forgot the policy, by whoever does not hold the permission.
#[tokio::test]
async fn cwe_862_a_permission_is_asked_by_the_database_too() {
    let server = cluster::database();
    let (url, owner) = server.with_two_roles();
    let options = Options {
        row_security: true,
        owner: Some(OwnersUrl::new(&owner)),
        ..options()
    };
    let database = Database::open(&url, options).unwrap();
    database.create_all(&[Memo::meta()]).unwrap();
    let walled = Walled { server, database };
    filled(&walled.database).await;
    for (who, actor, sees, edits) in askers() {
        let found = walled.by_hand(actor, "SELECT text FROM memo").await.unwrap();
        assert_eq!(found.len(), 1 + usize::from(sees), "{who}");
        let of = if edits { 1 + usize::from(sees) } else { 0 };
        let changed = walled.written(actor, "UPDATE memo SET text = 'changed'").await;
        assert_eq!(changed.unwrap(), of, "{who}");
    }
}
