//! A provider: what it publishes, where people are sent, and what its answer says of them.

use std::fmt;
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use openidconnect::core::{
    CoreAuthDisplay, CoreAuthPrompt, CoreAuthenticationFlow, CoreClaimName, CoreClaimType, CoreClient,
    CoreClientAuthMethod, CoreGrantType, CoreIdToken, CoreIdTokenVerifier, CoreJsonWebKey, CoreJsonWebKeySet,
    CoreJweContentEncryptionAlgorithm, CoreJweKeyManagementAlgorithm, CoreJwsSigningAlgorithm,
    CoreResponseMode, CoreResponseType, CoreSubjectIdentifierType,
};
use openidconnect::{
    AdditionalProviderMetadata, AsyncHttpClient, AuthType, AuthorizationCode, ClaimsVerificationError,
    ClientId, ClientSecret, CsrfToken, DiscoveryError, EndpointMaybeSet, EndpointNotSet, EndpointSet,
    HttpRequest, HttpResponse, IssuerUrl, Nonce, PkceCodeChallenge, PkceCodeVerifier, ProviderMetadata,
    RedirectUrl, RequestTokenError, Scope, SignatureVerificationError, TokenResponse as _,
};
use serde::{Deserialize, Serialize};
use tokio::sync::Mutex;
use vauban_client::{Client, Destination, Failure};

use super::settings::{DeclaredProvider, OidcSettings};
use super::{Begun, Identity, NotIdentified};
use crate::Email;
use crate::sessions::Clock;

/// For how long what it publishes is good.
const PUBLISHED_FOR: SignedDuration = SignedDuration::from_mins(60);
/// How long after its keys were fetched they may be fetched again for one that is not among them, and after a failure anything.
const KEYS_AGAIN: SignedDuration = SignedDuration::from_secs(60);
const AGAIN: SignedDuration = SignedDuration::from_secs(5);
/// How far its clock may be from ours.
const SKEW: SignedDuration = SignedDuration::from_secs(60);
/// How long ago a token may have been made.
const MADE: SignedDuration = SignedDuration::from_mins(10);
/// Bytes of what it says (CWE-770), and the time for each request to it (CWE-400).
const MOST: usize = 256 * 1024;
const DEADLINE: Duration = Duration::from_secs(5);

type Metadata = ProviderMetadata<
    Announced,
    CoreAuthDisplay,
    CoreClientAuthMethod,
    CoreClaimName,
    CoreClaimType,
    CoreGrantType,
    CoreJweContentEncryptionAlgorithm,
    CoreJweKeyManagementAlgorithm,
    CoreJsonWebKey,
    CoreResponseMode,
    CoreResponseType,
    CoreSubjectIdentifierType,
>;
type Requests = CoreClient<
    EndpointSet,
    EndpointNotSet,
    EndpointNotSet,
    EndpointNotSet,
    EndpointMaybeSet,
    EndpointMaybeSet,
>;

/// What it announces besides.
#[derive(Debug, Clone, Default, Deserialize, Serialize)]
struct Announced {
    /// RFC 9207: its answers name it.
    #[serde(default)]
    authorization_response_iss_parameter_supported: bool,
}
impl AdditionalProviderMetadata for Announced {}

/// The providers of a site.
#[derive(Debug, Clone, Default)]
pub(crate) struct Providers(Arc<[Provider]>);

impl Providers {
    /// Those that the settings name.
    ///
    /// # Errors
    /// Of an issuer that is no destination, or a file of authorities that cannot be read.
    pub(crate) fn of(settings: &OidcSettings, clock: &Clock) -> Result<Self, String> {
        let providers = settings.providers.0.iter().map(|declared| {
            let secret = settings
                .secrets
                .of(&declared.name)
                .map_or("", |secret| secret.expose());
            let wrong = |error: &dyn fmt::Display| format!("oidc.providers: `{}`: {error}", declared.name);
            Provider::new(declared.clone(), secret, clock.clone()).map_err(|error| wrong(&error))
        });
        Ok(Self(providers.collect::<Result<_, String>>()?))
    }

    pub(crate) fn named(&self, name: &str) -> Option<&Provider> {
        self.0.iter().find(|provider| provider.declared.name == name)
    }

    pub(crate) fn iter(&self) -> impl Iterator<Item = &Provider> {
        self.0.iter()
    }
}

/// One of them.
pub(crate) struct Provider {
    pub(crate) declared: DeclaredProvider,
    issuer: IssuerUrl,
    client_id: ClientId,
    secret: ClientSecret,
    client: Http,
    clock: Clock,
    published: Mutex<Published>,
}

