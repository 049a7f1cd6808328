// One request to the authorization endpoint, as far as it has been understood.
#pragma once

#include <memory>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "flow/authorization_request.h"
#include "flow/browser.h"
#include "flow/interactions.h"
#include "model/exchange.h"
#include "model/session.h"
#include "revocation/revocations.h"

namespace tessera::flow {

/// Who is signed in.
struct Person {
  std::shared_ptr<const model::User> user;
  model::Session session;
};

/// Whether a session may still be signed in by, as far as its row says. `rev`: the realm's, as it is known now.
bool stands(const model::Session& session, const model::Realm& realm, model::Rev rev, TimePoint now);
/// What a client may do and learn if the user agrees.
struct Offer {
  std::string scope;   ///< of the tokens
  std::string claims;  ///< told besides (policy/claims.h)

  /// What the user agrees to: the scope, and the words that stand for the claims.
  std::string consent_scope() const;
};

/// What a page calls a client: its name, or its client_id where it has none.
const std::string& name_of(const model::Client& client);
/// A page of the realm's.
model::Page page_of(const model::Realm& realm, model::Language language, model::PageContent content);
/// What a form of ours carries. Errors: interaction_invalid when it is none, or was shown to another browser.
Result<Interaction> open_form(const Interactions& interactions, const model::EndpointRequest& request);

class Visit {
 public:
  /// `asked`: the authorization request's parameters, also where a form was posted. Errors: the realm's, those of find_destination().
  static Result<Visit> open(clients::Directory& directory, const revocation::Revocations& revocations,
                            const model::EndpointRequest& request, const model::Parameters& asked, const Turn& turn);

  /// Reads the question. Errors: those of read_question().
  Status read();

  const model::Realm& realm() const { return *destination.realm; }
  const model::Client& client() const { return destination.client->client; }
  const std::string& client_name() const { return name_of(client()); }
  model::Language language() const;
  /// What of all that is asked for holds for this user, who may have less than the client may ask. Errors: scope_malformed.
  Result<Offer> offer_for(const model::User& user) const;
  /// What the realm says of a scope word, in the page's language; "" for nothing.
  std::string scope_text(std::string_view word) const;
  /// The authorization request once more, at the path of its endpoint.
  std::string restart_uri(const std::string& path) const;
  Interaction interaction(Interaction::Stage stage, const Handle& subject) const;
  /// Whose forms these are: this browser's, at this realm and mount.
  std::string bound_to() const { return bound_to(browser.text(), request); }
  static std::string bound_to(const std::string& browser, const model::EndpointRequest& request);

  model::BrowserReply reply(std::variant<model::Page, model::Redirection> answer) const;
  model::BrowserReply show(model::PageContent content) const;

  const model::EndpointRequest& request;
  const model::Parameters& asked;
  const Turn turn;
  const BrowserName browser;
  Destination destination;
  model::Rev rev = 0;  ///< captured before anything was read
  Question question = {};
  std::vector<model::Cookie> cookies = {};  ///< to be set with whatever is answered
};

}  // namespace tessera::flow
