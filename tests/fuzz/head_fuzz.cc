// http/head.h and http/chunked.h: a request has one reading, however its bytes are cut into pieces.
#include <algorithm>

#include "fuzz.h"
#include "http/chars.h"
#include "http/chunked.h"
#include "http/head.h"

using namespace tessera;

namespace {

constexpr http::Limits kLimits{.head_bytes = 2'048, .fields = 20, .target_bytes = 512, .body_bytes = 1'024};

std::optional<std::size_t> find_end_in_pieces(std::string_view text) {
  http::HeadEnd end;
  for (std::size_t size = 0; size <= text.size(); ++size)
    if (const auto found = end.find(text.substr(0, size))) return found;
  return std::nullopt;
}

std::string spell(const http::Head& head) {
  std::string text(head.method);
  text.append(" ").append(head.target).append(" HTTP/1.").append(std::to_string(head.minor_version)).append("\r\n");
  for (const auto& [name, value] : head.fields) text.append(name).append(": ").append(value).append("\r\n");
  return text += "\r\n";
}

void check_sound(const http::Head& head) {
  REQUIRE(http::is_token(head.method));
  REQUIRE(head.target.starts_with('/') && head.target.size() <= kLimits.target_bytes);
  REQUIRE(head.fields.size() <= kLimits.fields);
  REQUIRE(head.content_length <= kLimits.body_bytes);
  const auto count = [&head](std::string_view wanted) {
    return std::count_if(head.fields.begin(), head.fields.end(),
                         [wanted](const auto& field) { return http::equal_without_case(field.first, wanted); });
  };
  REQUIRE(count("Host") <= 1 && (head.minor_version == 0 || count("Host") == 1));
  REQUIRE(count("Content-Length") + count("Transfer-Encoding") <= 1);
  REQUIRE(head.chunked == (count("Transfer-Encoding") == 1));
  for (const auto& [name, value] : head.fields) {
    REQUIRE(http::is_token(name));
    REQUIRE(value.find_first_of(std::string_view("\r\n\0", 3)) == std::string_view::npos);
  }
}

/// What was read, written plainly, reads the same.
void check_round_trip(const http::Head& head) {
  const std::string text = spell(head);
  if (text.size() > kLimits.head_bytes) return;  // "a:b" grew to "a: b"
  http::Head again;
  REQUIRE(!http::scan_head(text, kLimits, again));
  REQUIRE(again.method == head.method && again.target == head.target && again.fields == head.fields);
  REQUIRE(again.content_length == head.content_length && again.chunked == head.chunked);
  REQUIRE(again.keep_alive == head.keep_alive && again.expects_continue == head.expects_continue);
}

struct Read {
  bool refused = false;
  bool done = false;
  base::WipedBytes body;
  std::size_t rest = 0;
};

Read read_chunked(std::string_view input, std::size_t piece_bytes) {
  Read read;
  http::ChunkedDecoder decoder(kLimits.body_bytes);
  while (!input.empty() && !decoder.done() && !read.refused) {
    std::string_view piece = input.substr(0, piece_bytes);
    const std::size_t offered = piece.size();
    read.refused = decoder.feed(piece, read.body).has_value();
    REQUIRE(read.refused || decoder.done() || piece.empty());
    input.remove_prefix(offered - piece.size());
  }
  read.done = decoder.done();
  read.rest = input.size();
  REQUIRE(read.body.size() <= kLimits.body_bytes);
  return read;
}

void check_chunked(std::string_view input) {
  const Read whole = read_chunked(input, std::max<std::size_t>(input.size(), 1));
  const Read bytes = read_chunked(input, 1);
  REQUIRE(whole.refused == bytes.refused && whole.done == bytes.done && whole.body == bytes.body);
  REQUIRE(whole.refused || whole.rest == bytes.rest);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto text = fuzz::text_of(data, std::min<std::size_t>(size, 8'192));
  const auto end = http::HeadEnd{}.find(text);
  REQUIRE(end == find_end_in_pieces(text));
  check_chunked(text);
  if (!end) {
    const int status = http::refuse_endless_head(text, kLimits).status;
    REQUIRE(status == 414 || status == 431);
    return 0;
  }
  http::Head head;
  if (const auto refusal = http::scan_head(text.substr(0, *end), kLimits, head)) {
    REQUIRE(refusal->status >= 400 && refusal->status <= 505 && !refusal->description.empty());
    return 0;
  }
  REQUIRE(*end <= kLimits.head_bytes);
  check_sound(head);
  check_round_trip(head);
  check_chunked(text.substr(*end));
  return 0;
}
