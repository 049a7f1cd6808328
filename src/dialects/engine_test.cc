#include "dialects/engine.h"

#include <gtest/gtest.h>

#include "dialects/test_support.h"

namespace tessera::dialects {
namespace {

using model::EndpointKind;

const std::vector<config::Mount> kDemo = {{"finlex", "finlex", ""}, {"flinks", "flinks", ""}, {"finapi", "", ""}};

TEST(Engine, FindsDialectRealmAndBase) {
  Bench bench(kDemo);
  ASSERT_TRUE(bench.engine) << bench.refusal;
  auto& token = bench.endpoint(EndpointKind::token);
  ASSERT_TRUE(bench.send("POST", "/realms/bank/oauth2/token", kForm));
  EXPECT_EQ(token.dialect + " " + token.realm + " " + token.mount_base, "oauth2 bank /realms/bank/oauth2");
  ASSERT_TRUE(bench.send("POST", "/realms/customer/protocol/openid-connect/token", kForm));
  EXPECT_EQ(token.dialect + " " + token.realm + " " + token.mount_base, "finapi customer ");
  ASSERT_TRUE(bench.send("POST", "/token", kJson, "{}"));
  EXPECT_EQ(token.dialect + " " + token.realm + " " + token.grant_type, "finlex finlex client_credentials");
  ASSERT_TRUE(bench.send("POST", "/api/v1/token", kJson, "{}"));
  EXPECT_EQ(token.dialect + " " + token.realm + " " + token.grant_type, "flinks flinks ");
  EXPECT_EQ(token.calls, 4);
}

/// Whose discovery document stands at OpenID Connect's place for a realm.
std::string discovery_of(const std::vector<config::Mount>& mounts, const std::string& realm) {
  Bench bench(mounts);
  EXPECT_TRUE(bench.send("GET", "/realms/" + realm + "/.well-known/openid-configuration")) << bench.refusal;
  const auto& discovery = bench.endpoint(EndpointKind::discovery);
  EXPECT_EQ(discovery.realm, realm);
  return discovery.dialect;
}

TEST(Engine, DiscoveryIsTheDialectsOwnWhereItHasOne) {
  EXPECT_EQ(discovery_of({}, "customer"), "oauth2");
  EXPECT_EQ(discovery_of(kDemo, "customer"), "finapi");
  EXPECT_EQ(discovery_of(kDemo, "finlex"), "oauth2") << "the mount for every realm leaves those that others name";
  const config::Mount named{"keycloak", "customer", ""};
  EXPECT_EQ(discovery_of({named}, "customer"), "keycloak");
  EXPECT_EQ(discovery_of({named}, "other"), "oauth2");
  EXPECT_EQ(discovery_of({{"finlex", "customer", ""}, named}, "customer"), "keycloak");
  EXPECT_EQ(discovery_of({named, {"finlex", "customer", ""}}, "customer"), "keycloak");
}

TEST(Engine, TheStandardsDiscoveryHasAPlaceOfItsOwn) {
  Bench bench(kDemo);
  auto& discovery = bench.endpoint(EndpointKind::discovery);
  ASSERT_TRUE(bench.send("GET", "/.well-known/oauth-authorization-server/realms/customer"));
  EXPECT_EQ(discovery.dialect + " " + discovery.realm, "oauth2 customer");
  ASSERT_TRUE(bench.send("GET", "/.well-known/oauth-authorization-server/realms/finlex"));
  EXPECT_EQ(discovery.dialect + " " + discovery.realm, "oauth2 finlex");
  ASSERT_TRUE(bench.send("GET", "/realms/customer/"));
  EXPECT_EQ(bench.endpoint(EndpointKind::realm_info).realm, "customer");
}

model::EndpointRequest asked_at(const std::string& dialect, const std::string& realm, const std::string& mount_base) {
  model::EndpointRequest request;
  request.dialect = dialect;
  request.realm = realm;
  request.mount_base = mount_base;
  return request;
}

TEST(Engine, KnowsWhereTheEndpointsOfAMountStand) {
  Bench bench({{"finlex", "finlex", ""}, {"finapi", "", ""}, {"finapi", "", "/auth"}});
  const auto path_of = [&](const model::EndpointRequest& request, EndpointKind kind) { return bench.engine->path_of(request, kind); };
  EXPECT_EQ(path_of(asked_at("oauth2", "x", "/realms/x/oauth2"), EndpointKind::token), "/realms/x/oauth2/token");
  EXPECT_EQ(path_of(asked_at("finapi", "x", ""), EndpointKind::certs), "/realms/x/protocol/openid-connect/certs");
  EXPECT_EQ(path_of(asked_at("finapi", "x", "/auth"), EndpointKind::certs), "/auth/realms/x/protocol/openid-connect/certs");
  EXPECT_EQ(path_of(asked_at("finlex", "finlex", ""), EndpointKind::token), "/token");
  EXPECT_EQ(path_of(asked_at("finlex", "other", ""), EndpointKind::token), "");
  EXPECT_EQ(path_of(asked_at("finlex", "finlex", ""), EndpointKind::introspect), "");
  EXPECT_TRUE(bench.engine->serves("/token"));
  EXPECT_FALSE(bench.engine->serves("/admin"));
}

TEST(Engine, AnswersUnknownPathsWith404) {
  Bench bench(kDemo);
  for (const char* path : {"/", "/nothing", "/token/", "/realms//oauth2/token", "/realms/a/b/oauth2/token", "/realms/a%2Fb/oauth2/token",
                           "/realms/a%00/oauth2/token"}) {
    const auto response = bench.send("POST", path, kForm);
    ASSERT_TRUE(response);
    EXPECT_EQ(response->status, 404) << path;
  }
  EXPECT_EQ(bench.endpoint(EndpointKind::token).calls, 0);
}

TEST(Engine, RefusesMountsThatOverlap) {
  EXPECT_NE(Bench({{"flinks", "a", ""}, {"flinks", "b", ""}}).refusal.find("mounts overlap: flinks (/api/v1/authorize, realm a)"),
            std::string::npos);
  EXPECT_NE(Bench({{"keycloak", "", ""}, {"finapi", "customer", ""}}).refusal.find("mounts overlap"), std::string::npos);
  EXPECT_NE(Bench({{"keycloak", "customer", ""}, {"finapi", "", ""}}).refusal.find("mounts overlap"), std::string::npos);
  EXPECT_NE(Bench({{"oauth2", "x", "/realms/x/oauth2"}}).refusal.find("mounts overlap"), std::string::npos);
  EXPECT_NE(Bench({{"finlex", "", ""}}).refusal.find("write realm = "), std::string::npos);
  EXPECT_NE(Bench({{"keycloak", "", "/{realm}"}}).refusal.find("names the realm twice"), std::string::npos);
  EXPECT_NE(Bench({{"finlex", "a", "auth/"}}).refusal.find("is no path"), std::string::npos);
  EXPECT_TRUE(
      Bench({{"finlx", "a", "", "server.toml:7"}}).refusal.starts_with("server.toml:7: no dialect `finlx`; write one of: finapi, finlex"));
  EXPECT_TRUE(Bench({{"finlex", "", "", "server.toml:7"}}).refusal.starts_with("server.toml:7: mount of finlex: no realm stands in"));
  EXPECT_EQ(Bench({{"flinks", "a", "/a"}, {"flinks", "b", "/b"}, {"finlex", "", "/{realm}"}}).refusal, "");
}

TEST(Engine, AWrongMethodOrTypeIsRefusedInTheDialectsShape) {
  Bench bench({{"gocardless", "bank", ""}, {"flinks", "flinks", ""}});
  const auto method = bench.send("GET", "/token/new/");
  EXPECT_EQ(method->status, 405);
  EXPECT_EQ(header_of(*method, "Allow"), "POST");
  EXPECT_EQ(method->body, R"({"summary":"invalid_request","detail":"The request is malformed","status_code":405})");
  const auto type = bench.send("POST", "/token/new/", {{"Content-Type", "text/plain"}}, "x");
  EXPECT_EQ(type->status, 415);
  EXPECT_EQ(type->body, R"({"summary":"invalid_request","detail":"The request is malformed","status_code":415})");
  EXPECT_EQ(header_of(*bench.send("PUT", "/api/v1/revoke"), "Allow"), "POST, DELETE");
  EXPECT_EQ(bench.send("POST", "/api/v1/token", {kForm[0], kJson[0]}, "a=b")->status, 415);
}

TEST(Engine, NamesTheLaneThatAnEndpointNeeds) {
  Bench bench(kDemo);
  auto& token = bench.endpoint(EndpointKind::token);
  token.answer = [] { return fail(Reason::would_wait); };
  EXPECT_EQ(bench.send("POST", "/token", kJson, "{}").error().lane, Lane::pool);
  token.answer = [] { return fail(Reason::would_hash); };
  EXPECT_EQ(bench.send("POST", "/token", kJson, "{}").error().lane, Lane::hash);
  EXPECT_TRUE(bench.audit.events.empty()) << "observed only when it is answered";
  const auto defect = bench.send("POST", "/token", kJson, "{}", Lane::hash);
  ASSERT_TRUE(defect) << "a worker always answers";
  EXPECT_EQ(defect->status, 500);
}

TEST(Engine, WaitsAreFairByRealmAndByTheAddressThatTheRequestCameFrom) {
  Bench bench(kDemo);
  bench.endpoint(EndpointKind::token).answer = [] { return fail(Reason::would_wait); };
  const auto key_of = [&](std::string_view path, std::string_view forwarded_for, std::string_view remote) {
    const auto answer = bench.send("POST", path, {kForm[0], {"X-Forwarded-For", forwarded_for}}, "", Lane::io, remote);
    return answer.error().fairness_key;
  };
  EXPECT_EQ(key_of("/realms/a/oauth2/token", "203.0.113.9", "10.0.0.1"), "203.0.113.9 a");
  EXPECT_EQ(key_of("/realms/b/oauth2/token", "203.0.113.9", "10.0.0.1"), "203.0.113.9 b");
  EXPECT_EQ(key_of("/realms/a/oauth2/token", "203.0.113.10", "10.0.0.1"), "203.0.113.10 a");
  EXPECT_EQ(key_of("/realms/a/oauth2/token", "203.0.113.9", "192.0.2.7"), "192.0.2.7 a") << "not a listed proxy's word";
  EXPECT_EQ(key_of("/realms/a/oauth2/token", "2001:db8::1", "10.0.0.1"), "2001:db8:0:0 a");
}

TEST(Engine, WhatTakesTokensBackIsUrgentWhateverItsPath) {
  Bench bench(kDemo);
  const auto urgent = [&](EndpointKind kind, std::string_view path, const std::vector<http::Header>& headers) {
    bench.endpoint(kind).answer = [] { return fail(Reason::would_wait); };
    return bench.send("POST", path, headers).error().urgent;
  };
  EXPECT_TRUE(urgent(EndpointKind::revoke, "/realms/a/oauth2/revoke", kForm));
  EXPECT_TRUE(urgent(EndpointKind::revoke, "/token-revoke", {{"Authorization", "Bearer abc"}}));
  EXPECT_TRUE(urgent(EndpointKind::logout, "/realms/a/protocol/openid-connect/logout", kForm));
  EXPECT_TRUE(urgent(EndpointKind::introspect, "/realms/a/oauth2/introspect", kForm));
  EXPECT_FALSE(urgent(EndpointKind::token, "/realms/a/oauth2/token", kForm));
  Bench elsewhere({{"finlex", "finlex", "/revoke"}});
  elsewhere.endpoint(EndpointKind::token).answer = [] { return fail(Reason::would_wait); };
  EXPECT_FALSE(elsewhere.send("POST", "/revoke/token", kJson, "{}").error().urgent);
}

TEST(Engine, ALookupOfAClientIsToldApart) {
  Bench bench(kDemo);
  auto& token = bench.endpoint(EndpointKind::token);
  token.answer = [] { return fail(Reason::would_look_up); };
  const auto lookup = bench.send("POST", "/token", kJson, "{}").error();
  EXPECT_EQ(lookup.lane, Lane::pool);
  EXPECT_TRUE(lookup.is_lookup);
  token.answer = [] { return fail(Reason::would_wait); };
  EXPECT_FALSE(bench.send("POST", "/token", kJson, "{}").error().is_lookup);
}

TEST(Engine, CountsAnAddressOnceARequest) {
  Bench bench(kDemo, {.address_per_minute = 2});
  for (int i = 0; i < 5; ++i)
    EXPECT_EQ(bench.send("POST", "/token", kJson, "{}", Lane::pool)->status, 200) << "counted before it came to the worker";
  EXPECT_EQ(bench.send("POST", "/token", kJson, "{}")->status, 200);
  EXPECT_EQ(bench.send("POST", "/token", kJson, "{}")->status, 200);
  const auto throttled = bench.send("POST", "/token", kJson, "{}");
  EXPECT_EQ(throttled->status, 429);
  EXPECT_GE(std::stoi(header_of(*throttled, "Retry-After")), 1);
  EXPECT_EQ(bench.audit.events.back(), "finlex|token||throttled_address");
  for (const char* path : {"/realms/x/oauth2/verify", "/realms/x/oauth2/jwks", "/realms/x/.well-known/openid-configuration"})
    for (int i = 0; i < 5; ++i) EXPECT_EQ(bench.send("GET", path)->status, 200) << path;
}

TEST(Engine, RemembersWhatItAnswered) {
  Bench bench(kDemo);
  const Handle jti = Handle::random();
  bench.endpoint(EndpointKind::token).answer = [jti] {
    model::TokenSet tokens;
    tokens.jti = jti;
    return model::Reply(std::move(tokens));
  };
  bench.send("POST", "/token", kJson, R"({"app_id":"app","secret":"s3cret"})");
  EXPECT_EQ(bench.audit.events.back(), "finlex|token|app|issued");
  EXPECT_EQ(bench.audit.jtis.back(), jti.str());
  bench.endpoint(EndpointKind::revoke).answer = [] { return fail(Reason::token_revoked); };
  bench.send("POST", "/token-revoke", {{"Authorization", "Bearer abc"}});
  EXPECT_EQ(bench.audit.events.back(), "finlex|revoke||token_revoked");
  const std::size_t before = bench.audit.events.size();
  bench.send("GET", "/realms/x/oauth2/jwks");
  EXPECT_EQ(bench.audit.events.size(), before);
}

TEST(Engine, TheAuditSaysWhomItWasAbout) {
  Bench bench(kDemo);
  auto& token = bench.endpoint(EndpointKind::token);
  token.answer = [] {
    model::TokenSet tokens;
    tokens.subject = "4a273b32-cc81-4bb3-bbc3-636d2c0d759d";
    return model::Reply(std::move(tokens));
  };
  bench.send("POST", "/token", kJson, "{}");
  EXPECT_EQ(bench.audit.subjects.back(), "4a273b32-cc81-4bb3-bbc3-636d2c0d759d");
  const Handle user = Handle::random();
  token.answer = [user] { return std::unexpected(Error{.reason = Reason::user_password_wrong, .user = user}); };
  bench.send("POST", "/token", kJson, "{}");
  EXPECT_EQ(bench.audit.subjects.back(), user.uuid());
  token.answer = [] { return fail(Reason::user_unknown, "hunter2"); };
  bench.send("POST", "/token", kJson, "{}");
  EXPECT_EQ(bench.audit.subjects.back(), "");
}

TEST(Engine, TheAuditHoldsNoFreeText) {
  Bench bench(kDemo);
  auto& token = bench.endpoint(EndpointKind::token);
  const auto told = [&](Reason reason) {
    token.answer = [reason] { return fail(reason); };
    bench.send("POST", "/realms/flinks/oauth2/token", kForm, "grant_type=hunter2&client_id=s3cret");
    EXPECT_EQ(bench.audit.grants.back(), "unknown");
    return bench.audit.events.back();
  };
  const std::string unknown = told(Reason::client_unknown);
  EXPECT_TRUE(unknown.starts_with("flinks|token|unknown #")) << unknown;
  EXPECT_EQ(told(Reason::client_unknown), unknown) << "repeated ones can be told";
  EXPECT_TRUE(told(Reason::client_authentication_ambiguous).starts_with("flinks|token|unknown #"));
  EXPECT_TRUE(told(Reason::realm_unknown).starts_with("unknown #"));
  for (const auto reason : {Reason::grant_type_missing, Reason::grant_type_unknown, Reason::throttled_client, Reason::realm_disabled})
    EXPECT_TRUE(told(reason).starts_with("flinks|token|unknown #")) << base::reason_name(reason);
  EXPECT_EQ(told(Reason::client_secret_wrong), "flinks|token|s3cret|client_secret_wrong") << "a client that exists";
  token.answer = [] { return fail(Reason::client_secret_wrong); };
  bench.send("POST", "/realms/flinks/oauth2/token", kForm, "grant_type=password");
  EXPECT_EQ(bench.audit.grants.back(), "password");
  bench.send("POST", "/realms/flinks/oauth2/token", kForm, "x=y");
  EXPECT_EQ(bench.audit.grants.back(), "");
}

TEST(Engine, LabelsHoldNothingThatAClientMadeUp) {
  Bench bench(kDemo);
  bench.endpoint(EndpointKind::token).answer = [] { return fail(Reason::realm_unknown); };
  bench.send("POST", "/realms/made-up-realm/oauth2/token", kForm, "grant_type=made-up-grant");
  bench.send("GET", "/realms/made-up-realm/oauth2/token");
  const std::string text = bench.metrics.render();
  EXPECT_NE(text.find("realm_unknown"), std::string::npos);
  EXPECT_NE(text.find("method_not_allowed"), std::string::npos);
  EXPECT_EQ(text.find("made-up"), std::string::npos);
}

TEST(Engine, ForwardedHeadersCountFromListedProxiesOnly) {
  Bench bench(kDemo);
  const std::vector<http::Header> headers = {kJson[0], {"X-Forwarded-For", "203.0.113.9"}, {"X-Forwarded-Proto", "https"}};
  bench.send("POST", "/token", headers, "{}", Lane::io, "192.0.2.7");
  EXPECT_EQ(bench.endpoint(EndpointKind::token).peer.address, "192.0.2.7");
  EXPECT_FALSE(bench.endpoint(EndpointKind::token).peer.secure);
  bench.send("POST", "/token", headers, "{}", Lane::io, "10.0.0.1");
  EXPECT_EQ(bench.endpoint(EndpointKind::token).peer.address, "203.0.113.9");
  EXPECT_TRUE(bench.endpoint(EndpointKind::token).peer.secure);
}

}  // namespace
}  // namespace tessera::dialects
