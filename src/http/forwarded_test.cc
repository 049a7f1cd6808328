#include "http/forwarded.h"

#include <gtest/gtest.h>

namespace tessera::http {
namespace {

TrustedProxies proxies(const std::vector<std::string>& entries) {
  auto parsed = TrustedProxies::parse(entries);
  EXPECT_TRUE(parsed);
  return *std::move(parsed);
}

Request from(std::string_view address, std::vector<Header> headers) {
  Request request;
  request.remote_address = address;
  request.headers = std::move(headers);
  return request;
}

// Case 68 of the security rules.
TEST(Forwarded, IsIgnoredFromStrangers) {
  const std::vector<Header> forged = {{"X-Forwarded-For", "10.9.9.9"}, {"X-Forwarded-Proto", "https"}};
  for (const TrustedProxies& trusted : {TrustedProxies{}, proxies({"10.0.0.1", "192.168.0.0/16"})}) {
    const Origin origin = trusted.resolve(from("203.0.113.7", forged));
    EXPECT_EQ(origin.address, "203.0.113.7");
    EXPECT_FALSE(origin.secure);
    EXPECT_FALSE(origin.proxied);
  }
}

TEST(Forwarded, TakesTheRightmostAddressThatNoProxyHas) {
  const TrustedProxies trusted = proxies({"10.0.0.0/8"});
  EXPECT_EQ(trusted.resolve(from("10.0.0.1", {{"X-Forwarded-For", "1.1.1.1, 203.0.113.7"}})).address, "203.0.113.7");
  EXPECT_EQ(trusted.resolve(from("10.0.0.1", {{"X-Forwarded-For", "1.1.1.1, 203.0.113.7 , 10.2.3.4"}})).address, "203.0.113.7");
  EXPECT_EQ(trusted.resolve(from("10.0.0.1", {{"x-forwarded-for", "203.0.113.7"}, {"X-Forwarded-For", "10.2.3.4"}})).address,
            "203.0.113.7");
  EXPECT_EQ(trusted.resolve(from("10.0.0.1", {{"X-Forwarded-For", "10.5.5.5"}})).address, "10.5.5.5");
  EXPECT_EQ(trusted.resolve(from("10.0.0.1", {})).address, "10.0.0.1");
}

TEST(Forwarded, StopsAtWhatIsNoAddress) {
  const TrustedProxies trusted = proxies({"10.0.0.0/8"});
  EXPECT_EQ(trusted.resolve(from("10.0.0.1", {{"X-Forwarded-For", "1.1.1.1, unknown"}})).address, "10.0.0.1");
  EXPECT_EQ(trusted.resolve(from("10.0.0.1", {{"X-Forwarded-For", "1.1.1.1, bad, 10.2.3.4"}})).address, "10.2.3.4");
  EXPECT_EQ(trusted.resolve(from("10.0.0.1", {{"X-Forwarded-For", "1.1.1.1,"}})).address, "10.0.0.1");
}

TEST(Forwarded, TakesTheSchemeOfAListedProxy) {
  const TrustedProxies trusted = proxies({"::1"});
  EXPECT_TRUE(trusted.resolve(from("::1", {{"X-Forwarded-Proto", "https"}})).secure);
  EXPECT_FALSE(trusted.resolve(from("::1", {{"X-Forwarded-Proto", "https, http"}})).secure);
  EXPECT_FALSE(trusted.resolve(from("::1", {})).secure);
  Request over_tls = from("::1", {});
  over_tls.tls = true;
  EXPECT_TRUE(trusted.resolve(over_tls).secure);
}

TEST(Forwarded, MatchesBlocksToTheBit) {
  const TrustedProxies trusted = proxies({"10.1.2.0/23", "2001:db8::/33", "0.0.0.0/32"});
  EXPECT_TRUE(trusted.contains("10.1.3.255"));
  EXPECT_FALSE(trusted.contains("10.1.4.0"));
  EXPECT_TRUE(trusted.contains("2001:db8:7fff::1"));
  EXPECT_FALSE(trusted.contains("2001:db8:8000::1"));
  EXPECT_TRUE(trusted.contains("::ffff:10.1.2.1"));
  EXPECT_FALSE(trusted.contains("unix"));
}

TEST(Forwarded, RefusesEntriesThatAreNoBlocks) {
  for (const std::string entry : {"", "proxy.example", "10.0.0.1/33", "10.0.0.1/-1", "10.0.0.1/", "10.0.0.1/8x", "::1/129", "10.0.0"}) {
    const auto parsed = TrustedProxies::parse(std::vector<std::string>{entry});
    ASSERT_FALSE(parsed) << entry;
    EXPECT_EQ(parsed.error().reason, Reason::config_invalid);
  }
}

}  // namespace
}  // namespace tessera::http
