#pragma once

#include "store/db.h"
#include "store/store.h"

namespace tessera::store {

class SqlSingleUse final : public SingleUseStore {
 public:
  explicit SqlSingleUse(Db& db) : db_(db) {}

  Status use(const Turn& turn, const Showed& showed) override;
  Result<int> sweep(TimePoint before, int limit) override;

 private:
  Db& db_;
};

}  // namespace tessera::store
