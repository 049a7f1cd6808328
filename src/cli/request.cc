#include "cli/request.h"

#include <fmt/format.h>

#include <boost/json/array.hpp>
#include <charconv>

#include "base/timestamp.h"
#include "config/duration.h"
#include "config/text_file.h"

namespace tessera::cli {
namespace {

constexpr std::size_t kRealmFileBytesMax = 16UL * 1024 * 1024;

namespace json = boost::json;

constexpr std::size_t kInputBytesMax = 16'384;

Result<std::int64_t> parse_expiry_s(const std::string& text, TimePoint now) {
  if (const auto length_s = config::parse_duration_s(text)) return base::to_s(now) + *length_s;
  if (const auto at = base::parse_timestamp(text)) return base::to_s(*at);
  return fail(Reason::parameter_invalid,
              fmt::format("--expires {}: write a UTC time such as 2030-01-31T00:00:00Z, or a length of time such as 90d", text));
}

Result<json::value> value_of(const ArgumentSpec& argument, const TypedArgument& typed, std::istream& input, TimePoint now) {
  switch (argument.input) {
    case Input::flag:
      return json::value(true);
    case Input::secret_stdin:
      return json::value(TRY(read_secret_input(input)));
    case Input::words:
      return json::value(json::array(typed.words.begin(), typed.words.end()));
    case Input::expiry:
      return json::value(TRY(parse_expiry_s(typed.words.front(), now)));
    case Input::number: {
      const std::string& text = typed.words.front();
      std::int64_t number = 0;
      const auto [end, failure] = std::from_chars(text.data(), text.data() + text.size(), number);
      if (failure != std::errc{} || end != text.data() + text.size() || number < 1)
        return fail(Reason::parameter_invalid, fmt::format("{} {}: write a whole number from 1", argument.spelling, text));
      return json::value(number);
    }
    case Input::text:
      break;
  }
  // A token on the command line stays in the shell's history: "-" takes it from standard input.
  if (argument.name == "token" && typed.words.front() == "-") return json::value(TRY(read_secret_input(input)));
  return json::value(typed.words.front());
}

}  // namespace

Result<std::string> read_secret_input(std::istream& input) {
  std::string text(kInputBytesMax + 1, '\0');
  input.read(text.data(), static_cast<std::streamsize>(text.size()));
  text.resize(static_cast<std::size_t>(input.gcount()));
  if (text.size() > kInputBytesMax) return fail(Reason::parameter_invalid, "standard input has more than 16 KB; pipe the value alone");
  if (text.ends_with('\n')) text.pop_back();
  if (text.ends_with('\r')) text.pop_back();
  if (text.empty()) return fail(Reason::parameter_invalid, "standard input is empty; pipe the value in");
  return text;
}

Result<json::object> make_request(const CommandSpec& command, const std::vector<TypedArgument>& typed, std::istream& input, TimePoint now) {
  json::object args;
  for (std::size_t i = 0; i < command.arguments.size(); ++i) {
    const ArgumentSpec& argument = command.arguments[i];
    if (typed[i].given) args[argument.name] = TRY(value_of(argument, typed[i], input, now));
  }
  return json::object{{"command", fmt::format("{}.{}", command.group, command.verb)}, {"args", std::move(args)}};
}

Result<json::object> make_apply_request(const std::vector<std::string>& files, bool dry_run, bool prune) {
  json::array texts;
  for (const auto& name : files)
    texts.push_back({{"name", name}, {"text", TRY(config::read_text_file(name, kRealmFileBytesMax, config::Pipes::read))}});
  return json::object{{"command", "apply"}, {"args", {{"files", std::move(texts)}, {"dry_run", dry_run}, {"prune", prune}}}};
}

}  // namespace tessera::cli
