// The authorization endpoint: a person comes with a client's question, says who they are and what the client may do, and goes back with
// a code (RFC 6749, 4.1; OpenID Connect Core, 3.1.2). Decides; how pages look is pages/, how answers are worded a dialect's.
#pragma once

#include <memory>
#include <optional>
#include <string>

#include "flow/services.h"
#include "flow/visit.h"
#include "model/exchange.h"

namespace tessera::flow {

/// Safe from any thread.
class SignIn {
 public:
  explicit SignIn(const Services& services) : services_(services) {}

  /// A browser comes from a client. Errors, shown as a page: those of find_destination(), the realm's, the store's.
  Result<model::BrowserReply> begin(const model::EndpointRequest& request, const Turn& turn) const;
  /// A form of ours was posted. Errors, shown as a page: as above; would_hash.
  Result<model::BrowserReply> go_on(const model::EndpointRequest& request, const Interaction& interaction, const Turn& turn) const;

 private:
  Result<std::optional<Person>> find_person(const Visit& visit) const;
  Result<bool> is_meant(const Visit& visit, const model::Session& session, bool by_a_void_hint) const;
  Result<std::optional<Person>> find_user_of(const Visit& visit, const model::Session& session) const;
  Result<model::BrowserReply> let_in(Visit& visit, const Person& person) const;
  Result<model::BrowserReply> give_code(const Visit& visit, const Person& person, const Offer& offer, const Handle& consent) const;

  // What the forms say.
  Result<model::BrowserReply> take_form(Visit& visit, const Interaction& interaction) const;
  Result<model::BrowserReply> take_login(Visit& visit) const;
  Result<model::BrowserReply> take_new_password(Visit& visit, const Interaction& interaction) const;
  Result<model::BrowserReply> take_consent(Visit& visit, const Interaction& interaction) const;
  Status change_password(const Visit& visit, const model::User& user, const Secret& password) const;
  /// A session of its own for each sign-in: an id that somebody else knew before is worth nothing after.
  Result<model::BrowserReply> begin_session(Visit& visit, std::shared_ptr<const model::User> user) const;

  // What is asked.
  model::BrowserReply ask_login(const Visit& visit, std::string username, model::LoginPage::Problem problem) const;
  model::BrowserReply ask_new_password(const Visit& visit, const model::User& user, model::NewPasswordPage::Problem problem) const;
  model::BrowserReply ask_consent(const Visit& visit, const Person& person, const Offer& offer) const;
  model::BrowserReply send_back(const Visit& visit, Error error) const;
  std::string seal(const Visit& visit, Interaction::Stage stage, const Handle& subject = {}, std::string premise = {}) const;
  std::string form_path(const Visit& visit) const;

  Services services_;
};

}  // namespace tessera::flow
