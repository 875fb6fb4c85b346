//! Two organizations in one house.

use access::TenantScope;
use ids::{InvitationId, MemberId, TeamId, TokenId};
use pg::{TenantPool, TenantTx};
use proto::identity::v1::*;
use testkit::Postgres;
use tonic::Status;
use uuid::Uuid;

use crate::house::{House, asking};

#[tokio::test]
async fn c1_the_catalogue_breaks_no_rule() {
    use sqlx::Connection;
    let house = House::open().await;
    let url = Postgres::shared().url(testkit::SUPERUSER, &house.database);
    let mut conn = sqlx::PgConnection::connect(&url).await.unwrap();
    let violations = pg::catalogue::violations(&mut conn, "identity").await.unwrap();
    assert_eq!(violations, Vec::<String>::new());
}

/// What an answer tells, all of it.
fn told<T: std::fmt::Debug>(outcome: Result<T, Status>) -> String {
    let status = outcome.unwrap_err();
    format!(
        "{:?} {} {:?}",
        status.code(),
        status.message(),
        status.metadata().clone().into_headers().get("oz-field")
    )
}

#[tokio::test]
async fn c1_a_foreign_thing_answers_exactly_like_an_absent_one() {
    let house = House::open().await;
    let alpha = house.bootstrap("Alpha", "ada@alpha.example").await;
    let beta = house.bootstrap("Beta", "bob@beta.example").await;
    let (ada, bob) = (house.as_owner(&alpha).await, house.as_owner(&beta).await);
    let team = house.org().create_team(asking(&ada, CreateTeamRequest { name: "Core".into() })).await;
    let team = team.unwrap().into_inner().team.unwrap().id;
    let invitation = house.invite(&ada, "mia@alpha.example", "member").await.invitation.unwrap();
    let request = CreateTokenRequest { name: "t".into(), scopes: vec!["read".into()], expires_at_us: 0 };
    let token = house.me().create_token(asking(&ada, request)).await.unwrap().into_inner().token.unwrap().id;
    let own_team = house.org().create_team(asking(&bob, CreateTeamRequest { name: "Own".into() })).await;
    let own_team = own_team.unwrap().into_inner().team.unwrap().id;

    let nothing = Uuid::from_u128(77);
    let foreign = (alpha.owner.clone(), team, invitation.id, token);
    let absent = (
        MemberId::from_uuid(nothing).to_string(),
        TeamId::from_uuid(nothing).to_string(),
        InvitationId::from_uuid(nothing).to_string(),
        TokenId::from_uuid(nothing).to_string(),
    );
    let mut answers = Vec::new();
    for (member, team, invitation, token) in [foreign, absent, Default::default()] {
        let mut org = house.org();
        let update = UpdateMemberRequest { id: member.clone(), role: "guest".into(), name: String::new() };
        let put_foreign = PutTeamMemberRequest { team_id: own_team.clone(), member_id: member.clone() };
        let put_own = PutTeamMemberRequest { team_id: team.clone(), member_id: beta.owner.clone() };
        let take = RemoveTeamMemberRequest { team_id: team.clone(), member_id: beta.owner.clone() };
        let map = MapIdentityRequest { account_id: nothing.to_string(), member_id: member.clone() };
        answers.push(vec![
            told(org.update_member(asking(&bob, update)).await),
            told(org.remove_member(asking(&bob, RemoveMemberRequest { id: member.clone() })).await),
            told(org.revoke_invitation(asking(&bob, RevokeInvitationRequest { id: invitation })).await),
            told(
                org.update_team(asking(&bob, UpdateTeamRequest { id: team.clone(), name: "X".into() })).await,
            ),
            told(org.delete_team(asking(&bob, DeleteTeamRequest { id: team.clone() })).await),
            told(org.put_team_member(asking(&bob, put_foreign)).await),
            told(org.put_team_member(asking(&bob, put_own)).await),
            told(org.remove_team_member(asking(&bob, take)).await),
            told(org.map_identity(asking(&bob, map)).await),
            told(house.me().revoke_token(asking(&bob, RevokeTokenRequest { id: token })).await),
        ]);
    }
    assert!(answers[0].iter().all(|answer| answer == "NotFound not found None"), "{:?}", answers[0]);
    assert_eq!(answers[0], answers[1]);
    assert_eq!(answers[1], answers[2]);

    let invite = |team: String| CreateInvitationRequest {
        email: "x@beta.example".into(),
        role: "member".into(),
        name: String::new(),
        team_ids: vec![team],
    };
    let foreign_team =
        house.org().list_teams(asking(&ada, ListTeamsRequest {})).await.unwrap().into_inner().teams[0]
            .id
            .clone();
    let foreign = told(house.org().create_invitation(asking(&bob, invite(foreign_team))).await);
    let absent = told(
        house.org().create_invitation(asking(&bob, invite(TeamId::from_uuid(nothing).to_string()))).await,
    );
    assert_eq!(foreign, absent);
}

