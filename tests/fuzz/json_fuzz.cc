// jose/json.h: what is accepted, any other reader sees alike.
#include <algorithm>
#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>

#include "base/utf8.h"
#include "fuzz.h"
#include "jose/json.h"

using namespace tessera;

namespace {

/// Containers around the innermost value.
int depth_of(const boost::json::value& value) {
  int deepest = 0;
  if (const auto* array = value.if_array()) {
    for (const auto& item : *array) deepest = std::max(deepest, depth_of(item));
    return deepest + 1;
  }
  if (const auto* object = value.if_object()) {
    for (const auto& member : *object) deepest = std::max(deepest, depth_of(member.value()));
    return deepest + 1;
  }
  return 0;
}

void check_string(std::string_view text) {
  if (!base::is_utf8(text)) return;
  std::string written;
  jose::append_json_string(written, text);
  const auto again = jose::parse_json(written, {.max_bytes = written.size()});
  REQUIRE(again && again->is_string() && std::string_view(again->get_string()) == text);
}

void check_accepted(std::string_view text, const boost::json::value& value) {
  REQUIRE(base::is_utf8(text));
  REQUIRE(depth_of(value) <= jose::JsonLimits{}.max_depth);
  // Boost's reader keeps the last of two equal members: with none there, both readers agree.
  boost::system::error_code error;
  boost::json::parse_options options;
  options.max_depth = 64;
  REQUIRE(boost::json::parse(text, error, {}, options) == value && !error);
  const std::string written = boost::json::serialize(value);
  REQUIRE(jose::parse_json(written, {.max_bytes = written.size()}).has_value());
}

void check_writer(std::string_view text) {
  if (!base::is_utf8(text)) return;
  jose::JsonWriter writer;
  writer.field(text, text).field("size", static_cast<std::int64_t>(text.size()));
  const std::string written = std::move(writer).finish();
  const auto again = jose::parse_json(written, {.max_bytes = written.size()});
  REQUIRE(again.has_value() || text == "size");
  if (again) REQUIRE(std::string_view(again->get_object().at(text).get_string()) == text);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto text = fuzz::text_of(data, size);
  const auto value = jose::parse_json(text);
  if (value)
    check_accepted(text, *value);
  else
    REQUIRE(value.error().reason == Reason::body_malformed || value.error().reason == Reason::parameter_duplicated);
  check_string(text);
  check_writer(text);
  return 0;
}
