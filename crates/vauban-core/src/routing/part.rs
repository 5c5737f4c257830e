//! A part of the site as a parameter, and what a view needs of the site.

use std::any::{Any, type_name};
use std::fmt;
use std::marker::PhantomData;
use std::ops::Deref;
use std::sync::Arc;

use super::{Call, Credential, Kind, Need, Param};
use crate::http::{Error, Result};
use crate::site::Site;

/// A part that a module brought ([`Module::part`](crate::Module::part)), by its type. A site without it does not start.
///
/// ```
/// # extern crate vauban_core as vauban;
/// # use vauban::prelude::*;
/// # use vauban::routing::Part;
/// struct Greeting(String);
///
/// #[view(get, "/greeting/")]
/// async fn greet(_: Public, greeting: Part<Greeting>) -> Text {
///     Text::new(greeting.0.clone())
/// }
///
/// fn module() -> Module {
///     Module::new("greeter").part(|_| Ok(Greeting("Hello.".to_owned())))
/// }
/// ```
pub struct Part<T> {
    site: Arc<Site>,
    part: PhantomData<fn() -> T>,
}

impl<T: Any, K: Kind, C: Credential> Param<K, C> for Part<T> {
    const NEEDS: &'static [Need] = &[Need::of::<T>()];

    async fn take(call: &mut Call<K, C>) -> Result<Self> {
        Self::of_site(call.cx().site())
    }
}

impl<T: Any> Part<T> {
    /// That of a site.
    ///
    /// # Errors
    /// If no module brought it.
    pub(crate) fn of_site(site: &Arc<Site>) -> Result<Self> {
        match site.part::<T>() {
            Some(_) => Ok(Self {
                site: Arc::clone(site),
                part: PhantomData,
            }),
            None => Err(Error::internal(Need::of::<T>().missing())),
        }
    }
}

impl<T: Any> Deref for Part<T> {
    type Target = T;

    fn deref(&self) -> &T {
        match self.site.part::<T>() {
            Some(part) => part,
            // `take` has seen it, and parts are never taken out of a site.
            None => unreachable!("a part that was there"),
        }
    }
}

impl<T> fmt::Debug for Part<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Part<{}>", type_name::<T>())
    }
}