#[tokio::test]
async fn c1_nothing_of_one_organization_is_in_anything_the_other_can_read() {
    let house = House::open().await;
    let alpha = house.bootstrap("Alpha canary", "ada@canary.example").await;
    let beta = house.bootstrap("Beta", "bob@beta.example").await;
    let (ada, bob) = (house.as_owner(&alpha).await, house.as_owner(&beta).await);
    house.org().create_team(asking(&ada, CreateTeamRequest { name: "canary team".into() })).await.unwrap();
    house.invite(&ada, "mia@canary.example", "member").await;

    let mut org = house.org();
    let everything = format!(
        "{:?} {:?} {:?} {:?} {:?} {:?} {:?} {:?}",
        org.get_organization(asking(&bob, GetOrganizationRequest {})).await.unwrap().into_inner(),
        org.list_members(asking(&bob, ListMembersRequest::default())).await.unwrap().into_inner(),
        org.list_invitations(asking(&bob, ListInvitationsRequest {})).await.unwrap().into_inner(),
        org.list_teams(asking(&bob, ListTeamsRequest {})).await.unwrap().into_inner(),
        org.list_identities(asking(&bob, ListIdentitiesRequest::default())).await.unwrap().into_inner(),
        org.list_audit(asking(&bob, ListAuditRequest::default())).await.unwrap().into_inner(),
        house.me().get_me(asking(&bob, GetMeRequest {})).await.unwrap().into_inner(),
        house.me().list_tokens(asking(&bob, ListTokensRequest {})).await.unwrap().into_inner(),
    );
    assert!(everything.contains("bob@beta.example") && everything.contains("bootstrap"));
    assert!(!everything.contains("canary") && !everything.contains(&alpha.owner));
}

#[tokio::test]
async fn c1_the_serving_role_sees_only_the_organization_of_its_transaction() {
    let house = House::open().await;
    let alpha = house.bootstrap("Alpha", "ada@alpha.example").await;
    house.bootstrap("Beta", "bob@beta.example").await;
    let pool = TenantPool::connect(&Postgres::shared().url("oz_identity", &house.database), 1).unwrap();
    let tables = house.look(
        "select string_agg(relname, ' ') from pg_class where relkind = 'p' and relnamespace = 'public'::regnamespace
         and relname not in ('outbox')",
    );
    for table in tables.split(' ') {
        let mut tx = TenantTx::begin(&pool, &TenantScope::for_credential(alpha.id)).await.unwrap();
        let sql = format!("select count(*) from {table} where org_id <> '{}'", alpha.id.uuid());
        let foreign: i64 = sqlx::query_scalar(sqlx::AssertSqlSafe(sql)).fetch_one(tx.conn()).await.unwrap();
        assert_eq!(foreign, 0, "{table}");
    }
    assert_eq!(house.look("select count(distinct org_id) from member"), "2");
}

#[tokio::test]
async fn c14_no_name_no_address_no_secret_and_no_key_is_in_the_database() {
    let house = House::open().await;
    let org = house.bootstrap("Canaryorg", "canary@address.example").await;
    let owner = house.as_owner(&org).await;
    house.org().create_team(asking(&owner, CreateTeamRequest { name: "Canaryteam".into() })).await.unwrap();
    let request =
        CreateTokenRequest { name: "Canarytoken".into(), scopes: vec!["read".into()], expires_at_us: 0 };
    let token = house.me().create_token(asking(&owner, request)).await.unwrap().into_inner().secret;
    let session = house.redeem(&org.link).await.unwrap().session;
    let data = house
        .keys("feed")
        .get_keys(GetKeysRequest { org_id: org.id.to_string() })
        .await
        .unwrap()
        .into_inner()
        .keys;
    assert_eq!(data.len(), 2);

    let tables = house.look("select string_agg(relname, ' ') from pg_class where relkind = 'p' and relnamespace = 'public'::regnamespace");
    let mut dump = String::new();
    for table in tables.split(' ') {
        dump.push_str(&house.look(&format!("select t.*::text from {table} t")));
    }
    assert!(dump.contains(&hex(org.id.uuid().as_bytes())[..8]), "the dump shows rows");
    let texts = ["Canaryorg", "canary@address", "canary", "Canaryteam", "Canarytoken"];
    let secrets = [&token[20..], &session[20..], &org.link[20..], &org.api_token[20..]];
    let wanted = texts.iter().map(|text| hex(text.as_bytes())).chain(texts.iter().map(ToString::to_string));
    let wanted =
        wanted.chain(secrets.iter().map(ToString::to_string)).chain(data.iter().map(|key| hex(&key.key)));
    for needle in wanted {
        assert!(!dump.contains(&needle), "{needle} is in the database");
    }
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}
