// A realm's colour and logo, made safe and readable.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace tessera::pages {

struct Colour {
  std::uint8_t red = 0;
  std::uint8_t green = 0;
  std::uint8_t blue = 0;
  friend bool operator==(const Colour&, const Colour&) = default;
};

/// The surfaces that accented text and edges must stand out from: of each scheme the one nearer to the text. page.css has the same.
inline constexpr Colour kLightSurface{0xF3, 0xF4, 0xF5};
inline constexpr Colour kDarkSurface{0x1C, 0x1F, 0x24};
/// Of text against its ground (WCAG 2.2, 1.4.3, level AA).
inline constexpr double kContrastMin = 4.5;

/// "#rrggbb", and nothing else.
std::optional<Colour> parse_colour(std::string_view text);
std::string format_colour(Colour colour);

/// From 1 to 21 (WCAG 2.2, "contrast ratio").
double contrast(Colour one, Colour other);

/// What the pages need of one accent colour.
struct Accent {
  Colour fill;          ///< as the operator chose it
  Colour on_fill;       ///< black or white, whichever reads better on it
  Colour ink_on_light;  ///< for text and edges: no further from `fill` than the contrast asks for
  Colour ink_on_dark;
};

Accent accent_of(Colour fill);

/// The realm's logo, and what img-src has to allow for it. Views of the URI.
struct Logo {
  std::string_view uri;
  std::string_view csp_source;
};

/// https:, or base64 data of an image that can't run scripts where it stands (png, svg+xml, jpeg, webp); nothing for any other URI.
std::optional<Logo> parse_logo(std::string_view uri);

}  // namespace tessera::pages
