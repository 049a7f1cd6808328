// Until when the journal must hold an entry: as long as a token lives that the entry kills.
#pragma once

#include "model/revocation.h"
#include "store/db.h"

namespace tessera::store {

/// When the last access token of a client issued until `now` has expired, by its ordinary lifetime and its high-water mark.
/// Errors: record_missing.
Result<std::int64_t> last_token_expiry_s(Connection& connection, const Handle& client, TimePoint now);

/// The same for the client of this id inside the database.
Result<std::int64_t> last_token_expiry_s(Connection& connection, std::int64_t client_id, TimePoint now);

/// When the last access token issued until `now` has expired that an entry for a client, secret, session or family kills; 0 for the other
/// kinds, whose entries say it themselves. Locks the clients: no token of theirs gets a longer life before this transaction ends.
/// Errors: record_missing.
Result<std::int64_t> last_killed_expiry_s(Connection& connection, model::RevocationKind kind, const Handle& id, TimePoint now);

}  // namespace tessera::store
