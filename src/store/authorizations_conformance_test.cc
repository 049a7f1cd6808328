// Codes and consents.
#include "base/digest.h"
#include "store/store_conformance.h"

namespace tessera::store {
namespace {

/// A user who has signed in, and a code for the world's client.
class SignIn {
 public:
  explicit SignIn(World& world) : world_(world), session(world.session()) {
    session.expires_at_s = base::to_s(kNow) + 36'000;
    if (!authorizations().begin_session(kPool, session)) throw std::runtime_error("no session");
  }
  AuthorizationStore& authorizations() const { return world_.authorizations(); }
  model::AuthorizationCode code(const Handle& consent = {}, std::int64_t number = 0) const {
    return {.digest = base::sha256(Handle::random().str()),
            .realm = world_.realm.id,
            .client = world_.client.handle,
            .user = world_.user.handle,
            .session = session.handle,
            .consent = consent,
            .terms = {.redirect_uri = "https://app.example/cb",
                      .redirect_uri_given = true,
                      .scope = "openid accounts",
                      .nonce = "n-\"1\"",
                      .challenge = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM",
                      .challenge_method = model::ChallengeMethod::s256,
                      .acr = "1",
                      .claims = "{\"userinfo\":{}}"},
            .expires_at_s = base::to_s(kNow) + 60,
            .rev = model::make_rev(1, number)};
  }
  model::AuthorizationCode put(const Handle& consent = {}) const {
    auto made = code(consent);
    if (const auto status = authorizations().put_code(kPool, made); !status) throw std::runtime_error(status.error().context);
    return made;
  }
  model::Family family(const model::AuthorizationCode& of) const {
    auto made = world_.family();
    made.session = session.handle;
    made.consent = of.consent;
    made.rev = of.rev;
    return made;
  }
  Status redeem(const model::AuthorizationCode& of, const Turn& turn = kPool) const {
    return authorizations().redeem(turn, of.digest, std::nullopt, family(of));
  }
  model::Consent consent(const std::string& scope, bool remembered = true) const {
    return {.handle = Handle::random(),
            .realm = world_.realm.id,
            .user = world_.user.handle,
            .client = world_.client.handle,
            .scope = scope,
            .remembered = remembered,
            .remembered_scope = remembered ? scope : "",
            .granted_at = kNow};
  }
  void withdraw(const Handle& consent) const { world_.must({Revoke{.kind = model::RevocationKind::consent, .id = consent}}); }

 private:
  World& world_;

