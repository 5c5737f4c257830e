//! Memberships in PostgreSQL's own policies.

use super::*;
use crate::tests::membership::{Role, as_, models, options, town};

/// ASVS 8.4.1, CWE-639. Attack: SQL by hand that forgot the policy, by another tenant's owner, by too low a role, by a stranger.
#[tokio::test]
async fn cwe_639_a_membership_is_asked_by_the_database_too() {
    let server = cluster::database();
    let (url, owner) = server.with_two_roles();
    let options = Options {
        row_security: true,
        owner: Some(OwnersUrl::new(&owner)),
        ..options()
    };
    let database = Database::open(&url, options).unwrap();
    database.create_all(&models()).unwrap();
    let walled = Walled { server, database };
    let town = town(&walled.database).await;
    let all = "UPDATE job SET title = 'changed'";
    for people in &town.people {
        for (role, person) in Role::ALL.iter().zip(people) {
            let found = walled
                .by_hand(as_(person), "SELECT title FROM job")
                .await
                .unwrap();
            assert_eq!(found.len(), 1, "{role}");
            let changed = walled.written(as_(person), all).await.unwrap();
            assert_eq!(changed, usize::from(*role != Role::Viewer), "{role}");
            let grabbed = walled
                .written(
                    as_(person),
                    "UPDATE seat SET role = 'owner' WHERE role <> 'owner'",
                )
                .await;
            let own = usize::from(*role == Role::Owner) * 3;
            assert_eq!(grabbed.unwrap_or(0), own, "{role}");
        }
    }
    let found = walled
        .by_hand(as_(&town.stranger), "SELECT title FROM job")
        .await
        .unwrap();
    assert_eq!(found.len(), 0);
}
