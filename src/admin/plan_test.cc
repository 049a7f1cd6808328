#include "admin/plan.h"

#include <algorithm>

#include "admin/test_world.h"

namespace tessera::admin {
namespace {

using Lines = std::vector<std::string>;

std::string with(const std::string& from, const std::string& to) {
  std::string toml = kRealmFile;
  const auto at = toml.find(from);
  EXPECT_NE(at, std::string::npos) << from;
  return toml.replace(at, from.size(), to);
}

TEST(Plan, ANewRealmComesWithAllThatItNeeds) {
  World world;
  EXPECT_EQ(world.apply(kRealmFile),
            (Lines{"+ realm bank (ES256)", "+ role clerk [\"read\"]", "+ client app (grants [\"client_credentials\"], access_ttl 30m)",
                   "+ user anna (no password yet)"}));
  EXPECT_EQ(world.operations.show_client("bank", "app")->policy->access_ttl_s, 1'800);
  ASSERT_TRUE(world.keyring.realm(world.realm_id("bank")));
  EXPECT_TRUE(world.keyring.realm(world.realm_id("bank"))->signing.contains("ES256"));
}

TEST(Plan, ApplyingTwiceChangesNothing) {
  World world;
  world.apply(kRealmFile);
  const auto records = world.store->config().audit_tail(world.realm_id("bank"), 100)->size();
  EXPECT_EQ(world.apply(kRealmFile), Lines{});
  EXPECT_EQ(world.store->config().audit_tail(world.realm_id("bank"), 100)->size(), records);
}

TEST(Plan, ADryRunChangesNothing) {
  World world;
  EXPECT_EQ(world.apply(kRealmFile, {.dry_run = true}).size(), 4u);
  EXPECT_FALSE(world.operations.show_realm("bank"));
  world.apply(kRealmFile);
  EXPECT_FALSE(world.apply(with("30m", "20m"), {.dry_run = true}).empty());
  EXPECT_EQ(world.operations.show_client("bank", "app")->policy->access_ttl_s, 1'800);
}

TEST(Plan, WhatTheFileDoesNotMentionIsLeftAlone) {
  World world;
  world.apply(kRealmFile);
  EXPECT_EQ(world.apply("[realm]\nname = \"bank\"\n[[client]]\nid = \"app\"\naccess_ttl = \"20m\""),
            Lines{"~ client app: access_ttl \"30m\" -> \"20m\""});
  EXPECT_EQ(world.operations.show_client("bank", "app")->policy->scopes.size(), 2u);
  EXPECT_TRUE(world.operations.show_user("bank", "anna"));
}

TEST(Plan, AShorterLifetimeIsRememberedUntilTheLongerTokensHaveExpired) {
  World world;
  world.apply(kRealmFile);
  world.apply(with("30m", "5m"));
  EXPECT_GE(world.operations.show_client("bank", "app")->max_expiry_s, base::to_s(world.clock.now()) + 1'800);
  EXPECT_TRUE(world.journal("bank").empty());
}

TEST(Plan, TakingAScopeAwaySuspendsTheClient) {
  World world;
  world.apply(kRealmFile);
  const auto lines = world.apply(with("scopes = [\"read\", \"write\"]\naccess", "scopes = [\"read\"]\naccess"));
  EXPECT_EQ(lines, (Lines{"~ client app: scopes [\"read\",\"write\"] -> [\"read\"]", "- access tokens of client app"}));
  const auto client = world.operations.show_client("bank", "app");
  ASSERT_EQ(world.journal("bank").size(), 1u);
  EXPECT_EQ(world.journal("bank")[0].kind, model::RevocationKind::client);
  EXPECT_EQ(world.journal("bank")[0].id, client->handle);
  EXPECT_EQ(client->revoked_seq, 1);
  EXPECT_EQ(client->ended_seq, 0) << "a suspension ends no family";
}

TEST(Plan, GivingAScopeEndsNothing) {
  World world;
  world.apply(with("scopes = [\"read\", \"write\"]\naccess", "scopes = [\"read\"]\naccess"));
  world.apply(kRealmFile);
  EXPECT_TRUE(world.journal("bank").empty());
}

TEST(Plan, ARoleThatLosesAPermissionSuspendsItsHolders) {
  World world;
  world.apply(kRealmFile);
  const auto lines = world.apply(with("permissions = [\"read\"]", "permissions = []"));
  EXPECT_EQ(lines, (Lines{"~ role clerk: permissions [\"read\"] -> []", "- access tokens of client app", "- access tokens of user anna"}));
  EXPECT_EQ(world.journal("bank").size(), 2u);
}

TEST(Plan, AScopeThatFromNowOnNeedsARoleIsTakenFromItsHolders) {
  World world;
  world.apply(kRealmFile);
  const auto lines = world.apply("[realm]\nname = \"bank\"\n[[role]]\nname = \"writer\"\npermissions = [\"write\"]");
  EXPECT_EQ(lines, (Lines{"+ role writer [\"write\"]", "- access tokens of client app"}));
}

TEST(Plan, DisablingAClientSuspendsItAndOnlyTheFileEnablesIt) {
  World world;
  world.apply(kRealmFile);
  ASSERT_TRUE(world.operations.enable_client("bank", "app", false));
  EXPECT_EQ(world.journal("bank").size(), 1u);
  EXPECT_EQ(world.apply(kRealmFile), Lines{});
  EXPECT_FALSE(world.operations.show_client("bank", "app")->enabled);
  EXPECT_EQ(world.apply(with("id = \"app\"", "id = \"app\"\nenabled = true")), Lines{"~ client app: enabled false -> true"});
  EXPECT_TRUE(world.operations.show_client("bank", "app")->enabled);
}

TEST(Plan, ARemovedClientThatIsDeclaredAgainIsAnotherOne) {
  World world;
  world.apply(kRealmFile);
  const auto before = world.operations.show_client("bank", "app")->handle;
  ASSERT_TRUE(world.operations.add_secret("bank", "app", 0));
  ASSERT_TRUE(world.operations.remove_client("bank", "app"));
  world.apply(kRealmFile);
  EXPECT_NE(world.operations.show_client("bank", "app")->handle, before);
  EXPECT_TRUE(world.operations.list_secrets("bank", "app")->empty());
}

TEST(Plan, PruneMakesTheFileTheWholeTruth) {
  World world;
  world.apply(kRealmFile);
  const auto lines = world.apply("[realm]\nname = \"bank\"\nscopes = [\"read\"]\n[[client]]\nid = \"other\"", {.prune = true});
  for (const char* line : {"- role clerk", "- client app, its secrets and tokens", "- user anna, their sessions and tokens"})
    EXPECT_NE(std::find(lines.begin(), lines.end(), line), lines.end()) << line;
  EXPECT_FALSE(world.operations.show_client("bank", "app"));
  EXPECT_FALSE(world.operations.show_user("bank", "anna"));
  EXPECT_TRUE(world.operations.show_client("bank", "other"));
}

TEST(Plan, PruneLeavesClientsThatRegisteredThemselves) {
  World world;
  world.apply(kRealmFile);
  const model::Client own{.handle = Handle::random(), .realm = world.realm_id("bank"), .client_id = "own"};
  const model::Registration registration{
      .client = own.handle, .digest = "d", .by = Handle::random(), .at = world.clock.now(), .about = "{}"};
  ASSERT_TRUE(world.revocations.commit({world.clock.now(), Lane::pool}, {store::PutClient{own}, store::PutRegistration{registration}}, {}));
  EXPECT_EQ(world.apply(kRealmFile, {.prune = true}), Lines{});
  EXPECT_TRUE(world.operations.show_client("bank", "own"));
  world.apply(std::string(kRealmFile) + "[[client]]\nid = \"own\"\nscopes = [\"read\"]", {.prune = true});
  EXPECT_EQ(world.apply(kRealmFile, {.prune = true}), Lines{}) << "declared once or not: it manages itself";
}

TEST(Plan, LoweringTheRealmsCapEndsWhatMayLieBeyondIt) {
  World world;
  world.apply(kRealmFile);
  world.apply("[realm]\nname = \"bank\"\nmax_ttl = \"1d\"");
  ASSERT_EQ(world.journal("bank").size(), 1u);
  EXPECT_EQ(world.journal("bank")[0].kind, model::RevocationKind::realm);
  EXPECT_GT(world.journal("bank")[0].prune_after_s, base::to_s(world.clock.now()) + 315'000'000) << "kept by the old cap";
}

TEST(Plan, AnotherAlgorithmGetsItsKey) {
  World world;
  world.apply(kRealmFile);
  world.apply("[realm]\nname = \"bank\"\nsigning_alg = \"EdDSA\"");
  EXPECT_TRUE(world.keyring.realm(world.realm_id("bank"))->signing.contains("EdDSA"));
}

TEST(Plan, AClientsAlgorithmsGetTheirKeys) {
  World world;
  const auto signing = [&](const char* alg) { return world.keyring.realm(world.realm_id("bank"))->signing.contains(alg); };
  world.apply(kRealmFile);
  EXPECT_FALSE(signing("RS256")) << "nobody here speaks OpenID Connect";
  EXPECT_EQ(world.apply("[realm]\nname = \"bank\"\nscopes = [\"read\", \"write\", \"openid\"]\n"
                        "[[client]]\nid = \"web\"\nscopes = [\"openid\"]"),
            (Lines{R"(~ realm bank: scopes ["read","write"] -> ["read","write","openid"])", "+ client web (grants [], access_ttl 1h)",
                   "+ RS256 signing key"}));
  EXPECT_TRUE(signing("RS256"));
  world.apply(
      "[realm]\nname = \"bank\"\n[[client]]\nid = \"web\"\nid_token_signed_response_alg = \"EdDSA\"\n"
      "userinfo_signed_response_alg = \"PS256\"");
  EXPECT_TRUE(signing("EdDSA"));
  EXPECT_TRUE(signing("PS256"));
}

TEST(Plan, PairwiseSubjectsNeedASectorAndGetTheirSecretOnce) {
  World world;
  world.apply(kRealmFile);
  const auto with_client = [&](const std::string& more) {
    return world.apply("[realm]\nname = \"bank\"\n[[client]]\nid = \"app\"\nsubject_type = \"pairwise\"\n" + more);
  };
  EXPECT_EQ(with_client(""),
            Lines{"realm.toml:3: client app: subject_type can't be pairwise: it has no redirect URI, whose host would be its sector"});
  const auto several = with_client("redirect_uris = [\"https://a.example/cb\", \"https://b.example/cb\"]");
  EXPECT_NE(several.front().find("has redirect URIs of several hosts"), std::string::npos) << several.front();
  const auto joined = with_client("sector_identifier_uri = \"https://a.example/uris.json\"");
  EXPECT_NE(joined.front().find("is not read"), std::string::npos) << joined.front();

  EXPECT_EQ(with_client("redirect_uris = [\"https://a.example/cb\"]"),
            (Lines{"~ client app: redirect_uris [] -> [\"https://a.example/cb\"]", "~ client app: subject_type \"public\" -> \"pairwise\"",
                   "~ client app: knows every user by another sub", "+ secret of pairwise subjects"}));
  const auto secret = [&] { return std::string(world.keyring.realm(world.realm_id("bank"))->pairwise->reveal()); };
  const std::string first = secret();
  EXPECT_EQ(with_client("redirect_uris = [\"https://b.example/cb\"]").back(), "~ client app: knows every user by another sub");
  EXPECT_EQ(with_client("redirect_uris = [\"https://b.example/cb\", \"https://b.example/other\"]").size(), 1U) << "the same sector";
  EXPECT_EQ(secret(), first);
}

TEST(Plan, ARealmThatACrashLeftWithoutKeysGetsThem) {
  World world;
  model::Realm realm{.handle = Handle::random(), .name = "bank"};
  ASSERT_TRUE(world.revocations.commit(turn_of(world.services), {store::PutRealm{realm}}, {}));
  ASSERT_TRUE(world.revocations.add_realm(world.realm_id("bank")));
  world.apply(kRealmFile);
  EXPECT_TRUE(world.keyring.realm(world.realm_id("bank"))->signing.contains("ES256"));
}

TEST(Plan, ASubIsForLife) {
  World world;
  const std::string sub = "4a273b32-cc81-4bb3-bbc3-636d2c0d759d";
  const auto file = [](const std::string& name, const std::string& user) {
    return "[realm]\nname = \"bank\"\n[[user]]\nusername = \"" + name + "\"\nsub = \"" + user + "\"\n";
  };
  world.apply(file("anna", sub));
  EXPECT_EQ(world.operations.show_user("bank", "anna")->handle.uuid(), sub);
  EXPECT_TRUE(
      world.apply(file("anna", "5a273b32-cc81-4bb3-bbc3-636d2c0d759d")).front().starts_with("realm.toml:3: user anna: tokens know"));
  EXPECT_TRUE(world.apply(file("bert", sub)).front().starts_with("realm.toml:3: user bert: another user has this sub"));
  ASSERT_TRUE(world.operations.remove_user("bank", "anna"));
  EXPECT_NE(world.apply(file("anna", sub)).front().find("belonged to a user who was removed"), std::string::npos)
      << "what a removed user's tokens name must not come back";
  EXPECT_FALSE(world.operations.show_user("bank", "anna"));
  EXPECT_NE(world.apply(file("anna", "4A273B32-cc81-4bb3-bbc3-636d2c0d759d")).front().find("must be a UUID"), std::string::npos);
}

TEST(Plan, WhatCannotWorkIsRefusedWithItsPlace) {
  const auto refusal = [](const std::string& client) {
    World world;
    const auto lines = world.apply("[realm]\nname = \"bank\"\n[[client]]\nid = \"app\"\n" + client);
    EXPECT_FALSE(world.operations.show_realm("bank")) << "nothing may be changed by a refused file";
    return lines.front();
  };
  EXPECT_TRUE(refusal("scopes = [\"nope\"]").starts_with("realm.toml:3: client app: scope \"nope\" is unknown"));
  EXPECT_TRUE(refusal("default_scopes = [\"nope\"]").starts_with("realm.toml:3: client app: default scope"));
  EXPECT_TRUE(refusal("roles = [\"nope\"]").starts_with("realm.toml:3: client app: no role"));
  EXPECT_TRUE(refusal("public = true\ngrants = [\"client_credentials\"]").starts_with("realm.toml:3: client app: a public client can't"));
  EXPECT_TRUE(refusal("public = true\ngrants = [\"refresh_token\"]\nrefresh_mode = \"static\"")
                  .starts_with("realm.toml:3: client app: a public client refreshes"));
}

// RFC 8037, A.2, and RFC 7515, A.3.1.
constexpr std::string_view kEdKey = R"({"kty":"OKP","crv":"Ed25519","kid":"ed","x":"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"})";
constexpr std::string_view kEcKey = R"({"kty":"EC","crv":"P-256","kid":"ec","x":"f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU",)"
                                    R"("y":"x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0"})";

std::string client_with(const std::string& lines) { return "[realm]\nname = \"bank\"\n[[client]]\nid = \"app\"\n" + lines; }

std::string with_keys(const std::string& keys) {
  return client_with("token_endpoint_auth_method = \"private_key_jwt\"\njwks = '''{ \"keys\": [" + keys + "] }'''");
}

TEST(Plan, AClientsKeysAreKeptAndOneThatGoesSuspendsIt) {
  World world;
  world.apply(kRealmFile);
  const std::string both = std::string(kEdKey) + ", " + std::string(kEcKey);
  world.apply(with_keys(both));
  EXPECT_EQ(world.operations.show_client("bank", "app")->policy->jwks,
            "{\"keys\":[" + std::string(kEdKey) + "," + std::string(kEcKey) + "]}");
  EXPECT_TRUE(world.journal("bank").empty());
  world.apply(with_keys(std::string(kEcKey) + ", " + std::string(kEdKey)));
  EXPECT_TRUE(world.journal("bank").empty()) << "the order says nothing";
  const auto lines = world.apply(with_keys(std::string(kEdKey)));
  ASSERT_EQ(lines.size(), 2U);
  EXPECT_EQ(lines[1], "- access tokens of client app");
  ASSERT_EQ(world.journal("bank").size(), 1U);
}

TEST(Plan, AClientMayPublishItsKeysAndAnotherPlaceSuspendsIt) {
  World world;
  world.apply(kRealmFile);
  const auto published = [](const std::string& uri) {
    return client_with("token_endpoint_auth_method = \"private_key_jwt\"\njwks_uri = \"" + uri + "\"");
  };
  world.apply(published("https://app.example/jwks.json"));
  EXPECT_EQ(world.operations.show_client("bank", "app")->policy->jwks_uri, "https://app.example/jwks.json");
  EXPECT_TRUE(world.journal("bank").empty());
  world.apply(published("https://new.example/jwks.json"));
  EXPECT_EQ(world.journal("bank").size(), 1U);
  EXPECT_NE(world.apply(published("http://app.example/jwks.json")).front().find("plain http beyond a loopback address"), std::string::npos);
  EXPECT_NE(world.apply(with_keys(std::string(kEdKey)) + "\njwks_uri = \"https://app.example/j\"").front().find("say twice"),
            std::string::npos);
}

TEST(Plan, AWayToAuthenticateThatCantBeIsRefused) {
  World world;
  world.apply(kRealmFile);
  const auto refusal = [&](const std::string& lines) { return world.apply(client_with(lines)).front(); };
  EXPECT_NE(refusal("token_endpoint_auth_method = \"client_secret_jwt\"").find("it needs a secret that can be read back"),
            std::string::npos);
  EXPECT_NE(refusal("token_endpoint_auth_method = \"none\"").find("write public = true"), std::string::npos);
  EXPECT_NE(refusal("token_endpoint_auth_method = \"tls_client_auth\"").find("private_key_jwt"), std::string::npos);
  EXPECT_NE(refusal("token_endpoint_auth_method = \"private_key_jwt\"").find("needs the client's public keys"), std::string::npos);
  EXPECT_NE(refusal("public = true\ngrants = []\ntoken_endpoint_auth_method = \"client_secret_post\"").find("does not authenticate"),
            std::string::npos);
  EXPECT_NE(refusal("jwks = \"{}\"").find("has no list `keys`"), std::string::npos);
}

}  // namespace
}  // namespace tessera::admin
