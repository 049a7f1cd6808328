#include "flow/sign_in.h"

#include <algorithm>
#include <array>

#include "base/base64url.h"
#include "base/digest.h"
#include "base/random.h"
#include "policy/scope.h"
#include "tokens/id_token_hint.h"

namespace tessera::flow {

namespace {

std::string make_code() {
  std::array<std::uint8_t, 32> bytes;
  base::random_bytes(bytes);
  return base::base64url_encode({reinterpret_cast<const char*>(bytes.data()), bytes.size()});
}

/// OpenID Connect Core, 3.1.2.1: max_age, of any size.
bool signed_in_within(const model::Session& session, std::int64_t max_age_s, TimePoint now) {
  return std::chrono::ceil<std::chrono::seconds>(now - session.created_at).count() <= max_age_s;
}

}  // namespace

Result<model::BrowserReply> SignIn::begin(const model::EndpointRequest& request, const Turn& turn) const {
  Visit visit = TRY(Visit::open(services_.directory, services_.revocations, request, request.parameters, turn));
  if (const Status read = visit.read(); !read) return send_back(visit, read.error());
  const auto person = TRY(find_person(visit));
  if (person) return let_in(visit, *person);
  if (visit.question.prompt.none) return send_back(visit, {Reason::login_required, ""});
  return ask_login(visit, visit.question.login_hint, model::LoginPage::Problem::none);
}

/// Whoever is signed in, if that is recent enough for this question.
Result<std::optional<Person>> SignIn::find_person(const Visit& visit) const {
  if (visit.question.prompt.login) return std::nullopt;
  const auto session = TRY(services_.find_session(visit.request, visit.realm(), visit.rev, visit.turn));
  if (!session || model::idle_too_long(*session, visit.realm().policy.session_idle_s, visit.turn.now)) return std::nullopt;
  if (!TRY(is_meant(visit, *session, false))) return std::nullopt;
  const auto& max_age_s = visit.question.max_age_s;
  if (max_age_s && !signed_in_within(*session, *max_age_s, visit.turn.now)) return std::nullopt;
  return find_user_of(visit, *session);
}

/// Whether it is the session of whom the client means, by a hint or by the `sub` that it asks for (OpenID Connect Core, 3.1.2.2).
/// `by_a_void_hint`: what a hint that proves nothing says of it.
Result<bool> SignIn::is_meant(const Visit& visit, const model::Session& session, bool by_a_void_hint) const {
  const auto& subjects = visit.question.subjects;
  const auto shown = visit.asked.find("id_token_hint");
  if (!shown && subjects.empty()) return true;
  const std::string known_by = TRY(services_.issuer.subject_of(visit.realm(), visit.client(), session.user));
  if (!subjects.empty() && std::ranges::find(subjects, known_by) == subjects.end()) return false;
  if (!shown) return true;
  const auto hint = tokens::read_id_token_hint(services_.keyring, visit.realm(), services_.issuer.issuer_of(visit.realm().name), *shown);
  if (!hint || hint->client_id != visit.client().client_id) return by_a_void_hint;
  return hint->is_about(session, known_by);
}

Result<std::optional<Person>> SignIn::find_user_of(const Visit& visit, const model::Session& session) const {
  auto user = services_.directory.user(visit.turn, session.user);
  if (!user && user.error().reason != Reason::user_unknown) return std::unexpected(user.error());
  if (!user || !(*user)->enabled || (*user)->profile.must_act) return std::nullopt;
  return Person{*std::move(user), session};
}

/// The user is known: what remains is what the client may do.
Result<model::BrowserReply> SignIn::let_in(Visit& visit, const Person& person) const {
  // Whoever has just signed in may be another than the client means.
  if (!TRY(is_meant(visit, person.session, true)))
    return send_back(visit, {Reason::login_required, "another user has signed in than the client asks for"});
  const Offer offer = TRY(visit.offer_for(*person.user));
  const bool asks = visit.question.prompt.consent;
  if (!visit.client().policy->consent_required && !asks) return give_code(visit, person, offer, {});
  const auto consent = services_.authorizations.find_consent(visit.turn, person.user->handle, visit.client().handle);
  if (!consent && consent.error().reason != Reason::record_missing) return std::unexpected(consent.error());
  if (consent && consent->remembered && policy::covers(consent->remembered_scope, offer.consent_scope()) && !asks)
    return give_code(visit, person, offer, consent->handle);
  if (visit.question.prompt.none) return send_back(visit, {Reason::consent_needed, ""});
  return ask_consent(visit, person, offer);
}

Result<model::BrowserReply> SignIn::give_code(const Visit& visit, const Person& person, const Offer& offer, const Handle& consent) const {
  const std::string code = make_code();
  model::AuthorizationCode record{.digest = base::sha256(code),
                                  .realm = visit.realm().id,
                                  .client = visit.client().handle,
                                  .user = person.user->handle,
                                  .session = person.session.handle,
                                  .consent = consent,
                                  .terms = visit.question.terms,
                                  .expires_at_s = base::to_s(visit.turn.now) + model::kCodeTtlS,
                                  .rev = visit.rev,
                                  .family = {}};
  record.terms.scope = offer.scope;
  record.terms.claims = offer.claims;
  TRY(services_.authorizations.put_code(visit.turn, record));
  auto reply = visit.reply(model::Redirection{.uri = visit.destination.redirect_uri,
                                              .mode = visit.destination.mode,
                                              .parameters = {{"code", code},
                                                             {"state", visit.destination.state},
                                                             {"iss", services_.issuer.issuer_of(visit.realm().name)},
                                                             {"session_state", person.session.handle.uuid()}}});
  reply.user = person.user->handle;
  if (!services_.path_of(visit.request, model::EndpointKind::session_status).empty())
    reply.cookies.push_back(SessionCookies::make_status(visit.realm(), person.session.handle));
  return reply;
}

model::BrowserReply SignIn::send_back(const Visit& visit, Error error) const {
  auto reply = visit.reply(
      model::Redirection{.uri = visit.destination.redirect_uri,
                         .mode = visit.destination.mode,
                         .parameters = {{"state", visit.destination.state}, {"iss", services_.issuer.issuer_of(visit.realm().name)}}});
  reply.refusal = std::move(error);
  return reply;
}

model::BrowserReply SignIn::ask_login(const Visit& visit, std::string username, model::LoginPage::Problem problem) const {
  return visit.show(model::LoginPage{.action = form_path(visit),
                                     .interaction = seal(visit, Interaction::Stage::login),
                                     .username = std::move(username),
                                     .client_name = visit.client_name(),
                                     .problem = problem});
}

model::BrowserReply SignIn::ask_new_password(const Visit& visit, const model::User& user, model::NewPasswordPage::Problem problem) const {
  return visit.show(
      model::NewPasswordPage{.action = form_path(visit),
                             .interaction = seal(visit, Interaction::Stage::new_password, user.handle, std::to_string(user.ended_seq)),
                             .username = user.username,
                             .problem = problem});
}

model::BrowserReply SignIn::ask_consent(const Visit& visit, const Person& person, const Offer& offer) const {
  model::ConsentPage page{.action = form_path(visit),
                          .interaction = seal(visit, Interaction::Stage::consent, person.session.handle, offer.consent_scope()),
                          .username = person.user->username,
                          .client_name = visit.client_name(),
                          .scopes = {}};
  const auto words = policy::split_scope(offer.consent_scope());
  if (words)
    for (const auto& word : *words) page.scopes.push_back({word, visit.scope_text(word)});
  return visit.show(std::move(page));
}

std::string SignIn::seal(const Visit& visit, Interaction::Stage stage, const Handle& subject, std::string premise) const {
  Interaction interaction = visit.interaction(stage, subject);
  interaction.premise = std::move(premise);
  return services_.interactions.seal(interaction, visit.bound_to());
}

std::string SignIn::form_path(const Visit& visit) const { return services_.path_of(visit.request, model::EndpointKind::interact); }

}  // namespace tessera::flow
