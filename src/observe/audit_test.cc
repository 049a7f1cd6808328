#include "observe/audit.h"

#include <gtest/gtest.h>
#include <stdlib.h>
#include <sys/stat.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <sstream>

namespace tessera::observe {
namespace {

class AuditTest : public testing::Test {
 protected:
  void SetUp() override {
    std::string name = testing::TempDir() + "audit-XXXXXX";
    ASSERT_NE(::mkdtemp(name.data()), nullptr);
    folder_ = name;
  }
  void TearDown() override { std::filesystem::remove_all(folder_); }

  std::string path(std::string_view name = "audit.jsonl") const { return folder_ + "/" + std::string(name); }
  static std::string contents(const std::string& file) {
    std::ostringstream out;
    out << std::ifstream(file).rdbuf();
    return out.str();
  }
  static TokenEvent event(std::string_view client_id) {
    return {.at = base::from_us(1'700'000'000'000'042), .request_id = "rid", .realm = "r", .client_id = client_id, .reason = "issued"};
  }

  std::string folder_;
};

TEST_F(AuditTest, WritesEachEventAsOneLine) {
  {
    const auto log = AuditLog::open(path());
    ASSERT_TRUE(log);
    (*log)->record(event("app"));
    (*log)->record(event("evil\n\"}"));
  }
  EXPECT_EQ(
      contents(path()),
      R"({"at":"2023-11-14T22:13:20.000042Z","request_id":"rid","realm":"r","dialect":"","endpoint":"","grant_type":"","client_id":"app",)"
      R"("sub":"","jti":"","scope":"","address":"","reason":"issued"})"
      "\n"
      R"({"at":"2023-11-14T22:13:20.000042Z","request_id":"rid","realm":"r","dialect":"","endpoint":"","grant_type":"",)"
      R"("client_id":"evil\n\"}","sub":"","jti":"","scope":"","address":"","reason":"issued"})"
      "\n");
  struct stat status{};
  ASSERT_EQ(::stat(path().c_str(), &status), 0);
  EXPECT_EQ(status.st_mode & 0777, 0600U);
}

TEST_F(AuditTest, AppendsToWhatIsThere) {
  for (int i = 0; i < 2; ++i) {
    const auto log = AuditLog::open(path());
    (*log)->record(event("app"));
  }
  const std::string text = contents(path());
  EXPECT_EQ(std::count(text.begin(), text.end(), '\n'), 2);
}

TEST_F(AuditTest, ReopenFollowsARotation) {
  const auto log = AuditLog::open(path());
  (*log)->record(event("before"));
  std::filesystem::rename(path(), path("audit.1"));
  EXPECT_TRUE((*log)->reopen());
  (*log)->record(event("after"));
  EXPECT_TRUE((*log)->reopen());  // also writes what is pending
  EXPECT_NE(contents(path("audit.1")).find("before"), std::string::npos);
  EXPECT_EQ(contents(path("audit.1")).find("after"), std::string::npos);
  EXPECT_NE(contents(path()).find("after"), std::string::npos);
}

TEST_F(AuditTest, AReopenThatFailsSaysSoAndGoesOnWithTheOldFile) {
  std::filesystem::create_directory(path("sub"));
  const auto log = AuditLog::open(path("sub/audit.jsonl"));
  ASSERT_TRUE(log);
  std::filesystem::rename(path("sub"), path("moved"));
  const Status reopened = (*log)->reopen();
  ASSERT_FALSE(reopened);
  EXPECT_NE(reopened.error().context.find(path("sub/audit.jsonl") + ": No such file"), std::string::npos) << reopened.error().context;
  (*log)->record(event("after"));
  EXPECT_FALSE((*log)->reopen());  // also writes what is pending
  EXPECT_NE(contents(path("moved/audit.jsonl")).find("after"), std::string::npos);
}

TEST_F(AuditTest, CountsWhatCouldNotBeWritten) {
  const auto log = AuditLog::open("/dev/full");
  ASSERT_TRUE(log);
  for (int i = 0; i < 3; ++i) (*log)->record(event("app"));
  EXPECT_TRUE((*log)->reopen());  // writes
  EXPECT_EQ((*log)->dropped(), 3U);
}

TEST_F(AuditTest, CutsAnOversizedField) {
  {
    const auto log = AuditLog::open(path());
    (*log)->record(event(std::string(100'000, 'x')));
  }
  EXPECT_LT(contents(path()).size(), 2'000U);
  EXPECT_NE(contents(path()).find("xxx...\""), std::string::npos);
}

TEST_F(AuditTest, Case97NoFieldFromOutsideHoldsACredential) {
  const std::string secret = "tsec_0123456789abcdefghijklmnopqrstuvwxyz";
  {
    const auto log = AuditLog::open(path());
    TokenEvent shown = event(secret);
    shown.realm = shown.grant_type = shown.scope = shown.address = shown.subject = secret;
    (*log)->record(shown);
  }
  EXPECT_EQ(contents(path()).find(secret), std::string::npos);
  EXPECT_NE(contents(path()).find(R"("client_id":"tsec_0...")"), std::string::npos) << contents(path());
}

TEST_F(AuditTest, WhatWeMadeOurselvesStaysWhole) {
  const std::string jti = "eyJ0123456789abcdefghi";
  {
    const auto log = AuditLog::open(path());
    TokenEvent issued = event("app");
    issued.jti = jti;
    (*log)->record(issued);
  }
  EXPECT_NE(contents(path()).find(jti), std::string::npos) << "a handle that happens to look like a token's beginning";
}

TEST_F(AuditTest, RefusesAFileThatCantBeOpened) {
  const auto log = AuditLog::open(path("missing/audit.jsonl"));
  ASSERT_FALSE(log);
  EXPECT_EQ(log.error().reason, Reason::config_invalid);
}

}  // namespace
}  // namespace tessera::observe
