#include <gtest/gtest.h>

#include <algorithm>

#include "dialects/browser.h"

namespace tessera::dialects {
namespace {

const EndpointLook& logout_of(const Library& library, std::string_view dialect) {
  const auto& looks = library.find(dialect)->endpoints();
  return *std::ranges::find(looks, model::EndpointKind::logout, &EndpointLook::kind);
}

bool is_visit(const EndpointLook& look, std::string_view method, std::string_view body = {},
              std::string_view type = "application/x-www-form-urlencoded") {
  http::Request request;
  request.method = method;
  request.body = body;
  if (!type.empty()) request.headers = {{"Content-Type", type}};
  return dialects::is_visit(look, request);
}

TEST(Browser, AtKeycloaksLogoutTheContentTellsClientsFromBrowsers) {
  const Library library;
  const EndpointLook& look = logout_of(library, "keycloak");
  EXPECT_TRUE(is_visit(look, "GET"));
  EXPECT_TRUE(is_visit(look, "POST", "id_token_hint=a.b.c"));
  EXPECT_TRUE(is_visit(look, "POST", ""));
  EXPECT_FALSE(is_visit(look, "POST", "client_id=app&refresh_token=r"));
  EXPECT_FALSE(is_visit(look, "POST", "client_id=app&refresh_token=")) << "it answers that the token is missing";
  EXPECT_FALSE(is_visit(look, "POST", "a=%")) << "what can't be read is answered as ever";
  EXPECT_FALSE(is_visit(look, "POST", "{}", "application/json"));
  EXPECT_FALSE(is_visit(look, "POST", "", ""));
  EXPECT_FALSE(is_visit(look, "DELETE"));
  EXPECT_TRUE(is_visit(logout_of(library, "oauth2"), "POST", "refresh_token=r")) << "the standard knows no such parameter";
}

TEST(Browser, AClientsSecretNeverBecomesAParameter) {
  const Library library;
  http::Request request;
  request.method = "GET";
  request.query = "client_id=app&client_secret=s&state=a&unknown=b";
  model::EndpointRequest asked;
  ASSERT_TRUE(decode_visit(logout_of(library, "keycloak"), request, asked));
  EXPECT_EQ(asked.parameters.find("state"), "a");
  EXPECT_FALSE(asked.parameters.has("client_secret") || asked.parameters.has("unknown"));
}

TEST(Browser, WhatComesBackFromLoggingOutIsTheState) {
  const Library library;
  model::EndpointRequest asked;
  asked.by_get = true;
  const model::BrowserReply reply{.answer = model::Redirection{.uri = "https://app.example/?a=b", .parameters = {{"state", "x&y"}}}};
  const auto response = encode_visit(logout_of(library, "oauth2"), asked, reply, nullptr);
  EXPECT_EQ(response.status, 302);
  EXPECT_EQ(response.headers.front().second, "https://app.example/?a=b&state=x%26y");
}

}  // namespace
}  // namespace tessera::dialects