 public:
  model::Session session;
};

TEST_P(StoreConformance, ACodeIsKeptAsItWasIssued) {
  const SignIn signed_in(world);
  const auto put = signed_in.put();
  const auto found = signed_in.authorizations().find_code(kPool, put.digest);
  ASSERT_TRUE(found);
  EXPECT_EQ(found->terms, put.terms);
  EXPECT_EQ(found->client, put.client);
  EXPECT_EQ(found->user, put.user);
  EXPECT_EQ(found->session, put.session);
  EXPECT_EQ(found->expires_at_s, put.expires_at_s);
  EXPECT_EQ(found->rev, put.rev);
  EXPECT_FALSE(found->spent);
  EXPECT_EQ(reason_of(signed_in.authorizations().find_code(kPool, base::sha256("another"))), Reason::code_unknown);
}

TEST_P(StoreConformance, ACodeIsRedeemedOnce) {
  const SignIn signed_in(world);
  const auto code = signed_in.put();
  const auto family = signed_in.family(code);
  ASSERT_TRUE(signed_in.authorizations().redeem(kPool, code.digest, std::nullopt, family));
  EXPECT_EQ(reason_of(signed_in.redeem(code)), Reason::code_spent);
  const auto found = signed_in.authorizations().find_code(kPool, code.digest);
  EXPECT_TRUE(found->spent);
  EXPECT_EQ(found->family, family.handle);
  EXPECT_TRUE(world.sessions().find_family(kPool, family.handle));
}

TEST_P(StoreConformance, OfManyRedemptionsOfACodeOneWins) {
  constexpr int kRedemptions = 50;
  const SignIn signed_in(world);
  const auto code = signed_in.put();
  std::atomic<int> won = 0;
  in_parallel(kRedemptions, [&](int) { won += signed_in.redeem(code).has_value() ? 1 : 0; });
  EXPECT_EQ(won, 1);
  EXPECT_EQ(world.count("family"), 1);
}

TEST_P(StoreConformance, ABurntOrExpiredCodeIsGone) {
  const SignIn signed_in(world);
  const auto burnt = signed_in.put();
  ASSERT_TRUE(signed_in.authorizations().burn(kPool, burnt.digest));
  EXPECT_EQ(reason_of(signed_in.redeem(burnt)), Reason::code_spent);
  const auto late = signed_in.put();
  EXPECT_EQ(reason_of(signed_in.redeem(late, at(60))), Reason::code_expired);
  ASSERT_TRUE(signed_in.redeem(late, at(59)));
  EXPECT_EQ(*signed_in.authorizations().sweep_codes(kNow + std::chrono::seconds(60), 10), 0);
  EXPECT_EQ(*signed_in.authorizations().sweep_codes(kNow + std::chrono::seconds(61), 10), 2);
}

TEST_P(StoreConformance, ACodeNeedsWhatItDescendsFrom) {
  const SignIn signed_in(world);
  const auto code = signed_in.put();
  world.must({Revoke{.kind = Kind::session, .id = signed_in.session.handle}});
  EXPECT_EQ(reason_of(signed_in.redeem(code)), Reason::refresh_ended);
  EXPECT_EQ(reason_of(signed_in.authorizations().put_code(kPool, signed_in.code())), Reason::session_ended);

  const SignIn again(world);
  const auto of_user = again.put();
  world.must({Revoke{.kind = Kind::user, .id = world.user.handle}});
  EXPECT_EQ(reason_of(again.redeem(of_user)), Reason::refresh_ended);
  EXPECT_EQ(reason_of(again.authorizations().begin_session(kPool, world.session())), Reason::session_ended) << "it began before";
  EXPECT_TRUE(again.authorizations().begin_session(kPool, world.session(head())));
}

TEST_P(StoreConformance, ConsentsAreWidenedAndWithdrawn) {
  const SignIn signed_in(world);
  auto& authorizations = signed_in.authorizations();
  EXPECT_EQ(reason_of(authorizations.find_consent(kPool, world.user.handle, world.client.handle)), Reason::record_missing);
  const auto first = authorizations.grant_consent(kPool, signed_in.consent("openid accounts"));
  const auto second = authorizations.grant_consent(kPool, signed_in.consent("accounts payments", false));
  ASSERT_TRUE(first && second);
  EXPECT_EQ(second->handle, first->handle);
  EXPECT_EQ(second->scope, "openid accounts payments");
  const auto found = authorizations.find_consent(kPool, world.user.handle, world.client.handle);
  EXPECT_EQ(found->scope, "openid accounts payments");
  EXPECT_TRUE(found->remembered);
  EXPECT_EQ(found->remembered_scope, "openid accounts") << "what was allowed once is asked again";
  EXPECT_EQ(authorizations.grant_consent(kPool, signed_in.consent("payments"))->remembered_scope, "openid accounts payments");
  ASSERT_EQ(authorizations.consents_of(world.user.handle)->size(), 1U);

  const auto code = signed_in.put(first->handle);
  const auto redeemed = signed_in.put(first->handle);
  const auto family = signed_in.family(redeemed);
  ASSERT_TRUE(authorizations.redeem(kPool, redeemed.digest, std::nullopt, family));
  EXPECT_EQ(world.sessions().find_family(kPool, family.handle)->consent, first->handle);
  EXPECT_EQ(world.sessions().find_for_rotation(kPool, family.handle)->family.consent, first->handle);
  signed_in.withdraw(first->handle);
  EXPECT_TRUE(authorizations.consents_of(world.user.handle)->empty());
  EXPECT_EQ(reason_of(signed_in.redeem(code)), Reason::refresh_ended) << "27";
  EXPECT_EQ(reason_of(world.rotate(family, 0)), Reason::refresh_ended);
  EXPECT_TRUE(world.sessions().find_family(kPool, family.handle)->ended);
  EXPECT_EQ(reason_of(authorizations.put_code(kPool, signed_in.code(first->handle))), Reason::session_ended);
  const auto third = authorizations.grant_consent(kPool, signed_in.consent("openid"));
  EXPECT_NE(third->handle, first->handle) << "a name of lineage is never used twice";
}

TEST_P(StoreConformance, ConsentsThatMeetBecomeOne) {
  const SignIn signed_in(world);
  in_parallel(8,
              [&](int i) { EXPECT_TRUE(signed_in.authorizations().grant_consent(kPool, signed_in.consent("scope" + std::to_string(i)))); });
  EXPECT_EQ(world.count("consent"), 1);
  EXPECT_EQ(signed_in.authorizations().find_consent(kPool, world.user.handle, world.client.handle)->scope.size(), 8 * 7 - 1U);
}

}  // namespace
}  // namespace tessera::store
