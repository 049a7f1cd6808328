#include "store/data_dir.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/file.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <cstring>
#include <filesystem>
#include <optional>
#include <string_view>

namespace tessera::store {
namespace {

constexpr std::string_view kPrefix = "tessera epoch ";
constexpr std::string_view kMiddle = " journal ";
constexpr std::size_t kDigits = 16;
constexpr std::size_t kMarkBytes = kPrefix.size() + kDigits + kMiddle.size() + kDigits + 1;

/// Of fixed width and within one sector: rewriting it in place needs no new block, so a full disk can't stop it.
std::string format_mark(const EpochMark& mark) { return fmt::format("{}{:016}{}{:016}\n", kPrefix, mark.epoch, kMiddle, mark.journal_sum); }

std::optional<std::int64_t> parse_digits(std::string_view text) {
  std::int64_t number = 0;
  const auto [end, code] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (code != std::errc{} || end != text.data() + text.size() || number < 0) return std::nullopt;
  return number;
}

std::optional<EpochMark> parse_mark(std::string_view text) {
  if (text.size() != kMarkBytes || !text.starts_with(kPrefix) || text.back() != '\n') return std::nullopt;
  text.remove_prefix(kPrefix.size());
  const auto epoch = parse_digits(text.substr(0, kDigits));
  text.remove_prefix(kDigits);
  if (!epoch || !text.starts_with(kMiddle)) return std::nullopt;
  const auto sum = parse_digits(text.substr(kMiddle.size(), kDigits));
  if (!sum) return std::nullopt;
  return EpochMark{*epoch, *sum};
}

bool write_mark(int fd, const EpochMark& mark) {
  const auto text = format_mark(mark);
  return ::pwrite(fd, text.data(), text.size(), 0) == static_cast<ssize_t>(text.size()) && ::fdatasync(fd) == 0;
}

}  // namespace

std::string system_error(const std::string& path) { return fmt::format("{}: {}", path, std::strerror(errno)); }

void sync_folder(const std::string& path) {
  const File folder(::open(std::filesystem::path(path).parent_path().c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (folder.fd() >= 0) ::fsync(folder.fd());
}

File::~File() {
  if (fd_ >= 0) ::close(fd_);
}

Result<File> lock_file(const std::string& path) {
  File file(::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600));
  if (file.fd() < 0) return fail(Reason::store_unavailable, system_error(path));
  if (::flock(file.fd(), LOCK_EX | LOCK_NB) == 0) return file;
  if (errno == EWOULDBLOCK) return fail(Reason::store_unavailable, path + ": locked by a running server");
  return fail(Reason::store_unavailable, system_error(path));
}

Result<std::unique_ptr<EpochFile>> EpochFile::open(const std::string& path) {
  File file(::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600));
  if (file.fd() < 0) return fail(Reason::store_unavailable, system_error(path));
  char text[kMarkBytes + 1];
  const auto size = ::pread(file.fd(), text, sizeof text, 0);
  if (size < 0) return fail(Reason::store_unavailable, system_error(path));
  if (size == 0) {
    if (!write_mark(file.fd(), {})) return fail(Reason::store_unavailable, system_error(path));
    sync_folder(path);
    return std::unique_ptr<EpochFile>(new EpochFile(path, std::move(file), {}));
  }
  const auto mark = parse_mark({text, static_cast<std::size_t>(size)});
  if (!mark) return fail(Reason::store_corrupt, path + ": not an epoch file; if it is lost for good, run tessera restore --accept");
  return std::unique_ptr<EpochFile>(new EpochFile(path, std::move(file), *mark));
}

EpochMark EpochFile::mark() const {
  const std::lock_guard lock(mutex_);
  return mark_;
}

Status EpochFile::raise(const EpochMark& mark) {
  {
    const std::lock_guard lock(mutex_);
    wanted_ = std::max(wanted_, mark);
  }
  const std::lock_guard writing(writing_);
  EpochMark target;
  {
    const std::lock_guard lock(mutex_);
    if (mark_ >= mark) return {};
    target = wanted_;
  }
  if (!write_mark(file_.fd(), target)) return fail(Reason::commit_unknown, "committed, but not noted in " + system_error(path_));
  const std::lock_guard lock(mutex_);
  mark_ = target;
  return {};
}

}  // namespace tessera::store
