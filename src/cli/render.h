// Results for people: tables, lines of names and values, plans.
#pragma once

#include <boost/json/value.hpp>
#include <string>

#include "cli/commands.h"

namespace tessera::cli {

/// The result of a table command.
std::string render_result(const CommandSpec& command, const boost::json::value& result);
/// The plan that `apply` answers; with `color` new, going and changing lines stand out.
std::string render_plan(const boost::json::value& result, bool color);

/// `text` without what a terminal would obey.
std::string printable(std::string_view text);

}  // namespace tessera::cli
