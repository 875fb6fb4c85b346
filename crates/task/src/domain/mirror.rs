//! How people name a provider's task.

/// What a person would write to name it, read from its address: `owner/repo#12`, `ABC-7`; the address's last part elsewhere.
pub(crate) fn key(provider: &str, url: &str) -> String {
    let path =
        url.split_once("://").map_or(url, |(_, rest)| rest).split(['?', '#']).next().unwrap_or_default();
    let parts: Vec<&str> = path.split('/').skip(1).filter(|part| !part.is_empty() && *part != "-").collect();
    let named = |word: &str| parts.iter().position(|part| *part == word).filter(|at| at + 1 < parts.len());
    match provider {
        "github" | "gitlab" => match named("issues").or_else(|| named("work_items")) {
            Some(at) => format!("{}#{}", parts[..at].join("/"), parts[at + 1]),
            None => parts.last().copied().unwrap_or_default().to_owned(),
        },
        "jira" => named("browse").map_or("", |at| parts[at + 1]).to_owned(),
        "linear" => named("issue").map_or("", |at| parts[at + 1]).to_owned(),
        _ => parts.last().copied().unwrap_or_default().to_owned(),
    }
}

/// The key as it is written inside its own source: `#12`.
pub(crate) fn short_key(key: &str) -> &str {
    key.find('#').map_or(key, |at| &key[at..])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_are_what_people_write() {
        for (provider, url, expected) in [
            ("github", "https://github.com/octo/repo/issues/12", "octo/repo#12"),
            ("gitlab", "https://gitlab.example/g/sub/repo/-/issues/3#note_1", "g/sub/repo#3"),
            ("jira", "https://x.atlassian.net/browse/AB-7?x=1", "AB-7"),
            ("linear", "https://linear.app/t/issue/ENG-4/slug", "ENG-4"),
            ("github", "", ""),
            ("other", "nonsense", ""),
        ] {
            assert_eq!(key(provider, url), expected);
        }
        assert_eq!([short_key("octo/repo#12"), short_key("AB-7")], ["#12", "AB-7"]);
    }
}
