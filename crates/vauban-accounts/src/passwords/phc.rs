//! Argon2id hashes as PHC strings (RFC 9106; the PHC string format).

use std::fmt;

use argon2::password_hash::phc::{Output, ParamsString, Salt};
use argon2::{Algorithm, Argon2, Block, Params, PasswordHash, Version};
use subtle::ConstantTimeEq;

/// What a hash may cost at most: 256 MiB, ten passes. A row with more was not written by us and must not decide how
/// much memory a log-in takes (CWE-789).
const MAX_MEMORY_KIB: u32 = 256 * 1024;
const MAX_PASSES: u32 = 10;
/// What a site's hashes cost at least, in KiB: with one pass, with two, and so on (CWE-916; OWASP's password storage
/// cheat sheet).
const LEAST_KIB: [u32; 5] = [47_104, 19_456, 12_288, 9_216, 7_168];

/// What hashing a password costs. A site does not start with less than OWASP's password storage cheat sheet asks (46 MiB
/// with one pass, 19 MiB with two, 12 with three, 9 with four, 7 with five), nor with more than 256 MiB or ten passes,
/// which is the most that is verified.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Cost {
    /// Memory in KiB.
    pub memory_kib: u32,
    /// Passes over the memory.
    pub passes: u32,
    /// How many lanes are filled side by side.
    pub lanes: u32,
}

impl Default for Cost {
    /// 19 MiB, two passes, one lane: the first choice of OWASP's password storage cheat sheet.
    fn default() -> Self {
        Self {
            memory_kib: 19 * 1024,
            passes: 2,
            lanes: 1,
        }
    }
}

impl Cost {
    /// Whether a site may hash at this cost.
    ///
    /// # Errors
    /// Where stolen hashes would be guessed too cheaply (CWE-916), or nobody could sign in with theirs.
    pub(crate) fn is_of_a_site(self) -> Result<(), HashError> {
        work(self)?;
        let with =
            usize::try_from(self.passes).map_or(LEAST_KIB.len(), |passes| passes.clamp(1, LEAST_KIB.len()));
        if self.memory_kib < LEAST_KIB[with - 1] {
            return Err(HashError(
                "the cost is too low: stolen hashes would be guessed cheaply; leave it at `Cost::default()` (19456 KiB, 2 \
                 passes), or raise `memory_kib` or `passes`",
            ));
        }
        Ok(())
    }
}

/// A password hash: a PHC string. Neither printed by `Debug` nor serialisable.
#[derive(Clone)]
pub struct Hash(String);

/// A stored hash that cannot be used, or hashing failed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct HashError(&'static str);

impl fmt::Display for HashError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "password hash: {}", self.0)
    }
}

impl std::error::Error for HashError {}

impl fmt::Debug for Hash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // CWE-532: hashes can be guessed at offline, so they stay out of logs.
        f.write_str("Hash(…)")
    }
}

impl Hash {
    /// A hash as it stands in the database.
    pub fn from_stored(text: &str) -> Self {
        Self(text.to_owned())
    }

    /// As it stands in the database: a PHC string, or one that Django wrote (`argon2$argon2id$…`).
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Whether it was made otherwise than new ones are, so that the next log-in replaces it. CWE-208: also one that costs more,
    /// since every sign-in takes as long as the dearest; what a site's hashes cost at least is bounded elsewhere (CWE-916).
    pub(super) fn is_outdated(&self, cost: Cost) -> bool {
        Parsed::read(&self.0).map_or(true, |parsed| {
            parsed.algorithm != Algorithm::Argon2id
                || parsed.version != Version::V0x13
                || parsed.params.m_cost() != cost.memory_kib
                || parsed.params.t_cost() != cost.passes
                || parsed.params.p_cost() != cost.lanes
                || parsed.salt.len() < 16
                || parsed.output.len() < 32
        })
    }

    /// How many blocks are filled to verify it; none if it cannot be read.
    pub(super) fn work(&self) -> u64 {
        Parsed::read(&self.0).map_or(0, |parsed| work_of(&parsed.params))
    }

    /// How many memory blocks verifying takes.
    pub(super) fn blocks(&self) -> usize {
        Parsed::read(&self.0).map_or(0, |parsed| parsed.params.block_count())
    }
}

/// Hashes with a fresh salt of 128 bits.
pub(super) fn hash(cost: Cost, password: &[u8], blocks: &mut [Block]) -> Result<Hash, HashError> {
    let params = params(cost)?;
    let mut salt = [0; 16];
    getrandom::fill(&mut salt).map_err(|_| HashError("no random bytes"))?;
    let mut out = [0; 32];
    fill(
        Argon2::new(Algorithm::Argon2id, Version::V0x13, params.clone()),
        password,
        &salt,
        &mut out,
        blocks,
    )?;
    let unwritable = |_| HashError("not writable as a PHC string");
    let phc = PasswordHash {
        algorithm: Algorithm::Argon2id.ident(),
        version: Some(Version::V0x13.into()),
        params: ParamsString::try_from(&params).map_err(|_| HashError("parameters"))?,
        salt: Some(Salt::new(&salt).map_err(unwritable)?),
        hash: Some(Output::new(&out).map_err(unwritable)?),
    };
    Ok(Hash(phc.to_string()))
}

