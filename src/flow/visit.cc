#include "flow/visit.h"

#include <algorithm>

#include "clients/realm_gate.h"
#include "flow/language.h"
#include "http/form.h"
#include "policy/claims.h"

namespace tessera::flow {

bool stands(const model::Session& session, const model::Realm& realm, model::Rev rev, TimePoint now) {
  const bool expired = session.expires_at_s != 0 && base::to_s(now) >= session.expires_at_s;
  return session.realm == realm.id && !session.ended && !expired && model::rev_epoch(session.rev) == model::rev_epoch(rev) &&
         base::to_s(session.created_at) >= realm.not_before_s;
}

const std::string& name_of(const model::Client& client) { return client.policy->name.empty() ? client.client_id : client.policy->name; }

model::Page page_of(const model::Realm& realm, model::Language language, model::PageContent content) {
  model::Brand brand = realm.policy.brand;
  if (brand.display_name.empty()) brand.display_name = realm.name;
  return {.brand = std::move(brand), .language = language, .content = std::move(content)};
}

Result<Interaction> open_form(const Interactions& interactions, const model::EndpointRequest& request) {
  const auto sealed = request.parameters.find("interaction");
  const BrowserName browser = BrowserName::of(request);
  if (!sealed || browser.is_new()) return fail(Reason::interaction_invalid, "no form of ours, or a browser without its cookie");
  return interactions.open(*sealed, Visit::bound_to(browser.text(), request));
}

Result<Visit> Visit::open(clients::Directory& directory, const revocation::Revocations& revocations, const model::EndpointRequest& request,
                          const model::Parameters& asked, const Turn& turn) {
  // The realm is read after the rev, as in the token endpoint's pipeline.
  const model::Rev rev = revocations.head(TRY(clients::require_realm(directory, request))->id);
  auto realm = TRY(clients::require_realm(directory, request));
  if (request.duplicated) return fail(Reason::parameter_duplicated);
  auto destination = TRY(find_destination(directory, std::move(realm), asked, request.dialect, turn));
  Visit visit{.request = request,
              .asked = asked,
              .turn = turn,
              .browser = BrowserName::of(request),
              .destination = std::move(destination),
              .rev = rev};
  if (auto cookie = visit.browser.cookie()) visit.cookies.push_back(*std::move(cookie));
  return visit;
}

Status Visit::read() {
  question = TRY(read_question(destination, asked));
  return {};
}

model::Language Visit::language() const { return choose_language(asked.find("ui_locales").value_or(""), request.accept_language); }

std::string Offer::consent_scope() const {
  std::string words = scope;
  const auto of_claims = policy::split_scope(policy::scope_of_claims(claims));
  if (!of_claims) return words;
  for (const auto& word : *of_claims)
    if (!policy::has_scope_word(scope, word)) words += words.empty() ? word : ' ' + word;
  return words;
}

Result<Offer> Visit::offer_for(const model::User& user) const {
  std::optional<std::string> granted = question.scope;
  if (granted) granted = TRY(policy::add_default_scopes(*client().policy, *granted));
  const policy::ScopeHolder holder{.realm = realm(), .client = client(), .user = &user, .granted = granted};
  auto scope = TRY(policy::decide_scope(holder, std::nullopt));
  return Offer{std::move(scope), TRY(policy::decide_claims(holder, question.terms.claims))};
}

std::string Visit::scope_text(std::string_view word) const {
  const auto& texts = realm().policy.scope_texts;
  const auto found = std::ranges::find(texts, word, &model::ScopeText::name);
  if (found == texts.end()) return {};
  const std::string& translated = language() == model::Language::de ? found->de : language() == model::Language::fr ? found->fr : found->en;
  return translated.empty() ? found->en : translated;
}

std::string Visit::restart_uri(const std::string& path) const {
  std::string uri = path;
  for (const auto& [name, value] : asked.all()) {
    uri += uri.size() == path.size() ? '?' : '&';
    uri += name + '=' + http::form_encode(value.reveal());
  }
  return uri;
}

Interaction Visit::interaction(Interaction::Stage stage, const Handle& subject) const {
  Interaction made{.stage = stage, .subject = subject, .parameters = {}, .shown_at_s = base::to_s(turn.now)};
  for (const auto& [name, value] : asked.all()) made.parameters.emplace_back(name, value.reveal());
  return made;
}

std::string Visit::bound_to(const std::string& browser, const model::EndpointRequest& request) {
  return browser + ' ' + request.realm + ' ' + request.dialect + ' ' + request.mount_base;
}

model::BrowserReply Visit::reply(std::variant<model::Page, model::Redirection> answer) const {
  return {.answer = std::move(answer), .cookies = cookies};
}

model::BrowserReply Visit::show(model::PageContent content) const { return reply(page_of(realm(), language(), std::move(content))); }

}  // namespace tessera::flow
