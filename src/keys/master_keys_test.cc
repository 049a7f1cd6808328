#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>

#include "base/base64url.h"
#include "base/file_owner.h"
#include "keys/sealer.h"

namespace tessera::keys {
namespace {

class MasterKeys : public testing::Test {
 protected:
  MasterKeys() {
    std::string pattern = (std::filesystem::temp_directory_path() / "tessera-keys-XXXXXX").string();
    folder_ = ::mkdtemp(pattern.data());
    path_ = folder_ + "/master.key";
  }
  ~MasterKeys() override { std::filesystem::remove_all(folder_); }

  void write(std::string_view text, mode_t mode = 0600) const {
    std::ofstream(path_) << text;
    ::chmod(path_.c_str(), mode);
  }
  std::string refusal(bool create = false) const {
    const auto keys = load_master_keys(path_, ::geteuid(), create);
    if (keys) return "";
    EXPECT_EQ(keys.error().reason, Reason::config_invalid);
    return keys.error().context;
  }

  std::string folder_;
  std::string path_;
};

std::string line_of(char letter) { return base::base64url_encode(std::string(32, letter)) + "\n"; }

TEST_F(MasterKeys, AreMadeOnceForTheOwnerAlone) {
  EXPECT_NE(refusal().find("No such file"), std::string::npos);
  const auto made = load_master_keys(path_, ::geteuid(), true);
  ASSERT_TRUE(made) << made.error().context;
  ASSERT_EQ(made->size(), 1u);
  EXPECT_EQ((*made)[0].size(), 32u);
  struct stat status{};
  ASSERT_EQ(::stat(path_.c_str(), &status), 0);
  EXPECT_EQ(status.st_mode & 0777, 0600u);
  EXPECT_EQ(status.st_nlink, 1u);
  const auto again = load_master_keys(path_, ::geteuid(), true);
  EXPECT_EQ((*again)[0].reveal(), (*made)[0].reveal()) << "what is there is never replaced";
  EXPECT_EQ(std::distance(std::filesystem::directory_iterator(folder_), {}), 1) << "no draft is left behind";
}

TEST_F(MasterKeys, AFileThatOthersMayReadIsRefused) {
  for (const mode_t mode : {0640, 0604, 0660, 0644, 0620}) {
    write(line_of('a'), mode);
    EXPECT_NE(refusal().find("chmod 600"), std::string::npos) << mode;
  }
  write(line_of('a'), 0400);
  EXPECT_EQ(refusal(), "");
}

TEST_F(MasterKeys, RootTakesAndMakesTheServersOwn) {
  constexpr uid_t kServer = 4'000'000;
  if (::geteuid() != 0) GTEST_SKIP() << "only root can give a file away";
  ASSERT_TRUE(load_master_keys(path_, kServer, true));
  EXPECT_EQ(base::owner_of(path_), kServer);
  EXPECT_TRUE(load_master_keys(path_, kServer, false));
  ASSERT_EQ(::chown(path_.c_str(), kServer + 1, 0), 0);
  const auto refused = load_master_keys(path_, kServer, false);
  ASSERT_FALSE(refused);
  EXPECT_NE(refused.error().context.find("belongs to 4000001, who is not the server's user: chown 4000000 " + path_), std::string::npos)
      << refused.error().context;
}

TEST_F(MasterKeys, NothingButARegularFileIsRead) {
  std::filesystem::create_directory(path_);
  EXPECT_NE(refusal(true), "");
  std::filesystem::remove(path_);
  ASSERT_EQ(::mkfifo(path_.c_str(), 0600), 0);
  EXPECT_NE(refusal(true), "");
  std::filesystem::remove(path_);
  std::filesystem::create_symlink(folder_ + "/elsewhere", path_);
  EXPECT_NE(refusal(true), "");
  EXPECT_FALSE(std::filesystem::exists(folder_ + "/elsewhere"));
}

TEST_F(MasterKeys, ALinkIsJudgedByWhatItLeadsTo) {
  write(line_of('a'));
  std::filesystem::rename(path_, folder_ + "/mounted");
  std::filesystem::create_symlink("mounted", path_);
  EXPECT_EQ(refusal(), "");
  ::chmod((folder_ + "/mounted").c_str(), 0640);
  EXPECT_NE(refusal().find("chmod 600"), std::string::npos);
}

TEST_F(MasterKeys, SeveralAreReadInOrder) {
  write("# newest first\n" + line_of('b') + "\n" + line_of('a'));
  const auto keys = load_master_keys(path_, ::geteuid(), false);
  ASSERT_TRUE(keys);
  ASSERT_EQ(keys->size(), 2u);
  EXPECT_EQ((*keys)[0].reveal(), std::string(32, 'b'));
  EXPECT_EQ((*keys)[1].reveal(), std::string(32, 'a'));
}

TEST_F(MasterKeys, DamageIsRefusedAndNeverShown) {
  std::string seventeen;
  for (int i = 0; i < 17; ++i) seventeen += line_of('a');
  for (const std::string& text : {std::string(), std::string("\n\n"), std::string("# only a comment\n"), line_of('a').substr(1),
                                  line_of('a') + "c2VjcmV0\n", " " + line_of('a'), seventeen, std::string(9'000, 'A')}) {
    write(text);
    const std::string why = refusal(true);
    EXPECT_NE(why.find(path_), std::string::npos) << text;
    EXPECT_EQ(why.find("c2VjcmV0"), std::string::npos);
  }
}

TEST_F(MasterKeys, TextFromTheEnvironmentReadsTheSame) {
  std::string line = line_of('a');
  line.pop_back();
  EXPECT_EQ((*parse_master_keys(line))[0].reveal(), std::string(32, 'a'));
  EXPECT_FALSE(parse_master_keys(""));
  std::string older = line_of('b');
  older.pop_back();
  const auto both = parse_master_keys(line + "," + older, ',');
  ASSERT_TRUE(both);
  ASSERT_EQ(both->size(), 2u);
  EXPECT_EQ((*both)[0].reveal(), std::string(32, 'a'));
  EXPECT_EQ((*both)[1].reveal(), std::string(32, 'b'));
  EXPECT_FALSE(parse_master_keys(line + "," + older)) << "in a file they stand in lines";
  EXPECT_FALSE(parse_master_keys(line + ", " + older, ','));
}

}  // namespace
}  // namespace tessera::keys
