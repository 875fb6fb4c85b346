//! Opening what events carry sealed. The only room that reads the wire form of content.

use ids::OrgId;
use keyring::{KeyError, Keyring};
use prost::Message;
use proto::events::v1 as wire;
use uuid::Uuid;

use crate::domain::content::{Content, Profile};

/// Sealed bytes that could not be turned into what they should be.
#[derive(Debug, thiserror::Error)]
pub(crate) enum OpenError {
    /// No key, or the blob is not of this organization, kind and id.
    #[error(transparent)]
    Key(#[from] KeyError),
    /// It opened and is something else. Says nothing of what.
    #[error("sealed content is not what it should be")]
    Malformed,
}

/// What sealed content belongs to.
pub(crate) const ITEM: &str = "item";
/// A task made in Oz.
pub(crate) const TASK: &str = "task";

/// Opens the content of an item or task; also returns its bytes, for the digest.
pub(crate) async fn content(
    keyring: &Keyring,
    org: OrgId,
    kind: &str,
    id: Uuid,
    sealed: &[u8],
) -> Result<(Content, Vec<u8>), OpenError> {
    let plain = keyring.open(org, kind, id, sealed).await?;
    let wire = wire::Content::decode(&plain[..]).map_err(|_| OpenError::Malformed)?;
    let content = Content {
        title: wire.title,
        text: wire.text,
        url: wire.url,
        actor_name: wire.actor_name,
        actor_aliases: wire.actor_aliases,
        thing_title: wire.thing_title,
        thing_url: wire.thing_url,
        assignee_names: wire.assignee_names,
        file_names: wire.files.into_iter().map(|file| file.name).collect(),
    };
    Ok((content, plain))
}

/// Opens the profile of an account or a member.
pub(crate) async fn profile(
    keyring: &Keyring,
    org: OrgId,
    kind: &str,
    id: Uuid,
    sealed: &[u8],
) -> Result<Profile, OpenError> {
    let plain = keyring.open(org, kind, id, sealed).await?;
    let wire = wire::Profile::decode(&plain[..]).map_err(|_| OpenError::Malformed)?;
    Ok(Profile { name: wire.name, handle: wire.handle, email: wire.email })
}

/// Opens a name or key that is sealed as plain text.
pub(crate) async fn text(
    keyring: &Keyring,
    org: OrgId,
    kind: &str,
    id: Uuid,
    sealed: &[u8],
) -> Result<String, OpenError> {
    let plain = keyring.open(org, kind, id, sealed).await?;
    String::from_utf8(plain).map_err(|_| OpenError::Malformed)
}
