#include "endpoints/endpoints.h"

namespace tessera::endpoints {

Result<model::Reply> TokenEndpoint::handle(const model::EndpointRequest& request, const Turn& turn) {
  auto tokens = services_.pipeline.exchange(request, turn);
  if (!tokens) return std::unexpected(std::move(tokens).error());
  return model::Reply(std::move(*tokens));
}

}  // namespace tessera::endpoints
