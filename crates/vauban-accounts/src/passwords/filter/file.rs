//! The file of a filter: a header, and the fingerprints.
//!
//! ```text
//! "VAUBANPF"  version: u32  entries: u64
//! seed: u64  segment_length: u32  segment_count_length: u32  fingerprints: u64
//! SHA-256 of all that stands before and behind
//! fingerprints, u16 each
//! ```
//!
//! Numbers are little-endian.

use std::fmt;
use std::fs::File;
use std::io::{self, BufReader, BufWriter, Read, Write};
use std::path::{Path, PathBuf};

use sha2::{Digest as _, Sha256};
use xorf::{BinaryFuse16, Descriptor};

const MAGIC: [u8; 8] = *b"VAUBANPF";
const VERSION: u32 = 1;
/// Without the checksum.
const HEADER: usize = 8 + 4 + 8 + 8 + 4 + 4 + 8;
const CHECKSUM: usize = 32;
/// The most passwords in a filter. CWE-789: a header does not decide how much memory is taken.
pub(super) const MAX_ENTRIES: u64 = 1_000_000_000;
const MAX_FINGERPRINTS: u64 = 2 * MAX_ENTRIES;

/// What is wrong with a filter's file.
#[derive(Debug)]
pub(crate) enum FilterError {
    /// It cannot be read or written.
    Io(io::Error),
    /// It is another file.
    NotAFilter,
    /// It was made by a later version.
    Version(u32),
    /// It is cut off, or was changed.
    Corrupt,
    /// There is no password in it.
    Empty,
    /// Most of the list are digests of another kind than SHA-1.
    OfAnotherDigest,
    /// No filter came of it.
    NotBuilt,
}

impl fmt::Display for FilterError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Io(error) => write!(f, "the filter of passwords cannot be read or written: {error}"),
            Self::NotAFilter => f.write_str("the file is no filter of passwords"),
            Self::Version(version) => write!(
                f,
                "the filter of passwords has the form {version}, which is not known here"
            ),
            Self::Corrupt => {
                f.write_str("the filter of passwords is not whole: it is cut off, or was changed")
            }
            Self::Empty => f.write_str("the list has no password"),
            Self::OfAnotherDigest => f.write_str(
                "most of the list are digests of another kind than SHA-1, which the filter would take for passwords: take the SHA-1 list",
            ),
            Self::NotBuilt => f.write_str("no filter could be built of these passwords; leave one out"),
        }
    }
}

impl std::error::Error for FilterError {}

impl From<io::Error> for FilterError {
    fn from(error: io::Error) -> Self {
        Self::Io(error)
    }
}

/// Reads a file that [`write`] wrote.
pub(super) fn read(path: &Path) -> Result<BinaryFuse16, FilterError> {
    let (file, length) = open(path)?;
    parse(BufReader::with_capacity(1 << 16, file), length)
}

/// Whether the file has a filter's header and is as long as that says. Its fingerprints are not read.
pub(super) fn look(path: &Path) -> Result<(), FilterError> {
    let (mut file, length) = open(path)?;
    Header::read(&mut file, length).map(|_| ())
}

fn open(path: &Path) -> Result<(File, u64), FilterError> {
    // Before it is opened: a pipe would wait for who writes to it.
    if !std::fs::metadata(path)?.is_file() {
        return Err(FilterError::NotAFilter);
    }
    let file = File::open(path)?;
    let length = file.metadata()?.len();
    Ok((file, length))
}

/// What stands before the fingerprints.
struct Header {
    bytes: [u8; HEADER],
    checksum: [u8; CHECKSUM],
    descriptor: Descriptor,
    /// How many fingerprints there are.
    count: usize,
}

impl Header {
    /// Reads that of a filter of so many bytes.
    fn read(from: &mut impl Read, length: u64) -> Result<Self, FilterError> {
        let mut bytes = [0; HEADER];
        let mut checksum = [0; CHECKSUM];
        if length < (HEADER + CHECKSUM) as u64 {
            return Err(FilterError::NotAFilter);
        }
        from.read_exact(&mut bytes)?;
        from.read_exact(&mut checksum)?;
        let mut fields = Fields(&bytes);
        if fields.take::<8>() != MAGIC {
            return Err(FilterError::NotAFilter);
        }
        let version = fields.u32();
        if version != VERSION {
            return Err(FilterError::Version(version));
        }
        let (entries, seed) = (fields.u64(), fields.u64());
        let (segment_length, segment_count_length, count) = (fields.u32(), fields.u32(), fields.u64());
        let is_sound = count <= MAX_FINGERPRINTS
            && length == (HEADER + CHECKSUM) as u64 + 2 * count
            && (1..=MAX_ENTRIES).contains(&entries)
            && segment_length.is_power_of_two()
            && segment_count_length > 0
            && segment_count_length % segment_length == 0
            // Three positions, each in its segment.
            && count == u64::from(segment_count_length) + 2 * u64::from(segment_length)
            && u32::try_from(count).is_ok();
        if !is_sound {
            return Err(FilterError::Corrupt);
        }
        Ok(Self {
            bytes,
            checksum,
            descriptor: Descriptor {
                seed,
                segment_length,
                segment_length_mask: segment_length - 1,
                segment_count_length,
            },
            count: usize::try_from(count).map_err(|_| FilterError::Corrupt)?,
        })
    }
}

