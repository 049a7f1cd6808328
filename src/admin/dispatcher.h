// One door to every operation: JSON in, JSON out. The command line uses it in its own process on a stopped server's database, and through
// the admin socket on a running one.
#pragma once

#include <boost/json/object.hpp>
#include <functional>
#include <map>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

#include "admin/operations.h"

namespace tessera::admin {

/// Reads the arguments of one request. The first missing or wrong one, and any that no one read, is a refusal.
class Arguments {
 public:
  explicit Arguments(const boost::json::object& values) : values_(values) {}

  /// "" (and a refusal) when it is missing.
  std::string text(std::string_view name);
  std::string text_or(std::string_view name, std::string_view otherwise);
  bool flag(std::string_view name);
  std::int64_t number_or(std::string_view name, std::int64_t otherwise);
  std::vector<std::string> words(std::string_view name);
  std::vector<NamedText> files(std::string_view name);
  /// A list of objects that hold these two texts.
  std::vector<std::pair<std::string, std::string>> pairs(std::string_view name, std::string_view first, std::string_view second);
  bool has(std::string_view name) const { return values_.contains(name); }
  Status status() const;

 private:
  const boost::json::value* find(std::string_view name);
  void refuse(std::string_view name, std::string_view what);

  const boost::json::object& values_;
  std::vector<std::string> read_;
  std::string problem_;
};

/// Safe from any thread: one request at a time.
class Dispatcher {
 public:
  /// Carries out one command and returns its result.
  using Command = std::function<Result<boost::json::value>(Operations& operations, Arguments& arguments)>;

  explicit Dispatcher(const Services& services);

  /// `{"command": "secret.add", "args": {"realm": "finlex", ...}}` to `{"result": ...}` or `{"error": {"reason": ..., "message": ...}}`.
  /// Waits for the store and hashes passwords: call it on a worker.
  std::string handle(std::string_view request);

  /// Operations::rotate_due_keys, between the requests.
  Result<int> rotate_due_keys(TimePoint now, int limit);

  std::vector<std::string_view> commands() const;

 private:
  Result<boost::json::value> run(std::string_view request);

  std::mutex mutex_;
  Operations operations_;
  std::map<std::string_view, Command> commands_;
};

/// The commands, by their part. Each file adds its own.
void add_transfer_commands(std::map<std::string_view, Dispatcher::Command>& commands);
void add_realm_commands(std::map<std::string_view, Dispatcher::Command>& commands);
void add_client_commands(std::map<std::string_view, Dispatcher::Command>& commands);
void add_registration_commands(std::map<std::string_view, Dispatcher::Command>& commands);
void add_user_commands(std::map<std::string_view, Dispatcher::Command>& commands);
void add_key_commands(std::map<std::string_view, Dispatcher::Command>& commands);

}  // namespace tessera::admin
