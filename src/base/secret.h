// A secret is a type that the logger can't print and that wipes itself.
#pragma once

#include <span>
#include <string>
#include <string_view>

namespace tessera::base {

/// Text that must not leak: wiped when destroyed or moved from; neither streamable nor formattable. Not copyable by accident.
class Secret {
 public:
  Secret() = default;
  explicit Secret(std::string text);
  Secret(Secret&& other) noexcept;
  Secret& operator=(Secret&& other) noexcept;
  Secret(const Secret&) = delete;
  Secret& operator=(const Secret&) = delete;
  ~Secret();

  Secret clone() const { return Secret(text_); }
  bool empty() const { return text_.empty(); }
  std::size_t size() const { return text_.size(); }
  /// The one way to read it; the name is meant to be seen in review.
  std::string_view reveal() const { return text_; }

 private:
  std::string text_;
};

/// Equal in constant time for equal lengths (the length itself is no secret).
bool equal_constant_time(std::string_view a, std::string_view b);
/// Overwrites the bytes in a way the compiler keeps.
void wipe(std::span<char> bytes);

}  // namespace tessera::base

namespace tessera {
using base::Secret;
}
