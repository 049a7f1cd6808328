// An authorization request, read and held against its client (RFC 6749, 4.1.1; RFC 7636, 4.3; OpenID Connect Core, 3.1.2.1).
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/result.h"
#include "clients/directory.h"
#include "model/authorization_code.h"
#include "model/exchange.h"

namespace tessera::flow {

/// Whether the client may come by a mount of this dialect.
bool may_use_mount(const model::ClientPolicy& policy, std::string_view dialect);

/// Who asks, and where the answer goes. What is wrong here is told to the user: nobody is sent to a place that is not proven.
struct Destination {
  std::shared_ptr<const model::Realm> realm;
  std::shared_ptr<const clients::ClientEntry> client;
  std::string redirect_uri;
  bool redirect_uri_given = false;
  model::ResponseMode mode = model::ResponseMode::query;
  std::string state;

  const model::ClientPolicy& policy() const { return *client->client.policy; }
};

/// What is asked. What is wrong here is told to the client, at its destination.
struct Question {
  struct Prompt {
    bool none = false;
    bool login = false;  ///< or select_account: the user says anew who they are
    bool consent = false;
  };
  std::optional<std::string> scope;  ///< nothing: the client's defaults
  model::CodeTerms terms;            ///< but for the scope, which the user decides, as they do what of the claims is told
  Prompt prompt;
  std::optional<std::int64_t> max_age_s;
  std::string login_hint;
  std::vector<std::string> subjects;  ///< the users who are meant, by the `sub` that the client knows; empty: whoever signs in
};

/// Errors: client_id_missing, client_unknown, client_disabled, client_mount_forbidden, redirect_uri_missing, redirect_uri_unregistered,
/// would_look_up; the store's.
Result<Destination> find_destination(clients::Directory& directory, std::shared_ptr<const model::Realm> realm,
                                     const model::Parameters& parameters, const std::string& dialect, const Turn& turn);

/// Errors: authorization_off, response_type_missing, response_type_unsupported, response_mode_unsupported, challenge_missing,
/// challenge_invalid, challenge_method_unsupported, prompt_invalid, max_age_invalid, claims_invalid, acr_unmet, scope_invalid,
/// scope_malformed, scope_too_many, request_object_unsupported, request_uri_unsupported.
Result<Question> read_question(const Destination& destination, const model::Parameters& parameters);

}  // namespace tessera::flow
