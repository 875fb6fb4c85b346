//! Roles, invitations, teams, paging, validation.

use proto::identity::v1::*;
use tonic::Code;

use crate::house::{House, asking, code, field};

fn role(id: &str, role: &str) -> UpdateMemberRequest {
    UpdateMemberRequest { id: id.into(), role: role.into(), name: String::new() }
}

#[tokio::test]
async fn the_last_owner_stays_owner() {
    let house = House::open().await;
    let org = house.bootstrap("Alpha", "ada@alpha.example").await;
    let owner = house.as_owner(&org).await;
    let invited = house.invite(&owner, "ivy@alpha.example", "owner").await;
    for attempt in [role(&org.owner, "admin"), role(&org.owner, "guest")] {
        let refused = house.org().update_member(asking(&owner, attempt)).await.unwrap_err();
        assert_eq!(refused.code(), Code::AlreadyExists, "an invited owner is no owner yet");
    }
    let remove = RemoveMemberRequest { id: org.owner.clone() };
    assert_eq!(code(house.org().remove_member(asking(&owner, remove.clone())).await), Code::AlreadyExists);

    house.redeem(&invited.link_token).await.unwrap();
    house.org().remove_member(asking(&owner, remove)).await.unwrap();
    assert_eq!(house.look("select count(*) from member where role = 'owner' and status = 'active'"), "1");
}

#[tokio::test]
async fn two_owners_who_demote_each_other_at_once_leave_one() {
    let house = House::open().await;
    let org = house.bootstrap("Alpha", "ada@alpha.example").await;
    let ada = house.as_owner(&org).await;
    for round in 0..5 {
        let ben = house.join(&ada, &format!("ben{round}@alpha.example"), "owner").await;
        let as_ben = house.as_person(&ben).await;
        let (mut a, mut b) = (house.org(), house.org());
        let (first, second) = tokio::join!(
            a.update_member(asking(&ada, role(&ben.id, "member"))),
            b.update_member(asking(&as_ben, role(&org.owner, "member"))),
        );
        assert_eq!([first.is_ok(), second.is_ok()].into_iter().filter(|ok| *ok).count(), 1);
        assert_eq!(house.look("select count(*) from member where role = 'owner' and status = 'active'"), "1");
        if second.is_ok() {
            house.org().update_member(asking(&as_ben, role(&org.owner, "owner"))).await.unwrap();
            house.org().update_member(asking(&ada, role(&ben.id, "member"))).await.unwrap();
        }
    }
}

#[tokio::test]
async fn only_owners_make_and_change_owners() {
    let house = House::open().await;
    let org = house.bootstrap("Alpha", "ada@alpha.example").await;
    let owner = house.as_owner(&org).await;
    let admin = house.join(&owner, "ben@alpha.example", "admin").await;
    let as_admin = house.as_person(&admin).await;
    let mia = house.join(&as_admin, "mia@alpha.example", "member").await;

    for attempt in [role(&admin.id, "owner"), role(&mia.id, "owner"), role(&org.owner, "member")] {
        let outcome = house.org().update_member(asking(&as_admin, attempt)).await;
        assert_eq!(code(outcome), Code::PermissionDenied);
    }
    let rename = UpdateMemberRequest { id: org.owner.clone(), role: String::new(), name: "Eve".into() };
    assert_eq!(code(house.org().update_member(asking(&as_admin, rename)).await), Code::PermissionDenied);
    let remove = RemoveMemberRequest { id: org.owner.clone() };
    assert_eq!(code(house.org().remove_member(asking(&as_admin, remove)).await), Code::PermissionDenied);
    let invite = CreateInvitationRequest {
        email: "o@alpha.example".into(),
        role: "owner".into(),
        ..Default::default()
    };
    assert_eq!(code(house.org().create_invitation(asking(&as_admin, invite)).await), Code::PermissionDenied);
    assert_eq!(
        code(house.org().rotate_keys(asking(&as_admin, RotateKeysRequest {})).await),
        Code::PermissionDenied
    );

    let changed =
        house.org().update_member(asking(&owner, role(&mia.id, "owner"))).await.unwrap().into_inner();
    assert_eq!(changed.member.unwrap().role, "owner");
    let as_mia = house.as_person(&mia).await;
    house.org().rotate_keys(asking(&as_mia, RotateKeysRequest {})).await.unwrap();
}

