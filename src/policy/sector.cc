#include "policy/sector.h"

#include "policy/redirect_uri.h"

namespace tessera::policy {

std::string sector_of(const model::ClientPolicy& policy) {
  std::string sector;
  for (const auto& uri : policy.redirect_uris) {
    std::string host = web_host_of(uri);
    if (host.empty() || (!sector.empty() && host != sector)) return {};
    sector = std::move(host);
  }
  return sector;
}

std::string_view sector_fault(const model::ClientPolicy& policy) {
  if (policy.redirect_uris.empty()) return "has no redirect URI, whose host would be its sector";
  for (const auto& uri : policy.redirect_uris) {
    const std::string host = web_host_of(uri);
    if (host.empty()) return "has a redirect URI with a scheme of its own, and no host that would be its sector";
    // Everybody's machine answers to it: clients that have nothing to do with each other would share a sector.
    if (is_loopback_host(host)) return "has a loopback redirect URI, whose host is no sector of its own";
  }
  if (sector_of(policy).empty()) return "has redirect URIs of several hosts, and no sector_identifier_uri is read that would join them";
  return {};
}

}  // namespace tessera::policy
