//! `Db`: the handle through which rows are read and written, on somebody's authority.

use std::marker::PhantomData;
use std::ops::Deref;
use std::sync::Arc;
use std::time::Instant;

use vauban_waiver::{Waiver, walls};

#[cfg(feature = "postgres")]
use super::reading::left;
use super::shared::Shared;
use super::steps::{AllOrNone, OneState, Steps};
#[cfg(feature = "postgres")]
use crate::backend::postgres;
use crate::backend::{Session, Store, at_once, sqlite};
use crate::error::{Error, Result};
use crate::model::Model;
use crate::policy::Policy;
use crate::policy::actor::{Actor, May, Service, actions};
use crate::policy::authority::Authority;
use crate::policy::changes::Changes;
use crate::policy::listed::Listed;

/// A handle that reads.
#[derive(Debug, Clone, Copy)]
pub enum Read {}

/// A handle that reads and writes.
#[derive(Debug, Clone, Copy)]
pub enum Write {}

/// What a handle may do: [`Read`] or [`Write`].
pub trait Mode: sealed::Mode {}
impl Mode for Read {}
impl Mode for Write {}

mod sealed {
    pub trait Mode: Sized + Send + Sync + 'static {
        type Inside: std::fmt::Debug + Send + Sync;
    }
    pub trait Handle {}
}
impl sealed::Mode for Read {
    type Inside = Bound;
}
impl sealed::Mode for Write {
    type Inside = Db<Read>;
}

/// A unit of work on an actor's authority. Not public: reached through the handles.
#[doc(hidden)]
#[derive(Debug, Clone)]
pub struct Bound {
    shared: Arc<Shared>,
    authority: Authority,
}

/// The database, bound to the actor who made the request: their policies are part of every statement.
///
/// `Db` reads; `Db<Write>` reads and writes, and dereferences to `Db`. A handle that outlives its
/// request is an error.
#[derive(Debug)]
pub struct Db<M: Mode = Read> {
    inside: M::Inside,
}

impl Db<Read> {
    pub(crate) fn new(shared: Arc<Shared>, actor: Actor) -> Self {
        Self {
            inside: Bound {
                authority: Authority::new(actor, shared.database.listed()).noting(shared.changes.clone()),
                shared,
            },
        }
    }

    /// Who acts through this handle: every policy is asked for them.
    pub fn actor(&self) -> Actor {
        self.inside.authority.actor
    }

    /// What the framework carries with this database.
    #[doc(hidden)]
    #[deprecated(
        note = "only the framework looks there: a task is queued by its own `enqueue`, a mail sent by `send`"
    )]
    pub fn __carried<T: std::any::Any>(&self) -> Option<&T> {
        self.inside.shared.database.0.carried.find()
    }

    /// The unit, on the authority of whoever asks and on no other.
    pub(crate) fn asker(&self) -> &Bound {
        &self.inside
    }

    /// Acts as a service: reads what it lists beyond the policies.
    pub fn acting<S: Service>(&self) -> Acting<S, Read> {
        Acting::new(&self.inside)
    }

    /// Reads one model without its policy. Its related models keep theirs.
    pub fn unscoped<'w, M: Model>(&self, waiver: Waiver<'w, walls::Unscoped>) -> Unscoped<'w, M> {
        let place = waiver.place();
        tracing::debug!(
            target: "vauban::waiver", wall = place.wall(), model = M::meta().name, reason = place.reason(),
            "reading without the policy"
        );
        Unscoped::new(&self.inside, false)
    }
}

impl Db<Write> {
    pub(crate) fn new(read: Db<Read>) -> Self {
        Self { inside: read }
    }

    /// Takes the writer's turn now, so that what is read from here on cannot change before it is written.
    ///
    /// # Errors
    /// [`Error::Busy`] if the turn does not come in time.
    pub async fn begin(&self) -> Result<()> {
        let bound = &self.inside.inside;
        bound.shared.take_turn(&bound.shared, true).await
    }

    /// The same handle once more.
    #[doc(hidden)]
    #[deprecated(note = "only the framework keeps a handle: pass `&db` on")]
    pub fn __again(&self) -> Self {
        Self::new(Db {
            inside: self.inside.inside.clone(),
        })
    }

    /// The same handle, which only reads.
    #[doc(hidden)]
    #[deprecated(note = "only the framework keeps a handle: pass `&db` on, which derefs to `&Db`")]
    pub fn __read(self) -> Db<Read> {
        self.inside
    }

