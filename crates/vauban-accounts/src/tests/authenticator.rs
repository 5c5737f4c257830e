//! An authenticator for tests, with the browser before it: one passkey on one device, of which every part can be wrong.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use p256::ecdsa::signature::Signer as _;
use p256::ecdsa::{Signature, SigningKey};
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};

/// One passkey, and how its device behaves.
#[derive(Clone)]
pub(super) struct Authenticator {
    key: SigningKey,
    pub(super) credential: Vec<u8>,
    /// Whose it is, as the site has said.
    pub(super) user: Vec<u8>,
    pub(super) counter: u32,
    /// Whether its owner is verified: finger, face, PIN.
    pub(super) verifies: bool,
    /// At which address the browser is.
    pub(super) origin: &'static str,
    /// For which host it signs; that which was asked, if not said.
    pub(super) host: Option<&'static str>,
}

const PRESENT: u8 = 1;
const VERIFIED: u8 = 4;
const ATTESTED: u8 = 0x40;

impl Authenticator {
    pub(super) fn new() -> Self {
        let mut secret = [0; 32];
        getrandom::fill(&mut secret).unwrap();
        // Far below the order of the curve.
        secret[0] = 1;
        let mut credential = vec![0; 32];
        getrandom::fill(&mut credential).unwrap();
        Self {
            key: SigningKey::from_slice(&secret).unwrap(),
            credential,
            user: Vec::new(),
            counter: 0,
            verifies: true,
            origin: "http://localhost:8000",
            host: None,
        }
    }

    /// Makes the passkey that a page asks for.
    pub(super) fn make(&mut self, page: &str) -> String {
        let options = options(page);
        let wanted = &options["authenticatorSelection"];
        assert_eq!(wanted["residentKey"], "required", "discoverable");
        assert_eq!(wanted["userVerification"], "required");
        assert_eq!(options["attestation"], "none");
        self.user = decode(&options["user"]["id"]);
        let host = self.host.unwrap_or(options["rp"]["id"].as_str().unwrap());
        let point = self.key.verifying_key().to_sec1_point(false);
        let (x, y) = (point.x().unwrap(), point.y().unwrap());
        // COSE: kty 2 (EC2), alg -7 (ES256), crv 1 (P-256), x, y.
        let key = [&[0xa5, 1, 2, 3, 0x26, 0x20, 1, 0x21, 0x58, 32], &x[..]].concat();
        let key = [&key[..], &[0x22, 0x58, 32], &y[..]].concat();
        let mut data = self.data(host, ATTESTED);
        data.extend([0; 16]);
        data.extend(u16::try_from(self.credential.len()).unwrap().to_be_bytes());
        data.extend(&self.credential);
        data.extend(key);
        let mut attestation = vec![0xa3, 0x63];
        attestation.extend(b"fmt\x64none\x67attStmt\xa0\x68authData\x59");
        attestation.extend(u16::try_from(data.len()).unwrap().to_be_bytes());
        attestation.extend(data);
        let client = self.client("webauthn.create", &options);
        self.answer(&json!({
            "clientDataJSON": encode(client.as_bytes()),
            "attestationObject": encode(&attestation),
        }))
    }

    /// Signs what a page asks.
    #[expect(clippy::needless_pass_by_ref_mut, reason = "a device that signs may count")]
    pub(super) fn sign(&mut self, page: &str) -> String {
        let options = options(page);
        assert_eq!(options["userVerification"], "required");
        let host = self.host.unwrap_or(options["rpId"].as_str().unwrap());
        let data = self.data(host, 0);
        let client = self.client("webauthn.get", &options);
        let signed = [&data[..], &Sha256::digest(client.as_bytes())[..]].concat();
        let signature: Signature = self.key.sign(&signed);
        self.answer(&json!({
            "clientDataJSON": encode(client.as_bytes()),
            "authenticatorData": encode(&data),
            "signature": encode(signature.to_der().as_bytes()),
            "userHandle": encode(&self.user),
        }))
    }

    fn answer(&self, response: &Value) -> String {
        let answer = json!({
            "id": encode(&self.credential),
            "rawId": encode(&self.credential),
            "type": "public-key",
            "response": response,
            "clientExtensionResults": {},
        });
        answer.to_string()
    }

    /// Authenticator data (Web Authentication, §6.1).
    fn data(&self, host: &str, more: u8) -> Vec<u8> {
        let verified = if self.verifies { VERIFIED } else { 0 };
        let mut data = Sha256::digest(host.as_bytes()).to_vec();
        data.push(PRESENT | verified | more);
        data.extend(self.counter.to_be_bytes());
        data
    }

    fn client(&self, kind: &str, options: &Value) -> String {
        let client = json!({
            "type": kind,
            "challenge": options["challenge"],
            "origin": self.origin,
            "crossOrigin": false,
        });
        client.to_string()
    }
}

/// What a page asks the browser.
pub(super) fn options(page: &str) -> Value {
    let (_, rest) = page
        .split_once("data-passkey=\"")
        .unwrap_or_else(|| panic!("{page}"));
    let (text, _) = rest.split_once('"').unwrap();
    let text = text
        .replace("&quot;", "\"")
        .replace("&#34;", "\"")
        .replace("&amp;", "&");
    serde_json::from_str(&text).unwrap_or_else(|_| panic!("{text}"))
}

pub(super) fn encode(bytes: &[u8]) -> String {
    URL_SAFE_NO_PAD.encode(bytes)
}

fn decode(text: &Value) -> Vec<u8> {
    URL_SAFE_NO_PAD.decode(text.as_str().unwrap()).unwrap()
}
