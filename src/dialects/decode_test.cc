// From the wire to standard terms, as an endpoint sees it.
#include <gtest/gtest.h>

#include "dialects/test_support.h"

namespace tessera::dialects {
namespace {

using model::ClientAuthMethod;
using model::EndpointKind;

constexpr std::string_view kStandard = "/realms/r/oauth2/token";

struct DecodeTest : testing::Test {
  Bench bench{{{"finlex", "finlex", ""}, {"flinks", "flinks", ""}, {"keycloak", "", ""}, {"gocardless", "bank", "/api"}}};
  FakeEndpoint& token = bench.endpoint(EndpointKind::token);
};

TEST_F(DecodeTest, ReadsAForm) {
  bench.send("POST", kStandard, kForm, "grant_type=password&client_id=cli&username=a%20b&password=p%2Bw&scope=x+y&unknown=1");
  EXPECT_EQ(token.grant_type, "password");
  EXPECT_EQ(token.client_id, "cli");
  EXPECT_EQ(token.method, ClientAuthMethod::none);
  EXPECT_EQ(token.parameters.find("username"), "a b");
  EXPECT_EQ(token.parameters.find("password"), "p+w");
  EXPECT_EQ(token.parameters.find("scope"), "x y");
  EXPECT_FALSE(token.parameters.find("unknown"));
  EXPECT_FALSE(token.parameters.find("client_id")) << "credentials are no parameters";
  EXPECT_FALSE(token.duplicated);
}

TEST_F(DecodeTest, MapsNames) {
  bench.send("POST", "/token", kJson,
             R"({"app_id":"a","secret":"s","expiry":"2032-05-08T10:49:37.326809761Z","client_id":"other","note":{"x":[1]}})");
  EXPECT_EQ(token.client_id, "a");
  EXPECT_EQ(token.secret, "s");
  EXPECT_EQ(token.method, ClientAuthMethod::client_secret_post);
  EXPECT_EQ(token.parameters.find("expiry"), "2032-05-08T10:49:37.326809761Z");
  bench.send("POST", "/api/token/new/", kJson, R"({"secret_id":"i","secret_key":"k"})");
  EXPECT_EQ(token.grant_type + " " + token.client_id + " " + token.secret, "client_credentials i k");
  bench.send("POST", "/api/token/refresh/", kJson, R"({"refresh":"r"})");
  EXPECT_EQ(token.grant_type, "refresh_token");
  EXPECT_EQ(token.parameters.find("refresh_token"), "r");
}

// RFC 6749, 3.2, speaks of forms.
TEST_F(DecodeTest, AnEmptyValueIsNoneInAFormAndOneInJson) {
  bench.send("POST", kStandard, kForm, "grant_type=client_credentials&expiry=&scope=");
  EXPECT_FALSE(token.parameters.has("expiry"));
  bench.send("POST", "/token", kJson, R"({"app_id":"a","secret":"s","expiry":""})");
  EXPECT_TRUE(token.parameters.has("expiry"));
  bench.send("POST", kStandard, kForm, "scope=&scope=");
  EXPECT_TRUE(token.duplicated);
}

TEST_F(DecodeTest, TheQueryIsNoPlaceForParameters) {
  bench.send("POST", "/realms/r/oauth2/token?client_id=q&grant_type=password", kForm, "scope=x");
  EXPECT_EQ(token.client_id, "");
  EXPECT_EQ(token.grant_type, "");
}

TEST_F(DecodeTest, FlagsWhatIsGivenTwice) {
  bench.send("POST", kStandard, kForm, "scope=a&scope=a");
  EXPECT_TRUE(token.duplicated);
  bench.send("POST", kStandard, kForm, "odd=a&odd=b");
  EXPECT_TRUE(token.duplicated);
  bench.send("POST", kStandard, kForm, "client%5Fid=a&client_id=a");
  EXPECT_TRUE(token.duplicated) << "the same name once decoded";
  const int calls = token.calls;
  EXPECT_EQ(bench.send("POST", "/token", kJson, R"({"secret":"s","secret":"s"})")->status, 400);
  EXPECT_EQ(bench.send("POST", "/token", kJson, R"({"note":{"a":1,"a":2}})")->status, 400);
  EXPECT_EQ(token.calls, calls);
}

TEST_F(DecodeTest, RefusesBodiesThatCantBeRead) {
  for (const std::string_view body :
       {"", "{", "[]", "\"x\"", "{\"app_id\":1}", "{\"app_id\":null}", "{\"app_id\":[\"a\"]}", "{\"app_id\":\"a\\u0000b\"}",
        "{\"app_id\":\"a\\nb\"}", "{\"app_id\":\"a\\u009bb\"}", "{\"app_id\":\"a\xC2\x85\"}", "{} x"}) {
    const auto response = bench.send("POST", "/token", kJson, body);
    EXPECT_EQ(response->status, 400) << body;
    EXPECT_NE(response->body.find("\"invalid_request\""), std::string::npos);
  }
  EXPECT_EQ(bench.send("POST", "/token")->status, 400) << "no body at all";
  EXPECT_EQ(bench.send("POST", kStandard, kForm, "a=%zz")->status, 400);
  EXPECT_EQ(token.calls, 0);
}

TEST_F(DecodeTest, SaysThatThereAreTooManyParameters) {
  std::string form = "a=1";
  std::string json = "{\"a\":\"1\"";
  for (int i = 1; i < 65; ++i) {
    form += "&a" + std::to_string(i) + "=1";
    json += ",\"a" + std::to_string(i) + "\":\"1\"";
  }
  const auto to_form = bench.send("POST", kStandard, kForm, form);
  EXPECT_EQ(to_form->status, 400);
  EXPECT_NE(to_form->body.find("The request has too many parameters"), std::string::npos);
  const auto to_json = bench.send("POST", "/token", kJson, json + "}");
  EXPECT_EQ(to_json->status, 400);
  EXPECT_NE(to_json->body.find("The body has too many properties"), std::string::npos);
}

TEST_F(DecodeTest, ContentTypesCompareWithoutCaseAndParameters) {
  EXPECT_EQ(bench.send("POST", "/token", {{"content-type", "Application/JSON ; charset=utf-8"}}, "{}")->status, 200);
  EXPECT_EQ(bench.send("POST", "/token", kForm, "app_id=a")->status, 415);
  EXPECT_EQ(bench.send("POST", kStandard, kJson, "{}")->status, 415);
  EXPECT_EQ(bench.send("POST", kStandard, {}, "grant_type=x")->status, 415);
  EXPECT_EQ(bench.send("POST", kStandard)->status, 200) << "the endpoint says what is missing";
}

// What another reader would decode first, or in another way.
TEST_F(DecodeTest, ABodyThatIsEncodedOrNotUtf8IsNotTaken) {
  const std::vector<std::pair<std::string_view, std::string_view>> dialects = {
      {"/token", "application/json"},
      {"/api/v1/token", "application/json"},
      {"/api/token/new/", "application/json"},
      {kStandard, "application/x-www-form-urlencoded"},
      {"/realms/r/protocol/openid-connect/token", "application/x-www-form-urlencoded"}};
  for (const auto& [path, type] : dialects) {
    const std::string_view body = type.ends_with("json") ? "{}" : "grant_type=x";
    const auto status_of = [&](const std::string& parameters, std::vector<http::Header> headers = {}, std::string_view more = {}) {
      const std::string header = std::string(type) + parameters;
      headers.emplace_back("Content-Type", header);
      return bench.send("POST", path, headers, std::string(body) + std::string(more))->status;
    };
    for (const char* encoding : {"gzip", "br", "identity, gzip", ""})
      EXPECT_EQ(status_of("", {{"content-encoding", encoding}}), 415) << path << ' ' << encoding;
    EXPECT_EQ(status_of("", {{"Content-Encoding", "identity"}, {"Content-Encoding", "gzip"}}), 415) << path;
    EXPECT_EQ(status_of("", {{"Content-Encoding", "Identity"}}), 200) << path;
    for (const char* other : {";charset=utf-16", "; Charset=\"utf-16\"", "; charset=", "; charset", ";charset=utf-8; charset=utf-16",
                              "; v=1 ; charset = iso-8859-15"})
      EXPECT_EQ(status_of(other), 415) << path << ' ' << other;
    for (const char* same : {";charset=utf-8", "; charset=\"UTF-8\"", "; v=1", ";", "; v=1 ; charset = ISO-8859-1", ";charset=us-ascii"})
      EXPECT_EQ(status_of(same), 200) << path << ' ' << same;
    for (const char* beyond : {"&username=%e4", "&username=%C3%A4", "&username=\xC3\xA4"})
      EXPECT_EQ(status_of(";charset=ISO-8859-1", {}, beyond), 415) << path << ' ' << beyond;
  }
}

// {"alg":"ES256"} . {"sub":"cli"} . a signature of nothing
constexpr std::string_view kAssertion = "client_assertion_type=urn%3At&client_assertion=eyJhbGciOiJFUzI1NiJ9.eyJzdWIiOiJjbGkifQ.AA";

TEST_F(DecodeTest, AnAssertionIsAWayToShowOneself) {
  bench.send("POST", kStandard, kForm, std::string("grant_type=x&") + std::string(kAssertion));
  EXPECT_EQ(token.method, ClientAuthMethod::private_key_jwt);
  EXPECT_EQ(token.client_id, "cli") << "it says whose it is";
  EXPECT_FALSE(token.ambiguous);
  EXPECT_FALSE(token.parameters.find("client_assertion")) << "credentials are no parameters";
  bench.send("POST", kStandard, kForm, "client_id=other&" + std::string(kAssertion));
  EXPECT_EQ(token.client_id, "other");
  bench.send("POST", "/api/v1/token", kForm, std::string(kAssertion));
  EXPECT_EQ(token.method, ClientAuthMethod::none) << "Flinks' dialect does not take it";
}

TEST_F(DecodeTest, AnAssertionBesideASecretIsAmbiguous) {
  bench.send("POST", kStandard, kForm, "client_secret=s&" + std::string(kAssertion));
  EXPECT_TRUE(token.ambiguous);
  bench.send("POST", kStandard, {kForm[0], {"Authorization", "Basic Y2xpOnA6dw=="}}, std::string(kAssertion));
  EXPECT_TRUE(token.ambiguous);
}

TEST_F(DecodeTest, BasicIsAWayToShowOneself) {
  // "cli:p:w"
  bench.send("POST", kStandard, {kForm[0], {"Authorization", "Basic Y2xpOnA6dw=="}}, "grant_type=x");
  EXPECT_EQ(token.client_id + " " + token.secret, "cli p:w");
  EXPECT_EQ(token.method, ClientAuthMethod::client_secret_basic);
  EXPECT_FALSE(token.ambiguous);
}

TEST_F(DecodeTest, ADialectWithoutBasicStillSeesThatItDiffers) {
  const auto send = [&](std::string_view basic, std::string_view body) {
    bench.send("POST", "/token", {kJson[0], {"Authorization", basic}}, body);
    EXPECT_NE(token.method, ClientAuthMethod::client_secret_basic) << "it is no way to show oneself here";
    return token.ambiguous;
  };
  constexpr std::string_view kBasic = "Basic Y2xpOnA6dw==";  // "cli:p:w"
  EXPECT_FALSE(send(kBasic, R"({"app_id":"cli","secret":"p:w"})"));
  EXPECT_EQ(token.client_id + " " + token.secret, "cli p:w");
  EXPECT_TRUE(send(kBasic, R"({"app_id":"cli","secret":"other"})"));
  EXPECT_TRUE(send(kBasic, R"({"app_id":"other","secret":"p:w"})"));
  EXPECT_TRUE(send("Basic !", R"({"app_id":"cli","secret":"p:w"})"));
  EXPECT_FALSE(send(kBasic, "{}"));
  EXPECT_EQ(token.client_id, "") << "nor is anything taken from it";
}

TEST_F(DecodeTest, TwoPlacesThatDifferAreAmbiguous) {
  const std::vector<http::Header> basic = {kForm[0], {"Authorization", "Basic Y2xpOnA6dw=="}};
  const std::vector<std::pair<std::string_view, bool>> bodies = {{"client_id=cli", false},
                                                                 {"client_id=cli&client_secret=p:w", false},
                                                                 {"client_id=other", true},
                                                                 {"client_secret=other", true},
                                                                 {"client_id=cli&client_secret=x", true}};
  for (const auto& [body, ambiguous] : bodies) {
    bench.send("POST", kStandard, basic, body);
    EXPECT_EQ(token.ambiguous, ambiguous) << body;
  }
  bench.send("POST", kStandard, {kForm[0], basic[1], basic[1]}, "grant_type=x");
  EXPECT_TRUE(token.ambiguous) << "two headers";
  bench.send("POST", kStandard, {kForm[0], {"Authorization", "Basic ###"}}, "client_id=cli");
  EXPECT_TRUE(token.ambiguous) << "one that can't be read";
}

TEST_F(DecodeTest, BasicCountsOnlyWhereTheDialectTakesIt) {
  bench.send("POST", "/token", {kJson[0], {"Authorization", "Basic Y2xpOnA6dw=="}}, R"({"app_id":"a"})");
  EXPECT_EQ(token.client_id, "a");
  EXPECT_EQ(token.method, ClientAuthMethod::none);
}

TEST_F(DecodeTest, ABearerRevokesItselfWithoutABody) {
  auto& revoke = bench.endpoint(EndpointKind::revoke);
  EXPECT_EQ(bench.send("POST", "/token-revoke", {{"Authorization", "bearer abc"}})->status, 204);
  EXPECT_EQ(revoke.bearer_tokens, std::vector<std::string>{"abc"});
  EXPECT_EQ(bench.send("DELETE", "/api/v1/revoke", {{"Authorization", "Bearer abc"}})->status, 204);
  EXPECT_EQ(bench.send("DELETE", "/token-revoke", {{"Authorization", "Bearer abc"}})->status, 405);
  bench.send("POST", "/token-revoke", {{"Authorization", "Bearer a"}, {"Authorization", "Bearer b"}});
  EXPECT_EQ(revoke.bearer_tokens.size(), 2u) << "for the endpoint to refuse";
  bench.send("POST", "/realms/r/oauth2/revoke", {kForm[0], {"Authorization", "Bearer abc"}}, "token=t&client_id=c");
  EXPECT_TRUE(revoke.bearer_tokens.empty()) << "RFC 7009 names the token";
  EXPECT_EQ(revoke.parameters.find("token"), "t");
}

TEST_F(DecodeTest, UserinfoTakesATokenFromAFormAsWell) {
  auto& userinfo = bench.endpoint(EndpointKind::userinfo);
  constexpr std::string_view path = "/realms/r/oauth2/userinfo";
  bench.send("POST", path, kForm, "access_token=abc&x=y");
  EXPECT_EQ(userinfo.bearer_tokens, std::vector<std::string>{"abc"});
  bench.send("POST", path, {kForm[0], {"Authorization", "Bearer abc"}}, "access_token=abc");
  EXPECT_EQ(userinfo.bearer_tokens.size(), 2u) << "RFC 6750, 2: one way at a time";
  bench.send("POST", path, kForm, "access_token=a&access_token=b");
  EXPECT_EQ(userinfo.bearer_tokens.size(), 2u);
  bench.send("POST", path, kJson, R"({"access_token":"abc"})");
  EXPECT_TRUE(userinfo.bearer_tokens.empty());
  bench.send("GET", std::string(path) + "?access_token=abc");
  EXPECT_TRUE(userinfo.bearer_tokens.empty()) << "what stands in a URL is logged";
}

struct VerifyTest : DecodeTest {
  FakeEndpoint& verify = bench.endpoint(EndpointKind::verify);
};

TEST_F(VerifyTest, ReadsHeaderScopeAndAudience) {
  bench.send("GET", "/realms/r/oauth2/verify?scope=a:read%20b&audience=api", {{"Authorization", "Bearer abc"}});
  EXPECT_EQ(verify.bearer_tokens, std::vector<std::string>{"abc"});
  EXPECT_EQ(verify.parameters.find("scope"), "a:read b");
  EXPECT_EQ(verify.parameters.find("audience"), "api");
  for (const char* method : {"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})
    EXPECT_EQ(bench.send(method, "/realms/r/oauth2/verify", {{"Content-Type", "image/png"}}, "x")->status, 200) << method;
}

TEST_F(VerifyTest, TheOriginalUriCountsFromAListedProxy) {
  const std::vector<http::Header> original = {{"X-Original-URI", "/v1/tender?a=%zz&token=abc&tokens=x"}};
  bench.send("GET", "/realms/r/oauth2/verify", original, {}, Lane::io, "10.0.0.1");
  EXPECT_EQ(verify.query_tokens, std::vector<std::string>{"abc"});
  bench.send("GET", "/realms/r/oauth2/verify", original, {}, Lane::io, "192.0.2.7");
  EXPECT_TRUE(verify.query_tokens.empty()) << "anybody can send a header";
}

// What a slip leaves out of the question would be met by any token.
TEST_F(VerifyTest, AQuestionWithASlipIsUndecidable) {
  for (const std::string query : {"scope=", "scope", "audience=", "scop=b", "scope=b&x=1", "scope=a&scope=b", "audience=a&audience=a",
                                  "scope=a&scope=", "scope=%zz", "scope=a%C2%85", "token=abc", "SCOPE=a", "=a"})
    EXPECT_EQ(bench.send("GET", "/realms/r/oauth2/verify?" + query, {{"Authorization", "Bearer abc"}})->status, 503) << query;
  EXPECT_EQ(verify.calls, 0);
  EXPECT_EQ(bench.send("GET", "/realms/r/oauth2/verify?", {{"Authorization", "Bearer abc"}})->status, 200) << "it asks for nothing more";
}

TEST_F(VerifyTest, EveryTokenThatIsShownIsCounted) {
  bench.send("GET", "/realms/r/oauth2/verify", {{"X-Original-URI", "/x?token=a&%74oken=b"}, {"Authorization", "Bearer c"}}, {}, Lane::io,
             "10.0.0.1");
  EXPECT_EQ(verify.query_tokens, (std::vector<std::string>{"a", "b"}));
  EXPECT_EQ(verify.bearer_tokens, std::vector<std::string>{"c"});
  bench.send("GET", "/realms/r/oauth2/verify", {{"X-Original-URI", "/x?token=a"}, {"Authorization", "Bearer not a token"}}, {}, Lane::io,
             "10.0.0.1");
  EXPECT_EQ(verify.bearer_tokens.size(), 1u) << "one that can't be read is one all the same";
}

}  // namespace
}  // namespace tessera::dialects
