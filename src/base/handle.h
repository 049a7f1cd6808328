// Opaque 128-bit ids: lineage, jti, kid, sessions, families.
#pragma once

#include <array>
#include <compare>
#include <cstdint>
#include <cstring>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

namespace tessera::base {

/// A random 128-bit id, never used twice. All zeros means "none".
struct Handle {
  std::array<std::uint8_t, 16> bytes{};

  bool empty() const { return *this == Handle{}; }
  explicit operator bool() const { return !empty(); }
  /// 22 characters of unpadded base64url: the form in lineage, jti and kid.
  std::string str() const;
  /// 36 characters in UUID notation: the form of sub, sid and Keycloak's ids.
  std::string uuid() const;
  /// Reads either form, canonical only.
  static std::optional<Handle> parse(std::string_view text);
  /// A fresh one; version and variant bits of a UUIDv4 set, so both forms are valid. Its text never begins with '-', which a command
  /// line would take for an option.
  static Handle random();

  friend auto operator<=>(const Handle&, const Handle&) = default;
};

struct HandleHash {
  std::size_t operator()(const Handle& handle) const {
    std::uint64_t word;
    std::memcpy(&word, handle.bytes.data() + 8, sizeof word);
    return word;
  }
};

}  // namespace tessera::base

namespace tessera {
using base::Handle;
using base::HandleHash;
}  // namespace tessera