    /// Reads and writes one model without its policy. A wall of its own: prefer a service.
    pub fn unscoped_write<'w, M: Model>(
        &self,
        waiver: Waiver<'w, walls::UnscopedWrite>,
    ) -> Unscoped<'w, M, Write> {
        let place = waiver.place();
        tracing::info!(
            target: "vauban::waiver", wall = place.wall(), model = M::meta().name, reason = place.reason(),
            "writing without the policy"
        );
        Unscoped::new(&self.inside.inside, true)
    }

    /// Acts as a service: writes what it lists beyond the policies.
    pub fn acting<S: Service>(&self) -> Acting<S, Write> {
        Acting::new(&self.inside.inside)
    }
}

impl Deref for Db<Write> {
    type Target = Db<Read>;
    fn deref(&self) -> &Db<Read> {
        &self.inside
    }
}

/// A handle that acts as the service `S`, as nobody else.
#[derive(Debug)]
pub struct Acting<S, M: Mode = Read> {
    bound: Bound,
    service: PhantomData<fn() -> (S, M)>,
}

impl<S: Service, M: Mode> Acting<S, M> {
    fn new(bound: &Bound) -> Self {
        let shared = Arc::clone(&bound.shared);
        let changes = shared.changes.clone();
        Self::of(shared, Arc::clone(&bound.authority.listed), changes)
    }

    fn of(shared: Arc<Shared>, listed: Arc<Listed>, changes: Option<Arc<Changes>>) -> Self {
        let authority = Authority::new(Actor::service::<S>(), listed).noting(changes);
        Self {
            bound: Bound { shared, authority },
            service: PhantomData,
        }
    }
}

impl<S: Service> Acting<S, Write> {
    /// The unit, in which the service acts.
    #[doc(hidden)]
    #[deprecated(
        note = "only the framework takes the whole unit: what a service may do, its own handle does"
    )]
    pub fn __unit(&self) -> Db<Write> {
        Db::<Write>::new(Db {
            inside: self.bound.clone(),
        })
    }

    /// For whoever is told of what a unit changed: what is written by it is told to nobody.
    pub(super) fn untold(shared: &Arc<Shared>) -> Self {
        Self::of(Arc::clone(shared), shared.database.listed(), None)
    }
}

/// A handle that reads `M` without its policy; `Unscoped<M, Write>` writes as well.
///
/// It is made in the very call that uses it, as the waiver that signs it is: kept for later, or returned by a helper, it
/// does not compile, so that every reader stands where somebody signed. What reads in several queries takes it as a
/// parameter, and its callers sign: `async fn report(all: &Unscoped<'_, Task>)`.
#[derive(Debug)]
pub struct Unscoped<'w, M, D: Mode = Read> {
    bound: Bound,
    signed: PhantomData<&'w ()>,
    model: PhantomData<fn() -> (M, D)>,
}

impl<M: Model, D: Mode> Unscoped<'_, M, D> {
    fn new(bound: &Bound, writes: bool) -> Self {
        let authority = Authority {
            unscoped: Some((M::meta(), writes)),
            ..bound.authority.clone()
        };
        let bound = Bound {
            shared: Arc::clone(&bound.shared),
            authority,
        };
        Self {
            bound,
            signed: PhantomData,
            model: PhantomData,
        }
    }
}

/// A handle that may read rows of `M`.
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot read `{M}`",
    note = "`Db` and `Db<Write>` read every model under its policy; a service reads what it lists (`View<{M}>`); an unscoped handle reads the one model it names"
)]
pub trait Reads<M: Model>: sealed::Handle + Sync {
    #[doc(hidden)]
    fn bound(&self) -> &Bound;
}

/// A handle that may do `A` (add, change, delete) to rows of `M`.
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot `{A}` `{M}`",
    label = "a handle that only reads",
    note = "take `db: Db<Write>` in a view of an unsafe method (post, put, patch, delete); an unscoped handle only reads"
)]
pub trait Writes<A, M: Model>: sealed::Handle + Sync {
    #[doc(hidden)]
    fn bound(&self) -> &Bound;
}

impl<M: Mode> sealed::Handle for Db<M> {}
impl<S, M: Mode> sealed::Handle for Acting<S, M> {}
impl<M, D: Mode> sealed::Handle for Unscoped<'_, M, D> {}

impl<M: Policy> Reads<M> for Db<Read> {
    fn bound(&self) -> &Bound {
        &self.inside
    }
}
impl<M: Policy> Reads<M> for Db<Write> {
    fn bound(&self) -> &Bound {
        &self.inside.inside
    }
}
impl<A, M: Policy> Writes<A, M> for Db<Write> {
    fn bound(&self) -> &Bound {
        &self.inside.inside
    }
}
impl<S: May<actions::View, M>, M: Model, D: Mode> Reads<M> for Acting<S, D> {
    fn bound(&self) -> &Bound {
        &self.bound
    }
}
impl<A, S: May<A, M>, M: Model> Writes<A, M> for Acting<S, Write> {
    fn bound(&self) -> &Bound {
        &self.bound
    }
}
impl<M: Model, D: Mode> Reads<M> for Unscoped<'_, M, D> {
    fn bound(&self) -> &Bound {
        &self.bound
    }
}
impl<A, M: Model> Writes<A, M> for Unscoped<'_, M, Write> {
    fn bound(&self) -> &Bound {
        &self.bound
    }
}