/// Our client, as the protocol's crate asks for one.
struct Http(Client);

impl<'c> AsyncHttpClient<'c> for Http {
    type Error = Failure;
    type Future = Pin<Box<dyn Future<Output = Result<HttpResponse, Failure>> + Send + 'c>>;

    fn call(&'c self, request: HttpRequest) -> Self::Future {
        Box::pin(self.0.send(request))
    }
}

/// What is known of it: fetched by one request at a time.
#[derive(Default)]
struct Published {
    metadata: Option<(Arc<Metadata>, Timestamp)>,
    /// Its keys, where they were fetched after the metadata.
    keys: Option<CoreJsonWebKeySet>,
    keys_at: Option<Timestamp>,
    failed_at: Option<Timestamp>,
}

impl Provider {
    fn new(
        declared: DeclaredProvider,
        secret: &str,
        clock: Clock,
    ) -> Result<Self, Box<dyn std::error::Error>> {
        // CWE-918: who is asked stands in the settings; what the provider publishes adds nobody.
        let origins = std::iter::once(&declared.issuer).chain(&declared.endpoints);
        let destinations = origins
            .map(|origin| Destination::parse(origin))
            .collect::<Result<Vec<_>, _>>()?;
        let client = Client::trusting(destinations, declared.authorities.as_deref())?;
        Ok(Self {
            issuer: IssuerUrl::new(declared.issuer.clone())?,
            client_id: ClientId::new(declared.client_id.clone()),
            secret: ClientSecret::new(secret.to_owned()),
            client: Http(client.bounded(MOST, DEADLINE)),
            declared,
            clock,
            published: Mutex::default(),
        })
    }

    /// Whether it may speak for this address (CWE-287: any provider says that it has verified any address).
    pub(crate) fn speaks_for(&self, email: &Email) -> bool {
        let domain = email.as_str().rsplit_once('@').map(|(_, domain)| domain);
        domain.is_some_and(|domain| self.declared.domains.iter().any(|own| own == domain))
    }

    /// Where somebody is sent. `fresh`: they have to sign in there, even if they are signed in.
    pub(crate) async fn address(
        &self,
        redirect: &str,
        state: String,
        begun: &Begun,
        fresh: bool,
    ) -> Result<String, NotIdentified> {
        let metadata = self.metadata().await?;
        let requests = self.requests(&metadata, redirect)?;
        // ASVS 10.2.1: PKCE, S256.
        let challenge =
            PkceCodeChallenge::from_code_verifier_sha256(&PkceCodeVerifier::new(begun.verifier.clone()));
        let nonce = begun.nonce.clone();
        let mut request = requests
            .authorize_url(
                CoreAuthenticationFlow::AuthorizationCode,
                move || CsrfToken::new(state),
                move || Nonce::new(nonce),
            )
            .add_scope(Scope::new("email".to_owned()))
            .set_pkce_challenge(challenge);
        if fresh {
            // ASVS 6.8.4, 7.6.1
            request = request
                .set_max_age(Duration::ZERO)
                .add_prompt(CoreAuthPrompt::Login);
        }
        Ok(request.url().0.into())
    }

    /// Who its answer says that somebody is. `iss` is what came back beside the code.
    pub(crate) async fn identify(
        &self,
        redirect: &str,
        code: String,
        iss: Option<&str>,
        begun: &Begun,
        fresh: bool,
    ) -> Result<Identity, NotIdentified> {
        let metadata = self.metadata().await?;
        // RFC 9207, ASVS 10.2.2: before the code is given to anybody. Where it is announced, an answer without it is another's.
        let is_ours = match iss {
            Some(iss) => iss == self.issuer.as_str(),
            None => {
                !metadata
                    .additional_metadata()
                    .authorization_response_iss_parameter_supported
            }
        };
        if !is_ours {
            return Err(said(
                "the answer is another provider's, or does not say whose it is",
            ));
        }
        let requests = self.requests(&metadata, redirect)?;
        let answer = requests
            .exchange_code(AuthorizationCode::new(code))
            .map_err(|_| said("it publishes no token endpoint"))?
            .set_pkce_verifier(PkceCodeVerifier::new(begun.verifier.clone()))
            .request_async(&self.client)
            .await
            .map_err(|error| match error {
                RequestTokenError::ServerResponse(_) => said("it does not take the code"),
                RequestTokenError::Request(failure) => failed(&failure),
                RequestTokenError::Parse(..) => {
                    said("its token answer is none, or its ID token is of a form that is not taken")
                }
                RequestTokenError::Other(_) => said("its token answer is none"),
            })?;
        let token = answer.id_token().ok_or_else(|| said("it gives no ID token"))?;
        let keys = self.keys(&metadata).await;
        match self.read(token, keys, begun, fresh) {
            Err(Unread::NoKey) => {
                let keys = self.newer_keys(&metadata).await?;
                self.read(token, keys, begun, fresh).map_err(Unread::said)
            }
            read => read.map_err(Unread::said),
        }
    }

