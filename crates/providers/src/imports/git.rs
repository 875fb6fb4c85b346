//! The log of a Git repository.
//!
//! The client runs `git` itself and uploads what it prints, so a repository never leaves the machine as a whole and
//! no pack files are parsed here. [`LOG_ARGUMENTS`] and the parser share one definition of the format: tokens ended
//! by NUL, which no Git object can hold inside a message, a name or a path.

pub(super) mod reading;
pub(super) mod split;

/// First token of every commit; its number is the version of the format.
const MARKER: &str = "oz-git-log-1";

/// Arguments for `git -C REPOSITORY`, whose standard output is what an import of kind `git` takes.
///
/// Oldest first; all branches and tags, without the stash and notes; addresses mapped by the repository's own
/// `.mailmap`; changed paths by comparing trees alone, so no content is read; nothing from the user's configuration
/// that would alter the format or run another program.
pub const LOG_ARGUMENTS: &[&str] = &[
    "--no-pager",
    "-c",
    "core.fsmonitor=false",
    "log",
    "--exclude=refs/stash",
    "--exclude=refs/notes/*",
    "--all",
    "--no-color",
    "--date-order",
    "--reverse",
    "--no-show-signature",
    "--no-ext-diff",
    "--no-textconv",
    "--no-renames",
    "--diff-merges=off",
    "--encoding=UTF-8",
    "-z",
    "--name-status",
    // marker, full hash, author name and mail, author and committer time, parents, refs, raw message
    "--format=tformat:oz-git-log-1%x00%H%x00%aN%x00%aE%x00%at%x00%ct%x00%P%x00%D%x00%B%x00",
];

/// One commit's tokens, borrowed from the log. Everything after the hash is unverified bytes.
struct Commit<'log> {
    sha: &'log str,
    author_name: &'log [u8],
    author_mail: &'log [u8],
    authored: &'log [u8],
    committed: &'log [u8],
    parents: &'log [u8],
    refs: &'log [u8],
    message: &'log [u8],
    paths: Vec<&'log [u8]>,
}

impl<'log> Commit<'log> {
    fn parse(body: &'log [u8]) -> Option<Self> {
        let mut tokens = body.split(|byte| *byte == 0);
        if tokens.next()? != MARKER.as_bytes() {
            return None;
        }
        let sha = std::str::from_utf8(tokens.next()?).ok().filter(|sha| is_hash(sha))?;
        let mut commit = Self {
            sha,
            author_name: tokens.next()?,
            author_mail: tokens.next()?,
            authored: tokens.next()?,
            committed: tokens.next()?,
            parents: tokens.next()?,
            refs: tokens.next()?,
            message: tokens.next()?,
            paths: Vec::new(),
        };
        // status and path alternate; Git puts an empty token before them and a line break on the first status
        let mut rest = tokens.skip_while(|token| token.is_empty());
        while let (Some(status), Some(path)) = (rest.next(), rest.next()) {
            if status.is_empty() || path.is_empty() {
                break;
            }
            commit.paths.push(path);
        }
        Some(commit)
    }
}

fn is_hash(text: &str) -> bool {
    matches!(text.len(), 40 | 64) && text.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'))
}
