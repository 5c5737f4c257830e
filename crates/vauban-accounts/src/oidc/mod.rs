//! Single sign-on by OpenID Connect: providers that the settings name, sign-ins that are on their way there, and the identities there by
//! which people sign in.

#[cfg(feature = "oidc")]
mod begun;
#[cfg(feature = "oidc")]
mod identity;
#[cfg(feature = "oidc")]
mod linked;
// Without the feature they are erased, and nothing else.
#[cfg_attr(not(feature = "oidc"), allow(dead_code))]
mod model;
#[cfg(feature = "oidc")]
mod provider;
#[cfg(feature = "oidc")]
mod settings;

#[cfg(feature = "oidc")]
pub(crate) use begun::{BEGUN_FOR, Begun, BegunSignIns, BegunStore, For, OIDC_COOKIE, browser_of};
#[cfg(feature = "oidc")]
pub(crate) use identity::{Identity, NotIdentified};
#[cfg(feature = "oidc")]
pub(crate) use linked::{Linked, ProviderLinkStore};
pub(crate) use model::{BegunRow, ProviderLinkRow};
#[cfg(feature = "oidc")]
pub(crate) use provider::{Provider, Providers};
#[cfg(feature = "oidc")]
pub(crate) use settings::OidcSettings;
#[cfg(all(test, feature = "oidc"))]
pub(crate) use settings::{ClientSecrets, Declared};
