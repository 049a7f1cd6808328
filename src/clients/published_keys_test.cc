#include "clients/published_keys.h"

#include <gtest/gtest.h>

#include <atomic>
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

TEST_F(PublishedKeysTest, ManyAtOnceAskOnce) {
  std::vector<std::jthread> threads;
  for (int i = 0; i < 8; ++i) threads.emplace_back([this] { EXPECT_EQ(kid_of(find("one")), "one"); });
  threads.clear();
  EXPECT_EQ(asked_, 1);
}

}  // namespace
}  // namespace tessera::clients
