#include "dialects/browser.h"

#include <gtest/gtest.h>

#include "dialects/test_support.h"

namespace tessera::dialects {
namespace {

using model::EndpointKind;

constexpr std::string_view kAuthorize = "/realms/bank/oauth2/authorize";
constexpr std::string_view kContinue = "/realms/bank/oauth2/authorize/continue";

class BrowserTest : public testing::Test {
 protected:
  http::Response visit(std::string_view target, std::vector<http::Header> headers = {}) {
    return bench.send("GET", target, std::move(headers)).value();
  }
  void answer(EndpointKind kind, model::BrowserReply reply) {
    bench.endpoint(kind).answer = [reply = std::move(reply)] { return model::Reply(reply); };
  }
  Bench bench{{{"flinks", "flinks", ""}, {"keycloak", "", ""}}};
  FakeEndpoint& authorize = bench.endpoint(EndpointKind::authorize);

  const model::Redirection back{.uri = "https://app.example/cb",
                                .parameters = {{"code", "c"}, {"state", "s &"}, {"iss", "https://i"}, {"session_state", "x"}}};
};

TEST_F(BrowserTest, AQueryIsReadAndOurCookiesOnly) {
  visit(
      std::string(kAuthorize) + "?client_id=web&state=a%20b&unheard_of=1",
      {{"Cookie", "a=1; tessera-browser=b; __Host-tessera-browser=c"}, {"Cookie", "tessera-session-bank=d=="}, {"Accept-Language", "de"}});
  EXPECT_EQ(authorize.client_id, "web");
  EXPECT_EQ(authorize.parameters.find("state"), "a b");
  EXPECT_FALSE(authorize.parameters.has("unheard_of"));
  EXPECT_EQ(authorize.cookies,
            (std::vector<std::pair<std::string, std::string>>{{"tessera-browser", "b"}, {"tessera-session-bank", "d=="}}));
  EXPECT_EQ(authorize.language, "de");
}

TEST_F(BrowserTest, OverTlsOnlyBoundCookiesCount) {
  (void)bench.send("GET", kAuthorize, {{"X-Forwarded-Proto", "https"}, {"Cookie", "tessera-browser=b; __Host-tessera-browser=c"}}, {},
                   Lane::io, "10.0.0.1");
  EXPECT_EQ(authorize.cookies, (std::vector<std::pair<std::string, std::string>>{{"tessera-browser", "c"}}));
}

TEST_F(BrowserTest, AParameterGivenTwiceIsNoticed) {
  visit(std::string(kAuthorize) + "?state=a&state=a");
  EXPECT_TRUE(authorize.duplicated);
}

TEST_F(BrowserTest, CookiesAreSetAsTheConnectionAllows) {
  answer(EndpointKind::authorize, {.answer = back, .cookies = {{"tessera-browser", "b"}, {"tessera-session-bank", ""}}});
  EXPECT_EQ(header_of(visit(kAuthorize), "Set-Cookie"), "tessera-browser=b; Path=/; HttpOnly; SameSite=Lax");
  const auto response = bench.send("GET", kAuthorize, {{"X-Forwarded-Proto", "https"}}, {}, Lane::io, "10.0.0.1").value();
  std::vector<std::string> set;
  for (const auto& [name, value] : response.headers)
    if (name == "Set-Cookie") set.push_back(value);
  EXPECT_EQ(set, (std::vector<std::string>{"__Host-tessera-browser=b; Path=/; HttpOnly; SameSite=Lax; Secure",
                                           "__Host-tessera-session-bank=; Path=/; HttpOnly; SameSite=Lax; Secure; Max-Age=0"}));
}

TEST_F(BrowserTest, ACookieForFramesIsLeftToScriptsAndOverTlsToFramesOfOtherSites) {
  answer(EndpointKind::authorize, {.answer = model::Page{}, .cookies = {{"tessera-status-bank", "s", true}}});
  EXPECT_EQ(header_of(visit(kAuthorize), "Set-Cookie"), "tessera-status-bank=s; Path=/; SameSite=Lax");
  const auto secure = bench.send("GET", kAuthorize, {{"X-Forwarded-Proto", "https"}}, {}, Lane::io, "10.0.0.1").value();
  EXPECT_EQ(header_of(secure, "Set-Cookie"), "__Host-tessera-status-bank=s; Path=/; SameSite=None; Secure");
}

TEST_F(BrowserTest, EachDialectHasItsResponse) {
  for (const auto kind : {EndpointKind::authorize, EndpointKind::interact}) answer(kind, {.answer = back});
  EXPECT_EQ(header_of(visit(kAuthorize), "Location"), "https://app.example/cb?code=c&state=s%20%26&iss=https%3A%2F%2Fi");
  EXPECT_EQ(header_of(visit("/api/v1/authorize"), "Location"), "https://app.example/cb?code=c&state=s%20%26");
  EXPECT_EQ(header_of(visit("/realms/bank/protocol/openid-connect/auth"), "Location"),
            "https://app.example/cb?state=s%20%26&session_state=x&iss=https%3A%2F%2Fi&code=c");
  const auto posted = bench.send("POST", kContinue, kForm, "interaction=x").value();
  EXPECT_EQ(posted.status, 303);
  EXPECT_EQ(header_of(posted, "Location"), "https://app.example/cb?code=c&state=s%20%26&iss=https%3A%2F%2Fi");
}

TEST_F(BrowserTest, ARefusalIsToldInTheDialectsWords) {
  auto without_code = back;
  without_code.parameters.erase(without_code.parameters.begin());
  answer(EndpointKind::authorize, {.answer = without_code, .refusal = Error{Reason::consent_denied, ""}});
  EXPECT_EQ(header_of(visit("/api/v1/authorize"), "Location"),
            "https://app.example/cb?error=access_denied&error_description=The%20user%20denied%20access&state=s%20%26");
}

TEST_F(BrowserTest, TheModeSaysWhereParametersStand) {
  auto redirection = back;
  redirection.uri += "?x=1";
  answer(EndpointKind::authorize, {.answer = redirection});
  EXPECT_TRUE(header_of(visit(kAuthorize), "Location").starts_with("https://app.example/cb?x=1&code=c"));
  redirection.mode = model::ResponseMode::fragment;
  answer(EndpointKind::authorize, {.answer = redirection});
  EXPECT_TRUE(header_of(visit(kAuthorize), "Location").starts_with("https://app.example/cb?x=1#code=c"));
  redirection.mode = model::ResponseMode::form_post;
  answer(EndpointKind::authorize, {.answer = redirection});
  EXPECT_EQ(visit(kAuthorize).status, 200);
  const auto& form = std::get<model::FormPostPage>(bench.pages.back().content);
  EXPECT_EQ(form.action, redirection.uri);
  EXPECT_EQ(form.fields.front(), (std::pair<std::string, std::string>{"code", "c"}));
}

TEST_F(BrowserTest, WhatCantBeToldToTheClientIsAPage) {
  authorize.answer = [] { return fail(Reason::redirect_uri_unregistered, "https://evil"); };
  const auto refused = visit(kAuthorize);
  EXPECT_EQ(refused.status, 400);
  EXPECT_EQ(header_of(refused, "Location"), "");
  const auto& page = std::get<model::ErrorPage>(bench.pages.back().content);
  EXPECT_EQ(page.code, "invalid_request");
  EXPECT_EQ(page.description, "The redirect_uri is not registered for the client");
  EXPECT_EQ(page.request_id, "r1");
  EXPECT_EQ(bench.send("PUT", kAuthorize).value().status, 405);
  EXPECT_EQ(header_of(bench.send("GET", kContinue).value(), "Allow"), "POST");
  EXPECT_EQ(bench.send("POST", kContinue, kJson, "{}").value().status, 415);
}

TEST_F(BrowserTest, SignInsAreAudited) {
  answer(EndpointKind::authorize, {.answer = model::Page{}});
  visit(kAuthorize);
  EXPECT_TRUE(bench.audit.events.empty()) << "a page that asks is no event";
  answer(EndpointKind::authorize, {.answer = back, .user = Handle::random()});
  visit(std::string(kAuthorize) + "?client_id=web");
  answer(EndpointKind::authorize, {.answer = model::Page{}, .refusal = Error{Reason::user_password_wrong, ""}});
  visit(std::string(kAuthorize) + "?client_id=web");
  EXPECT_EQ(bench.audit.events, (std::vector<std::string>{"bank|authorize|web|authorized", "bank|authorize|web|user_password_wrong"}));
}

}  // namespace
}  // namespace tessera::dialects
