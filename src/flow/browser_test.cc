#include "flow/browser.h"

#include <gtest/gtest.h>

namespace tessera::flow {
namespace {

class BrowserTest : public testing::Test {
 protected:
  model::EndpointRequest with(const std::string& name, const std::string& value) const {
    model::EndpointRequest request;
    request.cookies = {{"tessera-other", "x"}, {name, value}};
    return request;
  }
  const model::Realm bank{.id = 1, .handle = Handle::random(), .name = "bank"};
  const SessionCookies cookies{Secret(std::string(32, 'k')), 1};
  const Handle session = Handle::random();
};

TEST_F(BrowserTest, ABrowserKeepsItsName) {
  const auto fresh = BrowserName::of({});
  ASSERT_TRUE(fresh.cookie());
  const auto again = BrowserName::of(with(fresh.cookie()->name, fresh.cookie()->value));
  EXPECT_EQ(again.text(), fresh.text());
  EXPECT_FALSE(again.cookie());
  EXPECT_TRUE(BrowserName::of(with(fresh.cookie()->name, "chosen by somebody")).is_new());
}

TEST_F(BrowserTest, ASessionIsReadFromItsCookieOnly) {
  const auto cookie = cookies.make(bank, session);
  EXPECT_EQ(cookies.read(with(cookie.name, cookie.value), bank), session);
  EXPECT_TRUE(cookies.read({}, bank).empty());
  EXPECT_TRUE(cookies.read(with(cookie.name, session.str()), bank).empty()) << "sid, which tokens show";
  EXPECT_TRUE(cookies.read(with(cookie.name, session.str() + '.'), bank).empty());
  EXPECT_TRUE(cookies.read(with(cookie.name, Handle::random().str() + cookie.value.substr(22)), bank).empty());
}

TEST_F(BrowserTest, ASessionIsOfOneRealmEpochAndServer) {
  const auto cookie = cookies.make(bank, session);
  const model::Realm other{.id = 2, .handle = Handle::random(), .name = "bank"};
  EXPECT_TRUE(cookies.read(with(cookie.name, cookie.value), other).empty());
  EXPECT_TRUE(SessionCookies(Secret(std::string(32, 'k')), 2).read(with(cookie.name, cookie.value), bank).empty());
  EXPECT_TRUE(SessionCookies(Secret(std::string(32, 'x')), 1).read(with(cookie.name, cookie.value), bank).empty());
}

TEST_F(BrowserTest, WhatFramesReadIsNoSession) {
  const auto cookie = SessionCookies::make_status(bank, session);
  EXPECT_TRUE(cookie.for_frames);
  EXPECT_FALSE(cookies.make(bank, session).for_frames);
  EXPECT_EQ(cookie.value, session.uuid());
  EXPECT_TRUE(cookies.read(with(cookie.name, cookie.value), bank).empty());
  EXPECT_TRUE(cookies.read(with(cookies.make(bank, session).name, cookie.value), bank).empty());
}

TEST_F(BrowserTest, ADroppedCookieIsEmpty) { EXPECT_EQ(SessionCookies::drop(bank).value, ""); }

}  // namespace
}  // namespace tessera::flow
