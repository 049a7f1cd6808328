// A bounded map: what is kept by a key from outside must have a cap.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <utility>
#include <vector>

#include "base/slot_index.h"

namespace tessera::base {

/// At most `capacity` entries; a new one beyond it takes the place of one that was not used since the hand came by last. The hand goes
/// from the oldest to the newest and round again, and leaves where they are those that it spares (SIEVE; Zhang and others, NSDI 2024): what
/// is asked for again and again stays, and what came once goes before it grew old. A use only marks its entry. Every verb but erase_if is
/// O(1), on the average.
/// Not safe from several threads: its owner locks, and splits it into shards where that matters.
template <class Key, class Value, class Hash = std::hash<Key>, class Equal = std::equal_to<>>
class RecentMap {
 public:
  explicit RecentMap(std::size_t capacity = 0) : capacity_(std::max<std::size_t>(capacity, 1)) {}
  RecentMap(const RecentMap&) = delete;
  RecentMap& operator=(const RecentMap&) = delete;

  /// Counts as a use. The pointer holds until the next insert or erase.
  template <class K>
  Value* find(const K& key) {
    const SlotNumber at = lookup(key);
    if (at == kNoSlot) return nullptr;
    slots_[at].used = true;
    return &slots_[at].value;
  }

  /// Looks without counting as a use.
  template <class K>
  const Value* peek(const K& key) const {
    const SlotNumber at = lookup(key);
    return at == kNoSlot ? nullptr : &slots_[at].value;
  }

  /// Inserts, which is no use yet, or replaces, which is one. A capacity of 0 counts as 1. The reference holds as find's pointer does.
  Value& put(Key key, Value value) {
    if (Value* const known = find(key)) return *known = std::move(value);
    if (size() == capacity_) drop_one();
    const SlotNumber at = free_slot();
    Slot& slot = slots_[at];
    slot.key = std::move(key);
    slot.value = std::move(value);
    index_.insert(hash_of(slot.key), at);
    link_newest(at);
    return slot.value;
  }

  template <class K>
  void erase(const K& key) {
    const SlotNumber at = lookup(key);
    if (at != kNoSlot) drop(at);
  }

  /// Drops every entry whose value `unwanted` names. O(size).
  template <class Predicate>
  void erase_if(Predicate unwanted) {
    for (SlotNumber at = oldest_; at != kNoSlot;) {
      const SlotNumber next = slots_[at].newer;
      if (unwanted(std::as_const(slots_[at].value))) drop(at);
      at = next;
    }
  }

  std::size_t size() const { return slots_.size() - free_.size(); }

  void set_capacity(std::size_t capacity) {
    capacity_ = std::max<std::size_t>(capacity, 1);
    while (size() > capacity_) drop_one();
  }

 private:
  struct Slot {
    Key key{};
    Value value{};
    SlotNumber newer = kNoSlot;
    SlotNumber older = kNoSlot;
    bool used = false;
  };

  template <class K>
  static std::uint32_t hash_of(const K& key) {
    return SlotIndex::spread(Hash{}(key));
  }

  template <class K>
  SlotNumber lookup(const K& key) const {
    return index_.find(hash_of(key), [&](SlotNumber at) { return Equal{}(slots_[at].key, key); });
  }

  SlotNumber free_slot() {
    if (free_.empty()) {
      slots_.emplace_back();
      return static_cast<SlotNumber>(slots_.size() - 1);
    }
    const SlotNumber at = free_.back();
    free_.pop_back();
    return at;
  }

  void link_newest(SlotNumber at) {
    slots_[at].older = newest_;
    (newest_ == kNoSlot ? oldest_ : slots_[newest_].newer) = at;
    newest_ = at;
  }

  void drop(SlotNumber at) {
    Slot& slot = slots_[at];
    (slot.newer == kNoSlot ? newest_ : slots_[slot.newer].older) = slot.older;
    (slot.older == kNoSlot ? oldest_ : slots_[slot.older].newer) = slot.newer;
    if (hand_ == at) hand_ = slot.newer;
    index_.erase(hash_of(slot.key), at);
    slot = Slot{};
    free_.push_back(at);
  }

  void drop_one() {
    SlotNumber at = hand_ == kNoSlot ? oldest_ : hand_;
    while (slots_[at].used) {
      slots_[at].used = false;
      at = slots_[at].newer == kNoSlot ? oldest_ : slots_[at].newer;
    }
    hand_ = at;
    drop(at);
  }

  SlotIndex index_;
  std::vector<Slot> slots_;
  std::vector<SlotNumber> free_;
  SlotNumber newest_ = kNoSlot;
  SlotNumber oldest_ = kNoSlot;
  SlotNumber hand_ = kNoSlot;  ///< where the search for one to drop goes on; none: at the oldest
  std::size_t capacity_;
};

}  // namespace tessera::base
