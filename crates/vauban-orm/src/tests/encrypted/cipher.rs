//! A cipher of the tests' own: what it seals opens in its place only. The framework's is tested where it is.

use sha2::{Digest, Sha256};

use crate::engine::{Cipher, KeyName, RootId};

#[derive(Debug)]
pub(crate) struct TestCipher(pub(crate) Vec<RootId>);

fn hash(parts: &[&[u8]]) -> [u8; 32] {
    let mut hash = Sha256::new();
    for part in parts {
        hash.update((part.len() as u64).to_be_bytes());
        hash.update(part);
    }
    hash.finalize().into()
}

fn stream(key: &[u8], text: &[u8]) -> Vec<u8> {
    let blocks = text.chunks(32).enumerate();
    blocks
        .flat_map(|(nth, block)| {
            let mask = hash(&[key, &nth.to_be_bytes()]);
            let each: Vec<u8> = block.iter().zip(mask).map(|(a, b)| a ^ b).collect();
            each
        })
        .collect()
}

impl TestCipher {
    fn key(label: &str, key: KeyName, row: &[u8]) -> [u8; 32] {
        hash(&[label.as_bytes(), &key.root, &key.id.to_be_bytes(), row])
    }
}

impl Cipher for TestCipher {
    fn roots(&self) -> Vec<RootId> {
        self.0.clone()
    }

    fn seal(&self, label: &str, key: KeyName, row: &[u8], plain: &[u8]) -> Option<Vec<u8>> {
        self.0.contains(&key.root).then_some(())?;
        let nonce: [u8; 8] = rand::random();
        let own = hash(&[&Self::key(label, key, row), &nonce]);
        let text = stream(&own, plain);
        let tag = hash(&[&own, &text]);
        Some([&[1], &key.root[..], &key.id.to_be_bytes(), &nonce, &tag, &text].concat())
    }

    fn open(&self, label: &str, row: &[u8], sealed: &[u8]) -> Option<Vec<u8>> {
        let root = sealed.get(1..7)?.try_into().ok()?;
        let id = u32::from_be_bytes(sealed.get(7..11)?.try_into().ok()?);
        let (nonce, tag, text) = (sealed.get(11..19)?, sealed.get(19..51)?, sealed.get(51..)?);
        let own = hash(&[&Self::key(label, KeyName { root, id }, row), nonce]);
        (hash(&[&own, text])[..] == *tag).then(|| stream(&own, text))
    }

    fn index(&self, label: &str, key: KeyName, plain: &[u8]) -> Option<[u8; 16]> {
        self.0.contains(&key.root).then_some(())?;
        hash(&[b"index", &Self::key(label, key, b""), plain])[..16]
            .try_into()
            .ok()
    }
}
