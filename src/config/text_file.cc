#include "config/text_file.h"

#include <fmt/format.h>
#include <sys/stat.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <memory>

#include "base/utf8.h"

namespace tessera::config {
namespace {

struct CloseFile {
  void operator()(std::FILE* file) const { std::fclose(file); }
};

std::unexpected<Error> refuse(const std::string& path, int error) {
  const std::string_view todo =
      error == EISDIR ? "name a file in it" : (error == ENOENT ? "check the path" : "check the path and its permissions");
  return fail(Reason::config_invalid, fmt::format("{}: can't be read ({}); {}", path, std::strerror(error), todo));
}

}  // namespace

// Not a file stream: the iterators of one throw on a read error, as a folder gives.
Result<std::string> read_text_file(const std::string& path, std::size_t bytes_max, Pipes pipes) {
  struct stat status{};
  if (::stat(path.c_str(), &status) != 0) return refuse(path, errno);
  if (pipes == Pipes::refused && !S_ISREG(status.st_mode) && !S_ISDIR(status.st_mode))
    return fail(Reason::config_invalid, path + ": is no file; put a file there");
  const std::unique_ptr<std::FILE, CloseFile> file(std::fopen(path.c_str(), "rbe"));
  if (!file) return refuse(path, errno);
  std::string text;
  std::array<char, 65'536> buffer;
  while (std::feof(file.get()) == 0) {
    const std::size_t got = std::fread(buffer.data(), 1, buffer.size(), file.get());
    if (std::ferror(file.get()) != 0) return refuse(path, errno);
    text.append(buffer.data(), got);
    if (text.size() > bytes_max)
      return fail(Reason::config_invalid, fmt::format("{}: larger than {} KiB; split it", path, bytes_max >> 10));
  }

  std::string_view rest = text;
  while (!rest.empty()) {
    const std::size_t length = base::utf8_sequence_length(rest);
    if (length == 0) {
      const auto line = 1 + std::count(text.cbegin(), text.cend() - static_cast<std::ptrdiff_t>(rest.size()), '\n');
      return fail(Reason::config_invalid, fmt::format("{}:{}: holds bytes that are no UTF-8; save the file as UTF-8", path, line));
    }
    rest.remove_prefix(length);
  }
  return text;
}

}  // namespace tessera::config
