// Logging out at a client's request (OpenID Connect RP-Initiated Logout 1.0): the session ends, and all that lives in it.
#pragma once

#include <memory>
#include <string_view>

#include "flow/services.h"

namespace tessera::flow {

/// Safe from any thread.
class SignOut {
 public:
  explicit SignOut(const Services& services) : services_(services) {}

  /// A browser comes from a client, or from nowhere. Whoever shows an ID token of the user who is signed in here logs them out; anybody
  /// else has the user asked. Errors, shown as a page: logout_client_missing, logout_client_unknown, logout_uri_unregistered; the
  /// realm's, the store's.
  Result<model::BrowserReply> begin(const model::EndpointRequest& request, const Turn& turn) const;
  /// The user was asked and answers. Errors, shown as a page: as above, interaction_invalid.
  Result<model::BrowserReply> go_on(const model::EndpointRequest& request, const Interaction& interaction, const Turn& turn) const;

 private:
  struct Departure;

  Result<Departure> open(const model::EndpointRequest& request, const model::Parameters& asked, const Turn& turn) const;
  Result<std::shared_ptr<const clients::ClientEntry>> find_client(const Departure& departure, std::string_view client_id) const;
  Status find_redirect(Departure& departure, const model::Parameters& asked) const;
  Result<bool> is_proven(const Departure& departure) const;
  model::BrowserReply ask(const Departure& departure) const;
  Result<model::BrowserReply> end(const Departure& departure) const;
  model::BrowserReply leave(const Departure& departure) const;

  Services services_;
};

}  // namespace tessera::flow