/// Reads a filter of so many bytes. CWE-502, CWE-125: what is looked up in it stays in it, whatever the bytes are.
pub(super) fn parse(mut from: impl Read, length: u64) -> Result<BinaryFuse16, FilterError> {
    let Header {
        bytes: header,
        checksum,
        descriptor,
        count,
    } = Header::read(&mut from, length)?;
    let mut digest = Sha256::new();
    digest.update(header);
    let mut fingerprints = Vec::with_capacity(count);
    let mut piece = [0; 1 << 13];
    while fingerprints.len() < count {
        let bytes = (2 * (count - fingerprints.len())).min(piece.len());
        from.read_exact(&mut piece[..bytes])?;
        digest.update(&piece[..bytes]);
        let pairs = piece[..bytes].chunks_exact(2);
        fingerprints.extend(pairs.map(|pair| u16::from_le_bytes([pair[0], pair[1]])));
    }
    if <[u8; CHECKSUM]>::from(digest.finalize()) != checksum {
        return Err(FilterError::Corrupt);
    }
    Ok(BinaryFuse16 {
        descriptor,
        fingerprints: fingerprints.into_boxed_slice(),
    })
}

/// Where a filter is to stand. It is written beside that place first, so that no half of one ever stands there.
///
/// CWE-59, CWE-377: what is written to is a new file of a name that nobody could put a link at, and no other run writes to it.
#[derive(Debug)]
pub(crate) struct Target {
    path: PathBuf,
    beside: PathBuf,
    file: File,
}

impl Target {
    /// Makes the file beside the place: whether it can be made shows before the list is read.
    ///
    /// # Errors
    /// If it cannot.
    pub(crate) fn at(path: &Path) -> Result<Self, FilterError> {
        let mut random = [0; 8];
        getrandom::fill(&mut random).map_err(io::Error::other)?;
        let mut beside = path.as_os_str().to_owned();
        beside.push(format!(".{:016x}.new", u64::from_le_bytes(random)));
        let beside = PathBuf::from(beside);
        let file = File::create_new(&beside)?;
        Ok(Self {
            path: path.to_owned(),
            beside,
            file,
        })
    }

    /// Writes a filter of so many entries.
    pub(super) fn write(self, filter: &BinaryFuse16, entries: u64) -> Result<(), FilterError> {
        let mut to = BufWriter::new(&self.file);
        put(&mut to, filter, entries)?;
        drop(to);
        self.file.sync_all()?;
        std::fs::rename(&self.beside, &self.path)?;
        // The name lasts, too.
        #[cfg(unix)]
        if let Some(folder) = self.path.parent() {
            let here = folder.as_os_str().is_empty();
            File::open(if here { Path::new(".") } else { folder })?.sync_all()?;
        }
        Ok(())
    }
}

/// Of what came to nothing, nothing is left.
impl Drop for Target {
    fn drop(&mut self) {
        let _ = std::fs::remove_file(&self.beside);
    }
}

fn put(to: &mut impl Write, filter: &BinaryFuse16, entries: u64) -> Result<(), FilterError> {
    let parts = &filter.descriptor;
    let mut header = Vec::with_capacity(HEADER);
    header.extend(MAGIC);
    header.extend(VERSION.to_le_bytes());
    header.extend(entries.to_le_bytes());
    header.extend(parts.seed.to_le_bytes());
    header.extend(parts.segment_length.to_le_bytes());
    header.extend(parts.segment_count_length.to_le_bytes());
    header.extend((filter.fingerprints.len() as u64).to_le_bytes());
    let mut digest = Sha256::new();
    digest.update(&header);
    let pieces = || filter.fingerprints.chunks(1 << 12).map(bytes_of);
    pieces().for_each(|piece| digest.update(piece));
    to.write_all(&header)?;
    to.write_all(&digest.finalize())?;
    for piece in pieces() {
        to.write_all(&piece)?;
    }
    to.flush()?;
    Ok(())
}