    /// ASVS 10.5.1–10.5.5: what an ID token says, once all of it was checked.
    fn read(
        &self,
        token: &CoreIdToken,
        keys: CoreJsonWebKeySet,
        begun: &Begun,
        fresh: bool,
    ) -> Result<Identity, Unread> {
        // CWE-347: signed by a key that it publishes, by one of these. As that of a client without a secret, so that no secret that both
        // know makes a signature (HS256); nor does none.
        let verifier =
            CoreIdTokenVerifier::new_public_client(self.client_id.clone(), self.issuer.clone(), keys)
                .set_allowed_algs([
                    CoreJwsSigningAlgorithm::RsaSsaPkcs1V15Sha256,
                    CoreJwsSigningAlgorithm::EcdsaP256Sha256,
                ]);
        // CWE-294: for this sign-in.
        let claims = token
            .claims(&verifier, &Nonce::new(begun.nonce.clone()))
            .map_err(Unread::of)?;
        // CWE-345: for us. The verifier takes no token with an audience besides.
        if claims
            .authorized_party()
            .is_some_and(|party| *party != self.client_id)
        {
            return Err(Unread::Wrong("its ID token is for another party"));
        }
        let now = self.clock.now();
        let second = |seconds: i64| {
            Timestamp::from_second(seconds).map_err(|_| Unread::Wrong("a time in its ID token is none"))
        };
        // CWE-613: by the site's clock.
        if second(claims.expiration().timestamp())? <= now {
            return Err(Unread::Wrong("its ID token is over"));
        }
        let made = now.duration_since(second(claims.issue_time().timestamp())?);
        if made < -SKEW || made > MADE {
            return Err(Unread::Wrong(
                "its ID token was not made just now, or one of the clocks is wrong",
            ));
        }
        let signed_in = claims.auth_time().map(|at| second(at.timestamp())).transpose()?;
        if fresh && signed_in.is_none_or(|at| begun.since.duration_since(at) > SKEW) {
            return Err(Unread::Wrong(
                "it does not say that they have just signed in there",
            ));
        }
        let subject = claims.subject().as_str();
        if subject.is_empty()
            || subject.len() > 255
            || !subject
                .bytes()
                .all(|byte| byte.is_ascii_graphic() || byte == b' ')
        {
            return Err(Unread::Wrong("its subject is none"));
        }
        let address = claims.email().and_then(|email| Email::parse(email.as_str()).ok());
        Ok(Identity {
            issuer: self.issuer.as_str().to_owned(),
            subject: subject.to_owned(),
            // CWE-287: one that it has not verified is whatever somebody typed there.
            verified: address.filter(|_| claims.email_verified() == Some(true)),
            signed_in,
        })
    }

    fn requests(&self, metadata: &Metadata, redirect: &str) -> Result<Requests, NotIdentified> {
        let redirect =
            RedirectUrl::new(redirect.to_owned()).map_err(|_| said("the site's own address is none"))?;
        let secret = Some(self.secret.clone());
        let requests = CoreClient::from_provider_metadata(metadata.clone(), self.client_id.clone(), secret);
        let methods = metadata.token_endpoint_auth_methods_supported();
        let takes = |method| methods.is_none_or(|methods| methods.contains(&method));
        let by = match takes(CoreClientAuthMethod::ClientSecretBasic) {
            true => AuthType::BasicAuth,
            false => AuthType::RequestBody,
        };
        Ok(requests.set_redirect_uri(redirect).set_auth_type(by))
    }

