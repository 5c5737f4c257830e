//! Who signs in. The derive checks that the framework's columns are there; `name` is ours.

use vauban::accounts::AccountPage;
use vauban::prelude::*;

use crate::urls;

/// Somebody with an account.
#[derive(Clone, Model, UserAccount)]
#[model(user, unique_oracle = waiver!(UniqueOracle, "accounts alone write addresses and tell nobody"))]
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

/// People see and change themselves. Accounts are made by the framework's own service.
impl Policy for User {
    fn rules(who: Who<Self>, u: &Columns<Self>) -> Rules<Self> {
        Rules {
            view: u.id.is(who),
            change: u.id.is(who),
            ..Rules::none()
        }
    }
}

/// What one may change about oneself. The e-mail address and the rights of the account are no fields here.
#[derive(Form)]
pub struct ProfileForm {
    #[field(label = "Your name", max_length = 100, autocomplete = "name")]
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
    let form = ProfileForm {
        name: user.name.clone(),
    };
    ProfilePage {
        form: Form::filled(&form),
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

/// The model; the pages for accounts come with the framework.
pub fn module() -> Module {
    Module::new("people").model::<User>()
}
