#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <filesystem>

#include "base/embedded_file.h"
#include "config/text_file.h"
#include "dialects/dialect.h"
#include "dialects/spec.h"

namespace tessera::dialects {

/// The dialect files beside this one.
std::span<const base::EmbeddedFile> embedded_files();

namespace {

constexpr std::size_t kFileBytesMax = 262'144;

std::string stem_of(const std::string& path) { return std::filesystem::path(path).stem().string(); }

Result<std::vector<Dialect::Source>> read_dir(const std::string& path) {
  std::vector<Dialect::Source> sources;
  std::error_code error;
  std::filesystem::directory_iterator files(path, error);
  for (; !error && files != std::filesystem::directory_iterator(); files.increment(error)) {
    if (files->path().extension() != ".toml") continue;
    const std::string file = files->path().string();
    auto text = config::read_text_file(file, kFileBytesMax);
    if (!text) return fail(Reason::dialect_invalid, text.error().context);
    sources.push_back({file, *std::move(text)});
  }
  if (error) return refuse(path, "no readable folder: " + error.message());
  std::sort(sources.begin(), sources.end(), [](const auto& a, const auto& b) { return a.path < b.path; });
  return sources;
}

/// The first one whose parent is known already, or none of the others.
Result<std::vector<Dialect::Source>::iterator> next_of(std::vector<Dialect::Source>& sources, const Library& library) {
  for (auto source = sources.begin(); source != sources.end(); ++source) {
    const std::string parent = TRY(read_extends(*source));
    const bool waits = std::any_of(sources.begin(), sources.end(), [&](const auto& other) { return stem_of(other.path) == parent; });
    if (!waits || library.find(parent)) return source;
  }
  return refuse(sources.front().path, "it extends itself, through others or not; write extends = \"oauth2\" in one of them");
}

}  // namespace

Library::Library() {
  std::vector<Dialect::Source> sources;
  for (const auto& [name, text] : embedded_files()) sources.push_back({std::string(name), std::string(text)});
  const Status added = add_all(std::move(sources));
  if (added) return;
  // A binary whose own files are wrong can't serve anybody.
  std::fprintf(stderr, "built-in dialect: %s\n", added.error().context.c_str());
  std::abort();
}

Status Library::add_all(std::vector<Dialect::Source> sources) {
  Library grown(*this);
  while (!sources.empty()) {
    const auto source = TRY(next_of(sources, grown));
    if (const auto taken = grown.find(stem_of(source->path)))
      return refuse(source->path, "a dialect of this name exists (" + taken->sources().back().path + "); name the file otherwise");
    auto dialect = TRY(parse_dialect(source->toml, source->path, grown));
    grown.dialects_.emplace(dialect->name(), dialect);
    sources.erase(source);
  }
  dialects_ = std::move(grown.dialects_);
  return {};
}

Status Library::load_dir(const std::string& path) {
  auto sources = TRY(read_dir(path));
  return add_all(std::move(sources));
}

std::shared_ptr<const Dialect> Library::find(std::string_view name) const {
  const auto found = dialects_.find(name);
  return found == dialects_.end() ? nullptr : found->second;
}

std::vector<std::string_view> Library::names() const {
  std::vector<std::string_view> names;
  for (const auto& [name, dialect] : dialects_) names.push_back(name);
  return names;
}

}  // namespace tessera::dialects
