#include "flow/sign_out.h"

#include <algorithm>

#include "clients/realm_gate.h"
#include "flow/language.h"
#include "flow/visit.h"
#include "policy/redirect_uri.h"
#include "tokens/id_token_hint.h"

namespace tessera::flow {
namespace {

/// Not a request's, but Keycloak's word for "where codes go as well".
constexpr std::string_view kRedirectUris = "+";

bool may_return_to(const model::ClientPolicy& policy, std::string_view uri) {
  const auto matches = [&](const std::string& registered) {
    return policy::redirect_uri_matches(registered, uri, policy.redirect_trailing_star);
  };
  return std::ranges::any_of(policy.post_logout_redirect_uris, [&](const std::string& registered) {
    return registered == kRedirectUris ? std::ranges::any_of(policy.redirect_uris, matches) : matches(registered);
  });
}

bool is_no_client(Reason reason) { return reason == Reason::client_unknown || reason == Reason::record_missing; }

}  // namespace

/// One request to log out, as far as it has been understood.
struct SignOut::Departure {
  const model::EndpointRequest& request;
  const Turn turn;
  BrowserName browser;
  std::shared_ptr<const model::Realm> realm;
  model::Language language = model::Language::en;
  std::string ui_locales = {};
  std::shared_ptr<const clients::ClientEntry> client = {};  ///< null where none asks, or none that we know
  std::string redirect_uri = {};                            ///< the client's; "" for none
  std::string state = {};
  std::optional<tokens::IdTokenHint> hint = {};
  std::optional<model::Session> session = {};  ///< who is signed in here, or else whom the hint is about

