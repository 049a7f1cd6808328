#include "jose/json.h"

#include <sodium/utils.h>

#include <algorithm>
#include <array>
#include <boost/json/basic_parser_impl.hpp>
#include <charconv>
#include <cmath>
#include <new>
#include <utility>
#include <vector>

#include "base/wiped_bytes.h"

namespace tessera::jose {
namespace {

namespace json = boost::json;
using boost::system::error_code;

/// What is read may be a password or a token: its memory is wiped before it is given back.
class WipingMemory final : public json::memory_resource {
  void* do_allocate(std::size_t size, std::size_t alignment) override { return ::operator new(size, std::align_val_t(alignment)); }
  void do_deallocate(void* memory, std::size_t size, std::size_t alignment) override {
    base::wipe({static_cast<char*>(memory), size});
    ::operator delete(memory, std::align_val_t(alignment));
  }
  bool do_is_equal(const json::memory_resource& other) const noexcept override { return this == &other; }
};

json::storage_ptr wiping_memory() {
  static WipingMemory memory;  // without a state
  return &memory;
}

/// Builds the value as basic_parser walks the text. Boost's own parser keeps the last of two equal members, and what two readers see
/// differently is an attack.
class Builder {
 public:
  // The text is bounded before parsing starts.
  static constexpr std::size_t max_object_size = std::size_t(-1);
  static constexpr std::size_t max_array_size = std::size_t(-1);
  static constexpr std::size_t max_key_size = std::size_t(-1);
  static constexpr std::size_t max_string_size = std::size_t(-1);

  bool on_document_begin(error_code&) { return true; }
  bool on_document_end(error_code&) { return true; }
  bool on_object_begin(error_code&) { return open(json::object(memory_)); }
  bool on_object_end(std::size_t, error_code& error) { return close(error); }
  bool on_array_begin(error_code&) { return open(json::array(memory_)); }
  bool on_array_end(std::size_t, error_code& error) { return close(error); }
  bool on_key_part(json::string_view part, std::size_t, error_code&) { return collect(part); }
  bool on_key(json::string_view last, std::size_t, error_code&) {
    collect(last);
    open_.back().key.assign(text_.data(), text_.size());
    text_.clear();
    return true;
  }
  bool on_string_part(json::string_view part, std::size_t, error_code&) { return collect(part); }
  bool on_string(json::string_view last, std::size_t, error_code& error) {
    collect(last);
    const bool taken = take(json::string(json::string_view(text_.data(), text_.size()), memory_), error);
    text_.clear();
    return taken;
  }
  bool on_number_part(json::string_view, error_code&) { return true; }
  bool on_int64(std::int64_t number, json::string_view, error_code& error) { return take(number, error); }
  bool on_uint64(std::uint64_t number, json::string_view, error_code& error) { return take(number, error); }
  bool on_double(double number, json::string_view, error_code& error) {
    if (std::isfinite(number)) return take(number, error);
    error = json::error::exponent_overflow;
    return false;
  }
  bool on_bool(bool flag, error_code& error) { return take(flag, error); }
  bool on_null(error_code& error) { return take(nullptr, error); }
  bool on_comment_part(json::string_view, error_code&) { return true; }
  bool on_comment(json::string_view, error_code&) { return true; }

  bool duplicated() const { return duplicated_; }
  json::value take_root() { return std::move(root_); }

 private:
  struct Container {
    json::value value;
    std::string key;  ///< of the member being read
  };

  bool collect(json::string_view part) {
    text_.insert(text_.end(), part.begin(), part.end());
    return true;
  }

  bool open(json::value empty) {
    open_.push_back({std::move(empty), {}});
    return true;
  }

  bool close(error_code& error) {
    json::value whole = std::move(open_.back().value);
    open_.pop_back();
    return take(std::move(whole), error);
  }

  bool take(json::value value, error_code& error) {
    if (open_.empty()) {
      root_ = std::move(value);
      return true;
    }
    Container& into = open_.back();
    if (auto* const array = into.value.if_array()) {
      array->push_back(std::move(value));
      return true;
    }
    if (into.value.get_object().emplace(into.key, std::move(value)).second) return true;
    duplicated_ = true;
    error = json::error::syntax;
    return false;
  }

  const json::storage_ptr memory_ = wiping_memory();
  std::vector<Container> open_;
  base::WipedBytes text_;
  json::value root_ = json::value(memory_);  // a move between memories would copy
  bool duplicated_ = false;
};

constexpr std::size_t kParserStackBytes = 16'384;
constexpr std::string_view kHex = "0123456789abcdef";

bool needs_escape(char c) { return static_cast<unsigned char>(c) < 0x20 || c == '"' || c == '\\'; }

void append_escaped(std::string& out, char c) {
  out += '\\';
  switch (c) {
    case '\n':
      out += 'n';
      return;
    case '\r':
      out += 'r';
      return;
    case '\t':
      out += 't';
      return;
    case '"':
    case '\\':
      out += c;
      return;
    default:
      break;
  }
  out += "u00";
  out += kHex[static_cast<unsigned char>(c) >> 4];
  out += kHex[static_cast<unsigned char>(c) & 15];
}

std::string line_of(std::string_view text, std::size_t at) {
  return " (line " + std::to_string(1 + std::ranges::count(text.substr(0, at), '\n')) + ")";
}

}  // namespace

Result<json::value> parse_json(std::string_view text, const JsonLimits& limits) {
  if (text.size() > limits.max_bytes) return fail(Reason::body_malformed, "JSON text too long");
  json::parse_options options;
  options.max_depth = static_cast<std::size_t>(limits.max_depth);
  json::basic_parser<Builder> parser(options);
  error_code error;
  const std::size_t read = parser.write_some(false, text.data(), text.size(), error);
  if (text.find('\\') != std::string_view::npos) sodium_stackzero(kParserStackBytes);  // where it puts texts with escapes together
  if (parser.handler().duplicated()) return fail(Reason::parameter_duplicated, "a JSON member given twice" + line_of(text, read));
  if (error) return fail(Reason::body_malformed, error.message() + line_of(text, read));
  if (read != text.size()) return fail(Reason::body_malformed, "bytes after the JSON text");
  return parser.handler().take_root();
}

void append_json_string(std::string& out, std::string_view text) {
  out += '"';
  std::size_t plain = 0;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (!needs_escape(text[i])) continue;
    out.append(text, plain, i - plain);
    append_escaped(out, text[i]);
    plain = i + 1;
  }
  out.append(text, plain);
  out += '"';
}

void JsonWriter::key(std::string_view name) {
  if (out_.size() > 1) out_ += ',';
  append_json_string(out_, name);
  out_ += ':';
}

JsonWriter& JsonWriter::field(std::string_view name, std::string_view text) {
  key(name);
  append_json_string(out_, text);
  return *this;
}

JsonWriter& JsonWriter::field(std::string_view name, std::int64_t number) {
  std::array<char, 24> digits;
  const auto end = std::to_chars(digits.data(), digits.data() + digits.size(), number).ptr;
  return raw(name, {digits.data(), end});
}

JsonWriter& JsonWriter::field(std::string_view name, bool flag) { return raw(name, flag ? "true" : "false"); }

JsonWriter& JsonWriter::raw(std::string_view name, std::string_view json) {
  key(name);
  out_ += json;
  return *this;
}

std::string JsonWriter::finish() && {
  out_ += '}';
  return std::move(out_);
}

}  // namespace tessera::jose
