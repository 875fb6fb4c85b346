//! `oz bootstrap`: an organization with its owner.

use std::process::ExitCode;

use anyhow::{Context, bail};
use proto::identity::v1::{
    BootstrapRequest, BootstrapResponse, CreateOwnerLinkRequest, sign_in_service_client::SignInServiceClient,
};
use rpc::{AsService, ServiceSecret};
use settings::{Settings, SettingsError};
use tonic::{Code, service::interceptor::InterceptedService, transport::Channel};

use crate::{
    args::{Bootstrap, Config},
    configuration,
    terminal::say,
};

type Identity = SignInServiceClient<InterceptedService<Channel, AsService>>;

pub async fn run(config: &Config, bootstrap: &Bootstrap) -> anyhow::Result<ExitCode> {
    let settings = configuration::load(config)?;
    let made = organization(&settings, &bootstrap.org, &bootstrap.email, &bootstrap.name).await?;
    let link = link(&settings, &made.link_token);
    if bootstrap.json {
        let object = serde_json::json!({
            "org_id": made.org_id, "member_id": made.member_id, "signin_url": link, "token": made.api_token,
        });
        say(&object.to_string());
    } else {
        say(&format!("organization  {}", made.org_id));
        say(&format!("owner         {}", made.member_id));
        say(&format!("sign in once  {link}"));
        say(&format!("API token     {}", made.api_token));
        say("The token is shown only now. It may do whatever the owner may.");
    }
    Ok(ExitCode::SUCCESS)
}

/// Makes an organization with its owner.
pub async fn organization(
    settings: &Settings,
    name: &str,
    email: &str,
    owner: &str,
) -> anyhow::Result<BootstrapResponse> {
    let request =
        BootstrapRequest { organization: name.to_owned(), email: email.to_owned(), name: owner.to_owned() };
    match identity(settings)?.bootstrap(request).await {
        Ok(made) => Ok(made.into_inner()),
        Err(status) if status.code() == Code::Unavailable => {
            bail!(
                "identity does not answer at {}; is Oz running? `oz up` starts it",
                settings.rpc.url_of("identity")
            )
        }
        Err(status) => bail!("{}", status.message()),
    }
}

/// A fresh one-time link for an organization's first owner; `None` when there is no such organization.
pub async fn owner_link(settings: &Settings, org_id: &str) -> anyhow::Result<Option<String>> {
    match identity(settings)?.create_owner_link(CreateOwnerLinkRequest { org_id: org_id.to_owned() }).await {
        Ok(made) => Ok(Some(link(settings, &made.into_inner().link_token))),
        Err(status) if status.code() == Code::NotFound => Ok(None),
        Err(status) => bail!("{}", status.message()),
    }
}

/// The address that uses the link's token up.
pub fn link(settings: &Settings, token: &str) -> String {
    format!("{}/signin/link?token={token}", settings.http.public_url())
}

fn identity(settings: &Settings) -> anyhow::Result<Identity> {
    let url = settings.rpc.url_of("identity");
    let secret = settings.secrets.service.get("operator").filter(|secret| !secret.is_empty());
    let secret = secret.ok_or_else(|| {
        SettingsError::field(
            "secrets.service.operator",
            "expected the operator's secret; is Oz running on this data folder?",
        )
    })?;
    let credential = AsService::new("operator", &ServiceSecret::new(secret.expose()))
        .context("secrets.service.operator: expected visible characters")?;
    Ok(SignInServiceClient::with_interceptor(rpc::channel(&url)?, credential))
}
