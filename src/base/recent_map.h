// A bounded map: what is kept by a key from outside must have a cap.
#pragma once

#include <cstddef>
#include <functional>
#include <unordered_map>
#include <utility>

namespace tessera::base {

/// At most `capacity` entries; a new one beyond it takes the place of the oldest that was not used since its turn came up last. A use only
/// marks its entry: to keep all in order of use would touch its neighbours as well, and of a large map each is a cache miss. Every verb but
/// erase_if is O(1), on the average.
/// Not safe from several threads: its owner locks, and splits it into shards where that matters.
template <class Key, class Value, class Hash = std::hash<Key>, class Equal = std::equal_to<>>
class RecentMap {
 public:
  explicit RecentMap(std::size_t capacity = 0) : capacity_(capacity) {}
  RecentMap(const RecentMap&) = delete;
  RecentMap& operator=(const RecentMap&) = delete;

  /// Counts as a use. The pointer holds until the next insert or erase.
  template <class K>
  Value* find(const K& key) {
    const auto at = index_.find(key);
    if (at == index_.end()) return nullptr;
    at->second.used = true;
    return &at->second.value;
  }

  /// Looks without counting as a use.
  template <class K>
  const Value* peek(const K& key) const {
    const auto at = index_.find(key);
    return at == index_.end() ? nullptr : &at->second.value;
  }

  /// Inserts or replaces. A capacity of 0 counts as 1.
  Value& put(Key key, Value value) {
    const auto [at, inserted] = index_.try_emplace(std::move(key));
    Node& node = at->second;
    node.value = std::move(value);
    node.used = !inserted;
    if (!inserted) return node.value;
    node.key = &at->first;
    while (index_.size() > capacity_ && oldest_) drop_one();
    link_newest(node);
    return node.value;
  }

  template <class K>
  void erase(const K& key) {
    const auto at = index_.find(key);
    if (at == index_.end()) return;
    unlink(at->second);
    index_.erase(at);
  }

  /// Drops every entry whose value `unwanted` names. O(size).
  template <class Predicate>
  void erase_if(Predicate unwanted) {
    for (auto at = index_.begin(); at != index_.end();) {
      if (!unwanted(std::as_const(at->second.value))) {
        ++at;
        continue;
      }
      unlink(at->second);
      at = index_.erase(at);
    }
  }

  std::size_t size() const { return index_.size(); }

  void set_capacity(std::size_t capacity) {
    capacity_ = capacity;
    while (index_.size() > capacity_ && oldest_ != newest_) drop_one();
  }

 private:
  struct Node {
    Value value{};
    const Key* key = nullptr;
    Node* newer = nullptr;
    Node* older = nullptr;
    bool used = false;
  };

  void link_newest(Node& node) {
    node.older = newest_;
    node.newer = nullptr;
    (newest_ ? newest_->newer : oldest_) = &node;
    newest_ = &node;
  }

  void unlink(Node& node) {
    (node.newer ? node.newer->older : newest_) = node.older;
    (node.older ? node.older->newer : oldest_) = node.newer;
  }

  void drop_one() {
    while (oldest_->used) {
      Node& spared = *oldest_;
      spared.used = false;
      unlink(spared);
      link_newest(spared);
    }
    Node& gone = *oldest_;
    unlink(gone);
    index_.erase(index_.find(*gone.key));
  }

  std::unordered_map<Key, Node, Hash, Equal> index_;  // its nodes never move, so they can be linked
  Node* newest_ = nullptr;
  Node* oldest_ = nullptr;
  std::size_t capacity_;
};

}  // namespace tessera::base
