//! A provider of single sign-on that is right in everything but in what a test says.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};

use aws_lc_rs::encoding::AsDer as _;
use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::rsa;
use aws_lc_rs::signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, KeyPair as _, RSA_PKCS1_SHA256};
use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD as BASE64};
use hmac::{Hmac, KeyInit as _, Mac as _};
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};

use crate::sessions::Clock;

pub(super) const SECRET: &str = "0123456789abcdef-the-secret";
pub(super) const CLIENT_ID: &str = "the-site";

/// How an ID token is signed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Signed {
    Rs256,
    Es256,
    Not,
    /// By a key that nobody publishes, under the name of one that is.
    ByAnother,
    /// By what both know, or everybody.
    Hs256Secret,
    Hs256PublicKey,
}

/// What a test has it say.
pub(super) struct Says {
    pub(super) signed: Signed,
    pub(super) kid: &'static str,
    /// Changes the claims of ID tokens.
    pub(super) claims: Box<dyn Fn(&mut Value) + Send>,
    /// Changes what it publishes.
    pub(super) publishes: Box<dyn Fn(&mut Value) + Send>,
    /// Changes what comes back beside a code.
    pub(super) iss: Option<String>,
    /// Paths that hang; that lead elsewhere.
    pub(super) hangs: &'static str,
    pub(super) leads: &'static str,
    /// Bytes that stand before what it publishes.
    pub(super) padding: usize,
    /// Whether it looks at PKCE.
    pub(super) checks_pkce: bool,
}

struct Given {
    nonce: String,
    challenge: String,
    who: String,
    max_age: Option<String>,
}

struct Inner {
    says: Says,
    given: BTreeMap<String, Given>,
    asked: BTreeMap<String, usize>,
    clock: Clock,
}

#[derive(Clone)]
pub(super) struct Provider {
    pub(super) issuer: String,
    inner: Arc<Mutex<Inner>>,
    keys: Arc<Keys>,
}

struct Keys {
    rsa: rsa::KeyPair,
    other: rsa::KeyPair,
    ec: EcdsaKeyPair,
}

