//! Who signs in. The framework's columns are checked by the derive; `name` and `memberships` are ours.

use vauban::Messages;
use vauban::accounts::AccountPage;
use vauban::prelude::*;

use crate::organisations::Membership;
use crate::urls;

/// Somebody with an account.
#[derive(Clone, Model, UserAccount)]
#[model(
    user,
    related(memberships: Membership.user),
    unique_oracle = waiver!(UniqueOracle, "accounts alone write addresses and tell nobody")
)]
pub struct User {
    pub id: Id<Self>,
    #[field(unique, fixed)]
    pub email: Email,
    /// What others call them.
    #[field(max_length = 100)]
    pub name: String,
    #[field(privileged, default = true)]
    pub is_active: bool,
    #[field(privileged, default = false)]
    pub is_staff: bool,
    #[field(privileged, default = false)]
    pub is_superuser: bool,
    #[field(auto_now_add)]
    pub date_joined: DateTime,
    #[field(privileged)]
    pub last_login: Option<DateTime>,
}

/// People see themselves and those they share an organisation with; staff see everybody.
impl Policy for User {
    fn rules(who: Who<Self>, u: &Columns<Self>) -> Rules<Self> {
        let colleague = u
            .memberships
            .any(|mine| mine.organisation.memberships.any(|m| m.user.is(who)));
        Rules {
            view: u.id.is(who) | who.is_staff() | colleague,
            change: u.id.is(who),
            ..Rules::none()
        }
    }
}

/// Their name in lists of choices.
impl std::fmt::Display for User {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(if self.name.is_empty() {
            "Somebody without a name"
        } else {
            &self.name
        })
    }
}

/// What one may change about oneself. The e-mail address and the rights of the account are no fields here.
#[derive(Form)]
pub struct ProfileForm {
    #[field(
        label = "Your name",
        max_length = 100,
        autocomplete = "name",
        help = "It stands below your articles."
    )]
    pub name: String,
}

/// What sign-up asks besides address and password. It may stay empty: one says it later, in the profile.
#[derive(Form)]
#[form(edits = User)]
pub struct SignUpFields {
    #[field(
        label = "Your name",
        max_length = 100,
        required = false,
        autocomplete = "name",
        help = "It stands below your articles."
    )]
    pub name: String,
}

#[derive(Template)]
#[template("profile.html")]
pub struct ProfilePage {
    form: Form<ProfileForm>,
}

/// The form, filled.
#[view(get, "/profile/")]
pub async fn profile(_: SignedIn, user: CurrentUser<User>) -> ProfilePage {
    ProfilePage {
        form: Form::filled(&ProfileForm {
            name: user.name.clone(),
        }),
    }
}

/// Keeps one's name.
#[view(post, "/profile/")]
pub async fn save_profile(
    _: SignedIn,
    user: CurrentUser<User>,
    db: Db<Write>,
    messages: Messages,
    form: Form<ProfileForm>,
) -> Result<Redirect> {
    let clean = form.clean(&db).await?.or_show(|form| ProfilePage { form })?;
    let me = User::objects().get_to_change(&db, |u| u.id.eq(user.id)).await?;
    me.change(&db, |u| [u.name.set(&clean.name)]).await?;
    messages.success("Your name is kept.");
    Ok(Redirect::to(urls::profile()))
}

/// The framework's pages for signing up and in, within this site's layout.
#[derive(Template)]
#[template("account.html")]
pub struct AccountLayout {
    page: AccountPage,
}

impl From<AccountPage> for AccountLayout {
    fn from(page: AccountPage) -> Self {
        Self { page }
    }
}

/// The model; pages and rules for accounts come with the framework.
pub fn module() -> Module {
    Module::new("users").model::<User>()
}
