#include "tokens/id_token_hint.h"

#include <gtest/gtest.h>

#include "jose/json.h"
#include "store/sql_store.h"
#include "tokens/issuer.h"

namespace tessera::tokens {
namespace {

const TimePoint kNow = base::from_s(1'900'000'000);
const Turn kTurn{.now = kNow, .lane = Lane::pool};
constexpr auto kSigning = store::KeyRecord::State::signing;

boost::json::object claims_of(std::string_view token) { return jose::parse_json(jose::parse_jwt(token)->payload)->as_object(); }

class IdTokenHintTest : public testing::Test {
 protected:
  IdTokenHintTest() {
    for (const char* name : {"bank", "other"}) {
      model::Realm realm{.handle = Handle::random()};
      realm.name = name;
      EXPECT_TRUE(store_->config().commit(kTurn, {store::PutRealm{realm}}, {}));
    }
    realms_ = *store_->config().realms();
    for (const auto& realm : realms_) EXPECT_TRUE(store_->config().commit(kTurn, *keyring_.first_keys(realm.id, "ES256", kNow), {}));
    EXPECT_TRUE(keyring_.load(realms_));
    client_.client_id = "app";
    client_.policy.edit().id_token_signed_response_alg = "ES256";
    user_.handle = Handle::random();
  }

  static keys::Sealer make_sealer() {
    std::vector<Secret> master;
    master.emplace_back(std::string(32, 'k'));
    return keys::Sealer(std::move(master));
  }
  const model::Realm& realm(std::string_view name) const { return realms_.front().name == name ? realms_.front() : realms_.back(); }

  /// What a client of the realm gets, long expired.
  model::TokenSet tokens(std::string_view name, const std::string& profile = "rfc9068", const std::string& alg = "ES256") const {
    model::Authorization authorization;
    authorization.realm = std::make_shared<model::Realm>(realm(name));
    auto client = client_;
    auto& policy = client.policy.edit();
    policy.claims_profile = profile;
    policy.id_token_signed_response_alg = alg;
    authorization.client = std::make_shared<model::Client>(client);
    authorization.user = std::make_shared<model::User>(user_);
    authorization.lineage.session = session_;
    authorization.scope = "openid";
    authorization.expires_at_s = 1;
    return *issuer_.issue(authorization, 0, kNow);
  }
  Result<IdTokenHint> read(std::string_view token, std::string_view name = "bank") const {
    return read_id_token_hint(keyring_, realm(name), issuer_.issuer_of(name), token);
  }
  /// Claims of the test's own under the realm's key.
  std::string sign(std::string_view claims, std::string_view typ = "JWT") const {
    const auto key = keyring_.realm(realm("bank").id)->signing.find("ES256")->second->plain.key();
    return *jose::JwtBuilder(key, typ).sign(claims);
  }

  std::unique_ptr<store::Store> store_ = *store::open_store_in_memory();
  keys::Sealer sealer_ = make_sealer();
  keys::Keyring keyring_{store_->config(), sealer_};
  RefreshTokens refresh_tokens_{keyring_, 1};
  Issuer issuer_{keyring_, refresh_tokens_, "https://as"};
  std::vector<model::Realm> realms_;
  model::Client client_;
  model::User user_;
  Handle session_ = Handle::random();
};

TEST_F(IdTokenHintTest, AnIdTokenOfOursSaysWhomItWasIssuedFor) {
  const auto hint = read(*tokens("bank").id_token);
  ASSERT_TRUE(hint) << hint.error().context;
  EXPECT_EQ(hint->client_id, "app");
  EXPECT_EQ(hint->subject, user_.handle.uuid());
  EXPECT_EQ(hint->session, session_);
  EXPECT_TRUE(hint->is_about({.handle = session_, .user = Handle::random()}, "somebody"));
  EXPECT_TRUE(hint->is_about({.handle = Handle::random(), .user = user_.handle}, user_.handle.uuid()))
      << "another session of the same user";
  EXPECT_FALSE(hint->is_about({.handle = Handle::random(), .user = Handle::random()}, "somebody"));
  EXPECT_FALSE(hint->is_about({.handle = Handle::random(), .user = Handle::random()}, ""));
}

TEST_F(IdTokenHintTest, APairwiseClientIsToldOneSubjectEverywhere) {
  const auto& bank = realm("bank");
  ASSERT_TRUE(store_->config().commit(kTurn, {store::PutKey{*keyring_.make_key(bank.id, keys::kPairwise, kSigning, kNow)}}, {}));
  ASSERT_TRUE(keyring_.reload(bank));
  auto& policy = client_.policy.edit();
  policy.subject_type = model::SubjectType::pairwise;
  policy.redirect_uris = {"https://app.example/cb"};
  const std::string subject = *issuer_.subject_of(bank, client_, user_.handle);
  EXPECT_EQ(subject.size(), 43U);
  for (const char* profile : {"rfc9068", "keycloak", "flinks"}) {
    const auto given = tokens("bank", profile);
    for (const std::string& token : {given.access_token, *given.id_token}) {
      EXPECT_EQ(claims_of(token).at("sub").as_string(), subject) << profile;
      EXPECT_EQ(jose::parse_jwt(token)->payload.find(user_.handle.uuid()), std::string::npos) << profile;
    }
    EXPECT_EQ(given.subject, user_.handle.uuid()) << "the audit names whom we know";
  }
  const auto logout = issuer_.logout_token(bank, client_, {.user = user_.handle, .session = session_}, kNow);
  EXPECT_EQ(claims_of(*logout).at("sub").as_string(), subject);
  EXPECT_TRUE(read(*tokens("bank").id_token)->is_about({.handle = Handle::random(), .user = user_.handle}, subject));
}

TEST_F(IdTokenHintTest, EachClientHasTheAlgorithmThatItAskedFor) {
  const auto& bank = realm("bank");
  ASSERT_TRUE(store_->config().commit(kTurn, *keyring_.rotate(bank.id, "EdDSA", 0, kNow), {}));
  ASSERT_TRUE(keyring_.reload(bank));
  const auto tokens_of = [&](const std::string& alg) { return tokens("bank", "rfc9068", alg); };
  EXPECT_EQ(jose::parse_jwt(*tokens_of("ES256").id_token)->alg, "ES256");
  const auto other = tokens_of("EdDSA");
  EXPECT_EQ(jose::parse_jwt(*other.id_token)->alg, "EdDSA");
  EXPECT_EQ(jose::parse_jwt(other.access_token)->alg, "ES256") << "access tokens are the realm's affair";
  EXPECT_TRUE(read(*other.id_token));

  client_.policy.edit().id_token_signed_response_alg = "EdDSA";
  const auto logout = issuer_.logout_token(bank, client_, {.user = user_.handle, .session = session_}, kNow);
  EXPECT_EQ(jose::parse_jwt(*logout)->alg, "EdDSA");
}

TEST_F(IdTokenHintTest, AnythingElseIsRefused) {
  const std::string good = *tokens("bank").id_token;
  std::string forged = good;
  forged[forged.size() - 10] = forged[forged.size() - 10] == 'A' ? 'B' : 'A';
  const auto logout = *issuer_.logout_token(realm("bank"), client_, {.user = user_.handle, .session = session_}, kNow);
  const std::pair<std::string, std::string> wrong[] = {
      {"forged", forged},
      {"another realm's", *tokens("other").id_token},
      {"an access token", tokens("bank").access_token},
      {"an access token in Keycloak's form", tokens("bank", "keycloak").access_token},
      {"a logout token", logout},
      {"nothing", ""},
      {"no JWT", "a.b.c"},
      {"another issuer", sign(R"({"typ":"ID","iss":"https://evil/realms/bank","aud":"app","sub":"s"})")},
      {"no audience", sign(R"({"typ":"ID","iss":"https://as/realms/bank","sub":"s"})")},
      {"no subject", sign(R"({"typ":"ID","iss":"https://as/realms/bank","aud":"app"})")},
      {"another type in the header", sign(R"({"typ":"ID","iss":"https://as/realms/bank","aud":"app","sub":"s"})", "at+jwt")},
  };
  for (const auto& [what, token] : wrong) {
    const auto hint = read(token);
    EXPECT_EQ(hint ? Reason::internal : hint.error().reason, Reason::id_token_hint_invalid) << what;
  }
  EXPECT_FALSE(read(good, "other"));
}

TEST_F(IdTokenHintTest, ALogoutTokenSaysWhatEnded) {
  const auto token = issuer_.logout_token(realm("bank"), client_, {.user = user_.handle, .session = session_}, kNow);
  const auto parsed = jose::parse_jwt(*token);
  ASSERT_TRUE(parsed);
  EXPECT_EQ(parsed->typ, "logout+jwt");
  const auto claims = jose::parse_json(parsed->payload)->as_object();
  EXPECT_EQ(claims.at("iss").as_string(), "https://as/realms/bank");
  EXPECT_EQ(claims.at("aud").as_string(), "app");
  EXPECT_EQ(claims.at("sub").as_string(), user_.handle.uuid());
  EXPECT_EQ(claims.at("sid").as_string(), session_.uuid());
  EXPECT_TRUE(claims.at("events").as_object().contains("http://schemas.openid.net/event/backchannel-logout"));
  EXPECT_FALSE(claims.contains("nonce"));
}

}  // namespace
}  // namespace tessera::tokens
