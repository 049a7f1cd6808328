#include "clients/method.h"

namespace tessera::clients {

/// RFC 6749, 2.3.1: the secret in the body; an empty one counts as none. A public client that shows a secret takes itself for another.
Proof authenticate_by_client_secret_post(const Attempt& attempt) {
  if (!attempt.entry.client.is_public) return judge_secret(attempt);
  if (attempt.credential().secret.empty()) return nullptr;
  judge_nothing(attempt.hasher, attempt.credential().secret.reveal());
  return fail(Reason::client_secret_wrong, "a public client showed a secret");
}

}  // namespace tessera::clients