#[tokio::test]
async fn an_owner_who_was_demoted_keeps_nothing_of_it_for_the_minutes_of_a_token() {
    let house = House::open().await;
    let org = house.bootstrap("Alpha", "ada@alpha.example").await;
    let ada = house.as_owner(&org).await;
    let ben = house.join(&ada, "ben@alpha.example", "owner").await;
    let as_ben = house.as_person(&ben).await;
    house.org().update_member(asking(&ada, role(&ben.id, "member"))).await.unwrap();
    assert_eq!(
        code(house.org().update_member(asking(&as_ben, role(&ben.id, "owner"))).await),
        Code::Unauthenticated
    );
}

#[tokio::test]
async fn guests_do_not_see_the_directory_and_members_do_not_manage_it() {
    let house = House::open().await;
    let org = house.bootstrap("Alpha", "ada@alpha.example").await;
    let owner = house.as_owner(&org).await;
    let guest = house.as_person(&house.join(&owner, "gil@guest.example", "guest").await).await;
    let member = house.as_person(&house.join(&owner, "mia@alpha.example", "member").await).await;
    let directory = |token: &str| asking(token, ListMembersRequest::default());
    assert_eq!(code(house.org().list_members(directory(&guest)).await), Code::PermissionDenied);
    assert_eq!(
        code(house.org().list_teams(asking(&guest, ListTeamsRequest {})).await),
        Code::PermissionDenied
    );
    assert!(house.org().get_organization(asking(&guest, GetOrganizationRequest {})).await.is_ok());
    assert_eq!(house.org().list_members(directory(&member)).await.unwrap().into_inner().members.len(), 3);
    assert_eq!(
        code(house.org().list_invitations(asking(&member, ListInvitationsRequest {})).await),
        Code::PermissionDenied
    );
    assert_eq!(
        code(house.org().list_audit(asking(&member, ListAuditRequest::default())).await),
        Code::PermissionDenied
    );
    let team = CreateTeamRequest { name: "Mine".into() };
    assert_eq!(code(house.org().create_team(asking(&member, team)).await), Code::PermissionDenied);
}

#[tokio::test]
async fn inviting_an_address_again_is_the_same_invitation_with_a_new_link() {
    let house = House::open().await;
    let org = house.bootstrap("Alpha", "ada@alpha.example").await;
    let owner = house.as_owner(&org).await;
    let first = house.invite(&owner, "mia@alpha.example", "member").await;
    let again = house.invite(&owner, "MIA@Alpha.example", "guest").await;
    let (one, two) = (first.invitation.unwrap(), again.invitation.unwrap());
    assert_eq!((&one.id, &one.member_id), (&two.id, &two.member_id));
    assert_eq!((two.role.as_str(), two.email.as_str()), ("guest", "mia@alpha.example"));
    assert_eq!(two.expires_at_us - house.clock.now_us(), 7 * 24 * 3600 * 1_000_000);
    let open =
        house.org().list_invitations(asking(&owner, ListInvitationsRequest {})).await.unwrap().into_inner();
    assert_eq!(open.invitations.len(), 1);
    assert_eq!(
        code(house.redeem(&first.link_token).await),
        Code::Unauthenticated,
        "the first link is replaced"
    );

    house.redeem(&again.link_token).await.unwrap();
    let open =
        house.org().list_invitations(asking(&owner, ListInvitationsRequest {})).await.unwrap().into_inner();
    assert_eq!(open.invitations.len(), 0);
    let request = CreateInvitationRequest {
        email: "mia@alpha.example".into(),
        role: "member".into(),
        ..Default::default()
    };
    let refused = house.org().create_invitation(asking(&owner, request)).await.unwrap_err();
    assert_eq!(refused.metadata().get(rpc::REASON).unwrap(), "already_member");
}

