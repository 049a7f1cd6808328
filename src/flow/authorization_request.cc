#include "flow/authorization_request.h"

#include <algorithm>
#include <cctype>
#include <charconv>

#include "flow/claims_request.h"
#include "policy/redirect_uri.h"
#include "policy/scope.h"

namespace tessera::flow {
namespace {

constexpr std::string_view kStandardDialect = "oauth2";

bool contains(const std::vector<std::string>& words, std::string_view word) {
  return std::find(words.begin(), words.end(), word) != words.end();
}

std::string text_of(const model::Parameters& parameters, std::string_view name) { return std::string(parameters.find(name).value_or("")); }

Result<std::string> find_redirect_uri(const model::ClientPolicy& policy, std::optional<std::string_view> shown) {
  if (!shown) {
    // RFC 6749, 3.1.2.3: left out where only one is registered, whole.
    const bool one = policy.redirect_uris.size() == 1 && !policy.redirect_uris.front().ends_with('*');
    if (!one) return fail(Reason::redirect_uri_missing);
    return policy.redirect_uris.front();
  }
  for (const auto& registered : policy.redirect_uris)
    if (policy::redirect_uri_matches(registered, *shown, policy.redirect_trailing_star)) return std::string(*shown);
  return fail(Reason::redirect_uri_unregistered, std::string(shown->substr(0, 256)));
}

std::optional<model::ResponseMode> find_mode(std::string_view word) {
  if (word == "query") return model::ResponseMode::query;
  if (word == "fragment") return model::ResponseMode::fragment;
  if (word == "form_post") return model::ResponseMode::form_post;
  return std::nullopt;
}

/// RFC 7636, 4.2: base64url of a SHA-256, or for `plain` any verifier.
bool is_challenge(std::string_view text, model::ChallengeMethod method) {
  const auto allowed = [method](unsigned char c) {
    const bool base64url = std::isalnum(c) != 0 || c == '-' || c == '_';
    return base64url || (method == model::ChallengeMethod::plain && (c == '.' || c == '~'));
  };
  const bool long_enough = method == model::ChallengeMethod::s256 ? text.size() == 43 : text.size() >= 43 && text.size() <= 128;
  return long_enough && std::all_of(text.begin(), text.end(), allowed);
}

Status read_challenge(const Destination& destination, const model::Parameters& parameters, model::CodeTerms& terms) {
  const auto challenge = parameters.find("code_challenge");
  const auto method = parameters.find("code_challenge_method");
  const bool required = destination.client->client.is_public || destination.policy().pkce_required;
  if (!challenge) return required || method ? fail(Reason::challenge_missing) : Status{};
  // Left out, it means `plain`.
  const std::string_view name = method.value_or("plain");
  if (name == "S256")
    terms.challenge_method = model::ChallengeMethod::s256;
  else if (name == "plain" && destination.policy().pkce_plain)
    terms.challenge_method = model::ChallengeMethod::plain;
  else
    return fail(Reason::challenge_method_unsupported, std::string(name.substr(0, 16)));
  if (!is_challenge(*challenge, terms.challenge_method)) return fail(Reason::challenge_invalid);
  terms.challenge = *challenge;
  return {};
}

Result<Question::Prompt> read_prompt(std::optional<std::string_view> given) {
  Question::Prompt prompt;
  std::string_view rest = given.value_or("");
  while (!rest.empty()) {
    const auto end = std::min(rest.find(' '), rest.size());
    const auto word = rest.substr(0, end);
    rest.remove_prefix(std::min(end + 1, rest.size()));
    if (word == "none")
      prompt.none = true;
    else if (word == "login" || word == "select_account")
      prompt.login = true;
    else if (word == "consent")
      prompt.consent = true;
    else
      return fail(Reason::prompt_invalid, std::string(word.substr(0, 32)));
  }
  if (prompt.none && (prompt.login || prompt.consent)) return fail(Reason::prompt_invalid, "none beside another");
  return prompt;
}

Result<std::optional<std::int64_t>> read_max_age(std::optional<std::string_view> given) {
  if (!given) return std::nullopt;
  std::int64_t seconds = 0;
  const auto [end, code] = std::from_chars(given->data(), given->data() + given->size(), seconds);
  if (code != std::errc{} || end != given->data() + given->size() || seconds < 0) return fail(Reason::max_age_invalid);
  return seconds;
}

Status require_scope(const Destination& destination, std::optional<std::string_view> asked) {
  if (!asked) return {};
  for (const auto& word : TRY(policy::split_scope(*asked)))
    if (!contains(destination.policy().scopes, word)) return fail(Reason::scope_invalid, word);
  return {};
}

}  // namespace

bool may_use_mount(const model::ClientPolicy& policy, std::string_view dialect) {
  return dialect == kStandardDialect || contains(policy.mounts, dialect);
}

Result<Destination> find_destination(clients::Directory& directory, std::shared_ptr<const model::Realm> realm,
                                     const model::Parameters& parameters, const std::string& dialect, const Turn& turn) {
  Destination destination{.realm = std::move(realm)};
  const auto client_id = parameters.find("client_id");
  if (!client_id) return fail(Reason::client_id_missing);
  destination.client = TRY(directory.client(turn, destination.realm->id, *client_id));
  if (!destination.client->client.enabled) return fail(Reason::client_disabled, std::string(*client_id));
  if (!may_use_mount(destination.policy(), dialect)) return fail(Reason::client_mount_forbidden, dialect);
  const auto shown = parameters.find("redirect_uri");
  destination.redirect_uri = TRY(find_redirect_uri(destination.policy(), shown));
  destination.redirect_uri_given = shown.has_value();
  destination.mode = find_mode(parameters.find("response_mode").value_or("query")).value_or(model::ResponseMode::query);
  destination.state = text_of(parameters, "state");
  return destination;
}

Result<Question> read_question(const Destination& destination, const model::Parameters& parameters) {
  if (!contains(destination.policy().grants, "authorization_code")) return fail(Reason::authorization_off);
  if (parameters.find("request")) return fail(Reason::request_object_unsupported);
  if (parameters.find("request_uri")) return fail(Reason::request_uri_unsupported);
  const auto type = parameters.find("response_type");
  if (!type) return fail(Reason::response_type_missing);
  if (*type != "code") return fail(Reason::response_type_unsupported, std::string(type->substr(0, 32)));
  if (!find_mode(parameters.find("response_mode").value_or("query"))) return fail(Reason::response_mode_unsupported);

  Question question;
  question.terms.redirect_uri = destination.redirect_uri;
  question.terms.redirect_uri_given = destination.redirect_uri_given;
  question.terms.nonce = text_of(parameters, "nonce");
  TRY(read_challenge(destination, parameters, question.terms));
  question.prompt = TRY(read_prompt(parameters.find("prompt")));
  question.max_age_s = TRY(read_max_age(parameters.find("max_age")));
  if (const auto claims = parameters.find("claims")) {
    ClaimsRequest request = TRY(read_claims_request(*claims));
    question.terms.claims = std::move(request.claims);
    question.subjects = std::move(request.subjects);
  }
  const auto scope = parameters.find("scope");
  TRY(require_scope(destination, scope));
  if (scope) question.scope = *scope;
  question.login_hint = text_of(parameters, "login_hint").substr(0, 255);
  return question;
}

}  // namespace tessera::flow
