#include "tokens/subject.h"

#include <gtest/gtest.h>

namespace tessera::tokens {
namespace {

model::Client client_at(const std::string& host, model::SubjectType type = model::SubjectType::pairwise) {
  model::Client client{.client_id = "app"};
  client.policy.edit().subject_type = type;
  client.policy.edit().redirect_uris = {"https://" + host + "/cb"};
  return client;
}

keys::RealmKeys keys_with(char letter) {
  keys::RealmKeys keys;
  keys.realm = "bank";
  keys.pairwise = std::make_shared<const Secret>(std::string(32, letter));
  return keys;
}

TEST(Subject, IsTheUsersIdWherePublic) {
  const Handle user = Handle::random();
  const auto client = client_at("a.example", model::SubjectType::public_);
  EXPECT_EQ(*subject_of(keys::RealmKeys{}, client, user), user.uuid());
}

// OpenID Connect Core, 8.1.
TEST(Subject, IsOneForEachSectorUserAndRealmAndStays) {
  const Handle user = Handle::random();
  const auto keys = keys_with('a');
  const std::string subject = *subject_of(keys, client_at("a.example"), user);
  EXPECT_EQ(*subject_of(keys, client_at("A.EXAMPLE"), user), subject) << "another client of the sector";
  EXPECT_NE(*subject_of(keys, client_at("b.example"), user), subject);
  EXPECT_NE(*subject_of(keys, client_at("a.example"), Handle::random()), subject);
  EXPECT_NE(*subject_of(keys_with('b'), client_at("a.example"), user), subject);
  EXPECT_EQ(subject.find(user.uuid()), std::string::npos);
}

TEST(Subject, IsRefusedRatherThanPublic) {
  const Handle user = Handle::random();
  EXPECT_EQ(subject_of(keys::RealmKeys{}, client_at("a.example"), user).error().reason, Reason::key_missing);
  auto client = client_at("a.example");
  client.policy.edit().redirect_uris.emplace_back("https://b.example/cb");
  EXPECT_EQ(subject_of(keys_with('a'), client, user).error().reason, Reason::internal);
}

}  // namespace
}  // namespace tessera::tokens
