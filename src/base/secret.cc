#include "base/secret.h"

#include <sodium/utils.h>

namespace tessera::base {
namespace {

/// Wipes all that a string holds.
void wipe_whole(std::string& text) {
  text.resize(text.capacity());
  wipe(text);
  text.clear();
}

/// A move hands a long string's bytes over, but leaves a short one's in place.
void move_text(std::string& from, std::string& to) {
  if (from.capacity() > std::string().capacity()) {
    to = std::move(from);
    return;
  }
  to = from;
  wipe_whole(from);
}

}  // namespace

Secret::Secret(std::string text) { move_text(text, text_); }

Secret::Secret(Secret&& other) noexcept { move_text(other.text_, text_); }

Secret& Secret::operator=(Secret&& other) noexcept {
  if (this == &other) return *this;
  wipe_whole(text_);
  move_text(other.text_, text_);
  return *this;
}

// An empty one never held anything, or was wiped when it was moved from.
Secret::~Secret() {
  if (!text_.empty()) wipe_whole(text_);
}

bool equal_constant_time(std::string_view a, std::string_view b) {
  return a.size() == b.size() && sodium_memcmp(a.data(), b.data(), a.size()) == 0;
}

void wipe(std::span<char> bytes) { sodium_memzero(bytes.data(), bytes.size()); }

}  // namespace tessera::base
