#include "clients/method.h"

namespace tessera::clients {

/// RFC 6749, 2.1: a public client has nothing to prove itself by. A confidential one that shows nothing is refused.
Proof authenticate_by_none(const Attempt& attempt) {
  if (!attempt.entry.client.is_public) return judge_secret(attempt);
  return nullptr;
}

}  // namespace tessera::clients