/// Whether the password is the one that was hashed.
pub(super) fn verify(stored: &Hash, password: &[u8], blocks: &mut [Block]) -> Result<bool, HashError> {
    let Parsed {
        algorithm,
        version,
        params,
        salt,
        output,
    } = Parsed::read(&stored.0)?;
    let mut out = vec![0; output.len()];
    let argon2 = Argon2::new(algorithm, version, params);
    fill(argon2, password, &salt, &mut out, blocks)?;
    // CWE-208: in constant time.
    Ok(out.ct_eq(output.as_bytes()).into())
}

/// Fills as many blocks, in the memory that `cost` has, and forgets what came of it.
///
/// # Errors
/// Where the cost is outside what Argon2 allows.
pub(super) fn spend(cost: Cost, work: u64, password: &[u8], blocks: &mut [Block]) -> Result<(), HashError> {
    let memory = block_count(cost) as u64;
    let passes = u32::try_from(work / memory.max(1)).unwrap_or(u32::MAX);
    let rest = u32::try_from(work % memory.max(1)).unwrap_or(u32::MAX);
    let mut out = [0; 32];
    let mut run = |cost| {
        let argon2 = Argon2::new(Algorithm::Argon2id, Version::V0x13, params(cost)?);
        fill(argon2, password, b"nobody's salt..", &mut out, blocks)
    };
    if passes > 0 {
        run(Cost { passes, ..cost })?;
    }
    // Argon2 has no smaller memory; that little is not told from the time.
    if rest >= 8 {
        run(Cost {
            memory_kib: rest,
            passes: 1,
            lanes: 1,
        })?;
    }
    Ok(())
}

/// The one place where blocks are filled.
fn fill(
    argon2: Argon2<'_>,
    password: &[u8],
    salt: &[u8],
    out: &mut [u8],
    blocks: &mut [Block],
) -> Result<(), HashError> {
    #[cfg(test)]
    WORK.with(|work| work.set(work.get() + work_of(argon2.params())));
    argon2
        .hash_password_into_with_memory(password, salt, out, blocks)
        .map_err(|_| HashError("hashing failed"))
}

#[cfg(test)]
thread_local! {
    /// How many blocks this thread has filled.
    pub(super) static WORK: std::cell::Cell<u64> = const { std::cell::Cell::new(0) };
}

/// How many blocks hashing at this cost fills.
///
/// # Errors
/// Where it is outside what Argon2 allows, or more than a stored hash may cost: what is written can be verified.
pub(super) fn work(cost: Cost) -> Result<u64, HashError> {
    Ok(work_of(&bounded(params(cost)?)?))
}

/// The one bound of what a hash may cost, asked by who writes them and by who reads them.
fn bounded(params: Params) -> Result<Params, HashError> {
    if params.m_cost() > MAX_MEMORY_KIB || params.t_cost() > MAX_PASSES {
        return Err(HashError(
            "costs more than a stored hash may, which is 262144 KiB and 10 passes",
        ));
    }
    Ok(params)
}

fn work_of(params: &Params) -> u64 {
    params.block_count() as u64 * u64::from(params.t_cost())
}

/// The number of blocks that a cost needs.
pub(super) fn block_count(cost: Cost) -> usize {
    params(cost).map_or(0, |params| params.block_count())
}

fn params(cost: Cost) -> Result<Params, HashError> {
    Params::new(cost.memory_kib, cost.passes, cost.lanes, Some(32))
        .map_err(|_| HashError("cost out of range"))
}

struct Parsed {
    algorithm: Algorithm,
    version: Version,
    params: Params,
    salt: Salt,
    output: Output,
}

