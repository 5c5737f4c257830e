//! Models of another program's tables, written by `inspectdb`: to begin with, not to be kept as they are.
//!
//! * Nobody may see or do anything: the rules of each model are `Rules::none()` until you write who may what.
//! * A model's key is `id`, a UUID, and each table counts the changes of its rows. So `makemigrations` makes tables of its own, in
//!   a database of its own, and the rows are copied into them.
//! * What has no field is a comment that says why.

use vauban::prelude::*;

/// The table `Order Items`.
#[derive(Model, Debug)]
#[model(table = "order_items", unique(artikel_nr, artikel_nr2))]
pub struct OrderItems {
    pub id: Id<OrderItems>,
    // `ort` is of the type `geometry(4326)`: say by hand what it becomes.
    // Was `Artikel-Nr`.
    pub artikel_nr: i64,
    // Was `artikel nr`.
    #[field(max_length = 10)]
    pub artikel_nr2: String,
    // Was `2nd`.
    #[field(text)]
    pub n2nd: Option<String>,
    pub self_: bool,
    // Was `row_version`.
    pub row_version2: Option<i64>,
    // Was `größe`.
    pub grosse: Option<i64>,
}

impl Policy for OrderItems {
    fn rules(_: Who<Self>, _: &Columns<Self>) -> Rules<Self> {
        Rules::none()
    }
}

/// The table `auth_group`.
#[derive(Model, Debug)]
#[model(table = "auth_group")]
pub struct AuthGroup {
    pub id: Id<AuthGroup>,
    // Its key was `id` of the type `INTEGER`.
    #[field(max_length = 150, unique)]
    pub name: String,
}

impl Policy for AuthGroup {
    fn rules(_: Who<Self>, _: &Columns<Self>) -> Rules<Self> {
        Rules::none()
    }
}

/// The table `auth_user`.
#[derive(Model, Debug)]
#[model(table = "auth_user")]
pub struct AuthUser {
    pub id: Id<AuthUser>,
    // Its key was `id` of the type `INTEGER`.
    #[field(max_length = 128)]
    pub password: String,
    pub last_login: Option<DateTime>,
    pub is_superuser: bool,
    #[field(max_length = 150, unique)]
    pub username: String,
    #[field(max_length = 254)]
    pub email: String,
    pub date_joined: DateTime,
}

impl Policy for AuthUser {
    fn rules(_: Who<Self>, _: &Columns<Self>) -> Rules<Self> {
        Rules::none()
    }
}

/// The table `auth_user_groups`.
#[derive(Model, Debug)]
#[model(table = "auth_user_groups", unique(user, group))]
pub struct AuthUserGroups {
    pub id: Id<AuthUserGroups>,
    // Its key was `id` of the type `INTEGER`.
    pub user: ForeignKey<AuthUser>,
    pub group: ForeignKey<AuthGroup>,
}

impl Policy for AuthUserGroups {
    fn rules(_: Who<Self>, _: &Columns<Self>) -> Rules<Self> {
        Rules::none()
    }
}

/// The table `django_migrations`.
#[derive(Model, Debug)]
#[model(table = "django_migrations")]
pub struct DjangoMigrations {
    pub id: Id<DjangoMigrations>,
    // Its key was `id` of the type `INTEGER`.
    #[field(max_length = 255)]
    pub app: String,
    #[field(max_length = 255)]
    pub name: String,
    pub applied: DateTime,
}

impl Policy for DjangoMigrations {
    fn rules(_: Who<Self>, _: &Columns<Self>) -> Rules<Self> {
        Rules::none()
    }
}

/// The table `django_session`.
#[derive(Model, Debug)]
#[model(table = "django_session")]
pub struct DjangoSession {
    pub id: Id<DjangoSession>,
    #[field(max_length = 40, unique)]
    pub session_key: String,
    #[field(text)]
    pub session_data: String,
    #[field(index)]
    pub expire_date: DateTime,
}

impl Policy for DjangoSession {
    fn rules(_: Who<Self>, _: &Columns<Self>) -> Rules<Self> {
        Rules::none()
    }
}

/// The table `new_string_row`.
#[derive(Model, Debug)]
#[model(table = "new_string_row")]
pub struct NewStringRow {
    pub id: Id<NewStringRow>,
    // Its key was `id` of the type `INTEGER`.
}

impl Policy for NewStringRow {
    fn rules(_: Who<Self>, _: &Columns<Self>) -> Rules<Self> {
        Rules::none()
    }
}

/// The table `order_items`.
#[derive(Model, Debug)]
#[model(table = "order_items2")]
pub struct OrderItems2 {
    pub id: Id<OrderItems2>,
    // Its key was `id` of the type `INTEGER`.
    pub id_2: i64,
}

impl Policy for OrderItems2 {
    fn rules(_: Who<Self>, _: &Columns<Self>) -> Rules<Self> {
        Rules::none()
    }
}

/// The table `shop_invoice`.
#[derive(Model, Debug)]
#[model(table = "shop_invoice", index(r#type, due))]
pub struct ShopInvoice {
    pub id: Id<ShopInvoice>,
    // `total` is of the type `decimal`: say by hand what it becomes.
    #[field(max_length = 32, unique)]
    pub uid: String,
    pub number: i64,
    pub vat: Option<Decimal<1, 4>>,
    #[field(index)]
    pub due: Date,
    pub at: Time,
    pub pdf: Vec<u8>,
    #[field(text)]
    pub data: String,
    pub weight: f64,
    pub took: i64,
    #[field(max_length = 3)]
    pub r#type: String,
    #[field(unique)]
    pub buyer: Option<ForeignKey<AuthUser>>,
    // Was `parent`.
    // Referred to `uid` of `shop_invoice`.
    pub parent: Option<ForeignKey<ShopInvoice>>,
}

impl Policy for ShopInvoice {
    fn rules(_: Who<Self>, _: &Columns<Self>) -> Rules<Self> {
        Rules::none()
    }
}

/// The table `string`.
#[derive(Model, Debug)]
#[model(table = "string")]
pub struct StringRow2 {
    pub id: Id<StringRow2>,
    // Its key was `id` of the type `INTEGER`.
    #[field(text)]
    pub r#match: String,
}

impl Policy for StringRow2 {
    fn rules(_: Who<Self>, _: &Columns<Self>) -> Rules<Self> {
        Rules::none()
    }
}

/// The table `vauban_session`.
#[derive(Model, Debug)]
#[model(table = "own_session")]
pub struct VaubanSession {
    pub id: Id<VaubanSession>,
    // Its key was `id` of the type `INTEGER`.
}

impl Policy for VaubanSession {
    fn rules(_: Who<Self>, _: &Columns<Self>) -> Rules<Self> {
        Rules::none()
    }
}
