#include <gtest/gtest.h>

#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>

#include "verifier/verifier.h"

namespace tessera::verifier {
namespace {

constexpr std::string_view kClaims = R"({"iss":"https://id.example/realms/a","sub":"u1","aud":["api","web"],"exp":2000,"iat":1000,"nbf":990,
  "jti":"AAECAwQFRgeICQoLDA0ODw","client_id":"app","scope":"read write","preferred_username":"ada","ext":true,"cnf":{"jkt":"x"},"rev":7,
  "lineage":{"client":"AQECAwQFRgeICQoLDA0ODw","secret":"AgECAwQFRgeICQoLDA0ODw","user":"AwECAwQFRgeICQoLDA0ODw",
  "session":"BAECAwQFRgeICQoLDA0ODw","family":"BQECAwQFRgeICQoLDA0ODw","consent":"BgECAwQFRgeICQoLDA0ODw"}})";

boost::json::object claims() { return boost::json::parse(kClaims).get_object(); }

/// The reason of a refusal of the claims after `change`; internal when they are accepted.
template <class Change>
Reason after(Change change, std::string_view typ = "at+jwt") {
  auto object = claims();
  change(object);
  const auto token = read_access_claims(boost::json::serialize(object), typ);
  return token ? Reason::internal : token.error().reason;
}

Reason with(std::string_view name, std::string_view value, std::string_view typ = "at+jwt") {
  return after([&](auto& object) { object[name] = boost::json::parse(value); }, typ);
}
constexpr Reason kAccepted = Reason::internal;

TEST(AccessClaims, ReadsEveryClaim) {
  const auto token = read_access_claims(kClaims, "at+jwt");
  ASSERT_TRUE(token) << token.error().context;
  EXPECT_EQ(token->issuer, "https://id.example/realms/a");
  EXPECT_EQ(token->subject, "u1");
  EXPECT_EQ(token->audience, (std::vector<std::string>{"api", "web"}));
  EXPECT_EQ(token->expires_at_s, 2000);
  EXPECT_EQ(token->issued_at_s, 1000);
  EXPECT_EQ(token->not_before_s, 990);
  EXPECT_EQ(token->jti.str(), "AAECAwQFRgeICQoLDA0ODw");
  EXPECT_EQ(token->client_id, "app");
  EXPECT_EQ(token->scope, "read write");
  EXPECT_EQ(token->username, "ada");
  EXPECT_TRUE(token->extended);
  EXPECT_EQ(token->confirmation, R"({"jkt":"x"})");
  EXPECT_EQ(token->rev, 7);
  EXPECT_EQ(token->lineage.client.str(), "AQECAwQFRgeICQoLDA0ODw");
  EXPECT_EQ(token->lineage.secret.str(), "AgECAwQFRgeICQoLDA0ODw");
  EXPECT_EQ(token->lineage.user.str(), "AwECAwQFRgeICQoLDA0ODw");
  EXPECT_EQ(token->lineage.session.str(), "BAECAwQFRgeICQoLDA0ODw");
  EXPECT_EQ(token->lineage.family.str(), "BQECAwQFRgeICQoLDA0ODw");
  EXPECT_EQ(token->lineage.consent.str(), "BgECAwQFRgeICQoLDA0ODw");
  EXPECT_EQ(token->claims_json, kClaims);
}

TEST(AccessClaims, OptionalOnesMayBeAbsent) {
  auto object = claims();
  for (const std::string_view name : {"sub", "aud", "nbf", "scope", "preferred_username", "ext", "cnf"}) object.erase(name);
  object["lineage"] = {{"client", "AQECAwQFRgeICQoLDA0ODw"}};
  object["jti"] = "00010203-0405-4607-8809-0a0b0c0d0e0f";
  const auto token = read_access_claims(boost::json::serialize(object), "at+jwt");
  ASSERT_TRUE(token);
  EXPECT_TRUE(token->audience.empty());
  EXPECT_TRUE(token->lineage.user.empty());
  EXPECT_EQ(token->jti.str(), "AAECAwQFRgeICQoLDA0ODw");
  EXPECT_FALSE(token->extended);
  EXPECT_EQ(token->confirmation, "");
}

