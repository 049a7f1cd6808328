#include "cli/cli.h"

#include <gtest/gtest.h>
#include <sys/stat.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <fstream>

#include "cli/doctor.h"
#include "jose/json.h"

namespace tessera::cli {
namespace {

const std::string kOtherKey = "b3RoZXIga2V5IG90aGVyIGtleSBvdGhlciBrZXkgb3Q\n";  ///< a line of a master key file

/// A folder with a configuration, gone at the end.
class Installation {
 public:
  Installation() {
    char name[] = "/tmp/tessera-cli-XXXXXX";
    dir_ = ::mkdtemp(name);
    write("server.toml", "data_dir = \"data\"\n[[listen]]\nport = 1\n[metrics]\nport = 0\n[password]\npasses = 1\nmemory_kib = 7168\n");
    write("bank.toml", "[realm]\nname = \"bank\"\n[[client]]\nid = \"app\"\npreset = \"finlex\"\n");
  }
  ~Installation() { std::filesystem::remove_all(dir_); }

  void write(const std::string& name, const std::string& text) { std::ofstream(path(name)) << text; }
  std::string read(const std::string& name) const {
    std::ifstream file(path(name));
    return {std::istreambuf_iterator<char>(file), {}};
  }
  std::string path(const std::string& name) const { return dir_ + "/" + name; }

  struct Outcome {
    int status;
    std::string out;
    std::string err;
  };
  Outcome run(std::vector<std::string> words, const ServeFunction& serve = [](const auto&) { return 0; }) const {
    words.insert(words.begin(), "tessera");
    words.insert(words.end(), {"--config", path("server.toml")});
    std::vector<char*> argv;
    for (auto& word : words) argv.push_back(word.data());
    testing::internal::CaptureStdout();
    testing::internal::CaptureStderr();
    const int status = run_cli(static_cast<int>(argv.size()), argv.data(), serve);
    return {status, testing::internal::GetCapturedStdout(), testing::internal::GetCapturedStderr()};
  }

  /// The id of the bank's ES256 key that signs; "" without one.
  std::string signing_key() const {
    const auto listed = jose::parse_json(run({"key", "list", "bank", "--json"}).out);
    for (const auto& key : listed->as_array())
      if (key.at("alg") == "ES256" && key.at("state") == "signing") return std::string(key.at("id").as_string());
    return "";
  }

