#include "store/withdrawal_file.h"

#include <gtest/gtest.h>

#include <fstream>
#include <sstream>

#include "store/test_place.h"

namespace tessera::store {
namespace {

using Kind = Withdrawal::Kind;

const Handle kId = *Handle::parse("AAECAwQFRgeICQoLDA0ODw");

class WithdrawalFileTest : public testing::Test {
 protected:
  const TempFolder folder;
  const std::string path = folder.path() + "/withdrawals";

  std::unique_ptr<WithdrawalFile> must_open() const { return std::move(WithdrawalFile::open(path).value()); }
  std::string content() const {
    std::ostringstream text;
    text << std::ifstream(path).rdbuf();
    return text.str();
  }
};

TEST_F(WithdrawalFileTest, ReadsWhatItWrote) {
  const std::vector<Withdrawal> written{{1, Kind::secret_deleted, kId}, {2, Kind::key_removed, Handle::random()}};
  ASSERT_TRUE(must_open()->append(written));
  const auto file = must_open();
  EXPECT_EQ(file->last(), 2);
  const auto all = file->after(0);
  ASSERT_EQ(all->size(), 2U);
  EXPECT_EQ(all->front().kind, Kind::secret_deleted);
  EXPECT_EQ(all->front().id, kId);
  EXPECT_EQ(all->back().number, 2);
  EXPECT_EQ(file->after(1)->size(), 1U);
  EXPECT_TRUE(file->after(2)->empty());
}

TEST_F(WithdrawalFileTest, ALineIsMadeToBeRead) {
  ASSERT_TRUE(must_open()->append({{1, Kind::password_changed, kId}}));
  EXPECT_EQ(content(), "0000000000000001 password.changed AAECAwQFRgeICQoLDA0ODw\n");
}

TEST_F(WithdrawalFileTest, ReadsManyLines) {
  std::vector<Withdrawal> written;
  for (std::int64_t number = 1; number <= 2'500; ++number) written.push_back({number, Kind::user_disabled, Handle::random()});
  ASSERT_TRUE(must_open()->append(written));
  const auto read = must_open()->after(10);
  ASSERT_EQ(read->size(), 2'490U);
  EXPECT_EQ(read->back().id, written.back().id);
}

TEST_F(WithdrawalFileTest, ALineThatACrashCutOffIsWrittenAnew) {
  ASSERT_TRUE(must_open()->append({{1, Kind::client_removed, kId}}));
  const auto whole = content();
  std::ofstream(path, std::ios::app) << "0000000000000002 client.dis";
  const auto file = must_open();
  EXPECT_EQ(file->last(), 1);
  ASSERT_TRUE(file->append({{2, Kind::client_enabled, kId}}));
  EXPECT_EQ(content(), whole + "0000000000000002 client.enabled   AAECAwQFRgeICQoLDA0ODw\n");
}

TEST_F(WithdrawalFileTest, ALineThatACrashLeftBlankIsWrittenAnew) {
  ASSERT_TRUE(must_open()->append({{1, Kind::client_removed, kId}}));
  const auto whole = content();
  std::ofstream(path, std::ios::app) << "0000000000000002 client.dis" << std::string(2 * whole.size() - 27, '\0');
  const auto file = must_open();
  EXPECT_EQ(file->last(), 1);
  ASSERT_TRUE(file->append({{2, Kind::client_enabled, kId}}));
  EXPECT_EQ(must_open()->last(), 2);
}

TEST_F(WithdrawalFileTest, WhatTesseraDidNotWriteIsRefused) {
  ASSERT_TRUE(must_open()->append({{1, Kind::client_removed, kId}}));
  const auto line = content();
  for (const auto& wrong : {std::string(line.size(), 'x'), "0000000000000002" + line.substr(16),
                            line.substr(0, 17) + "client.mislaid  " + line.substr(33), line.substr(0, line.size() - 1) + " "}) {
    std::ofstream(path, std::ios::trunc) << wrong;
    const auto opened = WithdrawalFile::open(path);
    ASSERT_EQ(reason_of(opened), Reason::store_corrupt) << wrong;
    EXPECT_NE(opened.error().context.find(path + ", line 1"), std::string::npos) << opened.error().context;
  }
}

}  // namespace
}  // namespace tessera::store
