#include "clients/method.h"

namespace tessera::clients {

/// RFC 6749, 2.3.1: the secret in an Authorization header, decoded by then. What it proves is what it proves in the body.
Proof authenticate_by_client_secret_basic(const Attempt& attempt) { return authenticate_by_client_secret_post(attempt); }

}  // namespace tessera::clients
