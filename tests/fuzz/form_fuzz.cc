// http/form.h: bodies, queries and the Authorization header.
#include "base/base64url.h"
#include "base/utf8.h"
#include "fuzz.h"
#include "http/form.h"

using namespace tessera;

namespace {

std::string encode(std::string_view text) {
  std::string out;
  char escape[4];
  for (const char c : text) {
    std::snprintf(escape, sizeof escape, "%%%02X", static_cast<unsigned char>(c));
    out += escape;
  }
  return out;
}

bool is_clean(std::string_view text) {
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (static_cast<unsigned char>(text[i]) < 0x20 || text[i] == 0x7F) return false;
    if (text[i] == '\xC2' && i + 1 < text.size() && static_cast<unsigned char>(text[i + 1]) < 0xA0) return false;
  }
  return base::is_utf8(text);
}

bool equal(const http::FormFields& a, const http::FormFields& b) {
  const auto same = [](const auto& left, const auto& right) {
    return left.first == right.first && left.second.reveal() == right.second.reveal();
  };
  return std::equal(a.begin(), a.end(), b.begin(), b.end(), same);
}

void check_fields(const http::FormFields& fields) {
  REQUIRE(fields.size() <= http::FormLimits{}.parameters);
  std::string written;
  for (const auto& [name, value] : fields) {
    REQUIRE(is_clean(name) && is_clean(value.reveal()));
    if (!written.empty()) written += '&';
    written += encode(name) + '=' + encode(value.reveal());
  }
  const auto again = http::parse_form(written);
  REQUIRE(again && equal(*again, fields));
}

void check_authorization(std::string_view text) {
  if (const auto basic = http::parse_basic_auth(text)) REQUIRE(is_clean(basic->first) && is_clean(basic->second.reveal()));
  const auto bearer = http::parse_bearer(text);
  if (!bearer) return;
  REQUIRE(!bearer->empty() && http::parse_bearer("Bearer " + *bearer) == bearer);
  for (const char c : *bearer) REQUIRE(c > 0x20 && c < 0x7F && c != '"' && c != ',');
  REQUIRE(!http::parse_basic_auth(text));
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto text = fuzz::text_of(data, size);
  const auto form = http::parse_form(text);
  const auto query = http::parse_query(text);
  REQUIRE(form.has_value() == query.has_value());
  if (form) {
    REQUIRE(equal(*form, *query));
    check_fields(*form);
  } else {
    const bool too_many = form.error().reason == Reason::parameters_too_many;
    REQUIRE(too_many || form.error().reason == Reason::body_malformed);
    REQUIRE(query.error().reason == (too_many ? Reason::parameters_too_many : Reason::parameter_invalid));
  }
  if (const auto decoded = http::percent_decode(text)) {
    REQUIRE(is_clean(*decoded) && decoded->size() <= text.size());
    REQUIRE(http::percent_decode(encode(*decoded)) == decoded);
  }
  check_authorization(text);
  return 0;
}
