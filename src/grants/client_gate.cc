#include "grants/client_gate.h"

#include <string>

namespace tessera::grants {

namespace {

/// Whether an answer came without the right secret, or would tell by not counting which ids exist, are disabled or belong elsewhere.
bool is_guess(Reason reason) {
  return reason == Reason::client_secret_wrong || reason == Reason::client_unknown || reason == Reason::client_disabled ||
         reason == Reason::client_mount_forbidden;
}

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
  if (const int wait_s = throttle_.wait_s(policy::Guessed::client, who, turn.now); wait_s > 0)
    return std::unexpected(Error{.reason = Reason::throttled_client, .context = "after wrong secrets", .retry_after_s = wait_s});

  auto client = authenticator_.authenticate(realm, request, turn);
  if (client)
    throttle_.clear_failures(policy::Guessed::client, who);
  else if (is_guess(client.error().reason))
    throttle_.count_guess(who, request.credential.secret.reveal(), turn.now);
  return client;
}

}  // namespace tessera::grants
