#include "endpoints/web_origins.h"

#include <boost/json/object.hpp>

#include "jose/json.h"
#include "jose/jwt.h"
#include "policy/web_origins.h"

namespace tessera::endpoints {

namespace {

/// The `client_id` that an access token carries in every claims profile; "" where there is none to read.
std::string client_of(std::string_view token) {
  const auto parts = jose::parse_jwt(token);
  if (!parts) return {};
  const auto claims = jose::parse_json(parts->payload);
  const auto* const object = claims ? claims->if_object() : nullptr;
  const auto* const member = object ? object->if_contains("client_id") : nullptr;
  const auto* const text = member ? member->if_string() : nullptr;
  return text ? std::string(*text) : std::string();
}

std::string client_of(const model::EndpointRequest& request) {
  if (!request.credential.client_id.empty()) return request.credential.client_id;
  return request.bearer_tokens.size() == 1 ? client_of(request.bearer_tokens.front()) : std::string();
}

}  // namespace

Result<bool> is_web_origin(clients::Directory& directory, const model::EndpointRequest& request, std::string_view origin,
                           const Turn& turn) {
  const auto realm = directory.realm(request.realm);
  if (!realm) return false;
  const std::string client_id = client_of(request);
  if (client_id.empty()) return false;
  const auto entry = directory.client(turn, realm->id, client_id);
  if (!entry && entry.error().reason == Reason::would_look_up) return std::unexpected(entry.error());
  // Whatever else is wrong, the endpoint says it.
  return entry && policy::is_web_origin(*(*entry)->client.policy, origin);
}

}  // namespace tessera::endpoints
