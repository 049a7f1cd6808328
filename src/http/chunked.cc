#include "http/chunked.h"

#include <algorithm>

#include "http/chars.h"

namespace tessera::http {
namespace {

constexpr int kSizeDigitsMax = 8;

std::optional<Refusal> malformed() { return Refusal{400, "The chunked body is malformed."}; }

}  // namespace

std::optional<Refusal> ChunkedDecoder::feed(std::string_view& input, base::WipedBytes& body) {
  while (!input.empty() && !done()) {
    if (state_ == State::data) {
      const std::size_t take = std::min(remaining_, input.size());
      body.insert(body.end(), input.begin(), input.begin() + static_cast<std::ptrdiff_t>(take));
      input.remove_prefix(take);
      remaining_ -= take;
      if (remaining_ == 0) state_ = State::data_cr;
      continue;
    }
    if (auto refusal = step(input.front(), body.size())) return refusal;
    input.remove_prefix(1);
  }
  return std::nullopt;
}

std::optional<Refusal> ChunkedDecoder::step(char c, std::size_t body_bytes) {
  const auto expect = [&](char wanted, State next) -> std::optional<Refusal> {
    if (c != wanted) return malformed();
    state_ = next;
    return std::nullopt;
  };
  switch (state_) {
    case State::size:
      if (c != '\r') return add_digit(c, body_bytes);
      if (digits_ == 0) return malformed();
      state_ = State::size_end;
      return std::nullopt;
    case State::size_end:
      digits_ = 0;
      return expect('\n', remaining_ == 0 ? State::last_cr : State::data);
    case State::data_cr:
      return expect('\r', State::data_lf);
    case State::data_lf:
      return expect('\n', State::size);
    case State::last_cr:
      return expect('\r', State::last_lf);
    case State::last_lf:
      return expect('\n', State::done);
    case State::data:
    case State::done:
      break;
  }
  return malformed();
}

std::optional<Refusal> ChunkedDecoder::add_digit(char c, std::size_t body_bytes) {
  const auto digit = hex_digit(c);
  if (!digit || ++digits_ > kSizeDigitsMax) return malformed();
  remaining_ = remaining_ * 16 + *digit;
  if (body_bytes + remaining_ > body_bytes_max_) return Refusal{413, "The body is too large."};
  return std::nullopt;
}

}  // namespace tessera::http
