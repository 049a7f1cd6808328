// What clients of the real systems see: the rows of the wire facts, status, code and text.
#include <gtest/gtest.h>

#include <algorithm>

#include "dialects/dialect.h"

namespace tessera::dialects {
namespace {

using model::EndpointKind;

struct Row {
  Reason reason;
  int status;
  std::string code;
  std::string text;
  std::string grant = "";
};

const EndpointLook& look_of(const std::string& dialect, EndpointKind kind) {
  static const Library library;
  const auto& endpoints = library.find(dialect)->endpoints();
  return *std::find_if(endpoints.begin(), endpoints.end(), [kind](const EndpointLook& look) { return look.kind == kind; });
}

void expect_rows(const std::string& dialect, EndpointKind kind, const std::vector<Row>& rows) {
  for (const Row& row : rows) {
    const Answer& answer = look_of(dialect, kind).answer_for(row.reason, row.grant);
    const std::string name(base::reason_name(row.reason));
    EXPECT_EQ(answer.status, row.status) << dialect << " " << name;
    const std::string description = row.text.empty() ? "" : ",\"error_description\":\"" + row.text + "\"";
    EXPECT_EQ(answer.body, "{\"error\":\"" + row.code + "\"" + description + "}") << dialect << " " << name;
  }
}

TEST(BuiltIn, KeycloaksTokenErrors) {
  expect_rows(
      "keycloak", EndpointKind::token,
      {{Reason::realm_unknown, 404, "Realm does not exist", ""},
       {Reason::realm_disabled, 403, "access_denied", "Realm not enabled"},
       {Reason::https_required, 403, "invalid_request", "HTTPS required"},
       {Reason::grant_type_missing, 400, "invalid_request", "Missing form parameter: grant_type"},
       {Reason::grant_type_unknown, 400, "unsupported_grant_type", "Unsupported grant_type"},
       {Reason::client_id_missing, 401, "invalid_client", "Invalid client or Invalid client credentials"},
       {Reason::client_unknown, 401, "invalid_client", "Invalid client or Invalid client credentials"},
       {Reason::client_disabled, 401, "invalid_client", "Invalid client or Invalid client credentials"},
       {Reason::client_secret_wrong, 401, "unauthorized_client", "Invalid client or Invalid client credentials"},
       {Reason::client_secret_missing, 401, "unauthorized_client", "Invalid client or Invalid client credentials"},
       {Reason::parameter_duplicated, 400, "invalid_request", "duplicated parameter"},
       {Reason::user_unknown, 400, "invalid_grant", "Invalid user credentials"},
       {Reason::user_password_wrong, 400, "invalid_grant", "Invalid user credentials"},
       {Reason::user_locked, 400, "invalid_grant", "Invalid user credentials"},
       {Reason::username_missing, 401, "invalid_request", "Missing parameter: username"},
       {Reason::user_disabled, 400, "invalid_grant", "Account disabled"},
       {Reason::user_disabled_at_refresh, 400, "invalid_grant", "User disabled"},
       {Reason::user_must_act, 400, "invalid_grant", "Account is not fully set up"},
       {Reason::direct_grant_off, 400, "unauthorized_client", "Client not allowed for direct access grants"},
       {Reason::consent_required, 400, "invalid_client", "Client requires user consent"},
       {Reason::service_account_off, 401, "unauthorized_client", "Client not enabled to retrieve service account"},
       {Reason::public_client_no_service_account, 401, "unauthorized_client", "Public client not allowed to retrieve service account"},
       {Reason::refresh_missing, 400, "invalid_request", "No refresh token"},
       {Reason::refresh_malformed, 400, "invalid_grant", "Invalid refresh token"},
       {Reason::refresh_expired, 400, "invalid_grant", "Token is not active"},
       {Reason::refresh_client_mismatch, 400, "invalid_grant", "Invalid refresh token. Token client and authorized client don't match"},
       {Reason::session_ended, 400, "invalid_grant", "Session not active"},
       {Reason::refresh_stale, 400, "invalid_grant", "Stale token"},
       {Reason::refresh_reused, 400, "invalid_grant", "Maximum allowed refresh token reuse exceeded"}});
}

TEST(BuiltIn, KeycloaksOtherErrors) {
  expect_rows("keycloak", EndpointKind::introspect,
              {{Reason::introspection_forbidden, 403, "invalid_request", "Client not allowed."},
               {Reason::token_missing, 400, "invalid_request", "Token not provided."},
               {Reason::client_secret_wrong, 401, "invalid_client", "Client authentication failed."}});
  expect_rows("keycloak", EndpointKind::revoke,
              {{Reason::revoke_token_unknown, 200, "invalid_token", "Invalid token"},
               {Reason::token_of_other_client, 400, "invalid_request", "Unmatching clients"},
               {Reason::token_missing, 400, "invalid_request", "Token not provided"}});
  expect_rows("keycloak", EndpointKind::certs, {{Reason::realm_unknown, 404, "Realm does not exist", ""}});
  expect_rows("keycloak", EndpointKind::realm_info, {{Reason::realm_unknown, 404, "Realm does not exist", ""}});
  EXPECT_EQ(look_of("keycloak", EndpointKind::logout).success_status, 204);
}

TEST(BuiltIn, FinapiIsAnOlderKeycloak) {
  expect_rows("finapi", EndpointKind::token,
              {{Reason::client_id_missing, 400, "invalid_client", "Missing client_id parameter"},
               {Reason::user_unknown, 401, "invalid_grant", "Invalid user credentials"},
               {Reason::user_password_wrong, 401, "invalid_grant", "Invalid user credentials"},
               {Reason::user_locked, 401, "invalid_grant", "Invalid user credentials"},
               {Reason::user_disabled, 400, "invalid_grant", "Account disabled"},
               {Reason::username_missing, 401, "invalid_request", "Missing parameter: username"}});
}

TEST(BuiltIn, FinlexErrors) {
  for (const Reason reason : {Reason::client_unknown, Reason::client_disabled, Reason::client_secret_wrong, Reason::client_secret_missing,
                              Reason::client_secret_expired})
    expect_rows("finlex", EndpointKind::token, {{reason, 401, "invalid_client", "The app id or the secret is wrong"}});
  const EndpointLook& token = look_of("finlex", EndpointKind::token);
  for (const Reason reason : {Reason::body_malformed, Reason::client_id_missing, Reason::expiry_malformed, Reason::expiry_past,
                              Reason::expiry_beyond_cap, Reason::parameter_duplicated}) {
    EXPECT_EQ(token.answer_for(reason, "").status, 400);
    EXPECT_EQ(token.answer_for(reason, "").code, "invalid_request");
    EXPECT_NE(token.answer_for(reason, "").text, "");
  }
  expect_rows("finlex", EndpointKind::token,
              {{Reason::extension_not_allowed, 403, "access_denied", "The app may not extend the token lifetime"},
               {Reason::throttled_client, 429, "slow_down", "Too many requests"}});
  expect_rows("finlex", EndpointKind::revoke,
              {{Reason::token_revoked, 401, "invalid_token", "The access token is malformed, expired or revoked"},
               {Reason::token_missing, 401, "invalid_token", "The request carries no access token"}});
  EXPECT_EQ(look_of("finlex", EndpointKind::revoke).success_status, 204);
}

TEST(BuiltIn, FlinksAnswers400ToEveryOAuthError) {
  const EndpointLook& token = look_of("flinks", EndpointKind::token);
  for (const Reason reason :
       {Reason::realm_disabled, Reason::grant_type_missing, Reason::client_unknown, Reason::client_secret_wrong, Reason::refresh_unknown,
        Reason::scope_invalid, Reason::grant_not_allowed, Reason::grant_type_unknown, Reason::client_authentication_ambiguous}) {
    const Answer& answer = token.answer_for(reason, "");
    EXPECT_EQ(answer.status, 400) << base::reason_name(reason);
    EXPECT_EQ(answer.code, base::reason_oauth_code(reason));
  }
  EXPECT_EQ(token.answer_for(Reason::internal, "").status, 500);
  EXPECT_EQ(token.answer_for(Reason::internal, "").code, "server_error");
  EXPECT_EQ(token.answer_for(Reason::store_unavailable, "").status, 503);
  EXPECT_EQ(token.answer_for(Reason::store_unavailable, "").code, "temporarily_unavailable");
}

TEST(BuiltIn, TheStandardHasTheRfcsStatuses) {
  const EndpointLook& token = look_of("oauth2", EndpointKind::token);
  const std::vector<std::pair<Reason, int>> statuses = {{Reason::client_unknown, 401},
                                                        {Reason::client_secret_wrong, 401},
                                                        {Reason::user_unknown, 400},
                                                        {Reason::refresh_reused, 400},
                                                        {Reason::scope_invalid, 400},
                                                        {Reason::realm_unknown, 404},
                                                        {Reason::throttled_address, 429},
                                                        {Reason::pool_full, 503},
                                                        {Reason::internal, 500},
                                                        {Reason::method_not_allowed, 405},
                                                        {Reason::content_type_unsupported, 415},
                                                        {Reason::body_too_large, 413}};
  for (const auto& [reason, status] : statuses) EXPECT_EQ(token.answer_for(reason, "").status, status) << base::reason_name(reason);
  // RFC 7009, 2.2.
  EXPECT_EQ(look_of("oauth2", EndpointKind::revoke).answer_for(Reason::revoke_token_unknown, "").status, 200);
  EXPECT_EQ(look_of("oauth2", EndpointKind::revoke).answer_for(Reason::revoke_token_unknown, "").body, "");
}

TEST(BuiltIn, EveryAnswerOfTheTokenEndpointIsAnError) {
  for (const std::string dialect : {"oauth2", "keycloak", "finapi", "finlex", "flinks"})
    for (const Answer& answer : look_of(dialect, EndpointKind::token).answers) {
      EXPECT_TRUE(answer.status >= 400 && answer.status <= 599);
      EXPECT_TRUE(answer.body.starts_with("{\"error\":\"")) << answer.body;
    }
}

}  // namespace
}  // namespace tessera::dialects
