//! Rows that refer to users, each stating something else of their end.

#![allow(unreachable_pub, reason = "by metadata only `pub` fields are asked for")]

use vauban::Model;
use vauban::orm::{Columns, Create, DateTime, ForeignKey, Id, Policy, Rules, UserId, Who};

use super::{Kit, User};
use crate::people::Account;
use crate::{Email, UserAccount};

/// Goes with its author, who may not delete it by hand.
#[derive(Model)]
pub(super) struct Leaf {
    pub id: Id<Leaf>,
    #[field(owner, on_delete = cascade)]
    pub author: ForeignKey<User>,
    #[field(max_length = 50)]
    pub text: String,
    /// Told to nobody who asks by metadata.
    #[field(max_length = 50)]
    secret: String,
}

/// Stays without its host.
#[derive(Model)]
pub(super) struct Fair {
    pub id: Id<Fair>,
    #[field(personal, on_delete = set_null)]
    pub host: Option<ForeignKey<User>>,
}

/// Keeps the account.
#[derive(Model)]
pub(super) struct Bill {
    pub id: Id<Bill>,
    #[field(on_delete = restrict)]
    pub debtor: ForeignKey<User>,
}

/// Of a module that does not know the site's user.
#[derive(Model)]
pub(super) struct Line {
    pub id: Id<Line>,
    #[field(owner, on_delete = cascade)]
    pub author: UserId,
}

/// Somebody's, by a column that it tells nobody who asks by metadata.
#[derive(Model)]
pub(super) struct Diary {
    pub id: Id<Diary>,
    #[field(owner, on_delete = cascade)]
    keeper: UserId,
}

/// Says nothing of its end.
#[derive(Model)]
pub(super) struct Loose {
    pub id: Id<Loose>,
    pub of: ForeignKey<User>,
    pub by: Option<UserId>,
}

/// Of a site where people go with others.
#[derive(Model, UserAccount, Clone)]
#[model(user)]
#[account(crate = vauban_accounts)]
pub(super) struct Guest {
    pub(super) id: Id<Guest>,
    #[field(unique, fixed)]
    pub(super) email: Email,
    #[field(privileged, default = true)]
    pub(super) is_active: bool,
    #[field(privileged, default = false)]
    pub(super) is_staff: bool,
    #[field(privileged, default = false)]
    pub(super) is_superuser: bool,
    #[field(auto_now_add)]
    pub(super) date_joined: DateTime,
    #[field(privileged)]
    pub(super) last_login: Option<DateTime>,
    #[field(on_delete = cascade)]
    pub(super) invited_by: Option<ForeignKey<Guest>>,
    #[field(on_delete = cascade)]
    pub(super) band: Option<ForeignKey<Band>>,
}

impl Policy for Guest {
    fn rules(_: Who<Self>, _: &Columns<Self>) -> Rules<Self> {
        Rules::none()
    }
}

#[derive(Model)]
pub(super) struct Band {
    pub id: Id<Band>,
    #[field(on_delete = cascade)]
    pub leader: ForeignKey<Guest>,
}

macro_rules! seen_by_its {
    ($($model:ident: $column:ident),+) => { $(
        impl Policy for $model {
            fn rules(who: Who<Self>, row: &Columns<Self>) -> Rules<Self> {
                Rules { view: row.$column.is(who), ..Rules::none() }
            }
        }
    )+ };
}
seen_by_its!(Leaf: author, Fair: host, Bill: debtor, Line: author, Loose: of, Band: leader, Diary: keeper);

vauban::orm::service! {
    /// Makes rows for tests.
    pub(super) Growing: Add<Leaf>, Add<Fair>, Add<Bill>, Add<Line>, View<User>;
    waiver!(ServiceRights, "rows of tests are made by nobody in particular")
}

/// But for what says nothing.
pub(super) fn listed(module: vauban::Module) -> vauban::Module {
    module
        .model::<Leaf>()
        .model::<Fair>()
        .model::<Bill>()
        .model::<Line>()
        .model::<Diary>()
        .model::<super::tenancy::Club>()
        .model::<super::tenancy::Seat>()
        .service::<Growing>()
        .model::<super::hooks::Told>()
        .service::<super::hooks::Teller>()
}

impl Kit {
    pub(super) async fn leaf(&self, author: &Account, text: &str) {
        let new = NewLeaf {
            author: Id::from_uuid(author.facts.id),
            text: text.to_owned(),
            secret: "told to nobody".to_owned(),
        };
        self.grow(Leaf::create(new)).await;
    }

    pub(super) async fn fair(&self, host: &Account) {
        let host = Some(Id::from_uuid(host.facts.id));
        self.grow(Fair::create(NewFair { host })).await;
    }

    pub(super) async fn bill(&self, debtor: &Account) {
        let debtor = Id::from_uuid(debtor.facts.id);
        self.grow(Bill::create(NewBill { debtor })).await;
    }

    pub(super) async fn line(&self, author: &Account) {
        let author = author.user;
        self.grow(Line::create(NewLine { author })).await;
    }

    async fn grow<M: Model>(&self, new: Create<M>)
    where
        Growing: vauban::orm::May<vauban::orm::actions::Add, M>,
    {
        let unit = self.units.begin();
        new.save(&unit.db().acting::<Growing>()).await.unwrap();
        unit.finish(true).await.unwrap();
    }
}