impl Parsed {
    fn read(text: &str) -> Result<Self, HashError> {
        let django = text.strip_prefix("argon2").filter(|rest| rest.starts_with('$'));
        let phc = PasswordHash::new(django.unwrap_or(text)).map_err(|_| HashError("not a PHC string"))?;
        let algorithm =
            Algorithm::new(phc.algorithm.as_str()).map_err(|_| HashError("not an Argon2 hash"))?;
        let version = phc.version.map_or(Ok(Version::V0x10), Version::try_from);
        let version = version.map_err(|_| HashError("unknown version"))?;
        // CWE-789: the row does not decide how much memory we take.
        let params = bounded(Params::try_from(&phc).map_err(|_| HashError("parameters"))?)?;
        let (Some(salt), Some(output)) = (phc.salt, phc.hash) else {
            return Err(HashError("no salt or no hash"));
        };
        // A short output would match many passwords.
        if output.len() < 16 {
            return Err(HashError("hash shorter than 128 bits"));
        }
        Ok(Self {
            algorithm,
            version,
            params,
            salt,
            output,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use vauban::vectors;

    const SMALL: Cost = Cost {
        memory_kib: 64,
        passes: 1,
        lanes: 1,
    };

    #[test]
    fn a_hash_verifies_its_password_only() {
        let mut blocks = vec![Block::default(); block_count(SMALL)];
        let hash = hash(SMALL, b"secret", &mut blocks).unwrap();
        assert!(hash.as_str().starts_with("$argon2id$v=19$m=64,t=1,p=1$"));
        assert_eq!(verify(&hash, b"secret", &mut blocks), Ok(true));
        assert_eq!(verify(&hash, b"Secret", &mut blocks), Ok(false));
        assert!(!hash.is_outdated(SMALL));
        assert!(hash.is_outdated(Cost { passes: 2, ..SMALL }));
    }

    /// CWE-759: two hashes of one password differ.
    #[test]
    fn salts_are_fresh() {
        let mut blocks = vec![Block::default(); block_count(SMALL)];
        let mut make = || hash(SMALL, b"secret", &mut blocks).unwrap().as_str().to_owned();
        assert_ne!(make(), make());
    }

    /// CWE-789: a planted row cannot ask for 4 TiB.
    #[test]
    fn stored_costs_are_bounded() {
        let planted =
            Hash::from_stored("$argon2id$v=19$m=4294967295,t=1,p=1$c29tZXNhbHRzYWx0$gwQOXSNhxiOxPOA0+PY10A");
        assert_eq!(planted.blocks(), 0);
        assert!(verify(&planted, b"x", &mut []).is_err());
    }

    /// ASVS 11.4.2. A site that hashes at more than is verified would write hashes that open to nobody: it does not start.
    #[test]
    fn asvs_11_4_2_what_is_written_can_be_verified() {
        let dear = |memory_kib, passes| {
            work(Cost {
                memory_kib,
                passes,
                ..Cost::default()
            })
        };
        assert!(dear(MAX_MEMORY_KIB, MAX_PASSES).is_ok());
        for (memory_kib, passes) in [(300 * 1024, 2), (19_456, 12)] {
            let text = dear(memory_kib, passes).unwrap_err().to_string();
            assert!(text.contains("262144 KiB and 10 passes"), "{text}");
        }
    }

    /// CWE-916. A site that hashes too cheaply does not start.
    #[test]
    fn cwe_916_a_site_does_not_hash_cheaply() {
        let of = |memory_kib, passes| {
            let cost = Cost {
                memory_kib,
                passes,
                lanes: 1,
            };
            cost.is_of_a_site().is_ok()
        };
        assert!(Cost::default().is_of_a_site().is_ok());
        for (memory_kib, passes) in [(47_104, 1), (12_288, 3), (7_168, 10), (262_144, 10)] {
            assert!(of(memory_kib, passes), "{memory_kib} {passes}");
        }
        for (memory_kib, passes) in [
            (64, 1),
            (19_456, 1),
            (19_455, 2),
            (1024, 10),
            (19_456, 0),
            (19_456, 11),
        ] {
            assert!(!of(memory_kib, passes), "{memory_kib} {passes}");
        }
    }

    /// CWE-208. Attack: a site lowered its cost, and a hash that stays as dear as it was makes the time tell, after each start
    /// anew, whose account it is.
    #[test]
    fn cwe_208_a_hash_of_another_cost_is_outdated() {
        let of = |memory_kib, passes, lanes| Cost {
            memory_kib,
            passes,
            lanes,
        };
        let cost = of(128, 2, 2);
        let made = |cost| hash(cost, b"secret", &mut vec![Block::default(); block_count(cost)]).unwrap();
        assert!(!made(cost).is_outdated(cost));
        for other in [
            of(128, 3, 2),
            of(256, 2, 2),
            of(256, 1, 2),
            of(128, 2, 1),
            of(128, 1, 2),
            of(64, 8, 2),
        ] {
            assert!(made(other).is_outdated(cost), "{other:?}");
        }
    }

    /// The Argon2 cases of the shared file: what Django's hashes verify, ours do.
    #[test]
    fn vectors_password_hashes_argon2() {
        let sample = include_str!("../../tests/samples/password_hashes.json");
        let cases = vectors::cases("password_hashes.json", sample);
        let total = cases.len();
        let mut ran = 0;
        for case in cases {
            let encoded = case["encoded"].as_str().unwrap();
            if !encoded.starts_with("argon2$") {
                continue;
            }
            let hash = Hash::from_stored(encoded);
            let mut blocks = vec![Block::default(); hash.blocks()];
            let got =
                verify(&hash, case["password"].as_str().unwrap().as_bytes(), &mut blocks).unwrap_or(false);
            assert_eq!(got, case["expect"].as_bool().unwrap(), "{case}");
            ran += 1;
        }
        if total == 92 {
            assert_eq!(ran, 13);
        }
    }
}
