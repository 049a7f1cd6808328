#include "http/head.h"

#include <gtest/gtest.h>

#include <string>

namespace tessera::http {
namespace {

struct Case {
  const char* what;
  std::string text;
  int status;
};

int status_of(const std::string& text, Head& head) {
  const auto refusal = scan_head(text, Limits{}, head);
  return refusal ? refusal->status : 200;
}

int status_of(const std::string& text) {
  Head head;
  return status_of(text, head);
}

std::string with(const std::string& fields) { return "POST /token HTTP/1.1\r\nHost: a\r\n" + fields + "\r\n"; }

TEST(ScanHead, ReadsAnOrdinaryHead) {
  const std::string text = "POST /a?b=c HTTP/1.1\r\nHost: example.com\r\ncontent-LENGTH: 12\r\nX-A:\t v  w \r\nX-Empty:\r\n\r\n";
  Head head;
  ASSERT_EQ(status_of(text, head), 200);
  EXPECT_EQ(head.method, "POST");
  EXPECT_EQ(head.target, "/a?b=c");
  EXPECT_EQ(head.minor_version, 1);
  EXPECT_EQ(head.content_length, 12U);
  EXPECT_TRUE(head.keep_alive);
  ASSERT_EQ(head.fields.size(), 4U);
  EXPECT_EQ(head.fields[2], (Header{"X-A", "v  w"}));
  EXPECT_EQ(head.fields[3], (Header{"X-Empty", ""}));
}

TEST(ScanHead, RefusesWhatTwoReadersCouldTakeDifferently) {
  const std::string nul(1, '\0');
  const Case cases[] = {
      {"Content-Length with Transfer-Encoding", with("Content-Length: 5\r\nTransfer-Encoding: chunked\r\n"), 400},
      {"Transfer-Encoding with Content-Length", with("Transfer-Encoding: chunked\r\nContent-Length: 5\r\n"), 400},
      {"two Content-Lengths that differ", with("Content-Length: 5\r\nContent-Length: 6\r\n"), 400},
      {"two Content-Lengths alike", with("Content-Length: 5\r\nContent-Length: 5\r\n"), 400},
      {"a list of Content-Lengths", with("Content-Length: 5, 5\r\n"), 400},
      {"a signed Content-Length", with("Content-Length: +5\r\n"), 400},
      {"a negative Content-Length", with("Content-Length: -1\r\n"), 400},
      {"a hexadecimal Content-Length", with("Content-Length: 0x5\r\n"), 400},
      {"an empty Content-Length", with("Content-Length:\r\n"), 400},
      {"a Content-Length beyond 64 bits", with("Content-Length: 99999999999999999999999\r\n"), 413},
      {"two Transfer-Encodings", with("Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n"), 400},
      {"another coding before chunked", with("Transfer-Encoding: gzip, chunked\r\n"), 400},
      {"chunked twice", with("Transfer-Encoding: chunked, chunked\r\n"), 400},
      {"identity", with("Transfer-Encoding: identity\r\n"), 400},
      {"a vertical tab before chunked", with("Transfer-Encoding: \vchunked\r\n"), 400},
      {"chunked in HTTP/1.0", "POST / HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n", 400},
      {"two Hosts", with("Host: b\r\n"), 400},
      {"no Host", "GET / HTTP/1.1\r\nX-A: b\r\n\r\n", 400},
      {"an empty Host", "GET / HTTP/1.1\r\nHost:\r\n\r\n", 400},
      {"a Host with a path", "GET / HTTP/1.1\r\nHost: a/b\r\n\r\n", 400},
      {"a Host with user info", "GET / HTTP/1.1\r\nHost: a@b\r\n\r\n", 400},
      {"a bare LF after the request line", "GET / HTTP/1.1\nHost: a\r\n\r\n", 400},
      {"a bare LF after a field", "GET / HTTP/1.1\r\nHost: a\nX: y\r\n\r\n", 400},
      {"a bare LF at the end", "GET / HTTP/1.1\r\nHost: a\r\n\n", 400},
      {"a bare CR in a value", with("X-A: b\rX-B: c\r\n"), 400},
      {"a bare CR in the request line", "GET /\r HTTP/1.1\r\nHost: a\r\n\r\n", 400},
      {"a folded field", with("X-A: b\r\n c\r\n"), 400},
      {"a folded field with a tab", with("X-A: b\r\n\tc\r\n"), 400},
      {"a fold before the first field", "GET / HTTP/1.1\r\n Host: a\r\n\r\n", 400},
      {"a space before the colon", with("Content-Length : 5\r\n"), 400},
      {"a field without a name", with(": b\r\n"), 400},
      {"a field without a colon", with("X-A\r\n"), 400},
      {"a name that is no token", with("X(A): b\r\n"), 400},
      {"NUL in a value", with("X-A: b" + nul + "\r\n"), 400},
      {"DEL in a value", with("X-A: b\x7f\r\n"), 400},
      {"NUL in a name", with("X" + nul + ": b\r\n"), 400},
  };
  for (const Case& c : cases) EXPECT_EQ(status_of(c.text), c.status) << c.what;
}

TEST(ScanHead, RefusesOddRequestLines) {
  const Case cases[] = {
      {"empty", "", 400},
      {"no version", "GET /", 400},
      {"two spaces", "GET  / HTTP/1.1", 400},
      {"a space in the target", "GET /a b HTTP/1.1", 400},
      {"a trailing space", "GET / HTTP/1.1 ", 400},
      {"absolute form", "GET http://evil.example/ HTTP/1.1", 400},
      {"authority form", "CONNECT a:443 HTTP/1.1", 400},
      {"asterisk form", "OPTIONS * HTTP/1.1", 400},
      {"a fragment", "GET /a#b HTTP/1.1", 400},
      {"bytes beyond ASCII in the target", "GET /\xc3\xa9 HTTP/1.1", 400},
      {"a method that is no token", "GE(T / HTTP/1.1", 400},
      {"HTTP/2", "GET / HTTP/2.0", 505},
      {"HTTP/1.2", "GET / HTTP/1.2", 505},
      {"lower case", "GET / http/1.1", 400},
      {"a longer version", "GET / HTTP/1.10", 400},
  };
  for (const Case& c : cases) EXPECT_EQ(status_of(c.text + "\r\nHost: a\r\n\r\n"), c.status) << c.what;
}

TEST(ScanHead, KeepsToItsLimits) {
  std::string fields;
  for (int i = 0; i < 99; ++i) fields += "X-A: b\r\n";
  EXPECT_EQ(status_of(with(fields)), 200);
  EXPECT_EQ(status_of(with(fields + "X-A: b\r\n")), 431);
  EXPECT_EQ(status_of(with("X-A: " + std::string(16'384, 'b') + "\r\n")), 431);
  EXPECT_EQ(status_of("GET /" + std::string(8'191, 'a') + " HTTP/1.1\r\nHost: a\r\n\r\n"), 200);
  EXPECT_EQ(status_of("GET /" + std::string(8'192, 'a') + " HTTP/1.1\r\nHost: a\r\n\r\n"), 414);
  EXPECT_EQ(status_of("GET /" + std::string(17'000, 'a') + " HTTP/1.1\r\nHost: a\r\n\r\n"), 414);
  EXPECT_EQ(status_of(with("Content-Length: 65536\r\n")), 200);
  EXPECT_EQ(status_of(with("Content-Length: 65537\r\n")), 413);
}

TEST(ScanHead, SaysWhetherTheConnectionStays) {
  const auto stays = [](const std::string& text) {
    Head head;
    EXPECT_EQ(status_of(text, head), 200);
    return head.keep_alive;
  };
  EXPECT_TRUE(stays(with("")));
  EXPECT_FALSE(stays(with("Connection: close\r\n")));
  EXPECT_FALSE(stays(with("Connection: x, CLOSE\r\n")));
  EXPECT_FALSE(stays(with("Connection: keep-alive\r\nConnection: close\r\n")));
  EXPECT_FALSE(stays("GET / HTTP/1.0\r\n\r\n"));
  EXPECT_TRUE(stays("GET / HTTP/1.0\r\nConnection: Keep-Alive\r\n\r\n"));
}

TEST(ScanHead, ForgetsTheHeadBefore) {
  Head head;
  ASSERT_EQ(status_of(with("Transfer-Encoding: chunked\r\nExpect: 100-continue\r\nConnection: close\r\n"), head), 200);
  EXPECT_TRUE(head.chunked && head.expects_continue && !head.keep_alive);
  ASSERT_EQ(status_of(with(""), head), 200);
  EXPECT_TRUE(!head.chunked && !head.expects_continue && head.keep_alive);
  EXPECT_EQ(head.fields.size(), 1U);
}

TEST(ScanHead, KnowsOneExpectation) {
  Head head;
  EXPECT_EQ(status_of(with("Expect: a-pony\r\n"), head), 417);
  EXPECT_EQ(status_of("POST / HTTP/1.0\r\nExpect: 100-continue\r\n\r\n", head), 200);
  EXPECT_FALSE(head.expects_continue);
}

TEST(HeadEnd, FindsTheEndHoweverItComes) {
  const std::string text = "GET / HTTP/1.1\r\nHost: a\r\n\r\nbody\r\n\r\n";
  HeadEnd whole;
  EXPECT_EQ(whole.find(text), 27U);
  HeadEnd dripping;
  for (std::size_t size = 1; size < 27; ++size) EXPECT_FALSE(dripping.find(text.substr(0, size))) << size;
  EXPECT_EQ(dripping.find(text.substr(0, 27)), 27U);
}

TEST(HeadEnd, SeesBareLineFeedsSoThatTheyAreRefusedAtOnce) {
  HeadEnd bare;
  EXPECT_EQ(bare.find("GET / HTTP/1.1\nHost: a\n\n"), 24U);
  HeadEnd mixed;
  EXPECT_EQ(mixed.find("GET / HTTP/1.1\n\r\n"), 17U);
}

}  // namespace
}  // namespace tessera::http
