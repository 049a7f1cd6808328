#include "flow/services.h"

#include "flow/visit.h"

namespace tessera::flow {

Result<std::optional<model::Session>> Services::find_session(const model::EndpointRequest& request, const model::Realm& realm,
                                                             model::Rev rev, const Turn& turn) const {
  return find_session(cookies.read(request, realm), realm, rev, turn);
}

Result<std::optional<model::Session>> Services::find_session(const Handle& handle, const model::Realm& realm, model::Rev rev,
                                                             const Turn& turn) const {
  if (!handle) return std::nullopt;
  auto session = sessions.find_session(turn, handle);
  if (!session && session.error().reason == Reason::record_missing) return std::nullopt;
  if (!session) return std::unexpected(std::move(session).error());
  if (!stands(*session, realm, rev, turn.now)) return std::nullopt;
  return *std::move(session);
}

}  // namespace tessera::flow
