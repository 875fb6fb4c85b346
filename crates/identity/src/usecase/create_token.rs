//! A new API token for the caller.

use access::{Permit, TokenScope, action::ManageOwnTokens};
use ids::TokenId;

use crate::{
    domain::{
        Invalid,
        credential::{Credential, Kind},
        text,
    },
    store::token,
    usecase::{Context, Failure, TokenView, change::Change},
};

/// Most live tokens of one member.
const MOST: usize = 100;

pub(crate) struct Input<'a> {
    pub(crate) name: &'a str,
    pub(crate) scopes: &'a [String],
    /// 0: never.
    pub(crate) expires_at_us: i64,
}

pub(crate) async fn run(
    context: &Context,
    permit: &Permit<ManageOwnTokens>,
    input: Input<'_>,
) -> Result<(TokenView, Credential), Failure> {
    let name = text::name("name", input.name)?;
    let scopes = scopes(input.scopes)?;
    let org = permit.org();
    let secret = Credential::fresh(Kind::ApiToken, org, &context.entropy)?;
    let sealed = context.keyring.seal(org, "token", secret.id(), name.as_bytes()).await?;

    let mut change = Change::by_member(context, permit).await?;
    let expires_at = match input.expires_at_us {
        0 => None,
        at if at > change.now_us() => Some(clock::from_micros(at)).filter(|at| *at > change.now),
        _ => None,
    };
    if input.expires_at_us != 0 && expires_at.is_none() {
        return Err(Invalid::new("expires_at", "expected a time in the future").into());
    }
    if token::list(&mut change.tx, permit.member()).await?.len() >= MOST {
        return Err(Failure::conflict("too_many_tokens", "revoke a token before making another"));
    }
    let made = token::Token {
        id: TokenId::from_uuid(secret.id()),
        name: sealed,
        prefix: secret.shown(),
        scopes: scopes.iter().map(|scope| scope.as_str().to_owned()).collect(),
        created_at: change.now,
        expires_at,
        last_used_at: None,
    };
    token::insert(&mut change.tx, permit.member(), &secret, &made).await?;
    change.audit("token.created", made.id).await?;
    change.commit().await?;
    Ok((TokenView::open(context, org, made).await?, secret))
}

/// Known words, each once, weakest first.
fn scopes(words: &[String]) -> Result<Vec<TokenScope>, Invalid> {
    let wrong = || Invalid::new("scopes", "expected some of: read, write, admin");
    let read: Result<Vec<TokenScope>, _> = words.iter().take(16).map(|word| word.parse()).collect();
    let mut scopes = read.map_err(|_| wrong())?;
    scopes.sort_unstable();
    scopes.dedup();
    if scopes.is_empty() { Err(wrong()) } else { Ok(scopes) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn scopes_are_known_words_each_once() {
        let read = |words: &[&str]| scopes(&words.iter().map(ToString::to_string).collect::<Vec<_>>());
        assert_eq!(read(&["write", "read", "write"]).unwrap(), [TokenScope::Read, TokenScope::Write]);
        for bad in [&[][..], &["root"], &["read", ""]] {
            assert_eq!(read(bad).unwrap_err().field, "scopes");
        }
    }
}
