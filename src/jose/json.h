// JSON, read strictly and written fast.
#pragma once

#include <boost/json/value.hpp>
#include <cstdint>
#include <string>
#include <string_view>

#include "base/result.h"

namespace tessera::jose {

struct JsonLimits {
  std::size_t max_bytes = 65'536;
  int max_depth = 16;
};

/// Parses one JSON text, UTF-8 checked, and refuses a member given twice at any depth (RFC 7493), depth beyond the limit, and trailing
/// bytes. Errors: body_malformed, and parameter_duplicated for a member given twice; the context names the line.
Result<boost::json::value> parse_json(std::string_view text, const JsonLimits& limits = {});

/// Appends `text` as a JSON string with its quotes.
void append_json_string(std::string& out, std::string_view text);

/// Writes one flat or nested JSON object in the order of the calls: `JsonWriter w; w.field("iss", iss); w.field("exp", exp); w.finish()`.
class JsonWriter {
 public:
  JsonWriter() {
    out_.reserve(768);
    out_ += '{';
  }
  JsonWriter& field(std::string_view name, std::string_view text);
  JsonWriter& field(std::string_view name, const char* text) { return field(name, std::string_view(text)); }
  JsonWriter& field(std::string_view name, std::int64_t number);
  JsonWriter& field(std::string_view name, int number) { return field(name, static_cast<std::int64_t>(number)); }
  JsonWriter& field(std::string_view name, bool flag);
  /// A value that is JSON text already.
  JsonWriter& raw(std::string_view name, std::string_view json);
  std::string finish() &&;

 private:
  void key(std::string_view name);
  std::string out_;
};

}  // namespace tessera::jose
