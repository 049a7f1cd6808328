#include "http/form.h"

#include <algorithm>

#include "base/control.h"
#include "base/utf8.h"
#include "http/chars.h"

namespace tessera::http {
namespace {

enum class Plus : std::uint8_t { stays, is_space };

std::optional<std::string> decode(std::string_view text, Plus plus) {
  std::string out;
  out.reserve(text.size());
  for (std::size_t i = 0; i < text.size(); ++i) {
    char c = text[i];
    if (c == '%') {
      if (text.size() - i < 3) return std::nullopt;
      const auto high = hex_digit(text[i + 1]);
      const auto low = hex_digit(text[i + 2]);
      if (!high || !low) return std::nullopt;
      c = static_cast<char>(*high * 16 + *low);
      i += 2;
    } else if (c == '+' && plus == Plus::is_space) {
      c = ' ';
    }
    out += c;
  }
  if (!base::is_utf8(out) || base::has_control(out)) return std::nullopt;
  return out;
}

Result<FormFields> parse(std::string_view text, const FormLimits& limits, Reason reason) {
  FormFields fields;
  fields.reserve(std::min(static_cast<std::size_t>(std::count(text.begin(), text.end(), '&')) + 1, limits.parameters));
  while (!text.empty()) {
    const std::size_t end = std::min(text.find('&'), text.size());
    const std::string_view pair = text.substr(0, end);
    text.remove_prefix(std::min(end + 1, text.size()));
    if (pair.empty()) continue;
    if (fields.size() == limits.parameters)
      return fail(Reason::parameters_too_many, "more than " + std::to_string(limits.parameters) + " parameters");
    const std::size_t equals = std::min(pair.find('='), pair.size());
    auto name = decode(pair.substr(0, equals), Plus::is_space);
    auto value = decode(pair.substr(std::min(equals + 1, pair.size())), Plus::is_space);
    if (!name || !value) return fail(reason, "parameter " + std::to_string(fields.size() + 1) + " is not form-encoded text");
    fields.emplace_back(*std::move(name), Secret(*std::move(value)));
  }
  return fields;
}

}  // namespace

Result<FormFields> parse_form(std::string_view body, const FormLimits& limits) { return parse(body, limits, Reason::body_malformed); }

Result<FormFields> parse_query(std::string_view query, const FormLimits& limits) { return parse(query, limits, Reason::parameter_invalid); }

std::optional<std::string> percent_decode(std::string_view text) { return decode(text, Plus::stays); }

std::string form_encode(std::string_view text) {
  constexpr std::string_view kHex = "0123456789ABCDEF";
  std::string out;
  out.reserve(text.size());
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    const bool unreserved = is_digit(c) || (to_lower(c) >= 'a' && to_lower(c) <= 'z') || c == '-' || c == '.' || c == '_' || c == '~';
    if (unreserved)
      out += c;
    else
      out.append({'%', kHex[byte >> 4], kHex[byte & 15]});
  }
  return out;
}

std::optional<std::string> form_decode(std::string_view text) { return decode(text, Plus::is_space); }

}  // namespace tessera::http
