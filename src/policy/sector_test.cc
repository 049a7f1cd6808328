#include "policy/sector.h"

#include <gtest/gtest.h>

namespace tessera::policy {
namespace {

model::ClientPolicy with(std::vector<std::string> redirect_uris) {
  model::ClientPolicy policy;
  policy.redirect_uris = std::move(redirect_uris);
  return policy;
}

TEST(Sector, IsTheHostThatTheRedirectUrisShare) {
  EXPECT_EQ(sector_of(with({"https://app.example/cb"})), "app.example");
  EXPECT_EQ(sector_of(with({"https://App.Example:8443/a", "https://app.example/b", "https://app.example/c/*"})), "app.example");
  EXPECT_EQ(sector_fault(with({"https://app.example/a", "https://app.example:8443/b"})), "");
}

TEST(Sector, IsNoneWhereTheyDoNot) {
  const std::pair<model::ClientPolicy, std::string_view> cases[] = {
      {with({}), "has no redirect URI"},
      {with({"https://a.example/cb", "https://b.example/cb"}), "has redirect URIs of several hosts"},
      {with({"https://a.example/cb", "https://a.example.evil/cb"}), "has redirect URIs of several hosts"},
      {with({"com.example.app:/cb"}), "has a redirect URI with a scheme of its own"},
      {with({"https://a.example/cb", "com.example.app:/cb"}), "has a redirect URI with a scheme of its own"},
      {with({"http://127.0.0.1/cb"}), "has a loopback redirect URI"},
      {with({"http://[::1]:7/cb"}), "has a loopback redirect URI"},
      {with({"http://localhost/cb"}), "has a loopback redirect URI"},
  };
  for (const auto& [policy, fault] : cases) EXPECT_TRUE(sector_fault(policy).starts_with(fault)) << sector_fault(policy);
  for (const auto* uri : {"https://b.example/cb", "com.example.app:/cb"})
    EXPECT_EQ(sector_of(with({"https://a.example/cb", uri})), "") << uri;
}

}  // namespace
}  // namespace tessera::policy
