#include "pages/assets.h"

#include <algorithm>
#include <utility>

#include "base/base64url.h"
#include "base/digest.h"
#include "pages/embedded.h"

namespace tessera::pages {
namespace {

/// Of base64url: 72 bits tell two versions of a file apart.
constexpr std::size_t kHashChars = 12;

}  // namespace

Asset::Asset(std::string_view base_path, std::string_view file, std::string content_type) : content_type_(std::move(content_type)) {
  for (const base::EmbeddedFile& embedded : embedded_files())
    if (embedded.name == file) body_ = embedded.text;
  const std::size_t dot = file.rfind('.');
  prefix_ = std::string(base_path).append("/pages/").append(file.substr(0, dot)).append("-");
  suffix_ = file.substr(dot);
  path_ = prefix_ + base::base64url_encode(base::sha256(body_)).substr(0, kHashChars) + suffix_;
}

std::optional<http::Response> Asset::answer(std::string_view path) const {
  const bool ours = path.size() == path_.size() && path.starts_with(prefix_) && path.ends_with(suffix_);
  if (!ours) return std::nullopt;
  return http::Response{200,
                        {{"Content-Type", content_type_},
                         {"Cache-Control", path == path_ ? "public, max-age=3600" : "no-store"},
                         {"X-Content-Type-Options", "nosniff"}},
                        std::string(body_)};
}

}  // namespace tessera::pages
