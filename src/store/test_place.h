// Where a test's store lives, and the records that most tests start from.
#pragma once

#include <gtest/gtest.h>
#include <stdlib.h>

#include <filesystem>
#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "store/db_postgres.h"
#include "store/db_sqlite.h"
#include "store/sql_rows.h"
#include "store/sql_store.h"

namespace tessera::store {

/// A temporary folder, gone with the object.
class TempFolder {
 public:
  TempFolder() : path_((std::filesystem::temp_directory_path() / "tessera-store-XXXXXX").string()) {
    if (::mkdtemp(path_.data()) == nullptr) std::abort();
  }
  ~TempFolder() {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
  }
  TempFolder(const TempFolder&) = delete;
  TempFolder& operator=(const TempFolder&) = delete;
  const std::string& path() const { return path_; }

 private:
  std::string path_;
};

/// An empty place for one store.
struct Place {
  std::shared_ptr<TempFolder> folder = std::make_shared<TempFolder>();
  std::string url;  ///< "" for SQLite
  StoreOptions options() const { return {.data_dir = folder->path(), .url = url}; }
};

inline const TimePoint kNow = base::from_s(1'800'000'000);
inline const Turn kPool{kNow, Lane::pool};
inline const Turn kIo{kNow, Lane::io};
inline Turn at(std::int64_t seconds_later) { return {kNow + std::chrono::seconds(seconds_later), Lane::pool}; }

/// What a refused call says; a call that succeeds fails the test.
template <class T>
Reason reason_of(const Result<T>& result) {
  if (result) {
    ADD_FAILURE() << "succeeded";
    return Reason::internal;
  }
  return result.error().reason;
}

/// A store with one realm, client, secret and user.
class World {
 public:
  enum class First : std::uint8_t { open, as_is };
  explicit World(Place place, First first = First::open) : place_(std::move(place)) { first == First::open ? open() : accept_as_is(); }

  void open() {
    auto opened = open_store(place_.options());
    if (!opened) throw std::runtime_error(opened.error().context);
    store_ = std::move(*opened);
  }
  void reopen() {
    store_.reset();
    open();
  }
  /// Closes; open() or accept_restored() next.
  void restore(const std::function<Place()>& backup) {
    store_.reset();
    place_ = backup();
  }
  /// tessera restore --as-is.
  void accept_as_is() {
    auto options = place_.options();
    options.accept = Accept::as_is;
    auto opened = open_store(options);
    if (!opened) throw std::runtime_error(opened.error().context);
    store_ = std::move(*opened);
  }
  /// tessera restore --accept.
  void accept_restored(bool without_withdrawals = false) {
    auto options = place_.options();
    options.accept = Accept::restored;
    options.now = kNow;
    options.without_withdrawals = without_withdrawals;
    auto opened = open_store(options);
    if (!opened) throw std::runtime_error(opened.error().context);
    store_ = std::move(*opened);
    ASSERT_TRUE(journal().start_epoch());
    ASSERT_TRUE(store().end_restore());
  }
  /// Adds the records. Call once.
  void populate() {
    must({PutRealm{{.handle = Handle::random(), .name = "bank"}}});
    realm = store().config().realms()->front();
    client = {.handle = Handle::random(), .realm = realm.id, .client_id = "app"};
    secret = {.handle = Handle::random(), .client = client.handle, .hash = std::string("\0\xFF", 2), .hint = "wxyz", .created_at = kNow};
    user = {.handle = Handle::random(), .realm = realm.id, .username = "Ada", .password_record = "$argon2id$x"};
    must({PutClient{client}, AddSecret{secret}, PutUser{user}});
  }
  /// Commits and expects success.
  std::vector<model::RevocationEvent> must(const std::vector<Change>& changes) {
    auto events = config().commit(kPool, changes, {});
    if (!events) throw std::runtime_error(std::string(base::reason_name(events.error().reason)) + " " + events.error().context);
    return *events;
  }
  Reason refused(const std::vector<Change>& changes) { return reason_of(config().commit(kPool, changes, {})); }

  model::Family family(std::int64_t number = 0) const {
    return {.handle = Handle::random(),
            .realm = realm.id,
            .client = client.handle,
            .secret = secret.handle,
            .user = user.handle,
            .nonce = Handle::random(),
            .scope = "openid accounts",
            .created_at = kNow,
            .last_used_at = kNow,
            .idle_ttl_s = 1'800,
            .rev = model::make_rev(1, number)};
  }
  model::Session session(std::int64_t number = 0) const {
    return {.handle = Handle::random(),
            .realm = realm.id,
            .user = user.handle,
            .created_at = kNow,
            .last_used_at = kNow,
            .rev = model::make_rev(1, number)};
  }
  model::Family opened(model::Family made) {
    const auto status = sessions().open(kPool, std::nullopt, made);
    if (!status) throw std::runtime_error(status.error().context);
    return made;
  }
  Result<Rotation> rotate(const model::Family& family, std::int64_t generation, const Turn& turn = kPool, int leeway_s = 0,
                          std::int64_t shown_by = 1) {
    return sessions().rotate(turn, family, {.generation = generation, .by = shown_by}, leeway_s, ended);
  }

  /// The rows of a table.
  std::int64_t count(const std::string& table) const {
    const auto db = place_.url.empty() ? open_sqlite(place_.folder->path() + "/tessera.db") : open_postgres(place_.url);
    return read_value<std::int64_t>(**db, Lane::pool,
                                    [&](Connection& connection) { return select_number(connection, "select count(*) from " + table, {}); })
        .value();
  }

  Store& store() { return *store_; }
  ConfigStore& config() { return store_->config(); }
  SessionStore& sessions() { return store_->sessions(); }
  AuthorizationStore& authorizations() { return store_->authorizations(); }
  RegistrationStore& registrations() { return store_->registrations(); }
  SingleUseStore& single_use() { return store_->single_use(); }
  JournalStore& journal() { return store_->journal(); }
  const Place& place() const { return place_; }
  void close() { store_.reset(); }

  model::Realm realm;
  model::Client client;
  model::ClientSecret secret;
  model::User user;
  std::vector<model::RevocationEvent> ended;  ///< by reuse

 private:
  Place place_;
  std::unique_ptr<Store> store_;
};

}  // namespace tessera::store
