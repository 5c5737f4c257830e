//! Argon2id hashes as PHC strings (RFC 9106; the PHC string format).

use argon2::password_hash::phc::{Output, ParamsString, Salt};
use argon2::{Algorithm, Argon2, Block, KeyId, Params, ParamsBuilder, PasswordHash, Version};
use subtle::ConstantTimeEq;

use super::error::HashError;
use super::pepper::{Pepper, Peppers};
use super::work::{Kind, Work, note};

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

/// Hashes with a fresh salt of 128 bits, and with the pepper, whose id the string then has (`keyid`, as the PHC string format calls
/// it).
pub(super) fn hash(
    cost: Cost,
    password: &[u8],
    pepper: Option<&Pepper>,
    blocks: &mut [Block],
) -> Result<String, HashError> {
    let params = params(cost)?;
    let mut salt = [0; 16];
    getrandom::fill(&mut salt).map_err(|_| HashError("no random bytes"))?;
    let mut out = [0; 32];
    let peppered = pepper.map(|pepper| pepper.apply(password));
    fill(
        Argon2::new(Algorithm::Argon2id, Version::V0x13, params.clone()),
        peppered.as_ref().map_or(password, |peppered| &peppered[..]),
        &salt,
        &mut out,
        blocks,
    )?;
    let unwritable = |_| HashError("not writable as a PHC string");
    let params = match pepper {
        Some(pepper) => named(cost, pepper).map_err(|_| HashError("parameters"))?,
        None => params,
    };
    let phc = PasswordHash {
        algorithm: Algorithm::Argon2id.ident(),
        version: Some(Version::V0x13.into()),
        params: ParamsString::try_from(&params).map_err(|_| HashError("parameters"))?,
        salt: Some(Salt::new(&salt).map_err(unwritable)?),
        hash: Some(Output::new(&out).map_err(unwritable)?),
    };
    Ok(phc.to_string())
}

/// The parameters with the pepper's id.
fn named(cost: Cost, pepper: &Pepper) -> argon2::Result<Params> {
    ParamsBuilder::new()
        .m_cost(cost.memory_kib)
        .t_cost(cost.passes)
        .p_cost(cost.lanes)
        .output_len(32)
        .keyid(KeyId::new(pepper.id())?)
        .build()
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
    note(work_of(argon2.params()));
    argon2
        .hash_password_into_with_memory(password, salt, out, blocks)
        .map_err(|_| HashError("hashing failed"))
}

/// How many blocks hashing at this cost fills.
///
/// # Errors
/// Where it is outside what Argon2 allows, or more than a stored hash may cost: what is written can be verified.
pub(super) fn work(cost: Cost) -> Result<Work, HashError> {
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

fn work_of(params: &Params) -> Work {
    Work {
        kind: Kind::Argon2,
        amount: params.block_count() as u64 * u64::from(params.t_cost()),
    }
}

/// The number of blocks that a cost needs.
pub(super) fn block_count(cost: Cost) -> usize {
    params(cost).map_or(0, |params| params.block_count())
}

fn params(cost: Cost) -> Result<Params, HashError> {
    Params::new(cost.memory_kib, cost.passes, cost.lanes, Some(32))
        .map_err(|_| HashError("cost out of range"))
}

/// An Argon2 hash, read and within the bound.
pub(super) struct Parsed {
    algorithm: Algorithm,
    version: Version,
    params: Params,
    salt: Salt,
    output: Output,
}

impl Parsed {
    /// Reads a PHC string.
    pub(super) fn read(text: &str) -> Result<Self, HashError> {
        let phc = PasswordHash::new(text).map_err(|_| HashError("not a PHC string"))?;
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

    /// Whether the password is the one that was hashed.
    pub(super) fn verify(
        self,
        password: &[u8],
        peppers: &Peppers,
        blocks: &mut [Block],
    ) -> Result<bool, HashError> {
        let peppered = self.pepper(peppers)?.map(|pepper| pepper.apply(password));
        let mut out = vec![0; self.output.len()];
        let argon2 = Argon2::new(self.algorithm, self.version, self.params);
        let password = peppered.as_ref().map_or(password, |peppered| &peppered[..]);
        fill(argon2, password, &self.salt, &mut out, blocks)?;
        // CWE-208: in constant time.
        Ok(out.ct_eq(self.output.as_bytes()).into())
    }

    /// The pepper that it was made with, if any.
    ///
    /// # Errors
    /// If that is not here.
    pub(super) fn pepper<'a>(&self, peppers: &'a Peppers) -> Result<Option<&'a Pepper>, HashError> {
        match self.params.keyid() {
            [] => Ok(None),
            id => peppers.of(id).map(Some),
        }
    }

    /// Whether new ones are made otherwise.
    pub(super) fn is_outdated(&self, cost: Cost, peppers: &Peppers) -> bool {
        self.algorithm != Algorithm::Argon2id
            || self.version != Version::V0x13
            || self.params.m_cost() != cost.memory_kib
            || self.params.t_cost() != cost.passes
            || self.params.p_cost() != cost.lanes
            || self.params.keyid() != peppers.current().map_or(&[][..], Pepper::id)
            || self.salt.len() < 16
            || self.output.len() < 32
    }

    /// How many blocks are filled to verify it.
    pub(super) fn work(&self) -> Work {
        work_of(&self.params)
    }

    /// How many memory blocks verifying takes.
    pub(super) fn blocks(&self) -> usize {
        self.params.block_count()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SMALL: Cost = Cost {
        memory_kib: 64,
        passes: 1,
        lanes: 1,
    };

    /// Hashes "secret" without a pepper.
    fn made(cost: Cost) -> String {
        hash(
            cost,
            b"secret",
            None,
            &mut vec![Block::default(); block_count(cost)],
        )
        .unwrap()
    }

    fn is_outdated(hash: &str, cost: Cost) -> bool {
        Parsed::read(hash).unwrap().is_outdated(cost, &Peppers::default())
    }

    fn verified(hash: &str, password: &[u8]) -> Result<bool, HashError> {
        let parsed = Parsed::read(hash)?;
        let mut blocks = vec![Block::default(); parsed.blocks()];
        parsed.verify(password, &Peppers::default(), &mut blocks)
    }

    #[test]
    fn a_hash_verifies_its_password_only() {
        let hash = made(SMALL);
        assert!(hash.starts_with("$argon2id$v=19$m=64,t=1,p=1$"));
        assert_eq!(verified(&hash, b"secret"), Ok(true));
        assert_eq!(verified(&hash, b"Secret"), Ok(false));
        assert!(!is_outdated(&hash, SMALL));
        assert!(is_outdated(&hash, Cost { passes: 2, ..SMALL }));
    }

    /// CWE-759: two hashes of one password differ.
    #[test]
    fn salts_are_fresh() {
        assert_ne!(made(SMALL), made(SMALL));
    }

    /// CWE-789: a planted row cannot ask for 4 TiB.
    #[test]
    fn stored_costs_are_bounded() {
        let planted = "$argon2id$v=19$m=4294967295,t=1,p=1$c29tZXNhbHRzYWx0$gwQOXSNhxiOxPOA0+PY10A";
        assert!(verified(planted, b"x").is_err());
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
        assert!(!is_outdated(&made(cost), cost));
        for other in [
            of(128, 3, 2),
            of(256, 2, 2),
            of(256, 1, 2),
            of(128, 2, 1),
            of(128, 1, 2),
            of(64, 8, 2),
        ] {
            assert!(is_outdated(&made(other), cost), "{other:?}");
        }
    }
}
