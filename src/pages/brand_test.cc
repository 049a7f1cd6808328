// Colours that can be read, logos that can be trusted.
#include "pages/brand.h"

#include <gtest/gtest.h>

#include "pages/embedded.h"
#include "pages/uri.h"

namespace tessera::pages {
namespace {

TEST(BrandTest, AColourIsSixDigits) {
  EXPECT_EQ(parse_colour("#1F4e8c"), (Colour{0x1F, 0x4E, 0x8C}));
  for (const auto* const bad : {"", "#", "#fff", "1f4e8c", "#1f4e8", "#1f4e8cc", "#1f4e8g", "#1f4e8;", "red", "#-1-1-1", "# 1f4e8"})
    EXPECT_FALSE(parse_colour(bad)) << bad;
  EXPECT_EQ(format_colour({0x0A, 0x00, 0xFF}), "#0a00ff");
}

TEST(BrandTest, ContrastIsWcags) {
  EXPECT_NEAR(contrast({0, 0, 0}, {255, 255, 255}), 21, 0.001);
  EXPECT_NEAR(contrast({255, 255, 255}, {0, 0, 0}), 21, 0.001);
  EXPECT_NEAR(contrast({0x76, 0x76, 0x76}, {255, 255, 255}), 4.54, 0.01);
}

TEST(BrandTest, EveryAccentCanBeRead) {
  for (int red = 0; red <= 255; red += 15)
    for (int green = 0; green <= 255; green += 15)
      for (int blue = 0; blue <= 255; blue += 15) {
        const Colour fill{static_cast<std::uint8_t>(red), static_cast<std::uint8_t>(green), static_cast<std::uint8_t>(blue)};
        const Accent accent = accent_of(fill);
        ASSERT_EQ(accent.fill, fill);
        ASSERT_GE(contrast(accent.on_fill, fill), kContrastMin) << format_colour(fill);
        ASSERT_GE(contrast(accent.ink_on_light, kLightSurface), kContrastMin) << format_colour(fill);
        ASSERT_GE(contrast(accent.ink_on_dark, kDarkSurface), kContrastMin) << format_colour(fill);
      }
}

TEST(BrandTest, AReadableAccentStaysAsItIs) {
  const Accent accent = accent_of({0x1F, 0x4E, 0x8C});
  EXPECT_EQ(accent.ink_on_light, (Colour{0x1F, 0x4E, 0x8C}));
  EXPECT_EQ(accent.on_fill, (Colour{0xFF, 0xFF, 0xFF}));
  EXPECT_EQ(accent_of({0xFF, 0xD2, 0x3F}).on_fill, (Colour{0, 0, 0}));
}

/// The stylesheet names the colours that this part reckons with, and its own accent follows the same rules.
TEST(BrandTest, TheStylesheetHasTheSameSurfaces) {
  std::string css;
  for (const base::EmbeddedFile& file : embedded_files())
    if (file.name == "page.css") css = file.text;
  const auto own = accent_of({0x0F, 0x6B, 0x66});
  for (const std::string& line : {"--ground: " + format_colour(kLightSurface), "--card: " + format_colour(kDarkSurface),
                                  "--accent: " + format_colour(own.fill), "--on-accent: " + format_colour(own.on_fill),
                                  "--ink-on-light: " + format_colour(own.ink_on_light), "--ink-on-dark: " + format_colour(own.ink_on_dark)})
    EXPECT_NE(css.find(line + ";"), std::string::npos) << line;
}

TEST(BrandTest, ALogoIsHttpsOrAnImagesData) {
  EXPECT_EQ(parse_logo("https://cdn.example.com/a.svg")->csp_source, "https://cdn.example.com");
  EXPECT_EQ(parse_logo("https://cdn.example.com:8443?x")->csp_source, "https://cdn.example.com:8443");
  for (const std::string type : {"png", "svg+xml", "jpeg", "webp"})
    EXPECT_EQ(parse_logo("data:image/" + type + ";base64,AAAA/+==")->csp_source, "data:") << type;
  for (const auto* const bad :
       {"", "http://cdn.example.com/a.png", "https://", "https:///a", "https://a b/", "https://user@evil.example/",
        "https://a.example;script-src *", "https://*/a.png", "https://a.example:/", "https://a.example:8x/", "https://[::1]/a.png",
        "https://a.example/\"onerror=", "data:image/gif;base64,AAAA", "data:text/html;base64,AAAA", "data:image/png,AAAA",
        "data:image/png;base64,", "data:image/png;base64,AA\"", "data:image/png;base64,AA AA", "/logo.png"})
    EXPECT_FALSE(parse_logo(bad)) << bad;
}

TEST(UriTest, AWebUriHasASchemeAndAHost) {
  for (const auto* const good : {"https://a.example", "http://127.0.0.1:4000/cb?x=1#y", "HTTPS://A.example/", "https://a.example/ä"})
    EXPECT_TRUE(is_web_uri(good)) << good;
  for (const auto* const bad :
       {"", "https:", "https://", "https:///x", "http:/a", "javascript:alert(1)//https://a", "data:,x", "com.example.app:/cb", "/path",
        "https://a.example/ x", "https://a.example/\n", "https://a.example\\@b", "https://a.example/<", "\x01https://a.example"})
    EXPECT_FALSE(is_web_uri(bad)) << bad;
}

TEST(UriTest, ALocalPathStaysHere) {
  EXPECT_TRUE(is_local_path("/"));
  EXPECT_TRUE(is_local_path("/realms/a/authorize?x=https://b"));
  for (const auto* const bad : {"", "x", "//evil.example", "/\\evil.example", "https://a.example/", "/a b", "/\t/evil.example", "/\"x"})
    EXPECT_FALSE(is_local_path(bad)) << bad;
}

}  // namespace
}  // namespace tessera::pages
