// From standard terms to the wire.
#include "dialects/encode.h"

#include <gtest/gtest.h>

#include "dialects/test_support.h"

namespace tessera::dialects {
namespace {

using model::EndpointKind;

model::TokenSet token_set() {
  model::TokenSet tokens;
  tokens.access_token = "a.b.c";
  tokens.issued_at_s = 1'800'000'000;
  tokens.expires_in_s = 900;
  tokens.not_before_policy_s = 0;
  return tokens;
}

model::TokenSet full_set() {
  model::TokenSet tokens = token_set();
  tokens.refresh_token = "r.r.r";
  tokens.refresh_expires_in_s = 1800;
  tokens.session_state = "4a273b32-cc81-4bb3-bbc3-636d2c0d759d";
  tokens.scope = "xs2a_mock:user profile";
  tokens.custom = {{"mandator_name", {"finAPI \"Demobank\"", false}}, {"is_test_mandator", {"false", false}}, {"live", {"true", true}}};
  return tokens;
}

struct EncodeTest : testing::Test {
  Bench bench{{{"finlex", "tenders", ""}, {"flinks", "flinks", ""}, {"finapi", "", ""}, {"gocardless", "bank", "/api"}}};

  void answer(EndpointKind kind, std::function<Result<model::Reply>()> with) { bench.endpoint(kind).answer = std::move(with); }
  void answer_tokens(const model::TokenSet& tokens) {
    answer(EndpointKind::token, [tokens] { return model::Reply(tokens); });
  }
  void refuse_with(EndpointKind kind, Reason reason, int retry_after_s = 0) {
    answer(kind, [=] { return std::unexpected(Error{reason, "for the log only", retry_after_s}); });
  }
};

TEST_F(EncodeTest, FinapisTokenResponse) {
  answer_tokens(full_set());
  const auto response = bench.send("POST", "/realms/customer/protocol/openid-connect/token", kForm, "grant_type=password");
  EXPECT_EQ(response->status, 200);
  EXPECT_EQ(response->body,
            R"({"access_token":"a.b.c","expires_in":900,"refresh_expires_in":1800,"refresh_token":"r.r.r","token_type":"Bearer",)"
            R"("not-before-policy":0,"session_state":"4a273b32-cc81-4bb3-bbc3-636d2c0d759d","scope":"xs2a_mock:user profile",)"
            R"("mandator_name":"finAPI \"Demobank\"","is_test_mandator":"false","live":true})");
  EXPECT_EQ(header_of(*response, "Content-Type"), "application/json");
  EXPECT_EQ(header_of(*response, "Cache-Control"), "no-store");
  EXPECT_EQ(header_of(*response, "Pragma"), "no-cache");
}

TEST_F(EncodeTest, ARefusalMayNameTheBoundThatWasPassed) {
  answer(EndpointKind::token, [] {
    return std::unexpected(Error{.reason = Reason::expiry_beyond_cap, .context = "for the log only", .limit = "600 seconds from now"});
  });
  const auto response = bench.send("POST", "/token", kJson, R"({"app_id":"a","secret":"s"})");
  EXPECT_EQ(response->status, 400);
  EXPECT_EQ(response->body, R"({"error":"invalid_request","error_description":)"
                            R"("The expiry lies beyond the longest lifetime that the operator allows: 600 seconds from now"})");
}

TEST_F(EncodeTest, FinapisServiceAccountHasNoRefreshTokenAndSaysSo) {
  answer_tokens(token_set());
  EXPECT_EQ(bench.send("POST", "/realms/customer/protocol/openid-connect/token", kForm, "grant_type=client_credentials")->body,
            R"({"access_token":"a.b.c","expires_in":900,"refresh_expires_in":0,"token_type":"Bearer","not-before-policy":0})");
}

TEST_F(EncodeTest, FinlexAndFlinks) {
  answer_tokens(full_set());
  EXPECT_EQ(bench.send("POST", "/token", kJson, "{}")->body.substr(0, 71),
            R"({"access_token":"a.b.c","token_type":"Bearer","expires_in":900,"mandato)");
  model::TokenSet tokens = full_set();
  tokens.custom.clear();
  answer_tokens(tokens);
  EXPECT_EQ(bench.send("POST", "/api/v1/token", kJson, R"({"grant_type":"authorization_code"})")->body,
            R"({"access_token":"a.b.c","token_type":"Bearer","refresh_token":"r.r.r","expires_in":900,"scope":"xs2a_mock:user profile"})");
  EXPECT_EQ(bench.send("POST", "/api/v1/token", kJson, R"({"grant_type":"refresh_token"})")->body,
            R"({"access_token":"a.b.c","token_type":"Bearer","expires_in":900})");
}

TEST_F(EncodeTest, NamesOfItsOwnThroughout) {
  answer_tokens(full_set());
  EXPECT_EQ(bench.send("POST", "/api/token/new/", kJson, R"({"secret_id":"i","secret_key":"k"})")->body,
            R"({"access":"a.b.c","access_expires":900})");
  EXPECT_EQ(bench.send("POST", "/api/token/refresh/", kJson, R"({"refresh":"r"})")->body,
            R"({"access":"a.b.c","access_expires":900,"refresh":"r.r.r","refresh_expires":1800})");
  refuse_with(EndpointKind::token, Reason::client_secret_wrong);
  const auto refused = bench.send("POST", "/api/token/new/", kJson, R"({"secret_id":"i","secret_key":"k"})");
  EXPECT_EQ(refused->status, 401);
  EXPECT_EQ(refused->body,
            R"({"summary":"invalid_client","detail":"No active account found with the given credentials","status_code":401})");
}

TEST_F(EncodeTest, ARealmsFieldNeverStandsInForATokenField) {
  model::TokenSet tokens = token_set();
  tokens.custom = {
      {"access_token", {"forged", false}}, {"refresh_token", {"forged", false}}, {"not-before-policy", {"9", false}}, {"ok", {"1", false}}};
  answer_tokens(tokens);
  EXPECT_EQ(bench.send("POST", "/realms/customer/protocol/openid-connect/token", kForm)->body,
            R"({"access_token":"a.b.c","expires_in":900,"refresh_expires_in":0,"token_type":"Bearer","not-before-policy":0,"ok":"1"})");
}

TEST_F(EncodeTest, EnvelopeConstantsTimestampsAndTypes) {
  const auto dialect = parse_dialect(R"(
error = [{ name = "success", value = false }, { name = "message", value = "{code} ({status}): {description}" }]
envelope = { name = "data", constants = [{ name = "success", value = true }] }
[endpoint.token]
paths = ["/t"]
success = 201
body = ["json"]
grant_type = "client_credentials"
in = [{ name = "clientId", is = "client_id" }]
out = [
  { name = "accessToken", is = "access_token" },
  { name = "expiresAt", is = "expires_at", format = "rfc3339" },
  { name = "ttl", is = "expires_in", type = "string" },
  { name = "refreshExpiresAt", is = "refresh_expires_at", format = "rfc3339", absent = "never" },
  { name = "version", value = 2 },
]
)",
                                     "x.toml", test_library());
  ASSERT_TRUE(dialect) << dialect.error().context;
  const EndpointLook& look = (*dialect)->endpoints().front();
  EXPECT_EQ(look.success_status, 201);
  EXPECT_EQ(encode_tokens(look, "", token_set()),
            R"({"success":true,"data":{"accessToken":"a.b.c","expiresAt":"2027-01-15T08:15:00Z","ttl":"900",)"
            R"("refreshExpiresAt":"never","version":2}})");
  EXPECT_EQ(look.answer_for(Reason::client_unknown, "").body, R"({"success":false,"message":"invalid_client (401): "})");
}

