#include "base/memo.h"

#include <gtest/gtest.h>

#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

namespace tessera::base {
namespace {

struct Record {
  std::string name;
  Memo<std::string> greeting;
  friend bool operator==(const Record&, const Record&) = default;
};

const std::string& greet(const Record& record) {
  return record.greeting.get([&] { return "hello " + record.name; });
}

TEST(Memo, IsMadeOnce) {
  const Record record{.name = "ada"};
  const std::string& first = greet(record);
  EXPECT_EQ(first, "hello ada");
  EXPECT_EQ(&greet(record), &first);
  EXPECT_EQ(&record.greeting.get([]() -> std::string { throw std::logic_error("made again"); }), &first);
}

TEST(Memo, ACopyStartsAnewAndIsEqual) {
  const Record record{.name = "ada"};
  greet(record);
  Record copy = record;
  EXPECT_EQ(copy, record);
  copy.name = "bob";
  EXPECT_EQ(greet(copy), "hello bob");
  EXPECT_EQ(greet(record), "hello ada");
}

TEST(Memo, WhatIsAssignedToForgets) {
  Record record{.name = "ada"};
  greet(record);
  record = Record{.name = "bob"};
  EXPECT_EQ(greet(record), "hello bob");
}

TEST(Memo, AllThreadsGetTheSame) {
  const Record record{.name = "ada"};
  std::vector<const std::string*> seen(4);
  {
    std::vector<std::jthread> threads;
    for (auto& slot : seen) threads.emplace_back([&slot, &record] { slot = &greet(record); });
  }
  for (const auto* slot : seen) EXPECT_EQ(slot, seen.front());
}

}  // namespace
}  // namespace tessera::base
