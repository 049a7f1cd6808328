#include "pages/brand.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "http/chars.h"
#include "pages/uri.h"

namespace tessera::pages {
namespace {

constexpr Colour kBlack{0, 0, 0};
constexpr Colour kWhite{0xFF, 0xFF, 0xFF};
/// Of the way from the accent to black or white: what is left of it can't be seen.
constexpr int kMixSteps = 6;

std::optional<std::uint8_t> parse_channel(char high, char low) {
  const auto first = http::hex_digit(high);
  const auto second = http::hex_digit(low);
  if (!first || !second) return std::nullopt;
  return static_cast<std::uint8_t>(*first * 16 + *second);
}

double linear(std::uint8_t channel) {
  const double value = channel / 255.0;
  return value <= 0.04045 ? value / 12.92 : std::pow((value + 0.055) / 1.055, 2.4);
}

double luminance(Colour colour) { return 0.2126 * linear(colour.red) + 0.7152 * linear(colour.green) + 0.0722 * linear(colour.blue); }

std::uint8_t mix_channel(std::uint8_t from, std::uint8_t to, double share) {
  return static_cast<std::uint8_t>(std::lround(from + (to - from) * share));
}

Colour mix(Colour from, Colour to, double share) {
  return {mix_channel(from.red, to.red, share), mix_channel(from.green, to.green, share), mix_channel(from.blue, to.blue, share)};
}

/// The colour nearest to `accent` on its way to `end` that can be read on `surface`; `end` can.
Colour readable(Colour accent, Colour end, Colour surface) {
  if (contrast(accent, surface) >= kContrastMin) return accent;
  double too_near = 0;
  double good = 1;
  for (int step = 0; step < kMixSteps; ++step) {
    const double share = (too_near + good) / 2;
    (contrast(mix(accent, end, share), surface) >= kContrastMin ? good : too_near) = share;
  }
  return mix(accent, end, good);
}

bool is_base64(std::string_view text) {
  return !text.empty() && std::all_of(text.begin(), text.end(), [](char c) {
    return http::is_digit(c) || (http::to_lower(c) >= 'a' && http::to_lower(c) <= 'z') || c == '+' || c == '/' || c == '=';
  });
}

}  // namespace

std::optional<Colour> parse_colour(std::string_view text) {
  if (text.size() != 7 || text[0] != '#') return std::nullopt;
  const auto red = parse_channel(text[1], text[2]);
  const auto green = parse_channel(text[3], text[4]);
  const auto blue = parse_channel(text[5], text[6]);
  if (!red || !green || !blue) return std::nullopt;
  return Colour{*red, *green, *blue};
}

std::string format_colour(Colour colour) { return fmt::format("#{:02x}{:02x}{:02x}", colour.red, colour.green, colour.blue); }

double contrast(Colour one, Colour other) {
  const auto [darker, lighter] = std::minmax({luminance(one), luminance(other)});
  return (lighter + 0.05) / (darker + 0.05);
}

Accent accent_of(Colour fill) {
  return {.fill = fill,
          .on_fill = contrast(fill, kWhite) >= contrast(fill, kBlack) ? kWhite : kBlack,
          .ink_on_light = readable(fill, kBlack, kLightSurface),
          .ink_on_dark = readable(fill, kWhite, kDarkSurface)};
}

std::optional<Logo> parse_logo(std::string_view uri) {
  if (const auto origin = https_origin(uri)) return Logo{uri, *origin};
  for (const std::string_view prefix :
       {"data:image/png;base64,", "data:image/svg+xml;base64,", "data:image/jpeg;base64,", "data:image/webp;base64,"})
    if (uri.starts_with(prefix) && is_base64(uri.substr(prefix.size()))) return Logo{uri, "data:"};
  return std::nullopt;
}

}  // namespace tessera::pages
