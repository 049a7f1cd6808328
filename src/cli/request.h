// From what was typed to a request of admin/dispatcher.h.
#pragma once

#include <boost/json/object.hpp>
#include <istream>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "base/result.h"
#include "cli/commands.h"

namespace tessera::cli {

/// What was typed for one ArgumentSpec.
struct TypedArgument {
  bool given = false;
  std::vector<std::string> words;
};

/// `typed` stands in the order of the command's arguments. Errors: parameter_invalid with what to write.
Result<boost::json::object> make_request(const CommandSpec& command, const std::vector<TypedArgument>& typed, std::istream& input,
                                         TimePoint now);

/// The request that applies files. Errors: config_invalid for a file that can't be read.
Result<boost::json::object> make_apply_request(const std::vector<std::string>& files, bool dry_run, bool prune);

/// Standard input up to 16 KB, without the line break at its end. Errors: parameter_invalid when there is nothing, or more.
Result<std::string> read_secret_input(std::istream& input);

}  // namespace tessera::cli
