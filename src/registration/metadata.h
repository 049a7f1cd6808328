// Client metadata: what a client says of itself, and what it is told that it is registered as (RFC 7591, 2).
#pragma once

#include <boost/json/object.hpp>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "model/client.h"
#include "model/realm.h"

namespace tessera::registration {

/// Every member that was understood. The others are passed over, as the RFC wants.
struct Metadata {
  std::vector<std::string> redirect_uris;
  std::vector<std::string> post_logout_redirect_uris;
  std::string auth_method;  ///< "": by a secret, wherever it stands
  std::vector<std::string> grant_types{"authorization_code"};
  std::optional<std::vector<std::string>> response_types;
  std::optional<std::string> scope;
  std::string client_name;
  std::string jwks;      ///< as JSON; "" for none
  std::string jwks_uri;  ///< "" for none
  std::string id_token_alg;
  std::string subject_type;
  std::string userinfo_alg;
  std::string backchannel_logout_uri;
  bool backchannel_logout_session_required = false;
  boost::json::object about;  ///< kept for whoever asks, and of no consequence: client_uri, contacts and the like
};

/// Errors: metadata_invalid, metadata_redirect_uri_invalid, software_statement_unapproved. `limit` says why.
Result<Metadata> read_metadata(const boost::json::object& said);

/// A refusal that tells which member is wrong, and why.
std::unexpected<Error> refuse_member(std::string_view member, std::string_view why, Reason reason = Reason::metadata_invalid);

/// The client as it is made after `base`, from which it has all that it can't say; `bounds`: the grants and scopes that it may claim.
/// `realm`: its methods and algorithm. Handle, id and name in the store are the caller's affair. Errors: as read_metadata().
Result<model::Client> shape_client(const Metadata& said, const model::ClientPolicy& base, const model::ClientPolicy& bounds,
                                   const model::RealmPolicy& realm);

/// What it is registered as, by the names of RFC 7591. `about`: as it was kept.
boost::json::object describe(const model::Client& client, std::string_view about);

/// Whether it shows a secret.
bool has_secret(const model::Client& client);

}  // namespace tessera::registration