#[tokio::test]
async fn a_revoked_invitation_opens_nothing_and_who_was_removed_can_come_back() {
    let house = House::open().await;
    let org = house.bootstrap("Alpha", "ada@alpha.example").await;
    let owner = house.as_owner(&org).await;
    let invited = house.invite(&owner, "mia@alpha.example", "member").await;
    let revoke = RevokeInvitationRequest { id: invited.invitation.unwrap().id };
    house.org().revoke_invitation(asking(&owner, revoke.clone())).await.unwrap();
    assert_eq!(code(house.org().revoke_invitation(asking(&owner, revoke)).await), Code::NotFound);
    assert_eq!(code(house.redeem(&invited.link_token).await), Code::Unauthenticated);
    let mia = house.join(&owner, "mia@alpha.example", "member").await;
    let as_mia = house.as_person(&mia).await;
    let token = CreateTokenRequest { name: "t".into(), scopes: vec!["read".into()], expires_at_us: 0 };
    let secret = house.me().create_token(asking(&as_mia, token)).await.unwrap().into_inner().secret;
    house.org().remove_member(asking(&owner, RemoveMemberRequest { id: mia.id.clone() })).await.unwrap();
    let back = house.join(&owner, "mia@alpha.example", "guest").await;
    assert_eq!(back.id, mia.id);
    assert_eq!(code(house.exchange(&mia.session, "").await), Code::Unauthenticated);
    assert_eq!(code(house.exchange("", &secret).await), Code::Unauthenticated, "what ended stays ended");
}

#[tokio::test]
async fn teams_reach_the_caller_token_and_leave_with_the_member() {
    let house = House::open().await;
    let org = house.bootstrap("Alpha", "ada@alpha.example").await;
    let owner = house.as_owner(&org).await;
    let team = house.org().create_team(asking(&owner, CreateTeamRequest { name: "Core".into() })).await;
    let team = team.unwrap().into_inner().team.unwrap();
    let mia = house.join(&owner, "mia@alpha.example", "member").await;
    let put = PutTeamMemberRequest { team_id: team.id.clone(), member_id: mia.id.clone() };
    for _ in 0..2 {
        let now = house
            .org()
            .put_team_member(asking(&owner, put.clone()))
            .await
            .unwrap()
            .into_inner()
            .team
            .unwrap();
        assert_eq!(now.member_ids, std::slice::from_ref(&mia.id));
    }
    let rename = UpdateTeamRequest { id: team.id.clone(), name: "Kernel".into() };
    house.org().update_team(asking(&owner, rename)).await.unwrap();
    house.org().remove_member(asking(&owner, RemoveMemberRequest { id: mia.id.clone() })).await.unwrap();
    let teams = house.org().list_teams(asking(&owner, ListTeamsRequest {})).await.unwrap().into_inner().teams;
    assert_eq!((teams[0].name.as_str(), teams[0].member_ids.len()), ("Kernel", 0));
    assert_eq!(code(house.org().put_team_member(asking(&owner, put)).await), Code::NotFound);

    let request = CreateInvitationRequest {
        email: "zoe@alpha.example".into(),
        role: "guest".into(),
        name: "Zoe".into(),
        team_ids: vec![team.id.clone()],
    };
    let zoe = house.org().create_invitation(asking(&owner, request)).await.unwrap().into_inner();
    let session = house.redeem(&zoe.link_token).await.unwrap().session;
    let issued = house.exchange(&session, "").await.unwrap();
    let claims = issued.tokens["feed"].split('.').nth(1).unwrap();
    let claims = base64::Engine::decode(&base64::engine::general_purpose::URL_SAFE_NO_PAD, claims).unwrap();
    assert!(String::from_utf8(claims).unwrap().contains(&team.id));
    house.org().delete_team(asking(&owner, DeleteTeamRequest { id: team.id.clone() })).await.unwrap();
    assert_eq!(house.look("select count(*) from team_member"), "0");
}

