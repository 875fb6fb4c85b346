//! Every change leaves its audit entry and its event.

use proto::{events::v1 as wire, identity::v1::*};

use crate::house::{House, asking, eventually};

#[tokio::test]
async fn c5_every_change_is_in_the_audit_with_actor_and_purpose() {
    let house = House::open().await;
    let org = house.bootstrap("Alpha", "ada@alpha.example").await;
    let owner = house.as_owner(&org).await;
    let mut o = house.org();
    o.update_organization(asking(&owner, UpdateOrganizationRequest { name: "A".into(), cohort_floor: 6 }))
        .await
        .unwrap();
    let team = o
        .create_team(asking(&owner, CreateTeamRequest { name: "T".into() }))
        .await
        .unwrap()
        .into_inner()
        .team
        .unwrap()
        .id;
    o.update_team(asking(&owner, UpdateTeamRequest { id: team.clone(), name: "U".into() })).await.unwrap();
    let mia = house.join(&owner, "mia@alpha.example", "member").await;
    let put = PutTeamMemberRequest { team_id: team.clone(), member_id: mia.id.clone() };
    o.put_team_member(asking(&owner, put)).await.unwrap();
    let take = RemoveTeamMemberRequest { team_id: team.clone(), member_id: mia.id.clone() };
    o.remove_team_member(asking(&owner, take)).await.unwrap();
    o.delete_team(asking(&owner, DeleteTeamRequest { id: team })).await.unwrap();
    let update = UpdateMemberRequest { id: mia.id.clone(), role: "admin".into(), name: "Mia".into() };
    o.update_member(asking(&owner, update)).await.unwrap();
    let as_mia = house.as_person(&mia).await;
    let request = CreateTokenRequest { name: "t".into(), scopes: vec!["read".into()], expires_at_us: 0 };
    let token =
        house.me().create_token(asking(&as_mia, request)).await.unwrap().into_inner().token.unwrap().id;
    house.me().revoke_token(asking(&as_mia, RevokeTokenRequest { id: token })).await.unwrap();
    let end = EndSessionRequest { session: mia.session.clone() };
    house.sign_in("gateway").end_session(end).await.unwrap();
    let invited = house.invite(&owner, "no@alpha.example", "guest").await.invitation.unwrap();
    o.revoke_invitation(asking(&owner, RevokeInvitationRequest { id: invited.id })).await.unwrap();
    o.rotate_keys(asking(&owner, RotateKeysRequest {})).await.unwrap();
    o.remove_member(asking(&owner, RemoveMemberRequest { id: mia.id.clone() })).await.unwrap();

    let entries = house.audit(&owner).await;
    let mut actions: Vec<_> = entries.iter().map(|entry| entry.action.as_str()).collect();
    actions.sort_unstable();
    assert_eq!(
        actions,
        [
            "invitation.revoked",
            "keys.rotated",
            "link.issued",
            "member.invited",
            "member.invited",
            "member.joined",
            "member.joined",
            "member.removed",
            "member.renamed",
            "member.role.admin",
            "organization.created",
            "organization.updated",
            "session.ended",
            "session.opened",
            "team.created",
            "team.deleted",
            "team.member.added",
            "team.member.removed",
            "team.renamed",
            "token.created",
            "token.created",
            "token.revoked",
        ]
    );
    for entry in &entries {
        let by_operator = entry.actor == "operator";
        assert!(by_operator || entry.actor == org.owner || entry.actor == mia.id, "{}", entry.actor);
        assert_eq!(entry.purpose, if by_operator { "operate" } else { "serve_team" });
    }
}

#[tokio::test]
async fn changes_are_told_on_the_bus_in_their_order_and_sealed() {
    let house = House::open().await;
    let org = house.bootstrap("Alpha", "ada@alpha.example").await;
    let owner = house.as_owner(&org).await;
    let mia = house.join(&owner, "mia@alpha.example", "member").await;
    house.org().remove_member(asking(&owner, RemoveMemberRequest { id: mia.id.clone() })).await.unwrap();
    eventually("five events", || async { house.said(org.id).await.len() == 5 }).await;
    let said = house.said(org.id).await;
    let founded = said[0].decode::<wire::OrganizationChanged>().unwrap().unwrap();
    assert_eq!(founded.cohort_floor, 5);
    let name = house.keyring().open(org.id, "organization", org.id.uuid(), &founded.name).await.unwrap();
    assert_eq!(name, b"Alpha");
    let members: Vec<_> =
        said.iter().filter_map(|event| event.decode::<wire::MemberChanged>().unwrap()).collect();
    let states: Vec<_> = members.iter().map(|member| (member.role.as_str(), member.active)).collect();
    assert_eq!(states, [("owner", true), ("member", false), ("member", true), ("member", false)]);
    assert_eq!(house.look("select count(*) from outbox"), "0", "the relay has moved all of it");
}
