#include "policy/web_origins.h"

#include <algorithm>

#include "policy/redirect_uri.h"

namespace tessera::policy {
namespace {

std::vector<std::string> resolve(const model::ClientPolicy& policy) {
  std::vector<std::string> origins;
  const auto add = [&origins](std::string origin) {
    // A private scheme has no origin.
    if (!origin.empty() && std::find(origins.begin(), origins.end(), origin) == origins.end()) origins.push_back(std::move(origin));
  };
  for (const auto& origin : policy.web_origins) {
    if (origin != kOriginsOfRedirects) {
      add(origin);
      continue;
    }
    for (const auto& uri : policy.redirect_uris) add(origin_of(uri));
  }
  return origins;
}

}  // namespace

const std::vector<std::string>& web_origins_of(const model::ClientPolicy& policy) {
  return policy.exact_origins.get([&policy] { return resolve(policy); });
}

bool is_web_origin(const model::ClientPolicy& policy, std::string_view origin) {
  const auto& origins = web_origins_of(policy);
  return std::find(origins.begin(), origins.end(), origin) != origins.end();
}

}  // namespace tessera::policy