TEST_F(EncodeTest, DocumentsGoOutAsTheyAre) {
  answer(EndpointKind::jwks, [] { return model::Reply(model::Document{R"({"keys":[]})"}); });
  const auto jwks = bench.send("GET", "/realms/r/oauth2/jwks");
  EXPECT_EQ(jwks->body, R"({"keys":[]})");
  EXPECT_TRUE(header_of(*jwks, "Cache-Control").starts_with("public, max-age="));
  answer(EndpointKind::introspect, [] { return model::Reply(model::Document{R"({"active":false})"}); });
  const auto off = bench.send("POST", "/realms/r/oauth2/introspect", kForm, "token=x");
  EXPECT_EQ(off->body, R"({"active":false})");
  EXPECT_EQ(header_of(*off, "Cache-Control"), "no-store");
}

TEST_F(EncodeTest, SignedDocumentsAreJwts) {
  answer(EndpointKind::userinfo, [] { return model::Reply(model::SignedDocument{"a.b.c"}); });
  const auto response = bench.send("GET", "/realms/r/oauth2/userinfo");
  EXPECT_EQ(response->body, "a.b.c");
  EXPECT_EQ(header_of(*response, "Content-Type"), "application/jwt");
  EXPECT_EQ(header_of(*response, "Cache-Control"), "no-store");
}

