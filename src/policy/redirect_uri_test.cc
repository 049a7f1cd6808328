#include "policy/redirect_uri.h"

#include <gtest/gtest.h>

namespace tessera::policy {
namespace {

TEST(RedirectUri, WhatMayBeRegistered) {
  for (const char* uri : {"https://app.example/cb", "https://app.example:8443/cb?x=1", "http://127.0.0.1/cb", "http://[::1]:9000/cb",
                          "http://localhost:3000/cb", "https://app.example:65535/cb", "com.example.app:/cb", "com.example.app://oauth"})
    EXPECT_EQ(redirect_uri_fault(uri, false), "") << uri;
  for (const char* uri : {"",
                          "/cb",
                          "app.example/cb",
                          "https:///cb",
                          "http://app.example/cb",
                          "javascript:alert(1)",
                          "JavaScript:alert(1)",
                          "data:text/html,x",
                          "DATA:text/html,x",
                          "vbscript:x",
                          "file:///etc/passwd",
                          "https://*.example/cb",
                          "https://app.example/*",
                          "https://app.example/cb#x",
                          "https://user@app.example/cb",
                          "http://localhost:80@evil/cb",
                          "https://app.example/a b",
                          "https://app.example/\n",
                          "https://app.example\\@evil/cb",
                          "com.example.app:/\\evil",
                          "https://app.example/<b>",
                          "myapp:/cb",
                          "https://app.example:80x/cb",
                          "https://app.example:0/cb",
                          "https://app.example:65536/cb",
                          "http://127.0.0.1.evil/cb"})
    EXPECT_NE(redirect_uri_fault(uri, false), "") << uri;
}

TEST(RedirectUri, WhereWeMayAskOrPostIsAWebAddress) {
  for (const char* uri : {"", "https://app.example/jwks", "http://127.0.0.1:9000/jwks"}) EXPECT_EQ(outbound_uri_fault(uri), "") << uri;
  EXPECT_EQ(outbound_uri_fault("com.example.app:/jwks"), "is neither http nor https");
  EXPECT_EQ(outbound_uri_fault("http://app.example/jwks"), redirect_uri_fault("http://app.example/jwks", false));
}

TEST(RedirectUri, MatchesByteForByte) {
  const char* registered = "https://app.example.com/Cb?a=1";
  EXPECT_TRUE(redirect_uri_matches(registered, registered, false));
  for (const char* shown : {"https://app.example.com/cb?a=1", "https://app.example.com/Cb", "https://app.example.com/Cb?a=1&b=2",
                            "https://app.example.com.evil/Cb?a=1", "https://appXexample.com/Cb?a=1", "HTTPS://app.example.com/Cb?a=1",
                            "https://app.example.com:443/Cb?a=1", "https://app.example.com/%43b?a=1"})
    EXPECT_FALSE(redirect_uri_matches(registered, shown, false)) << shown;
}

TEST(RedirectUri, ALoopbackAddressMayHaveAnyPort) {
  EXPECT_TRUE(redirect_uri_matches("http://127.0.0.1/cb", "http://127.0.0.1:51004/cb", false));
  EXPECT_TRUE(redirect_uri_matches("http://[::1]:1/cb", "http://[::1]:2/cb", false));
  EXPECT_TRUE(redirect_uri_matches("http://localhost:3000/cb", "http://localhost:3001/cb", false));
  for (const char* shown : {"http://127.0.0.1:1/other", "http://127.0.0.1:1/cb?x", "http://127.0.0.2:1/cb", "http://localhost:1/cb",
                            "http://127.0.0.1:80@evil/cb", "http://127.0.0.1:/cb", "https://127.0.0.1:1/cb", "http://127.0.0.1:x/cb",
                            "http://127.0.0.1:0/cb", "http://127.0.0.1:080/cb", "http://127.0.0.1:65536/cb", "http://127.0.0.1:99999/cb",
                            "http://127.0.0.1:+1/cb", "http://127.0.0.1:-1/cb"})
    EXPECT_FALSE(redirect_uri_matches("http://127.0.0.1/cb", shown, false)) << shown;
  EXPECT_FALSE(redirect_uri_matches("https://127.0.0.1/cb", "https://127.0.0.1:1/cb", false));
}

TEST(RedirectUri, ATrailingStarLeavesThePathOpenOnly) {
  EXPECT_EQ(redirect_uri_fault("https://app.example/*", true), "");
  for (const char* uri : {"https://app.*", "https://app.example/*/cb", "https://*", "*", "https://app.example*", "com.example.app://host*"})
    EXPECT_NE(redirect_uri_fault(uri, true), "") << uri;
  EXPECT_TRUE(redirect_uri_matches("https://app.example/*", "https://app.example/any/path?x=1", true));
  EXPECT_FALSE(redirect_uri_matches("https://app.example/*", "https://app.example/any", false)) << "by the client's policy only";
  EXPECT_FALSE(redirect_uri_matches("https://app.example/*", "https://app.example/*", false));
  for (const char* shown : {"https://app.example.evil/x", "https://app.example/a/../../x", "https://app.example/%2e%2E/x",
                            "https://app.example/\\evil", "https://app.example/x#y"})
    EXPECT_FALSE(redirect_uri_matches("https://app.example/*", shown, true)) << shown;
}

TEST(RedirectUri, ATrailingStarGivesAPrivateSchemeNoHost) {
  EXPECT_TRUE(redirect_uri_matches("com.example.app:/*", "com.example.app:/cb", true));
  EXPECT_FALSE(redirect_uri_matches("com.example.app:/*", "com.example.app://evil/cb", true));
}

TEST(RedirectUri, OriginsAreAsBrowsersSendThem) {
  EXPECT_EQ(origin_of("https://App.Example/cb"), "https://app.example");
  EXPECT_EQ(origin_of("https://app.example:443/cb"), "https://app.example");
  EXPECT_EQ(origin_of("http://localhost:3000"), "http://localhost:3000");
  for (const char* none :
       {"com.example.app:/cb", "http://:1p\nh:80/cb", "https://a:b:443", "https://a\\b", "https://app.example:x", "https://"})
    EXPECT_EQ(origin_of(none), "") << none;
}

}  // namespace
}  // namespace tessera::policy
