// The stylesheet and the script, under names that change with their content.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "http/message.h"

namespace tessera::pages {

/// One file of assets/. Safe to use from any thread.
class Asset {
 public:
  /// "page.css" is served at base_path + "/pages/page-HASH.css".
  Asset(std::string_view base_path, std::string_view file, std::string content_type);

  const std::string& path() const { return path_; }
  /// Nothing when `path` is not this file's. A server of another version asks under another hash: it gets what is here, and no cache keeps
  /// it.
  std::optional<http::Response> answer(std::string_view path) const;

 private:
  std::string prefix_;  ///< up to the hash
  std::string suffix_;  ///< from the dot
  std::string path_;
  std::string content_type_;
  std::string_view body_;
};

}  // namespace tessera::pages