TEST_F(EncodeTest, ABearerIsChallengedWithOrWithoutABody) {
  Bench keycloak({{"keycloak", "", ""}});
  const std::string path = "/realms/r/protocol/openid-connect/userinfo";
  const auto refuse = [&](Reason reason) {
    keycloak.endpoint(EndpointKind::userinfo).answer = [reason] { return Result<model::Reply>(fail(reason)); };
    return *keycloak.send("GET", path);
  };
  const auto expired = refuse(Reason::token_expired);
  EXPECT_EQ(expired.status, 401);
  EXPECT_EQ(expired.body, "");
  EXPECT_EQ(header_of(expired, "WWW-Authenticate"), R"(Bearer realm="r", error="invalid_token", )"
                                                    R"(error_description="Token verification failed")");
  EXPECT_EQ(header_of(refuse(Reason::token_missing), "WWW-Authenticate"), R"(Bearer realm="r")");
  EXPECT_EQ(refuse(Reason::token_scope_insufficient).status, 403);
  EXPECT_NE(header_of(refuse(Reason::token_ambiguous), "WWW-Authenticate"), "") << "the only place to say it";
  EXPECT_EQ(refuse(Reason::realm_unknown).body, R"({"error":"Realm does not exist"})") << "not about the token";

  refuse_with(EndpointKind::userinfo, Reason::token_expired);
  EXPECT_NE(bench.send("GET", "/realms/r/oauth2/userinfo")->body.find("invalid_token"), std::string::npos);
}

TEST_F(EncodeTest, EveryErrorIsUncached) {
  refuse_with(EndpointKind::jwks, Reason::realm_unknown);
  const auto response = bench.send("GET", "/realms/r/oauth2/jwks");
  EXPECT_EQ(response->status, 404);
  EXPECT_EQ(header_of(*response, "Cache-Control"), "no-store");
  EXPECT_EQ(response->body.find("for the log only"), std::string::npos);
}

TEST_F(EncodeTest, BasicIsChallengedWhereItWasUsed) {
  refuse_with(EndpointKind::token, Reason::client_secret_wrong);
  const auto basic = bench.send("POST", "/realms/r/oauth2/token", {kForm[0], {"Authorization", "Basic Y2xpOnA6dw=="}}, "grant_type=x");
  EXPECT_EQ(basic->status, 401);
  EXPECT_EQ(header_of(*basic, "WWW-Authenticate"), "Basic realm=\"r\"");
  EXPECT_EQ(header_of(*bench.send("POST", "/realms/r/oauth2/token", kForm, "grant_type=x"), "WWW-Authenticate"), "");
}

TEST_F(EncodeTest, BearerIsChallengedWhereItRevokesItself) {
  refuse_with(EndpointKind::revoke, Reason::token_revoked);
  const auto dead = bench.send("POST", "/token-revoke", {{"Authorization", "Bearer x"}});
  EXPECT_EQ(dead->status, 401);
  EXPECT_EQ(header_of(*dead, "WWW-Authenticate"),
            "Bearer realm=\"tenders\", error=\"invalid_token\", error_description=\"The access token is malformed, expired or revoked\"");
  refuse_with(EndpointKind::revoke, Reason::token_missing);
  EXPECT_EQ(header_of(*bench.send("POST", "/token-revoke"), "WWW-Authenticate"), "Bearer realm=\"tenders\"");
}

