// What realm files can say, field by field: one registry for reading, comparing, showing and telling what a change takes away.
#pragma once

#include <boost/json/value.hpp>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "config/toml_reader.h"
#include "model/client.h"
#include "model/realm.h"
#include "model/user.h"

namespace tessera::admin {

template <class Policy>
struct Field {
  std::string_view name;  ///< in files, plans and JSON
  /// Reads it from a file's table; true when it stands there.
  std::function<bool(config::TomlTable& table, Policy& policy)> read;
  /// As files spell it: lengths of time are "60m".
  std::function<boost::json::value(const Policy& policy)> show;
  std::function<void(const Policy& from, Policy& to)> copy;
  /// True when the change takes something away that tokens already issued may hold. Empty: it never does.
  std::function<bool(const Policy& before, const Policy& after)> shrinks = {};

  bool differs(const Policy& a, const Policy& b) const { return show(a) != show(b); }
};

template <class Policy>
using Fields = std::vector<Field<Policy>>;

/// Built once; safe from any thread.
const Fields<model::ClientPolicy>& client_fields();
const Fields<model::RealmPolicy>& realm_fields();
const Fields<model::UserProfile>& user_fields();

template <class Policy>
const Fields<Policy>& fields_of();
template <>
inline const Fields<model::ClientPolicy>& fields_of() {
  return client_fields();
}
template <>
inline const Fields<model::RealmPolicy>& fields_of() {
  return realm_fields();
}
template <>
inline const Fields<model::UserProfile>& fields_of() {
  return user_fields();
}

/// The fields that a file mentions, with their values; the others are left alone.
template <class Policy>
struct Patch {
  Policy values;
  std::vector<const Field<Policy>*> mentioned;

  void read(config::TomlTable& table) {
    for (const auto& field : fields_of<Policy>())
      if (field.read(table, values)) mentioned.push_back(&field);
  }
  void apply_to(Policy& policy) const {
    for (const auto* field : mentioned) field->copy(values, policy);
  }
};

/// True when `before` holds a word that `after` lacks.
bool loses_word(const std::vector<std::string>& before, const std::vector<std::string>& after);

}  // namespace tessera::admin
