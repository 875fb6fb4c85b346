//! Whether anything of a word stands in bytes: as it is, in hexadecimal, in base64, whatever its case.

use std::{
    collections::{BTreeSet, HashMap},
    io::Write,
    path::Path,
    process::{Command, Stdio},
    sync::{Mutex, PoisonError},
};

use data_encoding::{BASE64_NOPAD, HEXLOWER};

/// Letters at the end of a canary that make it unlike any other; they are looked for, since a compressor may put what stands
/// before them elsewhere.
pub const TAIL: usize = 10;

static KNOWN: Mutex<BTreeSet<String>> = Mutex::new(BTreeSet::new());

/// Keeps words that no log may say.
pub fn remember(words: impl IntoIterator<Item = String>) {
    KNOWN.lock().unwrap_or_else(PoisonError::into_inner).extend(words);
}

/// All that are kept.
pub fn known() -> Vec<String> {
    KNOWN.lock().unwrap_or_else(PoisonError::into_inner).iter().cloned().collect()
}

/// What is random about a canary.
pub fn tail(canary: &str) -> &str {
    &canary[canary.len() - TAIL..]
}

/// Words to be looked for.
#[derive(Clone)]
pub struct Traces {
    /// Word and one of its forms, in small letters.
    forms: Vec<(String, String)>,
    /// Which forms begin with two bytes.
    begins: HashMap<[u8; 2], Vec<usize>>,
}

impl Traces {
    pub fn of(words: &[impl AsRef<str>]) -> Self {
        let mut forms = Vec::new();
        for word in words.iter().map(AsRef::as_ref) {
            forms.extend(spellings(word).into_iter().map(|form| (word.to_owned(), form)));
        }
        let mut begins = HashMap::<_, Vec<_>>::new();
        for (number, (_, form)) in forms.iter().enumerate() {
            begins.entry([form.as_bytes()[0], form.as_bytes()[1]]).or_default().push(number);
        }
        Self { forms, begins }
    }

    /// The words that stand in a few bytes.
    pub fn in_bytes(&self, bytes: &[u8]) -> BTreeSet<String> {
        let small = bytes.to_ascii_lowercase();
        let mut found = BTreeSet::new();
        for (at, pair) in small.windows(2).enumerate() {
            for number in self.begins.get(pair).into_iter().flatten() {
                let (word, form) = &self.forms[*number];
                if small[at..].starts_with(form.as_bytes()) {
                    found.insert(word.clone());
                }
            }
        }
        found
    }

    /// The words that stand in a file, or in files below a folder or their names: `grep` is made for many bytes.
    pub fn in_files(&self, path: &Path) -> BTreeSet<String> {
        let mut patterns = tempfile::NamedTempFile::new().unwrap();
        for (_, form) in &self.forms {
            writeln!(patterns, "{form}").unwrap();
        }
        let look = |arguments: &[&str], input: Stdio| {
            let mut grep = Command::new("grep");
            grep.env("LC_ALL", "C").args(["-a", "-F", "-i", "-o", "-f"]).arg(patterns.path());
            let done = grep.args(arguments).stdin(input).output().unwrap();
            assert!(done.status.code() < Some(2), "{}", String::from_utf8_lossy(&done.stderr));
            String::from_utf8_lossy(&done.stdout).to_ascii_lowercase()
        };
        let name = path.to_str().unwrap();
        let mut listed = Command::new("find").arg(name).stdout(Stdio::piped()).spawn().unwrap();
        let names = look(&[], listed.stdout.take().unwrap().into());
        listed.wait().unwrap();
        let found = look(&["-r", "-h", "--", name], Stdio::null()) + &names;
        let found: BTreeSet<&str> = found.lines().collect();
        let words = self.forms.iter().filter(|(_, form)| found.contains(form.as_str()));
        words.map(|(word, _)| word.clone()).collect()
    }
}

fn spellings(word: &str) -> Vec<String> {
    let mut forms = vec![word.to_owned(), HEXLOWER.encode(word.as_bytes())];
    // Base64 of anything that holds the word: three alignments, without the letters at both ends that others share.
    for before in 0..3 {
        let encoded = BASE64_NOPAD.encode(&[&[0; 3][..before], word.as_bytes()].concat());
        let whole = (before + word.len()) / 3 * 4;
        forms.push(encoded[(before * 8).div_ceil(6)..whole].to_owned());
    }
    forms.into_iter().map(|form| form.to_ascii_lowercase()).collect()
}

#[test]
fn a_word_is_found_in_every_spelling_and_nothing_else_is() {
    let traces = Traces::of(&["qwertzuiop", "asdfghjklm"]);
    for text in [
        "… QwertzUIOP …".to_owned(),
        HEXLOWER.encode(b"xqwertzuiopx"),
        BASE64_NOPAD.encode(b"xqwertzuiop"),
        BASE64_NOPAD.encode(b"xyqwertzuiopz"),
        BASE64_NOPAD.encode(b"xyzqwertzuiop"),
    ] {
        assert_eq!(traces.in_bytes(text.as_bytes()), BTreeSet::from(["qwertzuiop".to_owned()]), "{text}");
    }
    assert!(traces.in_bytes(b"qwertzuio asdfghjkl qwertz uiop").is_empty());
    let folder = tempfile::tempdir().unwrap();
    assert!(traces.in_files(folder.path()).is_empty());
    std::fs::write(folder.path().join("a"), b"\0...\xff\xfeAsdfghJKLM\0...").unwrap();
    assert_eq!(traces.in_files(folder.path()), BTreeSet::from(["asdfghjklm".to_owned()]));
    assert_eq!(traces.in_files(&folder.path().join("a")).len(), 1);
    std::fs::create_dir(folder.path().join("QWERTZUIOP")).unwrap();
    assert_eq!(traces.in_files(folder.path()).len(), 2);
}
