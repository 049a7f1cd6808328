#include "admin/policy_fields.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/serialize.hpp>
#include <boost/json/value_from.hpp>

#include "clients/authenticator.h"
#include "config/duration.h"
#include "jose/json.h"
#include "jose/jwk.h"
#include "jose/jwks.h"
#include "model/token.h"
#include "policy/redirect_uri.h"
#include "policy/web_origins.h"
#include "tokens/custom_fields.h"

namespace tessera::admin {
namespace {

namespace json = boost::json;
using config::TomlTable;

constexpr std::int64_t kLongestS = 100 * 31'536'000LL;

/// A field that is one member of the policy, read as `read` says.
template <class Policy, class Value, class Read>
Field<Policy> member(std::string_view name, Value Policy::* where, const Read& read) {
  return {.name = name,
          .read = [=](TomlTable& table, Policy& policy) { return read(table, policy.*where); },
          .show = [=](const Policy& policy) { return json::value_from(policy.*where); },
          .copy = [=](const Policy& from, Policy& to) { to.*where = from.*where; }};
}
template <class Policy, class Value>
Field<Policy> member(std::string_view name, Value Policy::* where) {
  return member(name, where, [=](TomlTable& table, Value& value) { return table.read(name, value); });
}

/// A list of words that tokens may hold: a word that goes is taken away.
template <class Policy>
Field<Policy> power(std::string_view name, std::vector<std::string> Policy::* where) {
  auto field = member(name, where);
  field.shrinks = [=](const Policy& before, const Policy& after) { return loses_word(before.*where, after.*where); };
  return field;
}

template <class Policy, class Seconds>
Field<Policy> duration(std::string_view name, Seconds Policy::* where, std::int64_t least_s, std::int64_t most_s = kLongestS) {
  auto field = member(name, where, [=](TomlTable& table, Seconds& seconds) {
    std::int64_t read_s = 0;
    if (!table.read_duration(name, read_s, least_s, most_s)) return false;
    seconds = static_cast<Seconds>(read_s);
    return true;
  });
  field.show = [=](const Policy& policy) { return json::value(config::format_duration_s(policy.*where)); };
  return field;
}

template <class Policy>
Field<Policy> choice(std::string_view name, std::string Policy::* where, const std::vector<std::string_view>& words) {
  return member(name, where, [=](TomlTable& table, std::string& word) { return table.read_choice(name, word, words); });
}

/// A choice that the model keeps as an enum; `words` stand in the enum's order.
template <class Policy, class Enum>
  requires std::is_enum_v<Enum>
Field<Policy> choice(std::string_view name, Enum Policy::* where, const std::vector<std::string_view>& words) {
  const auto read = [=](TomlTable& table, Policy& policy) {
    std::string word;
    if (!table.read_choice(name, word, words)) return false;
    policy.*where = static_cast<Enum>(std::find(words.begin(), words.end(), word) - words.begin());
    return true;
  };
  return {.name = name,
          .read = read,
          .show = [=](const Policy& policy) { return json::value(words[static_cast<std::size_t>(policy.*where)]); },
          .copy = [=](const Policy& from, Policy& to) { to.*where = from.*where; }};
}

using NameRule = bool (*)(std::string_view name);

/// What a dialect and the core write themselves, and how Keycloak spells it.
bool is_response_field(std::string_view name) { return model::is_token_field(name) || name == "not-before-policy" || name == "error"; }

model::CustomField read_custom(TomlTable& table, NameRule is_taken) {
  model::CustomField custom;
  table.require("name", custom.name);
  if (is_taken(custom.name)) table.problem("name", fmt::format("can't be \"{}\": Tessera writes that field itself", custom.name));
  std::string type = "string";
  const bool has_type = table.read_choice("type", type, {"string", "boolean"});
  const auto value = table.read_scalar("value");
  const bool has_attribute = table.read("attribute", custom.value);
  if (value.has_value() == has_attribute) table.problem("", "needs either value = ... (a constant) or attribute = \"...\" (of the user)");
  if (has_attribute) custom.source = model::CustomField::Source::user_attribute;
  if (value) custom.value = value->text;
  custom.is_boolean = has_type ? type == "boolean" : value && value->is_boolean;
  if (value && custom.is_boolean && custom.value != "true" && custom.value != "false")
    table.problem("value", "must be true or false for type = \"boolean\"");
  if (value && value->is_boolean && !custom.is_boolean) table.problem("value", "must be in quotes for type = \"string\"");
  return custom;
}

json::value show_custom(const std::vector<model::CustomField>& fields) {
  json::array shown;
  for (const auto& field : fields)
    shown.push_back(json::object{{"name", field.name},
                                 {field.source == model::CustomField::Source::constant ? "value" : "attribute", field.value},
                                 {"type", field.is_boolean ? "boolean" : "string"}});
  return shown;
}

template <class Policy>
Field<Policy> customs(std::string_view name, std::vector<model::CustomField> Policy::* where, NameRule is_taken) {
  return {.name = name,
          .read =
              [=](TomlTable& table, Policy& policy) {
                std::vector<model::CustomField> fields;
                for (TomlTable& item : table.tables(name)) {
                  auto custom = read_custom(item, is_taken);
                  const auto same = [&](const auto& other) { return other.name == custom.name; };
                  if (std::any_of(fields.begin(), fields.end(), same)) item.problem("name", "stands here twice; remove one");
                  fields.push_back(std::move(custom));
                }
                if (!table.has(name)) return false;
                policy.*where = std::move(fields);
                return true;
              },
          .show = [=](const Policy& policy) { return show_custom(policy.*where); },
          .copy = [=](const Policy& from, Policy& to) { to.*where = from.*where; }};
}

Field<model::UserProfile> attributes() {
  return {.name = "attributes",
          .read =
              [](TomlTable& table, model::UserProfile& profile) {
                std::map<std::string, TomlTable::Scalar> scalars;
                if (!table.read_scalars("attributes", scalars)) return false;
                profile.attributes.clear();
                for (const auto& [name, scalar] : scalars) profile.attributes[name] = {scalar.text, scalar.is_boolean};
                return true;
              },
          .show =
              [](const model::UserProfile& profile) {
                json::object shown;
                for (const auto& [name, value] : profile.attributes) {
                  if (value.is_boolean)
                    shown[name] = value.text == "true";
                  else
                    shown[name] = value.text;
                }
                return json::value(std::move(shown));
              },
          .copy = [](const model::UserProfile& from, model::UserProfile& to) { to.attributes = from.attributes; }};
}

/// A member of a member.
template <class Policy, class Part, class Value>
Field<Policy> part(std::string_view name, Part Policy::* whole, Value Part::* where) {
  return {.name = name,
          .read = [=](TomlTable& table, Policy& policy) { return table.read(name, policy.*whole.*where); },
          .show = [=](const Policy& policy) { return json::value_from(policy.*whole.*where); },
          .copy = [=](const Policy& from, Policy& to) { to.*whole.*where = from.*whole.*where; }};
}

/// `also`: what is taken beside URIs; "" for nothing.
bool read_redirect_uris(TomlTable& table, std::string_view name, std::string_view also, std::vector<std::string>& uris) {
  bool trailing_star = false;
  table.read("redirect_trailing_star", trailing_star);
  if (!table.read(name, uris)) return false;
  for (const std::string& uri : uris) {
    const auto fault = policy::redirect_uri_fault(uri, trailing_star);
    if (fault.empty() || (!also.empty() && uri == also)) continue;
    const bool wants_star = !trailing_star && uri.ends_with('*') && policy::redirect_uri_fault(uri, true).empty();
    table.problem(name, fmt::format("holds \"{}\", which {}{}", uri, fault, wants_star ? ", or set redirect_trailing_star" : ""));
  }
  return true;
}

/// Where a code may be sent: one that goes is no longer trusted, but what was sent there before was rightly so.
Field<model::ClientPolicy> redirect_uris() {
  return member("redirect_uris", &model::ClientPolicy::redirect_uris,
                [](TomlTable& table, std::vector<std::string>& uris) { return read_redirect_uris(table, "redirect_uris", "", uris); });
}

/// Where a browser may be sent after logging out; "+" stands for the redirect URIs, as in Keycloak's files.
Field<model::ClientPolicy> post_logout_redirect_uris() {
  return member(
      "post_logout_redirect_uris", &model::ClientPolicy::post_logout_redirect_uris,
      [](TomlTable& table, std::vector<std::string>& uris) { return read_redirect_uris(table, "post_logout_redirect_uris", "+", uris); });
}

/// Where the server asks or posts: a web address, and like a redirect URI in the clear on a loopback address only.
Field<model::ClientPolicy> outbound_uri(std::string_view name, std::string model::ClientPolicy::* where) {
  return member(name, where, [name](TomlTable& table, std::string& uri) {
    if (!table.read(name, uri)) return false;
    if (const auto fault = policy::outbound_uri_fault(uri); !fault.empty())
      table.problem(name, fmt::format("is \"{}\", which {}", uri, fault));
    return true;
  });
}

/// Whoever had a key of the old place may have tokens.
Field<model::ClientPolicy> jwks_uri() {
  auto field = outbound_uri("jwks_uri", &model::ClientPolicy::jwks_uri);
  field.shrinks = [](const model::ClientPolicy& before, const model::ClientPolicy& after) {
    return !before.jwks_uri.empty() && before.jwks_uri != after.jwks_uri;
  };
  return field;
}

/// How the client authenticates. The names are those of RFC 7591, 2; public clients have a word of their own.
Field<model::ClientPolicy> auth_method() {
  constexpr std::string_view name = "token_endpoint_auth_method";
  return member(name, &model::ClientPolicy::token_endpoint_auth_method, [=](TomlTable& table, std::string& method) {
    std::string read;
    if (!table.read(name, read)) return false;
    if (read == "client_secret_jwt")
      table.problem(name,
                    "can't be client_secret_jwt: it needs a secret that can be read back, and here secrets are kept as hashes; write "
                    "\"private_key_jwt\", and the client's public keys as jwks or jwks_uri");
    else if (read == "none")
      table.problem(name, "can't be none; write public = true instead");
    else
      table.read_choice(name, read, {"", "client_secret_basic", "client_secret_post", "private_key_jwt"});
    method = std::move(read);
    return true;
  });
}

bool holds_key(const std::vector<jose::VerifyKey>& keys, const jose::VerifyKey& key) {
  return std::any_of(keys.begin(), keys.end(), [&](const auto& other) { return other.fingerprint() == key.fingerprint(); });
}

/// Whether a key goes: tokens may have been issued to whoever has it.
bool loses_key(const std::string& before, const std::string& after) {
  if (before.empty() || before == after) return false;
  const auto old_keys = jose::parse_jwks(before);
  const auto new_keys = jose::parse_jwks(after);
  if (!old_keys) return false;
  return !new_keys || std::any_of(old_keys->begin(), old_keys->end(), [&](const auto& key) { return !holds_key(*new_keys, key); });
}

/// The client's public keys, as JSON in a string; kept without its spaces.
Field<model::ClientPolicy> jwks() {
  auto field = member("jwks", &model::ClientPolicy::jwks, [](TomlTable& table, std::string& jwks) {
    if (!table.read("jwks", jwks)) return false;
    if (jwks.empty()) return true;
    if (const auto keys = jose::parse_jwks(jwks); !keys) {
      table.problem("jwks", keys.error().context + "; write '{\"keys\":[...]}' with the client's public keys (RFC 7517)");
      return true;
    }
    jwks = json::serialize(*jose::parse_json(jwks));
    return true;
  });
  field.shrinks = [](const model::ClientPolicy& before, const model::ClientPolicy& after) { return loses_key(before.jwks, after.jwks); };
  return field;
}

/// As a browser's Origin header has them, or Keycloak's "+".
Field<model::ClientPolicy> origins() {
  return member("web_origins", &model::ClientPolicy::web_origins, [](TomlTable& table, std::vector<std::string>& origins) {
    if (!table.read("web_origins", origins)) return false;
    for (const auto& origin : origins)
      if (origin != policy::kOriginsOfRedirects && policy::origin_of(origin) != origin)
        table.problem("web_origins", fmt::format("holds \"{}\", which is no origin; write \"https://app.example\"", origin));
    return true;
  });
}

/// What joins clients of several hosts is a document that a registration reads; a file has nothing to register with.
Field<model::ClientPolicy> subject_type() {
  auto field = choice("subject_type", &model::ClientPolicy::subject_type, {"public", "pairwise"});
  field.read = [read = std::move(field.read)](TomlTable& table, model::ClientPolicy& policy) {
    std::string uri;
    if (table.read("sector_identifier_uri", uri))
      table.problem("sector_identifier_uri", "is not read: the sector is the host of the client's redirect_uris");
    return read(table, policy);
  };
  return field;
}

Field<model::RealmPolicy> scope_texts() {
  using P = model::RealmPolicy;
  return {.name = "scope_text",
          .read =
              [](TomlTable& table, P& policy) {
                std::vector<model::ScopeText> texts;
                for (TomlTable& item : table.tables("scope_text")) {
                  model::ScopeText text;
                  item.require("name", text.name);
                  item.require("en", text.en);
                  item.read("de", text.de);
                  item.read("fr", text.fr);
                  texts.push_back(std::move(text));
                }
                if (!table.has("scope_text")) return false;
                policy.scope_texts = std::move(texts);
                return true;
              },
          .show =
              [](const P& policy) {
                json::array shown;
                for (const auto& text : policy.scope_texts)
                  shown.push_back(json::object{{"name", text.name}, {"en", text.en}, {"de", text.de}, {"fr", text.fr}});
                return json::value(std::move(shown));
              },
          .copy = [](const P& from, P& to) { to.scope_texts = from.scope_texts; }};
}

Field<model::RealmPolicy> rotation() {
  constexpr std::int64_t kLeastS = 3'600;
  auto field = duration("key_rotation_every", &model::RealmPolicy::key_rotation_every_s, 0);
  field.read = [read = std::move(field.read)](TomlTable& table, model::RealmPolicy& policy) {
    if (!read(table, policy)) return false;
    if (policy.key_rotation_every_s != 0 && policy.key_rotation_every_s < kLeastS)
      table.problem("key_rotation_every", "is less than an hour; \"0s\" leaves it to `tessera key rotate`");
    return true;
  };
  return field;
}

std::vector<std::string_view> profile_names() {
#define TESSERA_CLAIMS_PROFILE(name) #name,
  return {
#include "tokens/profiles.def"
  };
#undef TESSERA_CLAIMS_PROFILE
}

std::vector<std::string_view> public_algs() { return {std::begin(jose::kPublicAlgs), std::end(jose::kPublicAlgs)}; }

std::vector<std::string_view> or_none(std::vector<std::string_view> words) {
  words.insert(words.begin(), "");
  return words;
}

/// A cap of 0 is the realm's own, the highest there is.
bool lowers_cap(std::int64_t before_s, std::int64_t after_s) { return after_s != 0 && (before_s == 0 || after_s < before_s); }

Fields<model::ClientPolicy> make_client_fields() {
  using P = model::ClientPolicy;
  auto max_ttl = duration("max_ttl", &P::max_ttl_s, 0);
  max_ttl.shrinks = [](const P& before, const P& after) { return lowers_cap(before.max_ttl_s, after.max_ttl_s); };
  auto extension = member("allow_token_lifetime_extension", &P::allow_token_lifetime_extension);
  extension.shrinks = [](const P& before, const P& after) {
    return before.allow_token_lifetime_extension && !after.allow_token_lifetime_extension;
  };
  const auto read_throttle = [](TomlTable& table, int& value) { return table.read("requests_per_minute", value, 0, 100'000'000); };
  return {member("name", &P::name),
          power("grants", &P::grants),
          power("dialects", &P::mounts),
          power("scopes", &P::scopes),
          member("default_scopes", &P::default_scopes),
          member("default_scopes_always", &P::default_scopes_always),
          power("roles", &P::roles),
          power("audience", &P::audience),
          member("audience_by_roles", &P::audience_by_roles),
          duration("access_ttl", &P::access_ttl_s, 1),
          duration("refresh_ttl", &P::refresh_ttl_s, 0),
          duration("refresh_idle", &P::refresh_idle_s, 0),
          std::move(extension),
          std::move(max_ttl),
          choice("refresh_mode", &P::refresh_mode, {"rotate", "reissue", "static"}),
          choice("refresh_format", &P::refresh_format, {"opaque", "jwt"}),
          duration("reuse_leeway", &P::reuse_leeway_s, 0, 60),
          choice("claims_profile", &P::claims_profile, profile_names()),
          customs("claim", &P::claims, tokens::is_reserved_claim),
          customs("response_field", &P::response_fields, is_response_field),
          member("token_in_query", &P::token_in_query),
          member("consent_required", &P::consent_required),
          member("public_refresh_without_rotation", &P::public_refresh_without_rotation),
          redirect_uris(),
          member("redirect_trailing_star", &P::redirect_trailing_star),
          post_logout_redirect_uris(),
          outbound_uri("backchannel_logout_uri", &P::backchannel_logout_uri),
          member("backchannel_logout_session_required", &P::backchannel_logout_session_required),
          member("pkce_required", &P::pkce_required),
          member("pkce_plain", &P::pkce_plain),
          origins(),
          subject_type(),
          choice("id_token_signed_response_alg", &P::id_token_signed_response_alg, public_algs()),
          choice("userinfo_signed_response_alg", &P::userinfo_signed_response_alg, or_none(public_algs())),
          auth_method(),
          jwks(),
          jwks_uri(),
          member("token_endpoint_audience", &P::token_endpoint_audience),
          member("requests_per_minute", &P::requests_per_minute, read_throttle)};
}

/// How clients that register themselves may authenticate.
Field<model::RealmPolicy> registration_auth_methods() {
  constexpr std::string_view name = "registration_auth_methods";
  return member(name, &model::RealmPolicy::registration_auth_methods, [=](TomlTable& table, std::vector<std::string>& methods) {
    if (!table.read(name, methods)) return false;
    const auto known = clients::client_auth_methods();
    for (const auto& method : methods)
      if (std::find(known.begin(), known.end(), method) == known.end())
        table.problem(name, fmt::format("holds \"{}\"; write some of: {}", method, fmt::join(known, ", ")));
    return true;
  });
}

Fields<model::RealmPolicy> make_realm_fields() {
  using P = model::RealmPolicy;
  auto max_ttl = duration("max_ttl", &P::max_ttl_s, 1);
  max_ttl.shrinks = [](const P& before, const P& after) { return after.max_ttl_s < before.max_ttl_s; };
  return {choice("signing_alg", &P::signing_alg, public_algs()),
          member("https_required", &P::https_required),
          power("scopes", &P::scopes),
          customs("claim", &P::claims, tokens::is_reserved_claim),
          customs("response_field", &P::response_fields, is_response_field),
          std::move(max_ttl),
          part("display_name", &P::brand, &model::Brand::display_name),
          part("logo_uri", &P::brand, &model::Brand::logo_uri),
          part("accent_color", &P::brand, &model::Brand::accent_color),
          scope_texts(),
          duration("session_idle", &P::session_idle_s, 0),
          duration("session_max", &P::session_max_s, 0),
          rotation(),
          duration("key_published_ahead", &P::key_published_ahead_s, 0),
          member("registration_template", &P::registration_template),
          registration_auth_methods(),
          member("registration_scope", &P::registration_scope)};
}

Fields<model::UserProfile> make_user_fields() {
  using P = model::UserProfile;
  return {member("email", &P::email),
          member("email_verified", &P::email_verified),
          member("given_name", &P::given_name),
          member("family_name", &P::family_name),
          power("roles", &P::roles),
          attributes(),
          member("must_act", &P::must_act),
          member("second_factor", &P::second_factor)};
}

}  // namespace

bool loses_word(const std::vector<std::string>& before, const std::vector<std::string>& after) {
  return std::any_of(before.begin(), before.end(),
                     [&](const std::string& word) { return std::find(after.begin(), after.end(), word) == after.end(); });
}

const Fields<model::ClientPolicy>& client_fields() {
  static const auto fields = make_client_fields();
  return fields;
}
const Fields<model::RealmPolicy>& realm_fields() {
  static const auto fields = make_realm_fields();
  return fields;
}
const Fields<model::UserProfile>& user_fields() {
  static const auto fields = make_user_fields();
  return fields;
}

}  // namespace tessera::admin
