#include "observe/log.h"

#include <gtest/gtest.h>

namespace tessera::observe {
namespace {

constexpr std::string_view kJwt = "eyJhbGciOiJFUzI1NiJ9.eyJzdWIiOiJhIn0.c2lnbmF0dXJl";

template <class Write>
std::string captured(LogFormat format, const Write& write) {
  testing::internal::CaptureStderr();
  {
    Log log(LogLevel::info, format);
    write(log);
  }
  return testing::internal::GetCapturedStderr();
}

TEST(Redact, CutsCredentialsToTheirBeginning) {
  EXPECT_EQ(redact(kJwt), "eyJhbG...");
  EXPECT_EQ(redact("secret tsec_abcdefghijklmnopqrstuvwxyz given"), "secret tsec_a... given");
  EXPECT_EQ(redact("got tsr_ABCDEFGHIJKLMNOP"), "got tsr_AB...");
  EXPECT_EQ(redact("GET /a?token=abcdefghij&b=1"), "GET /a?token=abcdef...&b=1");
  EXPECT_EQ(redact("Authorization: Bearer abcdefghij"), "Authorization: Bearer abcdef...");
}

TEST(Redact, LeavesNothingOfAPassword) {
  EXPECT_EQ(redact("username=a&password=hunter2&x=y"), "username=a&password=...&x=y");
  EXPECT_EQ(redact("client_secret=hunter2"), "client_secret=...");
  EXPECT_EQ(redact("authorization: basic YTpi"), "authorization: basic ...");
}

TEST(Redact, LeavesOrdinaryTextAlone) {
  for (const std::string_view text : {"", "monkeyJar", "tsec_", "a token was issued", "the eyJ prefix", "xtsr_abcdefghijklmnop"})
    EXPECT_EQ(redact(text), text);
}

TEST(Redact, AQuickLookMissesNothing) {
  for (const std::string_view text :
       {"eyJhbGciOiJFUzI1NiJ9.e30.c2ln", "EYJhbGciOiJFUzI1NiJ9", "x tsec_abcdefghijklmnopqrstuvwxyz", "tsr_ABCDEFGHIJKLMNOP",
        "a?token=abcdefghij", "client_secret=hunter2", "Password=hunter2", "bearer abcdefghij", "basic YTpi"}) {
    EXPECT_NE(redact(text), text);
    EXPECT_TRUE(may_hold_credential(text)) << text;
  }
  for (const std::string_view text : {"", "j", "_", "=", "tender-app", "demobank_cli", "client_credentials", "xs2a_mock:user profile",
                                      "192.0.2.1", "2001:db8::1", "4a273b32-cc81-4bb3-bbc3-636d2c0d759d"})
    EXPECT_FALSE(may_hold_credential(text)) << text;
}

TEST(Log, WritesOneJsonObjectALine) {
  const std::string out = captured(LogFormat::json, [](const Log& log) {
    log.info("started", {{"port", "8080"}});
    log.warning("odd", {{"value", "a\"b\nc\x01\xff"}});
  });
  EXPECT_NE(out.find(R"("level":"info","event":"started","port":"8080"})"
                     "\n"),
            std::string::npos);
  EXPECT_NE(out.find(R"("value":"a\"b\nc\u0001\ufffd"})"
                     "\n"),
            std::string::npos);
  EXPECT_EQ(std::count(out.begin(), out.end(), '\n'), 2);
}

TEST(Log, TextCantForgeALine) {
  const std::string out = captured(LogFormat::text, [](const Log& log) { log.info("request", {{"path", "/\nerror forged"}}); });
  EXPECT_NE(out.find(R"(info request path="/\nerror forged")"), std::string::npos);
  EXPECT_EQ(std::count(out.begin(), out.end(), '\n'), 1);
}

TEST(Log, EscapesWhatATerminalWouldObey) {
  const std::string value = "\xC2\x85 \xC2\x9B[31m \x7f \xE2\x80\xA8\xE2\x80\xA9 \xE2\x80\xAA\xE2\x80\xAE \xE2\x81\xA6\xE2\x81\xA9";
  for (const LogFormat format : {LogFormat::text, LogFormat::json}) {
    const std::string out = captured(format, [&](const Log& log) { log.info("request", {{"client_id", value}}); });
    EXPECT_NE(out.find(R"("\u0085 \u009b[31m \u007f \u2028\u2029 \u202a\u202e \u2066\u2069")"), std::string::npos) << out;
  }
}

TEST(Log, LeavesOtherLanguagesReadable) {
  const std::string value = "\xC3\x85\xC2\xA0\xE2\x82\xAC\xE2\x80\xA7\xE2\x80\xAF\xE2\x81\xA5\xE2\x81\xAA\xF0\x9F\x98\x80";
  const std::string out = captured(LogFormat::text, [&](const Log& log) { log.info("request", {{"name", value}}); });
  EXPECT_NE(out.find('"' + value + '"'), std::string::npos) << out;
}

TEST(Log, NeverWritesACredentialThatSlippedIn) {
  const std::string out = captured(LogFormat::json, [](const Log& log) { log.error("failed", {{"context", "bad " + std::string(kJwt)}}); });
  EXPECT_EQ(out.find(kJwt.substr(7)), std::string::npos);
  EXPECT_NE(out.find("bad eyJhbG...\""), std::string::npos);
}

TEST(Log, ChangesItsFormat) {
  const std::string out = captured(LogFormat::json, [](Log& log) {
    log.set_format(LogFormat::text);
    log.info("reloaded", {{"file", "a"}});
  });
  EXPECT_NE(out.find("info reloaded file=\"a\"\n"), std::string::npos) << out;
}

TEST(Log, KeepsToItsLevel) {
  const std::string out = captured(LogFormat::json, [](Log& log) {
    log.debug("hidden");
    log.set_level(LogLevel::debug);
    log.debug("shown");
    log.set_level(LogLevel::error);
    log.warning("hidden");
  });
  EXPECT_EQ(out.find("hidden"), std::string::npos);
  EXPECT_NE(out.find("shown"), std::string::npos);
}

}  // namespace
}  // namespace tessera::observe
