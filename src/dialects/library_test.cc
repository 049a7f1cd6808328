#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>

#include "dialects/dialect.h"

namespace tessera::dialects {
namespace {

class LibraryTest : public testing::Test {
 protected:
  LibraryTest() : folder_(std::filesystem::temp_directory_path() / ("tessera_dialects_" + Handle::random().str())) {
    std::filesystem::create_directories(folder_);
  }
  ~LibraryTest() override { std::filesystem::remove_all(folder_); }

  void write(const std::string& file, const std::string& toml) const { std::ofstream(folder_ / file) << toml; }
  Status load() { return library_.load_dir(folder_.string()); }

  std::filesystem::path folder_;
  Library library_;
};

TEST_F(LibraryTest, HoldsTheFiveBuiltIns) {
  EXPECT_EQ(library_.names(), (std::vector<std::string_view>{"finapi", "finlex", "flinks", "keycloak", "oauth2"}));
  EXPECT_EQ(library_.find("finapi")->sources().size(), 2u);
  EXPECT_EQ(library_.find("nobody"), nullptr);
}

TEST_F(LibraryTest, LoadsAFolderInWhateverOrderItsFilesExtendEachOther) {
  write("a.toml", "extends = \"b\"\n[endpoint.token]\nsuccess = 201\n");
  write("b.toml", "extends = \"flinks\"\n[codes]\ninvalid_client = { status = 401 }\n");
  write("notes.txt", "not a dialect");
  ASSERT_TRUE(load());
  const auto dialect = library_.find("a");
  ASSERT_TRUE(dialect);
  const auto& token = dialect->endpoints().back();
  EXPECT_EQ(token.kind, model::EndpointKind::token);
  EXPECT_EQ(token.success_status, 201);
  EXPECT_EQ(token.answer_for(Reason::client_unknown, "").status, 401);
  EXPECT_EQ(token.answer_for(Reason::client_unknown, "").text, "Client authentication failed");
  EXPECT_EQ(library_.find("flinks")->endpoints().back().answer_for(Reason::client_unknown, "").status, 400);
}

TEST_F(LibraryTest, RefusesCircles) {
  write("a.toml", "extends = \"b\"\n");
  write("b.toml", "extends = \"a\"\n");
  const Status loaded = load();
  ASSERT_FALSE(loaded);
  EXPECT_NE(loaded.error().context.find("extends itself"), std::string::npos);
}

TEST_F(LibraryTest, AMistakeLeavesTheLibraryAsItWas) {
  write("a.toml", "extends = \"flinks\"\n");
  write("b.toml", "extends = \"flinks\"\nsurprise = 1\n");
  const Status loaded = load();
  ASSERT_FALSE(loaded);
  EXPECT_NE(loaded.error().context.find("b.toml:2: unknown key `surprise`"), std::string::npos) << loaded.error().context;
  EXPECT_EQ(library_.find("a"), nullptr);
}

TEST_F(LibraryTest, KeepsTheNamesOfTheBuiltIns) {
  write("keycloak.toml", "extends = \"flinks\"\n");
  ASSERT_FALSE(load());
  EXPECT_NE(load().error().context.find("a dialect of this name exists"), std::string::npos);
}

TEST_F(LibraryTest, SaysWhenAFolderIsMissing) { EXPECT_FALSE(library_.load_dir((folder_ / "none").string())); }

}  // namespace
}  // namespace tessera::dialects
