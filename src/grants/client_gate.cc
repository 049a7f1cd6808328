#include "grants/client_gate.h"

#include <string>

namespace tessera::grants {

namespace {

/// What a client that has to wait is told; the wait itself doubles from a second.
constexpr int kRetryAfterS = 30;

}  // namespace

Result<clients::AuthenticatedClient> ClientGate::authenticate(const model::Realm& realm, const model::EndpointRequest& request,
                                                              const Turn& turn) const {
  const std::string& client_id = request.credential.client_id;
  if (client_id.empty()) return authenticator_.authenticate(realm, request, turn);
  std::string who = "client:" + realm.name;
  who += '/';
  who += client_id;
  who += '@';
  who += policy::address_prefix(request.peer.address);
  if (throttle_.locked(who, turn.now))
    return std::unexpected(Error{.reason = Reason::throttled_client, .context = "after wrong secrets", .retry_after_s = kRetryAfterS});

  auto client = authenticator_.authenticate(realm, request, turn);
  if (client)
    throttle_.clear_failures(who);
  else if (client.error().reason == Reason::client_secret_wrong || client.error().reason == Reason::client_unknown)
    // Unknown ids count alike, or the difference would tell which ids exist.
    throttle_.count_failure(who, turn.now);
  return client;
}

}  // namespace tessera::grants