impl Provider {
    pub(super) async fn start(clock: &Clock) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let issuer = format!("http://127.0.0.1:{}", listener.local_addr().unwrap().port());
        let says = Says {
            signed: Signed::Rs256,
            kid: "rsa",
            claims: Box::new(|_| ()),
            publishes: Box::new(|_| ()),
            iss: Some(issuer.clone()),
            hangs: "none",
            leads: "none",
            padding: 0,
            checks_pkce: true,
        };
        let inner = Inner {
            says,
            given: BTreeMap::new(),
            asked: BTreeMap::new(),
            clock: clock.clone(),
        };
        let keys = Keys {
            rsa: rsa::KeyPair::generate(rsa::KeySize::Rsa2048).unwrap(),
            other: rsa::KeyPair::generate(rsa::KeySize::Rsa2048).unwrap(),
            ec: EcdsaKeyPair::generate(&ECDSA_P256_SHA256_FIXED_SIGNING).unwrap(),
        };
        let provider = Self {
            issuer,
            inner: Arc::new(Mutex::new(inner)),
            keys: Arc::new(keys),
        };
        let serving = provider.clone();
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let provider = serving.clone();
                tokio::spawn(async move { provider.answer(stream).await });
            }
        });
        provider
    }

    /// Changes what it says from now on.
    pub(super) fn say(&self, change: impl FnOnce(&mut Says)) {
        change(&mut self.inner.lock().unwrap().says);
    }

    pub(super) fn clock(&self) -> Clock {
        self.inner.lock().unwrap().clock.clone()
    }

    /// How often something was asked.
    pub(super) fn asked(&self, path: &str) -> usize {
        self.inner
            .lock()
            .unwrap()
            .asked
            .get(path)
            .copied()
            .unwrap_or_default()
    }

    /// Somebody signs in there: where they are led back to, as path and query.
    pub(super) fn sign_in(&self, address: &str, who: &str) -> String {
        let url = url::Url::parse(address).unwrap();
        let query: BTreeMap<String, String> = url.query_pairs().into_owned().collect();
        assert_eq!(query["code_challenge_method"], "S256");
        assert_eq!(
            (query["response_type"].as_str(), query["client_id"].as_str()),
            ("code", CLIENT_ID)
        );
        let code = format!("code-{}", BASE64.encode(rand::random::<[u8; 12]>()));
        let given = Given {
            nonce: query["nonce"].clone(),
            challenge: query["code_challenge"].clone(),
            who: who.to_owned(),
            max_age: query.get("max_age").cloned(),
        };
        let mut inner = self.inner.lock().unwrap();
        inner.given.insert(code.clone(), given);
        let mut back = url::Url::parse(&query["redirect_uri"]).unwrap();
        back.query_pairs_mut()
            .append_pair("code", &code)
            .append_pair("state", &query["state"]);
        if let Some(iss) = &inner.says.iss {
            back.query_pairs_mut().append_pair("iss", iss);
        }
        format!("{}?{}", back.path(), back.query().unwrap())
    }

    async fn answer(&self, mut stream: TcpStream) {
        let mut request = Vec::new();
        let (head, body) = loop {
            let mut some = [0; 8192];
            match stream.read(&mut some).await {
                Ok(read) if read > 0 => request.extend_from_slice(&some[..read]),
                _ => return,
            }
            let text = String::from_utf8_lossy(&request).into_owned();
            let Some((head, body)) = text.split_once("\r\n\r\n") else {
                continue;
            };
            let length = head
                .lines()
                .find_map(|line| line.to_lowercase().strip_prefix("content-length: ")?.parse().ok());
            if body.len() >= length.unwrap_or(0) {
                break (head.to_owned(), body.to_owned());
            }
        };
        let path = head.split(' ').nth(1).unwrap().to_owned();
        let (hangs, leads) = {
            let mut inner = self.inner.lock().unwrap();
            *inner.asked.entry(path.clone()).or_default() += 1;
            (inner.says.hangs, inner.says.leads)
        };
        if path.contains(hangs) {
            tokio::time::sleep(std::time::Duration::from_secs(60)).await;
        }
        if path.contains(leads) {
            let answer = format!(
                "HTTP/1.1 307 Elsewhere\r\nlocation: {}/elsewhere\r\ncontent-length: 0\r\n\r\n",
                self.issuer
            );
            let _ = stream.write_all(answer.as_bytes()).await;
            return;
        }
        let (status, answer) = match path.as_str() {
            "/.well-known/openid-configuration" => (200, self.published()),
            "/jwks" => (200, self.jwks().to_string()),
            "/token" | "/elsewhere" => self.token(&head, &body),
            _ => (404, String::new()),
        };
        let answer = format!(
            "HTTP/1.1 {status} X\r\ncontent-type: application/json\r\ncontent-length: {}\r\n\r\n{answer}",
            answer.len()
        );
        let _ = stream.write_all(answer.as_bytes()).await;
    }

    fn published(&self) -> String {
        let issuer = &self.issuer;
        let mut published = json!({
            "issuer": issuer,
            "authorization_endpoint": format!("{issuer}/authorize"),
            "token_endpoint": format!("{issuer}/token"),
            "jwks_uri": format!("{issuer}/jwks"),
            "response_types_supported": ["code"],
            "subject_types_supported": ["public"],
            "id_token_signing_alg_values_supported": ["RS256", "ES256"],
            "authorization_response_iss_parameter_supported": true,
        });
        let inner = self.inner.lock().unwrap();
        (inner.says.publishes)(&mut published);
        format!("{}{published}", " ".repeat(inner.says.padding))
    }

    fn jwks(&self) -> Value {
        let point = self.keys.ec.public_key().as_ref();
        json!({"keys": [
            {"kty": "RSA", "use": "sig", "alg": "RS256", "kid": "rsa", "n": BASE64.encode(self.modulus()), "e": "AQAB"},
            {"kty": "EC", "use": "sig", "alg": "ES256", "kid": "ec", "crv": "P-256",
             "x": BASE64.encode(&point[1..33]), "y": BASE64.encode(&point[33..65])},
        ]})
    }

    /// Of RFC 8017's `RSAPublicKey`, of 2048 bits.
    fn modulus(&self) -> Vec<u8> {
        self.keys.rsa.public_key().as_ref()[9..265].to_vec()
    }

    fn token(&self, head: &str, body: &str) -> (u16, String) {
        let refused = (400, json!({"error": "invalid_grant"}).to_string());
        let form: BTreeMap<String, String> = url::form_urlencoded::parse(body.as_bytes())
            .into_owned()
            .collect();
        let basic = format!(
            "authorization: Basic {}",
            STANDARD.encode(format!("{CLIENT_ID}:{SECRET}"))
        );
        assert!(
            head.lines().any(|line| line.eq_ignore_ascii_case(&basic)),
            "{head}"
        );
        let mut inner = self.inner.lock().unwrap();
        let Some(given) = form.get("code").and_then(|code| inner.given.remove(code)) else {
            return refused;
        };
        let challenge = BASE64.encode(Sha256::digest(
            form.get("code_verifier").map_or("", String::as_str),
        ));
        if inner.says.checks_pkce && challenge != given.challenge {
            return refused;
        }
        let now = inner.clock.now().as_second();
        let mut claims = json!({
            "iss": self.issuer, "sub": given.who, "aud": CLIENT_ID, "nonce": given.nonce,
            "iat": now, "exp": now + 300,
            "email": format!("{}@example.com", given.who), "email_verified": true,
        });
        if given.max_age.is_some() {
            claims["auth_time"] = json!(now);
        }
        (inner.says.claims)(&mut claims);
        let token = self.signed(&inner.says, &claims);
        (
            200,
            json!({"access_token": "hunter2", "token_type": "Bearer", "id_token": token}).to_string(),
        )
    }

    fn signed(&self, says: &Says, claims: &Value) -> String {
        let (alg, kid) = match says.signed {
            Signed::Rs256 | Signed::ByAnother => ("RS256", says.kid),
            Signed::Es256 => ("ES256", "ec"),
            Signed::Not => ("none", says.kid),
            Signed::Hs256Secret | Signed::Hs256PublicKey => ("HS256", says.kid),
        };
        let head = json!({"alg": alg, "kid": kid, "typ": "JWT"});
        let text = format!(
            "{}.{}",
            BASE64.encode(head.to_string()),
            BASE64.encode(claims.to_string())
        );
        let rsa = |key: &rsa::KeyPair| {
            let mut signature = vec![0; key.public_modulus_len()];
            key.sign(
                &RSA_PKCS1_SHA256,
                &SystemRandom::new(),
                text.as_bytes(),
                &mut signature,
            )
            .unwrap();
            signature
        };
        let mac = |key: &[u8]| {
            let mut mac = Hmac::<Sha256>::new_from_slice(key).unwrap();
            mac.update(text.as_bytes());
            mac.finalize().into_bytes().to_vec()
        };
        let signature = match says.signed {
            Signed::Rs256 => rsa(&self.keys.rsa),
            Signed::ByAnother => rsa(&self.keys.other),
            Signed::Es256 => self
                .keys
                .ec
                .sign(&SystemRandom::new(), text.as_bytes())
                .unwrap()
                .as_ref()
                .to_vec(),
            Signed::Not => Vec::new(),
            Signed::Hs256Secret => mac(SECRET.as_bytes()),
            Signed::Hs256PublicKey => {
                let der: aws_lc_rs::encoding::PublicKeyX509Der<'_> =
                    self.keys.rsa.public_key().as_der().unwrap();
                mac(der.as_ref())
            }
        };
        format!("{text}.{}", BASE64.encode(signature))
    }
}
