// TOML read strictly: a key is known because something reads it; any other is an error with file, line and the nearest known key.
#pragma once

#include <toml++/toml.h>

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace tessera::config {

class TomlTable;

/// One parsed file and what was found wrong with it. The tables that it hands out live no longer than it.
class TomlDocument {
 public:
  /// Errors: config_invalid with "FILE:LINE: what is wrong".
  static Result<TomlDocument> parse(std::string_view text, const std::string& file);

  TomlTable root();
  /// Call after everything was read. First an unknown key (a misspelt one explains a missing one), then the first wrong value.
  /// Errors: config_invalid with "FILE:LINE: what is wrong; what to write".
  Status status() const;

 private:
  friend class TomlTable;
  struct State {
    std::string file;
    toml::table root;
    std::map<const toml::table*, std::vector<std::string_view>> known;  ///< the keys that were asked for
    std::map<const toml::table*, std::string> names;                    ///< "[client]", for messages
    std::string problem;                                                ///< the first one
  };
  Status unknown_keys_of(const toml::table& table) const;
  std::shared_ptr<State> state_;
};

/// One table. Each `read` leaves `out` as it is when the key is absent and returns whether a good value was there;
/// a wrong value is remembered by the document.
class TomlTable {
 public:
  bool read(std::string_view key, std::string& out);
  bool read(std::string_view key, bool& out);
  bool read(std::string_view key, std::int64_t& out, std::int64_t least, std::int64_t most);
  bool read(std::string_view key, int& out, int least, int most);
  bool read(std::string_view key, std::uint16_t& out);
  bool read(std::string_view key, std::vector<std::string>& out);
  /// A length of time, such as "60m".
  bool read_duration(std::string_view key, std::int64_t& out_s, std::int64_t least_s, std::int64_t most_s);
  /// One of the given words.
  bool read_choice(std::string_view key, std::string& out, const std::vector<std::string_view>& choices);
  /// A string or a boolean; nothing when it is absent.
  struct Scalar {
    std::string text;
    bool is_boolean = false;
  };
  std::optional<Scalar> read_scalar(std::string_view key);
  /// A table of strings and booleans whose keys are the operator's own.
  bool read_scalars(std::string_view key, std::map<std::string, Scalar>& out);
  /// As read, but an absent or empty value is wrong.
  bool require(std::string_view key, std::string& out);

  /// Whether the key stands here.
  bool has(std::string_view key) { return find(key) != nullptr; }
  std::optional<TomlTable> table(std::string_view key);
  /// An array of tables ([[key]]); empty when absent.
  std::vector<TomlTable> tables(std::string_view key);

  /// Remembers that the value of `key` (or the table itself, for "") is wrong.
  void problem(std::string_view key, std::string_view what);
  /// "FILE:LINE" of the key, or of the table itself for "".
  std::string where(std::string_view key = {}) const;

 private:
  friend class TomlDocument;
  TomlTable(TomlDocument::State& state, const toml::table& table, const std::string& name);
  const toml::node* find(std::string_view key);

  TomlDocument::State* state_;
  const toml::table* table_;
};

}  // namespace tessera::config
