//! The data folder: one Oz at a time, for its owner's eyes only.

use std::{
    fs::{self, DirBuilder, File, OpenOptions, TryLockError},
    io::{ErrorKind, Write},
    os::unix::fs::{DirBuilderExt, MetadataExt, OpenOptionsExt, PermissionsExt},
    path::{Path, PathBuf},
};

use anyhow::{Context, bail};

/// Longest path of a Unix socket's folder; `sun_path` holds 108 bytes and PostgreSQL's names take 20.
const LONGEST_SOCKET_FOLDER: usize = 80;

/// An open data folder. The lock ends with the process, however it ends.
pub struct Folder {
    path: PathBuf,
    sockets: PathBuf,
    _lock: File,
}

impl Folder {
    /// Opens or makes the folder, and takes its lock.
    pub fn open(path: &Path) -> anyhow::Result<Self> {
        let shown = path.display();
        // Others may pass through, since PostgreSQL may run as another user; they may not look.
        DirBuilder::new()
            .recursive(true)
            .mode(0o711)
            .create(path)
            .with_context(|| format!("data folder {shown}: cannot be made"))?;
        let path = fs::canonicalize(path).with_context(|| format!("data folder {shown}"))?;
        let lock = OpenOptions::new()
            .create(true)
            .truncate(false)
            .write(true)
            .mode(0o600)
            .open(path.join("lock"))
            .map_err(|error| match error.kind() {
                ErrorKind::PermissionDenied | ErrorKind::ReadOnlyFilesystem => {
                    anyhow::anyhow!(
                        "data folder {shown} cannot be written: {error}; choose another with OZ_DATA"
                    )
                }
                ErrorKind::StorageFull => anyhow::anyhow!("data folder {shown}: the disk is full"),
                _ => anyhow::Error::new(error).context(format!("data folder {shown}")),
            })?;
        match lock.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => {
                bail!("data folder {shown} is in use by another `oz up`; stop that one first")
            }
            Err(TryLockError::Error(error)) => {
                return Err(error).with_context(|| format!("data folder {shown}: lock"));
            }
        }
        let folder = Self { sockets: sockets(&path)?, path, _lock: lock };
        folder.check_room()?;
        Ok(folder)
    }

    /// The folder.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Where the sockets of the private servers are.
    pub fn sockets(&self) -> &Path {
        &self.sockets
    }

    /// A disk that takes no more is said so before PostgreSQL would stumble over it.
    fn check_room(&self) -> anyhow::Result<()> {
        let probe = self.path.join("room");
        let wrote = File::create(&probe)
            .and_then(|mut file| file.write_all(&[0; 1 << 20]).and_then(|()| file.sync_all()));
        let _gone = fs::remove_file(&probe);
        wrote.with_context(|| {
            format!("data folder {}: no room for a megabyte; is the disk full?", self.path.display())
        })
    }

    /// Writes a file that only its owner may read, whole or not at all.
    pub fn write_secret(&self, name: &str, content: &str) -> anyhow::Result<()> {
        let (path, part) = (self.path.join(name), self.path.join(format!("{name}.part")));
        let _stale = fs::remove_file(&part);
        let mut file = OpenOptions::new().write(true).create_new(true).mode(0o600).open(&part)?;
        file.write_all(content.as_bytes())?;
        file.sync_all()?;
        fs::rename(&part, &path).with_context(|| path.display().to_string())
    }

    /// Reads such a file; `None` when there is none. One that others may read is refused.
    pub fn read_secret(&self, name: &str) -> anyhow::Result<Option<String>> {
        let path = self.path.join(name);
        let text = match fs::read_to_string(&path) {
            Err(error) if error.kind() == ErrorKind::NotFound => return Ok(None),
            other => other.with_context(|| path.display().to_string())?,
        };
        if fs::metadata(&path)?.permissions().mode() & 0o077 != 0 {
            bail!("{} can be read by others; chmod 600 it, and think about who has", path.display());
        }
        Ok(Some(text))
    }

    /// The organization whose owner is greeted at each start.
    pub fn first_organization(&self) -> Option<String> {
        fs::read_to_string(self.path.join("organization")).ok().map(|text| text.trim().to_owned())
    }

    /// Remembers it.
    pub fn keep_first_organization(&self, id: &str) -> anyhow::Result<()> {
        self.write_secret("organization", id)
    }
}

/// A folder for sockets inside the data folder, or, where its path is too long for a socket, a private one named after it.
fn sockets(path: &Path) -> anyhow::Result<PathBuf> {
    let inside = path.join("run");
    let folder = if inside.as_os_str().len() <= LONGEST_SOCKET_FOLDER {
        inside
    } else {
        let inode = fs::metadata(path)?.ino();
        std::env::temp_dir().join(format!("oz-run-{inode}"))
    };
    DirBuilder::new()
        .recursive(true)
        .mode(0o711)
        .create(&folder)
        .with_context(|| folder.display().to_string())?;
    Ok(folder)
}
