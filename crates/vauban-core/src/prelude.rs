//! What most files of a module begin with: `use vauban::prelude::*;`.
//!
//! It has the names that stand in models, views, forms and templates, and nothing else; rarer ones are imported by
//! name. `Result` in it is Vauban's, whose error is [`Error`].

pub use crate::orm::membership::{Membership as _, Role as _};
pub use crate::tasks::{AsAsker, AsService};
pub use crate::{
    Changeable, Choices, Columns, Date, DateTime, Db, Decimal, Duration, Encrypted, FieldGroup, Filter,
    ForeignKey, Id, IpAddress, Model, One, OneToOne, Page, Permitted, Place, Policy,
};
pub use crate::{
    ClientIp, Csp, Error, HasPerm, HasRole, Json, Messages, Module, Path, Public, Query, Redirect, Response,
    Result, SignedIn, Staff,
};
pub use crate::{
    Deletable, Rules, Slug, Time, UserId, Version, Who, With, Write, permission, service, sql, waiver,
};
pub use crate::{Email, Form, Part, PathText, Role, Template};
pub use crate::{Status, Superuser, Text, hook, routes, task, view};
