#include <boost/json/object.hpp>
#include <boost/json/serialize.hpp>

#include "endpoints/endpoints.h"
#include "jose/json.h"
#include "registration/metadata.h"

namespace tessera::endpoints {
namespace {

constexpr std::string_view kClientIdInPath = "{client_id}";

Result<boost::json::object> read_document(const model::EndpointRequest& request) {
  auto parsed = TRY(jose::parse_json(request.document));
  if (!parsed.is_object()) return fail(Reason::body_malformed, "not a JSON object");
  return std::move(parsed.get_object());
}

}  // namespace

Result<model::Reply> RegistrationEndpoint::handle(const model::EndpointRequest& request, const Turn& turn) {
  const auto realm = TRY(clients::require_realm(services_.directory, request));
  if (request.endpoint == model::EndpointKind::client_configuration) return manage(*realm, request, turn);
  if (request.endpoint == model::EndpointKind::client_secret) return tell(request, TRY(registrar_.renew_secret(*realm, request, turn)));
  return tell(request, TRY(registrar_.create(*realm, request, TRY(read_document(request)), turn)));
}

Result<model::Reply> RegistrationEndpoint::manage(const model::Realm& realm, const model::EndpointRequest& request,
                                                  const Turn& turn) const {
  if (request.verb == model::Verb::remove) {
    TRY(registrar_.remove(realm, request, turn));
    return model::Reply(model::Empty{});
  }
  if (request.verb == model::Verb::read) return tell(request, TRY(registrar_.read(realm, request, turn)));
  return tell(request, TRY(registrar_.update(realm, request, TRY(read_document(request)), turn)));
}

/// The client information response (RFC 7591, 3.2.1; RFC 7592, 3). What is kept as a hash is told once.
model::Reply RegistrationEndpoint::tell(const model::EndpointRequest& request, const registration::Registered& registered) const {
  const model::Client& client = registered.client;
  boost::json::object told{{"client_id", client.client_id}};
  if (registered.secret) {
    told["client_secret"] = registered.secret->reveal();
    told["client_secret_expires_at"] = 0;
  }
  told["client_id_issued_at"] = base::to_s(registered.registration.at);
  std::string path = services_.path_of(request, model::EndpointKind::client_configuration);
  if (const auto at = path.find(kClientIdInPath); at != std::string::npos && !registered.registration_token.empty()) {
    path.replace(at, kClientIdInPath.size(), client.client_id);
    told["registration_access_token"] = registered.registration_token.reveal();
    told["registration_client_uri"] = services_.issuer.base_url() + path;
  }
  for (const auto& [member, value] : registration::describe(client, registered.registration.about)) told[member] = value;
  return model::Document{boost::json::serialize(told)};
}

}  // namespace tessera::endpoints
