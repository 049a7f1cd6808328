#include <gtest/gtest.h>

#include "clients/fake_config_store.h"
#include "grants/grant.h"
#include "keys/sealer.h"
#include "store/sql_store.h"

namespace tessera::grants {
namespace {

std::vector<Secret> master_keys() {
  std::vector<Secret> keys;
  keys.emplace_back(std::string(32, 'k'));
  return keys;
}

/// The password grant over users of a store that counts how often it was read.
class PasswordGrantTest : public testing::Test {
 protected:
  PasswordGrantTest() { config_.user_rows = {user("anna", passwords_.hash(Secret(std::string("right"))).value()), user("empty", "")}; }

  static model::User user(std::string name, std::string record) {
    return {.handle = Handle::random(), .realm = 1, .username = std::move(name), .password_record = std::move(record)};
  }
  Result<model::Authorization> ask(const std::string& username, const std::string& password, Lane lane = Lane::hash) {
    model::Parameters parameters;
    parameters.add("username", Secret(username));
    parameters.add("password", Secret(password));
    for (const auto& grant : grants_)
      if (grant->grant_type() == "password") return grant->authorize({realm_, client_, std::move(parameters), {}, "id", {now_, lane}});
    return fail(Reason::internal);
  }
  Reason refusal(const std::string& username, const std::string& password) {
    const auto answer = ask(username, password);
    return answer ? Reason::internal : answer.error().reason;
  }

  TimePoint now_ = base::from_s(1'800'000'000);
  clients::FakeConfigStore config_;
  std::unique_ptr<store::Store> store_ = *store::open_store_in_memory();
  keys::Sealer sealer_{master_keys()};
  keys::Keyring keyring_{config_, sealer_};
  clients::Directory directory_{config_};
  sessions::Passwords passwords_{{.passes = 1, .memory_bytes = 8'192}, Secret(std::string(32, 'n'))};
  policy::Throttle throttle_{{.failures_before_backoff = 3}};
  revocation::Revocations revocations_{config_, store_->journal()};
  tokens::RefreshTokens refresh_tokens_{keyring_, 1};
  tokens::Issuer issuer_{keyring_, refresh_tokens_, "https://auth.example.com"};
  users::UserGate users_{config_, passwords_, throttle_, revocations_};
  Services services_{directory_, store_->sessions(), store_->authorizations(), users_, throttle_, revocations_, issuer_, refresh_tokens_};
  std::vector<std::unique_ptr<Grant>> grants_ = make_grants(services_);
  std::shared_ptr<const model::Realm> realm_ = std::make_shared<const model::Realm>(model::Realm{.id = 1, .name = "bank"});
  clients::AuthenticatedClient client_{std::make_shared<const clients::ClientEntry>(), {}};
};

TEST_F(PasswordGrantTest, TheRightPasswordProvesTheUser) {
  const auto answer = ask("anna", "right");
  ASSERT_TRUE(answer) << base::reason_name(answer.error().reason);
  EXPECT_EQ(answer->user->username, "anna");
}

TEST_F(PasswordGrantTest, WhatIsWrongIsToldApartInTheLogOnly) {
  EXPECT_EQ(refusal("anna", "wrong"), Reason::user_password_wrong);
  EXPECT_EQ(refusal("empty", "wrong"), Reason::user_password_wrong);
  EXPECT_EQ(refusal("nobody", "right"), Reason::user_unknown);
  config_.down = true;
  EXPECT_EQ(refusal("anna", "right"), Reason::store_unavailable);
}

TEST_F(PasswordGrantTest, ALockedUserIsRefusedWithTheRightPassword) {
  for (int i = 0; i < 3; ++i) EXPECT_EQ(refusal("anna", "wrong"), Reason::user_password_wrong);
  EXPECT_EQ(refusal("anna", "right"), Reason::user_locked);
  for (int i = 0; i < 4; ++i) EXPECT_EQ(refusal("nobody", "wrong"), Reason::user_unknown);
  now_ += std::chrono::hours(1);
  EXPECT_TRUE(ask("anna", "right"));
}

TEST_F(PasswordGrantTest, ARefusalSaysWhichUserItIsAboutButNeverAMadeUpOne) {
  const Handle anna = config_.user_rows[0].handle;
  EXPECT_EQ(ask("anna", "wrong").error().user, anna);
  for (int i = 0; i < 2; ++i) (void)ask("anna", "wrong");
  const auto locked = ask("anna", "right");
  EXPECT_EQ(locked.error().reason, Reason::user_locked);
  EXPECT_EQ(locked.error().user, anna);
  EXPECT_FALSE(ask("nobody", "right").error().user);
  now_ += std::chrono::hours(1);
  config_.user_rows[0].enabled = false;
  const auto disabled = ask("anna", "right");
  EXPECT_EQ(disabled.error().reason, Reason::user_disabled);
  EXPECT_EQ(disabled.error().user, anna);
}

// People type their password into the field above it.
TEST_F(PasswordGrantTest, AnUnknownNameIsNotLogged) {
  const auto refused = ask("hunter2", "right");
  EXPECT_EQ(refused.error().context.find("hunter2"), std::string::npos) << refused.error().context;
  EXPECT_EQ(ask("hunter2", "other").error().context, refused.error().context) << "repeated ones can be told";
  EXPECT_NE(ask("hunter3", "right").error().context, refused.error().context);
  EXPECT_EQ(ask("anna", "wrong").error().context, "anna");
}

TEST_F(PasswordGrantTest, AKnownNameIsReadFromTheStoreAsOftenAsAnUnknownOne) {
  for (const char* name : {"anna", "nobody", "empty"}) {
    config_.user_reads = 0;
    for (int i = 0; i < 2; ++i) (void)ask(name, "wrong");
    EXPECT_EQ(config_.user_reads, 2) << name;
  }
}

TEST_F(PasswordGrantTest, NothingIsReadBeforeItMayHash) {
  EXPECT_EQ(ask("anna", "right", Lane::pool).error().reason, Reason::would_hash);
  EXPECT_EQ(config_.user_reads, 0);
}

}  // namespace
}  // namespace tessera::grants
