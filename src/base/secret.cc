#include "base/secret.h"

#include <sodium/utils.h>

namespace tessera::base {
namespace {

/// Wipes all that a string holds. Also after a move, which leaves a short string's bytes in place.
void wipe_whole(std::string& text) {
  text.resize(text.capacity());
  wipe(text);
  text.clear();
}

}  // namespace

Secret::Secret(std::string text) : text_(std::move(text)) { wipe_whole(text); }

Secret::Secret(Secret&& other) noexcept : text_(std::move(other.text_)) { wipe_whole(other.text_); }

Secret& Secret::operator=(Secret&& other) noexcept {
  if (this == &other) return *this;
  wipe_whole(text_);
  text_ = std::move(other.text_);
  wipe_whole(other.text_);
  return *this;
}

Secret::~Secret() { wipe_whole(text_); }

bool equal_constant_time(std::string_view a, std::string_view b) {
  return a.size() == b.size() && sodium_memcmp(a.data(), b.data(), a.size()) == 0;
}

void wipe(std::span<char> bytes) { sodium_memzero(bytes.data(), bytes.size()); }

}  // namespace tessera::base
