// Plain records of what an operator declares for a realm.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "base/handle.h"

namespace tessera::model {

using RealmId = std::int64_t;

/// A value in a token response or a claim: a string, or a boolean.
struct FieldValue {
  std::string text;
  bool is_boolean = false;  ///< written as a JSON boolean; `text` is then "true" or "false"
  friend bool operator==(const FieldValue&, const FieldValue&) = default;
};

/// A custom claim or response field.
struct CustomField {
  enum class Source : std::uint8_t { constant, user_attribute };
  std::string name;
  Source source = Source::constant;
  std::string value;  ///< the constant's text, or the attribute's name
  bool is_boolean = false;
  friend bool operator==(const CustomField&, const CustomField&) = default;
};

/// A role grants permissions; a permission is a scope word. A scope that any role of the realm grants is held only through a role (RBAC).
struct Role {
  std::string name;
  std::vector<std::string> permissions;
  std::string client = {};  ///< whose role it is, as in Keycloak: it is named CLIENT:ROLE here; "": the realm's
  friend bool operator==(const Role&, const Role&) = default;
};

/// How a realm's pages present themselves.
struct Brand {
  std::string display_name;  ///< "": the realm's name
  std::string logo_uri;      ///< https: or data:image/; "": none
  std::string accent_color;  ///< "#rrggbb"; "": the pages' own
  friend bool operator==(const Brand&, const Brand&) = default;
};

/// What a scope word means, in the realm's own words.
struct ScopeText {
  std::string name;
  std::string en;
  std::string de;  ///< "": as in English
  std::string fr;
  friend bool operator==(const ScopeText&, const ScopeText&) = default;
};

struct RealmPolicy {
  std::string signing_alg = "ES256";  ///< ES256, RS256, PS256 or EdDSA
  bool https_required = false;
  std::vector<std::string> scopes;  ///< every scope word that a client of the realm may be allowed
  std::vector<Role> roles;
  std::vector<CustomField> response_fields;  ///< appended to every successful token response of the realm
  std::vector<CustomField> claims;           ///< added to every access token of the realm
  std::int64_t max_ttl_s = 315'360'000;      ///< the operator's cap on any access token lifetime (10 years)
  Brand brand;
  std::vector<ScopeText> scope_texts;
  std::int64_t session_idle_s = 1'800;          ///< how long a browser stays signed in unused
  std::int64_t session_max_s = 36'000;          ///< and in all
  std::int64_t key_rotation_every_s = 0;        ///< how often another key signs; 0: when an operator says so
  std::int64_t key_published_ahead_s = 86'400;  ///< how long before it signs others can fetch it
  std::string registration_template;            ///< the client that those who register themselves are made after; "": nobody does
  std::vector<std::string> registration_auth_methods = {"client_secret_basic", "client_secret_post", "private_key_jwt"};  ///< of theirs
  std::string registration_scope;  ///< who has an access token of it may register clients, and manage those; "": nobody by that
  friend bool operator==(const RealmPolicy&, const RealmPolicy&) = default;
};

struct Realm {
  RealmId id = 0;
  Handle handle;
  std::string name;
  bool enabled = true;
  std::int64_t not_before_s = 0;  ///< tokens issued before are stale; only rises
  std::int64_t revoked_seq = 0;   ///< newest journal number that names this row: kills access tokens
  std::int64_t ended_seq = 0;     ///< newest one that also ends sessions and families
  RealmPolicy policy;
};

}  // namespace tessera::model
