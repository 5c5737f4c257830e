//! Members' rows as they are stored: the role may be none of the program's, and is kept as it was read.

use std::fmt;

use super::{Membership, Role as _};
use crate::error::Result;
use crate::model::Model as _;
use crate::model::assignment::Assignment;
use crate::model::columns::Columns;
use crate::model::field::Field;
use crate::model::filter::Filter;
use crate::model::key::own_columns;
use crate::model::record::Record;
use crate::model::scope::Own;
use crate::model::types::Id;
use crate::policy::actor::actions::{Change, Delete};
use crate::query::{Changeable, Deletable, Page, Permitted, QuerySet};
use crate::tree::meta::ModelMeta;
use crate::tree::value::{Mismatch, RowReader, Value, ValueRef};
use crate::unit::handles::{Reads, Writes};

/// A member's row as it is stored. A release that was rolled back leaves roles behind that the program does not know: such a row is no
/// reason that nobody can read, change and delete it (CWE-755), and gives no right (CWE-636).
pub struct StoredMember<M: Membership> {
    id: Id<Self>,
    tenant: Id<M::Tenant>,
    person: Id<M::Person>,
    role: String,
    who: Option<M::Person>,
}

impl<M: Membership> StoredMember<M> {
    /// The id of the membership.
    pub fn id(&self) -> Id<M> {
        Id::from_uuid(self.id.uuid())
    }

    /// To which tenant the member belongs.
    pub fn tenant(&self) -> Id<M::Tenant> {
        self.tenant
    }

    /// Who the member is, active or not.
    pub fn person(&self) -> Id<M::Person> {
        self.person
    }

    /// The role; `None` where the program has none of that name.
    pub fn role(&self) -> Option<M::Role> {
        M::Role::named(&self.role)
    }

    /// The role's name, as it is stored.
    pub fn stored_role(&self) -> &str {
        &self.role
    }

    /// The person's row, if it was loaded and may be seen.
    pub fn who(&self) -> Option<&M::Person> {
        self.who.as_ref()
    }

    /// From the values of its columns, in their order. What stands in the others is not looked at.
    fn of<'v>(
        model: &'static ModelMeta,
        mut next: impl FnMut() -> Result<ValueRef<'v>, Mismatch>,
    ) -> Result<Self, Mismatch> {
        let [tenant, person, role] = M::__FIELDS;
        let (mut id, mut of, mut who, mut name) = (None, None, None, None);
        for (at, column) in model.columns.iter().enumerate() {
            let value = next()?;
            match column.field {
                _ if at == 0 => id = Some(Id::from_value(value)?),
                field if field == tenant => of = Some(Id::from_value(value)?),
                field if field == person => who = Some(Id::from_value(value)?),
                field if field == role => name = Some(String::from_value(value)?),
                _ => {}
            }
        }
        Ok(Self {
            id: id.ok_or(Mismatch)?,
            tenant: of.ok_or(Mismatch)?,
            person: who.ok_or(Mismatch)?,
            role: name.ok_or(Mismatch)?,
            who: None,
        })
    }
}

/// Which row, and nothing of what stands in it (CWE-532).
impl<M: Membership> fmt::Debug for StoredMember<M> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("StoredMember").field(&self.id).finish()
    }
}

impl<M: Membership> Record for StoredMember<M> {
    fn read(model: &'static ModelMeta, row: &mut RowReader<'_>) -> Result<Self, Mismatch> {
        Self::of(model, || row.value())
    }

    fn of_values(model: &'static ModelMeta, values: &[Value]) -> Result<Self, Mismatch> {
        let mut values = values.iter();
        Self::of(model, || values.next().map(Value::as_ref).ok_or(Mismatch))
    }

    fn take_related(&mut self, column: usize, row: &mut RowReader<'_>) -> Result<(), Mismatch> {
        let person = M::meta().columns.get(column).map(|column| column.field);
        if person != Some(M::__FIELDS[1]) {
            return Err(Mismatch);
        }
        let model = M::Person::meta();
        // The joined row's first column is its primary key: NULL means that its rule hid it.
        if row.peek_is_null() {
            row.skip(model.columns.len());
        } else {
            self.who = Some(<M::Person as Record>::read(model, row)?);
        }
        Ok(())
    }

    fn key(&self) -> Id<Self> {
        self.id
    }
}

/// A query on members' rows as they are stored.
#[must_use = "a query reads nothing until `all`, `page`, `get_to_change`, …"]
pub struct StoredMembers<M: Membership>(QuerySet<StoredMember<M>>);

impl<M: Membership> StoredMembers<M> {
    /// The rows that are so, in the order in which they were made.
    pub fn new(condition: impl FnOnce(&Columns<M>) -> Filter<M>) -> Self {
        let mut query = QuerySet::of(M::meta());
        query.narrow(condition(own_columns::<M>()).expr);
        query.order(vec![(Vec::new(), M::meta().id(), false)]);
        Self(query)
    }

    /// All of them.
    ///
    /// # Errors
    /// See [`Error`](crate::Error).
    pub async fn all(self, db: &dyn Reads<M>) -> Result<Vec<StoredMember<M>>> {
        self.0.rows_in(db.bound()).await
    }

    /// So many at a time with the people, and with what whoever asks may do to each.
    ///
    /// # Errors
    /// As [`QuerySet::page`].
    pub async fn page(
        mut self,
        db: &dyn Reads<M>,
        number: u32,
        per_page: u32,
    ) -> Result<Page<Permitted<StoredMember<M>>>> {
        let person = M::__keys::<Own<M>>(own_columns::<M>()).person.column_meta();
        if let Some(position) = M::meta().position(person) {
            self.0.load(position);
        }
        self.0.set_per_page(per_page);
        self.0.permitted_page_in(db.bound(), number).await
    }

    /// The one row, to be changed.
    ///
    /// # Errors
    /// As [`QuerySet::get_to_change`].
    pub async fn get_to_change(self, db: &dyn Reads<M>) -> Result<Changeable<StoredMember<M>>> {
        self.0.one_to_change(db.bound()).await
    }

    /// The one row, to be deleted.
    ///
    /// # Errors
    /// As [`QuerySet::get_to_delete`].
    pub async fn get_to_delete(self, db: &dyn Reads<M>) -> Result<Deletable<StoredMember<M>>> {
        self.0.one_to_delete(db.bound()).await
    }
}

impl<M: Membership> fmt::Debug for StoredMembers<M> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("StoredMembers").field(&self.0).finish()
    }
}

impl<M: Membership> Changeable<StoredMember<M>> {
    /// Gives the member another role.
    ///
    /// # Errors
    /// As [`Changeable::change`].
    pub async fn change_role(self, db: &dyn Writes<Change, M>, role: M::Role) -> Result<()> {
        let column = M::__keys::<Own<M>>(own_columns::<M>()).role.column_meta();
        let set = Assignment::untyped(column, Ok(role.to_value()));
        self.change_in(M::meta(), db.bound(), [set]).await.map(drop)
    }
}

impl<M: Membership> Deletable<StoredMember<M>> {
    /// Removes the member.
    ///
    /// # Errors
    /// As [`Deletable::delete`].
    pub async fn remove(self, db: &dyn Writes<Delete, M>) -> Result<()> {
        self.delete_in(M::meta(), db.bound()).await
    }
}