    /// What it publishes, fetched once an hour; after a failure everybody is told so for a few seconds (CWE-400).
    async fn metadata(&self) -> Result<Arc<Metadata>, NotIdentified> {
        let mut published = self.published.lock().await;
        let now = self.clock.now();
        if let Some((metadata, at)) = &published.metadata
            && is_within(*at, now, PUBLISHED_FOR)
        {
            return Ok(Arc::clone(metadata));
        }
        if published.failed_at.is_some_and(|at| is_within(at, now, AGAIN)) {
            return Err(said("it did not answer just now"));
        }
        match self.fetch().await {
            Ok(metadata) => {
                let metadata = Arc::new(metadata);
                *published = Published {
                    metadata: Some((Arc::clone(&metadata), now)),
                    keys_at: Some(now),
                    ..Published::default()
                };
                Ok(metadata)
            }
            Err(error) => {
                // It may have taken its time.
                published.failed_at = Some(self.clock.now());
                Err(error)
            }
        }
    }

    async fn fetch(&self) -> Result<Metadata, NotIdentified> {
        let fetched = Metadata::discover_async(self.issuer.clone(), &self.client).await;
        let metadata = fetched.map_err(|error| discovered(&error))?;
        // CWE-319, CWE-601: people are sent where nobody reads along. In clear only where the issuer is, on this machine.
        let to = Destination::parse(metadata.authorization_endpoint());
        let is_clear = |address: &str| !address.starts_with("https:");
        if to.is_err() || is_clear(metadata.authorization_endpoint()) && !is_clear(&self.issuer) {
            return Err(said("its authorization endpoint is not https://"));
        }
        Ok(metadata)
    }

    async fn keys(&self, metadata: &Metadata) -> CoreJsonWebKeySet {
        let published = self.published.lock().await;
        published.keys.as_ref().unwrap_or(metadata.jwks()).clone()
    }

    /// Its keys again, for one that is not among them: once a minute at most, whatever tokens say (CWE-770).
    async fn newer_keys(&self, metadata: &Metadata) -> Result<CoreJsonWebKeySet, NotIdentified> {
        let mut published = self.published.lock().await;
        let now = self.clock.now();
        if published.keys_at.is_some_and(|at| is_within(at, now, KEYS_AGAIN)) {
            return Err(said("its ID token is signed by a key that it does not publish"));
        }
        published.keys_at = Some(now);
        let fetched = CoreJsonWebKeySet::fetch_async(metadata.jwks_uri(), &self.client).await;
        let keys = fetched.map_err(|error| discovered(&error))?;
        published.keys = Some(keys.clone());
        Ok(keys)
    }
}

/// Why a token was not read.
enum Unread {
    /// Its key is not known.
    NoKey,
    Wrong(&'static str),
}

impl Unread {
    fn of(error: ClaimsVerificationError) -> Self {
        use ClaimsVerificationError as E;
        match error {
            E::SignatureVerification(SignatureVerificationError::NoMatchingKey) => Self::NoKey,
            E::SignatureVerification(_) => Self::Wrong("its ID token is not signed as it should be"),
            E::Expired(_) => Self::Wrong("its ID token is over"),
            E::InvalidAudience(_) => Self::Wrong("its ID token is for others"),
            E::InvalidIssuer(_) => Self::Wrong("its ID token is another provider's"),
            E::InvalidNonce(_) => Self::Wrong("its ID token is for another sign-in"),
            _ => Self::Wrong("its ID token is of a form that is not taken"),
        }
    }

    fn said(self) -> NotIdentified {
        match self {
            Self::NoKey => said("its ID token is signed by a key that it does not publish"),
            Self::Wrong(why) => said(why),
        }
    }
}

fn is_within(at: Timestamp, now: Timestamp, time: SignedDuration) -> bool {
    (SignedDuration::ZERO..time).contains(&now.duration_since(at))
}

fn said(why: &str) -> NotIdentified {
    NotIdentified(why.to_owned())
}

fn failed(failure: &Failure) -> NotIdentified {
    NotIdentified(match failure {
        Failure::NotConfigured(origin) => {
            format!(
                "it publishes endpoints at {origin}: add that to its `endpoints=` in `oidc.providers`, if it is the provider's"
            )
        }
        failure => failure.to_string(),
    })
}

fn discovered(error: &DiscoveryError<Failure>) -> NotIdentified {
    match error {
        DiscoveryError::Request(failure) => failed(failure),
        DiscoveryError::Response(status, ..) => NotIdentified(format!(
            "what it publishes was answered with {status}, or is no JSON"
        )),
        DiscoveryError::Validation(_) => {
            said("what it publishes is another issuer's: `issuer=` is to be written exactly as there")
        }
        _ => said("what it publishes is of a form that is not taken"),
    }
}

impl fmt::Debug for Provider {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Provider")
            .field("name", &self.declared.name)
            .finish_non_exhaustive()
    }
}
