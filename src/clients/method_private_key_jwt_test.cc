// RFC 7523, 3, case by case.
#include <fmt/format.h>
#include <gtest/gtest.h>

#include "clients/authenticator.h"
#include "clients/fake_config_store.h"
#include "clients/fake_single_use.h"
#include "jose/jwt.h"

namespace tessera::clients {
namespace {

constexpr std::int64_t kNowS = 1'800'000'000;
const Turn kTurn{base::from_s(kNowS), Lane::pool};
constexpr std::string_view kIssuer = "https://t.example/realms/r";
constexpr std::string_view kTokenEndpoint = "https://t.example/realms/r/oauth2/token";
constexpr std::string_view kJwtType = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer";

jose::SigningKey new_key(jose::Alg alg, std::string kid) { return *jose::SigningKey::generate(alg, std::move(kid)); }

/// The claims of a good assertion, one of them replaced, or left out by "".
std::string claims(std::string_view name = {}, std::string_view json = {}) {
  std::vector<std::pair<std::string_view, std::string>> members{{"iss", "\"app\""},
                                                                {"sub", "\"app\""},
                                                                {"aud", fmt::format("\"{}\"", kIssuer)},
                                                                {"jti", "\"one\""},
                                                                {"iat", std::to_string(kNowS)},
                                                                {"exp", std::to_string(kNowS + 60)}};
  std::string text;
  bool replaced = name.empty();
  for (auto& [key, value] : members) {
    if (key == name) value = json;
    replaced |= key == name;
    if (!value.empty()) text += fmt::format("{}\"{}\":{}", text.empty() ? "" : ",", key, value);
  }
  if (!replaced) text += fmt::format(",\"{}\":{}", name, json);
  return "{" + text + "}";
}

class PrivateKeyJwtTest : public testing::Test {
 protected:
  PrivateKeyJwtTest() {
    realm_.id = 1;
    client_.handle = Handle::random();
    client_.realm = 1;
    client_.client_id = "app";
    auto& policy = client_.policy.edit();
    policy.token_endpoint_auth_method = "private_key_jwt";
    policy.jwks = jwks({key_, other_});
  }

  static std::string jwks(const std::vector<jose::SigningKey>& keys) {
    std::string list;
    for (const auto& key : keys) list += (list.empty() ? "" : ",") + key.public_jwk();
    return "{\"keys\":[" + list + "]}";
  }
  std::string sign(std::string_view claims_json, std::string_view typ = "JWT") const {
    return *jose::JwtBuilder(key_, typ).sign(claims_json);
  }

  Result<AuthenticatedClient> show(std::string_view assertion, std::string request_id = Handle::random().str(), const Turn& turn = kTurn) {
    store_.client_rows = {client_};
    model::EndpointRequest request;
    request.dialect = "oauth2";
    request.request_id = std::move(request_id);
    request.credential.method = model::ClientAuthMethod::private_key_jwt;
    request.credential.client_id = "app";
    request.credential.assertion = Secret(std::string(assertion));
    request.credential.assertion_type = type_;
    return authenticator_.authenticate(realm_, request, turn);
  }
  Reason refused(std::string_view assertion) {
    const auto shown = show(assertion);
    EXPECT_FALSE(shown) << assertion;
    return shown ? Reason::internal : shown.error().reason;
  }
  Reason refused_claim(std::string_view name, std::string_view json) { return refused(sign(claims(name, json))); }

