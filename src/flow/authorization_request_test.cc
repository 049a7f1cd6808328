#include "flow/authorization_request.h"

#include <gtest/gtest.h>

namespace tessera::flow {
namespace {

using Fields = std::vector<std::pair<std::string, std::string>>;

class QuestionTest : public testing::Test {
 protected:
  Result<Question> read(const Fields& more) const {
    model::Parameters parameters;
    parameters.add("response_type", Secret(std::string("code")));
    for (const auto& [name, value] : more) parameters.add(name, Secret(value));
    auto entry = std::make_shared<clients::ClientEntry>();
    entry->client.is_public = is_public;
    entry->client.policy.edit() = policy;
    return read_question({.client = entry, .redirect_uri = "https://app.example/cb"}, parameters);
  }
  Reason refusal(const Fields& more) const {
    const auto question = read(more);
    return question ? Reason::internal : question.error().reason;
  }

  model::ClientPolicy policy{.grants = {"authorization_code"}, .scopes = {"openid", "accounts"}};
  bool is_public = false;
  const std::string challenge = std::string(43, 'x');
};

TEST_F(QuestionTest, WhatIsAskedIsKept) {
  const auto question = read({{"scope", "openid"},
                              {"nonce", "n"},
                              {"max_age", "60"},
                              {"prompt", "login consent"},
                              {"login_hint", "anna"},
                              {"claims", R"({"id_token":{"email":null,"acr":{"essential":true}}})"},
                              {"code_challenge", challenge},
                              {"code_challenge_method", "S256"}});
  ASSERT_TRUE(question) << base::reason_name(question.error().reason);
  EXPECT_EQ(question->scope, "openid");
  EXPECT_EQ(question->terms.nonce, "n");
  EXPECT_EQ(question->terms.challenge_method, model::ChallengeMethod::s256);
  EXPECT_EQ(question->terms.claims, "id_token:email");
  EXPECT_EQ(question->max_age_s, 60);
  EXPECT_TRUE(question->prompt.login && question->prompt.consent && !question->prompt.none);
  EXPECT_EQ(question->login_hint, "anna");
}

TEST_F(QuestionTest, WhatIsWrongHasItsReason) {
  const std::vector<std::pair<Reason, Fields>> cases{
      {Reason::scope_invalid, {{"scope", "openid admin"}}},
      {Reason::scope_malformed, {{"scope", "openid  accounts"}}},
      {Reason::response_mode_unsupported, {{"response_mode", "web_message"}}},
      {Reason::prompt_invalid, {{"prompt", "none login"}}},
      {Reason::prompt_invalid, {{"prompt", "create"}}},
      {Reason::max_age_invalid, {{"max_age", "-1"}}},
      {Reason::max_age_invalid, {{"max_age", "1h"}}},
      {Reason::claims_invalid, {{"claims", "{"}}},
      {Reason::claims_invalid, {{"claims", R"({"userinfo":[]})"}}},
      {Reason::claims_invalid, {{"claims", R"({"userinfo":{"email":1}})"}}},
      {Reason::acr_unmet, {{"claims", R"({"id_token":{"acr":{"essential":true,"value":"2"}}})"}}},
      {Reason::request_object_unsupported, {{"request", "eyJ"}}},
      {Reason::request_uri_unsupported, {{"request_uri", "https://x"}}},
      {Reason::challenge_method_unsupported, {{"code_challenge", challenge}}},
      {Reason::challenge_method_unsupported, {{"code_challenge", challenge}, {"code_challenge_method", "plain"}}},
      {Reason::challenge_missing, {{"code_challenge_method", "S256"}}},
      {Reason::challenge_invalid, {{"code_challenge", "x"}, {"code_challenge_method", "S256"}}},
      {Reason::challenge_invalid, {{"code_challenge", std::string(42, 'x') + "+"}, {"code_challenge_method", "S256"}}}};
  for (const auto& [reason, fields] : cases) EXPECT_EQ(refusal(fields), reason) << base::reason_name(reason);
}

TEST_F(QuestionTest, PublicClientsAndThoseThatAreToldUsePkce) {
  EXPECT_TRUE(read({}));
  policy.pkce_required = true;
  EXPECT_EQ(refusal({}), Reason::challenge_missing);
  policy.pkce_required = false;
  is_public = true;
  EXPECT_EQ(refusal({}), Reason::challenge_missing);
  policy.pkce_plain = true;
  EXPECT_TRUE(read({{"code_challenge", std::string(43, '~')}}));
}

TEST_F(QuestionTest, TheClientHasToBeRegisteredForIt) {
  policy.grants = {"client_credentials"};
  EXPECT_EQ(refusal({}), Reason::authorization_off);
}

}  // namespace
}  // namespace tessera::flow
