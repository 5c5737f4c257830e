//! The people that the tests play with. Ann runs the Lighthouse, where Dan is a plain member; Ben runs the Bridge; Cleo is
//! staff and belongs nowhere.

use ::__crate__::app;
use ::__crate__::organisations::{Membership, NewMembership, Role};
use ::__crate__::organisations::{NewOrganisation, Organisation};
use ::__crate__::people::{NewUser, User};

use vauban::prelude::*;
use vauban::testing::{Client, TestApp};

pub(crate) struct World {
    pub(crate) app: TestApp,
    pub(crate) ann: User,
    pub(crate) ben: User,
    pub(crate) cleo: User,
    pub(crate) dan: User,
    pub(crate) lighthouse: Organisation,
    pub(crate) dans_place: Membership,
}

/// Everybody's password, in the worlds that have some.
pub(crate) const PASSWORD: &str = "seven slow lighthouses";

impl World {
    /// The site and its people, who have no passwords: hashing takes its time.
    pub(crate) async fn new() -> Self {
        Self::of(false).await
    }

    /// The same with people who signed up.
    pub(crate) async fn with_passwords() -> Self {
        Self::of(true).await
    }

    async fn of(passwords: bool) -> Self {
        let app = TestApp::new(app);
        let ann = person(&app, "Ann", false, passwords).await;
        let ben = person(&app, "Ben", false, passwords).await;
        let cleo = person(&app, "Cleo", true, passwords).await;
        let dan = person(&app, "Dan", false, passwords).await;
        let lighthouse = organisation(&app, "The Lighthouse").await;
        let bridge = organisation(&app, "The Bridge").await;
        member(&app, &lighthouse, &ann, Role::Admin).await;
        member(&app, &bridge, &ben, Role::Admin).await;
        let dans_place = member(&app, &lighthouse, &dan, Role::Member).await;
        Self {
            app,
            ann,
            ben,
            cleo,
            dan,
            lighthouse,
            dans_place,
        }
    }

    /// A browser in which this person has signed in.
    pub(crate) async fn as_(&self, user: &User) -> Client {
        let mut client = self.app.client();
        client.sign_in_as(user).await;
        client
    }
}

async fn person(app: &TestApp, name: &str, is_staff: bool, password: bool) -> User {
    let email = Email::parse(&format!("{}@example.com", name.to_lowercase())).unwrap();
    if password {
        let mut client = app.client();
        let asked = client
            .post_form("/accounts/signup/", &[("email", email.as_str())])
            .await;
        asked.assert_status(200);
        let link = app.mailed_link(email.as_str()).await.unwrap();
        let signed_up = client.post_form(link, &[("password", PASSWORD)]).await;
        signed_up.assert_status(303);
        return app
            .rows(async |db| {
                let user = User::objects().get_to_change(&db, |u| u.email.eq(&email)).await?;
                user.change(&db, |u| [u.name.set(name), u.is_staff.set(is_staff)])
                    .await
            })
            .await;
    }
    let new = NewUser {
        email,
        name: name.to_owned(),
    };
    app.rows(async |db| {
        User::create(new)
            .set(|u| [u.is_staff.set(is_staff)])
            .save(&db)
            .await
    })
    .await
}

pub(crate) async fn organisation(app: &TestApp, name: &str) -> Organisation {
    let new = NewOrganisation {
        name: name.to_owned(),
    };
    app.rows(async |db| Organisation::create(new).save(&db).await)
        .await
}

pub(crate) async fn member(
    app: &TestApp,
    organisation: &Organisation,
    user: &User,
    role: Role,
) -> Membership {
    let new = NewMembership {
        organisation: organisation.id,
        user: user.id,
        role,
    };
    app.rows(async |db| Membership::create(new).save(&db).await).await
}