// security.md, case 59 among them.
TEST(AccessClaims, RequiredOnesMayNot) {
  for (const std::string_view name : {"iss", "exp", "iat", "jti", "client_id", "lineage", "rev"})
    EXPECT_EQ(after([&](auto& object) { object.erase(name); }), Reason::token_malformed) << name;
}

TEST(AccessClaims, AzpStandsInForClientIdOnlyWhereThatIsAbsent) {
  EXPECT_EQ(after([](auto& object) {
              object.erase("client_id");
              object["azp"] = "app";
            }),
            kAccepted);
  EXPECT_EQ(after([](auto& object) {
              object["client_id"] = "";
              object["azp"] = "app";
            }),
            Reason::token_malformed);
}

TEST(AccessClaims, WrongTypesAreRefused) {
  const std::pair<std::string_view, std::string_view> wrong[] = {{"iss", "7"},
                                                                 {"iss", "\"\""},
                                                                 {"sub", "7"},
                                                                 {"aud", "7"},
                                                                 {"aud", "[7]"},
                                                                 {"aud", "{}"},
                                                                 {"exp", "\"2000\""},
                                                                 {"exp", "2000.5"},
                                                                 {"exp", "-1"},
                                                                 {"exp", "9007199254740992"},
                                                                 {"exp", "1e300"},
                                                                 {"iat", "null"},
                                                                 {"nbf", "true"},
                                                                 {"jti", "\"x\""},
                                                                 {"jti", "\"AAAAAAAAAAAAAAAAAAAAAA\""},
                                                                 {"client_id", "7"},
                                                                 {"scope", "[]"},
                                                                 {"preferred_username", "7"},
                                                                 {"ext", "\"true\""},
                                                                 {"ext", "1"},
                                                                 {"cnf", "\"x\""},
                                                                 {"rev", "\"7\""},
                                                                 {"rev", "-1"},
                                                                 {"rev", "9007199254740992"},
                                                                 {"lineage", "[]"},
                                                                 {"lineage", "{}"},
                                                                 {"typ", "7"}};
  for (const auto& [name, value] : wrong) EXPECT_EQ(with(name, value), Reason::token_malformed) << name << " " << value;
}

TEST(AccessClaims, LineageIsReadWholeOrNotAtAll) {
  const auto lineage = [](std::string_view member, std::string_view value) {
    return after([&](auto& object) { object["lineage"].get_object()[member] = value; });
  };
  EXPECT_EQ(lineage("client", "AQECAwQFRgeICQoLDA0ODw"), kAccepted);
  EXPECT_EQ(lineage("client", "AAAAAAAAAAAAAAAAAAAAAA"), Reason::token_malformed);
  EXPECT_EQ(lineage("session", ""), Reason::token_malformed);
  EXPECT_EQ(lineage("session", "s1"), Reason::token_malformed);
  EXPECT_EQ(lineage("device", "AQECAwQFRgeICQoLDA0ODw"), Reason::token_malformed);
}

// security.md, case 57.
TEST(AccessClaims, AClaimGivenTwiceIsRefused) {
  std::string twice(kClaims);
  twice.insert(1, R"("rev":9,)");
  EXPECT_EQ(read_access_claims(twice, "at+jwt").error().reason, Reason::token_malformed);
}

// security.md, case 58.
TEST(AccessClaims, OtherTypesOfTokenAreRefused) {
  EXPECT_EQ(with("typ", "\"Bearer\"", "at+jwt"), kAccepted);
  EXPECT_EQ(with("typ", "\"Bearer\"", "JWT"), kAccepted);
  for (const std::string_view typ : {"\"ID\"", "\"Refresh\"", "\"Offline\"", "\"Logout\"", "\"\"", "\"bearer\""}) {
    EXPECT_EQ(with("typ", typ, "JWT"), Reason::token_type_wrong) << typ;
    EXPECT_EQ(with("typ", typ, "at+jwt"), Reason::token_type_wrong) << typ;
  }
  for (const std::string_view header : {"JWT", "", "logout+jwt", "secevent+jwt"})
    EXPECT_EQ(after([](auto&) {}, header), Reason::token_type_wrong) << header;
}

TEST(AccessClaims, NoObjectIsNoClaims) {
  for (const std::string_view text : {"", "7", "[]", "null", "{", "{}x"})
    EXPECT_EQ(read_access_claims(text, "at+jwt").error().reason, Reason::token_malformed) << text;
}

}  // namespace
}  // namespace tessera::verifier
