#include "store/data_dir.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/file.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <charconv>
#include <cstring>
#include <filesystem>
#include <optional>
#include <string_view>

namespace tessera::store {
namespace {

constexpr std::size_t kDigits = 16;

struct Field {
  std::string_view label;
  std::int64_t EpochMark::* value;
};
constexpr std::array<Field, 4> kFields{{{"tessera epoch ", &EpochMark::epoch},
                                        {" journal ", &EpochMark::journal_sum},
                                        {" withdrawals ", &EpochMark::withdrawals},
                                        {" checkpoints ", &EpochMark::checkpoints}}};

/// Of fixed width and within one sector: rewriting it in place needs no new block, so a full disk can't stop it.
std::string format_mark(const EpochMark& mark) {
  std::string text;
  for (const auto& [label, value] : kFields) text += fmt::format("{}{:0{}}", label, mark.*value, kDigits);
  return text + '\n';
}
constexpr std::size_t kMarkBytes = [] {
  std::size_t bytes = 1;
  for (const auto& field : kFields) bytes += field.label.size() + kDigits;
  return bytes;
}();

std::optional<std::int64_t> parse_digits(std::string_view text) {
  std::int64_t number = 0;
  const auto [end, code] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (code != std::errc{} || end != text.data() + text.size() || number < 0) return std::nullopt;
  return number;
}

std::optional<EpochMark> parse_mark(std::string_view text) {
  if (text.size() != kMarkBytes) return std::nullopt;
  EpochMark mark;
  for (const auto& [label, value] : kFields) {
    const auto number = text.starts_with(label) ? parse_digits(text.substr(label.size(), kDigits)) : std::nullopt;
    if (!number) return std::nullopt;
    mark.*value = *number;
    text.remove_prefix(label.size() + kDigits);
  }
  return text == "\n" ? std::optional(mark) : std::nullopt;
}

EpochMark higher(const EpochMark& a, const EpochMark& b) {
  EpochMark higher = a.is_behind(b) ? b : a;
  higher.withdrawals = std::max(a.withdrawals, b.withdrawals);
  higher.checkpoints = std::max(a.checkpoints, b.checkpoints);
  return higher;
}

bool write_mark(int fd, const EpochMark& mark) {
  const auto text = format_mark(mark);
  return ::pwrite(fd, text.data(), text.size(), 0) == static_cast<ssize_t>(text.size()) && ::fdatasync(fd) == 0;
}

}  // namespace

std::string system_error(const std::string& path) { return fmt::format("{}: {}", path, std::strerror(errno)); }

Status sync_folder(const std::string& path) {
  const auto parent = std::filesystem::path(path).parent_path();
  const File folder(::open(parent.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (folder.fd() < 0 || ::fsync(folder.fd()) != 0) return fail(Reason::store_unavailable, system_error(parent));
  return {};
}

File::~File() {
  if (fd_ >= 0) ::close(fd_);
}

Result<File> lock_file(const std::string& path) {
  File file(::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600));
  if (file.fd() < 0) return fail(Reason::store_unavailable, system_error(path));
  if (::flock(file.fd(), LOCK_EX | LOCK_NB) == 0) return file;
  if (errno == EWOULDBLOCK)
    return fail(Reason::store_unavailable,
                path + ": locked by a running server; stop it, or run the command with its --config on its machine");
  return fail(Reason::store_unavailable, system_error(path));
}

Result<std::unique_ptr<EpochFile>> EpochFile::open(const std::string& path, IfBroken if_broken) {
  File file(::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600));
  if (file.fd() < 0) return fail(Reason::store_unavailable, system_error(path));
  std::string text(kMarkBytes + 1, '\0');
  const auto size = ::pread(file.fd(), text.data(), text.size(), 0);
  if (size < 0) return fail(Reason::store_unavailable, system_error(path));
  text.resize(static_cast<std::size_t>(size));
  const auto mark = parse_mark(text);
  if (mark) return std::unique_ptr<EpochFile>(new EpochFile(path, std::move(file), *mark));
  if (size > 0 && if_broken == IfBroken::refuse)
    return fail(Reason::store_corrupt, path + ": not an epoch file; if it is lost for good, run tessera restore --accept");
  if (::ftruncate(file.fd(), 0) != 0 || !write_mark(file.fd(), {})) return fail(Reason::store_unavailable, system_error(path));
  TRY(sync_folder(path));
  std::unique_ptr<EpochFile> begun(new EpochFile(path, std::move(file), {}));
  begun->begun_anew_ = size > 0;
  return begun;
}

Status EpochFile::replace(const EpochMark& mark) {
  const std::lock_guard writing(writing_);
  const std::lock_guard lock(mutex_);
  if (!write_mark(file_.fd(), mark)) return fail(Reason::store_unavailable, system_error(path_));
  mark_ = wanted_ = mark;
  return {};
}

EpochMark EpochFile::mark() const {
  const std::lock_guard lock(mutex_);
  return mark_;
}

Status EpochFile::raise(const EpochMark& mark) {
  {
    const std::lock_guard lock(mutex_);
    wanted_ = higher(wanted_, mark);
  }
  const std::lock_guard writing(writing_);
  EpochMark target;
  {
    const std::lock_guard lock(mutex_);
    if (higher(mark_, mark) == mark_) return {};
    target = wanted_;
  }
  if (!write_mark(file_.fd(), target)) return fail(Reason::commit_unknown, "committed, but not noted in " + system_error(path_));
  const std::lock_guard lock(mutex_);
  mark_ = target;
  return {};
}

}  // namespace tessera::store
