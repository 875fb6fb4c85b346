//! Opens the zip without trusting it.

use std::collections::BTreeMap;
use std::io::{Cursor, Read};

use zip::ZipArchive;

use crate::imports::{ImportError, Skips};

/// The largest zip, in bytes.
pub(super) const LARGEST_ARCHIVE: usize = 512 * 1024 * 1024;
/// The most entries a zip may list.
const MOST_ENTRIES: usize = 200_000;
/// The most bytes all entries may inflate to.
const MOST_INFLATED: u64 = 2 * 1024 * 1024 * 1024;
/// The most bytes one entry may inflate to.
const LARGEST_ENTRY: u64 = 64 * 1024 * 1024;
/// The most an entry of more than a megabyte may inflate by; chats reach 30, the format's own limit is 1032.
const MOST_INFLATION: u64 = 250;
/// Below this, inflation harms nobody.
const SMALL_ENTRY: u64 = 1024 * 1024;
/// Signature of an entry in the zip's directory (APPNOTE 4.3.12).
const DIRECTORY_SIGNATURE: &[u8] = b"PK\x01\x02";

const EXPECTED: ImportError = ImportError::WrongFormat {
    expected: "the zip of a Slack export, with users.json or channels.json in it",
};

/// An open export: its files by their path below the folder that holds the indexes.
pub(super) struct Archive {
    zip: ZipArchive<Cursor<Vec<u8>>>,
    files: BTreeMap<String, usize>,
    inflated: u64,
}

impl Archive {
    pub(super) fn open(bytes: Vec<u8>, skips: &mut Skips) -> Result<Self, ImportError> {
        if !bytes.starts_with(b"PK") {
            return Err(EXPECTED);
        }
        // counted before the library reads the directory, which it holds in memory as a whole
        let entries =
            bytes.windows(DIRECTORY_SIGNATURE.len()).filter(|window| *window == DIRECTORY_SIGNATURE).count();
        if entries > MOST_ENTRIES {
            return Err(ImportError::TooLarge { what: "entries of the zip" });
        }
        let zip = ZipArchive::new(Cursor::new(bytes))
            .map_err(|_| ImportError::Damaged { what: "the zip cannot be opened" })?;
        let mut paths = BTreeMap::new();
        for index in 0..zip.len() {
            match zip.name_for_index(index).and_then(Result::ok).filter(|name| is_inside(name)) {
                Some(name) => drop(paths.insert(name.into_owned(), index)),
                None => skips.count("entry_path_refused"),
            }
        }
        let top = top_folder(&paths).ok_or(EXPECTED)?;
        let below =
            paths.into_iter().filter_map(|(path, index)| Some((path.strip_prefix(&top)?.to_owned(), index)));
        Ok(Self { zip, files: below.collect(), inflated: 0 })
    }

    /// Files in folders, as folder and name, in order.
    pub(super) fn foldered(&self) -> impl Iterator<Item = (&str, &str)> {
        self.files
            .keys()
            .filter_map(|path| path.split_once('/'))
            .filter(|(_, name)| !name.is_empty() && !name.contains('/'))
    }

    /// The bytes of a file; `None` where there is none or it is left out, which is counted.
    pub(super) fn read(&mut self, path: &str, skips: &mut Skips) -> Result<Option<Vec<u8>>, ImportError> {
        let Some(index) = self.files.get(path).copied() else {
            return Ok(None);
        };
        let Ok(entry) = self.zip.by_index(index) else {
            skips.count("entry_unreadable");
            return Ok(None);
        };
        let most = LARGEST_ENTRY.min(entry.compressed_size().saturating_mul(MOST_INFLATION).max(SMALL_ENTRY));
        let mut bytes = Vec::new();
        let outcome = entry.take(most + 1).read_to_end(&mut bytes);
        self.inflated = self.inflated.saturating_add(u64::try_from(bytes.len()).unwrap_or(u64::MAX));
        if self.inflated > MOST_INFLATED {
            return Err(ImportError::TooLarge { what: "inflated bytes of the zip" });
        }
        if u64::try_from(bytes.len()).is_ok_and(|length| length > most) {
            skips.count("entry_too_large");
            return Ok(None);
        }
        if outcome.is_err() {
            skips.count("entry_unreadable");
            return Ok(None);
        }
        Ok(Some(bytes))
    }
}

/// Whether the path stays inside the archive.
fn is_inside(path: &str) -> bool {
    let strange = path.len() > 1_000 || path.starts_with('/') || path.contains(['\\', ':', '\0']);
    !strange && path.split('/').all(|part| part != "..")
}

/// The folder that holds the indexes, with its slash; some exports were packed together with their folder.
fn top_folder(paths: &BTreeMap<String, usize>) -> Option<String> {
    let folders = paths.keys().filter_map(|path| {
        ["users.json", "channels.json", "groups.json", "dms.json", "mpims.json"]
            .iter()
            .find_map(|index| path.strip_suffix(index))
    });
    let folders = folders
        .filter(|folder| (folder.is_empty() || folder.ends_with('/')) && !folder.starts_with("__MACOSX/"));
    folders.min_by_key(|folder| folder.matches('/').count()).map(str::to_owned)
}
