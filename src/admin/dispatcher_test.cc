#include "admin/dispatcher.h"

#include "admin/test_world.h"
#include "base/timestamp.h"
#include "keys/sealed_values.h"
#include "sessions/test_records.h"

namespace tessera::admin {
namespace {

namespace json = boost::json;

json::object request(std::string_view command, json::object args = {}) { return {{"command", command}, {"args", std::move(args)}}; }
const json::object kApp{{"realm", "bank"}, {"client", "app"}};

json::object app_with(std::string_view name, json::value value) {
  json::object args = kApp;
  args[name] = std::move(value);
  return args;
}

std::string message_of(const json::value& answer) {
  const auto* error = answer.as_object().if_contains("error");
  return error != nullptr ? std::string(error->at("message").as_string()) : "no error: " + json::serialize(answer);
}

struct Bank : World {
  Bank() { apply(kRealmFile); }
};

TEST(Dispatcher, RefusesWhatIsNoRequest) {
  Bank bank;
  for (const char* text :
       {"", "[]", "{}", "{\"command\":1}", "{\"command\":\"client.list\",\"args\":[]}", "{\"command\":\"a\",\"command\":\"b\"}"})
    EXPECT_NE(bank.dispatcher.handle(text).find("\"error\""), std::string::npos) << text;
  EXPECT_EQ(message_of(bank.ask(request("client.lsit"))), "no command \"client.lsit\"; did you mean \"client.list\"?");
  EXPECT_EQ(message_of(bank.ask(request("client.list"))), "argument \"realm\" is missing");
  EXPECT_EQ(message_of(bank.ask(request("client.list", {{"realm", "bank"}, {"relam", 1}}))), "unknown argument \"relam\"");
  EXPECT_EQ(message_of(bank.ask(request("client.list", {{"realm", 1}}))), "argument \"realm\" must be a string");
}

TEST(Dispatcher, AThirdSecretIsRefusedWithWhatToTypeNext) {
  Bank bank;
  const auto first = bank.ask(request("secret.add", kApp)).at("result");
  ASSERT_TRUE(first.at("secret").as_string().starts_with("tsec_"));
  bank.ask(request("secret.add", kApp));
  const auto message = message_of(bank.ask(request("secret.add", kApp)));
  EXPECT_NE(message.find("`tessera secret delete bank app " + std::string(first.at("id").as_string()) + "`"), std::string::npos) << message;
  EXPECT_EQ(bank.ask(request("secret.list", kApp)).at("result").as_array().size(), 2u);
}

TEST(Dispatcher, ListsNeverShowASecretOrItsHash) {
  Bank bank;
  const std::string secret(bank.ask(request("secret.add", kApp)).at("result").at("secret").as_string());
  const auto listed = bank.dispatcher.handle(json::serialize(request("secret.list", kApp)));
  EXPECT_EQ(listed.find(secret), std::string::npos);
  EXPECT_EQ(listed.find("hash"), std::string::npos);
  const auto records = *bank.store->config().audit_tail(bank.realm_id("bank"), 100);
  for (const auto& record : records) EXPECT_EQ(record.detail.find(secret), std::string::npos);
}

TEST(Dispatcher, DeletingASecretEndsItAndNoOther) {
  Bank bank;
  const auto first = bank.ask(request("secret.add", kApp)).at("result");
  const auto second = bank.ask(request("secret.add", kApp)).at("result");
  ASSERT_TRUE(bank.ask(request("secret.delete", app_with("id", first.at("id")))).as_object().contains("result"));
  const auto journal = bank.journal("bank");
  ASSERT_EQ(journal.size(), 1u);
  EXPECT_EQ(journal[0].kind, model::RevocationKind::secret);
  EXPECT_EQ(journal[0].id.str(), first.at("id").as_string());
  const auto left = bank.ask(request("secret.list", kApp)).at("result").as_array();
  ASSERT_EQ(left.size(), 1u);
  EXPECT_EQ(left[0].at("id"), second.at("id"));
}

TEST(Dispatcher, RegeneratingNeedsNoIdWhileThereIsOne) {
  Bank bank;
  const auto first = bank.ask(request("secret.add", kApp)).at("result");
  const auto fresh = bank.ask(request("secret.regenerate", kApp)).at("result");
  EXPECT_NE(fresh.at("id"), first.at("id"));
  EXPECT_EQ(bank.journal("bank").size(), 1u);
  bank.ask(request("secret.add", kApp));
  EXPECT_NE(message_of(bank.ask(request("secret.regenerate", kApp))).find("two secrets; say which"), std::string::npos);
}

TEST(Dispatcher, AnImportedSecretIsTakenOnce) {
  Bank bank;
  EXPECT_TRUE(bank.ask(request("secret.import", app_with("secret", "what the old system gave"))).at("result").at("imported").as_bool());
  EXPECT_NE(message_of(bank.ask(request("secret.import", app_with("secret", "what the old system gave")))).find("already"),
            std::string::npos);
  EXPECT_NE(message_of(bank.ask(request("secret.import", app_with("secret", "")))).find("1 to 1,024 bytes"), std::string::npos);
}

TEST(Dispatcher, AShortSecretIsTakenWithAWarning) {
  Bank bank;
  const auto shown = bank.ask(request("secret.import", app_with("secret", "fifteen bytes.."))).at("result").as_object();
  EXPECT_TRUE(shown.at("imported").as_bool());
  EXPECT_NE(std::string_view(shown.at("warning").as_string()).find("fewer than 16 bytes"), std::string_view::npos);
  EXPECT_FALSE(bank.ask(request("secret.import", app_with("secret", "sixteen bytes..."))).at("result").as_object().contains("warning"));
}

TEST(Dispatcher, ASecretThatHasExpiredAlreadyIsNotMade) {
  Bank bank;
  EXPECT_NE(message_of(bank.ask(request("secret.add", app_with("expires_at_s", 1'700'000'000)))).find("in the past"), std::string::npos);
}

TEST(Dispatcher, ANewPasswordEndsWhatTheOldOneOpened) {
  Bank bank;
  const json::object anna{{"realm", "bank"}, {"user", "anna"}};
  const auto made = bank.ask(request("user.set-password", anna)).at("result");
  EXPECT_TRUE(bank.journal("bank").empty()) << "the first password replaces none";
  const Secret text{std::string(made.at("password").as_string())};
  EXPECT_TRUE(bank.passwords.verify(bank.operations.show_user("bank", "anna")->password_record, {}, text));
  json::object given = anna;
  given["password"] = "correct horse battery staple";
  EXPECT_FALSE(bank.ask(request("user.set-password", given)).at("result").as_object().contains("password"));
  ASSERT_EQ(bank.journal("bank").size(), 1u);
  EXPECT_EQ(bank.operations.show_user("bank", "anna")->ended_seq, 1);
  given["password"] = std::string(129, 'x');
  EXPECT_NE(message_of(bank.ask(request("user.set-password", given))).find("128 bytes"), std::string::npos);
}

TEST(Dispatcher, APasswordHashedElsewhereIsTakenOver) {
  for (const auto& foreign : sessions::kForeignRecords)
    for (const auto text : {foreign.ours, foreign.keycloak}) {
      Bank bank;
      const auto answer = bank.ask(request("user.import-password", {{"realm", "bank"}, {"user", "anna"}, {"record", text}}));
      EXPECT_TRUE(answer.as_object().contains("result")) << message_of(answer);
      EXPECT_EQ(bank.operations.show_user("bank", "anna")->password_record, foreign.ours);
      EXPECT_TRUE(bank.journal("bank").empty()) << "the first password replaces none";
    }
}

TEST(Dispatcher, AnImportedPasswordEndsWhatTheOldOneOpened) {
  Bank bank;
  const auto import = [&](std::string_view text) {
    return bank.ask(request("user.import-password", {{"realm", "bank"}, {"user", "anna"}, {"record", text}}));
  };
  bank.ask(request("user.set-password", {{"realm", "bank"}, {"user", "anna"}}));
  import(sessions::kForeignRecords[0].ours);
  ASSERT_EQ(bank.journal("bank").size(), 1u);
  EXPECT_EQ(bank.operations.show_user("bank", "anna")->ended_seq, 1);
  import(sessions::kForeignRecords[0].keycloak);
  EXPECT_EQ(bank.journal("bank").size(), 1u) << "the same again changes nothing";
  import(sessions::kForeignRecords[1].keycloak);
  EXPECT_EQ(bank.journal("bank").size(), 2u);
  const auto audited = *bank.store->config().audit_tail(bank.realm_id("bank"), 1);
  EXPECT_EQ(audited.front().action, "user.import_password");
  EXPECT_EQ(audited.front().detail, R"({"cost":"$argon2id$v=19$m=7168,t=5,p=4$"})") << "neither salt nor hash";
}

TEST(Dispatcher, APasswordThatCantBeTakenOverIsRefusedWithWhatToType) {
  Bank bank;
  json::object args{{"realm", "bank"}, {"user", "anna"}, {"record", "$argon2id$v=19$m=65537,t=2,p=1$c2FsdHNhbHQ$aGFzaGhhc2hoYXNoaGFzaA"}};
  EXPECT_EQ(
      message_of(bank.ask(request("user.import-password", args))),
      "the record's memory in KiB (m) must be 8 to 65536, not 65537; pipe in a record or Keycloak's credential, or make a new password: "
      "`tessera user set-password bank anna`");
  args["record"] = "correct horse";
  const auto message = message_of(bank.ask(request("user.import-password", args)));
  EXPECT_TRUE(message.starts_with("a record is $SCHEME$PARAMETERS$SALT$HASH")) << message;
  EXPECT_EQ(message.find("correct horse"), std::string::npos);
  args["record"] = "\n {\"type\":\"otp\"}";
  EXPECT_TRUE(message_of(bank.ask(request("user.import-password", args))).starts_with("the credential's type is not password"));
  args["user"] = "eve";
  EXPECT_NE(message_of(bank.ask(request("user.import-password", args))).find("`tessera user list bank`"), std::string::npos);
  EXPECT_EQ(bank.operations.show_user("bank", "anna")->password_record, "");
}

TEST(Dispatcher, AddsAUserWithAPasswordShownOnce) {
  Bank bank;
  const auto added = bank.ask(request("user.add", {{"realm", "bank"}, {"user", "bob"}, {"roles", {"clerk"}}, {"generate_password", true}}));
  EXPECT_EQ(added.at("result").at("password").as_string().size(), 24u);
  EXPECT_NE(message_of(bank.ask(request("user.add", {{"realm", "bank"}, {"user", "bob"}}))).find("exists already"), std::string::npos);
  EXPECT_NE(message_of(bank.ask(request("user.add", {{"realm", "bank"}, {"user", "eve"}, {"roles", {"nope"}}}))).find("no role"),
            std::string::npos);
  EXPECT_FALSE(bank.operations.show_user("bank", "eve"));
}

TEST(Dispatcher, DisablingAUserSuspendsAndRemovingEnds) {
  Bank bank;
  const json::object anna{{"realm", "bank"}, {"user", "anna"}};
  bank.ask(request("user.disable", anna));
  EXPECT_EQ(bank.operations.show_user("bank", "anna")->ended_seq, 0);
  EXPECT_EQ(bank.journal("bank").size(), 1u);
  bank.ask(request("user.disable", anna));
  EXPECT_EQ(bank.journal("bank").size(), 1u) << "there was nothing to change";
  bank.ask(request("user.remove", anna));
  EXPECT_EQ(bank.journal("bank").size(), 2u);
  EXPECT_NE(message_of(bank.ask(request("user.show", anna))).find("`tessera user list bank`"), std::string::npos);
}

TEST(Dispatcher, NotBeforeRises) {
  Bank bank;
  const auto first = bank.ask(request("realm.not-before", {{"realm", "bank"}})).at("result").at("not_before").as_int64();
  EXPECT_EQ(first, base::to_s(bank.clock.now()) + 1);
  EXPECT_EQ(bank.operations.show_realm("bank")->not_before_s, first);
}

TEST(Dispatcher, KeysRotateWithOverlapAndLeaveOnlyWhenNothingNeedsThem) {
  Bank bank;
  const json::object realm{{"realm", "bank"}};
  const auto signing = [&] {
    const auto keys = *bank.operations.list_keys("bank");
    for (const auto& [key, next_state_at_s] : keys)
      if (key.alg == "ES256" && key.state == store::KeyRecord::State::signing) return key.kid;
    return std::string();
  };
  const auto old = signing();
  bank.ask(request("key.rotate", realm));
  EXPECT_NE(signing(), old);
  EXPECT_TRUE(bank.keyring.realm(bank.realm_id("bank"))->verify.contains(old));
  EXPECT_EQ(message_of(bank.ask(request("key.remove", {{"realm", "bank"}, {"id", signing()}}))),
            "key " + signing() +
                " is still needed: it signs until another is rotated in; with --compromised it goes at once, and its tokens die");
  EXPECT_NE(message_of(bank.ask(request("key.remove", {{"realm", "bank"}, {"id", old}}))).find("tokens that it signed may live until 20"),
            std::string::npos);
  bank.clock.advance_s(86'400);
  EXPECT_TRUE(bank.ask(request("key.remove", {{"realm", "bank"}, {"id", old}})).as_object().contains("result"));
  EXPECT_FALSE(bank.keyring.realm(bank.realm_id("bank"))->verify.contains(old));
  EXPECT_NE(message_of(bank.ask(request("key.rotate", {{"realm", "bank"}, {"alg", "none"}}))).find("no algorithm"), std::string::npos);
}

/// The bank's keys of that algorithm: "STATE kid", as they are listed.
std::vector<std::string> listed_keys(Bank& bank, std::string_view alg) {
  std::vector<std::string> lines;
  const auto answer = bank.ask(request("key.list", {{"realm", "bank"}}));
  for (const auto& item : answer.at("result").as_array()) {
    const auto& key = item.as_object();
    if (key.at("alg").as_string() == alg && key.at("state").as_string() != "gone")
      lines.push_back(std::string(key.at("state").as_string()));
  }
  std::ranges::sort(lines);
  return lines;
}

TEST(Dispatcher, KeysRotateByTheRealmsSchedule) {
  Bank bank;
  constexpr std::int64_t kDayS = 86'400;
  using Lines = std::vector<std::string>;
  const auto pass = [&](std::int64_t seconds) {
    bank.clock.advance_s(seconds);
    return *bank.dispatcher.rotate_due_keys(bank.clock.now(), 10);
  };
  EXPECT_EQ(pass(365 * kDayS), 0) << "without a schedule they wait for an operator";
  bank.apply("[realm]\nname = \"bank\"\nkey_rotation_every = \"30d\"\nkey_published_ahead = \"1d\"");
  const auto next = [&] {
    const auto keys = bank.ask(request("key.list", {{"realm", "bank"}})).at("result").as_array();
    for (const auto& key : keys)
      if (key.at("alg") == "ES256" && key.at("state") == "signing") return std::string(key.at("next_state_at").as_string());
    return std::string();
  };

  EXPECT_EQ(pass(0), 1);
  EXPECT_EQ(listed_keys(bank, "ES256"), (Lines{"published", "signing"}));
  EXPECT_EQ(next(), base::format_timestamp(bank.clock.now() + std::chrono::days(1)));
  EXPECT_EQ(pass(kDayS - 1), 0);
  EXPECT_EQ(pass(1), 1);
  EXPECT_EQ(listed_keys(bank, "ES256"), (Lines{"signing", "verify-only"}));
  EXPECT_EQ(next(), base::format_timestamp(bank.clock.now() + std::chrono::days(30))) << "counted from its publication";
  EXPECT_EQ(pass(0), 0) << "a step is taken once";
  EXPECT_EQ(pass(kDayS), 1) << "its last token has expired";
  EXPECT_EQ(listed_keys(bank, "ES256"), Lines{"signing"});

  std::vector<std::string> records;
  const auto audited = bank.store->config().audit_tail(bank.realm_id("bank"), 3);
  for (const auto& record : *audited) records.push_back(record.actor + ' ' + record.action);
  std::ranges::sort(records);
  EXPECT_EQ(records, (Lines{"server key.add", "server key.remove", "server key.rotate"}));
  EXPECT_EQ(listed_keys(bank, "HS512"), Lines{"signing"}) << "refresh tokens may live for ever";
}

TEST(Dispatcher, ManyDueRotationsComeInPieces) {
  Bank bank;
  for (const char* name : {"one", "two", "three"})
    bank.apply("[realm]\nname = \"" + std::string(name) + "\"\nkey_rotation_every = \"30d\"");
  bank.clock.advance_s(31 * 86'400);
  EXPECT_EQ(*bank.dispatcher.rotate_due_keys(bank.clock.now(), 2), 2);
  EXPECT_EQ(*bank.dispatcher.rotate_due_keys(bank.clock.now(), 2), 1);
  EXPECT_EQ(*bank.dispatcher.rotate_due_keys(bank.clock.now(), 2), 0);
}

TEST(Dispatcher, ACompromisedKeyGoesAtOnceWithItsTokens) {
  Bank bank;
  std::string kid;
  const auto keys = *bank.operations.list_keys("bank");
  for (const auto& [key, next_state_at_s] : keys)
    if (key.alg == "ES256") kid = key.kid;
  bank.ask(request("key.remove", {{"realm", "bank"}, {"id", kid}, {"compromised", true}}));
  ASSERT_EQ(bank.journal("bank").size(), 1u);
  EXPECT_EQ(bank.journal("bank")[0].kind, model::RevocationKind::key);
  EXPECT_TRUE(bank.keyring.realm(bank.realm_id("bank"))->signing.contains("ES256")) << "its successor signs";
}

TEST(Dispatcher, KeysAreShownWithoutTheirPrivatePart) {
  Bank bank;
  const auto listed = bank.ask(request("key.list", {{"realm", "bank"}})).at("result").as_array();
  ASSERT_EQ(listed.size(), 3u);
  for (const auto& key : listed) EXPECT_FALSE(key.as_object().contains("sealed"));
}

/// The bank's administration after a start with these master keys.
struct Restarted {
  Restarted(Bank& bank, std::string_view letters)
      : sealer(keys_of(letters)),
        services{bank.services.config,
                 bank.services.sessions,
                 bank.services.authorizations,
                 bank.services.registrations,
                 bank.services.revocations,
                 bank.services.directory,
                 bank.services.keyring,
                 sealer,
                 bank.services.hasher,
                 bank.services.passwords,
                 bank.services.clock,
                 bank.services.base_url,
                 bank.services.require_first_key_read},
        dispatcher(services) {}
  static std::vector<Secret> keys_of(std::string_view letters) {
    std::vector<Secret> keys;
    for (const char letter : letters) keys.emplace_back(std::string(32, letter));
    return keys;
  }
  std::string ask(std::string_view command) { return dispatcher.handle(json::serialize(request(command))); }

  keys::Sealer sealer;
  Services services;
  Dispatcher dispatcher;
};

TEST(Dispatcher, ANewMasterKeySealsAllAnewAndTheOldOneMayGo) {
  Bank bank;
  const auto audited = [&] {
    const auto records = bank.store->config().audit_tail(0, 10);
    return std::count_if(records->begin(), records->end(), [](const auto& record) { return record.action == "key.reseal"; });
  };
  Restarted both(bank, "nk");
  EXPECT_NE(both.ask("doctor").find("3 of 3 sealed values need a master key that is not the first"), std::string::npos);
  const auto done = both.ask("key.reseal");
  EXPECT_NE(done.find(R"("resealed":3,"values":3,"next":"all are sealed under the first master key: remove)"), std::string::npos) << done;
  EXPECT_EQ(audited(), 1);
  EXPECT_NE(both.ask("doctor").find("the others may be removed"), std::string::npos);
  const auto again = both.ask("key.reseal");
  EXPECT_NE(again.find(R"("resealed":0,"values":3,"next":"all were sealed under the first master key before)"), std::string::npos) << again;
  EXPECT_EQ(audited(), 1) << "nothing was done";

  Restarted fresh(bank, "n");
  EXPECT_NE(fresh.ask("doctor").find("all 3 sealed values are under the master key"), std::string::npos);
  EXPECT_NE(fresh.ask("key.reseal").find("the one master key that there is"), std::string::npos);
  EXPECT_NE(Restarted(bank, "k").ask("key.reseal").find("put the key back from its backup"), std::string::npos);
}

TEST(Dispatcher, NothingIsResealedUnderAKeyThatIsNotTheFirstAnyMore) {
  Bank bank;
  Restarted both(bank, "nk");
  bank.first_key_read = fail(Reason::config_invalid, "restart the server first");
  EXPECT_NE(both.ask("key.reseal").find("restart the server first"), std::string::npos);
  EXPECT_NE(both.ask("doctor").find("restart the server first"), std::string::npos);
  EXPECT_EQ(keys::count_sealed(bank.store->config(), both.sealer)->outdated, 3u);
}

TEST(Dispatcher, EveryChangeLeavesAnAuditRecord) {
  Bank bank;
  bank.ask(request("secret.add", kApp));
  bank.ask(request("secret.delete", kApp));
  bank.ask(request("client.disable", kApp));
  std::vector<std::string> actions;
  const auto records = *bank.store->config().audit_tail(bank.realm_id("bank"), 100);
  for (const auto& record : records) {
    EXPECT_EQ(record.actor, "cli");
    actions.push_back(record.action);
  }
  for (const char* action : {"client.put", "user.put", "secret.add", "secret.delete", "client.disable"})
    EXPECT_NE(std::find(actions.begin(), actions.end(), action), actions.end()) << action;
}

TEST(Dispatcher, TheDoctorNamesWhatIsUnsafe) {
  Bank bank;
  bank.apply("[realm]\nname = \"bank\"\n[[client]]\nid = \"demo\"\npreset = \"finapi\"\ntoken_in_query = true");
  const auto text = bank.dispatcher.handle(json::serialize(request("doctor")));
  for (const char* part :
       {"the store has seen nothing later", "signs with", "refreshes without rotation", "tokens in URLs", "password grant"})
    EXPECT_NE(text.find(part), std::string::npos) << part;
  bank.clock.advance_s(-86'400);
  EXPECT_NE(bank.dispatcher.handle(json::serialize(request("doctor"))).find("but the store was changed at"), std::string::npos);
}

TEST(Dispatcher, GarbageIsNoToken) {
  Bank bank;
  for (const char* text : {"abc", "a.b.c", "tsr_AAAA", "..", "eyJhbGciOiJub25lIn0.e30."}) {
    const auto report = bank.ask(request("token.inspect", {{"token", text}})).at("result");
    EXPECT_FALSE(report.at("lives").as_bool()) << text;
    EXPECT_EQ(report.at("reason"), "token_malformed") << text;
  }
  const auto report = bank.ask(request("token.inspect", {{"token", "abc"}})).at("result");
  EXPECT_TRUE(report.at("explanation").as_string().starts_with("It is no token of this server")) << report;
}

TEST(Dispatcher, AnAccessTokenIsToldAliveThenRevokedThenExpired) {
  Bank bank;
  const auto client = *bank.operations.show_client("bank", "app");
  const auto realm = bank.realm_id("bank");
  const auto now_s = base::to_s(bank.clock.now());
  jose::JsonWriter lineage;
  lineage.field("client", client.handle.str());
  jose::JsonWriter claims;
  claims.field("iss", "https://auth.example.com/realms/bank").field("sub", "app").field("client_id", "app");
  claims.field("iat", now_s).field("exp", now_s + 600).field("jti", Handle::random().str());
  claims.raw("lineage", std::move(lineage).finish()).field("rev", bank.revocations.head(realm));
  const std::string token = *bank.keyring.realm(realm)->signing.at("ES256")->access.sign(std::move(claims).finish());
  const auto report = [&] { return bank.ask(request("token.inspect", {{"token", token}})).at("result"); };
  EXPECT_TRUE(report().at("lives").as_bool()) << json::serialize(report());
  EXPECT_EQ(report().at("claims").at("client_id"), "app");
  ASSERT_TRUE(bank.operations.enable_client("bank", "app", false));
  EXPECT_EQ(report().at("reason"), "token_revoked");
  bank.clock.advance_s(600);
  EXPECT_EQ(report().at("reason"), "token_expired");
}

}  // namespace
}  // namespace tessera::admin
