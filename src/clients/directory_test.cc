#include "clients/directory.h"

#include <gtest/gtest.h>

#include "clients/fake_config_store.h"

namespace tessera::clients {
namespace {

const Turn kPool{base::from_s(1'800'000'000), Lane::pool};
const Turn kIo{base::from_s(1'800'000'000), Lane::io};

class DirectoryTest : public testing::Test {
 protected:
  DirectoryTest() {
    model::Realm realm;
    realm.id = 1;
    realm.handle = Handle::random();
    realm.name = "acme";
    store_.realm_rows = {realm};
    add_client("app");
    model::ClientSecret secret;
    secret.handle = Handle::random();
    secret.client = app();
    store_.secret_rows = {secret};
    model::User user;
    user.handle = Handle::random();
    user.realm = 1;
    user.username = "anna";
    store_.user_rows = {user};
  }

  void add_client(const std::string& client_id) {
    model::Client client;
    client.handle = Handle::random();
    client.realm = 1;
    client.client_id = client_id;
    store_.client_rows.push_back(client);
  }
  Handle app() const { return store_.client_rows.front().handle; }
  Handle secret() const { return store_.secret_rows.front().handle; }
  Handle anna() const { return store_.user_rows.front().handle; }
  static store::Revoke revoke(model::RevocationKind kind, const Handle& handle) { return {.kind = kind, .id = handle}; }

  FakeConfigStore store_;
  Directory directory_{store_};
};

TEST_F(DirectoryTest, KnowsRealmsByNameAndId) {
  EXPECT_EQ(directory_.realm("acme"), nullptr);
  ASSERT_TRUE(directory_.load_realms());
  ASSERT_NE(directory_.realm("acme"), nullptr);
  EXPECT_EQ(directory_.realm("acme"), directory_.realm(1));
  EXPECT_EQ(directory_.realm("other"), nullptr);
  EXPECT_EQ(directory_.realms().size(), 1U);
}

TEST_F(DirectoryTest, AClientIsReadOnceWithItsSecrets) {
  const auto first = directory_.client(kPool, 1, "app");
  ASSERT_TRUE(first);
  ASSERT_EQ((*first)->secrets.size(), 1U);
  EXPECT_EQ((*first)->secrets[0].handle, secret());
  EXPECT_EQ(directory_.client(kPool, 1, "app").value(), *first);
  EXPECT_EQ(directory_.client(kPool, app()).value(), *first);
  EXPECT_EQ(store_.client_reads, 1);
}

TEST_F(DirectoryTest, AnswersFromMemoryOnAnIoThreadAndAsksToWaitOtherwise) {
  EXPECT_EQ(directory_.client(kIo, 1, "app").error().reason, Reason::would_look_up);
  EXPECT_EQ(directory_.client(kIo, app()).error().reason, Reason::would_wait) << "nobody makes up handles";
  EXPECT_EQ(directory_.user(kIo, anna()).error().reason, Reason::would_wait);
  ASSERT_TRUE(directory_.client(kPool, 1, "app"));
  ASSERT_TRUE(directory_.user(kPool, anna()));
  EXPECT_TRUE(directory_.client(kIo, 1, "app"));
  EXPECT_TRUE(directory_.user(kIo, anna()));
}

TEST_F(DirectoryTest, ANameInAnotherRealmIsAnotherName) {
  ASSERT_TRUE(directory_.client(kPool, 1, "app"));
  EXPECT_EQ(directory_.client(kPool, 2, "app").error().reason, Reason::client_unknown);
}

TEST_F(DirectoryTest, UnknownNamesAreNotKept) {
  EXPECT_EQ(directory_.client(kPool, 1, "late").error().reason, Reason::client_unknown);
  EXPECT_EQ(directory_.user(kPool, Handle::random()).error().reason, Reason::user_unknown);
  add_client("late");
  EXPECT_TRUE(directory_.client(kPool, 1, "late"));
}

TEST_F(DirectoryTest, AStoreThatIsDownIsNoUnknownClient) {
  store_.down = true;
  EXPECT_EQ(directory_.client(kPool, 1, "app").error().reason, Reason::store_unavailable);
}

TEST_F(DirectoryTest, WhateverTouchesAClientDropsIt) {
  const model::Client client = store_.client_rows.front();
  const std::vector<store::Change> changes = {
      store::PutClient{client},
      store::AddSecret{store_.secret_rows.front()},
      store::EndSecret{secret()},
      store::RemoveClient{app()},
      store::RaiseMaxExpiry{app(), 5},
      revoke(model::RevocationKind::client, app()),
      revoke(model::RevocationKind::secret, secret()),
  };
  int reads = 0;
  for (const store::Change& change : changes) {
    ASSERT_TRUE(directory_.client(kPool, 1, "app"));
    EXPECT_EQ(store_.client_reads, ++reads) << change.index();
    directory_.on_committed({change});
  }
}

TEST_F(DirectoryTest, WhateverTouchesAUserDropsIt) {
  const std::vector<store::Change> changes = {store::PutUser{store_.user_rows.front()}, store::RemoveUser{anna()},
                                              revoke(model::RevocationKind::user, anna())};
  int reads = 0;
  for (const store::Change& change : changes) {
    ASSERT_TRUE(directory_.user(kPool, anna()));
    EXPECT_EQ(store_.user_reads, ++reads) << change.index();
    directory_.on_committed({change});
  }
}

TEST_F(DirectoryTest, OtherChangesLeaveAClientWhereItIs) {
  add_client("other");
  ASSERT_TRUE(directory_.client(kPool, 1, "app"));
  directory_.on_committed({store::PutClient{store_.client_rows[1]}, store::EndSecret{Handle::random()},
                           revoke(model::RevocationKind::token, app()), revoke(model::RevocationKind::family, app())});
  ASSERT_TRUE(directory_.client(kPool, 1, "app"));
  EXPECT_EQ(store_.client_reads, 1);
}

TEST_F(DirectoryTest, ANameThatWasGivenToAnotherClientLeadsToThatOne) {
  ASSERT_TRUE(directory_.client(kPool, 1, "app"));
  const Handle old = app();
  store_.client_rows.clear();
  directory_.on_committed({store::RemoveClient{old}});
  EXPECT_EQ(directory_.client(kPool, 1, "app").error().reason, Reason::client_unknown);
  add_client("app");
  const auto found = directory_.client(kPool, 1, "app");
  ASSERT_TRUE(found);
  EXPECT_EQ((*found)->client.handle, app());
  EXPECT_NE((*found)->client.handle, old);
}

TEST_F(DirectoryTest, ARecordReadBeforeAChangeIsNotKeptAfterIt) {
  store_.once_read = [&] {
    // The row was read; before it is put in memory, the client is disabled and everybody told.
    store_.client_rows.front().enabled = false;
    directory_.on_committed({store::PutClient{store_.client_rows.front()}});
  };
  const auto stale = directory_.client(kPool, 1, "app");
  ASSERT_TRUE(stale);
  EXPECT_TRUE((*stale)->client.enabled);
  const auto fresh = directory_.client(kPool, 1, "app");
  ASSERT_TRUE(fresh);
  EXPECT_FALSE((*fresh)->client.enabled);
}

TEST_F(DirectoryTest, ASecretEndedWhileItsClientWasReadIsNotKept) {
  store_.once_read = [&] {
    const Handle ended = secret();
    directory_.on_committed({store::EndSecret{ended}});
  };
  ASSERT_TRUE(directory_.client(kPool, 1, "app"));
  store_.secret_rows.clear();
  EXPECT_TRUE((*directory_.client(kPool, 1, "app"))->secrets.empty());
}

TEST_F(DirectoryTest, AUserReadBeforeAChangeIsNotKeptAfterIt) {
  store_.once_read = [&] {
    store_.user_rows.front().enabled = false;
    directory_.on_committed({revoke(model::RevocationKind::user, anna())});
  };
  ASSERT_TRUE(directory_.user(kPool, anna()));
  EXPECT_FALSE((*directory_.user(kPool, anna()))->enabled);
}

TEST_F(DirectoryTest, RealmsAreReadAgainWhenOneChanges) {
  ASSERT_TRUE(directory_.load_realms());
  store_.realm_rows[0].revoked_seq = 9;
  directory_.on_committed({revoke(model::RevocationKind::client, app())});
  EXPECT_EQ(directory_.realm("acme")->revoked_seq, 0) << "nothing was said of the realm";
  directory_.on_committed({revoke(model::RevocationKind::realm, store_.realm_rows[0].handle)});
  EXPECT_EQ(directory_.realm("acme")->revoked_seq, 9);
  store_.realm_rows[0].enabled = false;
  directory_.on_committed({store::PutRealm{store_.realm_rows[0]}});
  EXPECT_FALSE(directory_.realm(1)->enabled);
}

TEST_F(DirectoryTest, ARealmChangeCountsThoughTheStoreCanNotBeRead) {
  ASSERT_TRUE(directory_.load_realms());
  store_.down = true;
  model::Realm disabled = store_.realm_rows[0];
  disabled.id = 0;
  disabled.enabled = false;
  auto before = revoke(model::RevocationKind::realm, store_.realm_rows[0].handle);
  before.iat_before_s = 1'700'000'000;
  directory_.on_committed({store::PutRealm{disabled}, before});
  ASSERT_NE(directory_.realm(1), nullptr);
  EXPECT_FALSE(directory_.realm(1)->enabled);
  EXPECT_FALSE(directory_.realm("acme")->enabled);
  EXPECT_EQ(directory_.realm("acme")->not_before_s, 1'700'000'000);
}

TEST_F(DirectoryTest, Case88MemoryHoldsNoMoreClientsThanItsCapacity) {
  Directory small(store_, 32, 32);
  for (int i = 0; i < 500; ++i) add_client("c" + std::to_string(i));
  for (int i = 0; i < 500; ++i) ASSERT_TRUE(small.client(kPool, 1, "c" + std::to_string(i)));
  int in_memory = 0;
  for (int i = 0; i < 500; ++i) in_memory += small.client(kIo, 1, "c" + std::to_string(i)).has_value();
  EXPECT_GT(in_memory, 0);
  EXPECT_LE(in_memory, 32);
}

}  // namespace
}  // namespace tessera::clients
