// What became of each part of another system's realm: carried, changed or refused. Names only: never a secret, never a user's data.
#pragma once

#include <boost/json/object.hpp>
#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace tessera::admin {

class MigrationReport {
 public:
  void carry(std::string_view kind, std::int64_t count = 1) { carried_[std::string(kind)] += count; }
  /// `what` was taken over, but differs from what it was; `why` says how. What shares a `why` is told together.
  void change(std::string what, std::string_view why) { add(changed_, std::move(what), why); }
  /// `what` was not taken over.
  void refuse(std::string what, std::string_view why) { add(refused_, std::move(what), why); }

  /// {"carried": {"clients": 3}, "changed": [{"why": "...", "what": ["..."]}], "refused": [...]}.
  boost::json::object to_json() const;

 private:
  /// In the order in which each reason came up first.
  struct Entry {
    std::string why;
    std::vector<std::string> what;
  };
  struct Entries {
    std::vector<Entry> list;
    std::map<std::string, std::size_t, std::less<>> by_why;
  };
  static void add(Entries& entries, std::string what, std::string_view why);
  static boost::json::array to_json(const Entries& entries);

  std::map<std::string, std::int64_t> carried_;
  Entries changed_;
  Entries refused_;
};

}  // namespace tessera::admin
