#include "model/policy_json.h"

#include <boost/json/array.hpp>
#include <iterator>
#include <limits>
#include <map>
#include <span>
#include <type_traits>

namespace tessera::model {
namespace {

namespace json = boost::json;

template <class T, class Record>
concept Like = std::is_same_v<std::remove_const_t<T>, Record>;

// Each record names its members once; writing, reading and listing are visitors.

template <class Visitor>
void visit(Visitor&& v, Like<FieldValue> auto& value) {
  v("text", value.text);
  v("is_boolean", value.is_boolean);
}

constexpr std::string_view kSourceWords[] = {"constant", "user_attribute"};

template <class Visitor>
void visit(Visitor&& v, Like<CustomField> auto& field) {
  v("name", field.name);
  v.word("source", field.source, kSourceWords);
  v("value", field.value);
  v("is_boolean", field.is_boolean);
}

template <class Visitor>
void visit(Visitor&& v, Like<Role> auto& role) {
  v("name", role.name);
  v("permissions", role.permissions);
  v("client", role.client);
}

template <class Visitor>
void visit(Visitor&& v, Like<Brand> auto& brand) {
  v("display_name", brand.display_name);
  v("logo_uri", brand.logo_uri);
  v("accent_color", brand.accent_color);
}

template <class Visitor>
void visit(Visitor&& v, Like<ScopeText> auto& text) {
  v("name", text.name);
  v("en", text.en);
  v("de", text.de);
  v("fr", text.fr);
}

template <class Visitor>
void visit(Visitor&& v, Like<RealmPolicy> auto& policy) {
  v("signing_alg", policy.signing_alg);
  v("https_required", policy.https_required);
  v("scopes", policy.scopes);
  v("roles", policy.roles);
  v("response_fields", policy.response_fields);
  v("claims", policy.claims);
  v("max_ttl_s", policy.max_ttl_s);
  v("brand", policy.brand);
  v("scope_texts", policy.scope_texts);
  v("session_idle_s", policy.session_idle_s);
  v("session_max_s", policy.session_max_s);
  v("key_rotation_every_s", policy.key_rotation_every_s);
  v("key_published_ahead_s", policy.key_published_ahead_s);
  v("registration_template", policy.registration_template);
  v("registration_auth_methods", policy.registration_auth_methods);
  v("registration_scope", policy.registration_scope);
}

constexpr std::string_view kRefreshModeWords[] = {"rotate", "reissue", "static"};
constexpr std::string_view kRefreshFormatWords[] = {"opaque", "jwt"};

constexpr std::string_view kSubjectTypeWords[] = {"public", "pairwise"};

template <class Visitor>
void visit(Visitor&& v, Like<ClientPolicy> auto& policy) {
  v("name", policy.name);
  v("grants", policy.grants);
  v("mounts", policy.mounts);
  v("scopes", policy.scopes);
  v("default_scopes", policy.default_scopes);
  v("default_scopes_always", policy.default_scopes_always);
  v("roles", policy.roles);
  v("audience", policy.audience);
  v("audience_by_roles", policy.audience_by_roles);
  v("access_ttl_s", policy.access_ttl_s);
  v("refresh_ttl_s", policy.refresh_ttl_s);
  v("refresh_idle_s", policy.refresh_idle_s);
  v("allow_token_lifetime_extension", policy.allow_token_lifetime_extension);
  v("max_ttl_s", policy.max_ttl_s);
  v.word("refresh_mode", policy.refresh_mode, kRefreshModeWords);
  v.word("refresh_format", policy.refresh_format, kRefreshFormatWords);
  v("reuse_leeway_s", policy.reuse_leeway_s);
  v("claims_profile", policy.claims_profile);
  v("claims", policy.claims);
  v("response_fields", policy.response_fields);
  v("token_in_query", policy.token_in_query);
  v("consent_required", policy.consent_required);
  v("public_refresh_without_rotation", policy.public_refresh_without_rotation);
  v("redirect_uris", policy.redirect_uris);
  v("redirect_trailing_star", policy.redirect_trailing_star);
  v("post_logout_redirect_uris", policy.post_logout_redirect_uris);
  v("pkce_required", policy.pkce_required);
  v("pkce_plain", policy.pkce_plain);
  v("backchannel_logout_uri", policy.backchannel_logout_uri);
  v("backchannel_logout_session_required", policy.backchannel_logout_session_required);
  v("web_origins", policy.web_origins);
  v.word("subject_type", policy.subject_type, kSubjectTypeWords);
  v("id_token_signed_response_alg", policy.id_token_signed_response_alg);
  v("userinfo_signed_response_alg", policy.userinfo_signed_response_alg);
  v("token_endpoint_auth_method", policy.token_endpoint_auth_method);
  v("jwks", policy.jwks);
  v("jwks_uri", policy.jwks_uri);
  v("token_endpoint_audience", policy.token_endpoint_audience);
  v("requests_per_minute", policy.requests_per_minute);
}

template <class Visitor>
void visit(Visitor&& v, Like<UserProfile> auto& profile) {
  v("email", profile.email);
  v("email_verified", profile.email_verified);
  v("given_name", profile.given_name);
  v("family_name", profile.family_name);
  v("roles", profile.roles);
  v("attributes", profile.attributes);
  v("must_act", profile.must_act);
  v("second_factor", profile.second_factor);
}

class Writer {
 public:
  template <class T>
  void operator()(std::string_view name, const T& value) {
    object_.emplace(name, encode(value));
  }
  template <class Enum>
  void word(std::string_view name, Enum value, std::span<const std::string_view> words) {
    object_.emplace(name, words[static_cast<std::size_t>(value)]);
  }
  json::object finish() && { return std::move(object_); }

