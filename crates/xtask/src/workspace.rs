//! The workspace as the rules see it: its crates with their direct dependencies, and the text of its files.

use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, bail};
use serde_json::Value;

/// Everything `check-arch` looks at. A test makes one by hand; [`Workspace::load`] reads the real one.
pub(crate) struct Workspace {
    pub(crate) crates: Vec<Crate>,
    pub(crate) files: Vec<File>,
}

/// A member of the workspace.
pub(crate) struct Crate {
    pub(crate) name: String,
    /// Its folder, relative to the project's root, with `/`.
    pub(crate) folder: String,
    pub(crate) dependencies: Vec<Dependency>,
}

/// One line of a manifest.
pub(crate) struct Dependency {
    /// The package's name, as in the manifest (`tonic-prost`).
    pub(crate) name: String,
    /// Only for tests, examples and benches of the crate.
    pub(crate) dev: bool,
}

/// A Rust source file.
pub(crate) struct File {
    /// The crate that it belongs to.
    pub(crate) owner: String,
    /// Relative to the project's root, with `/`.
    pub(crate) path: String,
    /// Relative to its crate's folder, with `/`: what the rules' rooms are written in.
    pub(crate) room: String,
    pub(crate) text: String,
}

impl Workspace {
    /// Reads `cargo metadata --no-deps` and every `*.rs` file of the members.
    ///
    /// # Errors
    /// When cargo fails, its answer has another shape, or a file cannot be read as UTF-8.
    pub(crate) fn load() -> anyhow::Result<Self> {
        let metadata = metadata()?;
        let root = PathBuf::from(text(&metadata, "workspace_root")?);
        let packages = metadata["packages"].as_array().context("cargo metadata names no packages")?;
        let crates = packages.iter().map(|p| read_crate(p, &root)).collect::<anyhow::Result<Vec<_>>>()?;
        let mut files = Vec::new();
        for member in &crates {
            read_files(member, &root, &root.join(&member.folder), &mut files)?;
        }
        files.sort_by(|a, b| a.path.cmp(&b.path));
        Ok(Self { crates, files })
    }

    /// The member of that name.
    pub(crate) fn member(&self, name: &str) -> Option<&Crate> {
        self.crates.iter().find(|member| member.name == name)
    }
}

/// The project's root, as cargo sees it.
///
/// # Errors
/// When cargo fails or its answer has another shape.
pub(crate) fn root() -> anyhow::Result<PathBuf> {
    Ok(PathBuf::from(text(&metadata()?, "workspace_root")?))
}

fn metadata() -> anyhow::Result<Value> {
    let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let output = Command::new(cargo)
        .args(["metadata", "--no-deps", "--format-version", "1", "--offline"])
        .output()
        .context("cargo metadata does not start")?;
    if !output.status.success() {
        bail!("cargo metadata failed: {}", String::from_utf8_lossy(&output.stderr).trim());
    }
    serde_json::from_slice(&output.stdout).context("cargo metadata is not JSON")
}

fn text<'a>(value: &'a Value, field: &str) -> anyhow::Result<&'a str> {
    value[field].as_str().with_context(|| format!("cargo metadata lacks {field}"))
}

fn read_crate(package: &Value, root: &Path) -> anyhow::Result<Crate> {
    let manifest = PathBuf::from(text(package, "manifest_path")?);
    let folder = manifest.parent().context("a manifest has no folder")?;
    let dependencies = package["dependencies"].as_array().context("a package lists no dependencies")?;
    Ok(Crate {
        name: text(package, "name")?.to_owned(),
        folder: relative(folder, root)?,
        dependencies: dependencies
            .iter()
            .map(|d| Ok(Dependency { name: text(d, "name")?.to_owned(), dev: d["kind"] == "dev" }))
            .collect::<anyhow::Result<Vec<_>>>()?,
    })
}

fn read_files(member: &Crate, root: &Path, folder: &Path, files: &mut Vec<File>) -> anyhow::Result<()> {
    let entries = std::fs::read_dir(folder).with_context(|| format!("cannot list {}", folder.display()))?;
    for entry in entries {
        let entry = entry?;
        let path = entry.path();
        let name = entry.file_name();
        if entry.file_type()?.is_dir() {
            if name != "target" && name != "node_modules" {
                read_files(member, root, &path, files)?;
            }
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            let text =
                std::fs::read_to_string(&path).with_context(|| format!("cannot read {}", path.display()))?;
            let room = relative(&path, &root.join(&member.folder))?;
            files.push(File { owner: member.name.clone(), path: relative(&path, root)?, room, text });
        }
    }
    Ok(())
}

fn relative(path: &Path, root: &Path) -> anyhow::Result<String> {
    let rest =
        path.strip_prefix(root).with_context(|| format!("{} is outside the project", path.display()))?;
    Ok(rest.to_string_lossy().replace('\\', "/"))
}
