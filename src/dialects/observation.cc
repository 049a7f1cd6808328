#include "dialects/observation.h"

#include <algorithm>

namespace tessera::dialects {
namespace {

using model::EndpointKind;

/// A client's text is cut before it is kept.
std::string_view cut(std::string_view text) { return text.substr(0, 128); }

/// Label values are declared names: a client can't make up a series by making up a grant_type.
std::string_view grant_label(std::string_view grant_type) {
  static constexpr std::string_view kGrants[] = {
#define TESSERA_GRANT(name) #name,
#include "grants/grants.def"
#undef TESSERA_GRANT
  };
  return std::find(std::begin(kGrants), std::end(kGrants), grant_type) == std::end(kGrants) ? std::string_view() : grant_type;
}

/// Free text never: a client that confuses its fields sends a secret here.
std::string_view grant_shown(std::string_view grant_type) {
  if (grant_type.empty()) return {};
  const std::string_view label = grant_label(grant_type);
  return label.empty() ? "unknown" : label;
}

/// Refusals that come before the client was looked up, or after it was not found: then its id may be anything, a password in the wrong
/// field too. Of two credentials that differ one is wrong.
constexpr Reason kBeforeTheClient[] = {Reason::body_malformed,
                                       Reason::body_too_large,
                                       Reason::content_type_unsupported,
                                       Reason::method_not_allowed,
                                       Reason::https_required,
                                       Reason::parameter_duplicated,
                                       Reason::parameters_too_many,
                                       Reason::parameter_invalid,
                                       Reason::grant_type_missing,
                                       Reason::grant_type_unknown,
                                       Reason::realm_unknown,
                                       Reason::realm_disabled,
                                       Reason::client_id_missing,
                                       Reason::client_unknown,
                                       Reason::client_authentication_ambiguous,
                                       Reason::logout_client_unknown,
                                       Reason::throttled_client,
                                       Reason::throttled_address,
                                       Reason::shutting_down,
                                       Reason::store_unavailable,
                                       Reason::store_corrupt,
                                       Reason::internal};

bool may_be_nobody(const Error* error) {
  return error != nullptr &&
         std::find(std::begin(kBeforeTheClient), std::end(kBeforeTheClient), error->reason) != std::end(kBeforeTheClient);
}

void write_log(const observe::Log& log, const model::EndpointRequest& asked, std::string_view endpoint, std::string_view realm,
               std::string_view client_id, const Error* error) {
  const bool defect = error != nullptr && base::reason_oauth_code(error->reason) == "server_error";
  const auto level = error == nullptr ? observe::LogLevel::debug : defect ? observe::LogLevel::error : observe::LogLevel::info;
  if (!log.enabled(level)) return;
  log.write(level, error == nullptr ? "request_answered" : "request_refused",
            {{"request_id", asked.request_id},
             {"endpoint", std::string(endpoint)},
             {"dialect", asked.dialect},
             {"realm", std::string(realm)},
             {"grant_type", std::string(grant_shown(asked.grant_type))},
             {"client_id", std::string(client_id)},
             {"address", asked.peer.address},
             {"reason", std::string(error == nullptr ? "ok" : base::reason_name(error->reason))},
             {"context", error == nullptr ? std::string() : error->context}});
}

/// What was issued, refused or taken back; of a browser's visits those that ended in a code or a refusal. Where an API asks about a token,
/// nothing is refused to a client: logs and metrics tell of it.
bool is_audited(EndpointKind endpoint, const Error* error, const model::BrowserReply* visit) {
  if (visit != nullptr) return visit->refusal || visit->user;
  if (endpoint == EndpointKind::token || endpoint == EndpointKind::revoke) return true;
  constexpr EndpointKind kOfClients[] = {EndpointKind::introspect, EndpointKind::logout, EndpointKind::registration,
                                         EndpointKind::client_configuration, EndpointKind::client_secret};
  return error != nullptr && std::ranges::find(kOfClients, endpoint) != std::end(kOfClients);
}

std::string_view done_by(EndpointKind endpoint) {
  if (endpoint == EndpointKind::token) return "issued";
  return endpoint == EndpointKind::revoke ? "revoked" : "authorized";
}

}  // namespace

bool Observation::realm_known(const Result<model::Reply>& reply) const {
  return reached_endpoint && (reply || reply.error().reason != Reason::realm_unknown);
}

void Observation::record(const model::EndpointRequest& asked, const Result<model::Reply>& reply) const {
  const auto* const visit = reply ? std::get_if<model::BrowserReply>(&*reply) : nullptr;
  const Error* const error = !reply ? &reply.error() : visit && visit->refusal ? &*visit->refusal : nullptr;
  const std::string_view endpoint = model::kEndpointNames[static_cast<std::size_t>(asked.endpoint)];
  const std::string_view outcome = error == nullptr ? "ok" : base::reason_name(error->reason);
  const std::chrono::duration<double> took = std::chrono::steady_clock::now() - began;
  deps.metrics.count_request(realm_known(reply) ? std::string_view(asked.realm) : std::string_view(), asked.dialect, endpoint,
                             grant_label(asked.grant_type), outcome, took.count());
  const std::string& given_id = asked.credential.client_id;
  const std::string unknown_id = !given_id.empty() && may_be_nobody(error) ? names.unknown(given_id) : std::string();
  const std::string_view client_id = unknown_id.empty() ? cut(given_id) : unknown_id;
  const std::string unknown_realm = realm_is_mounted || realm_known(reply) ? std::string() : names.unknown(asked.realm);
  const std::string_view realm = unknown_realm.empty() ? std::string_view(asked.realm) : unknown_realm;
  write_log(deps.log, asked, endpoint, realm, client_id, error);
  if (!is_audited(asked.endpoint, error, visit)) return;

  const model::TokenSet* const tokens = reply ? std::get_if<model::TokenSet>(&*reply) : nullptr;
  const std::string jti = tokens ? tokens->jti.str() : std::string();
  const Handle user = error ? error->user : visit ? visit->user : Handle{};
  const std::string user_id = user ? user.uuid() : std::string();
  deps.audit.record({.at = now,
                     .request_id = asked.request_id,
                     .realm = realm,
                     .dialect = asked.dialect,
                     .endpoint = endpoint,
                     .grant_type = grant_shown(asked.grant_type),
                     .client_id = client_id,
                     .subject = tokens ? std::string_view(tokens->subject) : user_id,
                     .jti = jti,
                     .scope = tokens && tokens->scope ? std::string_view(*tokens->scope) : std::string_view(),
                     .address = asked.peer.address,
                     .reason = error != nullptr ? outcome : done_by(asked.endpoint)});
}

}  // namespace tessera::dialects
