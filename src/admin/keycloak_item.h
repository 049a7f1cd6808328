// One object of a Keycloak realm export, read with its place: whoever wrote the file is a stranger.
#pragma once

#include <boost/json/object.hpp>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace tessera::admin {

/// A view: it lives no longer than the parsed export. Absent and null are alike. A value of another type than asked for is remembered as
/// the export's first problem, by its place and without the value.
class KeycloakItem {
 public:
  KeycloakItem(const boost::json::object& object, std::string where, std::string& problem)
      : object_(&object), where_(std::move(where)), problem_(&problem) {}

  /// "" when it is absent.
  std::string text(std::string_view name) const;
  bool flag(std::string_view name, bool otherwise) const;
  std::int64_t number(std::string_view name, std::int64_t otherwise) const;
  std::vector<std::string> words(std::string_view name) const;
  /// Nothing when it is absent.
  std::optional<KeycloakItem> item(std::string_view name) const;
  std::vector<KeycloakItem> items(std::string_view name) const;
  /// Each member of the object, as an object's key and its words: {"account": ["view-profile"]}.
  std::vector<std::pair<std::string, std::vector<std::string>>> word_lists(std::string_view name) const;
  bool has(std::string_view name) const { return find(name) != nullptr; }

  const boost::json::object& json() const { return *object_; }
  /// "clients[3]".
  const std::string& where() const { return where_; }
  std::string place(std::string_view name) const;
  /// Remembers that something is wrong there.
  void fault(std::string_view name, std::string_view what) const;

 private:
  const boost::json::value* find(std::string_view name) const;

  const boost::json::object* object_;
  std::string where_;
  std::string* problem_;
};

/// Whether a realm file can hold it: at most 4,096 bytes, no control characters.
bool fits_a_file(std::string_view text);

}  // namespace tessera::admin