  std::string client_name() const { return client ? name_of(client->client) : std::string{}; }
  model::BrowserReply reply(std::variant<model::Page, model::Redirection> answer) const {
    model::BrowserReply reply{.answer = std::move(answer)};
    if (auto cookie = browser.cookie()) reply.cookies.push_back(*std::move(cookie));
    return reply;
  }
  model::BrowserReply show(model::PageContent content) const { return reply(page_of(*realm, language, std::move(content))); }
};

Result<model::BrowserReply> SignOut::begin(const model::EndpointRequest& request, const Turn& turn) const {
  const Departure departure = TRY(open(request, request.parameters, turn));
  if (!departure.session) return leave(departure);
  // Without proof that the client knows this user, any page on the web could log people out.
  return TRY(is_proven(departure)) ? end(departure) : ask(departure);
}

/// Whether the hint is about who is signed in. Of a client that has gone only the session tells: by which sub it knew users, nobody knows.
Result<bool> SignOut::is_proven(const Departure& departure) const {
  if (!departure.hint) return false;
  const model::Session& session = *departure.session;
  const std::string known_by =
      departure.client ? TRY(services_.issuer.subject_of(*departure.realm, departure.client->client, session.user)) : std::string();
  return departure.hint->is_about(session, known_by);
}

Result<model::BrowserReply> SignOut::go_on(const model::EndpointRequest& request, const Interaction& interaction, const Turn& turn) const {
  const model::Parameters asked = parameters_of(interaction);
  const Departure departure = TRY(open(request, asked, turn));
  if (const auto fresh = require_fresh(interaction, turn.now); !fresh) {
    auto expired = departure.show(model::ExpiredPage{});
    expired.refusal = fresh.error();
    return expired;
  }
  if (request.parameters.find("action") != "logout") return departure.show(model::StillSignedInPage{});
  if (!departure.session) return leave(departure);
  if (departure.session->handle != interaction.subject) return fail(Reason::interaction_invalid, "another session is signed in");
  return end(departure);
}

Result<SignOut::Departure> SignOut::open(const model::EndpointRequest& request, const model::Parameters& asked, const Turn& turn) const {
  auto realm = TRY(clients::require_realm(services_.directory, request));
  const model::Rev rev = services_.revocations.head(realm->id);
  if (request.duplicated) return fail(Reason::parameter_duplicated);
  Departure departure{.request = request, .turn = turn, .browser = BrowserName::of(request), .realm = std::move(realm)};
  departure.ui_locales = asked.find("ui_locales").value_or("");
  departure.language = choose_language(departure.ui_locales, request.accept_language);
  departure.state = asked.find("state").value_or("");

  std::string client_id(asked.find("client_id").value_or(""));
  if (const auto shown = asked.find("id_token_hint")) {
    const std::string issuer = services_.issuer.issuer_of(departure.realm->name);
    auto hint = tokens::read_id_token_hint(services_.keyring, *departure.realm, issuer, *shown);
    // One that proves nothing is as good as none; so is another client's (2).
    if (hint && (client_id.empty() || hint->client_id == client_id)) {
      client_id = hint->client_id;
      departure.hint = *std::move(hint);
    }
  }
  if (!client_id.empty()) departure.client = TRY(find_client(departure, client_id));
  // A client that has gone since it got the hint says no more than whom it meant.
  if (!departure.client && !departure.hint && !client_id.empty()) return fail(Reason::logout_client_unknown);
  TRY(find_redirect(departure, asked));
  departure.session = TRY(services_.find_session(request, *departure.realm, rev, turn));
  // Where nobody is signed in here the client asks from another browser, or this one keeps no cookies in its frames: as Keycloak has it.
  if (!departure.session && departure.hint)
    departure.session = TRY(services_.find_session(departure.hint->session, *departure.realm, rev, turn));
  return departure;
}

Result<std::shared_ptr<const clients::ClientEntry>> SignOut::find_client(const Departure& departure, std::string_view client_id) const {
  auto found = services_.directory.client(departure.turn, departure.realm->id, client_id);
  if (!found && !is_no_client(found.error().reason)) return std::unexpected(found.error());
  const bool usable = found && (*found)->client.enabled && may_use_mount(*(*found)->client.policy, departure.request.dialect);
  return usable ? *std::move(found) : nullptr;
}

/// Nobody is sent to a place that is not proven, whether they log out or not.
Status SignOut::find_redirect(Departure& departure, const model::Parameters& asked) const {
  const auto uri = asked.find("post_logout_redirect_uri");
  if (!uri) return {};
  if (!departure.client) return fail(departure.hint ? Reason::logout_client_unknown : Reason::logout_client_missing);
  if (!may_return_to(*departure.client->client.policy, *uri))
    return fail(Reason::logout_uri_unregistered, std::string(uri->substr(0, 256)));
  departure.redirect_uri = *uri;
  return {};
}

model::BrowserReply SignOut::ask(const Departure& departure) const {
  Interaction interaction{.stage = Interaction::Stage::logout,
                          .subject = departure.session->handle,
                          .parameters = {{"state", departure.state}, {"ui_locales", departure.ui_locales}},
                          .shown_at_s = base::to_s(departure.turn.now)};
  // The client as it was understood: a hint is not carried on.
  if (departure.client) interaction.parameters.emplace_back("client_id", departure.client->client.client_id);
  if (!departure.redirect_uri.empty()) interaction.parameters.emplace_back("post_logout_redirect_uri", departure.redirect_uri);
  const std::string bound_to = Visit::bound_to(departure.browser.text(), departure.request);
  return departure.show(model::LogoutPage{.action = services_.path_of(departure.request, model::EndpointKind::interact),
                                          .interaction = services_.interactions.seal(interaction, bound_to),
                                          .client_name = departure.client_name()});
}

Result<model::BrowserReply> SignOut::end(const Departure& departure) const {
  const model::Session& session = *departure.session;
  const auto user = services_.directory.user(departure.turn, session.user);
  if (!user && user.error().reason != Reason::user_unknown) return std::unexpected(user.error());
  const store::Revoke revoke{
      .kind = model::RevocationKind::session, .id = session.handle, .ends = true, .prune_after_s = base::to_s(departure.turn.now)};
  const store::AuditRecord audit{.realm = departure.realm->id,
                                 .at = departure.turn.now,
                                 .actor = "user:" + (user ? (*user)->username : session.user.uuid()),
                                 .action = "session.end",
                                 .object = "session:" + session.handle.uuid(),
                                 .request_id = departure.request.request_id,
                                 .detail = "{}"};
  const auto committed = services_.revocations.commit(departure.turn, {revoke}, {audit});
  if (!committed) return std::unexpected(committed.error());
  return leave(departure);
}

/// Whether or not somebody was signed in: the client asked that nobody be, and so it is.
model::BrowserReply SignOut::leave(const Departure& departure) const {
  auto reply = departure.redirect_uri.empty()
                   ? departure.show(model::LoggedOutPage{.continue_uri = {}, .client_name = departure.client_name()})
                   : departure.reply(model::Redirection{.uri = departure.redirect_uri, .parameters = {{"state", departure.state}}});
  reply.cookies.push_back(SessionCookies::drop(*departure.realm));
  if (find_cookie(departure.request, SessionCookies::status_name(*departure.realm)))
    reply.cookies.push_back(SessionCookies::drop_status(*departure.realm));
  return reply;
}

}  // namespace tessera::flow
