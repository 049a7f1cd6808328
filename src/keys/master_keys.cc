#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <filesystem>

#include "base/base64url.h"
#include "base/fd.h"
#include "base/file_owner.h"
#include "base/handle.h"
#include "base/random.h"
#include "keys/sealer.h"

namespace tessera::keys {
namespace {

constexpr std::size_t kMasterKeySize = 32;
constexpr std::size_t kMaxMasterKeys = 16;
constexpr std::size_t kMaxFileBytes = 8'192;

std::unexpected<Error> unusable(const std::string& path, std::string_view what) {
  return fail(Reason::config_invalid, fmt::format("master key file {}: {}", path, what));
}

std::string last_error() { return std::strerror(errno); }

/// Read through the descriptor that was checked: the path may change between two looks.
Status check_private(const Fd& file, const std::string& path, uid_t owner) {
  struct stat status{};
  if (::fstat(file.get(), &status) != 0) return unusable(path, last_error());
  if (!S_ISREG(status.st_mode)) return unusable(path, "is no regular file");
  if (status.st_uid != owner && status.st_uid != ::geteuid() && status.st_uid != 0)
    return unusable(path, fmt::format("belongs to {}, who is not the server's user: chown {} {}", base::user_name(status.st_uid),
                                      base::user_name(owner), path));
  if ((status.st_mode & 077) != 0) return unusable(path, fmt::format("others may read it: chmod 600 {}", path));
  if (static_cast<std::size_t>(status.st_size) > kMaxFileBytes) return unusable(path, "is larger than 8 KB");
  return {};
}

Result<Secret> read_whole(const Fd& file, const std::string& path) {
  std::string text(kMaxFileBytes, '\0');
  std::size_t size = 0;
  while (size < text.size()) {
    const ssize_t got = ::read(file.get(), text.data() + size, text.size() - size);
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return unusable(path, last_error());
    if (got == 0) break;
    size += static_cast<std::size_t>(got);
  }
  const Secret whole(std::move(text));
  return Secret(std::string(whole.reveal().substr(0, size)));
}

bool write_whole(int fd, std::string_view text) {
  while (!text.empty()) {
    const ssize_t put = ::write(fd, text.data(), text.size());
    if (put < 0 && errno == EINTR) continue;
    if (put <= 0) return false;
    text.remove_prefix(static_cast<std::size_t>(put));
  }
  return ::fsync(fd) == 0;
}

Secret new_master_key_line() { return Secret(base::base64url_encode(base::random_secret(kMasterKeySize).reveal()) + "\n"); }

/// Writes the file beside its place and links it in: it is there whole or not at all, and one that came first is never replaced.
Status create_file(const std::string& path, uid_t owner) {
  const std::string draft = path + "." + Handle::random().str();
  {
    const Fd file(::open(draft.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600));
    if (!file) return unusable(path, "can't be made: " + last_error());
    if (!base::give_to(file.get(), owner) || !write_whole(file.get(), new_master_key_line().reveal())) {
      const std::string why = last_error();
      ::unlink(draft.c_str());
      return unusable(path, "can't be written: " + why);
    }
  }
  const bool linked = ::link(draft.c_str(), path.c_str()) == 0 || errno == EEXIST;
  const std::string why = last_error();
  ::unlink(draft.c_str());
  if (!linked) return unusable(path, "can't be made: " + why);

  const std::string parent = std::filesystem::path(path).parent_path().string();
  const Fd folder(::open(parent.empty() ? "." : parent.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (!folder || ::fsync(folder.get()) != 0) return unusable(path, "its folder can't be synced: " + last_error());
  return {};
}

}  // namespace

Result<std::vector<Secret>> parse_master_keys(std::string_view text, char separator) {
  std::vector<Secret> keys;
  while (!text.empty()) {
    const std::size_t end = std::min(text.find(separator), text.size());
    const std::string_view line = text.substr(0, end);
    text.remove_prefix(std::min(end + 1, text.size()));
    if (line.empty() || line.front() == '#') continue;
    auto key = base::base64url_decode(line);
    if (!key || key->size() != kMasterKeySize) return fail(Reason::config_invalid, "a master key is not 32 bytes in base64url");
    if (keys.size() == kMaxMasterKeys) return fail(Reason::config_invalid, "more than 16 master keys");
    keys.emplace_back(*std::move(key));
  }
  if (keys.empty()) return fail(Reason::config_invalid, "no master key");
  return keys;
}

Result<std::vector<Secret>> load_master_keys(const std::string& path, uid_t owner, bool create) {
  // Also through a link, as secrets are mounted: what counts is the file behind it.
  const auto open_file = [&] { return ::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK); };
  int fd = open_file();
  if (fd < 0 && errno == ENOENT && create) {
    TRY(create_file(path, owner));
    fd = open_file();
  }
  const Fd file(fd);
  if (!file) return fail(Reason::config_invalid, "master key file " + base::system_error(path));
  TRY(check_private(file, path, owner));
  const Secret text = TRY(read_whole(file, path));
  auto keys = parse_master_keys(text.reveal());
  if (!keys) return unusable(path, keys.error().context + "; put it back from its backup: what was sealed under it opens with no other");
  return keys;
}

}  // namespace tessera::keys