fn bytes_of(fingerprints: &[u16]) -> Vec<u8> {
    fingerprints.iter().flat_map(|one| one.to_le_bytes()).collect()
}

/// What is left of a header.
struct Fields<'a>(&'a [u8]);

impl Fields<'_> {
    fn take<const N: usize>(&mut self) -> [u8; N] {
        let mut field = [0; N];
        if let Some((first, rest)) = self.0.split_first_chunk::<N>() {
            field = *first;
            self.0 = rest;
        }
        field
    }

    fn u32(&mut self) -> u32 {
        u32::from_le_bytes(self.take())
    }

    fn u64(&mut self) -> u64 {
        u64::from_le_bytes(self.take())
    }
}

#[cfg(test)]
mod tests {
    use xorf::Filter as _;

    use super::*;
    use crate::passwords::filter::build::FilterBuilder;
    use crate::passwords::filter::key;

    fn bytes() -> Vec<u8> {
        let mut builder = FilterBuilder::default();
        (0..300).for_each(|n| builder.add(format!("stolen {n}").as_bytes()).unwrap());
        let (filter, count) = builder.filter().unwrap();
        let mut bytes = Vec::new();
        put(&mut bytes, &filter, count).unwrap();
        bytes
    }

    fn parsed(bytes: &[u8]) -> Result<BinaryFuse16, FilterError> {
        parse(bytes, bytes.len() as u64)
    }

    #[test]
    fn what_is_written_is_read() {
        let filter = parsed(&bytes()).unwrap();
        assert!((0..300).all(|n| filter.contains(&key(format!("stolen {n}").as_bytes()))));
    }

    /// CWE-354, CWE-789. Attack: a file that is cut off, changed in any byte, or says that it is larger than it is.
    #[test]
    fn cwe_354_a_file_that_is_not_whole_is_refused() {
        let whole = bytes();
        for end in (0..whole.len()).step_by(7) {
            assert!(parsed(&whole[..end]).is_err(), "{end}");
        }
        for at in 0..whole.len() {
            let mut changed = whole.clone();
            changed[at] ^= 1;
            assert!(parsed(&changed).is_err(), "{at}");
        }
        let longer = [whole.as_slice(), b"x"].concat();
        assert!(matches!(parsed(&longer), Err(FilterError::Corrupt)));
        let mut later = whole.clone();
        later[8] = 2;
        assert!(matches!(parsed(&later), Err(FilterError::Version(2))));
        assert!(matches!(parsed(&[b'x'; 200]), Err(FilterError::NotAFilter)));
        // 4 GB of fingerprints, of which none is there.
        let mut large = whole;
        large[HEADER - 8..HEADER].copy_from_slice(&1_999_999_999_u64.to_le_bytes());
        assert!(matches!(parsed(&large), Err(FilterError::Corrupt)));
    }

    mod properties {
        use super::*;

        proptest::proptest! {
            #![proptest_config(long::cases(256, 20_000, "values"))]

            /// CWE-125: with its checksum made right, whatever a header says is refused or harmless.
            #[test]
            fn no_header_reads_behind_the_end(seed: u64, log in 0_u32..9, many in 0_u32..9, odd in 0_u32..3, less: bool, keys: [u64; 8]) {
                let (length, segments) = ((1 << log) + odd / 2, many * (1 << log) + odd % 2);
                let count = (segments as usize + 2 * length as usize).saturating_sub(usize::from(less));
                let mut header = [MAGIC.as_slice(), &VERSION.to_le_bytes(), &1_u64.to_le_bytes()].concat();
                header.extend(seed.to_le_bytes());
                header.extend(length.to_le_bytes());
                header.extend(segments.to_le_bytes());
                header.extend((count as u64).to_le_bytes());
                let body = vec![7; 2 * count];
                let digest = Sha256::digest([header.as_slice(), &body].concat());
                let bytes = [header.as_slice(), &digest, &body].concat();
                if let Ok(filter) = parsed(&bytes) {
                    keys.iter().for_each(|key| {
                        let _ = filter.contains(key);
                    });
                }
            }

            #[test]
            fn any_bytes_have_an_answer(bytes: Vec<u8>) {
                let _ = parsed(&bytes);
                let _ = parsed(&[MAGIC.as_slice(), &bytes].concat());
            }
        }
    }
}