// It names what is protected; a made-up realm is an outsider's text, with quotes if they like.
TEST_F(EncodeTest, AChallengeNamesTheRealmOrTheDialectWhereThereIsNone) {
  refuse_with(EndpointKind::verify, Reason::realm_unknown);
  EXPECT_TRUE(header_of(*bench.send("GET", "/realms/made-up/oauth2/verify"), "WWW-Authenticate").starts_with("Bearer realm=\"oauth2\""));
  refuse_with(EndpointKind::verify, Reason::token_revoked);
  EXPECT_TRUE(header_of(*bench.send("GET", "/realms/bank/oauth2/verify"), "WWW-Authenticate").starts_with("Bearer realm=\"bank\""));
}

TEST_F(EncodeTest, RevokingAnUnknownToken) {
  refuse_with(EndpointKind::revoke, Reason::revoke_token_unknown);
  const auto standard = bench.send("POST", "/realms/r/oauth2/revoke", kForm, "token=x");
  EXPECT_EQ(standard->status, 200);
  EXPECT_EQ(standard->body, "");
  const auto keycloak = bench.send("POST", "/realms/r/protocol/openid-connect/revoke", kForm, "token=x");
  EXPECT_EQ(keycloak->status, 200);
  EXPECT_EQ(keycloak->body, R"({"error":"invalid_token","error_description":"Invalid token"})");
}

TEST_F(EncodeTest, SaysWhenToTryAgain) {
  refuse_with(EndpointKind::token, Reason::throttled_client, 7);
  EXPECT_EQ(header_of(*bench.send("POST", "/token", kJson, "{}"), "Retry-After"), "7");
  refuse_with(EndpointKind::token, Reason::store_unavailable);
  const auto down = bench.send("POST", "/token", kJson, "{}");
  EXPECT_EQ(down->status, 503);
  EXPECT_EQ(header_of(*down, "Retry-After"), "1");
}

TEST_F(EncodeTest, ForwardAuthAnswersWhatProxiesKnow) {
  constexpr std::string_view path = "/realms/r/oauth2/verify?scope=tender:read";
  answer(EndpointKind::verify,
         [] { return model::Reply(model::Verdict{{{"X-Tessera-Client-Id", "app"}, {"X-Tessera-Subject", "a\r\nX-Admin: 1"}}}); });
  const auto yes = bench.send("GET", path);
  EXPECT_EQ(yes->status, 200);
  EXPECT_EQ(header_of(*yes, "X-Tessera-Client-Id"), "app");
  EXPECT_EQ(header_of(*yes, "X-Tessera-Subject"), "") << "a line end never becomes a header";
  const std::vector<std::pair<Reason, int>> statuses = {{Reason::token_missing, 401},     {Reason::token_ambiguous, 401},
                                                        {Reason::token_revoked, 401},     {Reason::token_in_query_forbidden, 401},
                                                        {Reason::token_malformed, 401},   {Reason::realm_unknown, 403},
                                                        {Reason::https_required, 403},    {Reason::token_scope_insufficient, 403},
                                                        {Reason::store_unavailable, 503}, {Reason::internal, 503},
                                                        {Reason::realm_disabled, 403},    {Reason::question_invalid, 503}};
  for (const auto& [reason, status] : statuses) {
    refuse_with(EndpointKind::verify, reason);
    const auto response = bench.send("GET", path);
    EXPECT_EQ(response->status, status) << base::reason_name(reason);
    EXPECT_EQ(header_of(*response, "WWW-Authenticate").empty(), status == 503);
  }
  refuse_with(EndpointKind::verify, Reason::token_missing);
  EXPECT_EQ(header_of(*bench.send("GET", path), "WWW-Authenticate"), "Bearer realm=\"r\"");
  refuse_with(EndpointKind::verify, Reason::token_scope_insufficient);
  EXPECT_EQ(header_of(*bench.send("GET", path), "WWW-Authenticate"),
            "Bearer realm=\"r\", error=\"insufficient_scope\", error_description=\"The access token lacks the required scope\", "
            "scope=\"tender:read\"");
  EXPECT_EQ(header_of(*bench.send("GET", "/realms/r/oauth2/verify?scope=%22,x=%22"), "WWW-Authenticate").find("scope=\""),
            std::string::npos);
}

}  // namespace
}  // namespace tessera::dialects