 private:
  static json::value encode(const std::string& text) { return json::value(text); }
  static json::value encode(bool flag) { return json::value(flag); }
  static json::value encode(int number) { return json::value(number); }
  static json::value encode(std::int64_t number) { return json::value(number); }
  template <class T>
  static json::value encode(const std::vector<T>& items) {
    json::array array;
    for (const auto& item : items) array.push_back(encode(item));
    return array;
  }
  template <class T>
  static json::value encode(const std::map<std::string, T>& items) {
    json::object object;
    for (const auto& [key, item] : items) object.emplace(key, encode(item));
    return object;
  }
  template <class Record>
  static json::value encode(const Record& record) {
    Writer writer;
    visit(writer, record);
    return std::move(writer).finish();
  }

  json::object object_;
};

/// Reads members into a record; keeps the first thing that is wrong.
class Reader {
 public:
  explicit Reader(const json::object& object) : object_(object) {}

  template <class T>
  void operator()(std::string_view name, T& value) {
    if (const auto* member = object_.if_contains(name); member && wrong_.empty())
      if (auto wrong = decode(*member, value); !wrong.empty()) wrong_ = std::string(name) + wrong;
  }
  template <class Enum>
  void word(std::string_view name, Enum& value, std::span<const std::string_view> words) {
    const auto* member = object_.if_contains(name);
    if (!member || !wrong_.empty()) return;
    for (std::size_t i = 0; i < words.size(); ++i)
      if (member->is_string() && member->get_string() == words[i]) return static_cast<void>(value = static_cast<Enum>(i));
    wrong_ = std::string(name) + ": must be one of";
    for (const auto& known : words) wrong_.append(" ").append(known);
  }
  /// "" when nothing is wrong.
  std::string wrong() && { return std::move(wrong_); }

 private:
  // Each returns "" or what follows the member's name, e.g. "[2]: must be a string".
  static std::string decode(const json::value& in, std::string& out) {
    if (!in.is_string()) return ": must be a string";
    out.assign(in.get_string());
    return {};
  }
  static std::string decode(const json::value& in, bool& out) {
    if (!in.is_bool()) return ": must be true or false";
    out = in.get_bool();
    return {};
  }
  static std::string decode(const json::value& in, std::int64_t& out) {
    if (!in.is_int64()) return ": must be a whole number";
    out = in.get_int64();
    return {};
  }
  static std::string decode(const json::value& in, int& out) {
    if (!in.is_int64()) return ": must be a whole number";
    if (in.get_int64() < std::numeric_limits<int>::min() || in.get_int64() > std::numeric_limits<int>::max()) return ": is out of range";
    out = static_cast<int>(in.get_int64());
    return {};
  }
  template <class T>
  static std::string decode(const json::value& in, std::vector<T>& out) {
    if (!in.is_array()) return ": must be a list";
    out.clear();
    for (const auto& item : in.get_array()) {
      if (auto wrong = decode(item, out.emplace_back()); !wrong.empty()) return "[" + std::to_string(out.size() - 1) + "]" + wrong;
    }
    return {};
  }
  template <class T>
  static std::string decode(const json::value& in, std::map<std::string, T>& out) {
    if (!in.is_object()) return ": must be an object";
    out.clear();
    for (const auto& [key, item] : in.get_object()) {
      if (auto wrong = decode(item, out[std::string(key)]); !wrong.empty()) return "." + std::string(key) + wrong;
    }
    return {};
  }
  template <class Record>
  static std::string decode(const json::value& in, Record& out) {
    if (!in.is_object()) return ": must be an object";
    Reader reader(in.get_object());
    visit(reader, out);
    auto wrong = std::move(reader).wrong();
    return wrong.empty() ? wrong : "." + wrong;
  }

  const json::object& object_;
  std::string wrong_;
};

class Lister {
 public:
  template <class T>
  void operator()(std::string_view name, const T&) {
    names.push_back(name);
  }
  template <class Enum>
  void word(std::string_view name, Enum, std::span<const std::string_view>) {
    names.push_back(name);
  }

  std::vector<std::string_view> names;
};

template <class Record>
json::object write(const Record& record) {
  Writer writer;
  visit(writer, record);
  return std::move(writer).finish();
}

template <class Record>
Result<Record> read(const json::value& in) {
  if (!in.is_object()) return base::fail(base::Reason::config_invalid, "must be an object");
  Record record;
  Reader reader(in.get_object());
  visit(reader, record);
  if (auto wrong = std::move(reader).wrong(); !wrong.empty()) return base::fail(base::Reason::config_invalid, std::move(wrong));
  return record;
}

template <class Record>
std::vector<std::string_view> members() {
  Lister lister;
  const Record record;
  visit(lister, record);
  return std::move(lister.names);
}

}  // namespace

json::object to_json(const RealmPolicy& policy) { return write(policy); }
json::object to_json(const ClientPolicy& policy) { return write(policy); }
json::object to_json(const UserProfile& profile) { return write(profile); }

Result<RealmPolicy> realm_policy_from_json(const json::value& in) { return read<RealmPolicy>(in); }
Result<ClientPolicy> client_policy_from_json(const json::value& in) { return read<ClientPolicy>(in); }
Result<UserProfile> user_profile_from_json(const json::value& in) { return read<UserProfile>(in); }

std::vector<std::string_view> realm_policy_members() { return members<RealmPolicy>(); }
std::vector<std::string_view> client_policy_members() { return members<ClientPolicy>(); }
std::vector<std::string_view> user_profile_members() { return members<UserProfile>(); }

}  // namespace tessera::model
