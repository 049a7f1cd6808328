#include "config/settings.h"

#include <gtest/gtest.h>

namespace tessera::config {
namespace {

std::string refusal_of(std::string_view toml) {
  const auto settings = parse_settings(toml, "/etc/tessera.toml");
  if (settings) return "accepted";
  EXPECT_EQ(settings.error().reason, Reason::config_invalid);
  return settings.error().context;
}

TEST(Settings, AnEmptyFileIsALoopbackServer) {
  const auto settings = parse_settings("", "/etc/tessera.toml");
  ASSERT_TRUE(settings) << settings.error().context;
  ASSERT_EQ(settings->listeners.size(), 1u);
  EXPECT_EQ(settings->listeners[0].address, "127.0.0.1");
  EXPECT_EQ(settings->listeners[0].port, 8080);
  EXPECT_EQ(settings->data_dir, "/etc/var");
}

TEST(Settings, EveryKeyIsRead) {
  const auto settings = parse_settings(R"(
data_dir = "/srv/tessera"
store_url = "postgresql://db/tessera"
base_url = "https://auth.example.com"
threads = 3
pool_threads = 9
master_key_file = "keys/master"
trusted_proxies = ["10.0.0.1", "10.1.0.0/16"]
dialect_dirs = ["dialects"]
[[listen]]
address = "0.0.0.0"
port = 443
tls_certificate = "cert.pem"
tls_key = "/k/key.pem"
[[mount]]
dialect = "finlex"
realm = "finlex"
[[mount]]
dialect = "flinks"
realm = "flinks"
base = "/flinks"
[log]
level = "debug"
format = "text"
[metrics]
address = "127.0.0.2"
port = 0
[audit]
file = "audit.jsonl"
keep_days = 30
[throttle]
address_per_minute = 1
client_per_minute = 2
failures_before_backoff = 3
backoff_max = "5m"
[password]
passes = 5
memory_kib = 7168
hash_memory_mib = 64
)",
                                       "conf/tessera.toml");
  ASSERT_TRUE(settings) << settings.error().context;
  EXPECT_EQ(settings->data_dir, "/srv/tessera");
  EXPECT_EQ(settings->store_url, "postgresql://db/tessera");
  EXPECT_EQ(settings->base_url, "https://auth.example.com");
  EXPECT_EQ(settings->threads, 3);
  EXPECT_EQ(settings->pool_threads, 9);
  EXPECT_EQ(settings->master_key_file, "conf/keys/master");
  EXPECT_EQ(settings->trusted_proxies.size(), 2u);
  EXPECT_EQ(settings->dialect_dirs, std::vector<std::string>{"conf/dialects"});
  ASSERT_EQ(settings->listeners.size(), 1u);
  EXPECT_EQ(settings->listeners[0].tls_certificate, "conf/cert.pem");
  EXPECT_EQ(settings->listeners[0].tls_key, "/k/key.pem");
  ASSERT_EQ(settings->mounts.size(), 2u);
  EXPECT_EQ(settings->mounts[1].base, "/flinks");
  EXPECT_EQ(settings->log_level, "debug");
  EXPECT_EQ(settings->log_format, "text");
  EXPECT_EQ(settings->metrics_address, "127.0.0.2");
  EXPECT_EQ(settings->metrics_port, 0);
  EXPECT_EQ(settings->audit_file, "conf/audit.jsonl");
  EXPECT_EQ(settings->audit_keep_days, 30);
  EXPECT_EQ(settings->throttle_address_per_minute, 1);
  EXPECT_EQ(settings->throttle_client_per_minute, 2);
  EXPECT_EQ(settings->throttle_failures_before_backoff, 3);
  EXPECT_EQ(settings->throttle_backoff_max_s, 300);
  EXPECT_EQ(settings->password_passes, 5);
  EXPECT_EQ(settings->password_memory_kib, 7'168);
  EXPECT_EQ(settings->hash_memory_bytes, 67'108'864u);
}

TEST(Settings, WhereRequestsOfOursMayGoIsRead) {
  const auto settings = parse_settings("[outbound]\nallow = [\"10.2.0.0/16\"]\nca_file = \"ca.pem\"", "conf/tessera.toml");
  ASSERT_TRUE(settings) << settings.error().context;
  EXPECT_EQ(settings->outbound_allow, std::vector<std::string>{"10.2.0.0/16"});
  EXPECT_EQ(settings->outbound_ca_file, "conf/ca.pem");
  EXPECT_TRUE(refusal_of("[outbound]\nallow = [\"intranet\"]").starts_with("/etc/tessera.toml:2: `allow` holds \"intranet\""));
}

TEST(Settings, AnUnknownKeyNamesFileLineAndTheNearest) {
  EXPECT_EQ(refusal_of("threads = 1\nbase_ulr = \"https://a\""), "/etc/tessera.toml:2: unknown key `base_ulr`; did you mean `base_url`?");
  EXPECT_EQ(refusal_of("[[listen]]\nprot = 1"), "/etc/tessera.toml:2: unknown key `prot` in [[listen]]; did you mean `port`?");
}

TEST(Settings, AMisspeltKeyIsToldBeforeTheMissingOne) {
  EXPECT_EQ(refusal_of("[[mount]]\ndialekt = \"finlex\""),
            "/etc/tessera.toml:2: unknown key `dialekt` in [[mount]]; did you mean `dialect`?");
}

TEST(Settings, ASyntaxErrorHasItsLine) { EXPECT_TRUE(refusal_of("threads = 1\nthreads == 2").starts_with("/etc/tessera.toml:2: ")); }

TEST(Settings, ADeepKeyIsRefusedBeforeItExhaustsTheStack) {
  std::string deep;
  for (int i = 0; i < 200'000; ++i) deep += "a.";
  EXPECT_TRUE(
      refusal_of("threads = 1\n" + deep + "b = 1").starts_with("/etc/tessera.toml:2: a key or header has more than 16 dotted parts"));
}

TEST(Settings, AKeyGivenTwiceIsRefused) { EXPECT_TRUE(refusal_of("threads = 1\nthreads = 2").starts_with("/etc/tessera.toml:2: ")); }

TEST(Settings, PlainHttpBeyondLoopbackIsAsked) {
  EXPECT_TRUE(refusal_of("[[listen]]\naddress = \"0.0.0.0\"").starts_with("/etc/tessera.toml:1: plain HTTP on 0.0.0.0"));
  EXPECT_EQ(refusal_of("allow_plain_http = true\n[[listen]]\naddress = \"0.0.0.0\""), "accepted");
  EXPECT_TRUE(refusal_of("base_url = \"http://auth.example.com\"").starts_with("/etc/tessera.toml:1: `base_url` would put plain"));
  EXPECT_TRUE(refusal_of("base_url = \"http://127.0.0.1.evil.example\"").starts_with("/etc/tessera.toml:1: `base_url` would put plain"));
}

TEST(Settings, WrongValuesNameTheKey) {
  for (const char* toml : {"threads = -1", "threads = \"1\"", "base_url = \"https://a/\"", "base_url = \"ftp://a\"",
                           "base_url = \"https://\"", "store_url = \"mysql://x\"", "log = 1", "listen = 1", "trusted_proxies = [1]",
                           "data_dir = \"a\\u0007b\"", "dialect_dirs = [\"a\", \"a\"]"})
    EXPECT_TRUE(refusal_of(toml).starts_with("/etc/tessera.toml:1: `")) << toml << ": " << refusal_of(toml);
  for (const char* toml : {"[log]\nlevel = \"loud\"", "[metrics]\nport = 70000", "[throttle]\nbackoff_max = \"5 minutes\"",
                           "[throttle]\nbackoff_max = 300", "[[mount]]\nbase = \"flinks/\"\ndialect = \"x\""})
    EXPECT_TRUE(refusal_of(toml).starts_with("/etc/tessera.toml:2: `")) << toml << ": " << refusal_of(toml);
}

TEST(Settings, TheBaseUrlFollowsTheFirstListener) {
  const auto base_url_of = [](const std::string& listener) {
    const auto settings = parse_settings("allow_plain_http = true\n[[listen]]\n" + listener + "\n[[listen]]\nport = 9\n", "f");
    EXPECT_TRUE(settings && !settings->base_url_is_set) << listener;
    return settings ? settings->base_url : "";
  };
  EXPECT_EQ(parse_settings("", "f")->base_url, "http://127.0.0.1:8080");
  EXPECT_EQ(base_url_of("port = 9000"), "http://127.0.0.1:9000");
  EXPECT_EQ(base_url_of("port = 80"), "http://127.0.0.1");
  EXPECT_EQ(base_url_of("address = \"10.0.0.7\""), "http://10.0.0.7:8080");
  EXPECT_EQ(base_url_of("address = \"0.0.0.0\"\nport = 9000"), "http://127.0.0.1:9000");
  EXPECT_EQ(base_url_of("address = \"::\""), "http://[::1]:8080");
  EXPECT_EQ(base_url_of("address = \"2001:db8::7\"\ntls_certificate = \"c\"\ntls_key = \"k\""), "https://[2001:db8::7]:8080");
  EXPECT_EQ(base_url_of("address = \"10.0.0.7\"\nport = 443\ntls_certificate = \"c\"\ntls_key = \"k\""), "https://10.0.0.7");
}

TEST(Settings, AnAddressIsOne) {
  EXPECT_EQ(refusal_of("[[listen]]\naddress = \"999.1.1.1\""),
            "/etc/tessera.toml:2: `address` can't be \"999.1.1.1\"; write an IPv4 or IPv6 address, such as \"127.0.0.1\"");
  EXPECT_TRUE(refusal_of("[metrics]\naddress = \"localhost\"").starts_with("/etc/tessera.toml:2: `address` can't be"));
  EXPECT_EQ(refusal_of("threads = 1\ntrusted_proxies = [\"10.0.0.0/8\", \"x\"]"),
            "/etc/tessera.toml:2: `trusted_proxies` holds \"x\"; write addresses, such as \"10.0.0.1\", and CIDR blocks, such as "
            "\"10.1.0.0/16\"");
}

TEST(Settings, HalfATlsPairIsRefused) { EXPECT_NE(refusal_of("[[listen]]\ntls_key = \"k\"").find("go together"), std::string::npos); }

TEST(Settings, AMissingFileIsOneClearLine) {
  const auto settings = load_settings("/nonexistent/tessera.toml");
  ASSERT_FALSE(settings);
  EXPECT_TRUE(settings.error().context.starts_with("/nonexistent/tessera.toml: can't be read"));
}

TEST(Settings, AFolderIsOneClearLine) {
  const auto settings = load_settings("/tmp");
  ASSERT_FALSE(settings);
  EXPECT_EQ(settings.error().context, "/tmp: can't be read (Is a directory); name a file in it");
}

}  // namespace
}  // namespace tessera::config
