// Clients that register themselves: by whom, as what, and how they change it (RFC 7591, RFC 7592).
#pragma once

#include <boost/json/object.hpp>
#include <optional>
#include <string>

#include "base/result.h"
#include "base/secret.h"
#include "clients/directory.h"
#include "clients/secrets.h"
#include "model/exchange.h"
#include "revocation/revocations.h"
#include "store/store.h"
#include "tokens/access_tokens.h"

namespace tessera::registration {

struct Metadata;

struct Services {
  clients::Directory& directory;
  store::RegistrationStore& registrations;
  revocation::Revocations& revocations;
  const clients::SecretHasher& hasher;
  const tokens::AccessTokens& access_tokens;
};

/// A client as it stands, with what is shown of it once.
struct Registered {
  model::Client client;
  model::Registration registration;
  std::optional<Secret> secret = {};
  Secret registration_token = {};  ///< a new one, or the one that the caller showed; "" when it showed an access token
};

/// A realm without a registration_template lets nobody in: registration_off. Each change is one durable commit with its audit record, and
/// what it took away is dead when it returns. Safe from any thread. On a lane that must not wait: would_wait, before any effect.
class Registrar {
 public:
  explicit Registrar(const Services& services) : services_(services) {}

  /// By an initial access token, or an access token of the realm's registration_scope. Errors: token_missing, token_ambiguous,
  /// initial_token_wrong, token_scope_insufficient and the verifier's; registration_template_missing; metadata_invalid,
  /// metadata_redirect_uri_invalid, software_statement_unapproved.
  Result<Registered> create(const model::Realm& realm, const model::EndpointRequest& request, const boost::json::object& said,
                            const Turn& turn) const;

  // By the client's registration access token, or an access token like the one that it was registered by. Errors: token_missing,
  // token_ambiguous, registration_token_wrong, client_not_managed, token_scope_insufficient and the verifier's.

  Result<Registered> read(const model::Realm& realm, const model::EndpointRequest& request, const Turn& turn) const;
  /// Everything that it says of itself, or (Verb::amend) what is said stands and the rest stays. Errors: as create() too.
  Result<Registered> update(const model::Realm& realm, const model::EndpointRequest& request, const boost::json::object& said,
                            const Turn& turn) const;
  /// A secret in the place of those that it has, whose access tokens die. Errors: metadata_invalid for a client that shows none.
  Result<Registered> renew_secret(const model::Realm& realm, const model::EndpointRequest& request, const Turn& turn) const;
  /// The client is gone for good, with its secrets and tokens.
  Status remove(const model::Realm& realm, const model::EndpointRequest& request, const Turn& turn) const;

 private:
  /// Who asks.
  struct Caller {
    Handle by;          ///< the initial access token, or the client
    std::string actor;  ///< for the audit
    bool spends = false;
  };
  /// A client that the caller manages.
  struct Managed {
    std::shared_ptr<const clients::ClientEntry> entry;
    model::Registration registration;
    std::string actor;
    Secret registration_token;
  };

  Result<Caller> admit(const model::Realm& realm, const model::EndpointRequest& request, const Turn& turn) const;
  Result<Caller> admit_by_access_token(const model::Realm& realm, const std::string& token, const Turn& turn) const;
  Result<Managed> find_managed(const model::Realm& realm, const model::EndpointRequest& request, const Turn& turn) const;
  /// The realm's template. Errors: registration_template_missing.
  Result<std::shared_ptr<const clients::ClientEntry>> find_template(const model::Realm& realm, const Turn& turn) const;
  Result<model::ClientPolicy> bounds_of(const model::Realm& realm, const Managed& managed, const Turn& turn) const;
  /// update(), once. Errors: record_conflict too, when the client was changed meanwhile.
  Result<Registered> try_update(const model::Realm& realm, const model::EndpointRequest& request, const boost::json::object& said,
                                const Turn& turn) const;
  Status require_own(const clients::ClientEntry& entry, const boost::json::object& said) const;
  void end_secrets(const clients::ClientEntry& entry, std::vector<store::Change>& changes) const;
  Status commit(const std::vector<store::Change>& changes, const store::AuditRecord& audit, const Turn& turn) const;

  Services services_;
};

}  // namespace tessera::registration
