// Faults on purpose: what a disk or a network does to a commit, decided by a test or a simulation.
#pragma once

#include <functional>
#include <memory>
#include <utility>

#include "store/db.h"

namespace tessera::store {

enum class Fault : std::uint8_t {
  none,
  before_commit,  ///< the job runs, then its transaction is rolled back: store_unavailable
  lost_outcome,   ///< the commit happens, and its caller hears commit_unknown
};

/// A database whose writes fail when `next_fault`, asked once a write, says so.
class FaultyDb final : public Db {
 public:
  FaultyDb(std::unique_ptr<Db> db, std::function<Fault()> next_fault) : db_(std::move(db)), next_fault_(std::move(next_fault)) {}

  Status read(Lane lane, const Work& work) override { return db_->read(lane, work); }
  Status write(Lane lane, Pause* pause, const Work& job) override {
    if (lane == Lane::io && !pause) return db_->write(lane, job);
    switch (next_fault_()) {
      case Fault::before_commit:
        return db_->write(lane, pause, [&](Connection& connection) -> Status {
          static_cast<void>(job(connection));
          return fail(Reason::store_unavailable, "fault before the commit");
        });
      case Fault::lost_outcome:
        if (auto outcome = db_->write(lane, pause, job); !outcome) return outcome;
        return fail(Reason::commit_unknown, "fault after the commit");
      case Fault::none:
        break;
    }
    return db_->write(lane, pause, job);
  }
  std::size_t depth() const override { return db_->depth(); }
  void close() override { db_->close(); }

 private:
  std::unique_ptr<Db> db_;
  std::function<Fault()> next_fault_;
};

}  // namespace tessera::store
