// What the directory keeps of clients and users: found by handle or by name, never staler than the newest change that it was told of.
#pragma once

#include <algorithm>
#include <array>
#include <atomic>
#include <cstdint>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>

#include "base/handle.h"
#include "base/recent_map.h"
#include "model/realm.h"

namespace tessera::clients {

/// Records stand under their handle only. A name leads to a handle, which it may do wrongly (the record behind it was removed and another
/// took its name): then the handle leads to nothing, for removing a record drops it. So one drop, by handle, is enough.
/// Safe from any thread.
template <class Record>
class RecordCache {
 public:
  using Pointer = std::shared_ptr<const Record>;
  /// How many invalidations there have been. Taken before a record is read from the store, given back when it is put here.
  using Epoch = std::uint64_t;

  explicit RecordCache(std::size_t capacity) {
    const std::size_t share = std::max<std::size_t>(capacity / kShards, 1);
    for (auto& shard : records_) shard.entries.set_capacity(share);
    for (auto& shard : names_) shard.entries.set_capacity(share);
  }

  Pointer find(const Handle& handle) {
    auto& shard = record_shard(handle);
    const std::lock_guard lock(shard.mutex);
    const Pointer* const found = shard.entries.find(handle);
    return found ? *found : nullptr;
  }

  Pointer find(model::RealmId realm, std::string_view name) {
    const Handle handle = handle_of({realm, name});
    return handle ? find(handle) : nullptr;
  }

  Epoch epoch() const { return epoch_.load(); }

  /// Keeps the record, unless anything was invalidated since `read_at`: it may have been read before the change. False then.
  bool put(const Handle& handle, const Pointer& record, Epoch read_at) {
    auto& shard = record_shard(handle);
    const std::lock_guard lock(shard.mutex);
    if (epoch_.load() != read_at) return false;
    shard.entries.put(handle, record);
    return true;
  }
  /// The same, to be found by name too.
  void put(const Handle& handle, model::RealmId realm, std::string_view name, const Pointer& record, Epoch read_at) {
    if (!put(handle, record, read_at)) return;
    auto& shard = name_shard(name);
    const std::lock_guard lock(shard.mutex);
    shard.entries.put(Name{realm, std::string(name)}, handle);
  }

  // The epoch moves before the entry goes: whoever puts under the shard's lock either sees it moved, or has put what goes now.
  void drop(const Handle& handle) {
    epoch_.fetch_add(1);
    auto& shard = record_shard(handle);
    const std::lock_guard lock(shard.mutex);
    shard.entries.erase(handle);
  }

  template <class Predicate>
  void drop_if(Predicate stale) {
    epoch_.fetch_add(1);
    for (auto& shard : records_) {
      const std::lock_guard lock(shard.mutex);
      shard.entries.erase_if([&](const Pointer& record) { return stale(*record); });
    }
  }

 private:
  static constexpr std::size_t kShards = 16;

  struct NameView {
    model::RealmId realm;
    std::string_view text;
  };
  struct Name {
    model::RealmId realm;
    std::string text;
    operator NameView() const { return {realm, text}; }
  };
  struct NameHash {
    using is_transparent = void;
    std::size_t operator()(const NameView& name) const {
      return std::hash<std::string_view>{}(name.text) ^ static_cast<std::size_t>(name.realm) * 0x9E3779B97F4A7C15U;
    }
  };
  struct NameEqual {
    using is_transparent = void;
    bool operator()(const NameView& a, const NameView& b) const { return a.realm == b.realm && a.text == b.text; }
  };

  template <class Map>
  struct Shard {
    std::mutex mutex;
    Map entries;
  };
  using RecordShard = Shard<base::RecentMap<Handle, Pointer, HandleHash>>;
  using NameShard = Shard<base::RecentMap<Name, Handle, NameHash, NameEqual>>;

  // Handle's hash reads the last bytes, so the first are free to choose the shard.
  RecordShard& record_shard(const Handle& handle) { return records_[handle.bytes[0] % kShards]; }
  NameShard& name_shard(std::string_view name) { return names_[(std::hash<std::string_view>{}(name) >> 32) % kShards]; }

  Handle handle_of(const NameView& name) {
    auto& shard = name_shard(name.text);
    const std::lock_guard lock(shard.mutex);
    const Handle* const found = shard.entries.find(name);
    return found ? *found : Handle{};
  }

  std::atomic<Epoch> epoch_ = 0;
  std::array<RecordShard, kShards> records_;
  std::array<NameShard, kShards> names_;
};

}  // namespace tessera::clients
