#include "cli/request.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <boost/json/serialize.hpp>
#include <fstream>
#include <set>
#include <sstream>

#include "cli/render.h"
#include "cli/transfer.h"

namespace tessera::cli {
namespace {

const TimePoint kNow = base::from_s(1'800'000'000);

const CommandSpec& command(std::string_view group, std::string_view verb) {
  const auto all = commands();
  return *std::find_if(all.begin(), all.end(), [&](const auto& spec) { return spec.group == group && spec.verb == verb; });
}

TypedArgument typed(std::string word) { return {true, {std::move(word)}}; }

std::string request_of(const CommandSpec& spec, const std::vector<TypedArgument>& arguments, const std::string& input = "") {
  std::istringstream stream(input);
  const auto request = make_request(spec, arguments, stream, kNow);
  return request ? boost::json::serialize(*request) : "refused: " + request.error().context;
}

TEST(Request, CarriesWhatWasTypedAndNothingElse) {
  EXPECT_EQ(request_of(command("secret", "delete"), {typed("bank"), typed("app"), {}, {true, {}}}),
            R"({"command":"secret.delete","args":{"realm":"bank","client":"app","compromised":true}})");
}

TEST(Request, AnExpiryIsATimestampOrALengthOfTime) {
  const auto& add = command("secret", "add");
  EXPECT_NE(request_of(add, {typed("bank"), typed("app"), typed("90d")}).find("\"expires_at_s\":1807776000"), std::string::npos);
  EXPECT_NE(request_of(add, {typed("bank"), typed("app"), typed("2030-01-31T00:00:00Z")}).find("\"expires_at_s\":1896048000"),
            std::string::npos);
  EXPECT_TRUE(request_of(add, {typed("bank"), typed("app"), typed("tomorrow")}).starts_with("refused: --expires tomorrow: write"));
}

TEST(Request, SecretsComeFromStandardInputWithoutTheirLineBreak) {
  const auto& import = command("secret", "import");
  const std::vector<TypedArgument> arguments{typed("bank"), typed("app"), {true, {}}, {}};
  EXPECT_NE(request_of(import, arguments, "s3cret\r\n").find("\"secret\":\"s3cret\""), std::string::npos);
  EXPECT_NE(request_of(import, arguments, " two words ").find("\"secret\":\" two words \""), std::string::npos);
  EXPECT_TRUE(request_of(import, arguments, "\n").starts_with("refused: standard input is empty"));
  EXPECT_TRUE(request_of(import, arguments, std::string(20'000, 'x')).starts_with("refused: standard input has more"));
}

TEST(Request, ADashTakesTheTokenFromStandardInput) {
  EXPECT_NE(request_of(command("token", "inspect"), {typed("-")}, "abc\n").find("\"token\":\"abc\""), std::string::npos);
}

TEST(Request, AFileThatIsMissingIsNamed) {
  const auto request = make_apply_request({"/nonexistent/realm.toml"}, false, false);
  ASSERT_FALSE(request);
  EXPECT_TRUE(request.error().context.starts_with("/nonexistent/realm.toml: can't be read"));
}

TEST(Request, AFolderIsNoRealmFile) {
  const auto request = make_apply_request({"/tmp"}, false, false);
  ASSERT_FALSE(request);
  EXPECT_EQ(request.error().context, "/tmp: can't be read (Is a directory); name a file in it");
}

TEST(Commands, EachIsSpelledOnceAndHasItsExample) {
  std::set<std::string> names;
  std::set<std::string_view> known;
  for (const auto& group : groups()) known.insert(group.name);
  for (const auto& spec : commands()) {
    const auto name = std::string(spec.group) + " " + std::string(spec.verb);
    EXPECT_TRUE(names.insert(name).second) << name;
    EXPECT_TRUE(known.contains(spec.group)) << name;
    EXPECT_NE(spec.example.find("tessera " + name), std::string_view::npos) << name;
    // An optional word by position would take the place of one that follows.
    bool optional = false;
    for (const auto& argument : spec.arguments) {
      const bool by_position = !argument.spelling.starts_with("--");
      EXPECT_FALSE(by_position && argument.required && optional) << name;
      optional |= by_position && !argument.required;
    }
  }
}

TEST(Render, NothingThatATerminalObeysIsPrinted) {
  EXPECT_EQ(printable("a\x1b[31mb\x7f\nc"), "a?[31mb??c");
  EXPECT_EQ(printable("a\xC2\x9b"
                      "31mb"),
            "a?31mb");
  EXPECT_EQ(printable("Grüße"), "Grüße");
}

TEST(Render, ListsAreTables) {
  const boost::json::value result{
      {{"id", "app"}, {"enabled", true}, {"public", false}, {"grants", {"a", "b"}}, {"access_ttl", "1h"}, {"more", 1}}};
  EXPECT_EQ(render_result(command("client", "list"), boost::json::array{result.as_array()[0]}),
            "id   enabled  public  grants  access_ttl\napp  yes      no      a b     1h\n");
  EXPECT_EQ(render_result(command("client", "list"), boost::json::array{}), "none\n");
}

TEST(Render, APlanSaysWhatWasDone) {
  const boost::json::object line{{"sign", "+"}, {"text", "client app"}};
  boost::json::object result{{"applied", false},
                             {"realms", boost::json::array{boost::json::object{{"realm", "bank"}, {"lines", boost::json::array{line}}}}}};
  EXPECT_EQ(render_plan(result, false), "realm bank\n  + client app\ndry run: nothing was changed\n");
  result["applied"] = true;
  EXPECT_EQ(render_plan(result, true), "realm bank\n\x1b[32m  + client app\x1b[0m\napplied\n");
}

TEST(Render, AnImportSaysWhatWasCarriedChangedAndRefused) {
  using boost::json::array;
  using boost::json::object;
  array names;
  for (int i = 0; i < 10; ++i) names.emplace_back("user u" + std::to_string(i));
  const object result{
      {"applied", true},
      {"realms", array{object{{"realm", "shop"}, {"lines", array{}}}}},
      {"kept", object{{"passwords", 2}, {"secrets", 0}}},
      {"report",
       object{{"carried", object{{"clients", 3}}}, {"changed", array{object{{"why", "why"}, {"what", names}}}}, {"refused", array{}}}}};
  EXPECT_EQ(
      render_import(result, false),
      "realm shop: nothing to change\nkept: 2 passwords that stood here already\n\ncarried: 3 clients\nchanged:\n  why\n    user u0, user "
      "u1, user u2, user u3, user u4, user u5, user u6, user u7, and 2 more (--json names them)\nrefused: nothing\n");
}

TEST(Import, AFileThatIsNotThereOrNoExportIsToldSo) {
  EXPECT_TRUE(read_keycloak_file("/nonexistent/realm.json", "").error().context.starts_with("/nonexistent/realm.json: can't be read"));
  const auto import = read_keycloak_file(TESSERA_SOURCE_DIR "/tests/e2e/realms/keycloak-export.json", "other");
  ASSERT_TRUE(import) << import.error().context;
  const auto request = make_import_request(*import, true);
  EXPECT_EQ(request.at("command"), "import");
  EXPECT_EQ(request.at("args").at("dry_run"), true);
  EXPECT_EQ(request.at("args").at("passwords").as_array().size(), 2u);
}

}  // namespace
}  // namespace tessera::cli
