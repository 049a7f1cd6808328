#include "http/chunked.h"

#include <gtest/gtest.h>

namespace tessera::http {
namespace {

struct Decoded {
  int status = 200;
  bool done = false;
  base::WipedBytes body;
  std::string rest;
};

Decoded decode(std::string_view text, std::size_t piece = std::string_view::npos) {
  ChunkedDecoder decoder(64);
  Decoded result;
  while (!text.empty() && !decoder.done()) {
    std::string_view part = text.substr(0, piece);
    const std::size_t size = part.size();
    if (const auto refusal = decoder.feed(part, result.body)) {
      result.status = refusal->status;
      return result;
    }
    text.remove_prefix(size - part.size());
  }
  result.done = decoder.done();
  result.rest = text;
  return result;
}

TEST(Chunked, JoinsChunksAndLeavesWhatFollows) {
  const std::string_view text = "5\r\nhello\r\nA\r\n, world!!!\r\n0\r\n\r\nGET /";
  for (const std::size_t piece : {std::string_view::npos, std::size_t{1}, std::size_t{3}}) {
    const Decoded result = decode(text, piece);
    EXPECT_EQ(result.status, 200);
    EXPECT_TRUE(result.done);
    EXPECT_EQ(std::string_view(result.body.data(), result.body.size()), "hello, world!!!");
    EXPECT_EQ(result.rest, "GET /");
  }
}

TEST(Chunked, IsNotDoneBeforeTheLastLine) {
  EXPECT_FALSE(decode("5\r\nhello\r\n0\r\n\r").done);
  EXPECT_FALSE(decode("5\r\nhel").done);
}

TEST(Chunked, RefusesWhatReadersDifferAbout) {
  for (const std::string_view text :
       {"\r\n", "g\r\n", "5;a=b\r\nhello\r\n", "5 \r\nhello\r\n", " 5\r\nhello\r\n", "+5\r\nhello\r\n", "0x5\r\nhello\r\n", "5\nhello\r\n",
        "5\r\nhello\n", "5\r\nhelloX", "5\rhello", "000000005\r\nhello\r\n", "0\r\nTrailer: a\r\n\r\n", "-1\r\n"})
    EXPECT_EQ(decode(text).status, 400) << text;
}

TEST(Chunked, KeepsToTheBodyLimit) {
  const std::string full = "40\r\n" + std::string(64, 'x') + "\r\n";
  EXPECT_TRUE(decode(full + "0\r\n\r\n").done);
  EXPECT_EQ(decode(full + "1\r\nx\r\n").status, 413);
  EXPECT_EQ(decode("41\r\n").status, 413);
  EXPECT_EQ(decode("FFFFFFFF\r\n").status, 413);
}

}  // namespace
}  // namespace tessera::http
