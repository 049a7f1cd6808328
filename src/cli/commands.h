// The commands that are one operation: how they are spelled, and what they say of themselves. One table, read by the command line, the
// renderer and the tests.
#pragma once

#include <span>
#include <string_view>
#include <vector>

namespace tessera::cli {

enum class Input : unsigned char {
  text,          ///< one word
  words,         ///< an option that may be given several times
  flag,          ///< true when it stands there
  expiry,        ///< a UTC timestamp, or a length of time from now; sent in seconds since 1970
  number,        ///< a whole number
  secret_stdin,  ///< a flag: the value is read from standard input
};

struct ArgumentSpec {
  std::string_view name;      ///< in the JSON request
  std::string_view spelling;  ///< "--compromised"; or "CLIENT" for one by position
  Input input = Input::text;
  bool required = true;
  std::string_view help;
};

struct CommandSpec {
  std::string_view group;  ///< "secret"
  std::string_view verb;   ///< "add"
  std::string_view help;
  std::string_view example;  ///< a whole line, ready to be typed
  std::vector<ArgumentSpec> arguments;
  std::vector<std::string_view> columns = {};  ///< of the table that a list is shown as
  std::string_view remark = {};                ///< said after success
};

struct GroupSpec {
  std::string_view name;
  std::string_view help;
};

std::span<const GroupSpec> groups();
std::span<const CommandSpec> commands();

}  // namespace tessera::cli
