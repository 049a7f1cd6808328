#include "config/text_file.h"

#include <gtest/gtest.h>
#include <sys/stat.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>

namespace tessera::config {
namespace {

/// A folder, gone at the end.
class TextFile : public testing::Test {
 protected:
  TextFile() {
    char name[] = "/tmp/tessera-text-XXXXXX";
    dir_ = ::mkdtemp(name);
  }
  ~TextFile() override { std::filesystem::remove_all(dir_); }

  std::string write(const std::string& text) const {
    std::ofstream(dir_ + "/f", std::ios::binary) << text;
    return dir_ + "/f";
  }
  static std::string refusal_of(const std::string& path, std::size_t bytes_max, Pipes pipes = Pipes::refused) {
    const auto text = read_text_file(path, bytes_max, pipes);
    if (text) return "accepted";
    EXPECT_EQ(text.error().reason, Reason::config_invalid);
    return text.error().context;
  }

  std::string dir_;
};

TEST_F(TextFile, IsReadWhole) {
  const std::string text = "a = \"Grüße\"\r\n" + std::string(200'000, '#');
  const auto read = read_text_file(write(text));
  ASSERT_TRUE(read) << read.error().context;
  EXPECT_EQ(*read, text);
  EXPECT_EQ(read_text_file("/dev/null", 1, Pipes::read), "");
  EXPECT_EQ(read_text_file("/dev/null").error().context, "/dev/null: is no file; put a file there");
}

TEST_F(TextFile, OfAFolderIsRefused) { EXPECT_EQ(refusal_of(dir_, 1'024), dir_ + ": can't be read (Is a directory); name a file in it"); }

TEST_F(TextFile, ThatIsMissingIsRefused) {
  EXPECT_EQ(refusal_of(dir_ + "/no", 1'024), dir_ + "/no: can't be read (No such file or directory); check the path");
}

TEST_F(TextFile, HasABound) {
  EXPECT_EQ(refusal_of(write(std::string(1'024, ' ')), 1'024), "accepted");
  EXPECT_EQ(refusal_of(write(std::string(1'025, ' ')), 1'024), dir_ + "/f: larger than 1 KiB; split it");
  EXPECT_EQ(refusal_of("/dev/zero", 1'024, Pipes::read), "/dev/zero: larger than 1 KiB; split it");
}

TEST_F(TextFile, ThatIsNoUtf8NamesTheLine) {
  EXPECT_EQ(refusal_of(write("a = 1\n# Gr\xFC\xDF"
                             "e\n"),
                       1'024),
            dir_ + "/f:2: holds bytes that are no UTF-8; save the file as UTF-8");
}

}  // namespace
}  // namespace tessera::config