 private:
  std::string dir_;
};

TEST(CommandLine, WrongUsageIsTwo) {
  const Installation here;
  for (const std::vector<std::string>& words : std::vector<std::vector<std::string>>{
           {}, {"clinet"}, {"client"}, {"client", "shwo", "a", "b"}, {"secret", "add", "bank"}, {"apply"}, {"version", "--nope"}})
    EXPECT_EQ(here.run(words).status, 2) << (words.empty() ? "" : words.back());
  EXPECT_EQ(here.run({"client", "shwo"}).err, "tessera: no command \"shwo\"; did you mean \"show\"?; --help shows how to write it\n");
}

TEST(CommandLine, HelpIsNoError) {
  const Installation here;
  const auto help = here.run({"secret", "add", "--help"});
  EXPECT_EQ(help.status, 0);
  EXPECT_NE(help.out.find("Example: tessera secret add"), std::string::npos);
}

TEST(CommandLine, ServeGetsTheSettings) {
  const Installation here;
  const auto served = here.run({"serve"}, [](const config::Settings& settings) { return settings.listeners.at(0).port == 1 ? 7 : 8; });
  EXPECT_EQ(served.status, 7);
}

TEST(CommandLine, ABadConfigurationIsOneLine) {
  Installation here;
  here.write("server.toml", "prot = 1");
  const auto refused = here.run({"realm", "list"});
  EXPECT_EQ(refused.status, 1);
  EXPECT_EQ(refused.err,
            "tessera: " + here.path("server.toml") +
                ":1: unknown key `prot`; known here: data_dir, store_url, allow_plain_http, threads, "
                "pool_threads, master_key_file, trusted_proxies, dialect_dirs, base_url, listen, mount, outbound, log, metrics, audit, "
                "throttle, password\n");
}

TEST(CommandLine, APostgresThatIsNotThereIsOneLineWithWhatToDo) {
  Installation here;
  here.write("server.toml", "data_dir = \"data\"\nstore_url = \"postgresql://127.0.0.1:1/tessera\"\n");
  const auto refused = here.run({"realm", "list"});
  EXPECT_EQ(refused.status, 1);
  EXPECT_TRUE(refused.err.starts_with("tessera: postgresql: connection to server at \"127.0.0.1\", port 1 failed: ")) << refused.err;
  EXPECT_TRUE(refused.err.ends_with("? - check store_url, and that PostgreSQL runs and lets this user in\n")) << refused.err;
  EXPECT_EQ(std::count(refused.err.begin(), refused.err.end(), '\n'), 1);
  EXPECT_EQ(refused.err.find("??"), std::string::npos) << refused.err;
}

TEST(CommandLine, WhatIsNoUtf8IsToldSo) {
  const Installation here;
  const auto refused = here.run({"client", "show", "bank",
                                 "Gr\xFC\xDF"
                                 "e"});
  EXPECT_EQ(refused.status, 2);
  EXPECT_EQ(refused.err, "tessera: what was typed is no UTF-8; set the terminal to UTF-8\n");
}

TEST(CommandLine, WorksOnAStoppedServersDatabase) {
  const Installation here;
  const auto applied = here.run({"apply", here.path("bank.toml")});
  EXPECT_EQ(applied.status, 0) << applied.err;
  EXPECT_NE(applied.out.find("+ client app"), std::string::npos);
  EXPECT_NE(here.run({"apply", here.path("bank.toml")}).out.find("nothing to change"), std::string::npos);
  const auto added = here.run({"secret", "add", "bank", "app", "--json"});
  EXPECT_EQ(added.status, 0) << added.err;
  EXPECT_NE(added.out.find("\"secret\":\"tsec_"), std::string::npos);
  EXPECT_NE(here.run({"secret", "list", "bank", "app"}).out.find("last_used_at"), std::string::npos);
  const auto missing = here.run({"client", "show", "bank", "nope"});
  EXPECT_EQ(missing.status, 1);
  EXPECT_EQ(missing.err, "tessera: no client \"nope\" in realm bank; `tessera client list bank` shows those that exist\n");
}

TEST(CommandLine, WhatExportPrintsCanBeAppliedAndChangesNothing) {
  Installation here;
  here.run({"apply", here.path("bank.toml")});
  const auto exported = here.run({"export", "bank", "--with-users"});
  EXPECT_EQ(exported.status, 0) << exported.err;
  here.write("again.toml", exported.out);
  EXPECT_EQ(here.run({"apply", here.path("again.toml"), "--prune"}).out, "realm bank: nothing to change\n");
  EXPECT_EQ(here.run({"export", "bnak"}).err, "tessera: no realm \"bnak\"; `tessera realm list` shows those that exist\n");
}

TEST(CommandLine, RestoreIsRefusedWhereNoneIsNeeded) {
  const Installation here;
  here.run({"apply", here.path("bank.toml")});
  const auto asked = here.run({"restore"});
  EXPECT_EQ(asked.status, 0);
  EXPECT_EQ(asked.out, "no restore is needed: the database is no older than what stands beside it\n");
  const auto refused = here.run({"restore", "--accept"});
  EXPECT_EQ(refused.status, 1);
  EXPECT_NE(refused.err.find("--anyway"), std::string::npos) << refused.err;
  EXPECT_EQ(here.run({"restore", "--accept", "--anyway", "--json"}).out, "{\"epoch\":2,\"withdrawn\":[]}\n");
}

TEST(CommandLine, RestoreMakesNoData) {
  const Installation here;
  for (const char* accept : {"--json", "--accept"})
    EXPECT_NE(here.run({"restore", accept}).err.find("holds no database: there is nothing to restore"), std::string::npos);
  EXPECT_FALSE(std::filesystem::exists(here.path("data")));
  std::filesystem::create_directory(here.path("data"));
  std::filesystem::permissions(here.path("data"), std::filesystem::perms::owner_all);
  EXPECT_EQ(here.run({"restore"}).status, 1);
  EXPECT_TRUE(std::filesystem::is_empty(here.path("data")));
}

TEST(CommandLine, AMasterKeyIsMissedBesideADatabaseAlone) {
  const Installation here;
  here.run({"apply", here.path("bank.toml")});
  for (const char* name : {"data/master.key", "data/epoch"}) std::filesystem::remove(here.path(name));
  EXPECT_NE(here.run({"realm", "list"}).err.find("restore --as-is"), std::string::npos);
  for (int time = 0; time < 2; ++time)
    EXPECT_NE(here.run({"restore", "--as-is"}).err.find("put the key back"), std::string::npos)
        << "what could not be gone on with was not accepted";
  EXPECT_FALSE(std::filesystem::exists(here.path("data/master.key")));
  EXPECT_FALSE(std::filesystem::exists(here.path("data/epoch")));
}

TEST(CommandLine, TheMasterKeyRotatesOnAStoppedServersDatabase) {
  Installation here;
  here.run({"apply", here.path("bank.toml")});
  const auto old_key = here.read("data/master.key");
  here.write("data/master.key", kOtherKey + old_key);
  EXPECT_NE(here.run({"doctor"}).out.find("warn  6 of 6 sealed values need a master key that is not the first"), std::string::npos);
  const auto done = here.run({"key", "reseal"});
  EXPECT_EQ(done.status, 0) << done.err;
  EXPECT_TRUE(done.out.starts_with("resealed  6\nvalues    6\nnext      all are sealed under the first master key: remove the others"))
      << done.out;
  here.write("data/master.key", kOtherKey);
  EXPECT_NE(here.signing_key(), "");
  EXPECT_TRUE(here.run({"key", "reseal"}).out.starts_with("resealed  0\n"));
  here.write("data/master.key", old_key);
  EXPECT_NE(here.run({"realm", "list"}).err.find("put the key back from its backup"), std::string::npos);
}

TEST(CommandLine, MasterKeysOfTheEnvironmentStandBetweenCommas) {
  Installation here;
  here.run({"apply", here.path("bank.toml")});
  const auto line = [](std::string text) { return text.substr(0, text.find('\n')); };
  const auto both = line(kOtherKey) + "," + line(here.read("data/master.key"));
  ::setenv("TESSERA_MASTER_KEY", both.c_str(), 1);
  EXPECT_TRUE(here.run({"key", "reseal"}).out.starts_with("resealed  6\n"));
  ::setenv("TESSERA_MASTER_KEY", line(kOtherKey).c_str(), 1);
  EXPECT_NE(here.signing_key(), "");
  EXPECT_NE(here.run({"doctor"}).out.find("TESSERA_MASTER_KEY is set: no master key file is read"), std::string::npos);
  ::setenv("TESSERA_MASTER_KEY", (both + ",c2VjcmV0").c_str(), 1);
  const auto refused = here.run({"realm", "list"});
  EXPECT_TRUE(refused.err.starts_with("tessera: TESSERA_MASTER_KEY: a master key is not 32 bytes in base64url; make one with"))
      << refused.err;
  EXPECT_EQ(refused.err.find("c2VjcmV0"), std::string::npos);
  ::unsetenv("TESSERA_MASTER_KEY");
}

// A restore would kill every token and mend nothing.
TEST(CommandLine, AWrongMasterKeyAsksForNoRestoreAndLetsNoneBegin) {
  Installation here;
  here.run({"apply", here.path("bank.toml")});
  const auto key = here.read("data/master.key");
  const auto database = here.path("data/tessera.db");
  std::filesystem::copy_file(database, database + ".backup");
  here.run({"client", "disable", "bank", "app"});
  here.write("data/master.key", kOtherKey);
  EXPECT_EQ(here.run({"restore"}).status, 0) << "it is a matter of the key alone";
  const auto before = here.read("data/epoch");
  for (const std::vector<std::string>& words : std::vector<std::vector<std::string>>{{"--accept"}, {"--accept", "--anyway"}}) {
    auto command = words;
    command.insert(command.begin(), "restore");
    EXPECT_EQ(here.run(command).status, 1);
  }
  EXPECT_EQ(here.read("data/epoch"), before);

  std::filesystem::copy_file(database + ".backup", database, std::filesystem::copy_options::overwrite_existing);
  EXPECT_NE(here.run({"restore", "--accept"}).err.find("put the key back from its backup"), std::string::npos);
  EXPECT_EQ(here.read("data/epoch"), before);
  here.write("data/master.key", key);
  EXPECT_TRUE(here.run({"restore", "--accept"}).out.starts_with("accepted: restore epoch 2;")) << "no other was begun before";
  EXPECT_EQ(here.run({"realm", "list"}).status, 0);
}

TEST(CommandLine, WhatARestoreMayDoIsSaidWithAcceptOnly) {
  const Installation here;
  here.run({"apply", here.path("bank.toml")});
  for (const char* flag : {"--without-withdrawals", "--anyway"}) {
    const auto refused = here.run({"restore", flag});
    EXPECT_EQ(refused.status, 2);
    EXPECT_NE(refused.err.find("--accept"), std::string::npos) << refused.err;
  }
}

TEST(CommandLine, ALostEpochFileBeginsAnewFarEnough) {
  Installation here;
  here.run({"apply", here.path("bank.toml")});
  here.write("data/epoch", "x");
  const auto asked = here.run({"restore"});
  EXPECT_EQ(asked.status, 2);
  for (const char* part :
       {"missing or broken", "tessera restore --as-is", "Nothing was done", "every access and refresh token", "tessera restore --accept"})
    EXPECT_NE(asked.err.find(part), std::string::npos) << asked.err;
  EXPECT_NE(here.run({"restore", "--accept"}).err.find("--without-withdrawals"), std::string::npos)
      << "nothing was ever withdrawn, but who knows";
  const auto accepted = here.run({"restore", "--accept", "--without-withdrawals", "--json"});
  EXPECT_TRUE(accepted.out.ends_with(",\"withdrawn\":[]}\n")) << accepted.out << accepted.err;
  EXPECT_EQ(here.run({"realm", "list"}).status, 0);
}

TEST(CommandLine, ADatabaseThatIsNoCopyGoesOnAsItIs) {
  const Installation here;
  here.run({"apply", here.path("bank.toml")});
  EXPECT_NE(here.run({"restore", "--as-is"}).out.find("no restore is needed"), std::string::npos);
  std::filesystem::remove(here.path("data/epoch"));
  EXPECT_NE(here.run({"realm", "list"}).err.find("tessera restore --as-is"), std::string::npos);
  EXPECT_NE(here.run({"restore", "--as-is", "--accept"}).err.find("--as-is and --accept"), std::string::npos);
  EXPECT_EQ(here.run({"restore", "--as-is"}).out, "goes on as it is: what was issued lives\n");
  EXPECT_EQ(here.run({"realm", "list"}).status, 0);
}

TEST(CommandLine, RestoreWithdrawsAgainAndReplacesAKeyThatIsGone) {
  const Installation here;
  here.run({"apply", here.path("bank.toml")});
  const auto database = here.path("data/tessera.db");
  std::filesystem::copy_file(database, database + ".backup");
  const auto signing = here.signing_key();
  EXPECT_EQ(here.run({"key", "remove", "bank", signing, "--compromised"}).status, 0);
  here.run({"client", "disable", "bank", "app"});
  std::filesystem::copy_file(database + ".backup", database, std::filesystem::copy_options::overwrite_existing);

  EXPECT_NE(here.run({"key", "list", "bank"}).err.find("tessera restore --accept"), std::string::npos);
  const auto accepted = here.run({"restore", "--accept"});
  EXPECT_EQ(accepted.out,
            "accepted: restore epoch 2; what was issued before is dead\n"
            "again:    key.removed      key:" +
                signing +
                "\n"
                "again:    client.disabled  client:app\n");
  EXPECT_NE(here.signing_key(), "");
  EXPECT_NE(here.signing_key(), signing);
}

TEST(CommandLine, SaysItsVersionEitherWay) {
  const Installation here;
  EXPECT_EQ(here.run({"--version"}).status, 0);
  EXPECT_EQ(here.run({"--version"}).out, here.run({"version"}).out);
}

TEST(CommandLine, ADataFolderThatOthersMayWriteToIsRefused) {
  const Installation here;
  here.run({"apply", here.path("bank.toml")});
  for (const mode_t mode : {0777, 0770, 0702}) {
    ::chmod(here.path("data").c_str(), mode);
    const auto refused = here.run({"realm", "list"});
    EXPECT_EQ(refused.status, 1);
    EXPECT_NE(refused.err.find("may be written to by other users; chmod 700 " + here.path("data")), std::string::npos) << refused.err;
  }
}

TEST(Doctor, NamesWhatIsWrongAndWhatToDo) {
  Installation here;
  here.run({"apply", here.path("bank.toml")});
  EXPECT_EQ(here.run({"doctor"}).out.find("fail  " + here.path("data")), std::string::npos);
  ::chmod(here.path("data").c_str(), 0755);
  const auto examined = here.run({"doctor"});
  EXPECT_EQ(examined.status, 1);
  EXPECT_NE(examined.out.find("fail  " + here.path("data") + " is open to other users; chmod 700 " + here.path("data")), std::string::npos)
      << examined.out;
}

TEST(Doctor, ReadsTheWithdrawalsAsARestoreWould) {
  Installation here;
  here.run({"apply", here.path("bank.toml")});
  for (const char* verb : {"disable", "enable", "disable"}) EXPECT_EQ(here.run({"client", verb, "bank", "app"}).status, 0);
  const std::string file = here.path("data/withdrawals");
  EXPECT_NE(here.run({"doctor"}).out.find("ok    " + file + " can be read whole: 3 withdrawals"), std::string::npos);

  std::string lines = here.read("data/withdrawals");
  const std::string whole = lines;
  lines[57] = 'x';
  here.write("data/withdrawals", lines);
  EXPECT_EQ(here.run({"client", "list", "bank"}).status, 0) << "a start does not read them all";
  const auto examined = here.run({"doctor"});
  EXPECT_EQ(examined.status, 1);
  EXPECT_NE(examined.out.find("fail  " + file + ", line 2: not what Tessera wrote there; stop Tessera and"), std::string::npos)
      << examined.out;

  std::filesystem::remove(file);
  EXPECT_EQ(here.run({"client", "list", "bank"}).status, 0);
  EXPECT_EQ(here.read("data/withdrawals"), whole) << "the next start writes it anew";
}

TEST(Doctor, FailsAMountOfARealmThatDoesNotExist) {
  Installation here;
  const std::string settings = "data_dir = \"data\"\n[[mount]]\ndialect = \"finlex\"\nrealm = \"bank\"\n[[mount]]\ndialect = \"finapi\"\n";
  here.write("server.toml", settings);
  here.run({"apply", here.path("bank.toml")});
  EXPECT_EQ(here.run({"doctor"}).out.find("does not exist"), std::string::npos);
  here.write("server.toml", settings + "[[mount]]\ndialect = \"flinks\"\nrealm = \"bnak\"\n");
  const auto examined = here.run({"doctor"});
  EXPECT_EQ(examined.status, 1);
  EXPECT_NE(examined.out.find("fail  " + here.path("server.toml") + ":7: flinks is mounted for the realm bnak, which does not exist"),
            std::string::npos)
      << examined.out;
}

TEST(Doctor, SaysTheBaseUrlThatNobodySet) {
  Installation here;
  const std::string settings = "data_dir = \"data\"\nallow_plain_http = true\n[[listen]]\nport = 1\naddress = ";
  here.write("server.toml", settings + "\"0.0.0.0\"\n");
  EXPECT_NE(here.run({"doctor"}).out.find("warn  base_url is not set: issuers and links begin with http://127.0.0.1:1; set it"),
            std::string::npos);
  here.write("server.toml", "base_url = \"https://auth.example.com\"\n" + settings + "\"0.0.0.0\"\n");
  EXPECT_EQ(here.run({"doctor"}).out.find("base_url"), std::string::npos);
  here.write("server.toml", settings + "\"127.0.0.1\"\n");
  EXPECT_EQ(here.run({"doctor"}).out.find("base_url"), std::string::npos);
}

TEST(Doctor, FailsWhatServeRefuses) {
  Installation here;
  here.write("server.toml", "data_dir = \"data\"\ntrusted_proxies = [\"x\"]\n");
  const auto proxy = here.run({"doctor"});
  EXPECT_EQ(proxy.status, 1);
  EXPECT_NE(proxy.err.find("server.toml:2: `trusted_proxies` holds \"x\""), std::string::npos) << proxy.err;
  const std::string mount = "[[mount]]\ndialect = \"flinks\"\nrealm = ";
  here.write("server.toml", "data_dir = \"data\"\n" + mount + "\"a\"\n" + mount + "\"b\"\n");
  EXPECT_NE(here.run({"doctor"}).out.find("server.toml:5: mounts overlap"), std::string::npos);
  here.write("server.toml", "data_dir = \"data\"\n[[mount]]\ndialect = \"flonks\"\nrealm = \"a\"\n");
  EXPECT_NE(here.run({"doctor"}).out.find("server.toml:2: no dialect `flonks`"), std::string::npos);
}

}  // namespace
}  // namespace tessera::cli
