#include "grants/client_gate.h"

#include <string>

namespace tessera::grants {

Result<clients::AuthenticatedClient> ClientGate::authenticate(const model::Realm& realm, const model::EndpointRequest& request,
                                                              const Turn& turn) const {
  const std::string& client_id = request.credential.client_id;
  if (client_id.empty()) return authenticator_.authenticate(realm, request, turn);
  std::string who = "client:" + realm.name;
  who += '/';
  who += client_id;
  who += '@';
  who += policy::address_prefix(request.peer.address);
  if (const int wait_s = throttle_.wait_s(who, turn.now); wait_s > 0)
    return std::unexpected(Error{.reason = Reason::throttled_client, .context = "after wrong secrets", .retry_after_s = wait_s});

  auto client = authenticator_.authenticate(realm, request, turn);
  if (client)
    throttle_.clear_failures(who);
  else if (client.error().reason == Reason::client_secret_wrong || client.error().reason == Reason::client_unknown)
    // Unknown ids count alike, or the difference would tell which ids exist.
    throttle_.count_guess(who, request.credential.secret.reveal(), turn.now);
  return client;
}

}  // namespace tessera::grants
