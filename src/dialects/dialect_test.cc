// The rules that no dialect may relax, each with its place in the file and what to write instead.
#include "dialects/dialect.h"

#include <gtest/gtest.h>

namespace tessera::dialects {
namespace {

const std::string kError = "error = [{ name = \"error\", value = \"{code}\" }]\n";
const std::string kToken =
    "[endpoint.token]\n"
    "paths = [\"/token\"]\n"
    "body = [\"form\"]\n"
    "client = [\"body\"]\n"
    "in = [\"grant_type\", \"client_id\", \"client_secret\"]\n"
    "out = [\"access_token\"]\n";

std::string replaced(std::string text, const std::string& from, const std::string& to) {
  const auto at = text.find(from);
  EXPECT_NE(at, std::string::npos) << from;
  return text.replace(at, from.size(), to);
}

/// The refusal of a file that stands in bank.toml; "" when it is accepted.
std::string refusal(const std::string& toml) {
  static const Library library;
  const auto parsed = parse_dialect(toml, "bank.toml", library);
  if (parsed) return {};
  EXPECT_EQ(parsed.error().reason, Reason::dialect_invalid);
  return parsed.error().context;
}

struct Case {
  std::string toml;
  int line;
  std::string says;
};

void expect_refused(const std::vector<Case>& cases) {
  for (const Case& c : cases) {
    const std::string said = refusal(c.toml);
    EXPECT_TRUE(said.starts_with("bank.toml:" + std::to_string(c.line) + ": ")) << said << "\n" << c.toml;
    EXPECT_NE(said.find(c.says), std::string::npos) << said << "\nlacks: " << c.says;
  }
}

TEST(Dialect, AcceptsTheLeastThatWorks) { EXPECT_EQ(refusal(kError + kToken), ""); }

TEST(Dialect, RefusesUnknownKeysWithTheNearest) {
  expect_refused({
      {kError + "[endpoints.token]\n", 2, "write `endpoint`"},
      {kError + replaced(kToken, "paths", "path"), 3, "write `paths`"},
      {kError + kToken + "[endpoint.token.reasons]\nclient_unknwon = { status = 401 }\n", 9, "write `client_unknown`"},
      {kError + replaced(kToken, "[\"access_token\"]", "[\"acces_token\"]"), 7, "write `access_token`"},
      {kError + replaced(kToken, "\"client_id\"", "{ name = \"app\", is = \"clientid\" }"), 6, "write `client_id`"},
      {kError + kToken + "[endpoint.tokn]\npaths = [\"/x\"]\n", 8, "write `token`"},
      {"error = [\n", 1, "bank.toml"},
  });
}

TEST(Dialect, ADeepKeyIsRefusedBeforeItExhaustsTheStack) {
  std::string deep;
  for (int i = 0; i < 200'000; ++i) deep += "a.";
  expect_refused(
      {{kError + deep + "b = 1\n", 2, "more than 16 dotted parts"}, {kError + "[" + deep + "b]\n", 2, "more than 16 dotted parts"}});
}

TEST(Dialect, TakesCredentialsByPostOnly) {
  expect_refused({
      {kError + kToken + "methods = [\"GET\"]\n", 8, "write methods = [\"POST\"]"},
      {kError + kToken + "methods = [\"POST\", \"DELETE\"]\n", 8, "write methods = [\"POST\"]"},
      {kError + kToken + "[endpoint.revoke]\npaths = [\"/revoke\"]\nmethods = [\"GET\"]\n", 10, "write methods = [\"POST\", \"DELETE\"]"},
      {kError + kToken + "[endpoint.revoke]\npaths = [\"/revoke\"]\nmethods = [\"DELETE\"]\nbody = [\"form\"]\nin = [\"token\"]\n", 10,
       "write methods = [\"POST\"]"},
      {kError + kToken + "[endpoint.jwks]\npaths = [\"/jwks\"]\nmethods = [\"POST\"]\n", 10, "\"GET\", \"HEAD\""},
  });
  EXPECT_EQ(refusal(kError + kToken + "[endpoint.revoke]\npaths = [\"/revoke\"]\nmethods = [\"POST\", \"DELETE\"]\n"), "");
}

TEST(Dialect, TakesFormsAndJsonOnly) {
  expect_refused({
      {kError + replaced(kToken, "\"form\"", "\"xml\""), 4, "write body = [\"form\", \"json\"]"},
      {kError + replaced(kToken, "body = [\"form\"]\n", ""), 2, "write body = [\"form\"]"},
      {kError + replaced(kToken, "client = [\"body\"]", "client = [\"query\"]"), 5, "write client = [\"body\", \"basic\"]"},
      {kError + replaced(kToken, ", \"client_id\"", ""), 5, "add \"client_id\" to `in`"},
  });
}

TEST(Dialect, MapsNamesOneToOne) {
  expect_refused({
      {kError + replaced(kToken, "\"client_secret\"", "\"client_secret\", { name = \"app\", is = \"client_id\" }"), 6,
       "two names stand for `client_id`"},
      {kError + replaced(kToken, "\"client_secret\"", "{ name = \"client_id\", is = \"client_secret\" }"), 6, "`client_id` is named twice"},
      {kError + replaced(kToken, "out = [\"access_token\"", "out = [\"access_token\", { name = \"token\", is = \"access_token\" }"), 7,
       "`access_token` is written twice"},
      {kError + replaced(kToken, "out = [\"access_token\"",
                         "out = [\"access_token\", { name = \"a\", is = \"scope\" }, { name = \"a\", is = \"id_token\" }"),
       7, "the field `a` is there twice"},
      {kError + replaced(kToken, "out = [\"access_token\"", "out = [{ name = \"scope\", is = \"access_token\" }"), 7,
       "the name of another token field"},
      {kError + kToken + "grant_type = \"client_credentials\"\n", 8, "remove \"grant_type\" from `in`"},
      {kError + replaced(kToken, "\"grant_type\", ", ""), 2, "write grant_type = \"client_credentials\""},
  });
}

TEST(Dialect, AnswersErrorsWithErrorStatuses) {
  expect_refused({
      {kError + kToken + "[reasons]\nclient_unknown = { status = 200 }\n", 9, "write one from 400 to 599"},
      {kError + kToken + "[reasons]\nclient_unknown = { status = 302 }\n", 9, "write one from 400 to 599"},
      {kError + kToken + "[codes]\ninvalid_client = { status = 600 }\n", 9, "write one from 400 to 599"},
      {kError + kToken + "[endpoint.token.reasons]\nclient_unknown = { status = 399 }\n", 9, "write one from 400 to 599"},
      {kError + kToken + "[endpoint.token.grant.password.reasons]\nuser_disabled = { status = 204 }\n", 9, "write one from 400 to 599"},
      {kError + kToken + "success = 302\n", 8, "write success = 200"},
  });
}

TEST(Dialect, OnlyAnUnknownTokenToRevokeIsASuccess) {
  const std::string revoke =
      kError + "[endpoint.revoke]\npaths = [\"/revoke\"]\nbody = [\"form\"]\nin = [\"token\"]\n[endpoint.revoke.reasons]\n";
  EXPECT_EQ(refusal(revoke + "revoke_token_unknown = { status = 200, code = \"invalid_token\" }\n"), "");
  expect_refused({{revoke + "token_of_other_client = { status = 200 }\n", 7, "write one from 400 to 599"},
                  {kError + kToken + "[reasons]\nrevoke_token_unknown = { status = 200 }\n", 9, "write one from 400 to 599"}});
}

TEST(Dialect, LeavesForwardAuthIntrospectionAndKeysAlone) {
  const std::string introspect = "[endpoint.introspect]\npaths = [\"/i\"]\nbody = [\"form\"]\nin = [\"client_id\", \"token\"]\n";
  expect_refused({
      {kError + "[endpoint.verify]\npaths = [\"/verify\"]\n[endpoint.verify.reasons]\ntoken_missing = { status = 400 }\n", 4,
       "forward-auth statuses can't be mapped"},
      {kError + "[endpoint.verify]\npaths = [\"/verify\"]\nsuccess = 200\n", 4, "remove `success`"},
      {kError + "[endpoint.verify]\npaths = [\"/verify\"]\nmethods = [\"GET\"]\n", 4, "remove `methods`"},
      {kError + introspect + "out = [\"access_token\"]\n", 6, "`active`"},
      {kError + "[endpoint.jwks]\npaths = [\"/jwks\"]\nout = [\"access_token\"]\n", 4, "JWKS can't be mapped"},
      {kError + "[endpoint.client_configuration]\npaths = [\"/register\"]\n", 3, "names no client"},
      {kError + "[endpoint.jwks]\npaths = [\"/jwks\"]\nmembers = [\"client_id\"]\n", 4, "remove `members`"},
      {kError + "[endpoint.registration]\npaths = [\"/register\"]\nupdate = \"amend\"\n", 4, "remove `update`"},
      {kError + "[endpoint.registration]\npaths = [\"/register\"]\ngrant_types = [\"password\"]\n", 4, "remove `grant_types`"},
      {kError + "[endpoint.registration]\npaths = [\"/register\"]\nmembers = [\"clientname\"]\n", 4, "write `client_name`"},
  });
}

TEST(Dialect, KeepsNoStore) {
  expect_refused({
      {"cache_control = \"public\"\n" + kError + kToken, 1, "no-store"},
      {kError + kToken + "headers = { Cache-Control = \"public\" }\n", 8, "no-store"},
  });
}

TEST(Dialect, TemplatesNeverEchoInput) {
  const std::string template_of = "error = [{ name = \"error\", value = \"{code}\" },\n  { name = \"detail\", value = \"";
  expect_refused({
      {template_of + "{username}\" }]\n" + kToken, 2, "never echoes input; write {code}, {description} or {status}"},
      {template_of + "no {co{code}de}\" }]\n" + kToken, 2, "never echoes input"},
      {kError + kToken + "[reasons]\nclient_unknown = { text = \"{client_id} is unknown\" }\n", 9, "takes no placeholder but {limit}"},
      {kError + kToken + "[reasons]\nclient_unknown = { text = \"a \\\"quote\\\"\" }\n", 9, "without quotes"},
      {kError + kToken + "[reasons]\nclient_unknown = { text = \"two\\r\\nlines\" }\n", 9, "printable ASCII"},
  });
}

TEST(Dialect, ConstantsNeverShadowTokenFields) {
  expect_refused({
      {kError + replaced(kToken, "\"access_token\"]", "\"access_token\", { name = \"refresh_token\", value = \"x\" }]"), 7,
       "shadows a token field"},
      {kError + replaced(kToken, "\"access_token\"]", "{ name = \"access\", is = \"access_token\" }, { name = \"access\", value = 1 }]"), 7,
       "is there twice"},
      {kError + "envelope = { name = \"data\", constants = [{ name = \"access_token\", value = \"x\" }] }\n" + kToken, 2,
       "shadows a token field"},
      {kError + "envelope = { name = \"scope\" }\n" + kToken, 2, "shadows a token field"},
      {"error = [{ name = \"access_token\", value = \"{code}\" }]\n" + kToken, 1, "is a token field"},
  });
}

TEST(Dialect, TellsNobodyWhetherAUserExists) {
  for (const std::string reason : {"user_unknown", "user_password_wrong", "user_locked"}) {
    const std::string all = kError + kToken + "[reasons]\n" + reason + " = { status = 403 }\n";
    EXPECT_NE(refusal(all).find("user_unknown, user_password_wrong and user_locked"), std::string::npos) << reason;
    const std::string one_grant = kError + kToken + "[endpoint.token.grant.password.reasons]\n" + reason + " = { code = \"other\" }\n";
    EXPECT_TRUE(refusal(one_grant).starts_with("bank.toml:2: ")) << refusal(one_grant);
  }
}

TEST(Dialect, PathsArePaths) {
  for (const std::string path :
       {"token", "/a//b", "/../etc", "/token?x=1", "/{tenant}/token", "/x{realm}/token", "/{realm}/{realm}/t", "/a b", ""})
    EXPECT_TRUE(refusal(kError + replaced(kToken, "/token", path)).starts_with("bank.toml:3: ")) << path;
}

TEST(Dialect, SaysWhichFileAnInheritedMistakeIsIn) {
  const std::string said = refusal("extends = \"finlex\"\n[endpoint.token]\nsuccess = 500\n");
  EXPECT_TRUE(said.starts_with("bank.toml:3: ")) << said;
  EXPECT_NE(refusal("extends = \"nobody\"\n").find("`nobody`"), std::string::npos);
}

}  // namespace
}  // namespace tessera::dialects
