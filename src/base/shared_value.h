// A value that many hold and few change.
#pragma once

#include <memory>
#include <utility>

namespace tessera::base {

/// A T whose copies are one object until one of them is edited. Reading is safe from any thread, editing from one.
template <class T>
class SharedValue {
 public:
  SharedValue() : SharedValue(T{}) {}
  SharedValue(T value) : value_(std::make_shared<const T>(std::move(value))) {}

  const T& operator*() const { return *value_; }
  const T* operator->() const { return value_.get(); }
  /// This copy's own, to be changed. Holds until the next copy is made.
  T& edit() {
    auto own = std::make_shared<T>(*value_);
    T& value = *own;
    value_ = std::move(own);
    return value;
  }

  friend bool operator==(const SharedValue& a, const SharedValue& b) { return a.value_ == b.value_ || *a.value_ == *b.value_; }

 private:
  std::shared_ptr<const T> value_;
};

}  // namespace tessera::base