  jose::SigningKey key_ = new_key(jose::Alg::es256, "one");
  jose::SigningKey other_ = new_key(jose::Alg::eddsa, "other");
  FakeConfigStore store_;
  FakeSingleUse used_;
  std::string published_jwks_;
  PublishedKeys published_{[this](const std::string& uri) -> Result<std::string> {
    if (published_jwks_.empty()) return fail(Reason::outbound_failed, "nobody at " + uri);
    return published_jwks_;
  }};
  SecretHasher hasher_{Secret(std::string(32, 'p'))};
  SecretUse use_;
  model::Realm realm_;
  model::Client client_;
  std::string type_{kJwtType};
  Directory directory_{store_};
  Authenticator authenticator_{
      directory_, hasher_, use_,
      AssertionServices{.used = used_,
                        .published = published_,
                        .issuer_of = [](const model::Realm&) { return std::string(kIssuer); },
                        .token_endpoint_of = [](const model::EndpointRequest&) { return std::string(kTokenEndpoint); }}};
};

TEST_F(PrivateKeyJwtTest, ASignedAssertionOpens) {
  const auto shown = show(sign(claims()));
  ASSERT_TRUE(shown) << base::reason_name(shown.error().reason) << shown.error().context;
  EXPECT_EQ(shown->entry->client.handle, client_.handle);
  EXPECT_TRUE(shown->secret.empty());
  EXPECT_TRUE(show(sign(claims("jti", "\"two\""), "client-authentication+jwt")));
  EXPECT_TRUE(show(*jose::JwtBuilder(other_, "JWT").sign(claims("jti", "\"three\""))));
}

TEST_F(PrivateKeyJwtTest, AnAssertionIsUsedOnce) {
  const std::string assertion = sign(claims());
  ASSERT_TRUE(show(assertion));
  EXPECT_EQ(refused(assertion), Reason::assertion_reused);
  EXPECT_EQ(refused(sign(claims("iat", std::to_string(kNowS - 1)))), Reason::assertion_reused) << "it is the jti that counts";
  EXPECT_TRUE(show(sign(claims("jti", "\"two\""))));
}

TEST_F(PrivateKeyJwtTest, ARequestThatIsRunAgainIsTheSameShowing) {
  const std::string assertion = sign(claims());
  const auto early = show(assertion, "request", {kTurn.now, Lane::io});
  ASSERT_FALSE(early);
  EXPECT_TRUE(early.error().reason == Reason::would_wait || early.error().reason == Reason::would_look_up);
  EXPECT_TRUE(show(assertion, "request"));
  EXPECT_TRUE(show(assertion, "request", {kTurn.now, Lane::hash}));
  EXPECT_EQ(refused(assertion), Reason::assertion_reused);
}

TEST_F(PrivateKeyJwtTest, AJtiIsTheClientsOwn) {
  ASSERT_TRUE(show(sign(claims())));
  client_.handle = Handle::random();
  Directory directory(store_);
  directory_.on_committed({store::RemoveClient{store_.client_rows[0].handle}});
  EXPECT_TRUE(show(sign(claims())));
  EXPECT_EQ(used_.size(), 2U);
}

TEST_F(PrivateKeyJwtTest, Case61AnAudienceOtherThanTheIssuerAloneIsRefused) {
  for (const std::string& audience :
       {std::string("\"https://other.example\""), fmt::format("\"{}/\"", kIssuer), fmt::format("\"{}\"", kTokenEndpoint),
        fmt::format("[\"{}\",\"https://other.example\"]", kIssuer), fmt::format("[\"{}\",\"{}\"]", kIssuer, kTokenEndpoint)})
    EXPECT_EQ(refused_claim("aud", audience), Reason::assertion_audience_wrong) << audience;
  EXPECT_TRUE(show(sign(claims("aud", fmt::format("[\"{}\"]", kIssuer)))));
}

TEST_F(PrivateKeyJwtTest, Case61TheTokenEndpointIsAnAudienceByPolicy) {
  client_.policy.edit().token_endpoint_audience = true;
  EXPECT_TRUE(show(sign(claims("aud", fmt::format("\"{}\"", kTokenEndpoint)))));
  EXPECT_TRUE(show(*jose::JwtBuilder(other_, "JWT")
                        .sign(fmt::format(R"({{"iss":"app","sub":"app","aud":["{}","{}"],"jti":"two","exp":{}}})", kTokenEndpoint, kIssuer,
                                          kNowS + 60))));
  EXPECT_EQ(refused_claim("aud", fmt::format("[\"{}\",\"https://other.example\"]", kTokenEndpoint)), Reason::assertion_audience_wrong);
}

TEST_F(PrivateKeyJwtTest, Case62AClockMayBeAMinuteAhead) {
  EXPECT_EQ(refused_claim("nbf", std::to_string(kNowS + 61)), Reason::assertion_not_yet_valid);
  EXPECT_EQ(refused_claim("iat", std::to_string(kNowS + 61)), Reason::assertion_not_yet_valid);
  EXPECT_TRUE(show(sign(claims("nbf", std::to_string(kNowS + 8)))));
}

TEST_F(PrivateKeyJwtTest, Case63OneThatOutlivesTenMinutesIsRefusedAndNotRemembered) {
  EXPECT_EQ(refused_claim("exp", std::to_string(kNowS + 315'360'000)), Reason::assertion_too_long);
  EXPECT_EQ(refused_claim("exp", std::to_string(kNowS + 601)), Reason::assertion_too_long);
  EXPECT_EQ(refused_claim("exp", std::to_string(kNowS)), Reason::assertion_expired);
  EXPECT_EQ(used_.size(), 0U);
  EXPECT_TRUE(show(sign(claims("exp", std::to_string(kNowS + 600)))));
}

TEST_F(PrivateKeyJwtTest, AClaimThatIsMissingOrOfAnotherTypeIsRefused) {
  for (const std::string_view name : {"iss", "sub", "aud", "jti", "exp"}) {
    EXPECT_EQ(refused_claim(name, ""), Reason::assertion_malformed) << name;
    EXPECT_EQ(refused_claim(name, "{}"), Reason::assertion_malformed) << name;
  }
  EXPECT_EQ(refused_claim("aud", "[]"), Reason::assertion_malformed);
  EXPECT_EQ(refused_claim("aud", fmt::format("[\"{}\",1]", kIssuer)), Reason::assertion_malformed);
  EXPECT_EQ(refused_claim("exp", "1e300"), Reason::assertion_malformed);
  EXPECT_EQ(refused_claim("exp", "-1"), Reason::assertion_malformed);
  EXPECT_EQ(refused_claim("jti", '"' + std::string(256, 'j') + '"'), Reason::assertion_malformed);
  EXPECT_EQ(refused_claim("more\":1,\"sub", "\"app\""), Reason::assertion_malformed) << "57: a claim given twice";
  EXPECT_EQ(refused_claim("iss", "\"another\""), Reason::assertion_issuer_wrong);
  EXPECT_EQ(refused_claim("sub", "\"another\""), Reason::assertion_issuer_wrong);
}

TEST_F(PrivateKeyJwtTest, OnlyTheClientsKeysSign) {
  const auto stranger = new_key(jose::Alg::es256, "one");
  EXPECT_EQ(refused(*jose::JwtBuilder(stranger, "JWT").sign(claims())), Reason::assertion_signature_wrong);
  const auto unknown = new_key(jose::Alg::es256, "unknown");
  EXPECT_EQ(refused(*jose::JwtBuilder(unknown, "JWT").sign(claims())), Reason::assertion_key_unknown);
  const auto other_alg = new_key(jose::Alg::eddsa, "one");
  EXPECT_EQ(refused(*jose::JwtBuilder(other_alg, "JWT").sign(claims())), Reason::assertion_key_unknown) << "the algorithm is the key's";
  const auto symmetric = new_key(jose::Alg::hs512, "one");
  EXPECT_EQ(refused(*jose::JwtBuilder(symmetric, "JWT").sign(claims())), Reason::assertion_key_unknown);
  client_.policy.edit().jwks = "";
  directory_.on_committed({store::PutClient{client_}});
  EXPECT_EQ(refused(sign(claims())), Reason::assertion_key_unknown);
}

TEST_F(PrivateKeyJwtTest, AClientMayPublishItsKeys) {
  auto& policy = client_.policy.edit();
  policy.jwks = "";
  policy.jwks_uri = "https://app.example/jwks.json";
  const auto unreachable = show(sign(claims()));
  EXPECT_EQ(unreachable.error().reason, Reason::assertion_keys_unreachable);
  EXPECT_EQ(unreachable.error().context, "https://app.example/jwks.json: nobody at https://app.example/jwks.json");

  published_jwks_ = jwks({other_});
  const auto at = [](std::int64_t s, Lane lane = Lane::pool) { return Turn{base::from_s(kNowS + s), lane}; };
  EXPECT_EQ(show(sign(claims()), "a", at(10)).error().reason, Reason::assertion_key_unknown);
  published_jwks_ = jwks({key_, other_});
  EXPECT_EQ(show(sign(claims()), "b", at(20, Lane::io)).error().reason, Reason::would_wait);
  EXPECT_TRUE(show(sign(claims()), "b", at(20)));
  EXPECT_TRUE(show(sign(claims("jti", "\"two\"")), "c", at(21)));
  const auto stranger = new_key(jose::Alg::es256, "one");
  EXPECT_EQ(show(*jose::JwtBuilder(stranger, "JWT").sign(claims()), "d", at(21)).error().reason, Reason::assertion_signature_wrong);
}

TEST_F(PrivateKeyJwtTest, OtherTokensAndNonsenseAreNoAssertions) {
  EXPECT_EQ(refused(sign(claims(), "at+jwt")), Reason::assertion_type_wrong);
  for (const std::string_view nonsense : {"", "a.b.c", "eyJhbGciOiJub25lIn0.e30."})
    EXPECT_EQ(refused(nonsense), Reason::assertion_malformed) << nonsense;
  type_ = "urn:ietf:params:oauth:client-assertion-type:saml2-bearer";
  EXPECT_EQ(refused(sign(claims())), Reason::assertion_type_unknown);
}

TEST_F(PrivateKeyJwtTest, NothingIsIssuedWhileTheUseIsNotOnRecord) {
  used_.down = true;
  EXPECT_EQ(refused(sign(claims())), Reason::store_unavailable);
}

TEST(ClaimedClient, IsTheSubjectOfWhateverCanBeRead) {
  const auto key = new_key(jose::Alg::es256, "k");
  EXPECT_EQ(claimed_client(*jose::JwtBuilder(key, "JWT").sign(R"({"sub":"app"})")), "app");
  EXPECT_EQ(claimed_client(*jose::JwtBuilder(key, "JWT").sign(R"({"sub":7})")), "");
  EXPECT_EQ(claimed_client("nonsense"), "");
}

}  // namespace
}  // namespace tessera::clients
