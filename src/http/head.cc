#include "http/head.h"

#include <charconv>

#include "http/chars.h"

namespace tessera::http {
namespace {

using MaybeRefusal = std::optional<Refusal>;

Refusal bad(std::string_view description) { return {400, description}; }

/// Takes a line that ends with CRLF off `text`; nothing when a bare CR or LF stands in it.
std::optional<std::string_view> take_line(std::string_view& text) {
  const std::size_t end = text.find('\n');
  if (end == std::string_view::npos || end == 0 || text[end - 1] != '\r') return std::nullopt;
  const std::string_view line = text.substr(0, end - 1);
  text.remove_prefix(end + 1);
  return line;
}

bool is_target(std::string_view target) {
  return target.starts_with('/') && std::all_of(target.begin(), target.end(), [](char c) { return c > 0x20 && c < 0x7F && c != '#'; });
}

MaybeRefusal scan_request_line(std::string_view line, const Limits& limits, Head& head) {
  const std::size_t first = line.find(' ');
  const std::size_t last = line.rfind(' ');
  if (first == std::string_view::npos || first == last) return bad("The request line is malformed.");
  head.method = line.substr(0, first);
  head.target = line.substr(first + 1, last - first - 1);
  const std::string_view version = line.substr(last + 1);
  if (!is_token(head.method)) return bad("The method is malformed.");
  if (head.target.size() > limits.target_bytes) return Refusal{414, "The request target is too long."};
  if (!is_target(head.target)) return bad("The request target is malformed.");
  if (version == "HTTP/1.1" || version == "HTTP/1.0") {
    head.minor_version = version.back() - '0';
    return std::nullopt;
  }
  const bool other =
      version.size() == 8 && version.starts_with("HTTP/") && is_digit(version[5]) && version[6] == '.' && is_digit(version[7]);
  return other ? Refusal{505, "The server speaks HTTP/1.1."} : bad("The protocol version is malformed.");
}

/// What the fields say about framing and the connection, gathered while they are read.
struct Framing {
  int hosts = 0;
  int lengths = 0;
  int codings = 0;
  bool close = false;
  bool keep_alive = false;
};

void note_connection(std::string_view value, Framing& framing) {
  while (!value.empty()) {
    const std::size_t comma = std::min(value.find(','), value.size());
    const std::string_view option = trim(value.substr(0, comma));
    framing.close = framing.close || equal_without_case(option, "close");
    framing.keep_alive = framing.keep_alive || equal_without_case(option, "keep-alive");
    value.remove_prefix(std::min(comma + 1, value.size()));
  }
}

bool is_host(std::string_view value) {
  constexpr std::string_view kNever = " \t,/\\@?#\"<>";
  return !value.empty() && value.find_first_of(kNever) == std::string_view::npos;
}

MaybeRefusal note_length(std::string_view value, const Limits& limits, Head& head) {
  if (value.empty() || !std::all_of(value.begin(), value.end(), is_digit)) return bad("Content-Length is malformed.");
  const auto [end, error] = std::from_chars(value.data(), value.data() + value.size(), head.content_length);
  if (error != std::errc{} || head.content_length > limits.body_bytes) return Refusal{413, "The body is too large."};
  return std::nullopt;
}

/// Looks at the few fields that the server itself obeys. The first letter spares most of them a comparison.
MaybeRefusal note_field(const Header& field, const Limits& limits, Head& head, Framing& framing) {
  const auto& [name, value] = field;
  switch (to_lower(name.front())) {
    case 'h':
      if (!equal_without_case(name, "Host")) break;
      if (++framing.hosts > 1 || !is_host(value)) return bad("Host is malformed or given twice.");
      break;
    case 'c':
      if (equal_without_case(name, "Connection")) note_connection(value, framing);
      if (!equal_without_case(name, "Content-Length")) break;
      if (++framing.lengths > 1) return bad("Content-Length is given twice.");
      return note_length(value, limits, head);
    case 't':
      if (!equal_without_case(name, "Transfer-Encoding")) break;
      if (++framing.codings > 1 || !equal_without_case(value, "chunked")) return bad("The only transfer coding is chunked, once.");
      head.chunked = true;
      break;
    case 'e':
      if (!equal_without_case(name, "Expect")) break;
      if (!equal_without_case(value, "100-continue")) return Refusal{417, "The expectation can't be met."};
      head.expects_continue = true;
      break;
    default:
      break;
  }
  return std::nullopt;
}

MaybeRefusal scan_field(std::string_view line, const Limits& limits, Head& head, Framing& framing) {
  if (line.front() == ' ' || line.front() == '\t') return bad("A header field is folded.");
  if (head.fields.size() == limits.fields) return Refusal{431, "There are too many header fields."};
  const std::size_t colon = line.find(':');
  if (colon == std::string_view::npos || !is_token(line.substr(0, colon))) return bad("A header field's name is malformed.");
  if (!is_field_value(line.substr(colon + 1))) return bad("A header field's value has control characters.");
  head.fields.emplace_back(line.substr(0, colon), trim(line.substr(colon + 1)));
  return note_field(head.fields.back(), limits, head, framing);
}

MaybeRefusal conclude(const Framing& framing, Head& head) {
  if (framing.hosts == 0 && head.minor_version == 1) return bad("Host is missing.");
  if (framing.codings > 0 && framing.lengths > 0) return bad("Content-Length and Transfer-Encoding exclude each other.");
  if (head.chunked && head.minor_version == 0) return bad("HTTP/1.0 has no transfer codings.");
  head.keep_alive = !framing.close && (head.minor_version == 1 || framing.keep_alive);
  head.expects_continue = head.expects_continue && head.minor_version == 1;
  return std::nullopt;
}

}  // namespace

std::optional<std::size_t> HeadEnd::find(std::string_view text) {
  // A bare LF ends a line here too, so that the scanner sees it and refuses, instead of the client waiting for its timeout.
  std::size_t at = seen_;
  while ((at = text.find('\n', at)) != std::string_view::npos) {
    const std::string_view after = text.substr(at + 1);
    if (after.starts_with('\n')) return at + 2;
    if (after.starts_with("\r\n")) return at + 3;
    if (after.empty() || after == "\r") break;  // undecided until more has come
    ++at;
  }
  seen_ = std::min(at, text.size());
  return std::nullopt;
}

std::optional<Refusal> scan_head(std::string_view text, const Limits& limits, Head& head) {
  head.fields.clear();
  head.content_length = 0;
  head.chunked = false;
  head.expects_continue = false;
  if (text.size() > limits.head_bytes) return refuse_endless_head(text, limits);
  const auto request_line = take_line(text);
  if (!request_line) return bad("A line does not end with CRLF.");
  if (const auto refusal = scan_request_line(*request_line, limits, head)) return refusal;
  Framing framing;
  while (true) {
    const auto line = take_line(text);
    if (!line) return bad("A line does not end with CRLF.");
    if (line->empty()) return conclude(framing, head);
    if (const auto refusal = scan_field(*line, limits, head, framing)) return refusal;
  }
}

Refusal refuse_endless_head(std::string_view text, const Limits& limits) {
  const std::size_t target = text.find(' ');
  const std::size_t end = std::min(text.find_first_of(" \r\n", std::min(target, text.size() - 1) + 1), text.size());
  const bool long_target = target != std::string_view::npos && end - target > limits.target_bytes;
  return long_target ? Refusal{414, "The request target is too long."} : Refusal{431, "The header fields are too large."};
}

}  // namespace tessera::http
