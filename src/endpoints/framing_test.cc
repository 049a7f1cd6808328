#include "endpoints/framing.h"

#include <gtest/gtest.h>

#include "store/sql_store.h"

namespace tessera::endpoints {
namespace {

const Turn kTurn{base::from_s(1'800'000'000), Lane::pool};

class FramingTest : public testing::Test {
 protected:
  FramingTest() {
    for (const char* name : {"bank", "shop"}) {
      model::Realm realm{.handle = Handle::random(), .name = name};
      commit({store::PutRealm{realm}});
    }
    realms = *store->config().realms();
  }

  void commit(const std::vector<store::Change>& changes) {
    ASSERT_TRUE(store->config().commit(kTurn, changes, {}));
    framing.on_committed(changes);
  }
  model::Client put(const model::Realm& realm, std::string origin) {
    model::Client client{.handle = Handle::random(), .realm = realm.id, .client_id = Handle::random().str()};
    client.policy.edit().web_origins = {std::move(origin)};
    commit({store::PutClient{client}});
    return client;
  }
  std::vector<std::string> of(const model::Realm& realm, std::string_view referer = "") {
    return framing.ancestors(realm, referer, kTurn).value();
  }

  std::unique_ptr<store::Store> store = *store::open_store_in_memory();
  Framing framing{store->config(), "https://t.example"};
  std::vector<model::Realm> realms;
};

using Origins = std::vector<std::string>;

TEST_F(FramingTest, KnowsEachRealmsOriginsAsTheyAreNow) {
  const model::Realm& bank = realms[0];
  const model::Realm& shop = realms[1];
  EXPECT_EQ(of(bank), Origins{"https://t.example"}) << "pages beside us";
  auto client = put(bank, "https://a.example");
  put(shop, "https://s.example");
  EXPECT_EQ(of(bank), (Origins{"https://a.example", "https://t.example"}));
  EXPECT_EQ(of(shop), (Origins{"https://s.example", "https://t.example"}));

  client.policy.edit().web_origins = {"https://b.example"};
  commit({store::PutClient{client}});
  EXPECT_EQ(of(bank), (Origins{"https://b.example", "https://t.example"}));
  EXPECT_EQ(of(shop), (Origins{"https://s.example", "https://t.example"}));
  client.enabled = false;
  commit({store::PutClient{client}});
  EXPECT_EQ(of(bank), Origins{"https://t.example"});
  client.enabled = true;
  commit({store::PutClient{client}});
  commit({store::RemoveClient{client.handle}});
  EXPECT_EQ(of(bank), Origins{"https://t.example"});
}

TEST_F(FramingTest, TellsAPageThatSaysWhereItIsFramedAboutThatAlone) {
  put(realms[0], "https://a.example");
  put(realms[0], "https://b.example");
  EXPECT_EQ(of(realms[0], "https://a.example/page"), Origins{"https://a.example"});
  EXPECT_EQ(of(realms[0], "https://evil.example/"), Origins{});
  EXPECT_EQ(of(realms[1], "https://a.example/"), Origins{}) << "another realm's";
}

}  // namespace
}  // namespace tessera::endpoints
