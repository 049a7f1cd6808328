#include "clients/published_keys.h"

#include <gtest/gtest.h>

#include <atomic>
#include <future>
#include <latch>
#include <thread>

namespace tessera::clients {
namespace {

constexpr std::int64_t kNowS = 1'800'000'000;
constexpr const char* kUri = "https://app.example/jwks.json";

/// One server with the keys of one client.
class PublishedKeysTest : public testing::Test {
 protected:
  static std::string jwks(const std::string& kid) {
    return R"({"keys":[{"kty":"OKP","crv":"Ed25519","x":"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo","kid":")" + kid + "\"}]}";
  }
  Result<std::string> fetch() {
    ++asked_;
    if (published_.empty()) return fail(Reason::outbound_failed, "nobody there");
    return published_;
  }
  Result<PublishedKeys::Keys> find(const std::string& kid, Lane lane = Lane::pool) {
    const auto serves = [&](const std::vector<jose::VerifyKey>& keys) { return keys.front().kid() == kid; };
    return keys_.find(kUri, {base::from_s(now_s_), lane}, serves);
  }
  std::string kid_of(const Result<PublishedKeys::Keys>& found) { return found ? (*found)->front().kid() : ""; }

  std::int64_t now_s_ = kNowS;
  std::string published_ = jwks("one");
  std::atomic<int> asked_ = 0;
  PublishedKeys keys_{[this](const std::string&) { return fetch(); }};
};

TEST_F(PublishedKeysTest, AreHadOnceAndAgainAfterFiveMinutes) {
  EXPECT_EQ(find("one", Lane::io).error().reason, Reason::would_wait);
  EXPECT_EQ(asked_, 0);
  EXPECT_EQ(kid_of(find("one")), "one");
  now_s_ += 299;
  EXPECT_EQ(kid_of(find("one", Lane::io)), "one");
  EXPECT_EQ(asked_, 1);
  now_s_ += 1;
  EXPECT_EQ(find("one", Lane::io).error().reason, Reason::would_wait);
  EXPECT_EQ(kid_of(find("one")), "one");
  EXPECT_EQ(asked_, 2);
}

TEST_F(PublishedKeysTest, ANewKeyIsFoundAtOnceAndMadeUpOnesAskForNothing) {
  find("one");
  published_ = jwks("two");
  now_s_ += 10;
  EXPECT_EQ(kid_of(find("two")), "two");
  EXPECT_EQ(asked_, 2);
  for (int i = 0; i < 100; ++i) EXPECT_EQ(kid_of(find("made-up-" + std::to_string(i))), "two") << "the caller finds no key in it";
  EXPECT_EQ(asked_, 2);
  now_s_ += 10;
  find("made-up");
  EXPECT_EQ(asked_, 3);
}

TEST_F(PublishedKeysTest, AreGoodForAnHourWhileTheirServerIsAway) {
  find("one");
  published_ = "";
  now_s_ += 3'599;
  EXPECT_EQ(kid_of(find("one")), "one");
  now_s_ += 1;
  EXPECT_EQ(find("one").error().reason, Reason::assertion_keys_unreachable) << "tried a second ago";
  now_s_ += 10;
  const auto unreachable = find("one");
  EXPECT_EQ(unreachable.error().reason, Reason::assertion_keys_unreachable);
  EXPECT_EQ(unreachable.error().context, std::string(kUri) + ": nobody there");
  EXPECT_EQ(asked_, 3);
  published_ = jwks("one");
  now_s_ += 10;
  EXPECT_EQ(kid_of(find("one")), "one");
}

TEST_F(PublishedKeysTest, WhatIsNoSetOfKeysIsNotTaken) {
  for (const char* text : {"<html>", "{}", "{\"keys\":[]}"}) {
    published_ = text;
    now_s_ += 10;
    EXPECT_EQ(find("one").error().reason, Reason::assertion_keys_unreachable) << text;
  }
}

TEST_F(PublishedKeysTest, AClockThatIsSetBackStopsNobody) {
  find("one");
  published_ = jwks("two");
  now_s_ -= 3'600;
  EXPECT_EQ(kid_of(find("two")), "two");
}

TEST(PublishedKeys, AServerThatKeepsSilentHoldsUpFew) {
  std::latch silent(2);
  std::promise<void> speak;
  std::shared_future<void> spoken = speak.get_future().share();
  std::atomic<bool> is_slow = false;
  PublishedKeys keys([&](const std::string&) -> Result<std::string> {
    if (is_slow) {
      silent.count_down();
      spoken.wait();
    }
    return R"({"keys":[{"kty":"OKP","crv":"Ed25519","x":"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo","kid":"one"}]})";
  });
  const auto find = [&](const std::string& uri, const std::string& kid, std::int64_t at_s, Lane lane = Lane::pool) {
    return keys.find(uri, {base::from_s(kNowS + at_s), lane}, [&](const auto& set) { return set.front().kid() == kid; });
  };
  ASSERT_TRUE(find("https://known.example/", "one", 0));
  is_slow = true;
  std::vector<std::jthread> held;
  held.emplace_back([&] { find("https://known.example/", "other", 10); });
  held.emplace_back([&] { find("https://new.example/", "one", 10); });
  silent.wait();
  EXPECT_TRUE(find("https://known.example/", "made-up", 10)) << "those that it has are good for an hour";
  EXPECT_TRUE(find("https://known.example/", "made-up", 400, Lane::hash));
  EXPECT_EQ(find("https://new.example/", "one", 10).error().reason, Reason::assertion_keys_unreachable) << "after half a second";
  EXPECT_EQ(find("https://third.example/", "one", 10).error().context, "https://third.example/: too much is being fetched");
  EXPECT_EQ(find("https://third.example/", "one", 10, Lane::hash).error().reason, Reason::assertion_keys_unreachable);
  is_slow = false;
  speak.set_value();
  held.clear();
  EXPECT_TRUE(find("https://third.example/", "one", 10));
  EXPECT_TRUE(find("https://new.example/", "one", 10));
}

TEST_F(PublishedKeysTest, ManyAtOnceAskOnce) {
  std::vector<std::jthread> threads;
  for (int i = 0; i < 8; ++i) threads.emplace_back([this] { EXPECT_EQ(kid_of(find("one")), "one"); });
  threads.clear();
  EXPECT_EQ(asked_, 1);
}

}  // namespace
}  // namespace tessera::clients