impl Bound {
    pub(super) fn shared(&self) -> &Arc<Shared> {
        &self.shared
    }

    pub(crate) fn models(&self) -> &[&'static crate::ModelMeta] {
        self.authority.listed.models()
    }

    /// Whether what gives no row is looked at again.
    #[cfg(debug_assertions)]
    pub(crate) fn explains(&self) -> bool {
        self.shared.explains()
    }

    #[cfg(debug_assertions)]
    pub(crate) fn last_query(&self) -> String {
        self.shared.last_query()
    }

    #[cfg(debug_assertions)]
    pub(crate) fn note(&self, refused: super::Refused) {
        self.shared.note(refused);
    }

    /// The same unit, reading `model` without its policy: for the second look of a development build alone (CWE-204).
    #[cfg(debug_assertions)]
    pub(crate) fn without_policy(&self, model: &'static crate::ModelMeta) -> Self {
        let authority = Authority {
            unscoped: Some((model, false)),
            ..self.authority.clone()
        };
        Self {
            shared: Arc::clone(&self.shared),
            authority,
        }
    }

    /// Reads: in the unit's turn if it has one; otherwise in place within the smaller work limit, and if
    /// that is not enough on a reader thread.
    pub(crate) async fn read<S: Steps + 'static>(&self, steps: S) -> Result<S::Found>
    where
        S::Found: 'static,
    {
        self.shared.check_request()?;
        let since = self.shared.log_start();
        let mut sql = String::new();
        if self.shared.has_turn() {
            let run = apart(self.shared.read(&steps, &self.authority, &mut sql));
            let result = run.await;
            self.shared.log(&sql, since, true);
            return result;
        }
        self.shared.check_open()?;
        match &self.shared.database.0.store {
            Store::Sqlite(store) => apart(self.read_in_place(store, steps, sql, since)).await,
            #[cfg(feature = "postgres")]
            Store::Postgres(store) => {
                let result = if self.authority.listed.is_emitted() {
                    // Its transaction says who asks, and nobody else's reads belong into it. Apart: what is seldom asked makes nobody's
                    // future larger.
                    let connection = store.get(postgres::Access::Read, left()).await?;
                    let session = store.session(&connection);
                    let read = super::marked::read(&connection, session, &steps, &self.authority, &mut sql);
                    Box::pin(read).await
                } else {
                    let together = &self.shared.together;
                    together.read(store, &steps, &self.authority, &mut sql).await
                };
                self.shared.log(&sql, since, false);
                result
            }
        }
    }

    async fn read_in_place<S: Steps + 'static>(
        &self,
        store: &Arc<sqlite::Store>,
        steps: S,
        mut sql: String,
        since: Option<Instant>,
    ) -> Result<S::Found>
    where
        S::Found: 'static,
    {
        let mut read = 0;
        let inline = store.read_inline(|c| {
            c.forget_asked();
            let result = at_once(OneState(&steps).run(&self.authority, Session::Sqlite(c), &mut sql));
            read = c.asked();
            result
        });
        self.shared.log(&sql, since, false);
        if !matches!(inline, Err(Error::TooMuchWork)) {
            return inline;
        }
        let authority = self.authority.clone();
        let run = move |c: &sqlite::Connection| {
            at_once(OneState(&steps).run(&authority, Session::Sqlite(c), &mut String::new()))
        };
        store.read_on_thread(read, run).await
    }

    /// Writes by one statement, in the unit's turn.
    pub(crate) async fn write<S: Steps>(&self, steps: S) -> Result<S::Found> {
        apart(self.shared.take_turn(&self.shared, steps.waits())).await?;
        let since = self.shared.log_start();
        let mut sql = String::new();
        let result = apart(self.shared.run(&steps, &self.authority, &mut sql)).await;
        self.shared.log(&sql, since, true);
        result
    }

    /// Writes by several statements, in the unit's turn: all or none of them.
    pub(crate) async fn write_steps<S: Steps>(&self, steps: S) -> Result<S::Found> {
        self.write(AllOrNone(&steps)).await
    }
}

/// CWE-674: unoptimized, futures lie in one another many times over, and what deletes an account came near the end of a thread's stack. A
/// debug build keeps each statement's apart; a release pays nothing.
#[cfg(debug_assertions)]
fn apart<F: Future>(run: F) -> std::pin::Pin<Box<F>> {
    Box::pin(run)
}

#[cfg(not(debug_assertions))]
fn apart<F: Future>(run: F) -> F {
    run
}
