// What the forms of the sign-in say.
#include "flow/sign_in.h"
#include "policy/scope.h"

namespace tessera::flow {

namespace {

constexpr std::size_t kPasswordBytesMin = 8;

using LoginProblem = model::LoginPage::Problem;
using PasswordProblem = model::NewPasswordPage::Problem;

Secret secret_of(const model::Parameters& parameters, std::string_view name) {
  return Secret(std::string(parameters.find(name).value_or("")));
}

/// What a wrong guess looks like to whoever makes it, whatever was wrong.
bool is_wrong_guess(Reason reason) {
  return reason == Reason::user_unknown || reason == Reason::user_password_wrong || reason == Reason::user_locked ||
         reason == Reason::password_too_long;
}

/// Said only to whoever has the password.
std::optional<Reason> why_shut_out(const model::User& user) {
  if (!user.enabled) return Reason::user_disabled;
  // No page of ours asks for one yet, and a password alone must not do.
  if (user.profile.second_factor) return Reason::user_second_factor;
  return std::nullopt;
}

}  // namespace

Result<model::BrowserReply> SignIn::go_on(const model::EndpointRequest& request, const Interaction& interaction, const Turn& turn) const {
  const model::Parameters asked = parameters_of(interaction);
  Visit visit = TRY(Visit::open(services_.directory, services_.revocations, request, asked, turn));
  // Client and realm may have changed since the form was shown.
  if (const Status read = visit.read(); !read) return send_back(visit, read.error());
  if (require_fresh(interaction, turn.now)) return take_form(visit, interaction);
  auto expired =
      visit.show(model::ExpiredPage{.restart_uri = visit.restart_uri(services_.path_of(request, model::EndpointKind::authorize))});
  expired.refusal = Error{Reason::interaction_expired, ""};
  return expired;
}

Result<model::BrowserReply> SignIn::take_form(Visit& visit, const Interaction& interaction) const {
  switch (interaction.stage) {
    case Interaction::Stage::login:
      return take_login(visit);
    case Interaction::Stage::new_password:
      return take_new_password(visit, interaction);
    case Interaction::Stage::consent:
      return take_consent(visit, interaction);
    case Interaction::Stage::logout:
      break;  // SignOut's
  }
  return fail(Reason::interaction_invalid, "of an unknown stage");
}

Result<model::BrowserReply> SignIn::take_login(Visit& visit) const {
  const std::string username(visit.request.parameters.find("username").value_or(""));
  const Secret password = secret_of(visit.request.parameters, "password");
  auto user = services_.users.authenticate(visit.realm(), username, password, visit.turn);
  if (!user) {
    if (!is_wrong_guess(user.error().reason)) return std::unexpected(user.error());
    auto again = ask_login(visit, username, LoginProblem::wrong_credentials);
    again.refusal = user.error();
    return again;
  }
  if (const auto why = why_shut_out(**user)) {
    auto again = ask_login(visit, username, LoginProblem::disabled);
    again.refusal = users::refuse(*why, **user).error();
    return again;
  }
  services_.users.rehash_if_outdated(**user, password, visit.request.request_id, visit.turn);
  if ((*user)->profile.must_act) return ask_new_password(visit, **user, PasswordProblem::none);
  return begin_session(visit, *std::move(user));
}

Result<model::BrowserReply> SignIn::take_new_password(Visit& visit, const Interaction& interaction) const {
  if (visit.turn.lane != Lane::hash) return fail(Reason::would_hash);
  const auto user = TRY(services_.directory.user(visit.turn, interaction.subject));
  if (const auto why = why_shut_out(*user)) return users::refuse(*why, *user);
  // A form that was sent twice: the second has nothing to change.
  if (!user->profile.must_act) return ask_login(visit, user->username, LoginProblem::none);
  // The password that was shown may have been replaced since, which ends all that came of it.
  if (interaction.premise != std::to_string(user->ended_seq)) return ask_login(visit, user->username, LoginProblem::none);
  const Secret password = secret_of(visit.request.parameters, "new_password");
  const Secret again = secret_of(visit.request.parameters, "new_password_again");
  const auto ask_again = [&](PasswordProblem problem) { return ask_new_password(visit, *user, problem); };
  if (password.size() < kPasswordBytesMin) return ask_again(PasswordProblem::too_short);
  if (password.size() > sessions::kPasswordBytesMax) return ask_again(PasswordProblem::too_long);
  if (password.reveal() != again.reveal()) return ask_again(PasswordProblem::not_alike);
  if (services_.passwords.verify(user->password_record, {user->realm, user->username}, password))
    return ask_again(PasswordProblem::same_as_before);
  if (const auto changed = change_password(visit, *user, password); !changed) {
    if (changed.error().reason != Reason::record_conflict) return std::unexpected(changed.error());
    return ask_login(visit, user->username, LoginProblem::none);
  }
  // What the change ended must not end the session that begins now.
  visit.rev = services_.revocations.head(visit.realm().id);
  auto changed = TRY(services_.directory.user(visit.turn, interaction.subject));
  return begin_session(visit, std::move(changed));
}

/// Another password ends what was issued under the one before. Errors: record_conflict when the user was changed meanwhile (hashing takes
/// its time); the store's.
Status SignIn::change_password(const Visit& visit, const model::User& user, const Secret& password) const {
  model::User changed = user;
  changed.password_record = TRY(services_.passwords.hash(password));
  changed.profile.must_act = false;
  const store::AuditRecord audit{.realm = user.realm,
                                 .at = visit.turn.now,
                                 .actor = "user:" + user.username,
                                 .action = "user.set_password",
                                 .object = "user:" + user.username,
                                 .request_id = visit.request.request_id,
                                 .detail = "{}"};
  const store::Revoke revoke{.kind = model::RevocationKind::user, .id = user.handle, .ends = true};
  const auto committed = services_.revocations.commit(visit.turn, {store::PutUser{changed, user}, revoke}, {audit});
  return committed ? Status{} : std::unexpected(committed.error());
}

Result<model::BrowserReply> SignIn::begin_session(Visit& visit, std::shared_ptr<const model::User> user) const {
  const std::int64_t max_s = visit.realm().policy.session_max_s;
  const model::Session session{.handle = Handle::random(),
                               .realm = visit.realm().id,
                               .user = user->handle,
                               .created_at = visit.turn.now,
                               .last_used_at = visit.turn.now,
                               .expires_at_s = max_s > 0 ? base::to_s(visit.turn.now) + max_s : 0,
                               .rev = visit.rev};
  TRY(services_.authorizations.begin_session(visit.turn, session));
  visit.cookies.push_back(services_.cookies.make(visit.realm(), session.handle));
  return let_in(visit, {std::move(user), session});
}

Result<model::BrowserReply> SignIn::take_consent(Visit& visit, const Interaction& interaction) const {
  // The one who is signed in now has to be the one who was asked.
  if (services_.cookies.read(visit.request, visit.realm()) != interaction.subject)
    return fail(Reason::interaction_invalid, "another session is signed in");
  const auto session = TRY(services_.find_session(visit.request, visit.realm(), visit.rev, visit.turn));
  const auto person = session ? TRY(find_user_of(visit, *session)) : std::nullopt;
  if (!person) return ask_login(visit, visit.question.login_hint, LoginProblem::none);
  if (visit.request.parameters.find("action") != "allow")
    return send_back(visit, users::refuse(Reason::consent_denied, *person->user).error());
  const Offer offer = TRY(visit.offer_for(*person->user));
  // Nobody agrees to more than the page showed: client, realm or user may have got more since.
  if (!policy::covers(interaction.premise, offer.consent_scope())) return ask_consent(visit, *person, offer);
  const bool remember = visit.request.parameters.find("remember").has_value();
  const model::Consent asked{.handle = Handle::random(),
                             .realm = visit.realm().id,
                             .user = person->user->handle,
                             .client = visit.client().handle,
                             .scope = offer.consent_scope(),
                             .remembered = remember,
                             .remembered_scope = remember ? offer.consent_scope() : "",
                             .granted_at = visit.turn.now};
  const auto consent = TRY(services_.authorizations.grant_consent(visit.turn, asked));
  return give_code(visit, *person, offer, consent.handle);
}

}  // namespace tessera::flow