#[tokio::test]
async fn the_directory_comes_in_pages_without_loss_or_repeats() {
    let house = House::open().await;
    let org = house.bootstrap("Alpha", "ada@alpha.example").await;
    let owner = house.as_owner(&org).await;
    for n in 0..6 {
        house.invite(&owner, &format!("m{n}@alpha.example"), "member").await;
    }
    let (mut seen, mut cursor) = (Vec::new(), String::new());
    loop {
        let request = ListMembersRequest { limit: 2, cursor };
        let page = house.org().list_members(asking(&owner, request)).await.unwrap().into_inner();
        assert!(page.members.len() <= 2);
        seen.extend(page.members.into_iter().map(|member| member.email));
        cursor = page.next_cursor;
        if cursor.is_empty() {
            break;
        }
    }
    seen.sort();
    seen.dedup();
    assert_eq!(seen.len(), 7);
    for (limit, cursor, at) in [(201, "", "limit"), (1, "???", "cursor")] {
        let request = ListMembersRequest { limit, cursor: cursor.into() };
        let wrong = house.org().list_members(asking(&owner, request)).await.unwrap_err();
        assert_eq!((wrong.code(), field(&wrong)), (Code::InvalidArgument, at));
    }
}

#[tokio::test]
async fn wrong_input_is_named_by_its_field() {
    let house = House::open().await;
    let org = house.bootstrap("Alpha", "ada@alpha.example").await;
    let owner = house.as_owner(&org).await;
    let invite = |email: &str, role: &str, name: &str, team: &str| CreateInvitationRequest {
        email: email.into(),
        role: role.into(),
        name: name.into(),
        team_ids: if team.is_empty() { vec![] } else { vec![team.into()] },
    };
    let absent = ids::TeamId::from_uuid(uuid::Uuid::from_u128(5)).to_string();
    for (request, at) in [
        (invite("nobody", "member", "", ""), "email"),
        (invite("a@a.example", "king", "", ""), "role"),
        (invite("a@a.example", "member", "a\u{7}", ""), "name"),
        (invite("a@a.example", "member", "", "core"), "team_ids"),
        (invite("a@a.example", "member", "", &absent), "team_ids"),
    ] {
        let wrong = house.org().create_invitation(asking(&owner, request)).await.unwrap_err();
        assert_eq!((wrong.code(), field(&wrong)), (Code::InvalidArgument, at));
    }
    for (name, floor, at) in [("", 4, "cohort_floor"), ("", 1001, "cohort_floor"), ("\n", 0, "name")] {
        let request = UpdateOrganizationRequest { name: name.into(), cohort_floor: floor };
        let wrong = house.org().update_organization(asking(&owner, request)).await.unwrap_err();
        assert_eq!((wrong.code(), field(&wrong)), (Code::InvalidArgument, at));
    }
    let raise = UpdateOrganizationRequest { name: "Alpha 2".into(), cohort_floor: 9 };
    let raised =
        house.org().update_organization(asking(&owner, raise)).await.unwrap().into_inner().org.unwrap();
    assert_eq!((raised.name.as_str(), raised.cohort_floor), ("Alpha 2", 9));
    let lower = UpdateOrganizationRequest { name: String::new(), cohort_floor: 8 };
    assert_eq!(code(house.org().update_organization(asking(&owner, lower)).await), Code::InvalidArgument);
    for (scopes, expires, at) in [
        (vec![], 0, "scopes"),
        (vec!["read".to_owned()], 1, "expires_at"),
        (vec!["root".to_owned()], 0, "scopes"),
    ] {
        let request = CreateTokenRequest { name: "t".into(), scopes, expires_at_us: expires };
        let wrong = house.me().create_token(asking(&owner, request)).await.unwrap_err();
        assert_eq!((wrong.code(), field(&wrong)), (Code::InvalidArgument, at));
    }
}
